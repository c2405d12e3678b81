/* SPDX-License-Identifier: BSD-2-Clause */
/* PIV: exactly these commands, and what is made of every answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "tests/unit/fakecard.h"

#define SELECT "00a40400 09 a00000030800001000 00"
#define CHUID  "00cb3fff 05 5c035fc102 00"
#define CERT   "00cb3fff 05 5c035fc105 00"

static const struct applet *const piv = &applet_piv;

static void only_a_piv_answer_selects(void **context)
{
	static const struct {
		struct exchange_row script[2];
		enum card_result result;
	} rows[] = {
	    {{{SELECT, "6111 4f06 000010000100 7907 4f05 a000000308 9000", 0}}, CARD_OK},
	    {{{SELECT, "610b 4f09 a00000030800001000 9000", 0}}, CARD_OK},
	    {{{SELECT, "9000", 0}}, CARD_NO_APPLET},
	    {{{SELECT, "6f03 840101 9000", 0}}, CARD_NO_APPLET},
	    {{{SELECT, "6111 4f06 9000", 0}}, CARD_NO_APPLET},
	    {{{SELECT, "6a82", 0}}, CARD_NO_APPLET},
	    {{{SELECT, "6d00", 0}}, CARD_NO_APPLET},
	    {{{SELECT, NULL, CARD_GONE}}, CARD_GONE},
	};

	(void)context;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct fakecard f;
		struct card c;

		fakecard_open(&f, rows[i].script, &c);
		assert_int_equal(piv->select(&c), rows[i].result);
		fakecard_finish(&f);
	}
}

static void a_card_is_told_by_its_chuid(void **context)
{
	static const struct exchange_row one[] = {{CHUID, "5304 34021122 9000", 0}, {0}};
	static const struct exchange_row other[] = {{CHUID, "5304 34021123 9000", 0}, {0}};
	/* without one: by its certificate */
	static const struct exchange_row third[] = {
	    {CHUID, "6a82", 0}, {CERT, "5304 70021122 9000", 0}, {0}};
	static const struct {
		struct exchange_row script[3];
		enum card_result result;
	} bad[] = {
	    {{{CHUID, "6a82", 0}, {CERT, "6a82", 0}}, CARD_NO_OBJECT},
	    {{{CHUID, "5300 9000", 0}, {CERT, "6a82", 0}}, CARD_NO_OBJECT},
	    {{{CHUID, "9000", 0}}, CARD_MALFORMED},
	    {{{CHUID, "5404 34021122 9000", 0}}, CARD_MALFORMED},
	    {{{CHUID, "5305 34021122 9000", 0}}, CARD_MALFORMED},
	    {{{CHUID, "5303 34021122 9000", 0}}, CARD_MALFORMED},
	    {{{CHUID, "6982", 0}}, CARD_STATUS},
	    {{{CHUID, NULL, CARD_TIMEOUT}}, CARD_TIMEOUT},
	};
	uint8_t a[32], b[32], d[32];
	struct fakecard f;
	struct card c;

	(void)context;
	fakecard_open(&f, one, &c);
	assert_int_equal(piv->identify(&c, a), CARD_OK);
	fakecard_open(&f, one, &c);
	assert_int_equal(piv->identify(&c, b), CARD_OK);
	assert_memory_equal(a, b, sizeof a);
	fakecard_open(&f, other, &c);
	assert_int_equal(piv->identify(&c, b), CARD_OK);
	assert_memory_not_equal(a, b, sizeof a);
	fakecard_open(&f, third, &c);
	assert_int_equal(piv->identify(&c, d), CARD_OK);
	assert_memory_not_equal(a, d, sizeof a);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		fakecard_open(&f, bad[i].script, &c);
		assert_int_equal(piv->identify(&c, a), bad[i].result);
		fakecard_finish(&f);
	}
}

static void tries_are_asked_without_spending_one(void **context)
{
	static const struct {
		const char *answer;
		enum card_result result;
		unsigned left;
	} rows[] = {
	    {"63c3", CARD_OK, 3},
	    {"63c1", CARD_OK, 1},
	    {"63cf", CARD_OK, 15},
	    {"63c0", CARD_PIN_BLOCKED, 0},
	    {"6983", CARD_PIN_BLOCKED, 0},
	    {"6984", CARD_PIN_BLOCKED, 0},
	    /* verified already: it tells nothing, and changes nothing */
	    {"9000", CARD_OK, APPLET_TRIES_UNKNOWN},
	    {"6700", CARD_OK, APPLET_TRIES_UNKNOWN},
	    {"6300", CARD_OK, APPLET_TRIES_UNKNOWN},
	    {"6c08", CARD_OK, APPLET_TRIES_UNKNOWN},
	};

	(void)context;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct exchange_row script[] = {{"00200080", rows[i].answer, 0}, {0}};
		struct fakecard f;
		struct card c;
		unsigned left = 77;

		fakecard_open(&f, script, &c);
		assert_int_equal(piv->tries(&c, &left), rows[i].result);
		assert_int_equal(left, rows[i].left);
		fakecard_finish(&f);
	}
}

