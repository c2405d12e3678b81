/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How one answer can end, and what each end means. The table behind it is the only thing in the
 * project that can grant a login.
 */
#ifndef SEKISHO_OUTCOME_H
#define SEKISHO_OUTCOME_H

#include "lib/wire/msg.h"

/* The first value denies. */
enum outcome {
	OUTCOME_ERROR = 0,
	OUTCOME_ACCEPTED,
	OUTCOME_EMERGENCY,    /* the emergency code, which is spent now */
	OUTCOME_NOT_REQUIRED, /* a rule with require = none */
	OUTCOME_WRONG,
	OUTCOME_USED,
	OUTCOME_MALFORMED,
	OUTCOME_CLOCK,    /* the clock is behind: no code of now can be told */
	OUTCOME_EMPTY,    /* Enter alone: no attempt */
	OUTCOME_PASSWORD, /* the host repeated the password: no attempt */
	OUTCOME_LOCKED,
	OUTCOME_SUSPENDED,
	OUTCOME_BUSY,
	OUTCOME_UNAVAILABLE,
	OUTCOME_CALLER, /* there was nothing to judge: not this caller */
	/* of a card */
	OUTCOME_PIN_WRONG,
	OUTCOME_PIN_FORM,
	OUTCOME_PIN_BLOCKED,
	OUTCOME_PIN_LAST,    /* the last try is not used here */
	OUTCOME_PIN_AGAIN,   /* no attempt yet: before the last try it is asked for twice */
	OUTCOME_PIN_DIFFERS, /* no attempt */
	OUTCOME_CARD_ABSENT,
	OUTCOME_CARD_CHANGED,
	OUTCOME_CARD_BUSY,
	OUTCOME_READER_GONE,
	OUTCOME_CARD_DATES,
	OUTCOME_CARD_REVOKED,
	OUTCOME_CARD_UNTRUSTED,
	OUTCOME_CARD_SERVICE,
	OUTCOME_CARD_FAILED,
	OUTCOME_COUNT
};

struct outcome_row {
	enum verdict verdict;   /* what ends the login with this outcome */
	bool again;             /* does asking once more make sense? */
	enum msg_reason reason; /* what the person is told */
	const char *word;       /* what the log says, when nobody knows better */
};

/* Never NULL: what is not in the table is an error. */
const struct outcome_row *outcome_row(enum outcome o);

#endif
