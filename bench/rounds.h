/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rounds of logins through several modules in turn, one login at a time.
 */
#ifndef SEKISHO_BENCH_ROUNDS_H
#define SEKISHO_BENCH_ROUNDS_H

#include "bench/stage.h"

struct rounds {
	const char *size;           /* as it is printed */
	unsigned enrolled;          /* the same as a number */
	unsigned logins, cold;      /* rounds of each kind */
	unsigned list[CONTESTANTS]; /* places in the table of those that take part */
	unsigned count;
	const char *stacks;
	char **server_argv;
};

/* Sees each module refuse what it should, measures, and prints for each
 *   warm|SIZE|SERVICE|TITLE|ROUNDS|FELT|FELT-P99|WHOLE|WHOLE-P99|CPU
 *   cold|SIZE|SERVICE|TITLE|ROUNDS|FELT|FELT-MAX|WHOLE|WHOLE-MAX
 * (medians where nothing else is said, CPU a mean; microseconds). Without "cold" when none is
 * wanted or the caches cannot be dropped, which is told by
 *   note|TEXT
 * A login with a valid code that is refused ends the program. */
void rounds_run(const struct rounds *r);

#endif
