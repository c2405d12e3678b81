/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When a refusal leaves: a whole number of ticks after its answer came. What is done for it is
 * the same for everybody, but some microseconds longer where a file is not there, and a tick is
 * long beside all of it. Knows no reasons.
 */
#ifndef SEKISHO_TICK_H
#define SEKISHO_TICK_H

#include <time.h>

#define TICK_NS 20000000 /* what is done takes less on most disks: 1 to 10 ms */

/* The first tick after now, counted from since; both CLOCK_MONOTONIC. Never now itself. */
struct timespec tick_after(struct timespec since, struct timespec now);
/* Sleeps until then. */
void tick_wait(struct timespec since);

#endif
