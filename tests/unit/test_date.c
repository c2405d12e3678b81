/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * date.c: days and times, in zones with and without summer time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "tools/date.h"

static void set_zone(const char *zone)
{
	setenv("TZ", zone, 1);
	tzset();
}

static void test_parse(void **state)
{
	static const struct {
		const char *zone, *text;
		enum date_edge edge;
		int64_t when;
	} rows[] = {
	    {"UTC0", "none", DATE_FROM, 0},
	    {"UTC0", "2027-04-01", DATE_FROM, 1806537600},
	    {"UTC0", "2027-03-31", DATE_UNTIL, 1806537600}, /* the first moment after it */
	    {"JST-9", "2027-04-01", DATE_FROM, 1806537600 - 9 * 3600},
	    {"JST-9", "2027-03-31", DATE_UNTIL, 1806537600 - 9 * 3600},
	    {"JST-9", "2027-04-01T00:00Z", DATE_FROM, 1806537600},
	    {"JST-9", "2027-04-01T09:00:00+09:00", DATE_UNTIL, 1806537600},
	    {"JST-9", "2027-03-31T20:30:00-03:30", DATE_UNTIL, 1806537600},
	    {"JST-9", "2027-04-01 09:00:07", DATE_UNTIL, 1806537607},
	    {"UTC0", "2028-02-29", DATE_FROM, 1835395200},
	    {"UTC0", "2027-12-31", DATE_UNTIL, 1830297600},
	    /* a day of 25 hours */
	    {"CET-1CEST,M3.5.0,M10.5.0/3", "2027-10-31", DATE_FROM, 1824933600},
	    {"CET-1CEST,M3.5.0,M10.5.0/3", "2027-10-31", DATE_UNTIL, 1824933600 + 25 * 3600},
	    {"UTC0", "9999-12-30", DATE_UNTIL, 253402214400},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t when = -7;

		set_zone(rows[i].zone);
		assert_int_equal(date_parse(rows[i].text, rows[i].edge, &when), 0);
		if (when != rows[i].when)
			fail_msg("%s: %lld", rows[i].text, (long long)when);
	}
}

static void test_refused(void **state)
{
	static const char *const bad[] = {"", "None", "2027", "2027-4-1", "2027-02-29",
	    "2027-02-30", "2027-04-31", "2027-13-01", "2027-00-10", "2027-01-00", "2027-01-32",
	    " 2027-01-01", "2027-01-01 ", "2027-01-01T", "2027-01-01T24:00", "2027-01-01T1:00",
	    "2027-01-01T10:60", "2027-01-01T10:00:60", "2027-01-01T10:00:0",
	    "2027-01-01T10:00x", "2027-01-01T10:00Zx", "2027-01-01T10:00+9",
	    "2027-01-01T10:00+0900", "2027-01-01Z", "01-01-2027", "1969-12-31", "1970-01-01",
	    "1970-01-01T00:00:00Z", "10000-01-01", "+027-01-01", "2027/01/01"};
	int64_t when = -7;

	(void)state;
	set_zone("UTC0");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (date_parse(bad[i], DATE_FROM, &when) != -1)
			fail_msg("accepted: %s", bad[i]);
		assert_int_equal(when, -7);
	}
	assert_int_equal(date_parse("9999-12-31", DATE_UNTIL, &when), -1); /* past the end */
}

static void test_until(void **state)
{
	char text[TIME_SIZE];

	(void)state;
	set_zone("JST-9");
	date_write_until(0, text);
	assert_string_equal(text, "-");
	date_write_until(1806537600 - 9 * 3600, text);
	assert_string_equal(text, "2027-03-31 24:00");
	date_write_until(1806537600 - 9 * 3600 + 60, text);
	assert_string_equal(text, "2027-04-01 00:01");
	date_write_until(1806537600, text);
	assert_string_equal(text, "2027-04-01 09:00");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_until),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
