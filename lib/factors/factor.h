/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The contract of a second factor. A factor judges one answer against one person's record and
 * advances the counters in the state; it writes nothing, asks nothing, logs nothing, and cannot
 * make a login succeed: lib/login does, after the state is durable.
 *
 * verify does the same amount of work for every answer that is not malformed, whatever the
 * record holds and whatever it finds: how long it takes must not tell a person from a decoy,
 * nor a right code of somebody suspended from a wrong one.
 */
#ifndef SEKISHO_FACTOR_H
#define SEKISHO_FACTOR_H

#include "lib/store/state.h"

enum factor_result {
	FACTOR_ERROR = 0,
	FACTOR_ACCEPTED = 1,  /* counters in the state moved on: it must be saved */
	FACTOR_WRONG = 2,     /* a guess */
	FACTOR_USED = 3,      /* right, but spent */
	FACTOR_MALFORMED = 4, /* cannot be an answer of this factor: no guess */
	FACTOR_CLOCK = 5,     /* this terminal's clock is behind: not judged, no guess */
};

struct factor_attempt {
	const struct secret *answer; /* as typed, UTF-8 */
	const struct record *record;
	struct state *state;
	int64_t now;              /* wall clock, read once for the whole attempt */
	unsigned totp_window;     /* steps on each side */
	unsigned hotp_look_ahead; /* counters beyond the next one */
	int64_t behind;           /* seconds the clock is behind the store-wide floor, or
	                             before 1970: over 0 no TOTP is judged */
	bool recovery;            /* codes on paper are allowed here */

	/* out, on FACTOR_ACCEPTED */
	const char *token; /* label of the token, for the log; borrowed from the record */
	const char
	    *method;      /* "totp", "hotp", "recovery", "temporary": fixed word for the log */
	bool time_proved; /* a TOTP: the store-wide floor may move to now */
	unsigned left;    /* recovery codes that remain */
	/* out, on FACTOR_CLOCK */
	int64_t clock_behind; /* seconds */
	/* out, on a refusal: fixed word for the log that says more than the result, or NULL */
	const char *note;
};

struct factor {
	const char *name;
	enum factor_kind kind; /* the lockout counter it feeds */
	/* Is this an answer for this factor by its form? */
	bool (*fits)(const struct secret *answer);
	enum factor_result (*verify)(struct factor_attempt *);
};

extern const struct factor factor_otp;
extern const struct factor factor_recovery;

#endif
