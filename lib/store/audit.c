/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formats audit entries as key=value lines. Decides nothing, keeps no file.
 */
#include "lib/store/audit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define LINE_SIZE     1024
#define BUSY_TRIES    10 /* then the line is given up: a login matters more */
#define BUSY_PAUSE_MS 20

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
	    [AUDIT_SUSPEND] = "suspend",
	    [AUDIT_RESUME] = "resume",
	    [AUDIT_RESYNC] = "resync",
	    [AUDIT_CODE] = "code",
	    [AUDIT_CLOCK] = "clock",
	    [AUDIT_EXPIRY] = "expiry",
	    [AUDIT_CARD] = "card",
	    [AUDIT_CARD_WATCH] = "card-watch",
	};

	return event >= AUDIT_LOGIN && event <= AUDIT_CARD_WATCH ? words[event] : "unknown";
}

const char *audit_source_word(enum source source)
{
	static const char *const words[STATE_BUCKETS] = {[SOURCE_CONSOLE] = "console",
	    [SOURCE_REMOTE] = "remote",
	    [SOURCE_SELF] = "self",
	    [SOURCE_OTHER] = "other",
	    [SOURCE_LOCKER] = "locker"};

	return (unsigned)source < STATE_BUCKETS ? words[source] : "unknown";
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
	line_value(&l, "session", a->session);
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

/* Not syslog(3): it blocks for as long as the log daemon stands still, and a daemon that hangs
 * must not keep everybody out. */
static int log_socket = -1;

void audit_open(void)
{
	tzset(); /* reads the time zone file, which a sandbox would hide */
	if (log_socket < 0)
		log_socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

/* RFC 3164: "<PRI>Mmm dd hh:mm:ss NAME[PID]: ", in English whatever the locale. */
static size_t line_head(char *out, size_t size, int priority)
{
	static const char months[12][4] = {
	    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t now = time(NULL);
	struct tm t = {.tm_mday = 1};
	int n;

	(void)localtime_r(&now, &t);
	n = snprintf(out, size, "<%d>%s %2d %02d:%02d:%02d %s[%d]: ", LOG_AUTHPRIV | priority,
	    months[t.tm_mon], t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec,
	    program_invocation_short_name, (int)getpid());
	return n > 0 && (size_t)n < size ? (size_t)n : 0;
}

/* The address goes along each time: a log daemon started anew has a new socket. */
static void syslog_write(void *context, int priority, const char *line)
{
	static const struct sockaddr_un address = {
	    .sun_family = AF_UNIX, .sun_path = "/dev/log"};
	const struct timespec pause = {.tv_nsec = BUSY_PAUSE_MS * 1000000L};
	char text[LINE_SIZE + 128];
	size_t len = line_head(text, sizeof(text), priority);
	int n = snprintf(text + len, sizeof(text) - len, "%s", line);

	(void)context;
	if (n > 0)
		len += (size_t)n < sizeof(text) - len ? (size_t)n : sizeof(text) - len - 1;
	for (int i = 0; i < BUSY_TRIES; i++) {
		if (sendto(log_socket, text, len, MSG_DONTWAIT | MSG_NOSIGNAL,
		        (const struct sockaddr *)&address, sizeof(address)) >= 0 ||
		    (errno != EAGAIN && errno != EINTR))
			return;
		(void)nanosleep(&pause, NULL);
	}
}

const struct audit_sink audit_syslog = {syslog_write, NULL};

/* Somebody was let in by the emergency code: to be seen by everybody who looks. */
static bool is_alert(const struct audit_entry *a)
{
	if (a->event != AUDIT_LOGIN || a->result == NULL || strcmp(a->result, "granted") != 0)
		return false;
	return (a->err != NULL && a->err->number == ERR_EMERGENCY) ||
	       (a->reason != NULL && strcmp(a->reason, "emergency") == 0);
}

static int priority_of(const struct audit_entry *a)
{
	if (is_alert(a))
		return LOG_ALERT;
	if (a->err != NULL && a->err->number != ERR_NONE)
		return LOG_ERR;
	if (a->result != NULL && strcmp(a->result, "denied") == 0)
		return LOG_NOTICE;
	return LOG_INFO;
}

void audit_write(const struct audit_sink *sink, const struct audit_entry *a)
{
	char line[LINE_SIZE];

	audit_format(a, line, sizeof line);
	sink->write(sink->context, priority_of(a), line);
}
