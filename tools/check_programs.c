/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho check: module, helper and doors, as they were installed. Loads and starts nothing.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/safefile.h"
#include "tools/check.h"

#define REINSTALL "install sekisho anew"

/* What this very program is: a module of another machine is not loaded. */
#if defined(__LP64__)
#define OWN_CLASS ELFCLASS64
#else
#define OWN_CLASS ELFCLASS32
#endif

static bool is_elf(int fd)
{
	unsigned char head[EI_NIDENT];

	return pread(fd, head, sizeof(head), 0) == (ssize_t)sizeof(head) &&
	       memcmp(head, ELFMAG, SELFMAG) == 0 && head[EI_CLASS] == OWN_CLASS;
}

/* What is wrong with an open program; NULL nothing. */
static const char *find_fault(
    const struct check *c, int fd, mode_t forbidden, mode_t needed, struct stat *st)
{
	if (fstat(fd, st) != 0 || !S_ISREG(st->st_mode))
		return "no regular file";
	if (st->st_uid != c->owner)
		return "does not belong to root";
	if ((st->st_mode & forbidden) != 0)
		return (st->st_mode & (S_ISUID | S_ISGID)) != 0
		           ? "has a set-id bit, which it must never have"
		           : "its mode lets others change or run it";
	if ((st->st_mode & needed) != needed)
		return "its mode does not let root use it";
	return is_elf(fd) ? NULL : "no program of this machine: damaged, or another kind";
}

static void check_program(struct check *c, const char *what, const char *path, mode_t forbidden,
    mode_t needed, const char *missing)
{
	char whole[PATH_MAX], real[PATH_MAX], *slash;
	const char *fault;
	struct stat st;
	struct err e;
	int fd, dir;

	(void)snprintf(whole, sizeof(whole), "%s%s", c->root, path);
	fd = realpath(whole, real) != NULL ? open(real, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
	if (fd < 0) {
		check_add(c, CHECK_DANGER, ERR_PROGRAM, whole, REINSTALL, "%s %s", what,
		    errno == ENOENT ? missing : "cannot be opened");
		return;
	}
	fault = find_fault(c, fd, forbidden, needed, &st);
	if (fault != NULL)
		check_add(c, CHECK_DANGER, ERR_PROGRAM, whole, NULL, "%s: %s", what, fault);
	close(fd);
	slash = strrchr(real, '/');
	*slash = '\0';
	dir = safedir_open(real, 022, &e);
	if (dir < 0)
		check_add_err(c, CHECK_DANGER, &e, "who can write there can replace sekisho");
	else
		close(dir);
}

static void check_door(struct check *c, const char *name, mode_t mode, const char *missing)
{
	char path[PATH_MAX];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s/run/sekisho/%s", c->root, name);
	if (lstat(path, &st) != 0) {
		check_add(c, CHECK_NOTE, ERR_DOOR, path, NULL, "not there: %s", missing);
		return;
	}
	if (!S_ISSOCK(st.st_mode) || st.st_uid != c->owner || (st.st_mode & 07777) != mode)
		check_add(c, CHECK_WARNING, ERR_DOOR, path,
		    "systemctl restart sekisho-root.socket sekisho-user.socket",
		    "not a socket of root's with mode %04o", (unsigned)mode);
}

void check_programs(struct check *c)
{
	check_program(c, "helper", LIBEXECDIR "/sekisho-auth", 07077, 0500,
	    "is missing: every login that asks it is denied");
	check_program(c, "module", PAMDIR "/pam_sekisho.so", 06022, 0400,
	    "is missing: PAM denies every login whose stack names it");
	check_door(c, "root", 0600, "programs in a sandbox cannot ask; su, login, sshd can");
	check_door(c, "user", 0666, "screen lockers that run as their user cannot ask");
}
