/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file with a secret in it that the administrator asked for. Never overwrites anything and
 * follows no link.
 */
#include "tools/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/safefile.h"
#include "lib/wire/secret.h"

/* "" and "x": the working directory; "/x": the root directory. */
static void split_path(const char *path, char directory[PATH_MAX], const char **ret_name)
{
	const char *slash = strrchr(path, '/');

	*ret_name = slash != NULL ? slash + 1 : path;
	if (slash == NULL)
		snprintf(directory, PATH_MAX, ".");
	else
		snprintf(directory, PATH_MAX, "%.*s", (int)(slash - path + 1), path);
}

/* Only sure when it is made; found out here, nothing was done yet. */
static int check_new(const struct outfile *f, struct err *e)
{
	struct stat st;

	if (fstatat(f->dir, f->name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return err_sys(e, ERR_INPUT, f->path, "cannot create");
	}
	if (faccessat(f->dir, ".", W_OK, AT_EACCESS) != 0) /* a read-only disk */
		return err_sys(e, ERR_INPUT, f->path, "cannot create");
	return 0;
}

int outfile_open(const char *path, struct outfile *ret_f, struct err *e)
{
	char directory[PATH_MAX], real[PATH_MAX];
	const char *name;

	*ret_f = (struct outfile){.dir = -1, .path = path};
	if (strlen(path) >= PATH_MAX)
		return err_set(e, ERR_INPUT, path, "too long");
	split_path(path, directory, &name);
	if (name[0] == '\0')
		return err_set(e, ERR_INPUT, path, "no name of a file");
	if (strlen(name) >= sizeof(ret_f->name))
		return err_set(e, ERR_INPUT, path, "too long");
	/* The name of today; what it leads to is then opened without following anything. */
	if (realpath(directory, real) == NULL)
		return err_sys(e, ERR_INPUT, path, "cannot create");
	ret_f->dir = safedir_open(real, 0022, e);
	if (ret_f->dir < 0)
		return -1;
	memcpy(ret_f->name, name, strlen(name) + 1);
	if (check_new(ret_f, e) == 0)
		return 0;
	outfile_close(ret_f);
	return -1;
}

enum exit_code outfile_prepare(struct ui *ui, const char *path, struct outfile *ret_f)
{
	struct err e;

	if (outfile_open(path, ret_f, &e) == 0)
		return EXIT_DONE;
	return ui_fail(ui, &e,
	    e.number == ERR_UNSAFE_FILE
	        ? "name a directory that only root can write, such as /root"
	        : NULL);
}

void outfile_close(struct outfile *f)
{
	if (f->dir >= 0)
		close(f->dir);
	f->dir = -1;
}

int outfile_remove(const struct outfile *f)
{
	return unlinkat(f->dir, f->name, 0);
}

static int fill(FILE *out, outfile_writer write, const void *what)
{
	char buffer[BUFSIZ]; /* one that can be wiped */
	int failed;

	setvbuf(out, buffer, _IOFBF, sizeof(buffer));
	errno = 0;
	failed = write(what, out);
	/* it may be the only copy */
	failed = (fflush(out) != 0 || fsync(fileno(out)) != 0) || failed != 0;
	failed = fclose(out) != 0 || failed;
	wipe(buffer, sizeof(buffer));
	return failed ? -1 : 0;
}

int outfile_save(const struct outfile *f, outfile_writer write, const void *what, struct err *e)
{
	FILE *out;
	int fd = openat(f->dir, f->name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0600);

	if (fd < 0)
		return err_sys(e, ERR_INPUT, f->path, "cannot create");
	/* the umask may have taken the owner's bits */
	out = fchmod(fd, 0600) == 0 ? fdopen(fd, "w") : NULL;
	if (out == NULL) {
		err_sys(e, ERR_IO, f->path, "cannot write");
		close(fd);
		(void)outfile_remove(f);
		return -1;
	}
	/* the name, too, is there when this returns */
	if (fill(out, write, what) == 0 && fsync(f->dir) == 0)
		return 0;
	err_sys(e, ERR_IO, f->path, "cannot write");
	(void)outfile_remove(f);
	return -1;
}
