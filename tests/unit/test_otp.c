/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * RFC 6238 vectors, typed forms of a code, the window and the used-step rule.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "lib/factors/otp.h"

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
	struct token good = token(TOKEN_SHA1, 6, SEED20), t;

	(void)context;
	assert_int_equal(otp_totp_at(&good, 1, code), 0);
	t = good, t.kind = TOKEN_CARD;
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
	t = good, t.secret_len = TOKEN_SECRET_MAX + 1;
	assert_int_equal(otp_totp_at(&t, 1, code), -1);
	assert_int_equal(otp_totp_at(&good, UINT64_MAX, code), -1);
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
	assert_int_equal(otp_totp_judge(&t, 0, -1, 1, "123456", 6, &step), FACTOR_ERROR);
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

/* ---- the factor over a whole record */

static int64_t fixed_wall(const struct clock_source *c)
{
	(void)c;
	return 30000;
}

static const struct clock_source clk = {.wall = fixed_wall};

struct fixture {
	struct record record;
	struct state state;
	struct secret answer;
};

static enum factor_result verify(struct fixture *f, const char *code, const char **ret)
{
	struct factor_attempt a = {.answer = &f->answer,
	    .record = &f->record,
	    .state = &f->state,
	    .clock = &clk,
	    .totp_window = 1};
	enum factor_result r;

	assert_int_equal(secret_set(&f->answer, code, strlen(code)), 0);
	r = factor_otp.verify(&a);
	*ret = a.token;
	return r;
}

static void two_tokens(struct fixture *f, char code0[9], char code1[9])
{
	memset(f, 0, sizeof *f);
	f->record.token_count = 2;
	f->record.tokens[0] = token(TOKEN_SHA1, 6, SEED20);
	f->record.tokens[1] = token(TOKEN_SHA512, 8, SEED64);
	f->record.tokens[1].id[0] = 9;
	for (int i = 0; i < 2; i++)
		memcpy(f->state.counters[i].id, f->record.tokens[i].id, TOKEN_ID_SIZE);
	assert_int_equal(otp_totp_at(&f->record.tokens[0], 1000, code0), 0);
	assert_int_equal(otp_totp_at(&f->record.tokens[1], 1001, code1), 0);
}

static void any_token_may_answer_once(void **context)
{
	struct fixture f;
	const char *which = NULL;
	char code0[9], code1[9];

	(void)context;
	two_tokens(&f, code0, code1);
	assert_int_equal(verify(&f, code1, &which), FACTOR_ACCEPTED);
	assert_ptr_equal(which, f.record.tokens[1].label);
	assert_int_equal(f.state.counters[1].next, 1002);
	assert_int_equal(f.state.counters[0].next, 0);
	assert_int_equal(f.state.accepted, 30000);
	assert_int_equal(verify(&f, code1, &which), FACTOR_USED);
	assert_int_equal(verify(&f, code0, &which), FACTOR_ACCEPTED);
	assert_int_equal(verify(&f, code0, &which), FACTOR_USED);
	assert_int_equal(verify(&f, "000000", &which), FACTOR_WRONG);
	assert_int_equal(verify(&f, "password", &which), FACTOR_MALFORMED);
}

static void suspended_tokens_do_not_answer(void **context)
{
	struct fixture f;
	const char *which = NULL;
	char code0[9], code1[9];

	(void)context;
	two_tokens(&f, code0, code1);
	f.record.tokens[0].flags = TOKEN_SUSPENDED;
	assert_int_equal(verify(&f, code0, &which), FACTOR_WRONG);
	assert_int_equal(f.state.counters[0].next, 0);
	assert_int_equal(verify(&f, code1, &which), FACTOR_ACCEPTED);
}

/* A token whose counter is missing answers nothing, and the healthy one still does. */
static void a_missing_counter_denies(void **context)
{
	struct fixture f;
	const char *which = NULL;
	char code0[9], code1[9];

	(void)context;
	two_tokens(&f, code0, code1);
	memset(&f.state.counters[0], 0, sizeof f.state.counters[0]);
	assert_int_equal(verify(&f, code0, &which), FACTOR_ERROR);
	assert_int_equal(verify(&f, code1, &which), FACTOR_ACCEPTED);
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
	    cmocka_unit_test(any_token_may_answer_once),
	    cmocka_unit_test(suspended_tokens_do_not_answer),
	    cmocka_unit_test(a_missing_counter_denies),
	};

	return cmocka_run_group_tests_name("otp", tests, NULL, NULL);
}
