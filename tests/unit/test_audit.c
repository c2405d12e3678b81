/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The audit line: its words, what it lets through, where it is cut.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>
#include <syslog.h>

#include "lib/store/audit.h"

static void a_full_line(void **context)
{
	struct err e = {0};
	const struct audit_entry a = {.event = AUDIT_LOGIN,
	    .result = "denied",
	    .reason = "wrong-code",
	    .user = "alice",
	    .service = "sshd",
	    .tty = "ssh",
	    .rhost = "192.0.2.7",
	    .source = "remote",
	    .actor = 1000,
	    .err = &e};
	char line[512];

	(void)context;
	audit_format(&a, line, sizeof line);
	assert_string_equal(line,
	    "event=login result=\"denied\" reason=\"wrong-code\" user=\"alice\""
	    " source=\"remote\" service=\"sshd\" tty=\"ssh\" rhost=\"192.0.2.7\""
	    " actor=\"1000\"");
	err_set(&e, ERR_IO, "records", "cannot read");
	audit_format(&a, line, sizeof line);
	assert_non_null(strstr(line, " error=\"records: cannot read [S-19]\""));
}

static void values_cannot_forge_a_line(void **context)
{
	const struct audit_entry a = {.event = AUDIT_LOGIN,
	    .result = "denied",
	    .rhost = "x\" result=\"granted\n\x1b[2J\xe3\x81\x82\\",
	    .actor = UINT32_MAX};
	char line[512];

	(void)context;
	audit_format(&a, line, sizeof line);
	assert_string_equal(
	    line, "event=login result=\"denied\" rhost=\"x? result=?granted??[2J????\"");
}

static void words_of_other_languages_are_kept(void **context)
{
	const struct audit_entry a = {.event = AUDIT_REVOKE,
	    .result = "done",
	    .reason = "\xe7\xb4\x9b\xe5\xa4\xb1", /* lost */
	    .token = "phone\xc2\x9b",             /* a C1 control */
	    .actor = UINT32_MAX};
	char line[256];

	(void)context;
	audit_format(&a, line, sizeof line);
	assert_string_equal(line,
	    "event=revoke result=\"done\" reason=\"\xe7\xb4\x9b\xe5\xa4\xb1\""
	    " token=\"phone??\"");
}

static void short_buffers_are_terminated(void **context)
{
	const struct audit_entry a = {
	    .event = AUDIT_ENROLL, .result = "done", .user = "alice", .actor = UINT32_MAX};
	char full[128], cut[128];

	(void)context;
	audit_format(&a, full, sizeof full);
	for (size_t size = 1; size <= sizeof cut; size++) {
		memset(cut, 'x', sizeof cut);
		audit_format(&a, cut, size);
		assert_true(strlen(cut) < size);
		assert_int_equal(strncmp(cut, full, strlen(cut)), 0);
	}
}

struct seen {
	int priority;
	char line[256];
};

static void keep(void *context, int priority, const char *line)
{
	struct seen *s = context;

	s->priority = priority;
	strncpy(s->line, line, sizeof s->line - 1);
}

static void priorities(void **context)
{
	struct seen s = {0};
	const struct audit_sink sink = {keep, &s};
	struct err e = {0};
	struct audit_entry a = {.event = AUDIT_LOGIN, .result = "granted", .actor = UINT32_MAX};

	(void)context;
	audit_write(&sink, &a);
	assert_int_equal(s.priority, LOG_INFO);
	assert_string_equal(s.line, "event=login result=\"granted\"");
	a.result = "denied";
	audit_write(&sink, &a);
	assert_int_equal(s.priority, LOG_NOTICE);
	err_set(&e, ERR_TORN, "alice", "torn");
	a.err = &e;
	audit_write(&sink, &a);
	assert_int_equal(s.priority, LOG_ERR);
}

/* Somebody was let in by the emergency code; whoever was not, and the making of one, is no
 * alarm. */
static void emergency_is_an_alert(void **context)
{
	static const struct {
		enum audit_event event;
		const char *result, *reason;
		enum err_number number;
		int priority;
	} cases[] = {
	    {AUDIT_LOGIN, "granted", "emergency", ERR_NONE, LOG_ALERT},
	    {AUDIT_LOGIN, "granted", "emergency", ERR_EMERGENCY, LOG_ALERT},
	    {AUDIT_LOGIN, "granted", NULL, ERR_EMERGENCY, LOG_ALERT},
	    {AUDIT_LOGIN, "granted", "emergency", ERR_IO, LOG_ALERT},
	    {AUDIT_LOGIN, "granted", "used", ERR_NONE, LOG_INFO},
	    {AUDIT_LOGIN, "granted", NULL, ERR_IO, LOG_ERR},
	    {AUDIT_LOGIN, "denied", "emergency", ERR_NONE, LOG_NOTICE},
	    {AUDIT_LOGIN, "denied", "emergency-spent", ERR_NONE, LOG_NOTICE},
	    {AUDIT_LOGIN, "denied", NULL, ERR_EMERGENCY, LOG_ERR},
	    {AUDIT_LOGIN, NULL, "emergency", ERR_NONE, LOG_INFO},
	    {AUDIT_CODE, "granted", "emergency", ERR_NONE, LOG_INFO},
	    {AUDIT_CODE, "done", "emergency", ERR_NONE, LOG_INFO},
	};
	struct seen s = {0};
	const struct audit_sink sink = {keep, &s};

	(void)context;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct err e = {0};
		struct audit_entry a = {.event = cases[i].event,
		    .result = cases[i].result,
		    .reason = cases[i].reason,
		    .actor = UINT32_MAX,
		    .err = &e};

		if (cases[i].number != ERR_NONE)
			err_set(&e, cases[i].number, "o", "why");
		audit_write(&sink, &a);
		assert_int_equal(s.priority, cases[i].priority);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_full_line),
	    cmocka_unit_test(values_cannot_forge_a_line),
	    cmocka_unit_test(words_of_other_languages_are_kept),
	    cmocka_unit_test(short_buffers_are_terminated),
	    cmocka_unit_test(priorities),
	    cmocka_unit_test(emergency_is_an_alert),
	};

	return cmocka_run_group_tests_name("audit", tests, NULL, NULL);
}
