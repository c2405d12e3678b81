/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The authority of a caller against its full truth table.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>

#include "lib/login/authority.h"

#define ALICE ((uid_t)1000)
#define BOB   ((uid_t)1001)

static const uid_t uids[] = {0, ALICE, BOB};
#define NO (-1)

/* Rows: who connected (root, alice, bob). Columns: the host's real uid (root, alice, bob) while
 * alice logs in. What is expected is a source, or NO. */
struct table {
	enum door door;
	bool remote, known;
	int want[3][3];
};

#define NOBODY                                                                                 \
	{                                                                                      \
		NO, NO, NO                                                                     \
	}
#define LOCAL_ROOT                                                                             \
	{                                                                                      \
		SOURCE_CONSOLE, SOURCE_SELF, SOURCE_OTHER                                      \
	}
#define STRANGER                                                                               \
	{                                                                                      \
		SOURCE_CONSOLE, SOURCE_OTHER, SOURCE_OTHER                                     \
	}
#define REMOTE                                                                                 \
	{                                                                                      \
		SOURCE_REMOTE, SOURCE_REMOTE, SOURCE_REMOTE                                    \
	}
#define LOCKER                                                                                 \
	{                                                                                      \
		SOURCE_LOCKER, SOURCE_LOCKER, SOURCE_LOCKER                                    \
	}

static const struct table tables[] = {
    {DOOR_NONE, false, true, {NOBODY, NOBODY, NOBODY}},
    {DOOR_NONE, true, true, {NOBODY, NOBODY, NOBODY}},
    {DOOR_NONE, false, false, {NOBODY, NOBODY, NOBODY}},
    {DOOR_NONE, true, false, {NOBODY, NOBODY, NOBODY}},
    {DOOR_DIRECT, false, true, {LOCAL_ROOT, NOBODY, NOBODY}},
    {DOOR_DIRECT, true, true, {REMOTE, NOBODY, NOBODY}},
    {DOOR_DIRECT, false, false, {STRANGER, NOBODY, NOBODY}},
    {DOOR_DIRECT, true, false, {REMOTE, NOBODY, NOBODY}},
    {DOOR_ROOT, false, true, {LOCAL_ROOT, NOBODY, NOBODY}},
    {DOOR_ROOT, true, true, {REMOTE, NOBODY, NOBODY}},
    {DOOR_ROOT, false, false, {STRANGER, NOBODY, NOBODY}},
    {DOOR_ROOT, true, false, {REMOTE, NOBODY, NOBODY}},
    {DOOR_USER, false, true, {NOBODY, LOCKER, NOBODY}},
    {DOOR_USER, true, true, {NOBODY, LOCKER, NOBODY}},
    {DOOR_USER, false, false, {NOBODY, NOBODY, NOBODY}},
    {DOOR_USER, true, false, {NOBODY, NOBODY, NOBODY}},
    {(enum door)77, false, true, {NOBODY, NOBODY, NOBODY}},
};

static int decide(const struct table *t, bool peer_known, uid_t peer, uid_t ruid)
{
	const struct caller c = {
	    .door = t->door,
	    .peer_known = peer_known,
	    .peer_uid = peer,
	    .ruid = ruid,
	    .remote = t->remote,
	    .terminal = true,
	    .target_known = t->known,
	    .target_uid = ALICE, /* must not count when the account is not known */
	};
	enum source s = (enum source)99;
	enum authority a = authority_decide(&c, &s);

	if (a != AUTHORITY_GRANTED) {
		assert_int_equal(a, AUTHORITY_REFUSED);
		assert_int_equal(s, 99);
		return NO;
	}
	return (int)s;
}

static void every_row(void **context)
{
	(void)context;
	for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++)
		for (size_t peer = 0; peer < 3; peer++)
			for (size_t ruid = 0; ruid < 3; ruid++) {
				int want = tables[t].want[peer][ruid];
				int got = decide(&tables[t], true, uids[peer], uids[ruid]);

				if (got != want)
					fail_msg("table %zu peer %u ruid %u: %d, want %d", t,
					    uids[peer], uids[ruid], got, want);
			}
}

static void an_unknown_peer_is_refused(void **context)
{
	(void)context;
	for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++)
		for (size_t peer = 0; peer < 3; peer++)
			for (size_t ruid = 0; ruid < 3; ruid++)
				assert_int_equal(
				    decide(&tables[t], false, uids[peer], uids[ruid]), NO);
}

/* A daemon of root's without a terminal speaks for it knows not whom: not the console. */
static void no_terminal_is_no_console(void **context)
{
	struct caller c = {
	    .door = DOOR_ROOT, .peer_known = true, .target_known = true, .target_uid = ALICE};
	enum source s = SOURCE_LOCKER;

	(void)context;
	assert_int_equal(authority_decide(&c, &s), AUTHORITY_GRANTED);
	assert_int_equal(s, SOURCE_OTHER);
	c.target_uid = 0;
	assert_int_equal(authority_decide(&c, &s), AUTHORITY_GRANTED);
	assert_int_equal(s, SOURCE_OTHER);
	c.remote = true;
	assert_int_equal(authority_decide(&c, &s), AUTHORITY_GRANTED);
	assert_int_equal(s, SOURCE_REMOTE);
}

/* Root's own programs, and nobody who could only be curious whose card is there. */
static void who_may_ask_for_a_name(void **context)
{
	(void)context;
	for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++)
		for (size_t peer = 0; peer < 3; peer++)
			for (size_t ruid = 0; ruid < 3; ruid++) {
				struct caller c = {.door = tables[t].door,
				    .peer_known = true,
				    .peer_uid = uids[peer],
				    .ruid = uids[ruid],
				    .remote = tables[t].remote,
				    .target_known = tables[t].known,
				    .target_uid = ALICE};
				bool root_door = c.door == DOOR_DIRECT || c.door == DOOR_ROOT;

				assert_int_equal(authority_may_ask_name(&c),
				    root_door && !c.remote && peer == 0 && ruid == 0);
				c.peer_known = false;
				assert_false(authority_may_ask_name(&c));
			}
}

/* root at the user door: a locker of root's own session may verify root, nobody else. */
static void root_locker(void **context)
{
	struct caller c = {.door = DOOR_USER, .peer_known = true, .target_known = true};
	enum source s = SOURCE_CONSOLE;

	(void)context;
	assert_int_equal(authority_decide(&c, &s), AUTHORITY_GRANTED);
	assert_int_equal(s, SOURCE_LOCKER);
	c.target_uid = ALICE;
	assert_int_equal(authority_decide(&c, &s), AUTHORITY_REFUSED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_row),
	    cmocka_unit_test(an_unknown_peer_is_refused),
	    cmocka_unit_test(no_terminal_is_no_console),
	    cmocka_unit_test(root_locker),
	    cmocka_unit_test(who_may_ask_for_a_name),
	};

	return cmocka_run_group_tests_name("authority", tests, NULL, NULL);
}
