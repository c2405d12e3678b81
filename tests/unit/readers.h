/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A card service of two readers, with cards in them that work, for tests of whole logins; what
 * goes wrong is asked for. Claims nothing: a login may run in a thread of its own. How a card
 * really answers is for tests/card and its clients to say.
 */
#ifndef SEKISHO_TEST_READERS_H
#define SEKISHO_TEST_READERS_H

#include <stdio.h>
#include <string.h>

#include "lib/cards/card.h"
#include "lib/wire/clock.h"
#include "tests/unit/issuer.h"

#define READERS_COUNT 4

enum { INS_SELECT = 0xa4, INS_VERIFY = 0x20, INS_GET = 0xcb, INS_READ = 0xb0 };
enum { INS_SIGN_PIV = 0x87, INS_SIGN_JPKI = 0x2a };

struct working_card {
	bool jpki;
	uint8_t number;             /* PIV: tells it from others */
	const uint8_t *certificate; /* JPKI: the file */
	size_t certificate_len;
	EVP_PKEY *key; /* PIV: P-256; JPKI: RSA */
	const char *pin;
	unsigned tries;
	bool tells_no_tries;
	unsigned pins; /* how many came, and the last */
	uint8_t pin_sent[8];
	unsigned commands;
	/* inside */
	uint16_t file;
	bool verified;
};

struct readers {
	struct card_service service; /* first */
	struct card_reader_list list;
	struct working_card *cards[READERS_COUNT];
	/* instead of what would be the result; CARD_ERROR (0): none */
	enum card_result list_result, connect_result, connects_to[READERS_COUNT];
	/* before the command with this instruction (and a body, for VERIFY), once */
	uint8_t at;
	enum card_result at_result;
	void (*at_hook)(struct readers *);
	/* each change that is waited for; what it gives. NULL: CARD_TIMEOUT */
	enum card_result (*on_change)(struct readers *, unsigned timeout_ms);
	unsigned connects, resets, lists, waits;
	/* of each connection: which reader, and how long it may take */
	char order[16];
	uint64_t left_ms[16];
	int open; /* which reader; -1 none */
};

static inline struct readers *readers_of(struct card_service *s)
{
	return (struct readers *)(void *)s;
}

static inline void readers_put(struct readers *r, unsigned at, struct working_card *c)
{
	r->cards[at] = c;
	r->list.readers[at].present = c != NULL;
	r->list.readers[at].event++;
}

static inline enum card_result readers_list(
    struct card_service *s, struct card_reader_list *ret_l)
{
	struct readers *r = readers_of(s);

	r->lists++;
	if (r->list_result != CARD_ERROR)
		return r->list_result;
	*ret_l = r->list;
	return CARD_OK;
}

static inline enum card_result readers_change(
    struct card_service *s, const struct card_reader_list *seen, unsigned timeout_ms)
{
	struct readers *r = readers_of(s);

	(void)seen;
	r->waits++;
	return r->on_change != NULL ? r->on_change(r, timeout_ms) : CARD_TIMEOUT;
}

static inline enum card_result readers_connect(struct card_service *s, const char *reader)
{
	struct readers *r = readers_of(s);

	int at = 0;

	while (at < READERS_COUNT - 1 && strcmp(r->list.readers[at].name, reader) != 0)
		at++;
	if (r->connects < sizeof r->order - 1) {
		r->order[r->connects] = (char)('0' + at);
		r->left_ms[r->connects] = s->until - monotonic_ms();
	}
	r->connects++;
	if (r->connect_result != CARD_ERROR)
		return r->connect_result;
	if (r->connects_to[at] != CARD_ERROR)
		return r->connects_to[at];
	if (r->cards[at] == NULL)
		return CARD_NO_CARD;
	r->open = at;
	return CARD_OK;
}

static inline enum card_result readers_begin(struct card_service *s)
{
	return readers_of(s)->open >= 0 ? CARD_OK : CARD_ERROR;
}

static inline size_t answer_status(uint8_t *out, unsigned sw)
{
	out[0] = (uint8_t)(sw >> 8);
	out[1] = (uint8_t)sw;
	return 2;
}

static inline size_t answer_bytes(uint8_t *out, const void *bytes, size_t len)
{
	memcpy(out, bytes, len);
	return len + answer_status(out + len, 0x9000);
}

static inline size_t card_select(
    struct working_card *c, const uint8_t *command, size_t len, uint8_t *out)
{
	static const uint8_t here[] = {0x61, 0x11, 0x4f, 0x06, 0, 0, 0x10, 0, 0x01, 0, 0x79,
	    0x07, 0x4f, 0x05, 0xa0, 0, 0, 0x03, 0x08};

	if (command[2] == 0x02 && c->jpki) {
		c->file = (uint16_t)(command[5] << 8 | command[6]);
		return answer_status(out, 0x9000);
	}
	if (len < 6 || command[5] != (c->jpki ? 0xd3 : 0xa0))
		return answer_status(out, 0x6a82);
	c->verified = false;
	return c->jpki ? answer_status(out, 0x9000) : answer_bytes(out, here, sizeof here);
}

