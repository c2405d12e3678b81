/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Vectors of RFC 6238 and RFC 4226, typed forms of a code, windows and look-ahead to the step,
 * codes good once, tokens and clocks that go elsewhere, and the same work for every refusal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include <liboath/oath.h>

#include "lib/factors/otp.h"
#include "lib/store/floor.h"
#include "lib/store/person.h"

#define DAY_S 86400

/* ---- every code that is computed passes here (link option --wrap) ---- */

int __real_oath_hotp_generate(const char *secret, size_t secret_length, uint64_t moving_factor,
    unsigned digits, bool add_checksum, size_t truncation_offset, char *output_otp);
int __wrap_oath_hotp_generate(const char *secret, size_t secret_length, uint64_t moving_factor,
    unsigned digits, bool add_checksum, size_t truncation_offset, char *output_otp);
int __real_oath_totp_generate2(const char *secret, size_t secret_length, time_t now,
    unsigned time_step_size, time_t start_offset, unsigned digits, int flags, char *output_otp);
int __wrap_oath_totp_generate2(const char *secret, size_t secret_length, time_t now,
    unsigned time_step_size, time_t start_offset, unsigned digits, int flags, char *output_otp);

static unsigned computed;
static unsigned broken_at; /* this one fails; 0: none */
static uint64_t cycle;     /* codes begin again after so many; 0: real ones */

static int short_cycle(uint64_t n, unsigned digits, char *out)
{
	snprintf(out, digits + 1, "%0*u", (int)digits, (unsigned)(n % cycle));
	return OATH_OK;
}

int __wrap_oath_hotp_generate(const char *secret, size_t secret_length, uint64_t moving_factor,
    unsigned digits, bool add_checksum, size_t truncation_offset, char *output_otp)
{
	if (++computed == broken_at)
		return OATH_CRYPTO_ERROR;
	if (cycle != 0)
		return short_cycle(moving_factor, digits, output_otp);
	return __real_oath_hotp_generate(secret, secret_length, moving_factor, digits,
	    add_checksum, truncation_offset, output_otp);
}

int __wrap_oath_totp_generate2(const char *secret, size_t secret_length, time_t now,
    unsigned time_step_size, time_t start_offset, unsigned digits, int flags, char *output_otp)
{
	if (++computed == broken_at)
		return OATH_CRYPTO_ERROR;
	if (now < 0)
		return OATH_INVALID_DIGITS; /* nothing may ask for it */
	if (cycle != 0)
		return short_cycle((uint64_t)now / time_step_size, digits, output_otp);
	return __real_oath_totp_generate2(secret, secret_length, now, time_step_size,
	    start_offset, digits, flags, output_otp);
}

static struct token token(uint8_t algorithm, uint8_t digits, const char *secret)
{
	struct token t = {.kind = TOKEN_TOTP,
	    .algorithm = algorithm,
	    .digits = digits,
	    .period = 30,
	    .secret_len = (uint16_t)strlen(secret),
	    .id = {1, 2, 3, 4, 5, 6, 7, 8},
	    .label = "phone"};

	memcpy(t.secret, secret, t.secret_len);
	return t;
}

/* RFC 6238 Appendix B (with the seeds its errata give for SHA-256 and SHA-512). */
#define SEED20 "12345678901234567890"
#define SEED32 "12345678901234567890123456789012"
#define SEED64 "1234567890123456789012345678901234567890123456789012345678901234"

static const struct {
	int64_t time;
	uint8_t algorithm;
	const char *seed, *code;
} rfc6238[] = {
    {59, TOKEN_SHA1, SEED20, "94287082"},
    {59, TOKEN_SHA256, SEED32, "46119246"},
    {59, TOKEN_SHA512, SEED64, "90693936"},
    {1111111109, TOKEN_SHA1, SEED20, "07081804"},
    {1111111109, TOKEN_SHA256, SEED32, "68084774"},
    {1111111109, TOKEN_SHA512, SEED64, "25091201"},
    {1111111111, TOKEN_SHA1, SEED20, "14050471"},
    {1111111111, TOKEN_SHA256, SEED32, "67062674"},
    {1111111111, TOKEN_SHA512, SEED64, "99943326"},
    {1234567890, TOKEN_SHA1, SEED20, "89005924"},
    {1234567890, TOKEN_SHA256, SEED32, "91819424"},
    {1234567890, TOKEN_SHA512, SEED64, "93441116"},
    {2000000000, TOKEN_SHA1, SEED20, "69279037"},
    {2000000000, TOKEN_SHA256, SEED32, "90698825"},
    {2000000000, TOKEN_SHA512, SEED64, "38618901"},
    {20000000000, TOKEN_SHA1, SEED20, "65353130"},
    {20000000000, TOKEN_SHA256, SEED32, "77737706"},
    {20000000000, TOKEN_SHA512, SEED64, "47863826"},
};

static void rfc6238_vectors(void **context)
{
	(void)context;
	for (size_t i = 0; i < sizeof rfc6238 / sizeof rfc6238[0]; i++) {
		for (uint8_t digits = 6; digits <= 8; digits++) {
			struct token t = token(rfc6238[i].algorithm, digits, rfc6238[i].seed);
			const char *want = rfc6238[i].code + 8 - digits;
			char code[OTP_DIGITS_MAX + 1];
			uint64_t step = 0;

			assert_int_equal(
			    otp_totp_at(&t, (uint64_t)rfc6238[i].time / 30, code), 0);
			assert_string_equal(code, want);
			assert_int_equal(
			    otp_totp_judge(&t, 0, rfc6238[i].time, 0, want, digits, &step),
			    FACTOR_ACCEPTED);
			assert_int_equal(step, rfc6238[i].time / 30);
		}
	}
}

static void bad_tokens_are_refused(void **context)
{
	char code[OTP_DIGITS_MAX + 1];
	uint64_t step = 0;
	struct token good = token(TOKEN_SHA1, 6, SEED20), t;

	(void)context;
	assert_int_equal(otp_totp_at(&good, 1, code), 0);
	t = good, t.kind = TOKEN_CARD;
	assert_int_equal(otp_totp_at(&t, 1, code), -1);
	t = good, t.kind = TOKEN_HOTP;
	assert_int_equal(otp_totp_at(&t, 1, code), -1);
	t = good, t.algorithm = 0;
	assert_int_equal(otp_totp_at(&t, 1, code), -1);
	t = good, t.algorithm = 4;
	assert_int_equal(otp_totp_at(&t, 1, code), -1);
	t = good, t.digits = 5;
	assert_int_equal(otp_totp_at(&t, 1, code), -1);
	t = good, t.digits = 9;
	assert_int_equal(otp_totp_at(&t, 1, code), -1);
	t = good, t.period = 0;
	assert_int_equal(otp_totp_at(&t, 1, code), -1);
	assert_int_equal(otp_totp_judge(&t, 0, 30, 1, "123456", 6, &step), FACTOR_ERROR);
	t = good, t.period = 14;
	assert_int_equal(otp_totp_at(&t, 1, code), -1);
	assert_int_equal(otp_totp_judge(&t, 0, 30, 1, "123456", 6, &step), FACTOR_ERROR);
	t = good, t.secret_len = TOKEN_SECRET_MAX + 1;
	assert_int_equal(otp_totp_at(&t, 1, code), -1);
	assert_int_equal(otp_totp_at(&good, UINT64_MAX, code), -1);
	assert_int_equal(otp_totp_at(&good, INT64_MAX / 30, code), 0);
	assert_int_equal(otp_totp_at(&good, INT64_MAX / 30 + 1, code), -1);
	assert_int_equal(otp_totp_at(&good, UINT64_MAX / 30 + 1, code), -1); /* wraps to 14 s */
}

static enum factor_result judge(
    const struct token *t, uint64_t next, int64_t now, unsigned window, uint64_t step)
{
	char code[OTP_DIGITS_MAX + 1];
	uint64_t matched = 0;
	enum factor_result r;

	assert_int_equal(otp_totp_at(t, step, code), 0);
	r = otp_totp_judge(t, next, now, window, code, t->digits, &matched);
	if (r == FACTOR_ACCEPTED || r == FACTOR_USED)
		assert_int_equal(matched, step);
	return r;
}

