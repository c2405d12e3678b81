/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * otpauth.c: the URI and the key to type, against texts written by hand.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tools/otpauth.h"

static struct token make_token(const char *secret)
{
	struct token t = {
	    .kind = TOKEN_TOTP, .algorithm = TOKEN_SHA1, .digits = 6, .period = 30};

	t.secret_len = (uint16_t)strlen(secret);
	memcpy(t.secret, secret, t.secret_len);
	return t;
}

/* RFC 6238's seed; base32 by coreutils. */
static void test_usual(void **state)
{
	struct token t = make_token("12345678901234567890");
	char uri[OTPAUTH_URI_SIZE];

	(void)state;
	assert_int_equal(otpauth_uri(&t, 7, "desk12", "alice", uri, sizeof(uri)), 0);
	assert_string_equal(uri, "otpauth://totp/desk12:alice?secret="
	                         "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=desk12");
}

static void test_unusual(void **state)
{
	struct token t = make_token("12345678901234567890");
	char uri[OTPAUTH_URI_SIZE];

	(void)state;
	t.algorithm = TOKEN_SHA512;
	t.digits = 8;
	t.period = 60;
	assert_int_equal(otpauth_uri(&t, 7, "d", "a", uri, sizeof(uri)), 0);
	assert_string_equal(uri,
	    "otpauth://totp/d:a?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=d"
	    "&algorithm=SHA512&digits=8&period=60");
	t.algorithm = TOKEN_SHA256;
	assert_int_equal(otpauth_uri(&t, 7, "d", "a", uri, sizeof(uri)), 0);
	assert_non_null(strstr(uri, "&algorithm=SHA256&"));
	t.algorithm = 9;
	assert_int_equal(otpauth_uri(&t, 7, "d", "a", uri, sizeof(uri)), -1);
}

static void test_hotp(void **state)
{
	struct token t = make_token("12345678901234567890");
	char uri[OTPAUTH_URI_SIZE];

	(void)state;
	t.kind = TOKEN_HOTP;
	t.period = 0;
	assert_int_equal(otpauth_uri(&t, 0, "d", "a", uri, sizeof(uri)), 0);
	assert_string_equal(uri, "otpauth://hotp/d:a?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
	                         "&issuer=d&counter=0");
	t.digits = 8;
	assert_int_equal(otpauth_uri(&t, 1000000000000, "d", "a", uri, sizeof(uri)), 0);
	assert_string_equal(uri, "otpauth://hotp/d:a?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
	                         "&issuer=d&digits=8&counter=1000000000000");
}

static void test_percent(void **state)
{
	struct token t = make_token("1234567890");
	char uri[OTPAUTH_URI_SIZE];

	(void)state;
	assert_int_equal(
	    otpauth_uri(&t, 7, "a b&c", "x:y/\xe8\x8a\xb1?-._~", uri, sizeof(uri)), 0);
	assert_string_equal(uri, "otpauth://totp/a%20b%26c:x%3Ay%2F%E8%8A%B1%3F-._~"
	                         "?secret=GEZDGNBVGY3TQOJQ&issuer=a%20b%26c");
}

static void test_too_long(void **state)
{
	struct token t = make_token("12345678901234567890");
	char uri[84];

	(void)state;
	memset(uri, 'x', sizeof(uri));
	/* the text of test_usual has 81 characters */
	assert_int_equal(otpauth_uri(&t, 7, "desk12", "alice", uri, 81), -1);
	for (size_t i = 0; i < 81; i++)
		assert_int_equal(uri[i], 0);
	assert_int_equal(otpauth_uri(&t, 7, "desk12", "alice", uri, 82), 0);
}

static void test_key(void **state)
{
	struct token t = make_token("12345678901234567890");
	char key[OTPAUTH_KEY_SIZE];

	(void)state;
	assert_int_equal(otpauth_key(&t, key, sizeof(key)), 0);
	assert_string_equal(key, "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
	t = make_token("Hello!\xde\xad\xbe\xef!"); /* 11 bytes: a last group of two */
	assert_int_equal(otpauth_key(&t, key, sizeof(key)), 0);
	assert_string_equal(key, "JBSW Y3DP EHPK 3PXP EE");
	t.secret_len = TOKEN_SECRET_MAX;
	assert_int_equal(otpauth_key(&t, key, sizeof(key)), 0);
	assert_int_equal(strlen(key), 103 + 25);
	assert_int_equal(otpauth_key(&t, key, 100), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_usual),
	    cmocka_unit_test(test_unusual),
	    cmocka_unit_test(test_hotp),
	    cmocka_unit_test(test_percent),
	    cmocka_unit_test(test_too_long),
	    cmocka_unit_test(test_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
