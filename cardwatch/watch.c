/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The phases of a watch. Must not act on a card that is there, and must not stop acting because
 * nobody can tell any more.
 */
#include "cardwatch/watch.h"

#include <limits.h>

void watch_begin(struct watch *ret_w, uint64_t grace_ms)
{
	*ret_w = (struct watch){.phase = WATCH_BLIND, .grace_ms = grace_ms};
}

static void begin_leaving(struct watch *w, uint64_t now)
{
	w->phase = WATCH_LEAVING;
	w->due = now + w->grace_ms;
	w->tries = 0;
}

bool watch_see(struct watch *w, enum sight sight, uint64_t now)
{
	const enum watch_phase before = w->phase;
	const bool unmoved = before == WATCH_BLIND || before == WATCH_THERE;

	if (sight == SIGHT_THERE)
		w->phase = WATCH_THERE;
	else if (sight == SIGHT_GONE && unmoved)
		begin_leaving(w, now);
	else if (sight == SIGHT_BLIND && unmoved)
		w->phase = WATCH_BLIND;
	return w->phase != before;
}

bool watch_due(struct watch *w, uint64_t now)
{
	if ((w->phase != WATCH_LEAVING && w->phase != WATCH_ACTING) || now < w->due)
		return false;
	w->phase = WATCH_RUNNING;
	w->tries++;
	return true;
}

void watch_ended(struct watch *w, bool done, uint64_t now)
{
	if (w->phase != WATCH_RUNNING)
		return;
	w->phase = done || w->tries >= WATCH_TRIES ? WATCH_DONE : WATCH_ACTING;
	w->due = now + ((uint64_t)WATCH_PAUSE_MS << (w->tries - 1));
}

int watch_rest(const struct watch *w, uint64_t now)
{
	if (w->phase != WATCH_LEAVING && w->phase != WATCH_ACTING)
		return WATCH_FOREVER;
	if (now >= w->due)
		return 0;
	return w->due - now < INT_MAX ? (int)(w->due - now) : INT_MAX;
}
