/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs of steps and counters, and their codes: the only user of liboath. Must not know what a
 * code opens.
 */
#include "lib/factors/window.h"

#include <liboath/oath.h>

#include "lib/wire/secret.h"

static const struct window nothing = {.from = 1, .to = 0};

struct window window_steps(const struct token *t, int64_t now, int32_t shift, unsigned radius)
{
	int64_t place, last, from, to;

	if (now < 0 || t->period < WINDOW_PERIOD_MIN)
		return nothing;
	/* The period keeps these far from the ends of int64_t. */
	place = now / t->period + shift;
	last = INT64_MAX / t->period;
	from = place > (int64_t)radius ? place - (int64_t)radius : 0;
	to = place + (int64_t)radius;
	if (to > last)
		to = last;
	if (to < from)
		return nothing;
	return (struct window){.from = (uint64_t)from, .to = (uint64_t)to};
}

struct window window_counters(uint64_t next, unsigned below, unsigned above)
{
	const uint64_t last = UINT64_MAX - 1;

	return (struct window){
	    .from = next > below ? next - below : 0,
	    .to = next <= last && last - next >= above ? next + above : last,
	};
}

static int totp_code(const struct token *t, uint64_t step, char out[WINDOW_CODE_SIZE])
{
	static const int flags[] = {
	    [TOKEN_SHA1] = 0,
	    [TOKEN_SHA256] = OATH_TOTP_HMAC_SHA256,
	    [TOKEN_SHA512] = OATH_TOTP_HMAC_SHA512,
	};

	if (t->algorithm < TOKEN_SHA1 || t->algorithm > TOKEN_SHA512 ||
	    t->period < WINDOW_PERIOD_MIN || step > (uint64_t)INT64_MAX / t->period)
		return -1;
	return oath_totp_generate2((const char *)t->secret, t->secret_len,
	    (time_t)(step * t->period), t->period, OATH_TOTP_DEFAULT_START_TIME, t->digits,
	    flags[t->algorithm], out);
}

static int hotp_code(const struct token *t, uint64_t counter, char out[WINDOW_CODE_SIZE])
{
	if (t->algorithm != TOKEN_SHA1) /* liboath knows no other */
		return -1;
	return oath_hotp_generate((const char *)t->secret, t->secret_len, counter, t->digits,
	    false, OATH_HOTP_DYNAMIC_TRUNCATION, out);
}

int window_code(const struct token *t, uint64_t n, char out[WINDOW_CODE_SIZE])
{
	int r = -1;

	if (t->digits < 6 || t->digits >= WINDOW_CODE_SIZE || t->secret_len > sizeof t->secret)
		return -1;
	if (t->kind == TOKEN_TOTP)
		r = totp_code(t, n, out);
	else if (t->kind == TOKEN_HOTP)
		r = hotp_code(t, n, out);
	return r == OATH_OK ? 0 : -1;
}

int window_match(
    const struct token *t, uint64_t n, const char *code, size_t digits, uint64_t *work)
{
	char candidate[WINDOW_CODE_SIZE] = {0};
	int r = -1;

	if (digits == t->digits && window_code(t, n, candidate) == 0) {
		(*work)++;
		r = bytes_equal(candidate, code, digits) ? 1 : 0;
	}
	wipe(candidate, sizeof candidate);
	return r;
}

void window_pad(const char *code, size_t digits, uint64_t budget, uint64_t *work)
{
	const struct token nobody = {.kind = TOKEN_TOTP,
	    .algorithm = TOKEN_SHA1,
	    .digits = (uint8_t)digits,
	    .period = 30,
	    .secret_len = 20};

	while (*work < budget)
		if (window_match(&nobody, *work, code, digits, work) < 0)
			break;
}
