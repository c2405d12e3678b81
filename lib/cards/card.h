/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One card for a moment: taken, asked, given back without anything opened on it. What the two
 * visits of a login do stands here, in the one order that is right.
 *
 * The first, before anybody is asked, tells which card it is. The second, after the answer,
 * sends the PIN and asks for a signature. No card is held between them.
 */
#ifndef SEKISHO_CARDS_CARD_H
#define SEKISHO_CARDS_CARD_H

#include "lib/cards/applet.h"
#include "lib/cards/challenge.h"

/* Connects and begins a transaction. Whatever it returns, card_close follows. */
MUST_CHECK enum card_result card_open(
    struct card *ret_c, struct card_service *s, const char *reader);
/* Gives the card back with a reset. Also after a card_open that failed; twice is fine. */
void card_close(struct card *c);

struct card_sight {
	const struct applet *applet;
	uint8_t identity[APPLET_IDENTITY_SIZE];
	unsigned tries; /* 0: blocked; APPLET_TRIES_UNKNOWN */
	unsigned apdus;
	size_t bytes;
};

/* Which card is this? An application that is never selected: applet_find. All that a stranger's
 * card is asked. Selecting ends what another program had selected; it learns of that by the
 * reset, which therefore strangers get as well. */
MUST_CHECK enum card_result card_identify(
    struct card *c, const struct applet *never, struct card_sight *ret_sight);
/* After it: how many tries has the card? Costs none. */
MUST_CHECK enum card_result card_count_tries(struct card *c, struct card_sight *sight);

/* A visit of its own: which card is this? */
MUST_CHECK enum card_result card_look(
    struct card_service *s, const char *reader, struct card_sight *ret_sight);

/* The same, with tries and the certificate of the authentication key: for an enrollment. */
MUST_CHECK enum card_result card_read(struct card_service *s, const char *reader,
    struct card_sight *ret_sight, struct applet_certificate *ret_certificate);

struct card_proof {
	/* in */
	const struct card_reader *reader; /* as it was listed before card_look */
	const struct applet *applet;      /* as card_look found it */
	const uint8_t *identity;          /* of the enrolled card; APPLET_IDENTITY_SIZE */
	const struct public_key *key;     /* the enrolled one */
	const struct challenge *challenge;
	const struct secret *pin;
	/* Fewer than these are left: the PIN is not sent (CARD_LAST). Costs a command, two for
	 * JPKI. 0: not asked for. */
	unsigned min_tries;
	/* out, in any case */
	unsigned tries; /* as the card said last; APPLET_TRIES_UNKNOWN */
	bool pin_sent;  /* perhaps a try was spent */
	unsigned apdus;
	size_t bytes;
};

/* The second visit: select, the PIN, a signature over the challenge, reset. CARD_OK means one
 * thing only: the card signed this challenge with the enrolled key after it took this PIN.
 * Unless pcscd proves that it is the card that was looked at (.event in reader.h) it is
 * identified again before anything else: CARD_OTHER. CARD_FORGED: the signature is not by the
 * key. */
MUST_CHECK enum card_result card_prove(struct card_service *s, struct card_proof *p);

#endif
