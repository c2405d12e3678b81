/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A card service that plays a transcript: commands as they must come, answers as they are
 * given. What comes otherwise fails the test.
 */
#ifndef SEKISHO_TEST_FAKECARD_H
#define SEKISHO_TEST_FAKECARD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cards/card.h"

/* Hexadecimal; spaces are ignored, "xx*n" is the byte xx n times. */
struct exchange_row {
	const char *command; /* NULL: the end */
	const char *answer;
	enum card_result fault; /* instead of the answer, unless CARD_ERROR (0) */
};

struct fakecard {
	struct card_service service; /* first */
	const struct exchange_row *script;
	unsigned at;
	enum card_result connect_result, begin_result;
	struct card_reader_list readers;
	bool connected, in_transaction;
	unsigned connects, resets, transmits;
	/* changes: what change() gives, one after the other; CARD_TIMEOUT when it is over */
	enum card_result changes[8];
	unsigned change_at;
};

static inline size_t fakecard_bytes(const char *hex, uint8_t *out, size_t size)
{
	size_t len = 0;

	while (*hex != '\0') {
		char digits[3] = {0};
		unsigned long times = 1;
		char *end;

		if (*hex == ' ') {
			hex++;
			continue;
		}
		memcpy(digits, hex, 2);
		hex += 2;
		if (*hex == '*') {
			times = strtoul(hex + 1, &end, 10);
			hex = end;
		}
		for (; times > 0; times--) {
			if (len == size)
				abort();
			out[len++] = (uint8_t)strtoul(digits, NULL, 16);
		}
	}
	return len;
}

static inline struct fakecard *fakecard_of(struct card_service *s)
{
	return (struct fakecard *)(void *)s;
}

static inline enum card_result fakecard_list(
    struct card_service *s, struct card_reader_list *ret_l)
{
	*ret_l = fakecard_of(s)->readers;
	return CARD_OK;
}

static inline enum card_result fakecard_change(
    struct card_service *s, const struct card_reader_list *seen, unsigned timeout_ms)
{
	struct fakecard *f = fakecard_of(s);

	(void)seen, (void)timeout_ms;
	return f->change_at < 8 && f->changes[f->change_at] != CARD_ERROR
	           ? f->changes[f->change_at++]
	           : CARD_TIMEOUT;
}

static inline enum card_result fakecard_connect(struct card_service *s, const char *reader)
{
	struct fakecard *f = fakecard_of(s);

	assert_string_equal(reader, "Reader 0");
	assert_false(f->connected);
	f->connects++;
	f->connected = f->connect_result == CARD_OK;
	return f->connect_result;
}

static inline enum card_result fakecard_begin(struct card_service *s)
{
	struct fakecard *f = fakecard_of(s);

	assert_true(f->connected);
	f->in_transaction = f->begin_result == CARD_OK;
	return f->begin_result;
}

static inline enum card_result fakecard_transmit(struct card_service *s, const uint8_t *command,
    size_t len, uint8_t *ret_answer, size_t *ret_len)
{
	struct fakecard *f = fakecard_of(s);
	const struct exchange_row *row = &f->script[f->at];
	uint8_t want[1024];

	assert_true(f->in_transaction);
	f->transmits++;
	if (row->command == NULL)
		fail_msg("command %u was not expected: %02x %02x %02x %02x", f->transmits,
		    command[0], command[1], command[2], command[3]);
	f->at++;
	if (strcmp(row->command, "any") != 0) {
		size_t want_len = fakecard_bytes(row->command, want, sizeof want);

		if (len != want_len || memcmp(command, want, len) != 0)
			fail_msg("command %u of %zu bytes (%02x %02x %02x %02x) is not %s",
			    f->transmits, len, command[0], command[1], command[2], command[3],
			    row->command);
	}
	if (row->fault != CARD_ERROR)
		return row->fault;
	*ret_len = fakecard_bytes(row->answer, ret_answer, READER_ANSWER_MAX);
	return CARD_OK;
}

static inline void fakecard_reset(struct card_service *s)
{
	struct fakecard *f = fakecard_of(s);

	if (f->connected)
		f->resets++;
	f->connected = f->in_transaction = false;
}

static inline void fakecard_init(struct fakecard *f, const struct exchange_row *script)
{
	memset(f, 0, sizeof *f);
	f->service = (struct card_service){.list = fakecard_list,
	    .change = fakecard_change,
	    .connect = fakecard_connect,
	    .begin = fakecard_begin,
	    .transmit = fakecard_transmit,
	    .reset = fakecard_reset,
	    .close = fakecard_reset};
	f->script = script;
	f->connect_result = f->begin_result = CARD_OK;
	f->readers.count = 1;
	memcpy(f->readers.readers[0].name, "Reader 0", 9);
	f->readers.readers[0].present = true;
	f->readers.readers[0].event = 1;
}

/* Connected and in a transaction. */
static inline void fakecard_open(
    struct fakecard *f, const struct exchange_row *script, struct card *ret_c)
{
	fakecard_init(f, script);
	assert_int_equal(card_open(ret_c, &f->service, "Reader 0"), CARD_OK);
}

/* The whole transcript was played. */
static inline void fakecard_finish(const struct fakecard *f)
{
	if (f->script[f->at].command != NULL)
		fail_msg("command %u never came: %s", f->at + 1, f->script[f->at].command);
}

#endif
