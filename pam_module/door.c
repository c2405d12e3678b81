/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The root socket, the user socket, the direct start: which, in what order, for how long.
 * Never lets an ordinary user's process start anything.
 */
#include "pam_module/door.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "lib/wire/chan.h"
#include "lib/wire/clock.h"
#include "lib/wire/options.h"
#include "pam_module/launch.h"
#include "pam_module/path.h"

#define RETRY_MS 10

/* How an attempt at one door ended. Only a door that answered nothing may be passed by. */
enum attempt {
	ATTEMPT_REFUSED = 0,
	ATTEMPT_NOBODY = 1, /* nobody listens */
	ATTEMPT_SILENT = 2, /* somebody does, and says nothing */
	ATTEMPT_OPEN = 3,
};

static int time_left(uint64_t until)
{
	uint64_t now = monotonic_ms();

	return now >= until ? 0 : (int)(until - now);
}

/* A host with closed standard descriptors would print into the socket. Closes fd on failure. */
static int above_standard(int fd)
{
	int moved;

	if (fd < 0 || fd > 2)
		return fd;
	moved = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	(void)close(fd);
	return moved;
}

static enum attempt greet(
    int fd, const struct msg *hello, uint64_t until, const char *object, struct err *e)
{
	enum chan_result c = chan_send(fd, hello, time_left(until));
	bool welcome = false;
	struct msg m;

	msg_clear(&m);
	if (c == CHAN_OK)
		c = chan_recv(fd, hello->session, &m, time_left(until));
	welcome = m.type == MSG_WELCOME && m.version == hello->version;
	msg_clear(&m);
	switch (c) {
	case CHAN_OK:
		if (welcome)
			return ATTEMPT_OPEN;
		break;
	case CHAN_TIMEOUT:
	case CHAN_CLOSED:
		(void)err_set(e, ERR_NO_HELPER, object,
		    c == CHAN_TIMEOUT ? "no welcome within %d ms" : "closed within %d ms",
		    DOOR_WELCOME_MS);
		return ATTEMPT_SILENT;
	case CHAN_ERROR:
		(void)err_sys(e, ERR_NO_HELPER, object, "cannot talk to it");
		return ATTEMPT_REFUSED;
	case CHAN_GARBAGE:
		break;
	}
	(void)err_set(e, ERR_PROTOCOL, object, "answered something else than a welcome");
	return ATTEMPT_REFUSED;
}

/* A full backlog gives EAGAIN, and poll() does not tell when it has room again. */
static int connect_until(int fd, const struct sockaddr_un *address, uint64_t until)
{
	const struct timespec pause = {.tv_nsec = RETRY_MS * 1000000L};

	for (;;) {
		if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0)
			return 0;
		if (errno != EAGAIN && errno != EINTR)
			return -1;
		if (time_left(until) == 0) {
			errno = ETIMEDOUT;
			return -1;
		}
		(void)nanosleep(&pause, NULL);
	}
}

static bool served_by_root(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	memset(&peer, 0xff, sizeof(peer));
	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
	       len == sizeof(peer) && peer.uid == 0;
}

static enum attempt reach(
    int fd, const char *path, const struct msg *hello, uint64_t until, struct err *e)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (strlen(path) >= sizeof(address.sun_path)) {
		(void)err_set(e, ERR_OPTION, path, "path too long for a socket");
		return ATTEMPT_REFUSED;
	}
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (connect_until(fd, &address, until) != 0) {
		int why = errno;

		(void)err_sys(e, ERR_NO_HELPER, path, "cannot connect");
		if (why == ETIMEDOUT)
			return ATTEMPT_SILENT;
		return why == ENOENT || why == ECONNREFUSED ? ATTEMPT_NOBODY : ATTEMPT_REFUSED;
	}
	if (!served_by_root(fd)) {
		(void)err_set(e, ERR_UNSAFE_FILE, path, "somebody else than root listens");
		return ATTEMPT_REFUSED;
	}
	return greet(fd, hello, until, path, e);
}

