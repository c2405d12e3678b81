/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one cardwatch was told: by the administrator on its command line, by the login in its
 * environment. Opens no file; sekisho.conf is none of a user's business.
 */
#ifndef SEKISHO_SETTINGS_H
#define SEKISHO_SETTINGS_H

#include "lib/cards/applet.h"

#define SETTINGS_GRACE_DEFAULT 5
#define SETTINGS_GRACE_MAX     3600 /* seconds */
#define SETTINGS_SESSION_SIZE  64   /* with NUL */

enum removal {
	REMOVAL_NONE = 0, /* nothing to do */
	REMOVAL_LOCK = 1,
	REMOVAL_LOGOUT = 2,
};

/* Strings are borrowed from argv and the environment. */
struct settings {
	enum removal removal;
	unsigned grace;                         /* seconds */
	const char *command;                    /* absolute path; NULL: loginctl */
	const char *session;                    /* of logind */
	const char *user;                       /* to become; NULL: whoever we are */
	bool from_pam;                          /* started by pam_exec: go to the background */
	bool has_card;                          /* a card opened the session */
	uint8_t identity[APPLET_IDENTITY_SIZE]; /* of that card */
};

/* Looks up a variable of the environment; NULL when it is not set. */
typedef const char *settings_lookup(const char *name);

/* .removal is REMOVAL_NONE or .has_card false: nothing is to be watched, and it is no error.
 * ERR_WATCH for everything that cannot be obeyed. */
MUST_CHECK int settings_read(int argc, char *const *argv, settings_lookup *lookup,
    struct settings *ret_s, struct err *e);
/* "lock", "logout": as the option has it. */
const char *settings_removal_word(enum removal removal);

#endif
