/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is whoever is asked at this machine? A card in a reader says nothing about somebody who is
 * elsewhere, and what he types must not spend the tries of a card on somebody else's desk.
 *
 * A program of a person's counts by the login session it runs in: one that is active at a seat
 * of this machine, and not remote. One that runs in none, under the person's own service
 * manager, counts by whether that person has such a session: what polkit asks before it lets a
 * program to pcscd. A program of the system's (login, a greeter, sshd) runs in no person's; it
 * counts by the terminal or display it names, and PAM_RHOST says whether that is elsewhere.
 */
#ifndef SEKISHO_SEAT_H
#define SEKISHO_SEAT_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/wire/bytes.h"

/* sd-login(3), of libsystemd: under its names, with its results. */
struct seat_source {
	int (*sd_pid_get_session)(pid_t, char **);
	int (*sd_pid_get_owner_uid)(pid_t, uid_t *);
	int (*sd_session_is_active)(const char *);
	int (*sd_session_is_remote)(const char *);
	int (*sd_session_get_seat)(const char *, char **);
	int (*sd_uid_get_seats)(uid_t, int, char ***);
};

/* NULL where there is no libsystemd. Loaded at the first call, which few logins make. */
const struct seat_source *seat_logind(void);

/* pid: the program that asks. of_root: it runs as root at a terminal or display, and nobody
 * else started it (the answer for programs in no person's session, and for all where s is
 * NULL). */
MUST_CHECK bool seat_is_here(const struct seat_source *s, pid_t pid, bool of_root);

#endif
