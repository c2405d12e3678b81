/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The processes of a benchmark: a login program, which is not a subreaper, as real ones are
 * not; the server behind the socket; and this process, which inherits the helpers that a login
 * leaves behind. Functions end the program when something does not run as it should.
 */
#ifndef SEKISHO_BENCH_STAGE_H
#define SEKISHO_BENCH_STAGE_H

#include <sys/types.h>

#include "bench/login.h"
#include "bench/persons.h"

struct stage {
	const char *stacks;
	pid_t runner, server; /* 0: none */
	int orders;
	unsigned served; /* logins through the server */
};

struct order {
	unsigned contestant, person;
	enum typed typed;
	useconds_t pause;
};

/* The server, and the login program that takes orders when with_runner. */
void stage_open(struct stage *t, const char *stacks, char **server_argv, bool with_runner);
/* What the server and all it started spent, microseconds, for each login it served. */
double stage_close(struct stage *t);
/* One login; .cpu is with the orphan's, without the server's. */
struct sample stage_login(struct stage *t, const struct order *o);
/* Waits for these processes, each of which must exit with 0, and for orphans on the way. */
void stage_reap(const struct stage *t, const pid_t *workers, unsigned count);
/* Nothing that was read from a disk is in memory afterwards. False: not possible here. */
bool caches_drop(void);

#endif
