/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * number.c: counters, spans and times, at their edges.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "tools/number.h"

static void test_number(void **state)
{
	static const char *const bad[] = {
	    "", " 7", "7 ", "+7", "-7", "7x", "x", "0x7", "4", "101", "18446744073709551616"};
	uint64_t n = 77;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(number_parse(bad[i], 5, 100, &n), -1);
		assert_int_equal(n, 77);
	}
	assert_int_equal(number_parse("5", 5, 100, &n), 0);
	assert_int_equal(n, 5);
	assert_int_equal(number_parse("0100", 5, 100, &n), 0);
	assert_int_equal(n, 100);
	assert_int_equal(number_parse("18446744073709551615", 0, UINT64_MAX, &n), 0);
	assert_true(n == UINT64_MAX);
	assert_int_equal(number_parse("18446744073709551616", 0, UINT64_MAX, &n), -1);
	assert_int_equal(number_parse("99999999999999999999", 0, UINT64_MAX, &n), -1);
}

static void test_duration(void **state)
{
	static const char *const bad[] = {"", "1", "h", "1s", "1w", "1H", "-1h", " 1h", "1h ",
	    "1h30m", "1 h", "0m", "0d", "32d", "745h", "44641m", "9999999999999999999d",
	    "18446744073709551616m", "153722867280912931m"};
	static const struct {
		const char *text;
		int64_t seconds;
	} good[] = {{"1m", 60}, {"30m", 1800}, {"8h", 28800}, {"1d", 86400}, {"31d", 2678400},
	    {"744h", 2678400}, {"44640m", 2678400}};
	int64_t s = -1;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(duration_parse(bad[i], 60, 31 * 86400, &s), -1);
		assert_int_equal(s, -1);
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(duration_parse(good[i].text, 60, 31 * 86400, &s), 0);
		assert_int_equal(s, good[i].seconds);
	}
	assert_int_equal(duration_parse("1m", 61, 100, &s), -1);
}

static void test_span(void **state)
{
	static const struct {
		int64_t seconds;
		const char *text;
	} rows[] = {{0, "0 s"}, {-90, "90 s"}, {119, "119 s"}, {120, "2 min"}, {-149, "2 min"},
	    {150, "3 min"}, {3569, "59 min"}, {3570, "1h00m"}, {33120, "9h12m"},
	    {864000 - 31, "239h59m"}, {864000, "10 d"}, {INT64_MIN, "106751991167301 d"}};
	char out[SPAN_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		span_write(rows[i].seconds, out);
		assert_string_equal(out, rows[i].text);
	}
}

static void test_time(void **state)
{
	char out[TIME_SIZE];

	(void)state;
	setenv("TZ", "UTC", 1);
	tzset();
	time_write(1711960212, TIME_SECOND, out);
	assert_string_equal(out, "2024-04-01 08:30:12");
	time_write(1711960212, TIME_MINUTE, out);
	assert_string_equal(out, "2024-04-01 08:30");
	time_write(1711960212, TIME_DATE, out);
	assert_string_equal(out, "2024-04-01");
	time_write(0, TIME_SECOND, out);
	assert_string_equal(out, "-");
	time_write(-5, TIME_SECOND, out);
	assert_string_equal(out, "-");
	time_write(INT64_MAX, TIME_SECOND, out);
	assert_string_equal(out, "-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_number),
	    cmocka_unit_test(test_duration),
	    cmocka_unit_test(test_span),
	    cmocka_unit_test(test_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
