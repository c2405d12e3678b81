/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the news about one card mean for the session it opened, and when. Sees no card, runs no
 * command and has no clock: now is CLOCK_BOOTTIME in milliseconds, from the caller.
 */
#ifndef SEKISHO_WATCH_H
#define SEKISHO_WATCH_H

#include "lib/wire/bytes.h"

#define WATCH_TRIES    5    /* of the action, then it is given up until the card was back */
#define WATCH_PAUSE_MS 2000 /* after the first try that failed; doubles */
#define WATCH_FOREVER  (-1)

/* The first one: nobody can tell. That is no news of a card that left. */
enum sight {
	SIGHT_BLIND = 0, /* no smart card service */
	SIGHT_GONE = 1,
	SIGHT_THERE = 2,
};

enum watch_phase {
	WATCH_BLIND = 0, /* until somebody sees it or misses it */
	WATCH_THERE = 1,
	WATCH_LEAVING = 2, /* gone; .due is the end of the grace time */
	WATCH_ACTING = 3,  /* .due is the time of the next try */
	WATCH_RUNNING = 4, /* a try has begun and not ended */
	WATCH_DONE = 5,    /* locked, or given up; the card may come back */
};

struct watch {
	enum watch_phase phase;
	uint64_t due;
	unsigned tries;
	uint64_t grace_ms;
};

void watch_begin(struct watch *ret_w, uint64_t grace_ms);
/* A card that left stays gone until it is seen: whoever ends the service does not stop the
 * grace time. Returns whether anything changed, for the log. */
bool watch_see(struct watch *w, enum sight sight, uint64_t now);
/* True once for each try that is due: the caller begins it, and says how it ended. */
MUST_CHECK bool watch_due(struct watch *w, uint64_t now);
/* WATCH_DONE is its phase then, or WATCH_ACTING when it will be tried again; a card that was
 * seen meanwhile has the last word. */
void watch_ended(struct watch *w, bool done, uint64_t now);
/* Milliseconds until something is due, or WATCH_FOREVER. */
int watch_rest(const struct watch *w, uint64_t now);

#endif