static void window_is_exact(void **context)
{
	struct token t = token(TOKEN_SHA1, 8, SEED20);

	(void)context;
	for (unsigned w = 0; w <= 10; w++) {
		for (uint64_t step = 985; step <= 1015; step++) {
			bool inside = step + w >= 1000 && step <= 1000 + w;

			assert_int_equal(judge(&t, 0, 30000, w, step),
			    inside ? FACTOR_ACCEPTED : FACTOR_WRONG);
		}
	}
	/* the step changes exactly with the period */
	assert_int_equal(judge(&t, 0, 30029, 0, 1000), FACTOR_ACCEPTED);
	assert_int_equal(judge(&t, 0, 30030, 0, 1000), FACTOR_WRONG);
	/* before the epoch's first steps nothing underflows */
	assert_int_equal(judge(&t, 0, 0, 10, 0), FACTOR_ACCEPTED);
	assert_int_equal(judge(&t, 0, 0, 1, 2), FACTOR_WRONG);
}

static void a_step_is_good_once(void **context)
{
	struct token t = token(TOKEN_SHA256, 6, SEED32);
	uint64_t step = 0;

	(void)context;
	assert_int_equal(judge(&t, 1000, 30000, 1, 1000), FACTOR_ACCEPTED);
	assert_int_equal(judge(&t, 1001, 30000, 1, 1000), FACTOR_USED);
	assert_int_equal(judge(&t, 1001, 30000, 1, 999), FACTOR_USED);
	assert_int_equal(judge(&t, 1001, 30000, 1, 1001), FACTOR_ACCEPTED);
	assert_int_equal(otp_totp_judge(&t, 0, -1, 1, "123456", 6, &step), FACTOR_WRONG);
	assert_int_equal(otp_totp_judge(&t, 0, 30000, 1, "12345678", 8, &step), FACTOR_WRONG);
}

static void a_part_of_a_code_is_no_code(void **context)
{
	struct token t = token(TOKEN_SHA1, 8, SEED20);
	char code[OTP_DIGITS_MAX + 1];
	uint64_t step = 0;

	(void)context;
	assert_int_equal(otp_totp_at(&t, 1000, code), 0);
	assert_int_equal(otp_totp_judge(&t, 0, 30000, 0, code, 8, &step), FACTOR_ACCEPTED);
	for (size_t digits = 0; digits < 8; digits++)
		assert_int_equal(
		    otp_totp_judge(&t, 0, 30000, 0, code, digits, &step), FACTOR_WRONG);
	t.digits = 6;
	assert_int_equal(otp_totp_at(&t, 1000, code), 0);
	assert_int_equal(otp_totp_judge(&t, 0, 30000, 0, code, 7, &step), FACTOR_WRONG);
}

static void typed_forms(void **context)
{
	static const struct {
		const char *typed, *want; /* NULL: no code */
	} forms[] = {
	    {"123456", "123456"},
	    {"1234567", "1234567"},
	    {"12345678", "12345678"},
	    {" 123 456 ", "123456"},
	    {"123-456", "123456"},
	    {"123\xc2\xa0"
	     "456",
	        "123456"},
	    {"\xef\xbc\x91\xef\xbc\x92\xef\xbc\x93\xe3\x80\x80\xef\xbc\x94\xef\xbc\x95\xef\xbc"
	     "\x90",
	        "123450"},
	    {"\xef\xbc\x99"
	     "99999",
	        "999999"},
	    {"", NULL},
	    {"12345", NULL},
	    {"123456789", NULL},
	    {"12345a", NULL},
	    {"123456\n", NULL},
	    {"\xef\xbc\x9a\xef\xbc\x91\xef\xbc\x91\xef\xbc\x91\xef\xbc\x91\xef\xbc\x91", NULL},
	    {"12345\xef\xbc", NULL},
	    {"123\xe3\x83\xbc"
	     "456",
	        "123456"},
	    {"123\xe2\x88\x92"
	     "456",
	        "123456"},
	    {"0123456789ABCDE4", NULL}, /* a code on paper */
	    {"hunter2 is my password", NULL},
	};

	(void)context;
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		struct secret s;
		char out[OTP_DIGITS_MAX + 1];
		size_t n;

		assert_int_equal(secret_set(&s, forms[i].typed, strlen(forms[i].typed)), 0);
		n = otp_normalize(&s, out);
		assert_int_equal(n, forms[i].want != NULL ? strlen(forms[i].want) : 0);
		assert_string_equal(out, forms[i].want != NULL ? forms[i].want : "");
	}
}

/* ---- HOTP ---- */

static struct token hotp_token(uint8_t digits)
{
	struct token t = token(TOKEN_SHA1, digits, SEED20);

	t.kind = TOKEN_HOTP;
	t.period = 0;
	return t;
}

static void rfc4226_vectors(void **context)
{
	static const char *const appendix_d[] = {"755224", "287082", "359152", "969429",
	    "338314", "254676", "287922", "162583", "399871", "520489"};
	struct token t = hotp_token(6);

	(void)context;
	for (uint64_t n = 0; n < 10; n++) {
		char code[OTP_DIGITS_MAX + 1];
		uint64_t counter = 99;

		assert_int_equal(otp_hotp_at(&t, n, code), 0);
		assert_string_equal(code, appendix_d[n]);
		assert_int_equal(
		    otp_hotp_judge(&t, 0, 9, appendix_d[n], 6, &counter), FACTOR_ACCEPTED);
		assert_int_equal(counter, n);
	}
}

static void bad_hotp_tokens_are_refused(void **context)
{
	char code[OTP_DIGITS_MAX + 1];
	uint64_t counter = 0;
	struct token good = hotp_token(6), t;

	(void)context;
	assert_int_equal(otp_hotp_at(&good, 1, code), 0);
	t = good, t.kind = TOKEN_TOTP, t.period = 30;
	assert_int_equal(otp_totp_at(&t, 1, code), 0);
	assert_int_equal(otp_hotp_at(&t, 1, code), -1);
	assert_int_equal(otp_hotp_judge(&t, 0, 9, "755224", 6, &counter), FACTOR_ERROR);
	t = good, t.algorithm = TOKEN_SHA256;
	assert_int_equal(otp_hotp_at(&t, 1, code), -1);
	assert_int_equal(otp_hotp_judge(&t, 0, 9, "755224", 6, &counter), FACTOR_ERROR);
	t = good, t.algorithm = 0;
	assert_int_equal(otp_hotp_at(&t, 1, code), -1);
	t = good, t.digits = 5;
	assert_int_equal(otp_hotp_at(&t, 1, code), -1);
	t = good, t.digits = 9;
	assert_int_equal(otp_hotp_at(&t, 1, code), -1);
	t = good, t.secret_len = TOKEN_SECRET_MAX + 1;
	assert_int_equal(otp_hotp_at(&t, 1, code), -1);
	assert_int_equal(otp_totp_judge(&good, 0, 30, 1, "755224", 6, &counter), FACTOR_ERROR);
	assert_int_equal(otp_hotp_judge(&good, 0, 9, "7552240", 7, &counter), FACTOR_WRONG);
	assert_int_equal(otp_hotp_judge(&good, 0, 9, "75522", 5, &counter), FACTOR_WRONG);
}

static enum factor_result judge_counter(uint64_t next, unsigned look_ahead, uint64_t n)
{
	struct token t = hotp_token(8);
	char code[OTP_DIGITS_MAX + 1];
	uint64_t matched = 0;
	enum factor_result r;

	assert_int_equal(otp_hotp_at(&t, n, code), 0);
	r = otp_hotp_judge(&t, next, look_ahead, code, 8, &matched);
	if (r == FACTOR_ACCEPTED || r == FACTOR_USED)
		assert_int_equal(matched, n);
	return r;
}

