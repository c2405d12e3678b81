/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reaches a helper by the one way this caller may use, and greets it. Knows nothing of what is
 * asked afterwards.
 */
#ifndef SEKISHO_DOOR_H
#define SEKISHO_DOOR_H

#include <sys/types.h>

#include "lib/wire/err.h"
#include "lib/wire/msg.h"

#define DOOR_WELCOME_MS 2000

struct door_setup {
	uid_t euid; /* of the host program */
	uid_t ruid; /* a set-id program's user: he may not choose the door by stopping it */
	const char *socket_dir; /* holds "root" and "user" */
	const char *helper;     /* program for the direct start */
};

struct door {
	int fd;    /* the socket, never 0, 1 or 2; -1 when closed */
	int pidfd; /* the helper, when this process started it; else -1 */
};

#define DOOR_CLOSED                                                                            \
	{                                                                                      \
		.fd = -1, .pidfd = -1                                                          \
	}

/* Opens a door, sends hello and takes the WELCOME. euid 0: the root socket, and the direct
 * start only when nobody listens there or nothing answers in time. Any other: only the user
 * socket. -1: *ret_door is untouched, *e says why. */
MUST_CHECK int door_open(
    const struct door_setup *s, const struct msg *hello, struct door *ret_door, struct err *e);
/* Kills a helper that cannot be believed any more; one behind a socket sees the end of file. */
void door_abandon(struct door *d);
/* Ends the session: for a helper that has not spoken its verdict this is a denial. */
void door_close(struct door *d);

#endif
