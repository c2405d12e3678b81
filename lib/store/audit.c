/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formats audit entries as key=value lines. Decides nothing, keeps no file.
 */
#include "lib/store/audit.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

struct line {
	char *at;
	size_t left; /* with room for the NUL */
};

static void line_char(struct line *l, char c)
{
	if (l->left <= 1)
		return;
	*l->at++ = c;
	*l->at = '\0';
	l->left--;
}

static void line_text(struct line *l, const char *s)
{
	for (; *s != '\0'; s++)
		line_char(l, *s);
}

/* Values come from users and remote hosts: printable UTF-8 gets through as it is, of anything
 * else only printable ASCII; quotes keep one value one value. */
static void line_value(struct line *l, const char *key, const char *value)
{
	bool utf8;

	if (value == NULL || *value == '\0')
		return;
	utf8 = record_text_ok(value, SIZE_MAX);
	line_char(l, ' ');
	line_text(l, key);
	line_text(l, "=\"");
	for (; *value != '\0'; value++) {
		unsigned char c = (unsigned char)*value;
		bool plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';

		line_char(l, plain || (utf8 && c >= 0x80) ? (char)c : '?');
	}
	line_char(l, '"');
}

static const char *event_word(enum audit_event event)
{
	static const char *const words[] = {
	    [AUDIT_LOGIN] = "login",
	    [AUDIT_INIT] = "init",
	    [AUDIT_ENROLL] = "enroll",
	    [AUDIT_REVOKE] = "revoke",
	    [AUDIT_UNLOCK] = "unlock",
	};

	return event >= AUDIT_LOGIN && event <= AUDIT_UNLOCK ? words[event] : "unknown";
}

void audit_format(const struct audit_entry *a, char *out, size_t size)
{
	struct line l = {out, size};
	char text[32];

	if (size == 0)
		return;
	*out = '\0';
	line_text(&l, "event=");
	line_text(&l, event_word(a->event));
	line_value(&l, "result", a->result);
	line_value(&l, "reason", a->reason);
	line_value(&l, "user", a->user);
	line_value(&l, "source", a->source);
	line_value(&l, "service", a->service);
	line_value(&l, "tty", a->tty);
	line_value(&l, "rhost", a->rhost);
	line_value(&l, "token", a->token);
	if (a->actor != UINT32_MAX) {
		snprintf(text, sizeof text, "%u", a->actor);
		line_value(&l, "actor", text);
	}
	if (a->err != NULL && a->err->number != ERR_NONE) {
		char words[sizeof a->err->object + sizeof a->err->why + 16];

		err_format(a->err, words, sizeof words);
		line_value(&l, "error", words);
	}
}

static void syslog_write(void *context, int priority, const char *line)
{
	(void)context;
	syslog(LOG_AUTHPRIV | priority, "%s", line);
}

const struct audit_sink audit_syslog = {syslog_write, NULL};

void audit_open(void)
{
	tzset(); /* reads the time zone file, which a sandbox would hide from syslog() */
	openlog(NULL, LOG_PID | LOG_NDELAY, LOG_AUTHPRIV);
}

static int priority_of(const struct audit_entry *a)
{
	if (a->err != NULL && a->err->number != ERR_NONE)
		return LOG_ERR;
	if (a->result != NULL && strcmp(a->result, "denied") == 0)
		return LOG_NOTICE;
	return LOG_INFO;
}

void audit_write(const struct audit_sink *sink, const struct audit_entry *a)
{
	char line[1024];

	audit_format(a, line, sizeof line);
	sink->write(sink->context, priority_of(a), line);
}
