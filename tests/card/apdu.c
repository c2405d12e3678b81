/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Between the line and the application: puts chained commands together, cuts long answers into
 * pieces, finds the instruction, lets faults change the answer. Knows no application.
 */
#include <string.h>

#include "tests/card/apdu.h"
#include "tests/card/journal.h"

#define CLA_CHAIN        0x10U
#define INS_SELECT       0xA4
#define INS_GET_RESPONSE 0xC0

/* One card, one line. */
static struct buf chain;              /* data of the commands so far */
static unsigned char chain_header[4]; /* of the first one, without the chaining bit */
static struct answer rest;            /* what GET RESPONSE will fetch */
static size_t rest_at;                /* how much of it is gone */
static bool held;                     /* rest waits for the same command with the right Le */
static unsigned char held_header[4];

void apdu_reset(void)
{
	chain.used = 0;
	rest.data.used = 0;
	rest_at = 0;
	held = false;
}

/* false: no short APDU. */
static bool parse(const unsigned char *frame, size_t length, struct command *ret)
{
	struct command c = {0};

	if (length < 4)
		return false;
	c.cla = frame[0];
	c.ins = frame[1];
	c.p1 = frame[2];
	c.p2 = frame[3];
	if (length == 5) {
		c.has_le = true;
	} else if (length > 5) {
		c.data = frame + 5;
		c.length = frame[4];
		if (c.length == 0 || length < 5 + c.length || length > 6 + c.length)
			return false;
		c.has_le = length == 6 + c.length;
	}
	if (c.has_le)
		c.le = frame[length - 1] == 0 ? 256 : frame[length - 1];
	*ret = c;
	return true;
}

static size_t rest_left(void)
{
	return rest.data.used - rest_at;
}

/* Without Le most cards answer as if it were 00; those of T=0 have to be asked again. */
static size_t allowed_by(const struct card *card, const struct command *c)
{
	if (c->has_le)
		return c->le;
	return card->options.exact_le ? 0 : 256;
}

/* As much of the rest as Le lets through. */
static void take_piece(size_t allowed, struct answer *a)
{
	size_t piece = rest_left() < allowed ? rest_left() : allowed, left;

	a->data.used = 0;
	buf_put(&a->data, rest.data.data + rest_at, piece);
	rest_at += piece;
	left = rest_left();
	a->sw = left == 0 ? rest.sw : 0x6100 | (left > 255 ? 0 : (unsigned)left);
}

static void run(struct card *card, const struct command *c, struct answer *a)
{
	const struct instruction *i = card->applet->instructions;

	a->sw = 0x9000;
	while (i->run != NULL && i->ins != c->ins)
		i++;
	if (i->run == NULL || (!card->selected && c->ins != INS_SELECT))
		a->sw = 0x6D00;
	else if (i->cla != c->cla)
		a->sw = 0x6E00;
	else
		i->run(card, c, a);
}

/* A part of a chain is kept; true when c is a whole command now. */
static bool unchain(struct command *c, struct answer *a)
{
	unsigned char header[4] = {(unsigned char)(c->cla & ~CLA_CHAIN), c->ins, c->p1, c->p2};
	bool more = (c->cla & CLA_CHAIN) != 0;

	if (chain.used > 0 && memcmp(header, chain_header, sizeof(header)) != 0)
		chain.used = 0;
	if (!more && chain.used == 0)
		return true;
	if (chain.used + c->length > 2048) {
		chain.used = 0;
		a->sw = 0x6700;
		return false;
	}
	memcpy(chain_header, header, sizeof(header));
	buf_put(&chain, c->data, c->length);
	a->sw = 0x9000;
	c->cla = header[0];
	c->data = chain.data;
	c->length = chain.used;
	return !more;
}

static bool is_held(const unsigned char *frame, const struct command *c)
{
	return held && c->has_le && c->le == rest.data.used &&
	       memcmp(frame, held_header, 4) == 0;
}

/* A whole command: the application's answer becomes the rest, its first piece the answer. */
static void execute(
    struct card *card, const unsigned char *frame, struct command *c, struct answer *a)
{
	if (!is_held(frame, c)) {
		apdu_reset();
		rest.sw = 0x9000;
		run(card, c, &rest);
		fault_content(&card->fault, &rest);
		if (card->options.exact_le && c->has_le && rest.data.used > 0 &&
		    rest.data.used < 256 && c->le != rest.data.used) {
			held = true;
			memcpy(held_header, frame, sizeof(held_header));
			a->sw = 0x6C00 | (unsigned)rest.data.used;
			return;
		}
	}
	held = false;
	take_piece(allowed_by(card, c), a);
}

static void answer(
    struct card *card, const unsigned char *frame, struct command *c, struct answer *a)
{
	if (c->ins == INS_GET_RESPONSE && c->cla == 0) {
		if (held || rest_left() == 0)
			a->sw = 0x6985;
		else
			take_piece(allowed_by(card, c), a);
		fault_content(&card->fault, a);
	} else if (unchain(c, a)) {
		execute(card, frame, c, a);
	} else {
		fault_content(&card->fault, a);
	}
}

void apdu_exchange(
    struct card *card, const unsigned char *frame, size_t length, struct reply *ret_reply)
{
	static struct answer a;
	struct command c;

	a.data.used = 0;
	a.sw = 0x6700;
	a.silent = false;
	ret_reply->frame.used = 0;
	ret_reply->late_ms = 0;
	journal_command(frame, length);
	card->fault = faults_next(&card->faults, length > 1 ? frame[1] : 0);
	if (card->fault.kind != FAULT_NONE)
		journal_note("fault: %s", fault_name(card->fault.kind));
	if (parse(frame, length, &c)) {
		answer(card, frame, &c, &a);
		fault_line(&card->fault, allowed_by(card, &c), &a);
	}
	if (card->fault.kind == FAULT_SLOW)
		ret_reply->late_ms = card->fault.value;
	buf_put(&ret_reply->frame, a.data.data, a.data.used);
	if (card->fault.kind != FAULT_GARBAGE)
		buf_put_byte(&ret_reply->frame, a.sw >> 8);
	if (card->fault.kind != FAULT_GARBAGE && card->fault.kind != FAULT_SHORT)
		buf_put_byte(&ret_reply->frame, a.sw & 0xFF);
	ret_reply->silent = a.silent;
	if (!a.silent)
		journal_answer(ret_reply->frame.data, ret_reply->frame.used);
}