static void look_ahead_is_exact(void **context)
{
	static const unsigned ahead[] = {1, 10, 100};

	(void)context;
	for (size_t i = 0; i < 3; i++) {
		for (uint64_t n = 1000 - ahead[i] - 5; n <= 1000 + ahead[i] + 5; n++) {
			enum factor_result want = FACTOR_WRONG;

			if (n >= 1000 && n <= 1000 + ahead[i])
				want = FACTOR_ACCEPTED;
			if (n < 1000 && n >= 1000 - ahead[i])
				want = FACTOR_USED;
			assert_int_equal(judge_counter(1000, ahead[i], n), want);
		}
	}
	assert_int_equal(judge_counter(0, 10, 0), FACTOR_ACCEPTED);
	assert_int_equal(judge_counter(0, 10, 10), FACTOR_ACCEPTED);
	assert_int_equal(judge_counter(0, 10, 11), FACTOR_WRONG);
	assert_int_equal(judge_counter(0, 10, UINT64_MAX), FACTOR_WRONG);
	assert_int_equal(judge_counter(3, 10, 0), FACTOR_USED);
	assert_int_equal(judge_counter(3, 10, 2), FACTOR_USED);
	assert_int_equal(judge_counter(0, 0, 0), FACTOR_ACCEPTED);
	assert_int_equal(judge_counter(0, 0, 1), FACTOR_WRONG);
}

/* After the last counter would come 0 again, and every code would be good once more. */
static void counters_do_not_begin_again(void **context)
{
	const uint64_t end = UINT64_MAX;

	(void)context;
	for (uint64_t next = end - 15; next < end; next++) {
		assert_int_equal(judge_counter(next, 10, next), FACTOR_ACCEPTED);
		assert_int_equal(judge_counter(next, 10, end), FACTOR_WRONG);
		assert_int_equal(judge_counter(next, 10, next - 10), FACTOR_USED);
		assert_int_equal(judge_counter(next, 10, 0), FACTOR_WRONG);
		assert_int_equal(judge_counter(next, 10, end - 1),
		    end - 1 - next <= 10 ? FACTOR_ACCEPTED : FACTOR_WRONG);
	}
	assert_int_equal(judge_counter(end, 10, end), FACTOR_WRONG);
	assert_int_equal(judge_counter(end, 10, end - 1), FACTOR_USED);
	assert_int_equal(judge_counter(end, 10, end - 10), FACTOR_USED);
	assert_int_equal(judge_counter(end, 10, end - 11), FACTOR_WRONG);
	assert_int_equal(judge_counter(end, 10, 0), FACTOR_WRONG);
}

/* Two places of t, at most `apart` from each other, with one code. */
static uint64_t find_twins(
    const struct token *t, uint64_t apart, char code[OTP_DIGITS_MAX + 1], uint64_t *ret_later)
{
	char earlier[10][OTP_DIGITS_MAX + 1] = {""};

	assert_true(apart <= 10);
	for (uint64_t n = 100; n < 10000000; n++) {
		assert_int_equal(
		    t->kind == TOKEN_HOTP ? otp_hotp_at(t, n, code) : otp_totp_at(t, n, code),
		    0);
		for (uint64_t back = 1; back <= apart; back++) {
			if (strcmp(code, earlier[(n - back) % 10]) != 0)
				continue;
			*ret_later = n;
			return n - back;
		}
		memcpy(earlier[n % 10], code, sizeof earlier[0]);
	}
	fail_msg("no two alike");
	return 0;
}

/* Otherwise who saw the code could use it for the other place. */
static void a_code_that_stands_for_two_burns_both(void **context)
{
	struct token h = hotp_token(6), t = token(TOKEN_SHA1, 6, SEED20);
	char code[OTP_DIGITS_MAX + 1];
	uint64_t first, second = 0, matched = 0;

	(void)context;
	first = find_twins(&h, 8, code, &second);
	assert_int_equal(otp_hotp_judge(&h, first, 8, code, 6, &matched), FACTOR_ACCEPTED);
	assert_int_equal(matched, second);
	/* used at the first, good at the second */
	assert_int_equal(otp_hotp_judge(&h, first + 1, 8, code, 6, &matched), FACTOR_ACCEPTED);
	assert_int_equal(matched, second);
	assert_int_equal(otp_hotp_judge(&h, second + 1, 8, code, 6, &matched), FACTOR_USED);

	first = find_twins(&t, 8, code, &second);
	assert_int_equal(
	    otp_totp_judge(&t, 0, (int64_t)first * 30, 8, code, 6, &matched), FACTOR_ACCEPTED);
	assert_int_equal(matched, second);
	assert_int_equal(
	    otp_totp_judge(&t, second + 1, (int64_t)first * 30, 8, code, 6, &matched),
	    FACTOR_USED);
}

/* ---- the factor over a whole record ---- */

#define T0 1700000010 /* a whole step */
#define S0 (T0 / 30)

static int64_t now;

struct fixture {
	struct record record;
	struct state state;
	unsigned window, look_ahead;
	int64_t behind;
	struct factor_attempt attempt; /* as it was left */
};

static struct fixture nobody(void)
{
	now = T0;
	return (struct fixture){.window = 1, .look_ahead = 10};
}

/* With a secret and an id of its own. */
static struct token *add(struct fixture *f, enum token_kind kind, uint8_t digits)
{
	unsigned i = f->record.token_count++;
	struct token *t = &f->record.tokens[i];

	assert_true(i < RECORD_TOKENS_MAX);
	*t = kind == TOKEN_HOTP ? hotp_token(digits) : token(TOKEN_SHA1, digits, SEED20);
	t->secret[0] = t->id[0] = (uint8_t)('A' + i);
	t->label[0] = (char)('a' + i);
	memcpy(f->state.counters[i].id, t->id, TOKEN_ID_SIZE);
	return t;
}

static const char *code_at(const struct fixture *f, unsigned i, uint64_t n)
{
	static char code[OTP_DIGITS_MAX + 1];
	const struct token *t = &f->record.tokens[i];

	assert_int_equal(
	    t->kind == TOKEN_HOTP ? otp_hotp_at(t, n, code) : otp_totp_at(t, n, code), 0);
	return code;
}

static enum factor_result try(struct fixture *f, const char *code)
{
	struct secret answer;

	assert_int_equal(secret_set(&answer, code, strlen(code)), 0);
	f->attempt = (struct factor_attempt){.answer = &answer,
	    .record = &f->record,
	    .state = &f->state,
	    .now = now,
	    .totp_window = f->window,
	    .hotp_look_ahead = f->look_ahead,
	    .behind = f->behind,
	    .note = "left over"};
	computed = 0;
	return factor_otp.verify(&f->attempt);
}

/* Refused with nothing changed and nothing said. */
static void assert_refused(struct fixture *f, const char *code, enum factor_result want)
{
	const struct state before = f->state;

	assert_int_equal(try(f, code), want);
	assert_memory_equal(&before, &f->state, sizeof before);
	assert_null(f->attempt.token);
	assert_null(f->attempt.method);
	assert_null(f->attempt.note);
	assert_false(f->attempt.time_proved);
	if (want != FACTOR_CLOCK && f->behind == 0)
		assert_int_equal(f->attempt.clock_behind, 0);
}

static void any_token_may_answer_once(void **context)
{
	static const enum token_kind kinds[] = {TOKEN_TOTP, TOKEN_HOTP, TOKEN_HOTP, TOKEN_TOTP,
	    TOKEN_TOTP, TOKEN_HOTP, TOKEN_TOTP, TOKEN_HOTP};
	struct fixture f = nobody();

	(void)context;
	for (unsigned i = 0; i < 8; i++)
		(void)add(&f, kinds[i], (uint8_t)(6 + i % 3));
	for (unsigned i = 8; i-- > 0;) {
		bool totp = kinds[i] == TOKEN_TOTP;
		uint64_t n = totp ? S0 : 4;
		struct state want = f.state;

		want.counters[i].next = n + 1;
		if (totp)
			want.accepted = T0;
		assert_int_equal(try(&f, code_at(&f, i, n)), FACTOR_ACCEPTED);
		assert_memory_equal(&want, &f.state, sizeof want);
		assert_ptr_equal(f.attempt.token, f.record.tokens[i].label);
		assert_string_equal(f.attempt.method, totp ? "totp" : "hotp");
		assert_int_equal(f.attempt.time_proved, totp);
		assert_null(f.attempt.note);
		assert_refused(&f, code_at(&f, i, n), FACTOR_USED);
		assert_refused(&f, code_at(&f, i, n - 1), FACTOR_USED);
	}
	assert_refused(&f, "000000", FACTOR_WRONG);
	assert_refused(&f, "password", FACTOR_MALFORMED);
	assert_refused(&f, "0123456789ABCDE4", FACTOR_MALFORMED);
	assert_int_equal(computed, 0);
}

