/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guard.c, hand.c and the eye's sandbox: commands that work, fail and hang, a service that
 * cannot be had, and the end of the session. With real cards: tests/system/cardwatch.sh.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cardwatch/guard.h"
#include "cardwatch/hand.h"
#include "tests/unit/tempdir.h"

/* ---- hand ---- */

static const char *directory_maker(void)
{
	return access("/usr/bin/mkdir", X_OK) == 0 ? "/usr/bin/mkdir" : "/bin/mkdir";
}

static struct settings settings_for(const char *command)
{
	return (struct settings){
	    .removal = REMOVAL_LOCK, .command = command, .session = "s1", .has_card = true};
}

static int run(const char *command, struct err *e)
{
	const struct settings s = settings_for(command);
	struct hand h = HAND_IDLE;
	siginfo_t info;
	int r;

	memset(e, 0, sizeof *e);
	if (hand_begin(&h, &s, 0, e) != 0)
		return -1;
	assert_true(h.pid > 0 && h.pidfd >= 0);
	assert_int_equal(waitid(P_PID, (id_t)h.pid, &info, WEXITED | WNOWAIT), 0);
	r = hand_end(&h, &s, e);
	assert_int_equal(h.pid, 0);
	assert_int_equal(h.pidfd, -1);
	/* no zombie */
	assert_int_equal(waitid(P_ALL, 0, &info, WEXITED | WNOHANG), -1);
	return r;
}

static void commands_end_as_they_do(void **context)
{
	struct err e;

	(void)context;
	assert_int_equal(run("/bin/true", &e), 0);
	assert_int_equal(run("/bin/false", &e), -1);
	assert_int_equal(e.number, ERR_WATCH_ACTION);
	assert_string_equal(e.object, "/bin/false");
	assert_string_equal(e.why, "exit status 1");
	assert_int_equal(run("/nonexistent", &e), -1);
	assert_int_equal(e.number, ERR_WATCH_ACTION);
}

static void a_command_gets_action_and_session(void **context)
{
	char base[TEMPDIR_SIZE];
	struct err e;

	(void)context;
	tempdir_make(base);
	assert_int_equal(chdir(base), 0);
	assert_int_equal(run(directory_maker(), &e), 0);
	assert_int_equal(access("lock", F_OK), 0);
	assert_int_equal(access("s1", F_OK), 0);
	assert_int_equal(chdir("/"), 0);
	tempdir_remove(base);
}

static void a_command_that_hangs_is_killed_with_its_children(void **context)
{
	char base[TEMPDIR_SIZE], path[2 * TEMPDIR_SIZE];
	struct settings s;
	struct hand h = HAND_IDLE;
	struct err e = {0};
	char byte;
	int fifo;

	(void)context;
	tempdir_make(base);
	assert_int_equal(chdir(base), 0);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	tempdir_put(base, "hang", "#!/bin/sh\nsleep 60 >fifo &\nsleep 60 >fifo\n");
	(void)snprintf(path, sizeof path, "%s/hang", base);
	assert_int_equal(chmod(path, 0700), 0);
	s = settings_for(path);
	assert_int_equal(hand_begin(&h, &s, 0, &e), 0);
	assert_int_equal(h.deadline, HAND_LIMIT_MS);
	fifo = open("fifo", O_RDONLY); /* they have begun */
	assert_true(fifo >= 0);
	assert_int_equal(hand_end(&h, &s, &e), -1);
	assert_int_equal(e.number, ERR_WATCH_ACTION);
	assert_string_equal(e.why, "no end within 10 s; killed");
	/* nobody has the other end any more */
	assert_int_equal(read(fifo, &byte, 1), 0);
	assert_int_equal(close(fifo), 0);
	assert_int_equal(chdir("/"), 0);
	tempdir_remove(base);
}

/* ---- guard ---- */

static struct {
	char lines[1024];
	int leash[2];
	unsigned looks, last; /* at the clock; the leash ends at the last one */
	unsigned step;        /* of the clock with each look, ms */
	const char *end_on;   /* or with this line */
} world;

