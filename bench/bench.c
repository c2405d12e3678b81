/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Measures logins through several PAM modules side by side, each with a fresh valid code.
 * bench/inside.sh prepares stacks and people; what is printed stands in rounds.h and crowd.h.
 *
 * bench DIRECTORY SIZE rounds LOGINS COLD SERVICE... -- SERVER...
 * bench DIRECTORY SIZE crowd SECONDS SERVICE... -- SERVER...
 * bench DIRECTORY SIZE once SERVICE -- SERVER...    one login between two marks, for strace
 *
 * DIRECTORY holds pam.d/ and people.SIZE, and lies on a disk; SIZE people are enrolled. SERVER
 * is a program that serves the socket door until it is ended.
 */
#include <err.h>
#include <liboath/oath.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/crowd.h"
#include "bench/rounds.h"

#define SETTLE 300000 /* microseconds: what starts has started, what ends has ended */

struct command {
	const char *size;
	char stacks[512];
	char **arguments;
	unsigned count;
	char **server_argv;
};

static unsigned number(const char *text)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*text == '\0' || *end != '\0' || n > 1000000000)
		errx(2, "%s: not a number", text);
	return (unsigned)n;
}

static int run_rounds(const struct command *c)
{
	struct rounds r = {.size = c->size, .stacks = c->stacks, .server_argv = c->server_argv};

	if (c->count < 3 || c->count > 2 + CONTESTANTS)
		return 2;
	r.enrolled = number(c->size);
	r.logins = number(c->arguments[0]);
	r.cold = number(c->arguments[1]);
	for (unsigned i = 2; i < c->count; i++)
		r.list[r.count++] = contestant_find(c->arguments[i]);
	rounds_run(&r);
	return 0;
}

static int run_crowds(const struct command *c)
{
	static const unsigned crowds[] = {1, 2, 8, 32};
	double seconds;
	struct stage t;

	if (c->count < 2)
		return 2;
	seconds = number(c->arguments[0]);
	stage_open(&t, c->stacks, c->server_argv, false);
	for (unsigned i = 1; i < c->count; i++)
		for (unsigned n = 0; n < sizeof(crowds) / sizeof(crowds[0]); n++)
			if (crowds[n] <= persons_count())
				crowd_run(&t, c->size, contestant_find(c->arguments[i]),
				    crowds[n], seconds);
	(void)stage_close(&t);
	return 0;
}

static void mark(const char *text)
{
	/* seen by strace, harmless otherwise */
	if (write(-1, text, strlen(text)) >= 0)
		abort();
}

static int run_once(const struct command *c)
{
	char code[CODE_TEXT_SIZE] = "";
	const struct typing typing = {.code = code};
	const struct contestant *k;
	struct sample s;
	struct stage t;

	if (c->count != 1)
		return 2;
	k = &contestants[contestant_find(c->arguments[0])];
	if (k->enrolled != ENROLLED_NOWHERE)
		person_code(0, k->enrolled, TYPED_NEXT, code);
	if (k->served)
		stage_open(&t, c->stacks, c->server_argv, false);
	usleep(SETTLE);
	mark("login begins");
	s = login(c->stacks, k->service, person_name(0), &typing);
	usleep(SETTLE);
	mark("login ends");
	if (k->served)
		(void)stage_close(&t);
	if (s.result != PAM_SUCCESS)
		errx(1, "%s: valid code: result %d", k->title, s.result);
	return 0;
}

static const struct {
	const char *word;
	int (*run)(const struct command *c);
} modes[] = {{"rounds", run_rounds}, {"crowd", run_crowds}, {"once", run_once}};

static int usage(void)
{
	fprintf(stderr, "usage: bench DIRECTORY SIZE rounds|crowd|once ... -- SERVER...\n");
	return 2;
}

int main(int argc, char **argv)
{
	struct command c = {0};
	int dashes = 4;

	while (dashes < argc && strcmp(argv[dashes], "--") != 0)
		dashes++;
	if (dashes + 1 >= argc)
		return usage();
	if (oath_init() != OATH_OK)
		errx(1, "liboath");
	c.size = argv[2];
	snprintf(c.stacks, sizeof(c.stacks), "%s/pam.d", argv[1]);
	c.arguments = argv + 4;
	c.count = (unsigned)(dashes - 4);
	c.server_argv = argv + dashes + 1;
	setlinebuf(stdout);
	persons_open(argv[1], c.size);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (strcmp(argv[3], modes[i].word) == 0)
			return modes[i].run(&c) == 0 ? 0 : usage();
	return usage();
}
