/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One structured line per decision and per administrative act, to syslog (authpriv).
 * Never a secret, never a name the system does not know: people type passwords there.
 */
#ifndef SEKISHO_AUDIT_H
#define SEKISHO_AUDIT_H

#include "lib/store/state.h"

enum audit_event {
	AUDIT_LOGIN = 1,
	AUDIT_INIT,
	AUDIT_ENROLL,
	AUDIT_REVOKE,
	AUDIT_UNLOCK,
	AUDIT_SUSPEND,
	AUDIT_RESUME,
	AUDIT_RESYNC,
	AUDIT_CODE,
	AUDIT_CLOCK,
	AUDIT_EXPIRY,
	AUDIT_CARD, /* one that could not be used: nothing was tried */
	AUDIT_CARD_WATCH,
};

struct audit_entry {
	enum audit_event event;
	const char *result; /* "granted", "denied", "done", ... a fixed word */
	const char *reason; /* a fixed word, or NULL */
	const char *user;   /* pw_name, or NULL for a name the system does not know */
	const char *service, *tty, *rhost; /* NULL when there is none; sanitized here */
	const char *source;                /* word of the source, or NULL */
	const char *token;                 /* label, or NULL */
	const char *session;               /* name by logind, or NULL */
	uint32_t actor;                    /* audit login uid; (uint32_t)-1 unset */
	const struct err *err;             /* adds number and text, or NULL */
};

/* "console", "remote", "self", "other", "locker": as in .source. */
const char *audit_source_word(enum source source);

/* Where lines go; the default is syslog, tests put their own. line has no newline. */
struct audit_sink {
	void (*write)(void *context, int priority, const char *line);
	void *context;
};
extern const struct audit_sink audit_syslog;

/* Makes the socket while that is still possible (before a sandbox). A line that the log daemon
 * does not take within 0.2 s is lost; a login is not. */
void audit_open(void);
/* The line as written, for tests: always terminated, cut at size. */
void audit_format(const struct audit_entry *a, char *out, size_t size);
void audit_write(const struct audit_sink *sink, const struct audit_entry *a);

#endif