static void the_first_token_that_accepts_wins(void **context)
{
	struct fixture f = nobody();

	(void)context;
	(void)add(&f, TOKEN_TOTP, 8);
	(void)add(&f, TOKEN_TOTP, 8);
	f.record.tokens[1].secret[0] = f.record.tokens[0].secret[0];
	assert_int_equal(try(&f, code_at(&f, 1, S0)), FACTOR_ACCEPTED);
	assert_ptr_equal(f.attempt.token, f.record.tokens[0].label);
	assert_int_equal(f.state.counters[1].next, 0);
}

static void suspended_tokens_do_not_answer(void **context)
{
	struct fixture f = nobody();

	(void)context;
	(void)add(&f, TOKEN_TOTP, 6);
	(void)add(&f, TOKEN_HOTP, 6);
	(void)add(&f, TOKEN_TOTP, 6);
	f.record.tokens[0].flags = f.record.tokens[1].flags = TOKEN_SUSPENDED;
	assert_refused(&f, code_at(&f, 0, S0), FACTOR_WRONG);
	assert_refused(&f, code_at(&f, 1, 0), FACTOR_WRONG);
	assert_int_equal(try(&f, code_at(&f, 2, S0)), FACTOR_ACCEPTED);
}

/* A token that cannot be judged answers nothing, and the healthy ones still do. */
static void an_error_hides_nothing(void **context)
{
	struct fixture f = nobody();

	(void)context;
	(void)add(&f, TOKEN_TOTP, 8);
	(void)add(&f, TOKEN_TOTP, 8);
	(void)add(&f, TOKEN_HOTP, 8);
	f.record.tokens[0].algorithm = 0;
	assert_refused(&f, "00000000", FACTOR_ERROR);
	assert_int_equal(try(&f, code_at(&f, 1, S0)), FACTOR_ACCEPTED);
	assert_refused(&f, code_at(&f, 1, S0), FACTOR_USED);
	assert_int_equal(try(&f, code_at(&f, 2, 3)), FACTOR_ACCEPTED);
	/* nor does one that comes after */
	f.record.tokens[2].algorithm = 0;
	assert_refused(&f, code_at(&f, 1, S0), FACTOR_USED);
	f.behind = 7;
	assert_refused(&f, code_at(&f, 1, S0 + 1), FACTOR_CLOCK);
}

/* A token whose revocation was interrupted: it opens nothing, and the log alone says why. */
static void assert_incomplete(struct fixture *f, const char *code)
{
	const struct state before = f->state;

	assert_int_equal(try(f, code), FACTOR_WRONG);
	assert_memory_equal(&before, &f->state, sizeof before);
	assert_string_equal(f->attempt.note, "incomplete-token");
}

static void an_incomplete_token_hides_nothing(void **context)
{
	struct fixture f = nobody();

	(void)context;
	(void)add(&f, TOKEN_TOTP, 8);
	(void)add(&f, TOKEN_TOTP, 8);
	(void)add(&f, TOKEN_HOTP, 8);
	memset(&f.state.counters[0], 0, sizeof f.state.counters[0]);
	assert_incomplete(&f, code_at(&f, 0, S0));
	assert_incomplete(&f, "00000000");
	assert_int_equal(try(&f, code_at(&f, 1, S0)), FACTOR_ACCEPTED);
	assert_refused(&f, code_at(&f, 1, S0), FACTOR_USED);
	assert_int_equal(try(&f, code_at(&f, 2, 3)), FACTOR_ACCEPTED);
	assert_refused(&f, code_at(&f, 2, 3), FACTOR_USED);
	/* nor does one that comes after */
	memset(&f.state.counters[2], 0, sizeof f.state.counters[2]);
	assert_refused(&f, code_at(&f, 1, S0), FACTOR_USED);
	assert_int_equal(try(&f, code_at(&f, 1, S0 + 1)), FACTOR_ACCEPTED);
	f.state.counters[1].next = 0;
	now = T0 - FLOOR_TOLERANCE_S - 1;
	assert_refused(&f, code_at(&f, 1, (uint64_t)now / 30), FACTOR_CLOCK);
	f.behind = 7;
	assert_refused(&f, code_at(&f, 1, S0), FACTOR_CLOCK);
	assert_int_equal(f.attempt.clock_behind, 7);
}

static void what_cannot_be_computed_is_no_match(void **context)
{
	(void)context;
	for (unsigned i = 1; i <= 6 + 21; i++) {
		struct fixture f = nobody();
		char code[OTP_DIGITS_MAX + 1];

		(void)add(&f, TOKEN_TOTP, 8);
		(void)add(&f, TOKEN_HOTP, 8);
		f.state.counters[0].drift = 5;
		f.state.counters[1].next = 30;
		strcpy(code, code_at(&f, i <= 6 ? 0 : 1, i <= 6 ? S0 : 30));
		broken_at = i;
		assert_refused(&f, code, FACTOR_ERROR);
		strcpy(code, code_at(&f, i <= 6 ? 1 : 0, i <= 6 ? 30 : S0));
		assert_int_equal(try(&f, code), FACTOR_ACCEPTED);
		broken_at = 0;
	}
}

/* ---- tokens whose clock goes elsewhere ---- */

static const struct {
	unsigned window;
	int32_t drift;
	int64_t offset; /* of the code, steps */
	bool good;
	int32_t learned;
} drifts[] = {
    {1, 0, 0, true, 0},
    {1, 0, 1, true, 1},
    {1, 0, -1, true, -1},
    {1, 0, 2, false, 0},
    {1, 0, -2, false, 0},
    {1, 1, 2, true, 2},
    {1, 1, -1, true, -1},
    {1, 1, 3, false, 0},
    {1, -1, -2, true, -2},
    {1, -1, -3, false, 0},
    {1, 19, 20, true, 20},
    {1, 20, 21, true, 20},
    {1, 20, 19, true, 19},
    {1, 20, 22, false, 0},
    {1, -20, -21, true, -20},
    {1, -20, -22, false, 0},
    {1, 20, 0, true, 0},
    {1, 20, -1, true, -1},
    {1, 20, 10, false, 0},
    {1, 20, -20, false, 0},
    {0, 0, 0, true, 0},
    {0, 0, 1, false, 0},
    {0, 7, 7, true, 7},
    {0, 7, 0, true, 0},
    {10, 15, 25, true, 20},
    {10, -15, -25, true, -20},
    {10, 0, 10, true, 10},
    /* farther than logins would go: where a resync has put it */
    {1, 100, 101, true, 100},
    {1, 100, 99, true, 99},
    {1, 100, 0, true, 0},
    {1, -100, -101, true, -100},
    {1, -100, -99, true, -99},
    {1, STATE_DRIFT_MAX, STATE_DRIFT_MAX + 1, true, STATE_DRIFT_MAX},
    {1, -STATE_DRIFT_MAX, -STATE_DRIFT_MAX - 1, true, -STATE_DRIFT_MAX},
    {1, STATE_DRIFT_MAX, -STATE_DRIFT_MAX, false, 0},
};

static void drift_is_learned_and_bounded(void **context)
{
	(void)context;
	for (size_t i = 0; i < sizeof drifts / sizeof drifts[0]; i++) {
		struct fixture f = nobody();
		uint64_t step = (uint64_t)(S0 + drifts[i].offset);

		(void)add(&f, TOKEN_TOTP, 8);
		f.window = drifts[i].window;
		f.state.counters[0].drift = drifts[i].drift;
		now = T0 + 29; /* the end of the step is as good as its beginning */
		if (!drifts[i].good) {
			assert_refused(&f, code_at(&f, 0, step), FACTOR_WRONG);
			continue;
		}
		assert_int_equal(try(&f, code_at(&f, 0, step)), FACTOR_ACCEPTED);
		assert_int_equal(f.state.counters[0].drift, drifts[i].learned);
		assert_int_equal(f.state.counters[0].next, step + 1);
		assert_int_equal(f.state.accepted, T0 + 29);
		assert_refused(&f, code_at(&f, 0, step), FACTOR_USED);
	}
}

