/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Judges one code. Asks nobody, grants nothing: what an outcome means stands in outcome.c.
 */
#include "lib/login/judge.h"

#include <string.h>

#include "lib/factors/factor.h"
#include "lib/login/attempt.h"
#include "lib/login/diagnosis.h"
#include "lib/login/objection.h"
#include "lib/login/rescue.h"
#include "lib/login/rules.h"
#include "lib/store/lockout.h"

/* A code on its way. */
struct code_attempt {
	struct attempt a; /* first */
	const struct factor *factor;
	bool refused_anyway; /* a right one would have been refused as well */
};

static struct code_attempt *code_of(struct attempt *a)
{
	return (struct code_attempt *)a;
}

/* What somebody is told whose right answers do not count: what a wrong one would have told. */
static enum factor_result result_of_a_wrong_answer(
    const struct attempt *a, enum factor_result r)
{
	if (r == FACTOR_MALFORMED)
		return r;
	return a->kind == FACTOR_OTP && a->behind > 0 ? FACTOR_CLOCK : FACTOR_WRONG;
}

static bool has_hotp(const struct record *r)
{
	for (unsigned i = 0; i < r->token_count; i++)
		if (r->tokens[i].kind == TOKEN_HOTP &&
		    (r->tokens[i].flags & TOKEN_SUSPENDED) == 0)
			return true;
	return false;
}

static uint32_t to_u32(int64_t seconds)
{
	return seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds;
}

static void say_clock(struct attempt *a, int64_t behind)
{
	if (a->floor_err.number != ERR_NONE) {
		a->j->err = a->floor_err; /* by how much is not known */
		return;
	}
	a->j->seconds = to_u32(behind);
	(void)err_set(&a->j->err, ERR_CLOCK, "clock",
	    "%lldh%02lldm%02llds behind the latest accepted code; TOTP refused",
	    (long long)(behind / 3600), (long long)(behind / 60 % 60),
	    (long long)(behind % 60));
}

static enum lockout_event event_of(
    const struct attempt *a, const struct person *p, enum factor_result r)
{
	/* An error counts as a guess: it may stand for one token of several. */
	static const enum lockout_event events[] = {
	    [FACTOR_ERROR] = LOCKOUT_GUESS,
	    [FACTOR_WRONG] = LOCKOUT_GUESS,
	    [FACTOR_USED] = LOCKOUT_NO_GUESS,
	    [FACTOR_MALFORMED] = LOCKOUT_NO_GUESS,
	    [FACTOR_CLOCK] = LOCKOUT_NO_GUESS,
	};

	/* No TOTP was judged, but each counter was. */
	if (r == FACTOR_CLOCK && a->behind > 0 && a->kind == FACTOR_OTP && has_hotp(&p->record))
		return LOCKOUT_GUESS;
	return events[r];
}

/* After the lock is released, and the same work for everybody. */
static void diagnose(struct attempt *a, const struct person *p)
{
	struct err e;

	if (diagnosis_make(p, a->answer, a->now, &e) && !code_of(a)->refused_anyway &&
	    a->j->err.number == ERR_NONE)
		a->j->err = e;
}

/* Every code moves the state; the caller makes it durable. */
static enum outcome judge_code(struct attempt *a, struct person *p, bool *ret_moved)
{
	static const enum outcome outcomes[] = {
	    [FACTOR_ERROR] = OUTCOME_ERROR,
	    [FACTOR_ACCEPTED] = OUTCOME_ACCEPTED,
	    [FACTOR_WRONG] = OUTCOME_WRONG,
	    [FACTOR_USED] = OUTCOME_USED,
	    [FACTOR_MALFORMED] = OUTCOME_MALFORMED,
	    [FACTOR_CLOCK] = OUTCOME_CLOCK,
	};
	const struct login_setup *u = a->setup;
	struct factor_attempt f = {.answer = a->answer,
	    .record = &p->record,
	    .state = &p->state,
	    .now = a->now,
	    .totp_window = rules_config()->totp_window,
	    .hotp_look_ahead = rules_config()->hotp_look_ahead,
	    .behind = a->behind,
	    .recovery = !rules_deciding(u)->no_recovery};
	const char *why = objection_find(u->account, p, a->keys->header_flags, a->now);
	enum factor_result r;

	*ret_moved = true;
	if (why == NULL && a->kind == FACTOR_OTP &&
	    rules_deciding(u)->require == CONFIG_REQUIRE_CARD)
		why = "card-required";
	*a->before = p->state;
	r = code_of(a)->factor->verify(&f);
	if ((size_t)r >= sizeof outcomes / sizeof outcomes[0])
		r = FACTOR_ERROR;
	if (why != NULL) {
		p->state = *a->before; /* what does not count is not spent either */
		r = result_of_a_wrong_answer(a, r);
		f.clock_behind = a->behind;
	}
	if (r == FACTOR_ACCEPTED) {
		attempt_accept(a, p, f.method, f.token);
		a->time_proved = f.time_proved;
		a->j->recovery = strcmp(f.method, "recovery") == 0;
		a->j->recovery_left = f.left;
		return OUTCOME_ACCEPTED;
	}
	if (r == FACTOR_CLOCK)
		say_clock(a, f.clock_behind);
	if (r == FACTOR_USED && f.note != NULL)
		(void)err_set(&a->j->err, ERR_CLOCK_OFF, "clock",
		    "later codes of this person were used, by a clock that was ahead of it");
	if (a->j->reason == NULL)
		a->j->reason = why != NULL ? why : f.note;
	if (r == FACTOR_WRONG && a->kind == FACTOR_OTP)
		a->afterwards = diagnose;
	code_of(a)->refused_anyway = why != NULL;
	lockout_failed(&p->state.buckets[u->source], a->kind, event_of(a, p, r), u->clock);
	return outcomes[r];
}

/* By its form; what has no form is a malformed one-time code. */
static const struct factor *factor_of(const struct secret *answer)
{
	static const struct factor *const factors[] = {&factor_otp, &factor_recovery};

	for (size_t i = 0; i < sizeof factors / sizeof factors[0]; i++)
		if (factors[i]->fits(answer))
			return factors[i];
	return &factor_otp;
}

enum outcome judge_answer(
    const struct login_setup *u, const struct secret *answer, struct judgement *ret_j)
{
	struct code_attempt c = {.a = {.setup = u,
	                             .answer = answer,
	                             .step = attempt_make,
	                             .judge = judge_code,
	                             .j = ret_j,
	                             .now = u->clock->wall(u->clock)},
	    .factor = factor_of(answer)};

	c.a.kind = c.factor->kind;
	memset(ret_j, 0, sizeof *ret_j);
	if (rescue_try(u, answer, c.a.now, &ret_j->reason, &ret_j->err) == RESCUE_OPENED)
		return OUTCOME_EMERGENCY;
	return attempt_run(&c.a);
}
