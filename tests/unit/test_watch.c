/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * watch.c: when a session is locked, and when it is left alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "cardwatch/watch.h"

#define GRACE 5000

/* A card that was there, and left at 1000. */
static void leave(struct watch *w)
{
	watch_begin(w, GRACE);
	assert_true(watch_see(w, SIGHT_THERE, 0));
	assert_true(watch_see(w, SIGHT_GONE, 1000));
}

static void a_card_that_stays_is_left_alone(void **context)
{
	struct watch w;

	(void)context;
	watch_begin(&w, GRACE);
	assert_int_equal(watch_rest(&w, 0), WATCH_FOREVER);
	assert_true(watch_see(&w, SIGHT_THERE, 0));
	assert_false(watch_see(&w, SIGHT_THERE, 1));
	assert_int_equal(watch_rest(&w, UINT64_MAX), WATCH_FOREVER);
	assert_false(watch_due(&w, UINT64_MAX));
}

static void gone_is_acted_on_after_the_grace_time(void **context)
{
	struct watch w;

	(void)context;
	leave(&w);
	assert_int_equal(watch_rest(&w, 1000), GRACE);
	assert_false(watch_due(&w, 1000 + GRACE - 1));
	assert_int_equal(watch_rest(&w, 1000 + GRACE - 1), 1);
	assert_int_equal(watch_rest(&w, 1000 + GRACE), 0);
	assert_true(watch_due(&w, 1000 + GRACE));
	/* once */
	assert_false(watch_due(&w, 1000 + GRACE));
	assert_int_equal(watch_rest(&w, 1000 + GRACE), WATCH_FOREVER);
	watch_ended(&w, true, 1000 + GRACE);
	assert_int_equal(w.phase, WATCH_DONE);
	assert_false(watch_due(&w, UINT64_MAX));
}

static void more_news_of_a_card_that_left_prolong_nothing(void **context)
{
	struct watch w;

	(void)context;
	leave(&w);
	assert_false(watch_see(&w, SIGHT_GONE, 4000));
	assert_true(watch_due(&w, 1000 + GRACE));
}

static void back_in_time_is_nothing(void **context)
{
	struct watch w;

	(void)context;
	leave(&w);
	assert_true(watch_see(&w, SIGHT_THERE, 1000 + GRACE - 1));
	assert_false(watch_due(&w, UINT64_MAX));
	/* and the next time it has the whole grace time again */
	assert_true(watch_see(&w, SIGHT_GONE, 20000));
	assert_false(watch_due(&w, 20000 + GRACE - 1));
	assert_true(watch_due(&w, 20000 + GRACE));
}

static void a_service_that_ends_is_no_card_that_left(void **context)
{
	struct watch w;

	(void)context;
	watch_begin(&w, GRACE);
	assert_true(watch_see(&w, SIGHT_THERE, 0));
	assert_true(watch_see(&w, SIGHT_BLIND, 1000));
	assert_false(watch_due(&w, UINT64_MAX));
	/* it is back, without the card: now */
	assert_true(watch_see(&w, SIGHT_GONE, 90000));
	assert_false(watch_due(&w, 90000 + GRACE - 1));
	assert_true(watch_due(&w, 90000 + GRACE));
}

static void nor_does_it_stop_the_grace_time(void **context)
{
	struct watch w;

	(void)context;
	leave(&w);
	assert_false(watch_see(&w, SIGHT_BLIND, 2000));
	assert_true(watch_due(&w, 1000 + GRACE));
	assert_false(watch_see(&w, SIGHT_BLIND, 7000));
	watch_ended(&w, false, 7000);
	assert_true(watch_due(&w, 7000 + WATCH_PAUSE_MS));
}

static void a_card_that_was_never_seen_left(void **context)
{
	struct watch w;

	(void)context;
	watch_begin(&w, 0);
	assert_true(watch_see(&w, SIGHT_GONE, 10));
	assert_true(watch_due(&w, 10));
}

static void a_failure_is_tried_again_and_not_for_ever(void **context)
{
	struct watch w;
	uint64_t now = 1000 + GRACE;

	(void)context;
	leave(&w);
	for (unsigned i = 1; i <= WATCH_TRIES; i++) {
		uint64_t pause = (uint64_t)WATCH_PAUSE_MS << (i - 1);

		assert_true(watch_due(&w, now));
		watch_ended(&w, false, now);
		if (i == WATCH_TRIES)
			break;
		assert_int_equal(w.phase, WATCH_ACTING);
		assert_int_equal(watch_rest(&w, now), pause);
		assert_false(watch_due(&w, now + pause - 1));
		now += pause;
	}
	assert_int_equal(w.phase, WATCH_DONE);
	assert_int_equal(watch_rest(&w, now), WATCH_FOREVER);
	assert_false(watch_due(&w, UINT64_MAX));
	/* the card was back: all tries anew */
	assert_true(watch_see(&w, SIGHT_THERE, now));
	assert_true(watch_see(&w, SIGHT_GONE, now));
	assert_true(watch_due(&w, now + GRACE));
	watch_ended(&w, false, now + GRACE);
	assert_int_equal(w.phase, WATCH_ACTING);
}

static void back_while_the_command_runs(void **context)
{
	struct watch w;

	(void)context;
	leave(&w);
	assert_true(watch_due(&w, 1000 + GRACE));
	assert_true(watch_see(&w, SIGHT_THERE, 1000 + GRACE));
	watch_ended(&w, false, 1000 + GRACE);
	assert_int_equal(w.phase, WATCH_THERE);
	assert_false(watch_due(&w, UINT64_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_card_that_stays_is_left_alone),
	    cmocka_unit_test(gone_is_acted_on_after_the_grace_time),
	    cmocka_unit_test(more_news_of_a_card_that_left_prolong_nothing),
	    cmocka_unit_test(back_in_time_is_nothing),
	    cmocka_unit_test(a_service_that_ends_is_no_card_that_left),
	    cmocka_unit_test(nor_does_it_stop_the_grace_time),
	    cmocka_unit_test(a_card_that_was_never_seen_left),
	    cmocka_unit_test(a_failure_is_tried_again_and_not_for_ever),
	    cmocka_unit_test(back_while_the_command_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
