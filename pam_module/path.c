/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Walks a path component by component, descriptor by descriptor. Opens nothing for reading and
 * follows no symbolic link.
 */
#include "pam_module/path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int refuse(struct err *e, const char *path, const char *why)
{
	return err_set(e, ERR_UNSAFE_FILE, path, "%s", why);
}

/* done: the path up to and with this component, for the words. */
static int judge_component(
    const struct stat *st, bool last, enum path_kind kind, const char *done, struct err *e)
{
	bool others_write = (st->st_mode & (S_IWGRP | S_IWOTH)) != 0;

	if (S_ISLNK(st->st_mode))
		return refuse(e, done, "is a symbolic link");
	if (st->st_uid != 0)
		return refuse(e, done, "does not belong to root");
	if (!last || kind == PATH_DIRECTORY) {
		if (!S_ISDIR(st->st_mode))
			return refuse(e, done, "is no directory");
		if (others_write && (last || (st->st_mode & S_ISVTX) == 0))
			return refuse(e, done, "is writable by others than root");
		return 0;
	}
	if (!S_ISREG(st->st_mode))
		return refuse(e, done, "is no regular file");
	if ((st->st_mode & S_IXUSR) == 0)
		return refuse(e, done, "is not executable");
	if (others_write)
		return refuse(e, done, "is writable by others than root");
	return 0;
}

/* Replaces *dir by name below it. Only for the last component may it be no directory. */
static enum path_state step(
    int *dir, const char *name, bool last, enum path_kind kind, const char *done, struct err *e)
{
	struct stat st;
	int fd = openat(*dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT) {
		(void)err_sys(e, ERR_NO_HELPER, done, "not found");
		return PATH_MISSING;
	}
	if (fd < 0) {
		(void)err_sys(e, ERR_UNSAFE_FILE, done, "cannot be looked at");
		return PATH_UNSAFE;
	}
	if (*dir != AT_FDCWD)
		(void)close(*dir);
	*dir = fd;
	if (fstat(fd, &st) != 0) {
		(void)err_sys(e, ERR_UNSAFE_FILE, done, "cannot be looked at");
		return PATH_UNSAFE;
	}
	return judge_component(&st, last, kind, done, e) == 0 ? PATH_SAFE : PATH_UNSAFE;
}

enum path_state path_check(const char *path, enum path_kind kind, struct err *e)
{
	char copy[PATH_MAX];
	char *name = copy + 1;
	int dir = AT_FDCWD;
	enum path_state r;

	if (path[0] != '/' || strlen(path) >= sizeof(copy)) {
		(void)refuse(e, path, "is no absolute path");
		return PATH_UNSAFE;
	}
	memcpy(copy, path, strlen(path) + 1);
	r = step(&dir, "/", false, kind, "/", e);
	while (r == PATH_SAFE && name != NULL) {
		char *slash = strchr(name, '/');

		if (slash != NULL)
			*slash = '\0';
		r = step(&dir, name, slash == NULL, kind, copy, e);
		if (slash != NULL)
			*slash = '/';
		name = slash != NULL ? slash + 1 : NULL;
	}
	if (dir != AT_FDCWD)
		(void)close(dir);
	return r;
}
