/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Looking for codes far outside the windows: where a token is (resync, for an administrator)
 * and how wrong a clock seems (diagnosis, for the log). Must never let anybody in.
 */
#include "lib/factors/otp.h"

#include <string.h>

#include "lib/factors/window.h"

/* How many steps a day has, each way. */
static unsigned day_of(const struct token *t)
{
	return t->period > 0 ? OTP_SEARCH_S / t->period : 0;
}

static struct window resync_window(const struct token *t, uint64_t next, int64_t now)
{
	struct window w;

	if (t->kind == TOKEN_HOTP) /* one more: the second code of the last pair */
		return window_counters(next, 0, OTP_RESYNC_HOTP + 1);
	w = window_steps(t, now, 0, day_of(t));
	if (w.from > 0 && w.from <= w.to) /* the first code of the first pair */
		w.from--;
	if (w.from < next)
		w.from = next;
	return w;
}

/* How many times second follows first in w; *ret_at: where the last second stood. All are
 * computed. -1 when one of them cannot be. */
static int count_pairs(const struct token *t, struct window w, const char *first,
    const char *second, size_t digits, uint64_t *ret_at)
{
	bool follows = false;
	uint64_t work = 0;
	int places = 0;

	for (uint64_t n = w.from; n <= w.to; n++) {
		int is_first = window_match(t, n, first, digits, &work);
		int is_second = window_match(t, n, second, digits, &work);

		if (is_first < 0 || is_second < 0)
			return -1;
		if (follows && is_second > 0) {
			*ret_at = n;
			places++;
		}
		follows = is_first > 0;
	}
	return places;
}

bool otp_resync(const struct token *t, const struct counter *c, int64_t now, const char *first,
    const char *second, size_t digits, uint64_t *ret_next, int32_t *ret_drift)
{
	uint64_t at = 0;

	if (count_pairs(t, resync_window(t, c->next, now), first, second, digits, &at) != 1)
		return false;
	*ret_next = at + 1;
	*ret_drift = t->kind == TOKEN_HOTP ? 0 : (int32_t)((int64_t)at - now / t->period);
	return true;
}

bool otp_resync_used(const struct token *t, const struct counter *c, int64_t now,
    const char *first, const char *second, size_t digits, int64_t *ret_seconds)
{
	struct window w = resync_window(t, 0, now);
	uint64_t at = 0;

	if (t->kind != TOKEN_TOTP || c->next == 0 || c->next > (uint64_t)INT64_MAX / t->period)
		return false;
	if (w.to >= c->next)
		w.to = c->next - 1;
	if (count_pairs(t, w, first, second, digits, &at) <= 0)
		return false;
	*ret_seconds = (int64_t)(c->next - 1 - at) * t->period;
	return true;
}

/* ---- diagnosis ---- */

/* The lowest step of a token that was not used; false when it cannot be in the answer. */
static bool takes_part(
    const struct token *t, const struct state *s, size_t digits, uint64_t *ret_next)
{
	if (t->kind != TOKEN_TOTP || (t->flags & TOKEN_SUSPENDED) != 0 || t->digits != digits)
		return false;
	for (unsigned i = 0; i < RECORD_TOKENS_MAX; i++) {
		if (memcmp(s->counters[i].id, t->id, TOKEN_ID_SIZE) != 0)
			continue;
		*ret_next = s->counters[i].next;
		return true;
	}
	return false;
}

/* What was found so far. */
struct nearest {
	bool found;
	int64_t seconds;
};

static void keep_nearest(struct nearest *best, int64_t seconds)
{
	int64_t distance = seconds < 0 ? -seconds : seconds;
	int64_t known = best->seconds < 0 ? -best->seconds : best->seconds;

	if (!best->found || distance < known)
		*best = (struct nearest){.found = true, .seconds = seconds};
}

/* A code below next says nothing about the clock: it may be one that was seen and kept. */
static void diagnose_token(const struct token *t, uint64_t next, int64_t now, uint64_t share,
    const char *code, size_t digits, uint64_t *work, struct nearest *best)
{
	unsigned radius = day_of(t);
	struct window w;

	if (radius > (share - 1) / 2)
		radius = (unsigned)((share - 1) / 2);
	w = window_steps(t, now, 0, radius);
	for (uint64_t n = w.from; n <= w.to; n++) {
		int r = window_match(t, n, code, digits, work);

		if (r < 0)
			return;
		if (r > 0 && n >= next)
			keep_nearest(best, ((int64_t)n - now / t->period) * t->period);
	}
}

bool otp_diagnose(const struct record *r, const struct state *s, const struct secret *answer,
    int64_t now, int64_t *ret_seconds)
{
	char code[OTP_DIGITS_MAX + 1];
	size_t digits = otp_normalize(answer, code);
	struct nearest best = {.found = false};
	uint64_t work = 0, next = 0, takers = 0;

	if (digits == 0)
		return false;
	for (unsigned i = 0; i < r->token_count; i++)
		takers += takes_part(&r->tokens[i], s, digits, &next);
	for (unsigned i = 0; i < r->token_count; i++)
		if (takes_part(&r->tokens[i], s, digits, &next))
			diagnose_token(&r->tokens[i], next, now,
			    OTP_DIAGNOSIS_CANDIDATES / takers, code, digits, &work, &best);
	window_pad(code, digits, OTP_DIAGNOSIS_CANDIDATES, &work);
	wipe(code, sizeof code);
	if (best.found)
		*ret_seconds = best.seconds;
	return best.found;
}
