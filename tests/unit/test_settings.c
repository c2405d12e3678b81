/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * settings.c: what a cardwatch obeys, and what it refuses rather than guess.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "cardwatch/settings.h"

#define CARD "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff"

static const char *const *variables; /* name, value, ..., NULL */

static const char *look_up(const char *name)
{
	for (size_t i = 0; variables[i] != NULL; i += 2)
		if (strcmp(variables[i], name) == 0)
			return variables[i + 1];
	return NULL;
}

static const char *const login[] = {"SEKISHO_CARD", CARD, "PAM_TYPE", "open_session",
    "PAM_USER", "alice", "XDG_SESSION_ID", "c3", "XDG_SESSION_TYPE", "x11", NULL};

/* words: NULL at the end. */
static int read_settings(const char *const *words, const char *const *environment,
    struct settings *ret_s, struct err *e)
{
	char *argv[8] = {(char *)(uintptr_t) "sekisho-cardwatch"};
	int argc = 1;

	for (; words[argc - 1] != NULL; argc++)
		argv[argc] = (char *)(uintptr_t)words[argc - 1];
	variables = environment;
	memset(e, 0, sizeof *e);
	return settings_read(argc, argv, look_up, ret_s, e);
}

static void defaults(void **context)
{
	struct settings s;
	struct err e;

	(void)context;
	assert_int_equal(read_settings((const char *const[]){NULL}, login, &s, &e), 0);
	assert_int_equal(s.removal, REMOVAL_LOCK);
	assert_int_equal(s.grace, SETTINGS_GRACE_DEFAULT);
	assert_null(s.command);
	assert_string_equal(s.session, "c3");
	assert_string_equal(s.user, "alice");
	assert_true(s.from_pam);
	assert_true(s.has_card);
	assert_int_equal(s.identity[1], 0x01);
	assert_int_equal(s.identity[31], 0xff);
}

static void options(void **context)
{
	struct settings s;
	struct err e;

	(void)context;
	assert_int_equal(read_settings((const char *const[]){"--on-removal=logout", "--grace=0",
	                                   "--command=/bin/lock", NULL},
	                     login, &s, &e),
	    0);
	assert_int_equal(s.removal, REMOVAL_LOGOUT);
	assert_int_equal(s.grace, 0);
	assert_string_equal(s.command, "/bin/lock");
	assert_int_equal(
	    read_settings((const char *const[]){"--on-removal=none", "--grace=3600", NULL},
	        login, &s, &e),
	    0);
	assert_int_equal(s.removal, REMOVAL_NONE);
	assert_int_equal(s.grace, SETTINGS_GRACE_MAX);
}

static void nonsense_is_refused(void **context)
{
	static const char *const words[] = {"--on-removal=", "--on-removal=Lock",
	    "--on-removal", "--grace=", "--grace=-1", "--grace=3601", "--grace=5s",
	    "--grace=99999999999", "--command=lock", "--command=", "--grace", "lock", "",
	    "--debug"};
	struct settings s;
	struct err e;

	(void)context;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		assert_int_equal(
		    read_settings((const char *const[]){words[i], NULL}, login, &s, &e), -1);
		assert_int_equal(e.number, ERR_WATCH);
	}
	assert_int_equal(
	    read_settings((const char *const[]){"--grace=1", "--grace=1", NULL}, login, &s, &e),
	    -1);
}

/* The login's own variables. NULL as a value: it is not there. */
static int with(const char *name, const char *value, struct settings *ret_s, struct err *e)
{
	const char *environment[sizeof login / sizeof login[0]];
	size_t n = 0;

	for (size_t i = 0; login[i] != NULL; i += 2) {
		const char *v = strcmp(login[i], name) == 0 ? value : login[i + 1];

		if (v == NULL)
			continue;
		environment[n++] = login[i];
		environment[n++] = v;
	}
	environment[n] = NULL;
	return read_settings((const char *const[]){NULL}, environment, ret_s, e);
}

static void without_a_card_there_is_nothing_to_watch(void **context)
{
	struct settings s;
	struct err e;

	(void)context;
	assert_int_equal(with("SEKISHO_CARD", NULL, &s, &e), 0);
	assert_false(s.has_card);
}

static void at_the_end_of_a_session_neither(void **context)
{
	struct settings s;
	struct err e;

	(void)context;
	assert_int_equal(with("PAM_TYPE", "close_session", &s, &e), 0);
	assert_int_equal(s.removal, REMOVAL_NONE);
	assert_int_equal(with("PAM_TYPE", "auth", &s, &e), 0);
	assert_int_equal(s.removal, REMOVAL_NONE);
}

static void by_hand_it_stays_in_the_foreground(void **context)
{
	struct settings s;
	struct err e;

	(void)context;
	assert_int_equal(with("PAM_TYPE", NULL, &s, &e), 0);
	assert_false(s.from_pam);
	assert_null(s.user);
	assert_int_equal(s.removal, REMOVAL_LOCK);
}

static void a_broken_environment_is_refused(void **context)
{
	static const struct {
		const char *name, *value;
	} rows[] = {
	    {"SEKISHO_CARD", ""}, {"SEKISHO_CARD", CARD "0"}, {"SEKISHO_CARD", CARD " "},
	    {"SEKISHO_CARD",
	        "x00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff"},
	    {"SEKISHO_CARD", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eF"},
	    {"XDG_SESSION_ID", NULL}, {"XDG_SESSION_ID", ""}, {"XDG_SESSION_ID", "--help"},
	    {"XDG_SESSION_ID", "3 4"},
	    {"XDG_SESSION_ID",
	        "0123456789012345678901234567890123456789012345678901234567890123"},
	    {"PAM_USER", NULL}, {"XDG_SESSION_TYPE", "tty"}, /* lock is the default */
	};
	struct settings s;
	struct err e;

	(void)context;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (with(rows[i].name, rows[i].value, &s, &e) != -1)
			fail_msg("%s=%s was taken", rows[i].name, rows[i].value);
		assert_int_equal(e.number, ERR_WATCH);
	}
}

static void a_text_console_can_be_ended_or_have_a_command(void **context)
{
	static const char *const console[] = {
	    "SEKISHO_CARD", CARD, "XDG_SESSION_ID", "4", "XDG_SESSION_TYPE", "tty", NULL};
	struct settings s;
	struct err e;

	(void)context;
	assert_int_equal(read_settings((const char *const[]){NULL}, console, &s, &e), -1);
	assert_int_equal(
	    read_settings((const char *const[]){"--on-removal=logout", NULL}, console, &s, &e),
	    0);
	assert_int_equal(
	    read_settings((const char *const[]){"--command=/bin/lock", NULL}, console, &s, &e),
	    0);
}

static void words_of_options(void **context)
{
	(void)context;
	assert_string_equal(settings_removal_word(REMOVAL_LOGOUT), "logout");
	assert_string_equal(settings_removal_word((enum removal)99), "none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(defaults),
	    cmocka_unit_test(options),
	    cmocka_unit_test(nonsense_is_refused),
	    cmocka_unit_test(without_a_card_there_is_nothing_to_watch),
	    cmocka_unit_test(at_the_end_of_a_session_neither),
	    cmocka_unit_test(by_hand_it_stays_in_the_foreground),
	    cmocka_unit_test(a_broken_environment_is_refused),
	    cmocka_unit_test(a_text_console_can_be_ended_or_have_a_command),
	    cmocka_unit_test(words_of_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
