/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One attempt against one person: keys, lock, lockout, the durable write, in the one order that
 * is right. What is judged in it, a code or a card's PIN, its user brings along.
 *
 * Keys and record are there while a step runs, and wiped afterwards.
 */
#ifndef SEKISHO_ATTEMPT_H
#define SEKISHO_ATTEMPT_H

#include "lib/login/judge.h"

struct attempt {
	const struct login_setup *setup;
	const struct secret *answer;
	enum factor_kind kind;
	struct judgement *j;
	int64_t now; /* wall clock, read once */
	/* What is done with the person while the lock is held; attempt_make, or a look. */
	enum outcome (*step)(struct attempt *, struct person *);
	/* Of attempt_make: judges, and moves the state or leaves it (*ret_moved). */
	enum outcome (*judge)(struct attempt *, struct person *, bool *ret_moved);
	/* After the lock was released, while the record is still there. Or NULL. */
	void (*afterwards)(struct attempt *, const struct person *);
	bool time_proved; /* by an accepted code: the floor may follow */
	bool may_go_on;   /* a step says that the next one may follow */
	/* Found before the step. */
	const struct keys *keys;
	struct state *before;  /* room for what a refused person's state goes back to */
	int64_t floor, behind; /* behind: over 0 this clock is not to be believed */
	struct err floor_err;  /* why there is no floor: then nothing is judged by time */
};

/* Configuration, keys, floor, lock, .step. OUTCOME_UNAVAILABLE, OUTCOME_BUSY and .j->err say
 * why there was none. */
enum outcome attempt_run(struct attempt *a);
/* A step: .judge, unless the person has to wait; durable when it returns. A write that was cut
 * short before is counted as a failure first. */
enum outcome attempt_make(struct attempt *a, struct person *p);
/* For .judge: this one is in. method: for the log. */
void attempt_accept(struct attempt *a, struct person *p, const char *method, const char *token);

/* Touches what an attempt will touch, while the human is still typing. */
void attempt_rehearse(const struct login_setup *u);
/* Keeps keys and records out of swap and core dumps. Best effort. */
void attempt_lock_memory(void);

#endif
