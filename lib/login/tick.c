/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ticks of the monotonic clock.
 */
#include "lib/login/tick.h"

#include <errno.h>
#include <stdint.h>

#define SECOND_NS 1000000000

struct timespec tick_after(struct timespec since, struct timespec now)
{
	int64_t ns = (now.tv_sec - since.tv_sec) * SECOND_NS + now.tv_nsec - since.tv_nsec;

	ns = (ns / TICK_NS + 1) * TICK_NS + since.tv_nsec;
	return (struct timespec){
	    .tv_sec = since.tv_sec + ns / SECOND_NS, .tv_nsec = ns % SECOND_NS};
}

void tick_wait(struct timespec since)
{
	struct timespec t = since;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	t = tick_after(since, t);
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
		continue;
}
