/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a caller sits, by what logind says. Believes no word of the caller's.
 */
#include "helper/seat.h"

#include <stdlib.h>

#include "lib/base/library.h"

#define SYMBOL(name)                                                                           \
	{                                                                                      \
#name, offsetof(struct seat_source, name)                                      \
	}

const struct seat_source *seat_logind(void)
{
	static const struct library_symbol symbols[] = {
	    SYMBOL(sd_pid_get_session),
	    SYMBOL(sd_pid_get_owner_uid),
	    SYMBOL(sd_session_is_active),
	    SYMBOL(sd_session_is_remote),
	    SYMBOL(sd_session_get_seat),
	    SYMBOL(sd_uid_get_seats),
	};
	static struct seat_source s;

	return library_load(
	           "libsystemd.so.0", symbols, sizeof symbols / sizeof symbols[0], &s) == 0
	           ? &s
	           : NULL;
}

/* Whatever cannot be told is a session elsewhere. */
static bool session_is_here(const struct seat_source *s, const char *session)
{
	char *seat = NULL;
	bool here = s->sd_session_get_seat(session, &seat) >= 0 &&
	            s->sd_session_is_active(session) > 0 &&
	            s->sd_session_is_remote(session) == 0;

	free(seat);
	return here;
}

bool seat_is_here(const struct seat_source *s, pid_t pid, bool of_root)
{
	char *session = NULL;
	uid_t owner;
	bool here;

	if (s == NULL)
		return of_root;
	if (s->sd_pid_get_session(pid, &session) >= 0) {
		here = session_is_here(s, session);
		free(session);
		return here;
	}
	if (s->sd_pid_get_owner_uid(pid, &owner) >= 0)
		return s->sd_uid_get_seats(owner, 1, NULL) > 0;
	return of_root;
}
