/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One command to a card and its whole answer (ISO 7816-4): chaining of what is long, GET
 * RESPONSE after 61xx, once more after 6Cxx. Knows no application (applet.h).
 *
 * Everything that went over the line is wiped before apdu_send returns; the caller wipes what
 * he built the command from.
 */
#ifndef SEKISHO_CARDS_APDU_H
#define SEKISHO_CARDS_APDU_H

#include "lib/base/crypto.h"
#include "lib/cards/reader.h"

#define APDU_DATA_MAX   1024 /* of a command: chained in blocks of 255 */
#define APDU_ANSWER_MAX 4096 /* of an answer, over all of its parts */
#define APDU_ROUNDS_MAX 40   /* exchanges for one command: what a card may draw it out to */
#define APDU_RESENT_MAX 2    /* 6Cxx for one command */

#define APDU_NO_LE 0
#define APDU_LE    256 /* as much as there is: 00 on the line */

#define SW_OK           0x9000u
#define SW_BLOCKED      0x6983u
#define SW_NOT_FOUND    0x6a82u
#define SW_NO_REFERENCE 0x6a88u
#define SW_PIN_INVALID  0x6984u
#define SW_TRIES(sw)    ((sw)&0x0fu)
#define SW_IS_TRIES(sw) (((sw)&0xfff0u) == 0x63c0u)

/* One open card: connected, in a transaction (card.h). */
struct card {
	struct card_service *service;
	/* What it cost, in both directions; for bench and tests. */
	unsigned apdus;
	size_t bytes;
};

struct apdu {
	uint8_t cla, ins, p1, p2;
	struct span data; /* up to APDU_DATA_MAX */
	unsigned le;      /* 1..256, or APDU_NO_LE */
};

struct answer {
	uint16_t sw;
	size_t len;
	uint8_t data[APDU_ANSWER_MAX];
};

/* CARD_OK: the card answered; what, is in sw. Only a command with Le is ever sent again, so
 * that no card can have a PIN twice for one answer. CARD_MALFORMED: more than the bounds
 * above. */
MUST_CHECK enum card_result apdu_send(
    struct card *c, const struct apdu *a, struct answer *ret_a);
/* The same, for a command that must succeed: SW_OK, or CARD_NO_OBJECT for 6A82 and 6A88, or
 * CARD_STATUS. */
MUST_CHECK enum card_result apdu_must(
    struct card *c, const struct apdu *a, struct answer *ret_a);

#endif
