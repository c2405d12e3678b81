/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Eight processes and one code: exactly one gets in, trial after trial, each with somebody new.
 * Real helpers, started for it, on the store of the machine (of tests/ns).
 *
 * race --helper HELPER|DOOR --kind totp|hotp|recovery|emergency|different --when start|prompt
 *      [--first N] [--trials N]
 *
 * start: all start their helper together; prompt: all wait at the question and answer together.
 * different: eight people with a code each; all get in. /etc/passwd is written by this program,
 * in batches, after the lines that are there. Prints one line; exit 0 when every trial was
 * right.
 */
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/store/emergency.h"
#include "tests/proofs/people.h"
#include "tests/proofs/session.h"

#define RACERS 8
#define SHOWN  10   /* trials that went wrong, in full */
#define BATCH  500u /* people in /etc/passwd at a time: getpwnam reads it from the top */

enum race_kind {
	RACE_TOTP,
	RACE_HOTP,
	RACE_RECOVERY,
	RACE_EMERGENCY,
	RACE_DIFFERENT,
	RACE_KINDS
};
static const char *const kind_words[RACE_KINDS] = {
    "totp", "hotp", "recovery", "emergency", "different"};

/* Shared by all processes. */
static struct arena {
	pthread_barrier_t set, go, done;
	bool over, at_prompt;
	char helper[256];
	char user[RACERS][PEOPLE_NAME_SIZE];
	char code[RACERS][CODE_SIZE];
	struct reply reply[RACERS];
	struct timespec went[RACERS];
} * arena;

static struct {
	enum race_kind kind;
	uint32_t first, trials;
	unsigned long twice, nobody, lost;
	uint64_t spread_us;
} race;

/* ---- the racers */

static void run_one(unsigned i)
{
	struct session s = {.fd = -1};
	struct reply question;
	int ready;

	if (!arena->at_prompt) {
		(void)pthread_barrier_wait(&arena->go);
		(void)clock_gettime(CLOCK_MONOTONIC, &arena->went[i]);
	}
	ready = session_start(&s, arena->helper, arena->user[i]);
	if (ready == 0) {
		question = session_reply(&s);
		ready = question.type == MSG_ASK ? 0 : -1;
		arena->reply[i] = question;
	}
	if (arena->at_prompt) {
		(void)pthread_barrier_wait(&arena->go);
		(void)clock_gettime(CLOCK_MONOTONIC, &arena->went[i]);
	}
	if (ready == 0 && session_answer(&s, arena->code[i]) == 0)
		arena->reply[i] = session_reply(&s);
	else
		arena->reply[i] = (struct reply){0};
	session_end(&s);
}

__attribute__((noreturn)) static void racer(unsigned i)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	for (;;) {
		(void)pthread_barrier_wait(&arena->set);
		if (arena->over)
			_exit(0);
		run_one(i);
		(void)pthread_barrier_wait(&arena->done);
	}
}

