/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one-time-code factor: which code of which token is good now, and what an accepted one
 * changes. Writes nothing and asks nothing; looks no farther than the windows.
 */
#include "lib/factors/otp.h"

#include <string.h>

#include "lib/base/code.h"
#include "lib/factors/window.h"
#include "lib/store/floor.h"
#include "lib/store/person.h"

/* A clock that goes wrong unnoticed, for logins follow it, may be set right. */
_Static_assert(PERSON_FOLLOWED_S < FLOOR_TOLERANCE_S, "no step back that locks out");
_Static_assert(WINDOW_CODE_SIZE == OTP_DIGITS_MAX + 1, "one size of a code");

/* A normalized code, and how many candidates it was compared with. */
struct typed {
	char code[OTP_DIGITS_MAX + 1];
	size_t digits;
	uint64_t work;
};

/* The newest match of a code in the windows it was looked for in. */
struct hit {
	bool found;
	uint64_t at;
};

size_t otp_normalize(const struct secret *answer, char out[OTP_DIGITS_MAX + 1])
{
	const uint8_t *p = answer->data;
	size_t left = answer->len, count = 0;

	memset(out, 0, OTP_DIGITS_MAX + 1);
	while (left > 0) {
		char c = '\0';
		size_t n = code_character(p, left, &c);

		if (n == 0)
			goto refuse;
		p += n;
		left -= n;
		if (c == '\0')
			continue;
		if (c < '0' || c > '9' || count == OTP_DIGITS_MAX)
			goto refuse;
		out[count++] = c;
	}
	if (count >= 6)
		return count;
refuse:
	wipe(out, OTP_DIGITS_MAX + 1);
	return 0;
}

int otp_totp_at(const struct token *t, uint64_t step, char out[OTP_DIGITS_MAX + 1])
{
	return t->kind == TOKEN_TOTP ? window_code(t, step, out) : -1;
}

int otp_hotp_at(const struct token *t, uint64_t counter, char out[OTP_DIGITS_MAX + 1])
{
	return t->kind == TOKEN_HOTP ? window_code(t, counter, out) : -1;
}

/* No early exit: how long it takes must not tell which one matched. The newest match wins, so
 * that a code standing for two of them burns both. */
static int scan(const struct token *t, struct window w, const char *code, size_t digits,
    uint64_t *work, struct hit *h)
{
	for (uint64_t n = w.from; n <= w.to; n++) {
		int r = window_match(t, n, code, digits, work);

		if (r < 0)
			return -1;
		if (r > 0 && (!h->found || n > h->at))
			*h = (struct hit){.found = true, .at = n};
	}
	return 0;
}

static enum factor_result opinion(const struct hit *h, uint64_t next, uint64_t *ret_at)
{
	if (!h->found)
		return FACTOR_WRONG;
	*ret_at = h->at;
	return h->at >= next ? FACTOR_ACCEPTED : FACTOR_USED;
}

/* Around our clock, and around the place where the token's clock was last seen: the clock of a
 * terminal without a network goes wrong together with no token, and is set right by hand one
 * day. With the learned place alone everybody would be refused from then on; with ours alone,
 * everybody before. */
static enum factor_result judge_steps(const struct token *t, const struct counter *c,
    int64_t now, unsigned window, const char *code, size_t digits, uint64_t *work,
    uint64_t *ret_step)
{
	struct hit h = {.found = false};

	if (digits != t->digits)
		return FACTOR_WRONG;
	if (scan(t, window_steps(t, now, 0, window), code, digits, work, &h) != 0)
		return FACTOR_ERROR;
	if (c->drift != 0 &&
	    scan(t, window_steps(t, now, c->drift, window), code, digits, work, &h) != 0)
		return FACTOR_ERROR;
	return opinion(&h, c->next, ret_step);
}

enum factor_result otp_totp_judge(const struct token *t, uint64_t next, int64_t now,
    unsigned window, const char *code, size_t digits, uint64_t *ret_step)
{
	const struct counter c = {.next = next};
	uint64_t work = 0;

	if (t->kind != TOKEN_TOTP || t->period < WINDOW_PERIOD_MIN)
		return FACTOR_ERROR;
	return judge_steps(t, &c, now, window, code, digits, &work, ret_step);
}

static enum factor_result judge_counters(const struct token *t, uint64_t next,
    unsigned look_ahead, const char *code, size_t digits, uint64_t *work, uint64_t *ret_counter)
{
	struct hit h = {.found = false};

	if (digits != t->digits)
		return FACTOR_WRONG;
	if (scan(t, window_counters(next, look_ahead, look_ahead), code, digits, work, &h) != 0)
		return FACTOR_ERROR;
	return opinion(&h, next, ret_counter);
}

enum factor_result otp_hotp_judge(const struct token *t, uint64_t next, unsigned look_ahead,
    const char *code, size_t digits, uint64_t *ret_counter)
{
	uint64_t work = 0;

	if (t->kind != TOKEN_HOTP)
		return FACTOR_ERROR;
	return judge_counters(t, next, look_ahead, code, digits, &work, ret_counter);
}

/* Where the token's clock is seen from ours. Steps it was seen at by logins are followed up to
 * PERSON_FOLLOWED_S, or as far as a resync has set it: who types the last codes of each
 * window must not lead it away without end. */
static int32_t learned_drift(
    const struct token *t, const struct counter *c, int64_t now, uint64_t step)
{
	int64_t seen = (int64_t)step - now / t->period;
	int64_t limit = c->drift < 0 ? -(int64_t)c->drift : c->drift;

	if (limit < PERSON_FOLLOWED_S / t->period)
		limit = PERSON_FOLLOWED_S / t->period;
	if (seen > limit)
		seen = limit;
	if (seen < -limit)
		seen = -limit;
	return (int32_t)seen;
}

