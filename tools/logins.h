/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which accounts of this system somebody could log in with. Reads the account database and
 * /etc/login.defs; knows no store.
 */
#ifndef SEKISHO_LOGINS_H
#define SEKISHO_LOGINS_H

#include <pwd.h>
#include <stdio.h>

#include "tools/account.h"

struct logins {
	struct account *list; /* in alphabetical order, each name once */
	size_t count;
};

/* What UID_MIN and UID_MAX say; the usual ones where they say nothing. */
struct logins_range {
	uid_t least, most;
};
void logins_range(FILE *login_defs, struct logins_range *ret_r);
/* root or in the range, with a shell that is neither nologin nor false. */
MUST_CHECK bool logins_possible(const struct passwd *pw, const struct logins_range *r);
/* -1: out of memory. logins_clear in any case. */
MUST_CHECK int logins_read(struct logins *ret_l);
void logins_clear(struct logins *l);

#endif