static void both_windows_are_exact(void **context)
{
	(void)context;
	for (unsigned w = 0; w <= 10; w++) {
		for (int64_t o = -40; o <= 40; o++) {
			struct fixture f = nobody();
			bool here = o >= -(int64_t)w && o <= (int64_t)w;
			bool there = o >= 12 - (int64_t)w && o <= 12 + (int64_t)w;

			(void)add(&f, TOKEN_TOTP, 8);
			f.window = w;
			f.state.counters[0].drift = 12;
			assert_int_equal(try(&f, code_at(&f, 0, (uint64_t)(S0 + o))),
			    here || there ? FACTOR_ACCEPTED : FACTOR_WRONG);
		}
	}
}

/* Always the last code the window has, for a day and more; in seconds, steps differ. */
static void nobody_leads_it_away(void **context)
{
	static const uint16_t periods[] = {15, 30, 60, 300};

	(void)context;
	for (size_t n = 0; n < 8; n++) {
		int64_t period = periods[n / 2], sign = n % 2 == 0 ? 1 : -1, most = 0;
		struct fixture f = nobody();

		add(&f, TOKEN_TOTP, 8)->period = (uint16_t)period;
		for (unsigned i = 0; i < 100; i++) {
			int64_t seen = f.state.counters[0].drift + sign;
			uint64_t step;

			now += period * 25;
			step = (uint64_t)(now / period + seen);
			assert_int_equal(try(&f, code_at(&f, 0, step)), FACTOR_ACCEPTED);
			most = f.state.counters[0].drift * sign;
			assert_true(most * period <= PERSON_FOLLOWED_S);
		}
		assert_int_equal(most, PERSON_FOLLOWED_S / period);
	}
}

/* The terminal goes 20 minutes wrong over the years, and is set right: all get in before and
 * after. */
static void a_clock_set_right(void **context)
{
	struct fixture f = nobody();
	uint64_t real = S0;

	(void)context;
	(void)add(&f, TOKEN_TOTP, 8);
	for (int i = 0; i <= 20; i++, real += 100, now += 100 * 30 - 30)
		assert_int_equal(try(&f, code_at(&f, 0, real)), FACTOR_ACCEPTED);
	assert_int_equal(f.state.counters[0].drift, 20);
	now = (int64_t)real * 30;
	assert_int_equal(try(&f, code_at(&f, 0, real)), FACTOR_ACCEPTED);
	assert_int_equal(f.state.counters[0].drift, 0);
}

/* ---- clocks that went back, or far away ---- */

/* The phone's time is T0 and what has passed; the terminal is set back by a step. */
static void one_step_back_goes_on(void **context)
{
	struct fixture f = nobody();

	(void)context;
	(void)add(&f, TOKEN_TOTP, 8);
	assert_int_equal(try(&f, code_at(&f, 0, S0)), FACTOR_ACCEPTED);
	now = T0 - 30;
	assert_refused(&f, code_at(&f, 0, S0), FACTOR_USED);
	assert_refused(&f, code_at(&f, 0, S0 - 1), FACTOR_USED);
	now = T0 + 30 - 30;
	assert_int_equal(try(&f, code_at(&f, 0, S0 + 1)), FACTOR_ACCEPTED);
	assert_int_equal(f.state.counters[0].drift, 1);
	now = T0 + 60 - 30;
	assert_int_equal(try(&f, code_at(&f, 0, S0 + 2)), FACTOR_ACCEPTED);
	/* and another one */
	now = T0 + 90 - 60;
	assert_int_equal(try(&f, code_at(&f, 0, S0 + 3)), FACTOR_ACCEPTED);
	assert_int_equal(f.state.counters[0].drift, 2);
}

/* For the log only: the code of now is used, for codes of later were. */
static void a_clock_that_was_ahead_is_noted(void **context)
{
	const uint64_t far = S0 + 1 + 1 + FLOOR_TOLERANCE_S / 30;
	struct fixture f = nobody();

	(void)context;
	(void)add(&f, TOKEN_TOTP, 8);
	f.state.counters[0].next = far;
	assert_refused(&f, code_at(&f, 0, S0), FACTOR_USED);
	f.state.counters[0].next = far + 1;
	assert_int_equal(try(&f, code_at(&f, 0, S0)), FACTOR_USED);
	assert_string_equal(f.attempt.note, "used-ahead");
	assert_int_equal(f.state.counters[0].next, far + 1);
	assert_refused(&f, "00000000", FACTOR_WRONG);
}

static void a_right_code_of_the_past(void **context)
{
	struct fixture f = nobody();

	(void)context;
	(void)add(&f, TOKEN_TOTP, 8);
	f.state.accepted = T0 + FLOOR_TOLERANCE_S;
	assert_int_equal(try(&f, code_at(&f, 0, S0)), FACTOR_ACCEPTED);
	assert_int_equal(f.state.accepted, T0 + FLOOR_TOLERANCE_S);
	f.state.accepted = T0 + FLOOR_TOLERANCE_S + 1;
	assert_refused(&f, code_at(&f, 0, S0 + 1), FACTOR_CLOCK);
	assert_int_equal(f.attempt.clock_behind, FLOOR_TOLERANCE_S + 1);
	/* who has no right code learns nothing */
	assert_refused(&f, "00000000", FACTOR_WRONG);
	assert_refused(&f, code_at(&f, 0, S0), FACTOR_USED);
	/* it was not spent */
	now = T0 + 30;
	assert_int_equal(try(&f, code_at(&f, 0, S0 + 1)), FACTOR_ACCEPTED);
	/* HOTP knows no time */
	(void)add(&f, TOKEN_HOTP, 8);
	f.state.accepted = T0 + 100000;
	assert_int_equal(try(&f, code_at(&f, 1, 0)), FACTOR_ACCEPTED);
	assert_int_equal(f.state.accepted, T0 + 100000);
}

static void behind_the_floor(void **context)
{
	struct fixture f = nobody(), decoy = nobody();

	(void)context;
	(void)add(&f, TOKEN_TOTP, 8);
	f.behind = decoy.behind = 3600;
	assert_refused(&f, code_at(&f, 0, S0), FACTOR_CLOCK);
	assert_int_equal(f.attempt.clock_behind, 3600);
	assert_refused(&f, "00000000", FACTOR_CLOCK);
	assert_int_equal(f.attempt.clock_behind, 3600);
	assert_refused(&decoy, "00000000", FACTOR_CLOCK);
	assert_int_equal(decoy.attempt.clock_behind, 3600);
	assert_refused(&f, "password", FACTOR_MALFORMED);
}

static void hotp_goes_on_behind_the_floor(void **context)
{
	struct fixture f = nobody();

	(void)context;
	(void)add(&f, TOKEN_TOTP, 8);
	(void)add(&f, TOKEN_HOTP, 8);
	f.behind = 1;
	assert_refused(&f, code_at(&f, 0, S0), FACTOR_CLOCK);
	assert_refused(&f, code_at(&f, 1, 11), FACTOR_CLOCK);
	assert_int_equal(try(&f, code_at(&f, 1, 10)), FACTOR_ACCEPTED);
	assert_false(f.attempt.time_proved);
	assert_int_equal(f.state.accepted, 0);
	assert_refused(&f, code_at(&f, 1, 10), FACTOR_USED);
	f.record.tokens[1].flags = TOKEN_SUSPENDED;
	assert_refused(&f, code_at(&f, 1, 11), FACTOR_CLOCK);
}

/* A battery that died, a year typed wrong: nothing is accepted, and nothing is different when
 * the clock is right again. */
