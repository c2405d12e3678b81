/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of module options: defaults, every value, and everything that is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "lib/wire/options.h"

#define WORDS_MAX 3

static int parse(const char *const words[WORDS_MAX], struct options *o, struct err *e)
{
	int n = 0;

	while (n < WORDS_MAX && words[n] != NULL)
		n++;
	return options_parse(n, words, o, e);
}

static void test_defaults(void **state)
{
	struct options o;
	struct err e;

	(void)state;
	assert_int_equal(options_parse(0, NULL, &o, &e), 0);
	assert_false(o.try_first_pass);
	assert_false(o.use_first_pass);
	assert_false(o.combined);
	assert_int_equal(o.code_digits, 6);
	assert_int_equal(o.language, LANGUAGE_AUTO);
	assert_string_equal(o.helper, LIBEXECDIR "/sekisho-auth");
	assert_string_equal(o.socket_dir, "/run/sekisho");
}

static void test_values(void **state)
{
	static const char *const first[] = {"try_first_pass", "combined", "code-digits=8"};
	static const char *const second[] = {"use_first_pass", "lang=ja", "helper=/a/.b/c..d"};
	static const char *const third[] = {"lang=en", "code-digits=7", "socket-dir=/run/x"};
	struct options o;
	struct err e;

	(void)state;
	assert_int_equal(parse(first, &o, &e), 0);
	assert_true(o.try_first_pass && o.combined && !o.use_first_pass);
	assert_int_equal(o.code_digits, 8);
	assert_int_equal(parse(second, &o, &e), 0);
	assert_true(o.use_first_pass && !o.try_first_pass && !o.combined);
	assert_int_equal(o.language, LANGUAGE_JA);
	assert_string_equal(o.helper, "/a/.b/c..d");
	assert_int_equal(parse(third, &o, &e), 0);
	assert_int_equal(o.language, LANGUAGE_EN);
	assert_int_equal(o.code_digits, 7);
	assert_string_equal(o.socket_dir, "/run/x");
}

static void test_refused(void **state)
{
	static const char *const rows[][WORDS_MAX] = {
	    {"debug"},
	    {""},
	    {"="},
	    {"combine"},
	    {"combinedd"},
	    {"Combined"},
	    {"combined="},
	    {"combined=yes"},
	    {"use_first_pass=1"},
	    {"code-digits"},
	    {"code-digits="},
	    {"code-digits=5"},
	    {"code-digits=9"},
	    {"code-digits=06"},
	    {"code-digits= 6"},
	    {"lang"},
	    {"lang="},
	    {"lang=JA"},
	    {"lang=ja_JP"},
	    {"helper"},
	    {"helper="},
	    {"helper=sekisho-auth"},
	    {"helper=/"},
	    {"helper=/a/"},
	    {"helper=//a"},
	    {"helper=/a/../b"},
	    {"helper=/a/./b"},
	    {"helper=/.."},
	    {"helper=/a/."},
	    {"socket-dir=run"},
	    {"combined", "combined"},
	    {"helper=/a", "helper=/a"},
	    {"try_first_pass", "use_first_pass"},
	    {"combined", "code-digits=6", "unknown"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct options o = {.code_digits = 42};
		struct err e = {.number = ERR_NONE};

		assert_int_equal(parse(rows[i], &o, &e), -1);
		assert_int_equal(e.number, ERR_OPTION);
		assert_int_equal(o.code_digits, 42);
	}
}

/* The longest directory leaves room for a socket's name in a socket address. */
static void test_socket_dir_length(void **state)
{
	char word[] = "socket-dir=/..................................................."
	              "......................................................";
	const char *const words[] = {word, NULL, NULL};
	size_t name = strlen("socket-dir=");
	struct options o;
	struct err e;

	(void)state;
	memset(word + name + 1, 'x', sizeof(word) - name - 2);
	assert_int_equal(parse(words, &o, &e), -1);
	word[name + OPTIONS_SOCKET_DIR_SIZE] = '\0';
	assert_int_equal(parse(words, &o, &e), -1);
	word[name + OPTIONS_SOCKET_DIR_SIZE - 1] = '\0';
	assert_int_equal(parse(words, &o, &e), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_defaults),
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_socket_dir_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