static void end_session(void)
{
	if (world.leash[1] >= 0)
		assert_int_equal(close(world.leash[1]), 0);
	world.leash[1] = -1;
}

static uint64_t flying(const struct clock_source *c)
{
	(void)c;
	if (++world.looks >= world.last)
		end_session();
	return (uint64_t)world.looks * world.step;
}

static void log_line(void *context, int priority, const char *line)
{
	size_t used = strlen(world.lines);

	(void)context, (void)priority;
	(void)snprintf(world.lines + used, sizeof world.lines - used, "%s\n", line);
	if (world.end_on != NULL && strstr(line, world.end_on) != NULL)
		end_session();
}

static unsigned count(const char *what)
{
	unsigned n = 0;

	for (const char *at = world.lines; (at = strstr(at, what)) != NULL; at++)
		n++;
	return n;
}

/* For open(): in the eye's process. */
static enum card_result no_service(struct card_service **ret_s)
{
	(void)ret_s;
	return CARD_NO_SERVICE;
}
static enum card_result broken(struct card_service **ret_s)
{
	(void)ret_s;
	return CARD_ERROR;
}
static enum card_result crashes(struct card_service **ret_s)
{
	(void)ret_s;
	(void)raise(SIGKILL);
	return CARD_NO_SERVICE;
}

/* Time flies where no command is to have its ten seconds. */
#define FLIES 20000
#define GOES  100

static void guard(
    lookout_open *open, const char *command, unsigned step, const char *end_on, unsigned last)
{
	const struct settings s = settings_for(command);
	const struct clock_source clock = {.boot_ms = flying};
	const struct audit_sink sink = {.write = log_line};
	siginfo_t info;

	memset(&world, 0, sizeof world);
	assert_int_equal(pipe2(world.leash, O_CLOEXEC), 0);
	world.end_on = end_on;
	world.last = last;
	world.step = step;
	guard_run(&(struct guard){.settings = &s,
	    .clock = &clock,
	    .log = &sink,
	    .open = open,
	    .user = "alice",
	    .leash = world.leash[0]});
	assert_int_equal(close(world.leash[0]), 0);
	/* nobody stays behind */
	assert_int_equal(waitid(P_ALL, 0, &info, WEXITED | WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void no_service_is_no_card_that_left(void **context)
{
	(void)context;
	guard(no_service, "/bin/true", FLIES, NULL, 200);
	assert_int_equal(count("event=card-watch"), 1);
	assert_int_equal(count("result=\"not-watched\""), 1);
	assert_int_equal(count("[S-80]"), 1);
}

static void an_eye_that_cannot_work_is_one(void **context)
{
	(void)context;
	guard(broken, "/bin/true", GOES, "result=\"done\"", 1000);
	assert_int_equal(count("result=\"done\""), 1);
	guard(crashes, "/bin/true", GOES, "result=\"done\"", 1000);
	assert_int_equal(count("result=\"done\""), 1);
	assert_int_equal(count("user=\"alice\""), count("event="));
	assert_int_equal(count("session=\"s1\""), count("event="));
}

static void a_failure_is_said_each_time_and_given_up(void **context)
{
	(void)context;
	guard(broken, "/nonexistent", FLIES, NULL, 400);
	assert_int_equal(count("result=\"failed\""), WATCH_TRIES - 1);
	assert_int_equal(count("result=\"given-up\""), 1);
	assert_int_equal(count("[S-98]"), WATCH_TRIES);
}

static void a_session_that_ended_is_over(void **context)
{
	(void)context;
	guard(no_service, "/bin/true", GOES, NULL, 1);
	assert_int_equal(count("result=\"done\""), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(commands_end_as_they_do),
	    cmocka_unit_test(a_command_gets_action_and_session),
	    cmocka_unit_test(a_command_that_hangs_is_killed_with_its_children),
	    cmocka_unit_test(no_service_is_no_card_that_left),
	    cmocka_unit_test(an_eye_that_cannot_work_is_one),
	    cmocka_unit_test(a_failure_is_said_each_time_and_given_up),
	    cmocka_unit_test(a_session_that_ended_is_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
