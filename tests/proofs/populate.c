/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Enrolls any number of people in a store that exists, fast, and tells their codes.
 *
 * populate [--store DIR] [--etc DIR] [--first N] [--kind totp|hotp] [--tokens N]
 *          [--recovery N] [--suspended] [--passwd FILE] [--jobs N] --count N
 * populate [--first N] --count N --only-passwd --passwd FILE
 * populate [--first N] [--tokens N] --show totp|hotp|recovery [--counter N]
 * populate [--store DIR] [--etc DIR] [--first N] --emergency
 *
 * --passwd appends their lines. --jobs shares the work among processes. --show prints one code
 * of person --first: of token --tokens at time or counter --counter (without: now, 0), or the
 * --counter-th recovery code. --emergency makes a new emergency code for person --first and
 * prints it.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/store/emergency.h"
#include "tests/proofs/people.h"

struct wish {
	const char *store, *etc, *passwd, *show;
	uint32_t first, count, jobs;
	uint64_t counter;
	bool counter_set, only_passwd, emergency;
	struct kit kit;
};

static int show(const struct wish *w)
{
	char text[CODE_SIZE] = "";
	uint64_t counter = w->counter;
	unsigned token = w->kit.tokens > 1 ? w->kit.tokens - 1 : 0;
	int r;

	if (strcmp(w->show, "recovery") == 0) {
		r = people_recovery(w->first, (unsigned)counter, text);
	} else {
		if (strcmp(w->show, "totp") == 0)
			counter = (w->counter_set ? counter : (uint64_t)time(NULL)) / 30;
		r = people_code(w->first, token, counter, text);
	}
	if (r == 0)
		puts(text);
	return r == 0 ? 0 : 1;
}

static int write_passwd(const struct wish *w)
{
	FILE *f = fopen(w->passwd, "a");

	if (f == NULL)
		return 1;
	people_passwd(f, w->first, w->count);
	return fclose(f) == 0 ? 0 : 1;
}

static int complain(const struct err *e)
{
	fprintf(stderr, "populate: %s: %s\n", e->object, e->why);
	return 1;
}

static int new_emergency(const struct wish *w)
{
	uid_t uid = people_uid(w->first);
	struct emergency em;
	char code[CODE_SIZE];
	struct people p;
	struct err e;
	int r = 1;

	if (people_open(&p, w->store, w->etc, &e) != 0)
		return complain(&e);
	if (code_make(CODE_EMERGENCY, code) != 0)
		fprintf(stderr, "populate: no random numbers\n");
	else if (emergency_write(p.store.dir, p.store.path, code, &uid, 1, p.now, &em, &e) != 0)
		complain(&e);
	else
		r = puts(code) < 0;
	people_close(&p);
	return r;
}

/* Every jobs-th of them, from the job-th on. */
static int add_share(const struct people *p, const struct wish *w, uint32_t job)
{
	struct err e;

	for (uint32_t n = job; n < w->count; n += w->jobs)
		if (people_add(p, w->first + n, &w->kit, &e) != 0)
			return complain(&e);
	return 0;
}

static int add_all(const struct people *p, const struct wish *w)
{
	int r = 0, status;

	for (uint32_t job = 1; job < w->jobs; job++) {
		pid_t pid = fork();

		if (pid < 0)
			r = 1;
		if (pid == 0)
			_exit(add_share(p, w, job));
	}
	if (add_share(p, w, 0) != 0)
		r = 1;
	while (wait(&status) > 0)
		if (status != 0)
			r = 1;
	return r;
}

static int populate(const struct wish *w)
{
	struct people p;
	struct err e;
	int r;

	if (people_open(&p, w->store, w->etc, &e) != 0)
		return complain(&e);
	r = add_all(&p, w);
	if (r == 0 && people_sync(&p) != 0)
		r = 1;
	if (r == 0 && w->passwd != NULL)
		r = write_passwd(w);
	people_close(&p);
	return r;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"store", 1, NULL, 's'}, {"etc", 1, NULL, 'e'},
	    {"first", 1, NULL, 'f'}, {"count", 1, NULL, 'c'}, {"kind", 1, NULL, 'k'},
	    {"tokens", 1, NULL, 't'}, {"recovery", 1, NULL, 'r'}, {"suspended", 0, NULL, 'u'},
	    {"passwd", 1, NULL, 'p'}, {"show", 1, NULL, 'w'}, {"only-passwd", 0, NULL, 'o'},
	    {"emergency", 0, NULL, 'm'}, {"counter", 1, NULL, 'n'}, {"jobs", 1, NULL, 'j'},
	    {NULL, 0, NULL, 0}};
	struct wish w = {.store = LOCALSTATEDIR "/lib/sekisho",
	    .etc = SYSCONFDIR "/sekisho",
	    .jobs = 1,
	    .kit = {.kind = TOKEN_TOTP, .tokens = 1}};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		uint64_t n = optarg != NULL ? strtoull(optarg, NULL, 10) : 0;

		switch (c) {
		case 's':
			w.store = optarg;
			break;
		case 'e':
			w.etc = optarg;
			break;
		case 'f':
			w.first = (uint32_t)n;
			break;
		case 'c':
			w.count = (uint32_t)n;
			break;
		case 'j':
			w.jobs = (uint32_t)n;
			break;
		case 'k':
			w.kit.kind = strcmp(optarg, "hotp") == 0 ? TOKEN_HOTP : TOKEN_TOTP;
			break;
		case 't':
			w.kit.tokens = (unsigned)n;
			break;
		case 'r':
			w.kit.recovery = (unsigned)n;
			break;
		case 'u':
			w.kit.flags |= RECORD_SUSPENDED;
			break;
		case 'p':
			w.passwd = optarg;
			break;
		case 'w':
			w.show = optarg;
			break;
		case 'o':
			w.only_passwd = true;
			break;
		case 'm':
			w.emergency = true;
			break;
		case 'n':
			w.counter = n;
			w.counter_set = true;
			break;
		default:
			return 2;
		}
	}
	if (optind != argc)
		return 2;
	if (w.show != NULL)
		return show(&w);
	if (w.emergency)
		return new_emergency(&w);
	if (w.count == 0 || w.jobs == 0 || (w.only_passwd && w.passwd == NULL))
		return 2;
	return w.only_passwd ? write_passwd(&w) : populate(&w);
}
