/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decides who logs in through what and when, and what of it is told. felt is of a login whose
 * person took a while to type, whole of one that was answered at once: what a helper does while
 * a person types is no wait for the person, but is work all the same.
 */
#include "bench/rounds.h"

#include <err.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/figures.h"

#define PAUSE_WARM 20000  /* microseconds */
#define PAUSE_COLD 500000 /* the helper, too, is read from the disk */

struct track {
	double *felt, *whole, *cpu;
	unsigned rounds, done;
	double server_cpu;
};

static void must_pass(const struct contestant *k, const struct sample *s)
{
	int prompts = k->enrolled == ENROLLED_NOWHERE ? 0 : 1;

	if (s->result != PAM_SUCCESS || s->prompts != prompts)
		errx(1, "%s: valid code: result %d, %d prompts", k->title, s->result,
		    s->prompts);
}

static struct sample valid_login(struct stage *t, unsigned c, unsigned person, useconds_t pause)
{
	const struct order o = {c, person, TYPED_NEXT, pause};
	struct sample s = stage_login(t, &o);

	must_pass(&contestants[c], &s);
	return s;
}

/* A wrong code is refused and a code works once: what is measured is a verification. */
static void prove(struct stage *t, unsigned c)
{
	const struct contestant *k = &contestants[c];
	struct order o = {.contestant = c};

	(void)valid_login(t, c, 0, 0);
	if (k->enrolled == ENROLLED_NOWHERE)
		return;
	o.typed = TYPED_SAME;
	if (stage_login(t, &o).result == PAM_SUCCESS)
		errx(1, "%s: the same code worked twice", k->title);
	o.typed = TYPED_WRONG;
	if (stage_login(t, &o).result == PAM_SUCCESS)
		errx(1, "%s: a wrong code was accepted", k->title);
	/* its success clears what the failures left */
	(void)valid_login(t, c, 0, 0);
}

static void tracks_open(struct track *tracks, const struct rounds *r, unsigned wanted)
{
	for (unsigned i = 0; i < r->count; i++) {
		struct track *k = &tracks[i];

		*k = (struct track){
		    .rounds = contestant_rounds(&contestants[r->list[i]], r->enrolled, wanted)};
		k->felt = calloc(k->rounds, sizeof(double));
		k->whole = calloc(k->rounds, sizeof(double));
		k->cpu = calloc(k->rounds, sizeof(double));
		if (k->felt == NULL || k->whole == NULL || k->cpu == NULL)
			err(1, "calloc");
	}
}

static void tracks_close(struct track *tracks, const struct rounds *r)
{
	for (unsigned i = 0; i < r->count; i++) {
		free(tracks[i].felt);
		free(tracks[i].whole);
		free(tracks[i].cpu);
	}
}

/* Those with fewer rounds take part in rounds that lie evenly among all. */
static bool takes_part(const struct track *k, unsigned round, unsigned rounds)
{
	return k->done < (unsigned long)(round + 1) * k->rounds / rounds;
}

static void keep(struct track *k, const struct sample *fast, const struct sample *slow)
{
	k->whole[k->done] = fast->whole;
	k->felt[k->done] = slow->felt;
	k->cpu[k->done] = (fast->cpu + slow->cpu) / 2;
	k->done++;
}

static void warm_rounds(const struct rounds *r, struct stage *t, struct track *tracks)
{
	/* the files of each are in memory afterwards */
	for (unsigned i = 0; i < r->count; i++) {
		unsigned c = r->list[i],
		         first = contestant_rounds(&contestants[c], r->enrolled, PERSONS_MAX);

		for (unsigned n = 0; n < first; n++)
			(void)valid_login(t, c, n % persons_count(), 0);
	}
	for (unsigned n = 0; n < r->logins; n++) {
		for (unsigned i = 0; i < r->count; i++) {
			struct sample fast, slow;

			if (!takes_part(&tracks[i], n, r->logins))
				continue;
			fast = valid_login(t, r->list[i], n % persons_count(), 0);
			slow = valid_login(t, r->list[i], n % persons_count(), PAUSE_WARM);
			keep(&tracks[i], &fast, &slow);
		}
	}
}

static bool cold_rounds(const struct rounds *r, struct stage *t, struct track *tracks)
{
	for (unsigned n = 0; n < r->cold; n++) {
		for (unsigned i = 0; i < r->count; i++) {
			unsigned person = n % persons_count();
			struct sample fast, slow;

			if (!takes_part(&tracks[i], n, r->cold))
				continue;
			if (!caches_drop())
				return false;
			fast = valid_login(t, r->list[i], person, 0);
			if (!caches_drop())
				return false;
			slow = valid_login(t, r->list[i], person, PAUSE_COLD);
			keep(&tracks[i], &fast, &slow);
		}
	}
	return true;
}

static void print_warm(const struct rounds *r, struct track *tracks, double server_cpu)
{
	for (unsigned i = 0; i < r->count; i++) {
		const struct contestant *k = &contestants[r->list[i]];
		struct figures felt = figures_of(tracks[i].felt, tracks[i].done),
		               whole = figures_of(tracks[i].whole, tracks[i].done),
		               cpu = figures_of(tracks[i].cpu, tracks[i].done);

		printf("warm|%s|%s|%s|%u|%.0f|%.0f|%.0f|%.0f|%.0f\n", r->size, k->service,
		    k->title, tracks[i].done, felt.median, felt.p99, whole.median, whole.p99,
		    cpu.mean + (k->served ? server_cpu : 0));
	}
}

static void print_cold(const struct rounds *r, struct track *tracks)
{
	for (unsigned i = 0; i < r->count; i++) {
		const struct contestant *k = &contestants[r->list[i]];
		struct figures felt = figures_of(tracks[i].felt, tracks[i].done),
		               whole = figures_of(tracks[i].whole, tracks[i].done);

		printf("cold|%s|%s|%s|%u|%.0f|%.0f|%.0f|%.0f\n", r->size, k->service, k->title,
		    tracks[i].done, felt.median, felt.max, whole.median, whole.max);
	}
}

static void warm(const struct rounds *r)
{
	struct track tracks[CONTESTANTS];
	struct stage t;

	stage_open(&t, r->stacks, r->server_argv, true);
	for (unsigned i = 0; i < r->count; i++)
		prove(&t, r->list[i]);
	tracks_open(tracks, r, r->logins);
	warm_rounds(r, &t, tracks);
	print_warm(r, tracks, stage_close(&t));
	tracks_close(tracks, r);
}

static void cold(const struct rounds *r)
{
	struct track tracks[CONTESTANTS];
	struct stage t;

	stage_open(&t, r->stacks, r->server_argv, true);
	tracks_open(tracks, r, r->cold);
	if (cold_rounds(r, &t, tracks))
		print_cold(r, tracks);
	else
		printf("note|%s enrolled: no cold logins, for the caches of this machine "
		       "cannot be dropped here\n",
		    r->size);
	(void)stage_close(&t);
	tracks_close(tracks, r);
}

void rounds_run(const struct rounds *r)
{
	if (r->logins > 0)
		warm(r);
	if (r->cold > 0)
		cold(r);
}
