/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Different people who log in at the same time, each again and again.
 */
#ifndef SEKISHO_BENCH_CROWD_H
#define SEKISHO_BENCH_CROWD_H

#include "bench/stage.h"

/* Prints one line:
 *   crowd|SIZE|SERVICE|TITLE|AT-ONCE|LOGINS-PER-SECOND|P50|P99|LOGINS|REFUSED
 * Times (microseconds) and rate are of the logins that were let in. Ends the program when a
 * module refuses that is not known to. at_once <= persons_count(). */
void crowd_run(const struct stage *t, const char *size, unsigned contestant, unsigned at_once,
    double seconds);

#endif
