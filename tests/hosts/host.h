/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every hostile login program of the tests shares: its command line, one login through
 * PAM, and the proof that the login left the process as it found it.
 *
 * PROGRAM [-vs] [-n LOGINS] [-e CODE] [-u UID] [-t TTY] [-d DISPLAY] [-r RHOST] CONFDIR SERVICE
 *         USER REPLY...
 *   -v prints prompts and texts; -s asks for silence; -e is the PAM code that must come back
 * (0); -u gives up root. -t, -d and -r are PAM_TTY, PAM_XDISPLAY and PAM_RHOST. USER - names
 * nobody, as login(1) and greeters do; who it was in the end is then printed as `user: [NAME]`.
 * The n-th REPLY answers the n-th prompt of a login, the last one all later ones.
 *   "!COMMAND" is what the shell command prints; @fail, @null, @empty, @huge and @nul are
 *   conversations that misbehave.
 */
#ifndef SEKISHO_TEST_HOST_H
#define SEKISHO_TEST_HOST_H

#include <stdbool.h>
#include <sys/types.h>

#define HOST_SKIP 77

struct host {
	const char *confdir, *service, *user; /* user NULL: nobody is named */
	const char *tty, *display, *rhost;    /* NULL: not set */
	const char *const *replies;
	int reply_count;
	int logins;
	int expected;
	bool verbose;
	int flags;           /* for pam_authenticate() */
	bool child_expected; /* a zombie of the host's own may appear meanwhile */
	int turn;            /* prompts seen in this login */
};

/* Ends the program with 2 on wrong usage. */
void host_start(struct host *h, int argc, char **argv);
/* All the logins asked for. Returns what main() returns. */
int host_run(struct host *h);
/* One login. 0 when the code was the expected one and nothing of the process has changed. */
int host_login(struct host *h);

#endif
