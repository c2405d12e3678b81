/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The contract of a second factor. A factor judges one answer against one person's record and
 * advances the counters in the state; it writes nothing, asks nothing, logs nothing, and cannot
 * make a login succeed: lib/login does, after the state is durable.
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
};

struct factor_attempt {
	const struct secret *answer; /* as typed, UTF-8 */
	const struct record *record;
	struct state *state;
	const struct clock_source *clock;
	unsigned totp_window;         /* steps on each side */
	const struct token *accepted; /* out: which token, on FACTOR_ACCEPTED */
};

struct factor {
	const char *name;
	enum factor_kind kind; /* the lockout counter it feeds */
	enum factor_result (*verify)(struct factor_attempt *);
};

extern const struct factor factor_otp;

#endif
