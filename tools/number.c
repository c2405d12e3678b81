/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers and spans of time as options take and messages show them. Pure.
 */
#include "tools/number.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define MINUTE 60
#define HOUR   3600
#define DAY    86400

/* The digits at the start of *text, which moves behind them. */
static int take_number(const char **text, uint64_t *ret_n)
{
	uint64_t n = 0;
	const char *p = *text;

	for (; *p >= '0' && *p <= '9'; p++) {
		uint64_t digit = (uint64_t)(*p - '0');

		if (n > (UINT64_MAX - digit) / 10)
			return -1;
		n = n * 10 + digit;
	}
	if (p == *text)
		return -1;
	*text = p;
	*ret_n = n;
	return 0;
}

int number_parse(const char *text, uint64_t least, uint64_t most, uint64_t *ret_n)
{
	uint64_t n;

	if (take_number(&text, &n) != 0 || *text != '\0' || n < least || n > most)
		return -1;
	*ret_n = n;
	return 0;
}

int duration_parse(const char *text, int64_t least, int64_t most, int64_t *ret_seconds)
{
	static const struct {
		char letter;
		int64_t seconds;
	} units[] = {{'m', MINUTE}, {'h', HOUR}, {'d', DAY}};
	uint64_t n;

	if (take_number(&text, &n) != 0 || text[0] == '\0' || text[1] != '\0')
		return -1;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (units[i].letter != text[0])
			continue;
		if (n > (uint64_t)(most / units[i].seconds) ||
		    (int64_t)n * units[i].seconds < least)
			return -1;
		*ret_seconds = (int64_t)n * units[i].seconds;
		return 0;
	}
	return -1;
}

void span_write(int64_t seconds, char out[SPAN_SIZE])
{
	uint64_t s = seconds < 0 ? 0 - (uint64_t)seconds : (uint64_t)seconds;
	uint64_t minutes = (s + MINUTE / 2) / MINUTE;

	if (s < 2 * MINUTE)
		snprintf(out, SPAN_SIZE, "%llu s", (unsigned long long)s);
	else if (minutes < 60)
		snprintf(out, SPAN_SIZE, "%llu min", (unsigned long long)minutes);
	else if (s < 10 * DAY)
		snprintf(out, SPAN_SIZE, "%lluh%02llum", (unsigned long long)(minutes / 60),
		    (unsigned long long)(minutes % 60));
	else
		snprintf(out, SPAN_SIZE, "%llu d", (unsigned long long)((s + DAY / 2) / DAY));
}

void time_write(int64_t when, enum time_shown shown, char out[TIME_SIZE])
{
	time_t t = (time_t)when;
	char text[64];
	struct tm tm;

	if (when <= 0 || localtime_r(&t, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm) == 0)
		snprintf(out, TIME_SIZE, "-");
	else
		snprintf(out, TIME_SIZE, "%.*s", (int)shown, text);
}
