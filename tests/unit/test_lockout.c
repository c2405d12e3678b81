/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Delay and suspension arithmetic with a clock of our own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "lib/store/lockout.h"

static uint64_t now_ms;

static uint64_t boot_ms(const struct clock_source *c)
{
	(void)c;
	return now_ms;
}

static int64_t wall(const struct clock_source *c)
{
	(void)c;
	fail_msg("%s", "a delay must not depend on the wall clock");
	return 0;
}

static struct clock_source clk = {.wall = wall, .boot_ms = boot_ms, .boot_id = "boot-1"};

static enum lockout check(const struct bucket *b, uint32_t *seconds)
{
	*seconds = 0;
	return lockout_check(b, SOURCE_CONSOLE, FACTOR_OTP, &clk, seconds);
}

static void fail_times(struct bucket *b, unsigned n)
{
	while (n-- > 0)
		lockout_failed(b, FACTOR_OTP, LOCKOUT_GUESS, &clk);
}

static void budgets_sum_to_100(void **context)
{
	static const unsigned want[STATE_BUCKETS] = {[SOURCE_CONSOLE] = 40,
	    [SOURCE_REMOTE] = 15,
	    [SOURCE_SELF] = 15,
	    [SOURCE_OTHER] = 15,
	    [SOURCE_LOCKER] = 15};
	unsigned sum = 0;

	(void)context;
	for (int s = 0; s < STATE_BUCKETS; s++) {
		assert_int_equal(lockout_budget((enum source)s), want[s]);
		sum += lockout_budget((enum source)s);
	}
	assert_int_equal(sum, 100);
	assert_int_equal(lockout_budget((enum source)STATE_BUCKETS), 0);
}

static void delay_grows_to_its_bound(void **context)
{
	static const uint32_t want[] = {0, 0, 0, 0, 0, 30, 60, 120, 240, 480, 900, 900, 900};
	struct bucket b = {0};
	uint32_t seconds;

	(void)context;
	now_ms = 1000000;
	for (unsigned n = 0; n < sizeof want / sizeof want[0]; n++) {
		enum lockout l = check(&b, &seconds);

		assert_int_equal(l, want[n] == 0 ? LOCKOUT_OPEN : LOCKOUT_WAIT);
		assert_int_equal(seconds, want[n]);
		fail_times(&b, 1);
	}
}

static void delay_ends_on_time(void **context)
{
	struct bucket b = {0};
	uint32_t seconds;

	(void)context;
	now_ms = 5000;
	fail_times(&b, 5);
	now_ms += 29999;
	assert_int_equal(check(&b, &seconds), LOCKOUT_WAIT);
	assert_int_equal(seconds, 1);
	now_ms += 1;
	assert_int_equal(check(&b, &seconds), LOCKOUT_OPEN);
}

/* A reboot is no way around the delay, and no way to make it endless. */
static void reboot_starts_the_delay_anew(void **context)
{
	struct bucket b = {0};
	uint32_t seconds;

	(void)context;
	now_ms = 900000000;
	fail_times(&b, 6);
	memcpy(clk.boot_id, "boot-2", 7);
	now_ms = 10000;
	assert_int_equal(check(&b, &seconds), LOCKOUT_WAIT);
	assert_int_equal(seconds, 50);
	now_ms = 60000;
	assert_int_equal(check(&b, &seconds), LOCKOUT_OPEN);
	memcpy(clk.boot_id, "boot-1", 7);
}

/* A time far ahead in a damaged or copied bucket waits no longer than the streak's own delay.
 */
static void a_wild_time_is_bounded(void **context)
{
	struct bucket b = {0};
	uint32_t seconds;

	(void)context;
	now_ms = 1;
	fail_times(&b, 5);
	b.until_ms = UINT64_MAX;
	assert_int_equal(check(&b, &seconds), LOCKOUT_WAIT);
	assert_int_equal(seconds, 30);
}

static void suspension_counts_guesses_only(void **context)
{
	struct bucket b = {0};
	uint32_t seconds;

	(void)context;
	now_ms = 0;
	for (int i = 0; i < 1000; i++)
		lockout_failed(&b, FACTOR_OTP, LOCKOUT_NO_GUESS, &clk);
	now_ms = 3600000;
	assert_int_equal(check(&b, &seconds), LOCKOUT_OPEN);
	fail_times(&b, 39);
	now_ms = 7200000;
	assert_int_equal(check(&b, &seconds), LOCKOUT_OPEN);
	fail_times(&b, 1);
	now_ms = UINT32_MAX;
	assert_int_equal(check(&b, &seconds), LOCKOUT_SUSPENDED);
	/* each factor has its own count */
	assert_int_equal(
	    lockout_check(&b, SOURCE_CONSOLE, FACTOR_CARD, &clk, &seconds), LOCKOUT_OPEN);
}

static void counters_do_not_wrap(void **context)
{
	struct bucket b = {0};
	uint32_t seconds;

	(void)context;
	memset(&b, 0xff, sizeof b);
	lockout_failed(&b, FACTOR_OTP, LOCKOUT_GUESS, &clk);
	assert_int_equal(b.failures[FACTOR_OTP], UINT16_MAX);
	assert_int_equal(b.streak, UINT32_MAX);
	assert_int_equal(check(&b, &seconds), LOCKOUT_SUSPENDED);
}

static void reset_forgets_all(void **context)
{
	struct bucket b = {0};
	uint32_t seconds;

	(void)context;
	now_ms = 1;
	fail_times(&b, 40);
	lockout_reset(&b);
	assert_int_equal(check(&b, &seconds), LOCKOUT_OPEN);
}

static void unknown_words_are_refused(void **context)
{
	struct bucket b = {0};
	uint32_t seconds = 0;

	(void)context;
	assert_int_equal(
	    lockout_check(&b, (enum source)5, FACTOR_OTP, &clk, &seconds), LOCKOUT_SUSPENDED);
	assert_int_equal(
	    lockout_check(&b, SOURCE_CONSOLE, (enum factor_kind)STATE_FACTORS, &clk, &seconds),
	    LOCKOUT_SUSPENDED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(budgets_sum_to_100),
	    cmocka_unit_test(delay_grows_to_its_bound),
	    cmocka_unit_test(delay_ends_on_time),
	    cmocka_unit_test(reboot_starts_the_delay_anew),
	    cmocka_unit_test(a_wild_time_is_bounded),
	    cmocka_unit_test(suspension_counts_guesses_only),
	    cmocka_unit_test(counters_do_not_wrap),
	    cmocka_unit_test(reset_forgets_all),
	    cmocka_unit_test(unknown_words_are_refused),
	};

	return cmocka_run_group_tests_name("lockout", tests, NULL, NULL);
}
