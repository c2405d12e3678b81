/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which mistyped words find a known one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/similar.h"

static const char *const words[] = {"rule", "require", "match-user", "match-group", "otp", ""};

static const struct {
	const char *word, *near; /* near NULL: nothing is */
} cases[] = {
    {"require", "require"},
    {"requier", "require"}, /* swapped */
    {"requre", "require"},  /* lost */
    {"requirre", "require"},
    {"tequire", "require"},
    {"reqire-", "require"}, /* two */
    {"rquierr", NULL},      /* three of seven */
    {"opt", "otp"},
    {"totp", "otp"},
    {"tp", "otp"},
    {"pot", NULL},
    {"x", NULL},
    {"match-users", "match-user"},
    {"match-goup", "match-group"},
    {"match-", NULL},
    {"", ""},
};

static void test_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *near =
		    similar_word(cases[i].word, words, sizeof(words) / sizeof(words[0]));

		if ((near == NULL) != (cases[i].near == NULL) ||
		    (near != NULL && strcmp(near, cases[i].near) != 0))
			fail_msg(
			    "\"%s\" is near \"%s\"", cases[i].word, near ? near : "(none)");
	}
	assert_null(similar_word("rule", words, 0));
}

static void test_nearest_wins(void **state)
{
	static const char *const near[] = {"unlocked", "unlock", "unlocks"};

	(void)state;
	assert_string_equal(similar_word("unlock", near, 3), "unlock");
	assert_string_equal(similar_word("unlokcs", near, 3), "unlocks");
	assert_string_equal(similar_word("unlocke", near, 3), "unlocked");
}

static void test_long(void **state)
{
	static char longest[65], longer[66];
	const char *const candidates[] = {longer, longest};

	(void)state;
	memset(longest, 'a', 64);
	memset(longer, 'a', 65);
	assert_ptr_equal(similar_word(longest, candidates, 2), longest);
	assert_null(similar_word(longer, candidates, 2));
	assert_null(similar_word(longest, candidates, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_nearest_wins),
	    cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
