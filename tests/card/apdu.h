/* SPDX-License-Identifier: BSD-2-Clause */
/* Short APDUs: command chaining, GET RESPONSE, 6Cxx; where faults come in. */
#ifndef CARD_APDU_H
#define CARD_APDU_H

#include "tests/card/card.h"

struct reply {
	struct buf frame;
	bool silent;           /* no reply: the card is pulled */
	unsigned long late_ms; /* beyond what the line takes */
};

/* One frame from the reader, its reply, both in the journal. */
void apdu_exchange(
    struct card *card, const unsigned char *frame, size_t length, struct reply *ret_reply);

/* Forgets half-sent chains and unfetched answers. */
void apdu_reset(void);

#endif
