/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Opening, checking, locking and durably replacing files that only root may have touched.
 * Must not follow a symbolic link, must not wait on a FIFO, must not know a format.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* O_TMPFILE, O_PATH, AT_EMPTY_PATH, F_OFD_SETLK, renameat2 */
#endif
#include "lib/base/safefile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "lib/wire/clock.h"

#define WRITABLE_BY_OTHERS (S_IWGRP | S_IWOTH)
#define NAME_BUFFER        SAFEFILE_NAME_SIZE
#define LOCK_LONGEST_MS    20u

/* "path/name" for messages; cut rather than refused when absurdly long. */
static const char *full_name(char out[NAME_BUFFER], const char *path, const char *name)
{
	if (snprintf(out, NAME_BUFFER, "%s/%s", path, name) < 0)
		out[0] = '\0';
	return out;
}

/* err_set and err_sys with errno as the caller will find it. */
static int fail(struct err *e, enum err_number number, const char *path, const char *name,
    const char *why, int saved)
{
	char full[NAME_BUFFER];
	const char *object = name == NULL ? path : full_name(full, path, name);

	errno = saved;
	if (saved != 0)
		(void)err_sys(e, number, object, "%s", why);
	else
		(void)err_set(e, number, object, "%s", why);
	errno = saved;
	return -1;
}

static int close_failed(int fd)
{
	int saved = errno;

	if (fd >= 0)
		close(fd);
	errno = saved;
	return -1;
}

/* ---- directories ---- */

/* A directory on the way: nobody but root and this process can swap what is inside. */
static int check_way(int fd, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return fail(e, ERR_IO, path, NULL, "cannot examine the way", errno);
	errno = 0;
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return err_set(e, ERR_UNSAFE_FILE, path,
		    "a directory on the way belongs to uid %u", (unsigned)st.st_uid);
	if ((st.st_mode & WRITABLE_BY_OTHERS) != 0 && (st.st_mode & S_ISVTX) == 0)
		return err_set(e, ERR_UNSAFE_FILE, path,
		    "a directory on the way is writable by others (mode %04o)",
		    (unsigned)st.st_mode & 07777);
	return 0;
}

static int check_directory(
    int fd, const char *path, const char *name, mode_t forbidden_mode, struct err *e)
{
	char full[NAME_BUFFER];
	const char *object = name == NULL ? path : full_name(full, path, name);
	struct stat st;

	if (fstat(fd, &st) != 0)
		return fail(e, ERR_IO, path, name, "cannot examine", errno);
	errno = 0;
	if (st.st_uid != geteuid())
		return err_set(e, ERR_UNSAFE_FILE, object, "belongs to uid %u, not %u",
		    (unsigned)st.st_uid, (unsigned)geteuid());
	if ((st.st_mode & forbidden_mode) != 0)
		return err_set(e, ERR_UNSAFE_FILE, object, "mode %04o is too open",
		    (unsigned)st.st_mode & 07777);
	return 0;
}

/* ENOTDIR and ELOOP are what a link or a file in place of the directory gives. */
static int directory_error(struct err *e, const char *path, const char *name)
{
	int saved = errno;

	if (saved == ENOTDIR || saved == ELOOP)
		return fail(e, ERR_UNSAFE_FILE, path, name,
		    "a symbolic link or file stands where a directory is expected", saved);
	return fail(e, ERR_IO, path, name, "cannot open", saved);
}

#define PATH_BUFFER 4096

/* Cuts the next component off *at; NULL at the end, "" for one that is not acceptable. */
static const char *next_component(char **at)
{
	char *start = *at, *end;

	while (*start == '/')
		start++;
	if (*start == '\0')
		return NULL;
	end = start + strcspn(start, "/");
	*at = *end == '/' ? end + 1 : end;
	*end = '\0';
	return strcmp(start, ".") == 0 || strcmp(start, "..") == 0 ? "" : start;
}

