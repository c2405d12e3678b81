/* SPDX-License-Identifier: BSD-2-Clause */
/* A private directory for one test, removed with all that is in it. */
#ifndef SEKISHO_TEST_TEMPDIR_H
#define SEKISHO_TEST_TEMPDIR_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMPDIR_SIZE 96

static inline void tempdir_make_in(const char *base, char out[TEMPDIR_SIZE])
{
	if (strlen(base) + 32 > TEMPDIR_SIZE)
		base = "/tmp";
	(void)snprintf(out, TEMPDIR_SIZE, "%s/sekisho-test.XXXXXX", base);
	if (mkdtemp(out) == NULL) {
		perror(out);
		abort();
	}
}

/* Under $TMPDIR or /tmp, mode 0700: a real disk in most places. */
static inline void tempdir_make_on_disk(char out[TEMPDIR_SIZE])
{
	const char *base = getenv("TMPDIR");

	tempdir_make_in(base == NULL || base[0] != '/' ? "/tmp" : base, out);
}

/* In memory where there is such a place: a store is a thousand files. */
static inline void tempdir_make(char out[TEMPDIR_SIZE])
{
	const char *base = getenv("TMPDIR");

	if (base == NULL && access("/dev/shm", R_OK | W_OK | X_OK) == 0)
		tempdir_make_in("/dev/shm", out);
	else
		tempdir_make_on_disk(out);
}

/* A file and a directory in it; a test that cannot make them ends. */
static inline void tempdir_put(const char *root, const char *name, const char *text)
{
	char path[2 * TEMPDIR_SIZE];
	FILE *out;

	(void)snprintf(path, sizeof(path), "%s/%s", root, name);
	out = fopen(path, "w");
	if (out == NULL || fputs(text, out) < 0 || fclose(out) != 0) {
		perror(path);
		abort();
	}
}

static inline void tempdir_make_directory(const char *root, const char *name)
{
	char path[2 * TEMPDIR_SIZE];

	(void)snprintf(path, sizeof(path), "%s/%s", root, name);
	if (mkdir(path, 0700) != 0) {
		perror(path);
		abort();
	}
}

static inline int tempdir_remove_one(
    const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path);
}

static inline void tempdir_remove(const char *path)
{
	(void)nftw(path, tempdir_remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

#endif
