/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * account.c and label.c: names of people and of tokens.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tools/account.h"
#include "tools/label.h"

static void test_account(void **state)
{
	struct account a;
	struct err e;
	char guess[64];

	(void)state;
	assert_int_equal(account_find("root", &a, &e), 0);
	assert_string_equal(a.name, "root");
	assert_int_equal(a.uid, 0);
	assert_int_equal(account_find("no-such-person-here", &a, &e), -1);
	assert_int_equal(e.number, ERR_ACCOUNT);
	assert_string_equal(e.object, "no-such-person-here");
	assert_int_equal(account_find("", &a, &e), -1);
	account_suggest("rott", guess, sizeof(guess));
	assert_string_equal(guess, "did you mean root?");
	account_suggest("no-such-person-here", guess, sizeof(guess));
	assert_string_equal(guess, "");
}

static void test_label(void **state)
{
	static const char *const good[] = {"totp", "a", "my phone", "\xe9\x9b\xbb\xe8\xa9\xb1",
	    "x-y", "\xf0\x9f\x93\xb1", "1234567890123456789012345678901"};
	static const char *const bad[] = {"", "-x", " x", "x ", "a\nb", "a\tb", "\x7f",
	    "\xc2\x85", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff", "\xe9\x9b",
	    "\xe2\x80\xae x", "a\xe2\x80\x8b", "\xef\xbb\xbfx", "\xef\xbf\xbc",
	    "12345678901234567890123456789012"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_null(label_problem(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_non_null(label_problem(bad[i]));
}

static void test_default(void **state)
{
	struct record r = {0};
	char label[RECORD_LABEL_SIZE];

	(void)state;
	label_default("totp", &r, label);
	assert_string_equal(label, "totp");
	r.token_count = 3;
	strcpy(r.tokens[0].label, "totp");
	strcpy(r.tokens[1].label, "phone");
	strcpy(r.tokens[2].label, "totp-2");
	label_default("totp", &r, label);
	assert_string_equal(label, "totp-3");
	strcpy(r.tokens[0].label, "old");
	label_default("totp", &r, label);
	assert_string_equal(label, "totp");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_account),
	    cmocka_unit_test(test_label),
	    cmocka_unit_test(test_default),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
