/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * outfile.c: files that are new, private, whole, and nowhere somebody else could put his own.
 */
#include <errno.h>
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
#include "tools/outfile.h"

static int write_text(const void *what, FILE *out)
{
	return fputs(what, out) >= 0 ? 0 : -1;
}

static int write_some(const void *what, FILE *out)
{
	fputs(what, out);
	errno = ENOSPC;
	return -1;
}

static void check_file(const char *path)
{
	char got[8] = "";
	struct outfile f, again;
	struct err e;
	struct stat st;
	FILE *in;

	assert_int_equal(outfile_open(path, &f, &e), 0);
	assert_int_equal(lstat(path, &st), -1);
	assert_int_equal(outfile_save(&f, write_text, "secret", &e), 0);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	in = fopen(path, "r");
	assert_non_null(in);
	assert_int_equal(fread(got, 1, sizeof(got) - 1, in), 6);
	fclose(in);
	assert_string_equal(got, "secret");
	/* a file that is there is never overwritten, whenever it came */
	assert_int_equal(outfile_save(&f, write_text, "x", &e), -1);
	assert_int_equal(e.number, ERR_INPUT);
	assert_string_equal(e.object, path);
	assert_int_equal(outfile_open(path, &again, &e), -1);
	assert_int_equal(e.number, ERR_INPUT);
	assert_int_equal(again.dir, -1);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_size, 6);
	assert_int_equal(outfile_remove(&f), 0);
	assert_int_equal(lstat(path, &st), -1);
	/* nor is a link followed */
	assert_int_equal(symlink("target", path), 0);
	assert_int_equal(outfile_save(&f, write_text, "x", &e), -1);
	assert_int_equal(outfile_open(path, &again, &e), -1);
	assert_int_equal(access("target", F_OK), -1);
	unlink(path);
	/* cut short: nothing is left */
	assert_int_equal(outfile_save(&f, write_some, "sec", &e), -1);
	assert_int_equal(e.number, ERR_IO);
	assert_non_null(strstr(e.why, "No space"));
	assert_int_equal(lstat(path, &st), -1);
	outfile_close(&f);
	outfile_close(&f);
}

static void test_save(void **state)
{
	char dir[TEMPDIR_SIZE], *home = getcwd(NULL, 0);
	struct outfile f;
	struct err e;

	(void)state;
	tempdir_make(dir);
	assert_int_equal(chdir(dir), 0);
	umask(0);
	check_file("a");
	umask(0777);
	check_file("./b");
	umask(022);
	assert_int_equal(outfile_open("none/a", &f, &e), -1);
	assert_int_equal(e.number, ERR_INPUT);
	assert_int_equal(outfile_open("./", &f, &e), -1);
	assert_int_equal(e.number, ERR_INPUT);
	assert_int_equal(chdir(home), 0);
	tempdir_remove(dir);
	free(home);
}

/* Nobody else may be able to exchange the file: also not where the sticky bit is set. */
static void test_place(void **state)
{
	static const mode_t open_modes[] = {0770, 0707, 01777, 0720};
	char dir[TEMPDIR_SIZE], path[TEMPDIR_SIZE + 8];
	struct outfile f;
	struct err e;

	(void)state;
	tempdir_make(dir);
	snprintf(path, sizeof(path), "%s/a", dir);
	for (size_t i = 0; i < sizeof(open_modes) / sizeof(open_modes[0]); i++) {
		assert_int_equal(chmod(dir, open_modes[i]), 0);
		assert_int_equal(outfile_open(path, &f, &e), -1);
		assert_int_equal(e.number, ERR_UNSAFE_FILE);
		assert_int_equal(f.dir, -1);
	}
	assert_int_equal(chmod(dir, 0755), 0);
	assert_int_equal(outfile_open(path, &f, &e), 0);
	outfile_close(&f);
	tempdir_remove(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_save),
	    cmocka_unit_test(test_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
