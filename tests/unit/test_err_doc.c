/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho(8) lists every number of lib/wire/err.h with its title and hint, and no other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "lib/wire/err.h"

static char manual[65536];

static int read_manual(void **state)
{
	FILE *in = fopen(SOURCE_DIRECTORY "/man/sekisho.8", "r");

	(void)state;
	assert_non_null(in);
	manual[fread(manual, 1, sizeof(manual) - 1, in)] = '\0';
	assert_true(feof(in));
	fclose(in);
	for (char *at = manual; (at = strchr(at, '\n')) != NULL && at[1] != '\0'; at++)
		if (at[1] != '.')
			*at = ' '; /* text lines may end anywhere */
	return 0;
}

static void every_number_is_listed(void **state)
{
#define ERR_ROW(name, number, title, hint) {number, title, hint},
	static const struct {
		unsigned number;
		const char *title, *hint;
	} rows[] = {ERR_TABLE(ERR_ROW)};
#undef ERR_ROW
	size_t items = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[512];

		snprintf(text, sizeof(text), "\n.It S-%02u %s %s\n", rows[i].number,
		    rows[i].title, rows[i].hint);
		if (strstr(manual, text) == NULL)
			fail_msg("sekisho(8) lacks:%s", text);
	}
	for (const char *at = manual; (at = strstr(at, "\n.It S-")) != NULL; at++)
		items++;
	assert_int_equal(items, sizeof(rows) / sizeof(rows[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(every_number_is_listed, read_manual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
