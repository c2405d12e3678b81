/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exchanges of commands and answers, bounded in number and size. Judges no status but those of
 * the transport (61xx, 6Cxx).
 */
#include "lib/cards/apdu.h"

#include <string.h>

#define BLOCK        255u
#define COMMAND_MAX  (4 + 1 + BLOCK + 1)
#define CLA_CHAINED  0x10u
#define INS_RESPONSE 0xc0u
#define SW1_MORE     0x61u
#define SW1_WRONG_LE 0x6cu

struct exchange {
	struct card *card;
	struct answer *answer;
	unsigned rounds, resent;
};

static size_t encode(const struct apdu *a, uint8_t out[COMMAND_MAX])
{
	struct writer w = writer_over(out, COMMAND_MAX);

	put_u8(&w, a->cla);
	put_u8(&w, a->ins);
	put_u8(&w, a->p1);
	put_u8(&w, a->p2);
	if (a->data.len > 0) {
		put_u8(&w, (uint8_t)a->data.len);
		put_bytes(&w, a->data.data, a->data.len);
	}
	if (a->le != APDU_NO_LE)
		put_u8(&w, (uint8_t)a->le);
	return w.bad ? 0 : COMMAND_MAX - w.left;
}

static enum card_result take_answer(struct exchange *x, const uint8_t *got, size_t len)
{
	struct answer *a = x->answer;

	if (len < 2 || len > READER_ANSWER_MAX || len - 2 > sizeof a->data - a->len)
		return CARD_MALFORMED;
	memcpy(a->data + a->len, got, len - 2);
	a->len += len - 2;
	a->sw = (uint16_t)(got[len - 2] << 8 | got[len - 1]);
	return CARD_OK;
}

/* One command of at most one block, one answer. */
static enum card_result exchange_once(struct exchange *x, const struct apdu *a)
{
	struct card_service *s = x->card->service;
	uint8_t command[COMMAND_MAX], got[READER_ANSWER_MAX];
	size_t len = encode(a, command), got_len = 0;
	enum card_result r = CARD_ERROR;

	if (len == 0)
		goto out;
	if (++x->rounds > APDU_ROUNDS_MAX) {
		r = CARD_MALFORMED;
		goto out;
	}
	r = s->transmit(s, command, len, got, &got_len);
	x->card->apdus++;
	x->card->bytes += len;
	if (r != CARD_OK)
		goto out;
	x->card->bytes += got_len;
	r = take_answer(x, got, got_len);
out:
	wipe(command, sizeof command);
	wipe(got, sizeof got);
	return r;
}

/* SW2 as a length: 0 is 256. */
static unsigned length_in(uint16_t sw)
{
	unsigned n = sw & 0xffu;

	return n == 0 ? APDU_LE : n;
}

/* A block, what the card makes of it, and the rest of the answer. */
static enum card_result exchange(struct exchange *x, const struct apdu *a)
{
	struct apdu now = *a;

	for (;;) {
		enum card_result r = exchange_once(x, &now);
		unsigned sw1 = x->answer->sw >> 8;

		if (r != CARD_OK)
			return r;
		if (sw1 == SW1_WRONG_LE && now.le != APDU_NO_LE) {
			if (++x->resent > APDU_RESENT_MAX)
				return CARD_MALFORMED;
		} else if (sw1 == SW1_MORE) {
			now = (struct apdu){.ins = INS_RESPONSE};
		} else
			return CARD_OK;
		now.le = length_in(x->answer->sw);
	}
}

enum card_result apdu_send(struct card *c, const struct apdu *a, struct answer *ret_a)
{
	struct exchange x = {.card = c, .answer = ret_a};
	struct apdu block = *a;
	const uint8_t *at = a->data.data;
	size_t left = a->data.len;
	enum card_result r = CARD_ERROR;

	memset(ret_a, 0, sizeof *ret_a);
	if (left > APDU_DATA_MAX || a->le > APDU_LE)
		return CARD_ERROR;
	block.cla = (uint8_t)(a->cla | CLA_CHAINED);
	block.le = APDU_NO_LE;
	for (; left > BLOCK; at += BLOCK, left -= BLOCK) {
		block.data = (struct span){at, BLOCK};
		r = exchange_once(&x, &block);
		if (r != CARD_OK || ret_a->sw != SW_OK)
			goto out;
		/* Nothing is answered before the end. */
		if (ret_a->len > 0) {
			r = CARD_MALFORMED;
			goto out;
		}
	}
	block = *a;
	block.data = (struct span){at, left};
	r = exchange(&x, &block);
out:
	if (r != CARD_OK)
		wipe(ret_a, sizeof *ret_a);
	return r;
}

enum card_result apdu_must(struct card *c, const struct apdu *a, struct answer *ret_a)
{
	enum card_result r = apdu_send(c, a, ret_a);

	if (r != CARD_OK || ret_a->sw == SW_OK)
		return r;
	return ret_a->sw == SW_NOT_FOUND || ret_a->sw == SW_NO_REFERENCE ? CARD_NO_OBJECT
	                                                                 : CARD_STATUS;
}