static void wild_clocks(void **context)
{
	static const struct {
		int64_t now, behind;
		enum factor_result want;
	} clocks[] = {
	    {T0 - 3600, 0, FACTOR_WRONG}, /* the floor is moved lazily */
	    {T0 - 3600, 3600, FACTOR_CLOCK},
	    {0, 0, FACTOR_WRONG},
	    {0, T0, FACTOR_CLOCK},
	    {29, 0, FACTOR_WRONG},
	    {-1, 0, FACTOR_WRONG},
	    {-30, 0, FACTOR_WRONG},
	    {-1, T0, FACTOR_CLOCK},
	    {INT64_MIN, 0, FACTOR_WRONG},
	    {INT64_MIN, INT64_MAX, FACTOR_CLOCK},
	    {4070908800, 0, FACTOR_WRONG}, /* 2099 */
	    {INT64_MAX, 0, FACTOR_WRONG},
	    {INT64_MAX - 600, 0, FACTOR_WRONG},
	};
	static const int32_t drifts_too[] = {0, 20, -20, STATE_DRIFT_MAX, -STATE_DRIFT_MAX};

	(void)context;
	for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
		for (size_t d = 0; d < 5; d++) {
			struct fixture f = nobody();

			f.window = 10;
			(void)add(&f, TOKEN_TOTP, 8);
			(void)add(&f, TOKEN_HOTP, 8);
			assert_int_equal(try(&f, code_at(&f, 0, S0)), FACTOR_ACCEPTED);
			f.state.counters[0].drift = drifts_too[d];
			now = clocks[i].now;
			f.behind = clocks[i].behind;
			assert_int_equal(try(&f, code_at(&f, 0, S0 + 1)), clocks[i].want);
			if (clocks[i].want == FACTOR_CLOCK)
				assert_true(f.attempt.clock_behind > 0);
			if (clocks[i].behind > 0)
				assert_int_equal(f.attempt.clock_behind, clocks[i].behind);
			assert_int_equal(f.state.accepted, T0);
			assert_int_equal(try(&f, code_at(&f, 1, 0)), FACTOR_ACCEPTED);
			now = T0 + 60;
			f.behind = 0;
			assert_int_equal(try(&f, code_at(&f, 0, S0 + 2)), FACTOR_ACCEPTED);
		}
	}
}

static void the_first_steps(void **context)
{
	(void)context;
	for (uint64_t step = 0; step < 4; step++) {
		struct fixture f = nobody();

		(void)add(&f, TOKEN_TOTP, 8);
		f.state.counters[0].drift = -1;
		now = 0;
		assert_int_equal(
		    try(&f, code_at(&f, 0, step)), step <= 1 ? FACTOR_ACCEPTED : FACTOR_WRONG);
	}
}

/* ---- the same work for everybody ---- */

/* One of many kinds of person. */
static struct fixture person(unsigned kind)
{
	struct fixture f = nobody();
	unsigned i;

	switch (kind) {
	case 0: /* a decoy */
		break;
	case 1:
	case 2:
		(void)add(&f, kind == 1 ? TOKEN_TOTP : TOKEN_HOTP, 6);
		f.state.counters[0].next = 50;
		break;
	case 3:
	case 4:
	case 5:
		for (i = 0; i < 8; i++) {
			(void)add(&f,
			    kind == 3 || (kind == 5 && i % 2) ? TOKEN_TOTP : TOKEN_HOTP,
			    (uint8_t)(i < 6 ? 6 : 8));
			f.state.counters[i].next = 50;
			f.state.counters[i].drift = i % 3 == 0 ? (int32_t)i : 0;
		}
		break;
	case 6:
	case 7: /* suspended */
		f = person(kind - 1);
		for (i = 0; i < 8; i++)
			f.record.tokens[i].flags = i % 2 || kind == 7 ? TOKEN_SUSPENDED : 0;
		break;
	case 8: /* counters missing */
		f = person(5);
		memset(f.state.counters, 0, sizeof f.state.counters);
		break;
	case 9: /* at both ends of the counters */
		f = person(4);
		f.state.counters[0].next = 0;
		f.state.counters[1].next = 3;
		f.state.counters[2].next = UINT64_MAX;
		f.state.counters[3].next = UINT64_MAX - 3;
		break;
	case 10: /* another algorithm, another period, another kind */
		f = person(3);
		f.record.tokens[0].algorithm = TOKEN_SHA512;
		f.record.tokens[1].period = 15;
		f.record.tokens[2].period = 300;
		f.record.tokens[3].kind = TOKEN_CARD;
		f.record.tokens[4].algorithm = 9;
		break;
	default:
		fail();
	}
	return f;
}

#define PEOPLE 11

static void refusals_cost_the_same(void **context)
{
	static const unsigned settings[][3] = {{1, 10, 8 * 21}, {10, 1, 8 * 42}, {0, 1, 8 * 3},
	    {10, 100, 8 * 201}, {5, 10, 8 * 22}};
	static const int64_t clocks[] = {T0, 0, 31, -1, INT64_MIN, INT64_MAX, 4070908800};
	static const char *const wrong[] = {"000000", "0000000", "00000000"};

	(void)context;
	for (size_t s = 0; s < 5; s++) {
		for (unsigned kind = 0; kind < PEOPLE; kind++) {
			for (size_t i = 0; i < 7 * 3 * 2; i++) {
				struct fixture f = person(kind);

				f.window = settings[s][0];
				f.look_ahead = settings[s][1];
				f.behind = i % 2 ? 99 : 0;
				now = clocks[i / 6];
				assert_true(try(&f, wrong[i / 2 % 3]) != FACTOR_ACCEPTED);
				assert_int_equal(computed, settings[s][2]);
			}
		}
	}
}

static void right_codes_cost_the_same(void **context)
{
	struct fixture f = nobody();

	(void)context;
	(void)add(&f, TOKEN_TOTP, 8);
	(void)add(&f, TOKEN_HOTP, 8);
	f.state.counters[0].next = S0 + 1;
	f.state.counters[1].next = 20;
	assert_refused(&f, code_at(&f, 0, S0), FACTOR_USED);
	assert_int_equal(computed, 8 * 21);
	assert_refused(&f, code_at(&f, 1, 19), FACTOR_USED);
	assert_int_equal(computed, 8 * 21);
	f.state.accepted = T0 + 1000;
	assert_refused(&f, code_at(&f, 0, S0 + 1), FACTOR_CLOCK);
	assert_int_equal(computed, 8 * 21);
	/* and right ones: somebody suspended is refused with one, by lib/login */
	assert_int_equal(try(&f, code_at(&f, 1, 25)), FACTOR_ACCEPTED);
	assert_int_equal(computed, 8 * 21);
	f.state.accepted = 0;
	assert_int_equal(try(&f, code_at(&f, 0, S0 + 1)), FACTOR_ACCEPTED);
	assert_int_equal(computed, 8 * 21);
}

/* ---- resync ---- */

static struct fixture one(enum token_kind kind, uint8_t digits)
{
	struct fixture f = nobody();

	(void)add(&f, kind, digits);
	return f;
}

/* Codes of a and b, typed at now; true: *ret_next and *ret_drift are b + 1 and as promised. */
static bool resync(const struct fixture *f, uint64_t a, uint64_t b)
{
	const struct token *t = &f->record.tokens[0];
	char first[OTP_DIGITS_MAX + 1], second[OTP_DIGITS_MAX + 1];
	uint64_t next = 77;
	int32_t drift = 77;
	bool r;

	strcpy(first, code_at(f, 0, a));
	strcpy(second, code_at(f, 0, b));
	r = otp_resync(t, &f->state.counters[0], now, first, second, t->digits, &next, &drift);
	assert_int_equal(next, r ? b + 1 : 77);
	if (!r)
		assert_int_equal(drift, 77);
	else if (t->kind == TOKEN_HOTP)
		assert_int_equal(drift, 0);
	else
		assert_int_equal(drift, (int64_t)b - now / t->period);
	return r;
}

/* What was used and how far the latest of it is. */
static void resync_below_what_was_used(void **context)
{
	struct fixture f = one(TOKEN_TOTP, 8);
	const struct token *t = &f.record.tokens[0];
	struct counter *c = &f.state.counters[0];
	char first[OTP_DIGITS_MAX + 1], second[OTP_DIGITS_MAX + 1];
	int64_t behind = 77;

	(void)context;
	strcpy(first, code_at(&f, 0, S0 - 1));
	strcpy(second, code_at(&f, 0, S0));
	assert_false(otp_resync_used(t, c, now, first, second, 8, &behind)); /* never used */
	c->next = S0;
	assert_false(otp_resync_used(t, c, now, first, second, 8, &behind));
	assert_int_equal(behind, 77);
	c->next = S0 + 1;
	assert_true(otp_resync_used(t, c, now, first, second, 8, &behind));
	assert_int_equal(behind, 0);
	c->next = S0 + 601;
	assert_true(otp_resync_used(t, c, now, first, second, 8, &behind));
	assert_int_equal(behind, 600 * 30);
	assert_false(otp_resync_used(t, c, now, second, first, 8, &behind));
	assert_false(otp_resync_used(t, c, now + 86400 + 60, first, second, 8, &behind));
	c->next = UINT64_MAX;
	assert_false(otp_resync_used(t, c, now, first, second, 8, &behind));
	assert_int_equal(c->next, UINT64_MAX);
}

