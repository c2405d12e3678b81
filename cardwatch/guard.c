/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one wait, and what follows from what ended it. Must not reach a card itself, and must not
 * take a lookout that fell for a card that is there.
 */
#include "cardwatch/guard.h"

#include <poll.h>
#include <stdio.h>

#include "cardwatch/hand.h"

struct post {
	const struct guard *g;
	struct watch watch;
	struct lookout lookout;
	struct hand hand;
	uint64_t next_lookout;
	unsigned pause, turn;  /* of the next lookout */
	enum card_result said; /* of a lookout's end, in the log; CARD_OK: nothing */
};

static uint64_t now_of(const struct post *p)
{
	return p->g->clock->boot_ms(p->g->clock);
}

static void say(const struct post *p, const char *result, const struct err *e)
{
	audit_write(p->g->log, &(struct audit_entry){.event = AUDIT_CARD_WATCH,
	                           .result = result,
	                           .reason = settings_removal_word(p->g->settings->removal),
	                           .user = p->g->user,
	                           .session = p->g->settings->session,
	                           .actor = UINT32_MAX,
	                           .err = e});
}

static void see(struct post *p, enum sight sight)
{
	const enum watch_phase before = p->watch.phase;

	if (!watch_see(&p->watch, sight, now_of(p)))
		return;
	if (sight == SIGHT_GONE)
		say(p, "card-gone", NULL);
	else if (sight == SIGHT_THERE && before != WATCH_BLIND)
		say(p, "card-back", NULL);
}

/* ---- the lookout ---- */

static void send_lookout(struct post *p)
{
	struct err e = {0};

	if (p->lookout.pid != 0 || now_of(p) < p->next_lookout)
		return;
	if (lookout_begin(&p->lookout, p->g->open, p->g->settings->identity, p->turn, &e) == 0)
		return;
	say(p, "not-watched", &e);
	see(p, SIGHT_GONE);
	p->next_lookout = now_of(p) + GUARD_PAUSE_MAX_MS;
}

/* Each reason once, until a lookout sees the card again. */
static void say_end(struct post *p, enum card_result r)
{
	struct err e = {0};

	if (r == p->said)
		return;
	p->said = r;
	(void)card_result_err(&e, r, r == CARD_BUSY ? "a reader" : "smart card service");
	say(p, "not-watched", &e);
}

static void recall_lookout(struct post *p)
{
	enum card_result r = lookout_end(&p->lookout);

	say_end(p, r);
	p->turn += r == CARD_BUSY;
	see(p, lookout_was_blind(r) ? SIGHT_BLIND : SIGHT_GONE);
	p->next_lookout = now_of(p) + p->pause;
	p->pause = p->pause < GUARD_PAUSE_MAX_MS / 2 ? p->pause * 2 : GUARD_PAUSE_MAX_MS;
}

static void hear_lookout(struct post *p)
{
	enum sight sight;

	if (!lookout_read(&p->lookout, &sight)) {
		recall_lookout(p);
		return;
	}
	if (sight == SIGHT_THERE) {
		p->pause = GUARD_PAUSE_MIN_MS;
		p->said = CARD_OK;
		p->turn = 0;
	}
	see(p, sight);
}

/* ---- the action ---- */

static void tell_failure(struct post *p, const struct err *e)
{
	watch_ended(&p->watch, false, now_of(p));
	say(p, p->watch.phase == WATCH_DONE ? "given-up" : "failed", e);
}

static void act(struct post *p)
{
	struct err e = {0};

	if (p->hand.pid != 0 || !watch_due(&p->watch, now_of(p)))
		return;
	if (hand_begin(&p->hand, p->g->settings, now_of(p), &e) != 0)
		tell_failure(p, &e);
}

static void finish_act(struct post *p)
{
	struct err e = {0};

	if (hand_end(&p->hand, p->g->settings, &e) != 0) {
		tell_failure(p, &e);
		return;
	}
	watch_ended(&p->watch, true, now_of(p));
	say(p, "done", NULL);
}

/* ---- the wait ---- */

static int sooner(int a, int b)
{
	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	return a < b ? a : b;
}

static int until(uint64_t due, uint64_t now)
{
	return due > now ? (int)(due - now) : 0;
}

/* Milliseconds; -1 until something happens. */
static int rest_of(const struct post *p)
{
	const uint64_t now = now_of(p);
	int rest = p->hand.pid != 0 ? until(p->hand.deadline, now) : watch_rest(&p->watch, now);

	return p->lookout.pid != 0 ? rest : sooner(rest, until(p->next_lookout, now));
}

static bool hand_is_over(const struct post *p, const struct pollfd *ended)
{
	return p->hand.pid != 0 && (ended->revents != 0 || now_of(p) >= p->hand.deadline);
}

void guard_run(const struct guard *g)
{
	struct post p = {.g = g,
	    .lookout = LOOKOUT_HOME,
	    .hand = HAND_IDLE,
	    .pause = GUARD_PAUSE_MIN_MS,
	    .said = CARD_OK};

	watch_begin(&p.watch, (uint64_t)g->settings->grace * 1000);
	for (;;) {
		struct pollfd fds[3];

		send_lookout(&p);
		act(&p);
		fds[0] = (struct pollfd){.fd = g->leash, .events = POLLIN};
		fds[1] = (struct pollfd){.fd = p.lookout.fd, .events = POLLIN};
		fds[2] = (struct pollfd){.fd = p.hand.pidfd, .events = POLLIN};
		if (poll(fds, 3, rest_of(&p)) < 0)
			continue; /* interrupted: nothing was said */
		if (fds[0].revents != 0)
			break;
		if (fds[1].revents != 0)
			hear_lookout(&p);
		if (hand_is_over(&p, &fds[2]))
			finish_act(&p);
	}
	if (p.lookout.pid != 0)
		(void)lookout_end(&p.lookout);
}
