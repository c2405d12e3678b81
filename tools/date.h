/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Days and times as options take them, in the local time zone. Pure but for that.
 */
#ifndef SEKISHO_DATE_H
#define SEKISHO_DATE_H

#include "tools/number.h"

/* What a day alone stands for: its first moment, or the first one after it. */
enum date_edge { DATE_FROM = 0, DATE_UNTIL = 1 };

#define DATE_WANTED "takes YYYY-MM-DD, YYYY-MM-DDTHH:MM with or without Z or +09:00, or none"

/* A day, RFC 3339 to the minute or second, or the same without a zone: local. "none": 0. */
MUST_CHECK int date_parse(const char *text, enum date_edge edge, int64_t *ret_when);
/* As time_write to the minute, but an end at midnight as 24:00 of the day before; "-": none. */
void date_write_until(int64_t when, char out[TIME_SIZE]);

#endif
