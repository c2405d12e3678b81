/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ticks, counted from an answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/time.h>

#include "lib/login/tick.h"

#define MS 1000000

static void the_next_tick_is_later(void **state)
{
	static const struct {
		struct timespec since, now, tick;
	} rows[] = {
	    {{5, 0}, {5, 0}, {5, 20 * MS}}, {{5, 0}, {5, 1}, {5, 20 * MS}},
	    {{5, 0}, {5, 20 * MS - 1}, {5, 20 * MS}}, {{5, 0}, {5, 20 * MS}, {5, 40 * MS}},
	    {{5, 0}, {5, 999 * MS}, {6, 0}}, {{5, 7 * MS}, {5, 8 * MS}, {5, 27 * MS}},
	    {{5, 990 * MS}, {5, 999 * MS}, {6, 10 * MS}},
	    {{5, 990 * MS}, {6, 5 * MS}, {6, 10 * MS}},
	    {{5, 990 * MS}, {8, 15 * MS}, {8, 30 * MS}},
	    {{0, 0}, {5000000, 3}, {5000000, 20 * MS}}, /* since is not known */
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct timespec t = tick_after(rows[i].since, rows[i].now);

		assert_int_equal(t.tv_sec, rows[i].tick.tv_sec);
		assert_int_equal(t.tv_nsec, rows[i].tick.tv_nsec);
	}
}

static void interrupt(int signal)
{
	(void)signal;
}

/* Also where signals come in between. */
static void waiting_ends_at_a_tick(void **state)
{
	const struct itimerval soon = {.it_value = {.tv_usec = 5000}};
	struct sigaction action;
	struct timespec since, now;

	(void)state;
	memset(&action, 0, sizeof action);
	action.sa_handler = interrupt;
	assert_int_equal(sigaction(SIGALRM, &action, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &since), 0);
	tick_wait(since);
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
	assert_true(
	    (now.tv_sec - since.tv_sec) * 1000 * MS + now.tv_nsec - since.tv_nsec >= TICK_NS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_next_tick_is_later),
	    cmocka_unit_test(waiting_ends_at_a_tick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
