/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * May this caller verify this person, and where does the attempt come from? One pure function.
 */
#ifndef SEKISHO_AUTHORITY_H
#define SEKISHO_AUTHORITY_H

#include <sys/types.h>

#include "lib/store/state.h"

enum door {
	DOOR_NONE = 0,
	DOOR_DIRECT = 1, /* started by the caller, which only root can */
	DOOR_ROOT = 2,   /* /run/sekisho/root, mode 0600 */
	DOOR_USER = 3,   /* /run/sekisho/user, mode 0666 */
};

enum authority { AUTHORITY_REFUSED = 0, AUTHORITY_GRANTED = 1 };

struct caller {
	enum door door;
	bool peer_known;   /* SO_PEERCRED answered */
	uid_t peer_uid;    /* the connector; direct: who made the socket pair */
	uid_t ruid;        /* the host's word, believed from root only */
	bool remote;       /* PAM_RHOST was set */
	bool terminal;     /* PAM_TTY was set */
	bool target_known; /* the account exists */
	uid_t target_uid;
};

/* Root callers may verify anybody, also names that do not exist (they get a decoy). Others only
 * themselves. Source: user door LOCKER; else remote host REMOTE; real uid 0 at a terminal
 * CONSOLE; real uid of the person SELF; any other OTHER, also a daemon of root's that verifies
 * for somebody unknown. *ret_source is set only when granted. */
MUST_CHECK enum authority authority_decide(const struct caller *c, enum source *ret_source);
/* May this caller learn whom a card names? Root, for himself and at this machine: a set-id
 * program's user and another host would only learn whose card is there. */
MUST_CHECK bool authority_may_ask_name(const struct caller *c);

#endif