/* CARDS rule: a password that was typed into a PIN's place never gets to the card. */
static void only_a_pin_is_sent(void **context)
{
	static const struct {
		const char *typed;
		const char *command; /* NULL: none */
	} rows[] = {
	    {"123456", "00200080 08 313233343536ffff"},
	    {"1234567", "00200080 08 31323334353637ff"},
	    {"12345678", "00200080 08 3132333435363738"},
	    {"", NULL},
	    {"12345", NULL},
	    {"123456789", NULL},
	    {"12345a", NULL},
	    {"secret", NULL},
	    {"123 456", NULL},
	    {"1234\xff\xff", NULL},
	    {"\xef\xbc\x91\xef\xbc\x92", NULL},
	};

	(void)context;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct exchange_row script[] = {{rows[i].command, "9000", 0}, {0}};
		enum card_result want = rows[i].command == NULL ? CARD_PIN_FORM : CARD_OK;
		struct secret pin;
		struct fakecard f;
		struct card c;
		unsigned left = 77;

		assert_int_equal(secret_set(&pin, rows[i].typed, strlen(rows[i].typed)), 0);
		assert_int_equal(piv->pin_fits(&pin), want == CARD_OK);
		fakecard_open(&f, script, &c);
		assert_int_equal(piv->verify(&c, &pin, &left), want);
		assert_int_equal(left, APPLET_TRIES_UNKNOWN);
		fakecard_finish(&f);
	}
	/* digits behind a NUL are not the PIN somebody typed */
	{
		struct secret pin;

		assert_int_equal(secret_set(&pin, "123456\0", 7), 0);
		assert_false(piv->pin_fits(&pin));
	}
}

static void a_pin_is_judged_by_the_status_alone(void **context)
{
	static const struct {
		const char *answer;
		enum card_result fault, result;
		unsigned left;
	} rows[] = {
	    {"9000", 0, CARD_OK, APPLET_TRIES_UNKNOWN},
	    {"63c2", 0, CARD_PIN_WRONG, 2},
	    {"63c1", 0, CARD_PIN_WRONG, 1},
	    {"63c0", 0, CARD_PIN_BLOCKED, 0},
	    {"6983", 0, CARD_PIN_BLOCKED, 0},
	    {"6300", 0, CARD_PIN_WRONG, APPLET_TRIES_UNKNOWN},
	    {"6a80", 0, CARD_STATUS, APPLET_TRIES_UNKNOWN},
	    {"6982", 0, CARD_STATUS, APPLET_TRIES_UNKNOWN},
	    {"6100", 0, CARD_GONE, APPLET_TRIES_UNKNOWN}, /* and then it is pulled */
	    {"6c08", 0, CARD_STATUS, APPLET_TRIES_UNKNOWN},
	    {"0000", 0, CARD_STATUS, APPLET_TRIES_UNKNOWN},
	    {NULL, CARD_GONE, CARD_GONE, APPLET_TRIES_UNKNOWN},
	};

	(void)context;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const bool more = rows[i].answer != NULL && strcmp(rows[i].answer, "6100") == 0;
		const struct exchange_row script[] = {
		    {"00200080 08 313233343536ffff", rows[i].answer, rows[i].fault},
		    {more ? "00c00000 00" : NULL, NULL, CARD_GONE}, {0}};
		struct secret pin;
		struct fakecard f;
		struct card c;
		unsigned left = 77;

		assert_int_equal(secret_set(&pin, "123456", 6), 0);
		fakecard_open(&f, script, &c);
		if (piv->verify(&c, &pin, &left) != rows[i].result)
			fail_msg("row %zu", i);
		assert_int_equal(left, rows[i].left);
		fakecard_finish(&f);
	}
}

#define DIGEST32 "5a*32"
#define DIGEST48 "5a*48"
#define INFO     "3031300d060960864801650304020105000420"