static enum attempt open_socket(const struct door_setup *s, const char *name,
    const struct msg *hello, struct door *d, struct err *e)
{
	char path[OPTIONS_SOCKET_DIR_SIZE + sizeof("/root")];
	enum attempt r;

	switch (path_check(s->socket_dir, PATH_DIRECTORY, e)) {
	case PATH_SAFE:
		break;
	case PATH_MISSING:
		return ATTEMPT_NOBODY;
	case PATH_UNSAFE:
	default:
		return ATTEMPT_REFUSED;
	}
	(void)snprintf(path, sizeof(path), "%s/%s", s->socket_dir, name);
	d->fd =
	    above_standard(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
	if (d->fd < 0) {
		(void)err_sys(e, ERR_NO_HELPER, path, "no socket");
		return ATTEMPT_REFUSED;
	}
	r = reach(d->fd, path, hello, monotonic_ms() + DOOR_WELCOME_MS, e);
	if (r != ATTEMPT_OPEN)
		door_close(d);
	return r;
}

/* The pair of sockets for a direct start: *ret_theirs is closed after the launch. */
static int pair_open(struct door *d, int *ret_theirs)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return -1;
	ends[0] = above_standard(ends[0]);
	ends[1] = above_standard(ends[1]);
	if (ends[0] < 0 || ends[1] < 0) {
		for (int i = 0; i < 2; i++) {
			if (ends[i] >= 0)
				(void)close(ends[i]);
		}
		return -1;
	}
	d->fd = ends[0];
	*ret_theirs = ends[1];
	return 0;
}

static enum attempt start_directly(
    const struct door_setup *s, const struct msg *hello, struct door *d, struct err *e)
{
	enum attempt r;
	int theirs = -1;

	if (path_check(s->helper, PATH_PROGRAM, e) != PATH_SAFE)
		return ATTEMPT_REFUSED;
	if (pair_open(d, &theirs) != 0) {
		(void)err_sys(e, ERR_NO_HELPER, s->helper, "no sockets to start it with");
		return ATTEMPT_REFUSED;
	}
	r = launch_helper(s->helper, theirs, &d->pidfd, e) == 0 ? ATTEMPT_OPEN
	                                                        : ATTEMPT_REFUSED;
	(void)close(theirs);
	if (r == ATTEMPT_OPEN)
		r = greet(d->fd, hello, monotonic_ms() + DOOR_WELCOME_MS, s->helper, e);
	if (r != ATTEMPT_OPEN)
		door_abandon(d);
	return r;
}

int door_open(
    const struct door_setup *s, const struct msg *hello, struct door *ret_door, struct err *e)
{
	struct door d = DOOR_CLOSED;
	enum attempt r;

	if (s->euid != 0) {
		r = open_socket(s, "user", hello, &d, e);
	} else {
		r = open_socket(s, "root", hello, &d, e);
		/* A stuck or absent init must not lock root out. But the user of a set-id
		 * program can make it miss an answer, by stopping it, and must not choose the
		 * door thereby. */
		if (r == ATTEMPT_NOBODY || (r == ATTEMPT_SILENT && s->ruid == 0))
			r = start_directly(s, hello, &d, e);
	}
	if (r != ATTEMPT_OPEN)
		return -1;
	*ret_door = d;
	return 0;
}

void door_abandon(struct door *d)
{
	if (d->pidfd >= 0)
		launch_kill(d->pidfd);
	door_close(d);
}

void door_close(struct door *d)
{
	if (d == NULL)
		return;
	if (d->fd >= 0) {
		/* also where the host forked meanwhile: the copy must not keep the helper */
		(void)shutdown(d->fd, SHUT_RDWR);
		(void)close(d->fd);
	}
	if (d->pidfd >= 0) {
		launch_reap(d->pidfd);
		(void)close(d->pidfd);
	}
	d->fd = -1;
	d->pidfd = -1;
}
