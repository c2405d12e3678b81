/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one-time-code factor: TOTP (RFC 6238) through liboath. Writes nothing and asks nothing.
 */
#include "lib/factors/otp.h"

#include <liboath/oath.h>
#include <string.h>

static const struct {
	char bytes[4];
	size_t len;
} separators[] = {
    {" ", 1}, {"-", 1}, {"\t", 1}, {"\xc2\xa0", 2}, /* U+00A0 no-break space */
    {"\xe3\x80\x80", 3},                            /* U+3000 ideographic space */
};

static size_t separator_at(const uint8_t *p, size_t left)
{
	for (size_t i = 0; i < sizeof separators / sizeof separators[0]; i++)
		if (left >= separators[i].len &&
		    memcmp(p, separators[i].bytes, separators[i].len) == 0)
			return separators[i].len;
	return 0;
}

/* ASCII or full-width (U+FF10..U+FF19, ef bc 90..99) digit: its length, 0 when it is none. */
static size_t digit_at(const uint8_t *p, size_t left, char *ret_digit)
{
	if (*p >= '0' && *p <= '9') {
		*ret_digit = (char)*p;
		return 1;
	}
	if (left >= 3 && p[0] == 0xef && p[1] == 0xbc && p[2] >= 0x90 && p[2] <= 0x99) {
		*ret_digit = (char)('0' + (p[2] - 0x90));
		return 3;
	}
	return 0;
}

size_t otp_normalize(const struct secret *answer, char out[OTP_DIGITS_MAX + 1])
{
	const uint8_t *p = answer->data;
	size_t left = answer->len, count = 0;

	memset(out, 0, OTP_DIGITS_MAX + 1);
	while (left > 0) {
		char digit = 0;
		size_t n = digit_at(p, left, &digit);

		if (n > 0) {
			if (count == OTP_DIGITS_MAX)
				goto refuse;
			out[count++] = digit;
		} else if ((n = separator_at(p, left)) == 0) {
			goto refuse;
		}
		p += n;
		left -= n;
	}
	if (count >= 6)
		return count;
refuse:
	wipe(out, OTP_DIGITS_MAX + 1);
	return 0;
}

int otp_totp_at(const struct token *t, uint64_t step, char out[OTP_DIGITS_MAX + 1])
{
	static const int flags[] = {
	    [TOKEN_SHA1] = 0,
	    [TOKEN_SHA256] = OATH_TOTP_HMAC_SHA256,
	    [TOKEN_SHA512] = OATH_TOTP_HMAC_SHA512,
	};

	if (t->kind != TOKEN_TOTP || t->algorithm < TOKEN_SHA1 || t->algorithm > TOKEN_SHA512 ||
	    t->digits < 6 || t->digits > OTP_DIGITS_MAX || t->period == 0 ||
	    t->secret_len > sizeof t->secret || step > (uint64_t)INT64_MAX / t->period)
		return -1;
	if (oath_totp_generate2((const char *)t->secret, t->secret_len,
	        (time_t)(step * t->period), t->period, OATH_TOTP_DEFAULT_START_TIME, t->digits,
	        flags[t->algorithm], out) != OATH_OK)
		return -1;
	return 0;
}

enum factor_result otp_totp_judge(const struct token *t, uint64_t next, int64_t now,
    unsigned window, const char *code, size_t digits, uint64_t *ret_step)
{
	char candidate[OTP_DIGITS_MAX + 1] = {0};
	uint64_t centre, match = 0;
	bool found = false;
	enum factor_result r = FACTOR_ERROR;

	if (now < 0 || t->period == 0)
		return FACTOR_ERROR;
	if (digits != t->digits)
		return FACTOR_WRONG;
	centre = (uint64_t)now / t->period;
	/* No early exit: how long it takes must not tell which step matched. The newest match
	 * wins, so that a code standing for two steps burns both. */
	for (uint64_t i = 0; i <= 2 * (uint64_t)window; i++) {
		uint64_t step = centre + i;

		if (step < window)
			continue;
		step -= window;
		if (otp_totp_at(t, step, candidate) != 0)
			goto out;
		if (bytes_equal(candidate, code, digits)) {
			match = step;
			found = true;
		}
	}
	r = FACTOR_WRONG;
	if (found) {
		*ret_step = match;
		r = match >= next ? FACTOR_ACCEPTED : FACTOR_USED;
	}
out:
	wipe(candidate, sizeof candidate);
	return r;
}

/* One token's opinion; moves its counter when it accepts. */
static enum factor_result judge_token(
    struct factor_attempt *a, const struct token *t, const char *code, size_t digits)
{
	struct counter *c = state_counter(a->state, t->id);
	int64_t now = a->clock->wall(a->clock);
	uint64_t step = 0;
	enum factor_result r;

	if (c == NULL)
		return FACTOR_ERROR;
	r = otp_totp_judge(t, c->next, now, a->totp_window, code, digits, &step);
	if (r == FACTOR_ACCEPTED) {
		c->next = step + 1;
		a->state->accepted = now;
		a->token = t->label;
		a->method = "totp";
		a->time_proved = true;
	}
	return r;
}

/* Which opinion speaks for all tokens of the person; higher wins. An error of one token must
 * not keep another, healthy one from letting the person in. */
static int weight(enum factor_result r)
{
	static const int weights[] = {
	    [FACTOR_WRONG] = 1, [FACTOR_ERROR] = 2, [FACTOR_USED] = 3, [FACTOR_ACCEPTED] = 4};

	return (size_t)r < sizeof weights / sizeof weights[0] ? weights[r] : 0;
}

static enum factor_result verify(struct factor_attempt *a)
{
	char code[OTP_DIGITS_MAX + 1];
	enum factor_result best = FACTOR_WRONG;
	size_t digits = otp_normalize(a->answer, code);

	if (digits == 0)
		return FACTOR_MALFORMED;
	for (unsigned i = 0; i < a->record->token_count && best != FACTOR_ACCEPTED; i++) {
		const struct token *t = &a->record->tokens[i];
		enum factor_result r;

		if (t->kind != TOKEN_TOTP || (t->flags & TOKEN_SUSPENDED) != 0)
			continue;
		r = judge_token(a, t, code, digits);
		if (weight(r) > weight(best))
			best = r;
	}
	wipe(code, sizeof code);
	return best;
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
