/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One process for each person of the crowd; all begin at the same moment. Leaves how a login
 * goes to login.c.
 */
#include "bench/crowd.h"

#include <err.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "bench/figures.h"

#define LOGINS_MAX 20000 /* of one person */

/* Shared with the process that fills it. */
struct seat {
	unsigned let_in, refused;
	int result; /* of a refusal */
	double end;
	double times[LOGINS_MAX];
};

static void log_in(struct seat *s, const char *stacks, const struct contestant *k,
    unsigned person, double until)
{
	char code[CODE_TEXT_SIZE];
	const struct typing t = {.code = code};

	do {
		struct sample one;

		person_code(person, k->enrolled, TYPED_NEXT, code);
		one = login(stacks, k->service, person_name(person), &t);
		if (one.result == PAM_SUCCESS) {
			s->times[s->let_in++] = one.whole;
		} else {
			s->refused++;
			s->result = one.result;
		}
		s->end = now();
	} while (s->end < until && s->let_in < LOGINS_MAX);
}

static pid_t start(struct seat *s, const char *stacks, const struct contestant *k,
    unsigned person, double seconds, const int gate[2])
{
	pid_t pid = fork();
	char byte;

	if (pid < 0)
		err(1, "fork");
	if (pid > 0)
		return pid;
	close(gate[1]);
	if (read(gate[0], &byte, 1) != 0)
		_exit(1);
	log_in(s, stacks, k, person, now() + seconds * 1e6);
	_exit(0);
}

static void print(const struct seat *seats, const char *size, const struct contestant *k,
    unsigned at_once, double start_time)
{
	unsigned let_in = 0, refused = 0;
	double *times = calloc(at_once, sizeof(seats->times)), end = start_time;
	struct figures f;

	if (times == NULL)
		err(1, "calloc");
	for (unsigned i = 0; i < at_once; i++) {
		const struct seat *s = &seats[i];

		if (s->refused > 0 && !k->refuses)
			errx(1, "%s: %u at once: valid code: result %d", k->title, at_once,
			    s->result);
		memcpy(times + let_in, s->times, s->let_in * sizeof(double));
		let_in += s->let_in;
		refused += s->refused;
		if (s->end > end)
			end = s->end;
	}
	f = figures_of(times, let_in);
	printf("crowd|%s|%s|%s|%u|%.1f|%.0f|%.0f|%u|%u\n", size, k->service, k->title, at_once,
	    let_in / ((end - start_time) / 1e6), f.median, f.p99, let_in, refused);
	free(times);
}

void crowd_run(const struct stage *t, const char *size, unsigned contestant, unsigned at_once,
    double seconds)
{
	const struct contestant *k = &contestants[contestant];
	size_t room = at_once * sizeof(struct seat);
	struct seat *seats =
	    mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t workers[PERSONS_MAX];
	double start_time;
	int gate[2];

	if (seats == MAP_FAILED || pipe(gate) != 0)
		err(1, "%u at once", at_once);
	for (unsigned i = 0; i < at_once; i++)
		workers[i] = start(&seats[i], t->stacks, k, i, seconds, gate);
	close(gate[0]);
	start_time = now();
	close(gate[1]);
	stage_reap(t, workers, at_once);
	print(seats, size, k, at_once, start_time);
	(void)munmap(seats, room);
}
