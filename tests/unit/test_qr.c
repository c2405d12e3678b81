/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * qr.c: shape of what is drawn, and formats of files. Whether a phone reads it is
 * tested by a decoder in tests/system/tool_qr.sh.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/tempdir.h"
#include "tools/qr.h"

static void test_make(void **state)
{
	struct err e;
	struct qr q;
	char *text;

	(void)state;
	assert_int_equal(qr_make("otpauth://totp/x", &q, &e), 0);
	assert_int_equal(q.width, 21);
	/* the upper left finder: 7 dark, then the light separator */
	for (size_t i = 0; i < 7; i++)
		assert_int_equal(q.modules[i], 1);
	assert_int_equal(q.modules[7], 0);
	qr_clear(&q);
	assert_null(q.modules);
	qr_clear(&q);
	qr_clear(NULL);
	text = calloc(1, 4001);
	assert_non_null(text);
	memset(text, 'x', 4000);
	assert_int_equal(qr_make(text, &q, &e), -1);
	assert_int_equal(e.number, ERR_INTERNAL);
	free(text);
}

static unsigned count_of(const char *text, const char *part)
{
	unsigned n = 0;

	for (; (text = strstr(text, part)) != NULL; text += strlen(part))
		n++;
	return n;
}

static char *print(const struct qr *q, enum qr_style style, bool color)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(qr_print(q, style, color, out), 0);
	fclose(out);
	return text;
}

static void test_print(void **state)
{
	uint8_t modules[4] = {1, 0, 0, 1};
	struct qr q = {2, modules};
	char *text;

	(void)state;
	assert_int_equal(qr_columns(&q, QR_ASCII), 12);
	assert_int_equal(qr_lines(&q, QR_ASCII), 6);
	assert_int_equal(qr_columns(&q, QR_UTF8), 6);
	assert_int_equal(qr_lines(&q, QR_UTF8), 3);
	text = print(&q, QR_ASCII, false);
	assert_string_equal(text, "############\n############\n"
	                          "####  ######\n######  ####\n"
	                          "############\n############\n");
	free(text);
	text = print(&q, QR_UTF8, false);
	assert_string_equal(text, "\u2588\u2588\u2588\u2588\u2588\u2588\n"
	                          "\u2588\u2588\u2584\u2580\u2588\u2588\n"
	                          "\u2588\u2588\u2588\u2588\u2588\u2588\n");
	free(text);
	text = print(&q, QR_UTF8, true);
	assert_int_equal(count_of(text, "\033[97;40m"), 3);
	assert_int_equal(count_of(text, "\033[0m\n"), 3);
	free(text);
	text = print(&q, QR_ASCII, true);
	assert_int_equal(count_of(text, "\033[40m  "), 2);
	assert_int_equal(count_of(text, "\033[107m  "), 34);
	free(text);
}

static void test_path(void **state)
{
	(void)state;
	assert_true(qr_path_valid("a.png"));
	assert_true(qr_path_valid("/x/A.SVG"));
	assert_false(qr_path_valid(".png"));
	assert_false(qr_path_valid("png"));
	assert_false(qr_path_valid("a.pngx"));
	assert_false(qr_path_valid("a.jpg"));
	assert_false(qr_path_valid(""));
}

static void check_file(const struct qr *q, const char *path, const char *start)
{
	char got[8] = "";
	struct outfile f;
	struct err e;
	FILE *in;

	assert_int_equal(outfile_open(path, &f, &e), 0);
	assert_int_equal(qr_save(q, &f, &e), 0);
	in = fopen(path, "r");
	assert_non_null(in);
	assert_int_equal(fread(got, 1, strlen(start), in), strlen(start));
	fclose(in);
	assert_memory_equal(got, start, strlen(start));
	outfile_close(&f);
}

static void test_save(void **state)
{
	char dir[TEMPDIR_SIZE], *home = getcwd(NULL, 0);
	struct outfile f;
	struct qr q;
	struct err e;

	(void)state;
	tempdir_make(dir);
	assert_int_equal(chdir(dir), 0);
	assert_int_equal(qr_make("otpauth://totp/x", &q, &e), 0);
	check_file(&q, "a.png", "\x89PNG");
	check_file(&q, "./a.svg", "<svg ");
	assert_int_equal(outfile_open("a.gif", &f, &e), 0);
	assert_int_equal(qr_save(&q, &f, &e), -1);
	assert_int_equal(access("a.gif", F_OK), -1);
	outfile_close(&f);
	qr_clear(&q);
	assert_int_equal(chdir(home), 0);
	tempdir_remove(dir);
	free(home);
}

/* A full disk: an error, and nothing is left behind. */
static void test_full(void **state)
{
	struct qr q;
	struct err e;
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	if (full == NULL)
		skip();
	assert_int_equal(qr_make("otpauth://totp/x", &q, &e), 0);
	assert_int_equal(qr_print(&q, QR_ASCII, false, full), -1);
	fclose(full);
	qr_clear(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_make),
	    cmocka_unit_test(test_print),
	    cmocka_unit_test(test_path),
	    cmocka_unit_test(test_save),
	    cmocka_unit_test(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
