/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stands between the code and the disk, by defining the calls of libc in the test program: what
 * was written and synced in which order, a write or sync that fails, something that happens
 * while a lock is waited for, time that passes without waiting. One include per program.
 */
#ifndef SEKISHO_TEST_DISK_H
#define SEKISHO_TEST_DISK_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static struct {
	char events[64]; /* w write, s fdatasync, S fsync; those of failures are capital W, x */
	size_t count;
	ssize_t write_bytes; /* >= 0: the next write stops after so many, and fails */
	int fail_sync;       /* errno of the next fdatasync, 0 none */
	int fail_fsync;
	off_t write_at; /* of the latest write */
	unsigned pauses;
	bool real_sleep;
	uint64_t passed_ms;  /* added to CLOCK_MONOTONIC */
	void (*pause)(void); /* called by the next nanosleep, which does not sleep */
} disk = {.write_bytes = -1};

static inline void disk_reset(void)
{
	uint64_t passed = disk.passed_ms;

	memset(&disk, 0, sizeof(disk));
	disk.write_bytes = -1;
	disk.passed_ms = passed;
}

static inline void disk_event(char c)
{
	if (disk.count < sizeof(disk.events) - 1)
		disk.events[disk.count++] = c;
}

ssize_t pwrite(int fd, const void *data, size_t len, off_t offset)
{
	size_t part = len;
	ssize_t n;

	if (disk.write_bytes >= 0 && (size_t)disk.write_bytes < len)
		part = (size_t)disk.write_bytes;
	disk.write_at = offset;
	n = syscall(SYS_pwrite64, fd, data, part, offset);
	disk_event(disk.write_bytes < 0 ? 'w' : 'W');
	if (disk.write_bytes < 0)
		return n;
	disk.write_bytes = -1;
	errno = EIO;
	return -1;
}

int fdatasync(int fd)
{
	disk_event(disk.fail_sync == 0 ? 's' : 'x');
	if (disk.fail_sync == 0)
		return (int)syscall(SYS_fdatasync, fd);
	errno = disk.fail_sync;
	disk.fail_sync = 0;
	return -1;
}

int fsync(int fd)
{
	disk_event(disk.fail_fsync == 0 ? 'S' : 'x');
	if (disk.fail_fsync == 0)
		return (int)syscall(SYS_fsync, fd);
	errno = disk.fail_fsync;
	disk.fail_fsync = 0;
	return -1;
}

int nanosleep(const struct timespec *wanted, struct timespec *left)
{
	void (*once)(void) = disk.pause;

	disk.pauses++;
	if (disk.real_sleep)
		return (int)syscall(SYS_nanosleep, wanted, left);
	disk.passed_ms += (uint64_t)wanted->tv_sec * 1000 + (uint64_t)wanted->tv_nsec / 1000000;
	disk.pause = NULL;
	if (once != NULL)
		once();
	return 0;
}

int clock_gettime(clockid_t id, struct timespec *t)
{
	int r = (int)syscall(SYS_clock_gettime, id, t);

	if (r == 0 && id == CLOCK_MONOTONIC) {
		t->tv_sec += (time_t)(disk.passed_ms / 1000);
		t->tv_nsec += (long)(disk.passed_ms % 1000) * 1000000;
		if (t->tv_nsec >= 1000000000) {
			t->tv_nsec -= 1000000000;
			t->tv_sec++;
		}
	}
	return r;
}

#endif
