/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long a refusal takes, from the answer to the reply: somebody enrolled against a name
 * nobody has, an account without a token, people who may not log in, and people who have more.
 * In random order, each name once, so that no failure counts mix in. Two samples are told apart
 * by the Kolmogorov-Smirnov test.
 *
 * timing --helper HELPER [--samples N] [--first NUMBER] [--answer FORM]
 *
 * FORM of the wrong answers: otp (the default), recovery, emergency, malformed.
 * Prints a line for each kind; exit 0 when each p against "enrolled" is over 0.01.
 */
#include <getopt.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "tests/proofs/people.h"
#include "tests/proofs/session.h"

#define BATCH 100u /* samples of each kind per /etc/passwd */
#define P_MIN 0.01

enum kind { ENROLLED, UNKNOWN, UNENROLLED, SUSPENDED, REVOKED, OUTSIDE, HOTP, EIGHT, KINDS };

static const struct {
	const char *word;
	bool account, record;
	struct kit kit;
} kinds[KINDS] = {
    [ENROLLED] = {"enrolled", true, true, {.kind = TOKEN_TOTP, .tokens = 1}},
    [UNKNOWN] = {"unknown name", false, false, {0}},
    [UNENROLLED] = {"no token", true, false, {0}},
    [SUSPENDED] = {"suspended", true, true,
        {.kind = TOKEN_TOTP, .tokens = 1, .flags = RECORD_SUSPENDED}},
    [REVOKED] = {"revoked", true, true, {.kind = TOKEN_TOTP, .flags = RECORD_TOMBSTONE}},
    [OUTSIDE] = {"outside dates", true, true,
        {.kind = TOKEN_TOTP, .tokens = 1, .not_after = 1000000000}},
    [HOTP] = {"a counter", true, true, {.kind = TOKEN_HOTP, .tokens = 1}},
    [EIGHT] = {"eight tokens", true, true, {.kind = TOKEN_TOTP, .tokens = 8, .recovery = 10}},
};

static double *samples[KINDS];
static size_t counts[KINDS];
static const char *helper;

/* ---- Kolmogorov and Smirnov */

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The largest distance between the two empirical distributions; both sorted. */
static double ks_distance(const double *a, size_t n, const double *b, size_t m)
{
	double most = 0;
	size_t i = 0, j = 0;

	while (i < n && j < m) {
		double at = a[i] < b[j] ? a[i] : b[j], d;

		while (i < n && a[i] <= at)
			i++;
		while (j < m && b[j] <= at)
			j++;
		d = fabs((double)i / (double)n - (double)j / (double)m);
		if (d > most)
			most = d;
	}
	return most;
}

/* The chance of such a distance when both are of one distribution (the asymptotic series). */
static double ks_p(double d, size_t n, size_t m)
{
	double size = sqrt((double)n * (double)m / (double)(n + m));
	double x = (size + 0.12 + 0.11 / size) * d, p = 0, sign = 1;

	if (x < 0.2)
		return 1;
	for (int k = 1; k <= 100; k++) {
		p += sign * 2 * exp(-2 * k * k * x * x);
		sign = -sign;
	}
	return p < 0 ? 0 : p > 1 ? 1 : p;
}

/* ---- the measurement */

static int announce(const uint32_t *numbers, const enum kind *of, size_t count)
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
	}
	f = fopen("/etc/passwd.new", "w");
	if (f == NULL)
		return -1;
	(void)fwrite(old, 1, len, f);
	for (size_t i = 0; i < count; i++)
		if (kinds[of[i]].account)
			people_passwd(f, numbers[i], 1);
	if (fclose(f) != 0 || chmod("/etc/passwd.new", 0644) != 0)
		return -1;
	return rename("/etc/passwd.new", "/etc/passwd");
}

/* A code that none of somebody's tokens shows about now. */
static int wrong_otp(uint32_t number, enum kind k, char out[CODE_SIZE])
{
	bool counter = kinds[k].kit.kind == TOKEN_HOTP;
	uint64_t step = (uint64_t)time(NULL) / 30, from = counter ? 0 : step - 3;
	uint64_t to = counter ? 12 : step + 3;
	char code[PEOPLE_DIGITS + 1];

	for (unsigned guess = 0; guess < 100; guess++) {
		bool near = false;

		(void)snprintf(out, PEOPLE_DIGITS + 1, "%06u", 123457 + guess);
		for (unsigned t = 0; t < kinds[k].kit.tokens; t++) {
			for (uint64_t s = from; s <= to; s++) {
				if (people_code(number, t, s, code) != 0)
					return -1;
				near = near || strcmp(code, out) == 0;
			}
		}
		if (!near)
			return 0;
	}
	return -1;
}

static int wrong_recovery(uint32_t number, enum kind k, char out[CODE_SIZE])
{
	(void)number;
	(void)k;
	return code_make(CODE_PERSONAL, out);
}

static int wrong_emergency(uint32_t number, enum kind k, char out[CODE_SIZE])
{
	(void)number;
	(void)k;
	return code_make(CODE_EMERGENCY, out);
}

