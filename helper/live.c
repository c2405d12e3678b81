/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Places at the doors: one small file per kind and uid, kept until the next boot, one byte lock
 * per place. The kernel drops the lock with its process and names the holder (F_GETLK), so
 * there is nothing stale to clean.
 */
#include "helper/live.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/safefile.h"

/* Together below the helper's watchdog and the caller's patience. */
#define ROUNDS      5
#define GIVE_WAY_MS 500

static struct flock place_lock(unsigned place)
{
	return (struct flock){
	    .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = (off_t)place, .l_len = 1};
}

static pid_t holder(int fd, unsigned place)
{
	struct flock l = place_lock(place);

	return fcntl(fd, F_GETLK, &l) == 0 && l.l_type != F_UNLCK ? l.l_pid : 0;
}

/* Since when a place is taken, kept in the file itself for want of a kernel notion. */
static off_t since_at(unsigned place)
{
	return (off_t)(8 * (place + 1));
}

static uint64_t since(int fd, unsigned place)
{
	uint64_t t = 0;

	return pread(fd, &t, sizeof t, since_at(place)) == (ssize_t)sizeof t ? t : 0;
}

static bool take_free(int fd, unsigned places, uint64_t now_ms)
{
	for (unsigned place = 0; place < places; place++) {
		struct flock l = place_lock(place);

		if (fcntl(fd, F_SETLK, &l) == 0)
			return pwrite(fd, &now_ms, sizeof now_ms, since_at(place)) ==
			       (ssize_t)sizeof now_ms;
	}
	return false;
}

static void end_oldest(int fd, unsigned places)
{
	unsigned oldest = 0;
	struct pollfd gone;
	pid_t pid;

	for (unsigned place = 1; place < places; place++)
		if (since(fd, place) < since(fd, oldest))
			oldest = place;
	pid = holder(fd, oldest);
	if (pid <= 0)
		return;
	gone = (struct pollfd){.fd = pidfd_open(pid, 0), .events = POLLIN};
	if (gone.fd < 0)
		return;
	/* The pid is surely the holder's only if it still holds the place now. */
	if (holder(fd, oldest) == pid && pidfd_send_signal(gone.fd, SIGTERM, NULL, 0) == 0)
		(void)poll(&gone, 1, GIVE_WAY_MS);
	(void)close(gone.fd);
}

static int open_places(const char *run_path, const char *name, struct err *e)
{
	char path[128];
	int run = safedir_open(run_path, S_IWGRP | S_IWOTH, e), dir, fd;

	if (run < 0)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/sessions", run_path);
	if (mkdirat(run, "sessions", 0700) != 0 && errno != EEXIST) {
		(void)err_sys(e, ERR_IO, path, "cannot make directory");
		(void)close(run);
		return -1;
	}
	dir = safedir_open_at(run, path, "sessions", S_IRWXG | S_IRWXO, e);
	(void)close(run);
	if (dir < 0)
		return -1;
	fd = openat(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		(void)err_sys(e, ERR_IO, path, "cannot open %s", name);
	(void)close(dir);
	return fd;
}

int live_take(const char *run_path, const char *kind, unsigned places, uid_t uid,
    uint64_t now_ms, struct err *e)
{
	char name[64];
	int fd;

	(void)snprintf(name, sizeof(name), "%s-%u", kind, (unsigned)uid);
	fd = open_places(run_path, name, e);
	if (fd < 0)
		return -1;
	for (int round = 0; round < ROUNDS; round++) {
		if (take_free(fd, places, now_ms))
			return 0; /* fd stays open: it is the place */
		end_oldest(fd, places);
	}
	(void)close(fd);
	return err_set(e, ERR_BUSY, name, "all %u sessions of this user are taken", places);
}
