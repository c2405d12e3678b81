/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Follows one card through the readers for as long as the smart card service lives. Tells what
 * it sees and decides nothing; sends no PIN and looks at a card only while the one it follows
 * is missing.
 */
#ifndef SEKISHO_EYE_H
#define SEKISHO_EYE_H

#include "cardwatch/watch.h"
#include "lib/cards/card.h"

/* A service that hangs is found out within it; otherwise nothing wakes the eye but an event. */
#define EYE_HEARTBEAT_MS 3600000
/* Until a card that did not say which it is (another program has it) is asked again; doubles.
 */
#define EYE_AGAIN_MS 1000u
/* All that one card gets to say which it is: others are waiting. Longer than READER_SETTLE_MS.
 */
#define EYE_LOOK_MS 3000

struct eye {
	struct card_service *service;
	uint64_t (*now)(void);   /* monotonic_ms */
	const uint8_t *identity; /* of the card; APPLET_IDENTITY_SIZE */
	/* Which card is asked first. One more for each eye before this one that came back with
	 * CARD_BUSY, so that those behind get their turn. */
	unsigned turn;
	/* SIGHT_THERE or SIGHT_GONE, each time it changes. */
	void (*tell)(void *context, enum sight sight);
	void *context;
};

/* Comes back when the service is of no use any more, with the reason; never CARD_OK. CARD_BUSY:
 * cards that are held, or hang, took so long that others were not asked. It says nothing of the
 * card then, unless each one has had its turn: who cannot be seen is gone. */
MUST_CHECK enum card_result eye_follow(const struct eye *eye);

#endif
