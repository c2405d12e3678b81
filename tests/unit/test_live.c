/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Places of the user door, taken by real processes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "helper/live.h"
#include "tests/unit/tempdir.h"

static char base[TEMPDIR_SIZE];

struct session {
	pid_t pid;
};

static void end_session(struct session *s)
{
	if (s->pid <= 0)
		return;
	(void)kill(s->pid, SIGKILL);
	(void)waitpid(s->pid, NULL, 0);
}

/* A process that holds a place until told; 0 in pid when it got none. */
static struct session open_session(uid_t uid, uint64_t now, bool deaf)
{
	struct session s = {0};
	int ready[2];
	char c = 0;

	assert_int_equal(pipe(ready), 0);
	s.pid = fork();
	assert_true(s.pid >= 0);
	if (s.pid == 0) {
		sigset_t term;

		sigemptyset(&term);
		sigaddset(&term, SIGTERM);
		if (deaf)
			sigprocmask(SIG_BLOCK, &term, NULL);
		c = live_take(base, "locker", LIVE_LOCKERS, uid, now, NULL) == 0 ? 'y' : 'n';
		if (write(ready[1], &c, 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	if (c != 'y') {
		end_session(&s);
		s.pid = 0;
	}
	return s;
}

static bool alive(struct session *s)
{
	if (waitpid(s->pid, NULL, WNOHANG) == 0)
		return true;
	s->pid = 0;
	return false;
}

static void the_oldest_gives_way(void **context)
{
	struct session s[LIVE_LOCKERS + 2];

	(void)context;
	for (unsigned i = 0; i < LIVE_LOCKERS; i++)
		s[i] = open_session(1000, 100 - i, false); /* the last one waits longest */
	for (unsigned i = 0; i < LIVE_LOCKERS; i++)
		assert_true(s[i].pid > 0 && alive(&s[i]));
	s[LIVE_LOCKERS] = open_session(1000, 200, false);
	assert_true(s[LIVE_LOCKERS].pid > 0);
	assert_false(alive(&s[LIVE_LOCKERS - 1]));
	s[LIVE_LOCKERS + 1] = open_session(1000, 201, false);
	assert_true(s[LIVE_LOCKERS + 1].pid > 0);
	assert_false(alive(&s[LIVE_LOCKERS - 2]));
	for (unsigned i = 0; i < LIVE_LOCKERS - 2; i++)
		assert_true(alive(&s[i]));
	for (unsigned i = 0; i < LIVE_LOCKERS + 2; i++)
		end_session(&s[i]);
}

static void users_do_not_share(void **context)
{
	struct session mine[LIVE_LOCKERS], other;

	(void)context;
	for (unsigned i = 0; i < LIVE_LOCKERS; i++)
		mine[i] = open_session(2000, i, false);
	other = open_session(2001, 50, false);
	assert_true(other.pid > 0);
	for (unsigned i = 0; i < LIVE_LOCKERS; i++) {
		assert_true(alive(&mine[i]));
		end_session(&mine[i]);
	}
	end_session(&other);
}

static void a_freed_place_is_taken_again(void **context)
{
	struct session s[LIVE_LOCKERS], again;

	(void)context;
	for (unsigned i = 0; i < LIVE_LOCKERS; i++)
		s[i] = open_session(3000, i, false);
	end_session(&s[2]);
	again = open_session(3000, 9, false);
	assert_true(again.pid > 0);
	assert_true(alive(&s[0]) && alive(&s[1]) && alive(&s[3]));
	end_session(&again);
	for (unsigned i = 0; i < LIVE_LOCKERS; i++)
		if (i != 2)
			end_session(&s[i]);
}

/* Sessions that are judging defer the signal: the newcomer is refused, in bounded time. */
static void busy_sessions_are_not_waited_for_ever(void **context)
{
	struct session s[LIVE_LOCKERS], extra;

	(void)context;
	for (unsigned i = 0; i < LIVE_LOCKERS; i++)
		s[i] = open_session(4000, i, true);
	extra = open_session(4000, 9, false);
	assert_int_equal(extra.pid, 0);
	for (unsigned i = 0; i < LIVE_LOCKERS; i++) {
		assert_true(alive(&s[i]));
		end_session(&s[i]);
	}
}

static void an_unsafe_directory_is_refused(void **context)
{
	char path[TEMPDIR_SIZE + 16];
	struct err e = {0};

	(void)context;
	snprintf(path, sizeof path, "%s/open", base);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(chmod(path, 0777), 0);
	assert_int_equal(live_take(path, "locker", LIVE_LOCKERS, 1, 1, &e), -1);
	assert_int_equal(e.number, ERR_UNSAFE_FILE);
	snprintf(path, sizeof path, "%s/absent", base);
	assert_int_equal(live_take(path, "locker", LIVE_LOCKERS, 1, 1, &e), -1);
}

static int make_base(void **context)
{
	(void)context;
	tempdir_make(base);
	return 0;
}

static int remove_base(void **context)
{
	(void)context;
	tempdir_remove(base);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_oldest_gives_way),
	    cmocka_unit_test(users_do_not_share),
	    cmocka_unit_test(a_freed_place_is_taken_again),
	    cmocka_unit_test(busy_sessions_are_not_waited_for_ever),
	    cmocka_unit_test(an_unsafe_directory_is_refused),
	};

	return cmocka_run_group_tests_name("live", tests, make_base, remove_base);
}
