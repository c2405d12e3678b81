/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A card whose answers are the fuzz input: for each command one byte that says how much of the
 * input it answers, or how else it ends. Checks on the way that nobody talks to it outside a
 * transaction, and how often it is asked.
 */
#ifndef SEKISHO_FUZZ_INPUTCARD_H
#define SEKISHO_FUZZ_INPUTCARD_H

#include <stdlib.h>

#include "fuzz/cursor.h"
#include "lib/cards/card.h"

#define INPUTCARD_READER  "Reader 0"
#define INPUTCARD_GONE    0xff /* pulled */
#define INPUTCARD_WHOLE   0xfe /* as much as an answer can hold */
#define INPUTCARD_SUCCESS 0xfd /* 9000 alone */

struct inputcard {
	struct card_service service; /* first */
	struct cursor in;
	bool connected, in_transaction;
	unsigned transmits, resets, verifies;
};

static inline void inputcard_check(bool holds)
{
	if (!holds)
		abort();
}

static inline struct inputcard *inputcard_of(struct card_service *s)
{
	return (struct inputcard *)(void *)s;
}

static inline enum card_result inputcard_list(
    struct card_service *s, struct card_reader_list *ret_l)
{
	(void)s;
	memset(ret_l, 0, sizeof *ret_l);
	ret_l->count = 1;
	memcpy(ret_l->readers[0].name, INPUTCARD_READER, sizeof INPUTCARD_READER);
	ret_l->readers[0].present = true;
	ret_l->readers[0].event = 1;
	return CARD_OK;
}

static inline enum card_result inputcard_change(
    struct card_service *s, const struct card_reader_list *seen, unsigned timeout_ms)
{
	(void)s, (void)seen, (void)timeout_ms;
	return CARD_OK;
}

static inline enum card_result inputcard_connect(struct card_service *s, const char *reader)
{
	struct inputcard *f = inputcard_of(s);

	(void)reader;
	inputcard_check(!f->connected);
	f->connected = true;
	return CARD_OK;
}

static inline enum card_result inputcard_begin(struct card_service *s)
{
	struct inputcard *f = inputcard_of(s);

	inputcard_check(f->connected && !f->in_transaction);
	f->in_transaction = true;
	return CARD_OK;
}

/* JPKI's signing key, its certificates and its password. */
static inline bool inputcard_is_forbidden(const uint8_t *command, size_t len)
{
	if (len != 7 || command[1] != 0xa4 || command[2] != 0x02)
		return false;
	return command[6] == 0x01 || command[6] == 0x02 || command[6] == 0x1a ||
	       command[6] == 0x1b;
}

static inline enum card_result inputcard_transmit(struct card_service *s,
    const uint8_t *command, size_t len, uint8_t *ret_answer, size_t *ret_len)
{
	struct inputcard *f = inputcard_of(s);
	uint8_t how;
	size_t n;

	inputcard_check(f->in_transaction && len >= 4 && len <= 261);
	inputcard_check(!inputcard_is_forbidden(command, len));
	f->transmits++;
	if (command[1] == 0x20 && len > 5)
		f->verifies++;
	how = f->in.left > 0 ? take_u8(&f->in) : INPUTCARD_GONE;
	if (how == INPUTCARD_GONE)
		return CARD_GONE;
	if (how == INPUTCARD_SUCCESS) {
		ret_answer[0] = 0x90;
		ret_answer[1] = 0x00;
		*ret_len = 2;
		return CARD_OK;
	}
	n = how == INPUTCARD_WHOLE ? READER_ANSWER_MAX : how;
	n = n < f->in.left ? n : f->in.left;
	memcpy(ret_answer, f->in.at, n);
	f->in.at += n;
	f->in.left -= n;
	*ret_len = n;
	return CARD_OK;
}

static inline void inputcard_reset(struct card_service *s)
{
	struct inputcard *f = inputcard_of(s);

	if (f->connected)
		f->resets++;
	f->connected = f->in_transaction = false;
}

static inline void inputcard_init(struct inputcard *f, struct cursor in)
{
	memset(f, 0, sizeof *f);
	f->service = (struct card_service){.list = inputcard_list,
	    .change = inputcard_change,
	    .connect = inputcard_connect,
	    .begin = inputcard_begin,
	    .transmit = inputcard_transmit,
	    .reset = inputcard_reset,
	    .close = inputcard_reset};
	f->in = in;
}

/* Everything an applet does, in the order of an enrollment and a login, with answers from the
 * input. */
static inline void inputcard_run(const struct applet *a, const char *digits, struct cursor in)
{
	static struct applet_certificate certificate;
	static struct applet_signature signature;
	uint8_t identity[APPLET_IDENTITY_SIZE], digest[KEY_DIGEST_MAX] = {0};
	struct card c = {0};
	struct inputcard f;
	struct secret pin;
	unsigned left = 0;

	inputcard_init(&f, in);
	inputcard_check(secret_set(&pin, digits, strlen(digits)) == 0);
	inputcard_check(card_open(&c, &f.service, INPUTCARD_READER) == CARD_OK);
	(void)a->select(&c);
	(void)a->identify(&c, identity);
	if (a->tries(&c, &left) == CARD_OK)
		inputcard_check((left >= 1 && left <= 15) || left == APPLET_TRIES_UNKNOWN);
	inputcard_check(f.verifies == 0);
	if (a->verify(&c, &pin, &left) == CARD_PIN_WRONG)
		inputcard_check((left >= 1 && left <= 15) || left == APPLET_TRIES_UNKNOWN);
	/* whatever it answered, it had the PIN once */
	inputcard_check(f.verifies <= 1);
	for (unsigned kind = KEY_NONE; kind <= KEY_P384; kind++) {
		enum card_result r = a->sign(&c, (enum key_kind)kind, digest, &signature);

		inputcard_check((r == CARD_OK) == (signature.len > 0));
		if (r == CARD_OK)
			inputcard_check(
			    signature.len <= key_properties((enum key_kind)kind)->signature);
	}
	(void)a->certificate(&c, &certificate);
	inputcard_check(certificate.len <= sizeof certificate.data);
	inputcard_check(c.apdus == f.transmits && f.transmits < 20 * APDU_ROUNDS_MAX);
	card_close(&c);
	inputcard_check(f.resets == 1);
}

#endif