static int start_racers(void)
{
	pthread_barrierattr_t shared;

	arena = mmap(
	    NULL, sizeof *arena, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (arena == MAP_FAILED || pthread_barrierattr_init(&shared) != 0 ||
	    pthread_barrierattr_setpshared(&shared, PTHREAD_PROCESS_SHARED) != 0 ||
	    pthread_barrier_init(&arena->set, &shared, RACERS + 1) != 0 ||
	    pthread_barrier_init(&arena->go, &shared, RACERS) != 0 ||
	    pthread_barrier_init(&arena->done, &shared, RACERS + 1) != 0)
		return -1;
	for (unsigned i = 0; i < RACERS; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return -1;
		if (pid == 0)
			racer(i);
	}
	return 0;
}

static void stop_racers(void)
{
	arena->over = true;
	(void)pthread_barrier_wait(&arena->set);
	while (wait(NULL) > 0)
		continue;
}

/* ---- the judge */

/* The lines that were there, and those of the next batch (none: as it was). */
static int announce(uint32_t first, uint32_t count)
{
	static char old[1 << 20];
	static size_t len;
	FILE *f;

	if (len == 0) {
		f = fopen("/etc/passwd", "r");
		if (f == NULL)
			return -1;
		len = fread(old, 1, sizeof old, f);
		(void)fclose(f);
		if (len == sizeof old)
			return -1;
	}
	f = fopen("/etc/passwd.new", "w");
	if (f == NULL)
		return -1;
	(void)fwrite(old, 1, len, f);
	people_passwd(f, first, count);
	if (fclose(f) != 0 || chmod("/etc/passwd.new", 0644) != 0)
		return -1;
	return rename("/etc/passwd.new", "/etc/passwd");
}

/* One person more, and the code that will be raced for. */
static int prepare(const struct people *p, uint32_t number, unsigned i, struct err *e)
{
	static const struct kit kits[RACE_KINDS] = {
	    [RACE_TOTP] = {.kind = TOKEN_TOTP, .tokens = 1},
	    [RACE_HOTP] = {.kind = TOKEN_HOTP, .tokens = 1},
	    [RACE_RECOVERY] = {.kind = TOKEN_TOTP, .tokens = 1, .recovery = 10},
	    [RACE_EMERGENCY] = {.kind = TOKEN_TOTP, .tokens = 1},
	    [RACE_DIFFERENT] = {.kind = TOKEN_TOTP, .tokens = 1},
	};
	char *code = arena->code[i];
	struct emergency em;
	uid_t uid = people_uid(number);

	people_name(number, arena->user[i]);
	if (people_add(p, number, &kits[race.kind], e) != 0)
		return -1;
	switch (race.kind) {
	case RACE_HOTP:
		return people_code(number, 0, 0, code);
	case RACE_RECOVERY:
		return people_recovery(number, number % 10, code);
	case RACE_EMERGENCY:
		if (code_make(CODE_EMERGENCY, code) != 0)
			return -1;
		return emergency_write(
		    p->store.dir, p->store.path, code, &uid, 1, time(NULL), &em, e);
	case RACE_TOTP:
	case RACE_DIFFERENT:
	case RACE_KINDS:
	default:
		return people_code(number, 0, (uint64_t)time(NULL) / 30, code);
	}
}

static void tell(uint32_t trial)
{
	char word[48];

	printf("trial %u, %s:", (unsigned)trial, arena->user[0]);
	for (unsigned i = 0; i < RACERS; i++)
		printf(
		    " %s%s", reply_word(&arena->reply[i], word), i + 1 < RACERS ? "," : "\n");
}

static int by_time(const void *a, const void *b)
{
	const struct timespec *x = a, *y = b;

	return x->tv_sec != y->tv_sec ? (x->tv_sec > y->tv_sec) - (x->tv_sec < y->tv_sec)
	                              : (x->tv_nsec > y->tv_nsec) - (x->tv_nsec < y->tv_nsec);
}

/* How long after the first the last of them set out. */
static void note_spread(void)
{
	const struct timespec *t = arena->went;

	qsort(arena->went, RACERS, sizeof arena->went[0], by_time);
	race.spread_us += (uint64_t)((t[RACERS - 1].tv_sec - t[0].tv_sec) * 1000000 +
	                             (t[RACERS - 1].tv_nsec - t[0].tv_nsec) / 1000);
}

static void judge(uint32_t trial)
{
	unsigned granted = 0, lost = 0, wanted = race.kind == RACE_DIFFERENT ? RACERS : 1;

	for (unsigned i = 0; i < RACERS; i++) {
		const struct reply *r = &arena->reply[i];

		granted += r->type == MSG_VERDICT && r->verdict == VERDICT_GRANTED;
		/* whoever is not let in is told so, and why */
		lost += r->type == MSG_INVALID ||
		        (r->type == MSG_VERDICT &&
		            (r->verdict == VERDICT_ERROR || r->verdict == VERDICT_UNAVAILABLE));
	}
	race.twice += granted > wanted;
	race.nobody += granted < wanted;
	race.lost += lost > 0;
	if ((granted != wanted || lost > 0) && race.twice + race.nobody + race.lost <= SHOWN)
		tell(trial);
	note_spread();
}

static int run(const struct people *p)
{
	uint32_t per_trial = race.kind == RACE_DIFFERENT ? RACERS : 1, next = race.first;
	struct err e = {0};

	for (uint32_t trial = 0; trial < race.trials; trial++) {
		if ((next - race.first) % BATCH < per_trial &&
		    announce(next, BATCH + RACERS) != 0)
			return -1;
		for (unsigned i = 0; i < RACERS; i++) {
			if (i < per_trial && prepare(p, next + i, i, &e) != 0) {
				printf("cannot prepare: %s %s\n", e.object, e.why);
				return -1;
			}
			if (i >= per_trial) {
				memcpy(arena->user[i], arena->user[0], sizeof arena->user[i]);
				memcpy(arena->code[i], arena->code[0], sizeof arena->code[i]);
			}
		}
		next += per_trial;
		(void)pthread_barrier_wait(&arena->set);
		(void)pthread_barrier_wait(&arena->done);
		judge(trial);
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"helper", 1, NULL, 'h'},
	    {"kind", 1, NULL, 'k'}, {"when", 1, NULL, 'w'}, {"first", 1, NULL, 'f'},
	    {"trials", 1, NULL, 't'}, {NULL, 0, NULL, 0}};
	struct people p;
	struct err e;
	int c, r;

	race.kind = RACE_KINDS;
	race.trials = 10;
	if (start_racers() != 0)
		return 2;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'h')
			(void)snprintf(arena->helper, sizeof arena->helper, "%s", optarg);
		for (unsigned k = 0; c == 'k' && k < RACE_KINDS; k++)
			if (strcmp(optarg, kind_words[k]) == 0)
				race.kind = (enum race_kind)k;
		if (c == 'w')
			arena->at_prompt = strcmp(optarg, "prompt") == 0;
		if (c == 'f')
			race.first = (uint32_t)strtoul(optarg, NULL, 10);
		if (c == 't')
			race.trials = (uint32_t)strtoul(optarg, NULL, 10);
		if (c == '?')
			return 2;
	}
	if (race.kind == RACE_KINDS || arena->helper[0] == '\0')
		return 2;
	if (people_open(&p, LOCALSTATEDIR "/lib/sekisho", SYSCONFDIR "/sekisho", &e) != 0) {
		fprintf(stderr, "race: %s: %s\n", e.object, e.why);
		return 2;
	}
	r = run(&p);
	stop_racers();
	if (announce(0, 0) != 0)
		r = -1;
	people_close(&p);
	printf("%s, together at the %s: %u trials of %d processes, within %u us of each other: "
	       "too many granted %lu, too few %lu, without a word %lu\n",
	    kind_words[race.kind], arena->at_prompt ? "prompt" : "start", (unsigned)race.trials,
	    RACERS, (unsigned)(race.trials > 0 ? race.spread_us / race.trials : 0), race.twice,
	    race.nobody, race.lost);
	return r == 0 && race.twice + race.nobody + race.lost == 0 ? 0 : 1;
}
