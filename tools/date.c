/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Days and times as options take them, in the local time zone.
 */
#include "tools/date.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/store/field.h"

/* Exactly len digits. */
static int take_digits(const char **text, size_t len, int least, int most, int *ret_n)
{
	int n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = (*text)[i];

		if (c < '0' || c > '9')
			return -1;
		n = n * 10 + (c - '0');
	}
	*text += len;
	*ret_n = n;
	return n >= least && n <= most ? 0 : -1;
}

static int take_char(const char **text, const char *one_of)
{
	if (**text == '\0' || strchr(one_of, **text) == NULL)
		return -1;
	(*text)++;
	return 0;
}

static int take_day(const char **text, struct tm *tm)
{
	struct tm same;

	if (take_digits(text, 4, 1970, 9999, &tm->tm_year) != 0 || take_char(text, "-") != 0 ||
	    take_digits(text, 2, 1, 12, &tm->tm_mon) != 0 || take_char(text, "-") != 0 ||
	    take_digits(text, 2, 1, 31, &tm->tm_mday) != 0)
		return -1;
	tm->tm_year -= 1900;
	tm->tm_mon -= 1;
	same = *tm;
	(void)timegm(&same); /* makes 30 February the 2nd of March */
	return same.tm_mday == tm->tm_mday ? 0 : -1;
}

static int take_time(const char **text, struct tm *tm)
{
	if (take_char(text, "Tt ") != 0 || take_digits(text, 2, 0, 23, &tm->tm_hour) != 0 ||
	    take_char(text, ":") != 0 || take_digits(text, 2, 0, 59, &tm->tm_min) != 0)
		return -1;
	return **text != ':' ? 0
	                     : take_char(text, ":") | take_digits(text, 2, 0, 59, &tm->tm_sec);
}

/* *ret_utc: a zone stood there; *ret_east: seconds. */
static int take_zone(const char **text, bool *ret_utc, int *ret_east)
{
	int hours, minutes, sign = **text == '-' ? -1 : 1;

	*ret_east = 0;
	*ret_utc = **text != '\0';
	if (!*ret_utc || take_char(text, "Zz") == 0)
		return 0;
	if (take_char(text, "+-") != 0 || take_digits(text, 2, 0, 23, &hours) != 0 ||
	    take_char(text, ":") != 0 || take_digits(text, 2, 0, 59, &minutes) != 0)
		return -1;
	*ret_east = sign * (hours * 3600 + minutes * 60);
	return 0;
}

int date_parse(const char *text, enum date_edge edge, int64_t *ret_when)
{
	struct tm tm = {.tm_isdst = -1};
	bool utc = false;
	int east = 0;
	int64_t when;

	if (strcmp(text, "none") == 0) {
		*ret_when = 0;
		return 0;
	}
	if (take_day(&text, &tm) != 0)
		return -1;
	if (*text == '\0') {
		tm.tm_mday += edge == DATE_UNTIL;
	} else if (take_time(&text, &tm) != 0 || take_zone(&text, &utc, &east) != 0 ||
	           *text != '\0') {
		return -1;
	}
	when = utc ? (int64_t)timegm(&tm) - east : (int64_t)mktime(&tm);
	if (when <= 0 || !field_time_ok(when)) /* 0 would mean none */
		return -1;
	*ret_when = when;
	return 0;
}

void date_write_until(int64_t when, char out[TIME_SIZE])
{
	time_t t = (time_t)when;
	struct tm tm;

	time_write(when, TIME_MINUTE, out);
	if (when <= 0 || localtime_r(&t, &tm) == NULL || tm.tm_hour != 0 || tm.tm_min != 0 ||
	    tm.tm_sec != 0)
		return;
	time_write(when - 1, TIME_DATE, out);
	memcpy(out + TIME_DATE, " 24:00", sizeof(" 24:00"));
}