static inline size_t card_get(const struct working_card *c, uint8_t *out)
{
	const uint8_t chuid[] = {0x53, 0x04, 0x34, 0x02, 0x11, c->number};

	return answer_bytes(out, chuid, sizeof chuid);
}

static inline size_t card_read_file(
    const struct working_card *c, const uint8_t *command, uint8_t *out)
{
	size_t at = (size_t)command[2] << 8 | command[3];
	size_t len = command[4] != 0 ? command[4] : 256;

	if (c->file != 0x000a || at >= c->certificate_len)
		return answer_status(out, 0x6a82);
	if (len > c->certificate_len - at)
		len = c->certificate_len - at;
	return answer_bytes(out, c->certificate + at, len);
}

static inline size_t card_verify(
    struct working_card *c, const uint8_t *command, size_t len, uint8_t *out)
{
	uint8_t right[8];
	size_t right_len = strlen(c->pin);

	if (len > 5) {
		memset(right, 0xff, sizeof right);
		memcpy(right, c->pin, right_len);
		memset(c->pin_sent, 0, sizeof c->pin_sent);
		memcpy(c->pin_sent, command + 5, len - 5 < 8 ? len - 5 : 8);
		c->pins++;
		c->verified = c->tries > 0 && len - 5 == (c->jpki ? right_len : 8) &&
		              memcmp(command + 5, right, len - 5) == 0;
		if (c->verified)
			c->tries = 3;
		else if (c->tries > 0)
			c->tries--;
		if (c->verified)
			return answer_status(out, 0x9000);
	}
	if (c->tells_no_tries && c->tries > 0)
		return answer_status(out, 0x6a80);
	return answer_status(out, c->tries > 0 ? 0x63c0 | c->tries : 0x6983);
}

static inline size_t card_sign(
    const struct working_card *c, const uint8_t *command, size_t len, uint8_t *out)
{
	size_t n;

	if (!c->verified)
		return answer_status(out, 0x6982);
	if (c->jpki) {
		n = issuer_sign_digest(c->key, command + 5 + APPLET_DIGEST_INFO_SIZE,
		    CRYPTO_HASH_SIZE, out, READER_ANSWER_MAX - 2);
		return n + answer_status(out + n, 0x9000);
	}
	if (len != 12 + CRYPTO_HASH_SIZE)
		return answer_status(out, 0x6a80);
	n = issuer_sign_digest(c->key, command + 11, CRYPTO_HASH_SIZE, out + 4, 72);
	out[0] = 0x7c;
	out[1] = (uint8_t)(n + 2);
	out[2] = 0x82;
	out[3] = (uint8_t)n;
	return n + 4 + answer_status(out + n + 4, 0x9000);
}

static inline size_t card_answer(
    struct working_card *c, const uint8_t *command, size_t len, uint8_t *out)
{
	c->commands++;
	switch (command[1]) {
	case INS_SELECT:
		return card_select(c, command, len, out);
	case INS_GET:
		return card_get(c, out);
	case INS_READ:
		return card_read_file(c, command, out);
	case INS_VERIFY:
		return card_verify(c, command, len, out);
	case INS_SIGN_PIV:
	case INS_SIGN_JPKI:
		return card_sign(c, command, len, out);
	default:
		return answer_status(out, 0x6d00);
	}
}

static inline enum card_result readers_transmit(struct card_service *s, const uint8_t *command,
    size_t len, uint8_t *ret_answer, size_t *ret_len)
{
	struct readers *r = readers_of(s);
	bool here = r->at != 0 && command[1] == r->at && (r->at != INS_VERIFY || len > 5);

	if (r->open < 0)
		return CARD_ERROR;
	if (here) {
		r->at = 0;
		if (r->at_hook != NULL)
			r->at_hook(r);
		if (r->at_result != CARD_ERROR)
			return r->at_result;
	}
	if (r->cards[r->open] == NULL)
		return CARD_GONE;
	*ret_len = card_answer(r->cards[r->open], command, len, ret_answer);
	return CARD_OK;
}

static inline void readers_reset(struct card_service *s)
{
	struct readers *r = readers_of(s);

	if (r->open >= 0)
		r->resets++;
	if (r->open >= 0 && r->cards[r->open] != NULL)
		r->cards[r->open]->verified = false;
	r->open = -1;
}

static inline void readers_init(struct readers *r)
{
	memset(r, 0, sizeof *r);
	r->service = (struct card_service){.list = readers_list,
	    .change = readers_change,
	    .connect = readers_connect,
	    .begin = readers_begin,
	    .transmit = readers_transmit,
	    .reset = readers_reset,
	    .close = readers_reset};
	r->open = -1;
	r->list.count = READERS_COUNT;
	for (int i = 0; i < READERS_COUNT; i++)
		snprintf(
		    r->list.readers[i].name, sizeof r->list.readers[i].name, "Reader %d", i);
}

#endif