static void resync_totp(void **context)
{
	struct fixture f = one(TOKEN_TOTP, 8);

	(void)context;
	for (int64_t o = -2882; o <= 2882; o += o < -2875 || o > 2870 ? 1 : 17) {
		uint64_t b = (uint64_t)(S0 + o);

		assert_int_equal(resync(&f, b - 1, b), o >= -2880 && o <= 2880);
	}
	assert_true(resync(&f, S0 + 499, S0 + 500));
	assert_false(resync(&f, S0 + 500, S0 + 499)); /* swapped */
	assert_false(resync(&f, S0 + 500, S0 + 500)); /* the same twice */
	assert_false(resync(&f, S0 + 500, S0 + 502)); /* one left out */
	/* never back behind a code that was used */
	f.state.counters[0].next = S0 + 500;
	assert_true(resync(&f, S0 + 500, S0 + 501));
	f.state.counters[0].next = S0 + 501;
	assert_false(resync(&f, S0 + 500, S0 + 501));
	f.state.counters[0].next = UINT64_MAX;
	assert_false(resync(&f, S0 + 500, S0 + 501));
	/* short steps: as far as a state can hold */
	f = one(TOKEN_TOTP, 8);
	f.record.tokens[0].period = 15;
	assert_true(resync(&f, T0 / 15 + 5759, T0 / 15 + 5760));
	assert_false(resync(&f, T0 / 15 + 5760, T0 / 15 + 5761));
	assert_true(resync(&f, T0 / 15 - 5761, T0 / 15 - 5760));
	/* and a login follows it there */
	f = one(TOKEN_TOTP, 8);
	f.state.counters[0].drift = 2000;
	assert_int_equal(try(&f, code_at(&f, 0, S0 + 2001)), FACTOR_ACCEPTED);
}

static void resync_at_wild_clocks(void **context)
{
	struct fixture f = one(TOKEN_TOTP, 8);

	(void)context;
	now = 0;
	assert_true(resync(&f, 0, 1));
	assert_true(resync(&f, 2879, 2880));
	assert_false(resync(&f, 2880, 2881));
	now = -1;
	assert_false(resync(&f, 0, 1));
	now = INT64_MIN;
	assert_false(resync(&f, 0, 1));
	now = INT64_MAX;
	assert_true(resync(&f, INT64_MAX / 30 - 1, INT64_MAX / 30));
	assert_false(resync(&f, 0, 1));
}

static void resync_hotp(void **context)
{
	struct fixture f = one(TOKEN_HOTP, 8);
	const uint64_t next = 5000;

	(void)context;
	f.state.counters[0].next = next;
	now = INT64_MIN; /* no matter */
	assert_true(resync(&f, next, next + 1));
	assert_false(resync(&f, next - 1, next));
	assert_true(resync(&f, next + OTP_RESYNC_HOTP, next + OTP_RESYNC_HOTP + 1));
	assert_false(resync(&f, next + OTP_RESYNC_HOTP + 1, next + OTP_RESYNC_HOTP + 2));
	assert_false(resync(&f, next + 8, next + 7));
	assert_false(resync(&f, next + 8, next + 8));
	assert_false(resync(&f, next + 8, next + 10));
	f.state.counters[0].next = UINT64_MAX - 3;
	assert_true(resync(&f, UINT64_MAX - 3, UINT64_MAX - 2));
	assert_true(resync(&f, UINT64_MAX - 2, UINT64_MAX - 1));
	assert_false(resync(&f, UINT64_MAX - 1, UINT64_MAX));
	assert_false(resync(&f, 0, 1));
	f.state.counters[0].next = UINT64_MAX;
	assert_false(resync(&f, UINT64_MAX - 1, UINT64_MAX));
	assert_false(resync(&f, UINT64_MAX, 0));
}

static void resync_needs_all_of_them(void **context)
{
	struct fixture f = one(TOKEN_HOTP, 8);
	char first[OTP_DIGITS_MAX + 1], second[OTP_DIGITS_MAX + 1];
	uint64_t next = 0;
	int32_t drift = 0;

	(void)context;
	strcpy(first, code_at(&f, 0, 5));
	strcpy(second, code_at(&f, 0, 6));
	computed = 0;
	broken_at = 1000;
	assert_false(otp_resync(
	    &f.record.tokens[0], &f.state.counters[0], now, first, second, 8, &next, &drift));
	broken_at = 0;
	assert_true(otp_resync(
	    &f.record.tokens[0], &f.state.counters[0], now, first, second, 8, &next, &drift));
	assert_int_equal(next, 7);
}

/* Not even with the first digits of its codes. */
static void resync_refuses_other_tokens(void **context)
{
	struct fixture f = one(TOKEN_TOTP, 8);
	struct token *t = &f.record.tokens[0];
	char first[OTP_DIGITS_MAX + 1], second[OTP_DIGITS_MAX + 1];
	uint64_t next = 0;
	int32_t drift = 0;

	(void)context;
	strcpy(first, code_at(&f, 0, S0));
	strcpy(second, code_at(&f, 0, S0 + 1));
	assert_true(otp_resync(t, &f.state.counters[0], now, first, second, 8, &next, &drift));
	for (size_t digits = 0; digits < 8; digits++)
		assert_false(otp_resync(
		    t, &f.state.counters[0], now, first, second, digits, &next, &drift));
	t->kind = TOKEN_CARD;
	assert_false(otp_resync(t, &f.state.counters[0], now, first, second, 8, &next, &drift));
	t->kind = TOKEN_TOTP;
	t->period = 0;
	assert_false(otp_resync(t, &f.state.counters[0], now, first, second, 8, &next, &drift));
	t->period = 30;
	t->algorithm = 7;
	assert_false(otp_resync(t, &f.state.counters[0], now, first, second, 8, &next, &drift));
}

/* Where it is cannot be told then. */
static void two_places_are_none(void **context)
{
	struct fixture h = one(TOKEN_HOTP, 8), t = one(TOKEN_TOTP, 8);
	bool hotp, hotp_twice, totp, totp_twice;

	(void)context;
	cycle = 1000; /* 1001 pairs are looked at: the first and the last are alike */
	hotp = resync(&h, 500, 501);
	hotp_twice = resync(&h, 0, 1);
	t.state.counters[0].next = S0 + 2000;
	totp = resync(&t, S0 + 2500, S0 + 2501);
	t.state.counters[0].next = S0 + 1000;
	totp_twice = resync(&t, S0 + 2500, S0 + 2501);
	cycle = 0;
	assert_true(hotp);
	assert_false(hotp_twice);
	assert_true(totp);
	assert_false(totp_twice);
}

/* ---- diagnosis ---- */

#define NO_DIAGNOSIS INT64_MIN

static int64_t diagnose(const struct fixture *f, const char *code)
{
	struct secret answer;
	int64_t seconds = NO_DIAGNOSIS;
	bool r;

	assert_int_equal(secret_set(&answer, code, strlen(code)), 0);
	computed = 0;
	r = otp_diagnose(&f->record, &f->state, &answer, now, &seconds);
	assert_int_equal(r, seconds != NO_DIAGNOSIS);
	return seconds;
}

