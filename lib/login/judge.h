/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One answer: configuration, keys, then under the person's lock record, lockout, factor and the
 * durable write. Talks to nobody and writes no log.
 */
#ifndef SEKISHO_JUDGE_H
#define SEKISHO_JUDGE_H

#include "lib/factors/own_card.h"
#include "lib/login/login.h"
#include "lib/login/outcome.h"

/* What was found out beside the outcome. */
struct judgement {
	uint32_t seconds;   /* OUTCOME_LOCKED: to wait; OUTCOME_CLOCK: behind, 0 not known */
	struct err err;     /* for the log, or ERR_NONE */
	const char *reason; /* fixed word for the log that says more than the outcome's; or NULL
	                     */
	char token[RECORD_LABEL_SIZE]; /* which was accepted; "" none */
	uint8_t card[MSG_CARD_SIZE];   /* the identity of the one that was; zeros none */
	bool recovery;                 /* a recovery code was accepted, and */
	unsigned recovery_left;        /* so many are left */
	unsigned tries;                /* of the card's PIN; 0 not known */
	bool last_try;                 /* one is left */
	bool jpki;                     /* it is a My Number Card */
	bool card_required;            /* and no one-time code will do */
	unsigned
	    wait_s; /* so long a card may be waited for: none that is the person's is there */
};

/* The first visit to a card, before anybody is asked for its PIN: true where one of the
 * person's own is in a reader, has tries left, and has a certificate that is good now.
 * Otherwise *ret_outcome is why not. The card is kept in mind for judge_pin. A last try that
 * the configuration refuses is none. */
MUST_CHECK bool judge_find_card(const struct login_setup *u, struct own_card_time t,
    struct judgement *ret_j, enum outcome *ret_outcome);
/* The second visit: an answer as PIN of the card that was found. The person's lock is held
 * before and after it, not while the card works; what counts is what is true afterwards. until:
 * monotonic_ms; the card is held no longer. */
enum outcome judge_pin(const struct login_setup *u, const struct secret *pin, uint64_t until,
    struct judgement *ret_j);
/* Durable when it returns; whoever goes away now has had his guess. */
enum outcome judge_answer(
    const struct login_setup *u, const struct secret *answer, struct judgement *ret_j);

#endif