/* Opens the directory above the last component; *ret_last points into buf. */
static int open_way(const char *path, char *buf, const char **ret_last, struct err *e)
{
	char *at = buf;
	const char *part = next_component(&at), *next;
	int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return fail(e, ERR_IO, path, NULL, "cannot open /", errno);
	for (;; part = next) {
		int below;

		if (check_way(fd, path, e) != 0)
			return close_failed(fd);
		next = part == NULL ? NULL : next_component(&at);
		if (part == NULL || *part == '\0' || (next != NULL && *next == '\0')) {
			errno = 0;
			(void)err_set(e, ERR_UNSAFE_FILE, path, "not a plain absolute path");
			return close_failed(fd);
		}
		if (next == NULL)
			break;
		below = openat(fd, part, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (below < 0) {
			(void)directory_error(e, path, NULL);
			return close_failed(fd);
		}
		close(fd);
		fd = below;
	}
	*ret_last = part;
	return fd;
}

static int open_last(int dirfd, const char *part, const char *path, const char *name,
    mode_t forbidden_mode, struct err *e)
{
	int fd = openat(dirfd, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return directory_error(e, path, name);
	if (check_directory(fd, path, name, forbidden_mode, e) != 0)
		return close_failed(fd);
	return fd;
}

int safedir_open(const char *path, mode_t forbidden_mode, struct err *e)
{
	char buf[PATH_BUFFER];
	const char *last = NULL;
	size_t len = strlen(path);
	int way, fd;

	errno = 0;
	if (path[0] != '/' || len >= sizeof(buf))
		return err_set(e, ERR_UNSAFE_FILE, path, "not a plain absolute path");
	memcpy(buf, path, len + 1);
	way = open_way(path, buf, &last, e);
	if (way < 0)
		return -1;
	fd = open_last(way, last, path, NULL, forbidden_mode, e);
	(void)close_failed(way);
	return fd;
}

int safedir_open_at(
    int dirfd, const char *path, const char *name, mode_t forbidden_mode, struct err *e)
{
	return open_last(dirfd, name, path, name, forbidden_mode, e);
}

/* linux/magic.h lacks some of these. */
static const struct {
	uint32_t magic;
	const char *name;
} unfit_file_systems[] = {
    {0x00006969, "NFS"},
    {0xff534d42, "CIFS"},
    {0xfe534d42, "SMB"},
    {0x0000517b, "SMB"},
    {0x65735546, "FUSE"},
    {0x01021994, "tmpfs"},
    {0x858458f6, "ramfs"},
    {0x01021997, "9P"},
    {0x5346414f, "AFS"},
    {0x6b414653, "AFS"},
    {0x00c36400, "Ceph"},
    {0x73757245, "Coda"},
    {0x01161970, "GFS2"},
    {0x7461636f, "OCFS2"},
    {0x0bd00bd0, "Lustre"},
};

int safedir_check_file_system(int dirfd, const char *path, struct err *e)
{
	struct statfs fs;

	if (fstatfs(dirfd, &fs) != 0)
		return fail(e, ERR_IO, path, NULL, "cannot examine the file system", errno);
	for (size_t i = 0; i < sizeof(unfit_file_systems) / sizeof(unfit_file_systems[0]); i++)
		if ((uint32_t)fs.f_type == unfit_file_systems[i].magic) {
			errno = 0;
			return err_set(e, ERR_FILE_SYSTEM, path,
			    "is on %s, where a write may be lost or be changed by others",
			    unfit_file_systems[i].name);
		}
	return 0;
}

/* ---- opening and reading ---- */

static int check_file(const struct stat *st, const char *path, const char *name,
    mode_t forbidden_mode, struct err *e)
{
	char full[NAME_BUFFER];
	const char *object = full_name(full, path, name);

	errno = 0;
	if (!S_ISREG(st->st_mode))
		return err_set(e, ERR_UNSAFE_FILE, object, "not a regular file");
	if (st->st_uid != geteuid())
		return err_set(e, ERR_UNSAFE_FILE, object, "belongs to uid %u, not %u",
		    (unsigned)st->st_uid, (unsigned)geteuid());
	if ((st->st_mode & forbidden_mode) != 0)
		return err_set(e, ERR_UNSAFE_FILE, object, "mode %04o is too open",
		    (unsigned)st->st_mode & 07777);
	if (st->st_nlink != 1)
		return err_set(e, ERR_UNSAFE_FILE, object, "has %lu links instead of 1",
		    (unsigned long)st->st_nlink);
	return 0;
}

static int open_error(struct err *e, const char *path, const char *name)
{
	static const struct {
		int number;
		const char *why;
	} unsafe[] = {
	    {ELOOP, "is a symbolic link"},
	    {EISDIR, "is a directory"},
	    {ENXIO, "is a socket or a device"},
	    {ENODEV, "is a device"},
	};
	int saved = errno;

	for (size_t i = 0; i < sizeof(unsafe) / sizeof(unsafe[0]); i++)
		if (saved == unsafe[i].number) {
			(void)fail(e, ERR_UNSAFE_FILE, path, name, unsafe[i].why, 0);
			errno = saved;
			return -1;
		}
	return fail(e, ERR_IO, path, name, "cannot open", saved);
}

int safefile_open(int dirfd, const char *path, const char *name, int flags,
    mode_t forbidden_mode, struct err *e)
{
	struct stat st;
	int fd, r = -1;

	/* No link left: it was replaced between open and fstat. The name has the new file. */
	for (int tries = 0; tries < 16; tries++) {
		fd = openat(dirfd, name,
		    (flags & O_ACCMODE) | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		if (fd < 0 && errno == EINTR)
			continue;
		/* Without capabilities root cannot open what belongs to somebody else: say
		 * that, not "permission denied". */
		if (fd < 0 && errno == EACCES &&
		    fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
			if (check_file(&st, path, name, forbidden_mode, e) != 0)
				return -1;
			errno = EACCES;
		}
		if (fd < 0)
			return open_error(e, path, name);
		r = fstat(fd, &st);
		if (r != 0) {
			(void)fail(e, ERR_IO, path, name, "cannot examine", errno);
			return close_failed(fd);
		}
		if (st.st_nlink > 0 || !S_ISREG(st.st_mode)) {
			if (check_file(&st, path, name, forbidden_mode, e) != 0)
				return close_failed(fd);
			return fd;
		}
		close(fd);
	}
	return fail(e, ERR_BUSY, path, name, "is being replaced again and again", 0);
}

/* Up to len bytes; fewer only at the end of the file. -1 on an error. */
static ssize_t read_all(int fd, uint8_t *buf, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(fd, buf + done, len - done, (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

int safefile_read_fd(int fd, const char *path, const char *name, uint8_t *buf, size_t min,
    size_t max, size_t *ret_len, struct err *e)
{
	char full[NAME_BUFFER];
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) != 0)
		return fail(e, ERR_IO, path, name, "cannot examine", errno);
	if (st.st_size < 0 || (uintmax_t)st.st_size < min || (uintmax_t)st.st_size > max) {
		errno = 0;
		return err_set(e, ERR_DAMAGED, full_name(full, path, name),
		    min == max ? "%jd bytes long instead of %zu"
		               : "%jd bytes long; %zu to %zu are possible",
		    (intmax_t)st.st_size, min, max);
	}
	n = read_all(fd, buf, (size_t)st.st_size);
	if (n < 0)
		return fail(e, ERR_IO, path, name, "cannot read", errno);
	if (n != st.st_size)
		return fail(e, ERR_IO, path, name, "became shorter while it was read", 0);
	*ret_len = (size_t)n;
	return 0;
}

int safefile_read(int dirfd, const char *path, const char *name, mode_t forbidden_mode,
    uint8_t *buf, size_t min, size_t max, size_t *ret_len, struct err *e)
{
	int fd = safefile_open(dirfd, path, name, O_RDONLY, forbidden_mode, e);
	int r;

	if (fd < 0)
		return -1;
	r = safefile_read_fd(fd, path, name, buf, min, max, ret_len, e);
	(void)close_failed(fd);
	return r;
}

int safefile_lock(int fd, const char *path, const char *name, int timeout_ms, struct err *e)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	uint64_t start = monotonic_ms(), limit = timeout_ms < 0 ? 0 : (uint64_t)timeout_ms;
	unsigned pause_ms = 1;

	for (;;) {
		struct timespec pause;

		if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
			return 0;
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return fail(e, ERR_IO, path, name, "cannot lock", errno);
		if (monotonic_ms() - start >= limit)
			return fail(e, ERR_BUSY, path, name, "locked by another process", 0);
		pause = (struct timespec){.tv_nsec = (long)pause_ms * 1000000};
		(void)nanosleep(&pause, NULL);
		pause_ms = pause_ms * 2 > LOCK_LONGEST_MS ? LOCK_LONGEST_MS : pause_ms * 2;
	}
}

/* ---- writing ---- */

static int write_all(int fd, const uint8_t *data, size_t len, off_t offset)
{
	while (len > 0) {
		ssize_t n = pwrite(fd, data, len, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (n == 0)
				errno = EIO;
			return -1;
		}
		data += n;
		len -= (size_t)n;
		offset += n;
	}
	return 0;
}

static int sync_retry(int (*sync_fd)(int), int fd)
{
	int r;

	do
		r = sync_fd(fd);
	while (r != 0 && errno == EINTR);
	return r;
}

static int write_bytes(int fd, const char *path, const char *name, const void *data, size_t len,
    off_t offset, struct err *e)
{
	if (write_all(fd, data, len, offset) != 0)
		return fail(e, ERR_IO, path, name, "cannot write", errno);
	return 0;
}

static int sync_file(int fd, const char *path, const char *name, struct err *e)
{
	if (sync_retry(fdatasync, fd) != 0)
		return fail(e, ERR_IO, path, name, "cannot make the write durable", errno);
	return 0;
}

int safefile_write_at(int fd, const char *path, const char *name, const void *data, size_t len,
    off_t offset, struct err *e)
{
	if (write_bytes(fd, path, name, data, len, offset, e) != 0)
		return -1;
	return sync_file(fd, path, name, e);
}

int safefile_write_lazily(int fd, const char *path, const char *name, const void *data,
    size_t len, off_t offset, struct err *e)
{
	if (sync_file(fd, path, name, e) != 0)
		return -1;
	return write_bytes(fd, path, name, data, len, offset, e);
}

static int draft_open(struct safefile_draft *d, bool nameless)
{
	d->named = !nameless;
	d->fd = nameless ? openat(d->dirfd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)
	                 : openat(d->dirfd, d->temporary,
	                       O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0600);
	return d->fd < 0 ? -1 : 0;
}

void safefile_discard(struct safefile_draft *d)
{
	int saved = errno;

	if (d->fd >= 0)
		close(d->fd);
	if (d->named)
		(void)unlinkat(d->dirfd, d->temporary, 0);
	d->fd = -1;
	d->named = false;
	errno = saved;
}

static int draft_fill(struct safefile_draft *d, const void *data, size_t len, mode_t mode)
{
	if (fchmod(d->fd, mode) != 0 || write_all(d->fd, data, len, 0) != 0)
		return -1;
	return sync_retry(fsync, d->fd);
}

/* Gives a nameless draft a name that must be free. */
static int draft_link(const struct safefile_draft *d, const char *name)
{
	char self[64];

	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", d->fd);
	if (linkat(AT_FDCWD, self, d->dirfd, name, AT_SYMLINK_FOLLOW) == 0)
		return 0;
	if (errno != ENOENT && errno != ENOTDIR && errno != EACCES)
		return -1;
	return linkat(d->fd, "", d->dirfd, name, AT_EMPTY_PATH); /* no /proc here */
}

/* Under the temporary name: all that is left is a rename, which needs no room. */
static int draft_name(struct safefile_draft *d)
{
	if (d->named)
		return 0;
	if (draft_link(d, d->temporary) != 0)
		return -1;
	d->named = true;
	return 0;
}

/* Under its own name, which must be free. */
static int draft_publish(struct safefile_draft *d)
{
	if (!d->named)
		return draft_link(d, d->name);
	if (renameat2(d->dirfd, d->temporary, d->dirfd, d->name, RENAME_NOREPLACE) != 0)
		return -1;
	d->named = false; /* the temporary name is gone */
	return 0;
}

/* One whole attempt; *ret_step says what failed. replace: ends under the temporary name. */
static int draft_attempt(struct safefile_draft *d, bool nameless, const void *data, size_t len,
    mode_t mode, bool replace, const char **ret_step)
{
	*ret_step = "cannot create a new file";
	if (draft_open(d, nameless) != 0)
		return -1;
	*ret_step = "cannot write a new file";
	if (draft_fill(d, data, len, mode) != 0)
		return -1;
	*ret_step = "cannot put a new file in place";
	return replace ? draft_name(d) : draft_publish(d);
}

/* Not of the disk but of the way: worth the attempt with a temporary name. */
static bool nameless_unsupported(int number)
{
	return number == EOPNOTSUPP || number == EISDIR || number == ENOENT ||
	       number == EINVAL || number == EPERM;
}

static int draft_make(struct safefile_draft *d, const char *path, const void *data, size_t len,
    mode_t mode, bool replace, struct err *e)
{
	const char *step = NULL;
	int r;

	errno = 0;
	if ((size_t)snprintf(d->temporary, sizeof(d->temporary), ".new-%s", d->name) >=
	    sizeof(d->temporary))
		return fail(e, ERR_INTERNAL, path, d->name, "name too long", ENAMETOOLONG);
	if (unlinkat(d->dirfd, d->temporary, 0) != 0 && errno != ENOENT)
		return fail(e, ERR_IO, path, d->temporary, "cannot remove a leftover", errno);
	r = draft_attempt(d, true, data, len, mode, replace, &step);
	if (r != 0 && nameless_unsupported(errno)) {
		safefile_discard(d);
		r = draft_attempt(d, false, data, len, mode, replace, &step);
	}
	if (r == 0)
		return 0;
	safefile_discard(d);
	return fail(e, ERR_IO, path, d->name, step, errno);
}

static int sync_directory(const struct safefile_draft *d, const char *path, struct err *e)
{
	if (sync_retry(fsync, d->dirfd) == 0)
		return 0;
	return fail(e, ERR_IO, path, d->name, "cannot make the new name durable", errno);
}

int safefile_remove(int dirfd, const char *path, const char *name, struct err *e)
{
	if (unlinkat(dirfd, name, 0) != 0)
		return fail(e, ERR_IO, path, name, "cannot remove", errno);
	if (sync_retry(fsync, dirfd) != 0)
		return fail(e, ERR_IO, path, name, "cannot make the removal durable", errno);
	return 0;
}

int safefile_prepare(int dirfd, const char *path, const char *name, const void *data,
    size_t len, mode_t mode, struct safefile_draft *ret_d, struct err *e)
{
	*ret_d = (struct safefile_draft){.dirfd = dirfd, .fd = -1, .name = name};
	return draft_make(ret_d, path, data, len, mode, true, e);
}

int safefile_commit(struct safefile_draft *d, const char *path, struct err *e)
{
	if (renameat(d->dirfd, d->temporary, d->dirfd, d->name) != 0) {
		(void)fail(e, ERR_IO, path, d->name, "cannot put a new file in place", errno);
		safefile_discard(d);
		return -1;
	}
	d->named = false; /* the temporary name is gone */
	d->placed = true;
	safefile_discard(d);
	return sync_directory(d, path, e);
}

int safefile_replace(int dirfd, const char *path, const char *name, const void *data,
    size_t len, mode_t mode, struct err *e)
{
	struct safefile_draft d;

	if (safefile_prepare(dirfd, path, name, data, len, mode, &d, e) != 0)
		return -1;
	return safefile_commit(&d, path, e);
}

int safefile_create(int dirfd, const char *path, const char *name, const void *data, size_t len,
    mode_t mode, struct err *e)
{
	struct safefile_draft d = {.dirfd = dirfd, .fd = -1, .name = name};

	if (draft_make(&d, path, data, len, mode, false, e) != 0)
		return -1;
	safefile_discard(&d);
	return sync_directory(&d, path, e);
}