static void signatures_are_asked_for_like_this(void **context)
{
	static const struct {
		enum key_kind kind;
		struct exchange_row script[4];
		enum card_result result;
		size_t len;
	} rows[] = {
	    {KEY_RSA2048,
	        {{"1087079a ff 7c820106 8200 81820100 0001 ff*202 00 " INFO " 5a*21", "9000",
	             0},
	            {"0087079a 0b 5a*11 00", "7c820104 82820100 77*248 6108", 0},
	            {"00c00000 08", "77*8 9000", 0}},
	        CARD_OK, 256},
	    {KEY_RSA3072,
	        {{"1087059a ff 7c820186 8200 81820180 0001 ff*243", "9000", 0},
	            {"0087059a 8b ff*87 00 " INFO " 5a*32 00", "7c820184 82820180 77*248 6188",
	                0},
	            {"00c00000 88", "77*136 9000", 0}},
	        CARD_OK, 384},
	    {KEY_P256,
	        {{"0087119a 26 7c24 8200 8120 " DIGEST32 " 00", "7c48 8246 77*70 9000", 0}},
	        CARD_OK, 70},
	    {KEY_P384,
	        {{"0087149a 36 7c34 8200 8130 " DIGEST48 " 00", "7c69 8267 77*103 9000", 0}},
	        CARD_OK, 103},
	    {KEY_NONE, {{0}}, CARD_KEY, 0},
	    {(enum key_kind)5, {{0}}, CARD_KEY, 0},
	    /* CVE-2019-16058: a length from the card is no reason for anything */
	    {KEY_P256, {{"any", "7c4b 8249 77*73 9000", 0}}, CARD_MALFORMED, 0},
	    {KEY_P256, {{"any", "7c820104 82820100 77*200 9000", 0}}, CARD_MALFORMED, 0},
	    {KEY_P256, {{"any", "7c83ffffff 8283ffffff 77*200 9000", 0}}, CARD_MALFORMED, 0},
	    {KEY_P256, {{"any", "7c02 8200 9000", 0}}, CARD_MALFORMED, 0},
	    {KEY_P256, {{"any", "7c05 8103010203 9000", 0}}, CARD_MALFORMED, 0},
	    {KEY_P256, {{"any", "8246 77*70 9000", 0}}, CARD_MALFORMED, 0},
	    {KEY_P256, {{"any", "9000", 0}}, CARD_MALFORMED, 0},
	    {KEY_P256, {{"any", "6982", 0}}, CARD_STATUS, 0},
	    {KEY_P256, {{"any", "6a88", 0}}, CARD_NO_OBJECT, 0},
	    {KEY_RSA2048, {{"any", "6883", 0}}, CARD_STATUS, 0},
	    {KEY_RSA2048, {{"any", "9000", 0}, {"any", NULL, CARD_GONE}}, CARD_GONE, 0},
	};
	uint8_t digest[KEY_DIGEST_MAX];

	(void)context;
	memset(digest, 0x5a, sizeof digest);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct applet_signature s;
		struct fakecard f;
		struct card c;

		fakecard_open(&f, rows[i].script, &c);
		if (piv->sign(&c, rows[i].kind, digest, &s) != rows[i].result)
			fail_msg("row %zu", i);
		fakecard_finish(&f);
		assert_int_equal(s.len, rows[i].len);
		for (size_t j = 0; j < s.len; j++)
			assert_int_equal(s.data[j], 0x77);
	}
}

static void a_certificate_is_taken_out_of_its_object(void **context)
{
	static const struct {
		struct exchange_row script[3];
		enum card_result result;
		size_t len;
		bool compressed;
	} rows[] = {
	    {{{CERT, "530b 7004 01020304 710100 fe00 9000", 0}}, CARD_OK, 4, false},
	    {{{CERT, "530b 7004 01020304 710101 fe00 9000", 0}}, CARD_OK, 4, true},
	    {{{CERT, "5306 7004 01020304 9000", 0}}, CARD_OK, 4, false},
	    {{{CERT, "53820104 70820100 01*248 6108", 0}, {"00c00000 08", "02*8 9000", 0}},
	        CARD_OK, 256, false},
	    {{{CERT, "6a82", 0}}, CARD_NO_OBJECT, 0, false},
	    {{{CERT, "5300 9000", 0}}, CARD_NO_OBJECT, 0, false},
	    {{{CERT, "5303 710100 9000", 0}}, CARD_MALFORMED, 0, false},
	    {{{CERT, "5302 7000 9000", 0}}, CARD_MALFORMED, 0, false},
	    {{{CERT, "5306 7005 01020304 9000", 0}}, CARD_MALFORMED, 0, false},
	    {{{CERT, "5306 7083 ffffff 01 9000", 0}}, CARD_MALFORMED, 0, false},
	};

	(void)context;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct applet_certificate got;
		struct fakecard f;
		struct card c;

		fakecard_open(&f, rows[i].script, &c);
		if (piv->certificate(&c, &got) != rows[i].result)
			fail_msg("row %zu", i);
		fakecard_finish(&f);
		assert_int_equal(got.len, rows[i].len);
		assert_int_equal(got.compressed, rows[i].compressed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_a_piv_answer_selects),
	    cmocka_unit_test(a_card_is_told_by_its_chuid),
	    cmocka_unit_test(tries_are_asked_without_spending_one),
	    cmocka_unit_test(only_a_pin_is_sent),
	    cmocka_unit_test(a_pin_is_judged_by_the_status_alone),
	    cmocka_unit_test(signatures_are_asked_for_like_this),
	    cmocka_unit_test(a_certificate_is_taken_out_of_its_object),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