static void how_wrong_the_clock_is(void **context)
{
	struct fixture f = one(TOKEN_TOTP, 8);

	(void)context;
	now = T0 + 17;
	for (int64_t o = -2885; o <= 2885; o += o > -2875 && o < 2870 ? 19 : 1) {
		bool near = o >= -2880 && o <= 2880;

		assert_int_equal(diagnose(&f, code_at(&f, 0, (uint64_t)(S0 + o))),
		    near ? o * 30 : NO_DIAGNOSIS);
		assert_int_equal(computed, OTP_DIAGNOSIS_CANDIDATES);
	}
	/* nothing in the state or the record is touched: they are const; and no letters */
	assert_int_equal(diagnose(&f, "password"), NO_DIAGNOSIS);
	/* codes that were used, or seen and kept, say nothing */
	f.state.counters[0].next = S0 - 100;
	assert_int_equal(diagnose(&f, code_at(&f, 0, S0 - 101)), NO_DIAGNOSIS);
	assert_int_equal(diagnose(&f, code_at(&f, 0, S0 - 100)), -3000);
	f.state.counters[0].next = UINT64_MAX;
	assert_int_equal(diagnose(&f, code_at(&f, 0, S0 + 5)), NO_DIAGNOSIS);
	/* the drift does not matter: it is this clock that is looked at */
	f.state.counters[0].next = 0;
	f.state.counters[0].drift = 7;
	assert_int_equal(diagnose(&f, code_at(&f, 0, S0 + 100)), 3000);
	f.record.tokens[0].flags = TOKEN_SUSPENDED;
	assert_int_equal(diagnose(&f, code_at(&f, 0, S0 + 100)), NO_DIAGNOSIS);
	f.record.tokens[0].flags = 0;
	memset(&f.state.counters[0], 0, sizeof f.state.counters[0]);
	assert_int_equal(diagnose(&f, code_at(&f, 0, S0 + 100)), NO_DIAGNOSIS);
}

static void diagnosis_is_in_seconds(void **context)
{
	struct fixture f = one(TOKEN_TOTP, 8);

	(void)context;
	f.record.tokens[0].period = 15;
	assert_int_equal(diagnose(&f, code_at(&f, 0, T0 / 15 + 5760)), DAY_S);
	assert_int_equal(diagnose(&f, code_at(&f, 0, T0 / 15 + 5761)), NO_DIAGNOSIS);
	assert_int_equal(diagnose(&f, code_at(&f, 0, T0 / 15 - 5760)), -DAY_S);
	assert_int_equal(computed, OTP_DIAGNOSIS_CANDIDATES);
	f.record.tokens[0].period = 300;
	assert_int_equal(diagnose(&f, code_at(&f, 0, T0 / 300 + 288)), DAY_S);
	assert_int_equal(diagnose(&f, code_at(&f, 0, T0 / 300 + 289)), NO_DIAGNOSIS);
}

static void tokens_share_the_search(void **context)
{
	struct fixture f = one(TOKEN_TOTP, 8);

	(void)context;
	(void)add(&f, TOKEN_TOTP, 8);
	assert_int_equal(diagnose(&f, code_at(&f, 0, S0 + 2880)), DAY_S);
	assert_int_equal(diagnose(&f, code_at(&f, 1, S0 - 2880)), -DAY_S);
	/* those that cannot be meant take nothing away */
	(void)add(&f, TOKEN_TOTP, 6);
	(void)add(&f, TOKEN_HOTP, 8);
	(void)add(&f, TOKEN_TOTP, 8);
	f.record.tokens[4].flags = TOKEN_SUSPENDED;
	assert_int_equal(diagnose(&f, code_at(&f, 1, S0 - 2880)), -DAY_S);
	f.record.tokens[4].flags = 0;
	assert_int_equal(diagnose(&f, code_at(&f, 1, S0 - 2880)), NO_DIAGNOSIS);
	assert_int_equal(diagnose(&f, code_at(&f, 1, S0 - 1919)), -1919 * 30);
	assert_int_equal(diagnose(&f, code_at(&f, 4, S0 + 1919)), 1919 * 30);
	assert_int_equal(diagnose(&f, code_at(&f, 4, S0 + 1920)), NO_DIAGNOSIS);
}

/* Six digits mean a second place within a day for one code in some dozens. */
static void the_nearest_counts(void **context)
{
	struct fixture f = one(TOKEN_TOTP, 6);
	char code[OTP_DIGITS_MAX + 1];
	uint64_t first, second = 0;

	(void)context;
	first = find_twins(&f.record.tokens[0], 9, code, &second);
	now = (int64_t)(first - 50) * 30;
	assert_int_equal(diagnose(&f, code), 50 * 30);
	now = (int64_t)(second + 50) * 30;
	assert_int_equal(diagnose(&f, code), -50 * 30);
	/* over tokens, too, in whatever order they stand, and by time, not by steps */
	f = one(TOKEN_TOTP, 8);
	(void)add(&f, TOKEN_TOTP, 8);
	f.record.tokens[1].secret[0] = f.record.tokens[0].secret[0];
	f.record.tokens[1].period = 15;
	now = 30 * 1000; /* steps 1000 and 2000: the code of step 1900 */
	assert_int_equal(diagnose(&f, code_at(&f, 0, 1900)), -100 * 15);
	assert_int_equal(diagnose(&f, code_at(&f, 0, 900)), -100 * 30);
	f.record.tokens[0].period = 15;
	f.record.tokens[1].period = 30;
	assert_int_equal(diagnose(&f, code_at(&f, 0, 1900)), -100 * 15);
	assert_int_equal(diagnose(&f, code_at(&f, 0, 900)), -100 * 30);
}

static void diagnosis_costs_the_same(void **context)
{
	static const int64_t clocks[] = {T0, 0, 31, -1, INT64_MIN, INT64_MAX, 4070908800};
	static const char *const codes[] = {"000000", "0000000", "00000000"};

	(void)context;
	for (unsigned kind = 0; kind < PEOPLE; kind++) {
		for (size_t i = 0; i < 7 * 3; i++) {
			struct fixture f = person(kind);

			now = clocks[i / 3];
			(void)diagnose(&f, codes[i % 3]);
			assert_int_equal(computed, OTP_DIAGNOSIS_CANDIDATES);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rfc6238_vectors),
	    cmocka_unit_test(bad_tokens_are_refused),
	    cmocka_unit_test(window_is_exact),
	    cmocka_unit_test(a_step_is_good_once),
	    cmocka_unit_test(a_part_of_a_code_is_no_code),
	    cmocka_unit_test(typed_forms),
	    cmocka_unit_test(rfc4226_vectors),
	    cmocka_unit_test(bad_hotp_tokens_are_refused),
	    cmocka_unit_test(look_ahead_is_exact),
	    cmocka_unit_test(counters_do_not_begin_again),
	    cmocka_unit_test(a_code_that_stands_for_two_burns_both),
	    cmocka_unit_test(any_token_may_answer_once),
	    cmocka_unit_test(the_first_token_that_accepts_wins),
	    cmocka_unit_test(suspended_tokens_do_not_answer),
	    cmocka_unit_test(an_error_hides_nothing),
	    cmocka_unit_test(an_incomplete_token_hides_nothing),
	    cmocka_unit_test(what_cannot_be_computed_is_no_match),
	    cmocka_unit_test(drift_is_learned_and_bounded),
	    cmocka_unit_test(both_windows_are_exact),
	    cmocka_unit_test(nobody_leads_it_away),
	    cmocka_unit_test(a_clock_set_right),
	    cmocka_unit_test(one_step_back_goes_on),
	    cmocka_unit_test(a_clock_that_was_ahead_is_noted),
	    cmocka_unit_test(a_right_code_of_the_past),
	    cmocka_unit_test(behind_the_floor),
	    cmocka_unit_test(hotp_goes_on_behind_the_floor),
	    cmocka_unit_test(wild_clocks),
	    cmocka_unit_test(the_first_steps),
	    cmocka_unit_test(refusals_cost_the_same),
	    cmocka_unit_test(right_codes_cost_the_same),
	    cmocka_unit_test(resync_totp),
	    cmocka_unit_test(resync_below_what_was_used),
	    cmocka_unit_test(resync_at_wild_clocks),
	    cmocka_unit_test(resync_hotp),
	    cmocka_unit_test(resync_needs_all_of_them),
	    cmocka_unit_test(resync_refuses_other_tokens),
	    cmocka_unit_test(two_places_are_none),
	    cmocka_unit_test(how_wrong_the_clock_is),
	    cmocka_unit_test(diagnosis_is_in_seconds),
	    cmocka_unit_test(tokens_share_the_search),
	    cmocka_unit_test(the_nearest_counts),
	    cmocka_unit_test(diagnosis_costs_the_same),
	};

	return cmocka_run_group_tests_name("otp", tests, NULL, NULL);
}
