/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files only root may have touched: open, check, lock, read whole, replace durably.
 * Knows no format. Never follows a symbolic link, never blocks on a FIFO or device.
 *
 * "path" in messages is what the administrator knows the file by; names are opened relative to
 * a directory descriptor. Owner means the effective uid of this process (root in production).
 * Functions return 0 (or a descriptor >= 0), or -1 with *e filled: ERR_IO, ERR_UNSAFE_FILE,
 * ERR_FILE_SYSTEM, ERR_BUSY, and ERR_DAMAGED for a wrong size. errno is that of the system call
 * that failed, or 0 when a check did: ENOENT can be told from the rest.
 */
#ifndef SEKISHO_SAFEFILE_H
#define SEKISHO_SAFEFILE_H

#include <sys/types.h>

#include "lib/wire/err.h"

#define SAFEFILE_NAME_SIZE 256

/* Opens an absolute directory component by component (O_NOFOLLOW), each owned by root or this
 * process and not writable by others (a sticky directory like /tmp passes), the last one also
 * owned by this process and with no bit of forbidden_mode. */
MUST_CHECK int safedir_open(const char *path, mode_t forbidden_mode, struct err *e);
/* A directory below dirfd, same checks. path: dirfd's own path, for messages. */
MUST_CHECK int safedir_open_at(
    int dirfd, const char *path, const char *name, mode_t forbidden_mode, struct err *e);
/* Refuses network, FUSE and memory file systems (statfs), where a write is not durable or not
 * ours alone: ERR_FILE_SYSTEM names it. */
MUST_CHECK int safedir_check_file_system(int dirfd, const char *path, struct err *e);

/* Regular file, owner, one link, no bit of forbidden_mode. flags: O_RDONLY or O_RDWR; never
 * creates or truncates. */
MUST_CHECK int safefile_open(int dirfd, const char *path, const char *name, int flags,
    mode_t forbidden_mode, struct err *e);
/* The whole file into buf; its size must be min..max bytes (max <= size of buf). Sets *ret_len.
 */
MUST_CHECK int safefile_read_fd(int fd, const char *path, const char *name, uint8_t *buf,
    size_t min, size_t max, size_t *ret_len, struct err *e);
/* open + read_fd + close. */
MUST_CHECK int safefile_read(int dirfd, const char *path, const char *name,
    mode_t forbidden_mode, uint8_t *buf, size_t min, size_t max, size_t *ret_len,
    struct err *e);
/* Exclusive lock on the open file (F_OFD_SETLK), polled until timeout_ms: ERR_BUSY then.
 * Released by close. */
MUST_CHECK int safefile_lock(
    int fd, const char *path, const char *name, int timeout_ms, struct err *e);
/* len bytes at offset, all of them, then fdatasync. */
MUST_CHECK int safefile_write_at(int fd, const char *path, const char *name, const void *data,
    size_t len, off_t offset, struct err *e);
/* The other way round: fdatasync of what was written before, then these bytes, which a crash
 * may lose or tear. For a value that is written seldom and may be lost. */
MUST_CHECK int safefile_write_lazily(int fd, const char *path, const char *name,
    const void *data, size_t len, off_t offset, struct err *e);
/* Removes a name, and makes that durable. ENOENT in errno when there is none. */
MUST_CHECK int safefile_remove(int dirfd, const char *path, const char *name, struct err *e);
/* Durable replacement in two steps, so that whatever needs room on the disk is done before
 * anything is changed. prepare: O_TMPFILE (or O_EXCL where there is none), write, fsync, linkat
 * to ".new-<name>". commit: renameat, fsync of the directory. On any error the old file is as
 * it was, except that after a failure of the last fsync the name may hold the new file; it is
 * whole in either case. Two processes must not replace one name at once (lock). */
struct safefile_draft {
	int dirfd; /* borrowed, like .name */
	int fd;
	const char *name;
	char temporary[SAFEFILE_NAME_SIZE]; /* ".new-<name>" */
	bool named;
	bool placed; /* the name holds it, also after an error: perhaps not durably */
};
MUST_CHECK int safefile_prepare(int dirfd, const char *path, const char *name, const void *data,
    size_t len, mode_t mode, struct safefile_draft *ret_d, struct err *e);
/* Ends the draft in any case; .placed says whether the name holds the new file. */
MUST_CHECK int safefile_commit(struct safefile_draft *d, const char *path, struct err *e);
/* Instead of a commit; nothing is left. Also after a failed prepare. */
void safefile_discard(struct safefile_draft *d);
/* Both steps at once. */
MUST_CHECK int safefile_replace(int dirfd, const char *path, const char *name, const void *data,
    size_t len, mode_t mode, struct err *e);
/* The same for a file that must not exist yet; EEXIST in errno when it does. */
MUST_CHECK int safefile_create(int dirfd, const char *path, const char *name, const void *data,
    size_t len, mode_t mode, struct err *e);

#endif