static enum factor_result judge_totp(
    struct factor_attempt *a, const struct token *t, struct counter *c, struct typed *typed)
{
	struct state *s = a->state;
	int64_t behind;
	uint64_t step = 0;
	enum factor_result r = judge_steps(
	    t, c, a->now, a->totp_window, typed->code, typed->digits, &typed->work, &step);

	/* For the log: a code of now that counts as used, for the clock had been ahead. */
	if (r == FACTOR_USED &&
	    person_totp_ahead(t, c, a->now, a->totp_window, FLOOR_TOLERANCE_S))
		a->note = "used-ahead";
	if (r != FACTOR_ACCEPTED)
		return r;
	/* A code of the past, of a clock that was put there: only who has a right one learns
	 * how far, and it stays unspent. */
	behind = floor_behind(s->accepted, a->now);
	if (behind > 0) {
		a->clock_behind = behind;
		return FACTOR_CLOCK;
	}
	/* A lost write may have used this very code, or one after it. */
	if ((s->flags & STATE_TOTP_UNSURE) != 0) {
		person_settle_totp(a->record, s, a->now, a->totp_window);
		return FACTOR_USED;
	}
	c->drift = learned_drift(t, c, a->now, step);
	c->next = step + 1;
	if (s->accepted < a->now)
		s->accepted = a->now;
	a->token = t->label;
	a->method = "totp";
	a->time_proved = true;
	return FACTOR_ACCEPTED;
}

static enum factor_result judge_hotp(
    struct factor_attempt *a, const struct token *t, struct counter *c, struct typed *typed)
{
	uint64_t counter = 0;
	enum factor_result r = judge_counters(
	    t, c->next, a->hotp_look_ahead, typed->code, typed->digits, &typed->work, &counter);

	if (r != FACTOR_ACCEPTED)
		return r;
	c->next = counter + 1;
	a->token = t->label;
	a->method = "hotp";
	return FACTOR_ACCEPTED;
}

/* One token's opinion; moves its counter when it accepts. */
static enum factor_result judge_token(
    struct factor_attempt *a, const struct token *t, struct typed *typed)
{
	struct counter *c;

	if ((t->flags & TOKEN_SUSPENDED) != 0)
		return FACTOR_WRONG;
	if (t->kind != TOKEN_HOTP && (t->kind != TOKEN_TOTP || a->behind > 0))
		return FACTOR_WRONG;
	c = state_counter(a->state, t->id);
	if (c == NULL) /* an interrupted revoke: nothing that others would not be told */
		return FACTOR_WRONG;
	return t->kind == TOKEN_HOTP ? judge_hotp(a, t, c, typed) : judge_totp(a, t, c, typed);
}

/* Which opinion speaks for all tokens of the person; higher wins. An error of one token must
 * not keep another, healthy one from letting the person in, nor hide what it found out: "used"
 * is about this very code, and stays true when the clock is right again. The clock stands above
 * an error because it is what everybody is told while it is behind, decoys too; and it is no
 * guess, which a wrong code of a person without HOTP cannot be then. */
static int weight(enum factor_result r)
{
	static const int weights[] = {
	    [FACTOR_WRONG] = 1,
	    [FACTOR_ERROR] = 2,
	    [FACTOR_CLOCK] = 3,
	    [FACTOR_USED] = 4,
	    [FACTOR_ACCEPTED] = 5,
	};

	return (size_t)r < sizeof weights / sizeof weights[0] ? weights[r] : 0;
}

/* For the log: a token that no code opens. */
static bool is_incomplete(const struct factor_attempt *a)
{
	for (unsigned i = 0; i < a->record->token_count; i++)
		if (state_counter(a->state, a->record->tokens[i].id) == NULL)
			return true;
	return false;
}

/* What the dearest record there can be costs: each of its tokens both windows, or the used
 * counters and those to come. */
static uint64_t budget(const struct factor_attempt *a)
{
	uint64_t totp = 2 * (2 * (uint64_t)a->totp_window + 1);
	uint64_t hotp = 2 * (uint64_t)a->hotp_look_ahead + 1;

	return RECORD_TOKENS_MAX * (totp > hotp ? totp : hotp);
}

static enum factor_result judge_tokens(struct factor_attempt *a, struct typed *typed)
{
	enum factor_result best = FACTOR_WRONG;

	if (a->behind > 0) {
		a->clock_behind = a->behind;
		best = FACTOR_CLOCK;
	}
	for (unsigned i = 0; i < a->record->token_count && best != FACTOR_ACCEPTED; i++) {
		enum factor_result r = judge_token(a, &a->record->tokens[i], typed);

		if (weight(r) > weight(best))
			best = r;
	}
	if (best == FACTOR_WRONG && is_incomplete(a))
		a->note = "incomplete-token";
	/* Also what is accepted: lib/login may refuse it, of somebody who is suspended. */
	window_pad(typed->code, typed->digits, budget(a), &typed->work);
	return best;
}

static enum factor_result verify(struct factor_attempt *a)
{
	struct typed typed = {.work = 0};
	enum factor_result r = FACTOR_MALFORMED;

	a->note = NULL;
	typed.digits = otp_normalize(a->answer, typed.code);
	if (typed.digits > 0)
		r = judge_tokens(a, &typed);
	wipe(&typed, sizeof typed);
	return r;
}

static bool fits(const struct secret *answer)
{
	char code[OTP_DIGITS_MAX + 1];
	bool r = otp_normalize(answer, code) != 0;

	wipe(code, sizeof code);
	return r;
}

const struct factor factor_otp = {
    .name = "otp",
    .kind = FACTOR_OTP,
    .fits = fits,
    .verify = verify,
};
