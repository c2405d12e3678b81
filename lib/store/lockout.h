/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many guesses: delay and suspension per (person, source). Pure arithmetic on the buckets
 * of a state; the caller locks, reads and writes it.
 *
 * Delay: 5 free tries, then 30 s doubling to 15 min, on boot id + boot time so that a wall
 * clock set forward buys nothing. A boot the bucket does not know starts the present delay
 * anew. Suspension: consecutive failures per (factor, source), no decay; the budgets of the
 * five sources sum to 100 (SP 800-63B-4 3.2.2).
 */
#ifndef SEKISHO_LOCKOUT_H
#define SEKISHO_LOCKOUT_H

#include "lib/store/state.h"

#define LOCKOUT_FREE_TRIES 5
#define LOCKOUT_FIRST_S    30
#define LOCKOUT_LONGEST_S  900

enum lockout {
	LOCKOUT_SUSPENDED = 0, /* needs an administrator */
	LOCKOUT_WAIT = 1,      /* *ret_seconds until the next try */
	LOCKOUT_OPEN = 2,
};

/* What a guess did. A malformed answer and a code used before take the delay but are no guess.
 */
enum lockout_event { LOCKOUT_GUESS = 0, LOCKOUT_NO_GUESS = 1 };

unsigned lockout_budget(enum source source);
enum lockout lockout_check(const struct bucket *b, enum source source, enum factor_kind factor,
    const struct clock_source *clock, uint32_t *ret_seconds);
void lockout_failed(struct bucket *b, enum factor_kind factor, enum lockout_event event,
    const struct clock_source *clock);
/* After this module's own full success from this source, or by `sekisho unlock`. */
void lockout_reset(struct bucket *b);

#endif
