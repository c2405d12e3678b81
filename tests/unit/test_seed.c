/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * seed.c: secrets as vendors print them, and what is no secret.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tools/seed.h"

#define RFC6238 "12345678901234567890"

static void test_accepted(void **state)
{
	static const struct {
		const char *text, *secret;
	} rows[] = {
	    {"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", RFC6238},
	    {"gezdgnbvgy3tqojqgezdgnbvgy3tqojq\n", RFC6238},
	    {" GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ\r\n", RFC6238},
	    {"gezd-gnbv-gy3t-qojq-gezd-gnbv-gy3t-qojq", RFC6238},
	    {"\xef\xbb\xbfGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", RFC6238},
	    {"hex:3132333435363738393031323334353637383930", RFC6238},
	    {"HEX: 31 32 33 34-35 36 37 38 39 30 31 32 33 34 35 36 37 38 39 30\n", RFC6238},
	    {"JBSWY3DPEHPK3PXPEE======\n", "Hello!\xde\xad\xbe\xef!"},
	    {"JBSWY3DPEHPK3PXPEE", "Hello!\xde\xad\xbe\xef!"},
	    {"hex:00000000000000000000000000000000000000fF",
	        "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct token t = {0};
		struct err e = {0};
		size_t len = i == 9 ? 20 : strlen(rows[i].secret);

		assert_int_equal(
		    seed_parse(rows[i].text, strlen(rows[i].text), "f", &t, &e), 0);
		assert_int_equal(t.secret_len, len);
		assert_memory_equal(t.secret, rows[i].secret, len);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} rows[] = {
	    {"", "a secret of 0 bytes is too short, 10 to 64 needed"},
	    {"hex:", "a secret of 0 bytes is too short, 10 to 64 needed"},
	    {"GEZDGNBVGY3TQ", "a secret of 8 bytes is too short, 10 to 64 needed"},
	    {"GEZDGNBVGY3TQOJ1", "character 16 is not base32"},
	    {" GEZD 8NBV", "character 7 is not base32"},
	    {"GEZD=GNBV", "character 6 is not base32"},
	    {"=GEZDGNBV", "character 1 is not base32"},
	    {"GEZDGNBV,Y3TQOJQ", "character 9 is not base32"},
	    {"hex:3132x3", "character 9 is not hexadecimal"},
	    {"0x31323334353637383930", "character 1 is not base32"},
	    {"GEZDGNBVGY3TQOJQG", "17 digits are no whole base32 secret of 10 to 64 bytes"},
	    {"hex:3132333435363738393", "19 digits are no whole hexadecimal secret of 10 to 64 "
	                                "bytes"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct token t = {.secret_len = 7};
		struct err e = {0};

		assert_int_equal(
		    seed_parse(rows[i].text, strlen(rows[i].text), "f", &t, &e), -1);
		assert_int_equal(e.number, ERR_INPUT);
		assert_string_equal(e.object, "f");
		assert_string_equal(e.why, rows[i].why);
		assert_int_equal(t.secret_len, 0);
	}
}

/* Lengths around the limits, and NUL inside. */
static void test_limits(void **state)
{
	char text[SEED_TEXT_MAX + 2];
	struct token t = {0};
	struct err e;

	(void)state;
	memset(text, 'A', sizeof(text));
	assert_int_equal(seed_parse(text, 103, "f", &t, &e), 0);
	assert_int_equal(t.secret_len, 64);
	assert_int_equal(seed_parse(text, 104, "f", &t, &e), -1); /* 65 bytes */
	assert_int_equal(seed_parse(text, SEED_TEXT_MAX, "f", &t, &e), -1);
	assert_int_equal(seed_parse(text, SEED_TEXT_MAX + 1, "f", &t, &e), -1);
	assert_string_equal(e.why, "too long for a secret");
	assert_int_equal(seed_parse(text, 16, "f", &t, &e), 0);
	assert_int_equal(t.secret_len, 10);
	text[8] = '\0';
	assert_int_equal(seed_parse(text, 32, "f", &t, &e), -1);
	assert_string_equal(e.why, "character 9 is not base32");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_accepted),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
