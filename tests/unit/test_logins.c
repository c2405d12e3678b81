/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * logins.c: which accounts could log in, by uid and shell.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tools/logins.h"

static struct logins_range range_of(const char *text)
{
	FILE *in = text != NULL ? fmemopen((void *)(uintptr_t)text, strlen(text), "r") : NULL;
	struct logins_range r;

	logins_range(in, &r);
	if (in != NULL)
		fclose(in);
	return r;
}

static void test_range(void **state)
{
	static const struct {
		const char *text;
		uid_t least, most;
	} rows[] = {
	    {NULL, 1000, 60000}, {"# UID_MIN 7\n", 1000, 60000},
	    {"UID_MIN\t\t 500\nUID_MAX 0xea60\n", 500, 60000},
	    {"  UID_MAX 30000  \n", 1000, 30000},
	    {"SYS_UID_MIN 101\nUID_MINIMUM 5\nUID_MIN5\n", 1000, 60000},
	    {"UID_MIN abc\nUID_MAX -1\nUID_MAX 99999999999999999999\nUID_MAX 5x\n", 1000,
	        60000},
	    {"UID_MIN 200\nUID_MIN 300", 300, 60000}, /* the last one counts, as for shadow */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct logins_range r = range_of(rows[i].text);

		assert_int_equal(r.least, rows[i].least);
		assert_int_equal(r.most, rows[i].most);
	}
}

static void test_possible(void **state)
{
	static const struct logins_range range = {1000, 60000};
	static const struct {
		uid_t uid;
		const char *shell;
		bool possible;
	} rows[] = {
	    {0, "/bin/bash", true},
	    {0, "/usr/sbin/nologin", false},
	    {1, "/bin/sh", false},
	    {999, "/bin/sh", false},
	    {1000, "/bin/sh", true},
	    {1000, "", true}, /* login takes /bin/sh */
	    {1000, "/bin/false", false},
	    {1000, "/sbin/nologin", false},
	    {1000, "nologin", false},
	    {1000, "/opt/nologin/sh", true},
	    {60000, "/bin/sh", true},
	    {60001, "/bin/sh", false},
	    {65534, "/bin/sh", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char shell[32];
		struct passwd pw = {.pw_uid = rows[i].uid, .pw_shell = shell};

		strcpy(shell, rows[i].shell);
		assert_int_equal(logins_possible(&pw, &range), rows[i].possible);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_range),
	    cmocka_unit_test(test_possible),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
