/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers and spans of time as options take and messages show them. Pure.
 */
#ifndef SEKISHO_NUMBER_H
#define SEKISHO_NUMBER_H

#include "lib/wire/bytes.h"

#define SPAN_SIZE 32
#define TIME_SIZE 32

/* Decimal digits and nothing else, least..most. -1 otherwise; *ret_n is then as it was. */
MUST_CHECK int number_parse(const char *text, uint64_t least, uint64_t most, uint64_t *ret_n);
/* "30m", "8h", "1d": a number of minutes, hours or days, least..most seconds. */
MUST_CHECK int duration_parse(
    const char *text, int64_t least, int64_t most, int64_t *ret_seconds);
/* The magnitude of a span, rounded so that it can be said: "40 s", "5 min", "9h12m", "36 d". */
void span_write(int64_t seconds, char out[SPAN_SIZE]);

/* What write_time shows. */
enum time_shown { TIME_DATE = 10, TIME_MINUTE = 16, TIME_SECOND = 19 };
/* "2026-11-20 08:30:12" of the local time zone or its beginning; "-" for no time. */
void time_write(int64_t when, enum time_shown shown, char out[TIME_SIZE]);

#endif
