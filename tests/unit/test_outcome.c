/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of outcomes, row by row: what each means is written here a second time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <limits.h>
#include <string.h>

#include "lib/login/outcome.h"

static const struct {
	enum outcome outcome;
	struct outcome_row row;
} wanted[] = {
    {OUTCOME_ERROR, {VERDICT_ERROR, false, MSG_REASON_UNAVAILABLE, "internal-error"}},
    {OUTCOME_ACCEPTED, {VERDICT_GRANTED, false, MSG_REASON_NONE, "accepted"}},
    {OUTCOME_EMERGENCY, {VERDICT_GRANTED, false, MSG_REASON_NONE, "emergency"}},
    {OUTCOME_NOT_REQUIRED, {VERDICT_GRANTED, false, MSG_REASON_NONE, "not-required"}},
    {OUTCOME_WRONG, {VERDICT_DENIED, true, MSG_REASON_WRONG, "wrong-code"}},
    {OUTCOME_USED, {VERDICT_DENIED, true, MSG_REASON_USED, "used-code"}},
    {OUTCOME_MALFORMED, {VERDICT_DENIED, true, MSG_REASON_MALFORMED, "malformed"}},
    {OUTCOME_CLOCK, {VERDICT_DENIED, true, MSG_REASON_CLOCK, "clock"}},
    {OUTCOME_EMPTY, {VERDICT_DENIED, true, MSG_REASON_NONE, "empty"}},
    {OUTCOME_PASSWORD, {VERDICT_DENIED, true, MSG_REASON_MALFORMED, "password-repeated"}},
    {OUTCOME_LOCKED, {VERDICT_LOCKED, false, MSG_REASON_LOCKED, "locked"}},
    {OUTCOME_SUSPENDED, {VERDICT_LOCKED, false, MSG_REASON_SUSPENDED, "suspended"}},
    {OUTCOME_BUSY, {VERDICT_DENIED, true, MSG_REASON_BUSY, "busy"}},
    {OUTCOME_UNAVAILABLE, {VERDICT_UNAVAILABLE, false, MSG_REASON_UNAVAILABLE, "unavailable"}},
    {OUTCOME_CALLER, {VERDICT_NOT_ALLOWED, false, MSG_REASON_NONE, "caller"}},
    {OUTCOME_PIN_WRONG, {VERDICT_DENIED, true, MSG_REASON_PIN_WRONG, "wrong-pin"}},
    {OUTCOME_PIN_FORM, {VERDICT_DENIED, true, MSG_REASON_PIN_FORM, "malformed-pin"}},
    {OUTCOME_PIN_BLOCKED, {VERDICT_DENIED, true, MSG_REASON_PIN_BLOCKED, "pin-blocked"}},
    {OUTCOME_PIN_LAST, {VERDICT_DENIED, true, MSG_REASON_PIN_LAST, "last-try"}},
    {OUTCOME_PIN_AGAIN, {VERDICT_DENIED, true, MSG_REASON_NONE, "pin-again"}},
    {OUTCOME_PIN_DIFFERS, {VERDICT_DENIED, true, MSG_REASON_PIN_DIFFERS, "pins-differ"}},
    {OUTCOME_CARD_ABSENT, {VERDICT_DENIED, true, MSG_REASON_CARD_ABSENT, "no-card"}},
    {OUTCOME_CARD_CHANGED, {VERDICT_DENIED, true, MSG_REASON_CARD_CHANGED, "card-changed"}},
    {OUTCOME_CARD_BUSY, {VERDICT_DENIED, true, MSG_REASON_CARD_BUSY, "card-busy"}},
    {OUTCOME_READER_GONE, {VERDICT_DENIED, true, MSG_REASON_READER_GONE, "reader-gone"}},
    {OUTCOME_CARD_DATES, {VERDICT_DENIED, true, MSG_REASON_CARD_DATES, "card-dates"}},
    {OUTCOME_CARD_REVOKED, {VERDICT_DENIED, true, MSG_REASON_CARD_REVOKED, "card-revoked"}},
    {OUTCOME_CARD_UNTRUSTED,
        {VERDICT_DENIED, true, MSG_REASON_CARD_UNTRUSTED, "card-untrusted"}},
    {OUTCOME_CARD_SERVICE, {VERDICT_DENIED, true, MSG_REASON_CARD_SERVICE, "card-service"}},
    {OUTCOME_CARD_FAILED, {VERDICT_DENIED, true, MSG_REASON_CARD_FAILED, "card-failed"}},
};

static void every_row(void **state)
{
	(void)state;
	assert_int_equal(sizeof wanted / sizeof wanted[0], OUTCOME_COUNT);
	for (unsigned i = 0; i < OUTCOME_COUNT; i++) {
		const struct outcome_row *have = outcome_row((enum outcome)i);

		assert_int_equal(wanted[i].outcome, i);
		assert_int_equal(have->verdict, wanted[i].row.verdict);
		assert_int_equal(have->again, wanted[i].row.again);
		assert_int_equal(have->reason, wanted[i].row.reason);
		assert_string_equal(have->word, wanted[i].row.word);
	}
}

/* What nobody has thought of denies, like what somebody has forgotten. */
static void what_is_not_in_the_table_is_an_error(void **state)
{
	static const int beyond[] = {
	    -1, INT_MIN, OUTCOME_COUNT, OUTCOME_COUNT + 1, 255, INT_MAX};

	(void)state;
	assert_int_equal(OUTCOME_ERROR, 0);
	for (size_t i = 0; i < sizeof beyond / sizeof beyond[0]; i++)
		assert_ptr_equal(
		    outcome_row((enum outcome)beyond[i]), outcome_row(OUTCOME_ERROR));
}

/* No login ends granted and asks again, and none is granted with a reason against it. */
static void grants(void **state)
{
	unsigned count = 0;

	(void)state;
	for (unsigned i = 0; i < OUTCOME_COUNT; i++) {
		const struct outcome_row *row = outcome_row((enum outcome)i);

		if (row->verdict != VERDICT_GRANTED)
			continue;
		count++;
		assert_false(row->again);
		assert_int_equal(row->reason, MSG_REASON_NONE);
	}
	assert_int_equal(count, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_row),
	    cmocka_unit_test(what_is_not_in_the_table_is_an_error),
	    cmocka_unit_test(grants),
	};

	return cmocka_run_group_tests_name("outcome", tests, NULL, NULL);
}