static int malformed(uint32_t number, enum kind k, char out[CODE_SIZE])
{
	(void)number;
	(void)k;
	(void)snprintf(out, CODE_SIZE, "12345");
	return 0;
}

/* A wrong answer of each form, and what is said to it. */
static const struct form {
	const char *word;
	int (*make)(uint32_t number, enum kind k, char out[CODE_SIZE]);
	enum msg_reason reason;
} forms[] = {
    {"otp", wrong_otp, MSG_REASON_WRONG},
    {"recovery", wrong_recovery, MSG_REASON_WRONG},
    {"emergency", wrong_emergency, MSG_REASON_WRONG},
    {"malformed", malformed, MSG_REASON_MALFORMED},
};
static const struct form *form = &forms[0];

static const struct form *form_of(const char *word)
{
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
		if (strcmp(word, forms[i].word) == 0)
			return &forms[i];
	return NULL;
}

static int measure(uint32_t number, enum kind k)
{
	char name[PEOPLE_NAME_SIZE], code[CODE_SIZE], word[48];
	struct timespec sent, back;
	struct session s;
	struct reply r;
	int result = -1;

	people_name(number, name);
	if (form->make(number, k, code) != 0 || session_start(&s, helper, name) != 0)
		return -1;
	r = session_reply(&s);
	/* it touches what judging will touch while nobody waits: let it finish */
	(void)nanosleep(&(struct timespec){.tv_nsec = 3000000}, NULL);
	if (r.type == MSG_ASK) {
		(void)clock_gettime(CLOCK_MONOTONIC, &sent);
		if (session_answer(&s, code) == 0) {
			r = session_reply(&s);
			(void)clock_gettime(CLOCK_MONOTONIC, &back);
			if (r.type == MSG_ASK && r.reason == form->reason)
				result = 0;
		}
	}
	session_end(&s);
	if (result != 0)
		fprintf(stderr, "%s (%s): %s\n", name, kinds[k].word, reply_word(&r, word));
	else
		samples[k][counts[k]++] = (double)(back.tv_sec - sent.tv_sec) * 1e6 +
		                          (double)(back.tv_nsec - sent.tv_nsec) / 1e3;
	return result;
}

/* BATCH of each kind, in random order. */
static int run_batch(const struct people *p, uint32_t first)
{
	static uint32_t numbers[BATCH * KINDS];
	static enum kind of[BATCH * KINDS];
	struct err e;

	for (uint32_t i = 0; i < BATCH * KINDS; i++) {
		uint32_t j = (uint32_t)rand() % (i + 1);

		numbers[i] = numbers[j];
		of[i] = of[j];
		numbers[j] = first + i;
		of[j] = (enum kind)(i % KINDS);
	}
	for (uint32_t i = 0; i < BATCH * KINDS; i++)
		if (kinds[of[i]].record &&
		    people_add(p, numbers[i], &kinds[of[i]].kit, &e) != 0)
			return -1;
	if (people_sync(p) != 0 || announce(numbers, of, BATCH * KINDS) != 0)
		return -1;
	for (uint32_t i = 0; i < BATCH * KINDS; i++)
		if (measure(numbers[i], of[i]) != 0)
			return -1;
	return 0;
}

static int report(void)
{
	int result = 0;

	for (unsigned k = 0; k < KINDS; k++)
		qsort(samples[k], counts[k], sizeof(double), by_value);
	for (unsigned k = 0; k < KINDS; k++) {
		const double *v = samples[k];
		double d = ks_distance(samples[ENROLLED], counts[ENROLLED], v, counts[k]);
		double p = ks_p(d, counts[ENROLLED], counts[k]);

		printf("%-14s n %zu  10%% %.1f  median %.1f  90%% %.1f us  D %.4f  p %.4f\n",
		    kinds[k].word, counts[k], v[counts[k] / 10], v[counts[k] / 2],
		    v[counts[k] * 9 / 10], d, p);
		if (p <= P_MIN)
			result = 1;
	}
	return result;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"helper", 1, NULL, 'h'},
	    {"samples", 1, NULL, 's'}, {"first", 1, NULL, 'f'}, {"answer", 1, NULL, 'a'},
	    {NULL, 0, NULL, 0}};
	uint32_t count = BATCH, first = 0;
	struct people p;
	struct err e;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'a')
			form = form_of(optarg);
		else if (c == 'h')
			helper = optarg;
		else if (c == 's')
			count = (uint32_t)strtoul(optarg, NULL, 10);
		else if (c == 'f')
			first = (uint32_t)strtoul(optarg, NULL, 10);
		else
			return 2;
	}
	if (helper == NULL || form == NULL ||
	    people_open(&p, LOCALSTATEDIR "/lib/sekisho", SYSCONFDIR "/sekisho", &e) != 0)
		return 2;
	srand((unsigned)time(NULL));
	for (unsigned k = 0; k < KINDS; k++) {
		samples[k] = calloc(count + BATCH, sizeof(double));
		if (samples[k] == NULL)
			return 2;
	}
	for (uint32_t done = 0; done < count; done += BATCH)
		if (run_batch(&p, first + done * KINDS) != 0)
			return 2;
	people_close(&p);
	return report();
}
