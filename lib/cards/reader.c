/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting for readers and cards, in slices, with an eye on who waits for the answer. Sends
 * nothing to a card.
 */
#include "lib/cards/reader.h"

#include <poll.h>
#include <string.h>

#include "lib/wire/clock.h"

/* Data counts as well as the end: nobody has anything to say while he waits for a card but
 * that he does not. */
static bool left(int leash)
{
	struct pollfd p = {.fd = leash, .events = POLLIN};

	return leash >= 0 && poll(&p, 1, 0) != 0;
}

const struct card_reader *reader_find(const struct card_reader_list *l, const char *name)
{
	for (unsigned i = 0; i < l->count; i++)
		if (strcmp(l->readers[i].name, name) == 0)
			return &l->readers[i];
	return NULL;
}

enum card_result reader_wait(
    struct card_service *s, const struct card_reader_list *seen, int leash, unsigned timeout_ms)
{
	const uint64_t start = monotonic_ms();

	for (;;) {
		uint64_t gone = monotonic_ms() - start;
		uint64_t rest = gone < timeout_ms ? timeout_ms - gone : 0;
		enum card_result r;

		if (left(leash))
			return CARD_LEFT;
		r = s->change(
		    s, seen, rest < READER_SLICE_MS ? (unsigned)rest : READER_SLICE_MS);
		if (r != CARD_TIMEOUT || rest <= READER_SLICE_MS)
			return r;
	}
}

unsigned reader_unsettled(const struct card_service *s)
{
	uint64_t age = monotonic_ms() - s->since;

	return age < READER_SETTLE_MS ? (unsigned)(READER_SETTLE_MS - age) : 0;
}

enum card_result reader_list_settled(
    struct card_service *s, int leash, struct card_reader_list *ret_l)
{
	for (;;) {
		/* In this order: what is found in the last moment is in the list. */
		unsigned rest = reader_unsettled(s);
		enum card_result r = s->list(s, ret_l);

		if (r != CARD_OK || rest == 0)
			return r;
		r = reader_wait(s, ret_l, leash, rest);
		if (r != CARD_OK && r != CARD_TIMEOUT)
			return r;
	}
}
