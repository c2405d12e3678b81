/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The order of an attempt. Holds keys and record only while a step runs; knows no factor,
 * grants nothing.
 */
#include "lib/login/attempt.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/login/rules.h"
#include "lib/store/field.h"
#include "lib/store/floor.h"
#include "lib/store/lockout.h"

/* Everything secret or derived from secrets lives here: one block to lock and to wipe. */
static struct arena {
	struct keys keys;
	struct person person;
	struct state before; /* what a refused person's state goes back to */
} arena __attribute__((aligned(4096)));

void attempt_lock_memory(void)
{
	/* Without it a seed could reach swap, but nobody is kept from logging in.
	 */
	(void)mlock(&arena, sizeof arena);
	(void)madvise(&arena, sizeof arena, MADV_DONTDUMP);
}

void attempt_accept(struct attempt *a, struct person *p, const char *method, const char *token)
{
	lockout_reset(&p->state.buckets[a->setup->source]);
	if (field_time_ok(a->now)) /* else the clock is one that no record can hold */
		p->state.last_seen = a->now;
	a->j->reason = method;
	(void)snprintf(a->j->token, sizeof a->j->token, "%s", token);
}

/* A write was cut short: what it recorded is unknown. A failure is counted for it, and what is
 * judged after that passes no code that it may have spent. */
static void distrust_torn_state(const struct attempt *a, struct person *p)
{
	const struct login_setup *u = a->setup;

	person_distrust(p, rules_config()->hotp_look_ahead);
	lockout_failed(&p->state.buckets[u->source], a->kind, LOCKOUT_GUESS, u->clock);
}

/* Otherwise *ret_refusal is why not: nothing that could grant passes here. */
static bool may_try(struct attempt *a, const struct person *p, enum outcome *ret_refusal)
{
	const struct login_setup *u = a->setup;

	switch (lockout_check(
	    &p->state.buckets[u->source], u->source, a->kind, u->clock, &a->j->seconds)) {
	case LOCKOUT_OPEN:
		return true;
	case LOCKOUT_WAIT:
		*ret_refusal = OUTCOME_LOCKED;
		return false;
	case LOCKOUT_SUSPENDED:
	default:
		*ret_refusal = OUTCOME_SUSPENDED;
		return false;
	}
}

/* Judge, write, sync. Nothing is said before the write is durable. */
enum outcome attempt_make(struct attempt *a, struct person *p)
{
	const struct store *store = a->setup->store;
	enum outcome refusal = OUTCOME_ERROR, o;
	bool torn = p->file_state.torn, moved = false;

	if (torn)
		distrust_torn_state(a, p);
	o = may_try(a, p, &refusal) ? a->judge(a, p, &moved) : refusal;
	if (torn)
		err_set(&a->j->err, ERR_TORN, p->decoy ? "decoy" : a->setup->account->name,
		    "an earlier write was cut short; codes it may have used are refused");
	if ((torn || moved) && person_save_state(store, &arena.keys, p, &a->j->err) != 0) {
		a->may_go_on = false;
		return OUTCOME_UNAVAILABLE;
	}
	if (o == OUTCOME_ACCEPTED) {
		if (a->time_proved)
			floor_advance(store, &arena.keys, a->floor, a->now);
		return o;
	}
	/* Say now that the next try has to wait, instead of asking for one in vain. */
	return may_try(a, p, &refusal) ? o : refusal;
}

/* A floor that cannot be read is one that every clock is behind; and before 1970 no code was
 * ever made, floor or not. */
static void find_floor(struct attempt *a)
{
	if (floor_read(a->setup->store, &arena.keys, &a->floor, &a->floor_err) != 0)
		a->behind = INT64_MAX;
	else
		a->behind = floor_behind(a->floor, a->now);
	if (a->now < 0 && a->behind <= 0)
		a->behind = a->now < -INT64_MAX ? INT64_MAX : -a->now;
}

enum outcome attempt_run(struct attempt *a)
{
	const struct login_setup *u = a->setup;
	struct err *e = &a->j->err;
	enum outcome o = OUTCOME_UNAVAILABLE;

	if (rules_read(u, e) != 0 || rules_check_file_system(u->store, e) != 0 ||
	    store_unlock(u->store, &arena.keys, e) != 0)
		return OUTCOME_UNAVAILABLE;
	a->keys = &arena.keys;
	a->before = &arena.before;
	find_floor(a);
	if (person_open(u->store, &arena.keys, u->account->name, &arena.person, e) == 0) {
		o = a->step(a, &arena.person);
		person_unlock(&arena.person);
		if (a->afterwards != NULL)
			a->afterwards(a, &arena.person);
		person_close(&arena.person);
	} else if (e->number == ERR_BUSY) {
		o = OUTCOME_BUSY;
	}
	a->keys = NULL;
	wipe(&arena, sizeof arena);
	return o;
}

void attempt_rehearse(const struct login_setup *u)
{
	struct err ignored; /* the real attempt will say it */

	if (u->store != NULL && store_unlock(u->store, &arena.keys, &ignored) == 0)
		keys_clear(&arena.keys);
}
