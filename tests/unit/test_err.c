/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of lib/wire/err.c: the table, sanitizing, cutting, errno.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/wire/err.h"

#include <cmocka.h>

struct row {
	unsigned int number;
	const char *title;
	const char *hint;
};

static const struct row rows[] = {
#define ROW(name, number, title, hint) {number, title, hint},
    ERR_TABLE(ROW)
#undef ROW
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* Numbers are read over a telephone: two digits, each once. */
static void test_table_is_sound(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		assert_in_range(rows[i].number, 1, 99);
		assert_true(rows[i].title[0] != '\0');
		assert_true(rows[i].hint[0] != '\0');
		for (size_t j = 0; j < i; j++)
			assert_true(rows[i].number != rows[j].number);
		assert_string_equal(err_title((enum err_number)rows[i].number), rows[i].title);
		assert_string_equal(err_hint((enum err_number)rows[i].number), rows[i].hint);
	}
}

static void test_unknown_number_is_internal(void **state)
{
	(void)state;
	assert_string_equal(err_title((enum err_number)99), err_title(ERR_INTERNAL));
	assert_string_equal(err_hint(ERR_NONE), err_hint(ERR_INTERNAL));
}

static void test_set_and_format(void **state)
{
	struct err e;
	char line[64];

	(void)state;
	assert_int_equal(err_set(&e, ERR_ACCOUNT, "alcie", "no such %s", "account"), -1);
	assert_int_equal(e.number, ERR_ACCOUNT);
	err_format(&e, line, sizeof(line));
	assert_string_equal(line, "alcie: no such account [S-02]");
}

static void test_format_falls_back_to_title(void **state)
{
	struct err e = {.number = ERR_WRONG_CODE};
	char line[64];

	(void)state;
	err_format(&e, line, sizeof(line));
	assert_string_equal(line, "wrong code [S-22]");
	memset(&e, 0, sizeof(e));
	err_format(&e, line, sizeof(line));
	assert_string_equal(line, "internal error [S-01]");
}

static void test_format_is_cut_and_terminated(void **state)
{
	struct err e;
	char whole[64];

	(void)state;
	(void)err_set(&e, ERR_IO, "header", "disk is full");
	err_format(&e, whole, sizeof(whole));
	for (size_t size = 1; size <= sizeof(whole); size++) {
		char line[sizeof(whole) + 1];

		memset(line, '#', sizeof(line));
		err_format(&e, line, size);
		assert_true(memchr(line, '\0', size) != NULL);
		assert_memory_equal(line, whole, strlen(line));
		assert_int_equal(line[size], '#');
	}
	whole[0] = '#';
	err_format(&e, whole, 0);
	assert_int_equal(whole[0], '#');
}

static void test_no_err_wanted(void **state)
{
	(void)state;
	assert_int_equal(err_set(NULL, ERR_IO, "x", "y"), -1);
	assert_int_equal(err_sys(NULL, ERR_IO, "x", "y"), -1);
}

static void test_object_may_be_absent(void **state)
{
	struct err e;
	char line[64];

	(void)state;
	memset(&e, 0xaa, sizeof(e));
	(void)err_set(&e, ERR_USAGE, NULL, "too few words");
	err_format(&e, line, sizeof(line));
	assert_string_equal(line, "too few words [S-04]");
}

static void test_every_byte_is_sanitized(void **state)
{
	(void)state;
	for (int byte = 1; byte < 256; byte++) {
		const char text[] = {'a', (char)byte, 'z', '\0'};
		char expected[] = "a?z";
		struct err e;

		if (byte >= 0x20 && byte <= 0x7e)
			expected[1] = (char)byte;
		(void)err_set(&e, ERR_INPUT, text, "%s", text);
		assert_string_equal(e.object, expected);
		assert_string_equal(e.why, expected);
	}
}

static void test_long_words_are_cut(void **state)
{
	char text[1000];
	struct err e;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	(void)err_set(&e, ERR_INPUT, text, "%s", text);
	assert_int_equal(strlen(e.object), sizeof(e.object) - 1);
	assert_int_equal(strlen(e.why), sizeof(e.why) - 1);
	errno = EACCES;
	(void)err_sys(&e, ERR_INPUT, text, "%s", text);
	assert_int_equal(strlen(e.why), sizeof(e.why) - 1);
}

static void test_words_from_itself(void **state)
{
	struct err e;
	char line[64];

	(void)state;
	(void)err_set(&e, ERR_DAMAGED, "header", "bad magic");
	(void)err_set(&e, ERR_NO_STORE, e.object, "copy 2: %s", e.why);
	err_format(&e, line, sizeof(line));
	assert_string_equal(line, "header: copy 2: bad magic [S-10]");
}

static void test_sys_adds_the_cause(void **state)
{
	struct err e;
	char expected[64];

	(void)state;
	errno = ENOSPC;
	assert_int_equal(err_sys(&e, ERR_IO, "header", "write"), -1);
	assert_string_equal(e.why, "write: No space left on device");
	errno = ENOENT;
	(void)err_sys(&e, ERR_IO, "header", "%s", "");
	assert_string_equal(e.why, "No such file or directory");
	errno = 12345;
	(void)err_sys(&e, ERR_IO, "header", "write");
	(void)snprintf(expected, sizeof(expected), "write: error %d", 12345);
	assert_string_equal(e.why, expected);
}

static void test_errno_is_kept(void **state)
{
	struct err e;

	(void)state;
	errno = EXDEV;
	(void)err_set(&e, ERR_IO, "header", "%d", 1);
	assert_int_equal(errno, EXDEV);
	(void)err_sys(&e, ERR_IO, "header", "%d", 1);
	assert_int_equal(errno, EXDEV);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table_is_sound),
	    cmocka_unit_test(test_unknown_number_is_internal),
	    cmocka_unit_test(test_set_and_format),
	    cmocka_unit_test(test_format_falls_back_to_title),
	    cmocka_unit_test(test_format_is_cut_and_terminated),
	    cmocka_unit_test(test_no_err_wanted),
	    cmocka_unit_test(test_object_may_be_absent),
	    cmocka_unit_test(test_every_byte_is_sanitized),
	    cmocka_unit_test(test_long_words_are_cut),
	    cmocka_unit_test(test_words_from_itself),
	    cmocka_unit_test(test_sys_adds_the_cause),
	    cmocka_unit_test(test_errno_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
