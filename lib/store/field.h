/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Checks of fields that the codecs share, and what a time may be. Pure.
 */
#ifndef SEKISHO_FIELD_H
#define SEKISHO_FIELD_H

#include "lib/wire/bytes.h"

#define FIELD_TIME_MAX 253402300799LL /* the last second of the year 9999 */

static inline bool field_is_zero(const void *data, size_t len)
{
	const uint8_t *at = data;
	uint8_t all = 0;

	while (len-- > 0)
		all |= *at++;
	return all == 0;
}

/* A decoder casts u64 to int64_t: what does not fit comes out negative and is refused here. */
static inline bool field_time_ok(int64_t t)
{
	return t >= 0 && t <= FIELD_TIME_MAX;
}

/* The nearest one that can be kept, for a clock before 1970 or after 9999. */
static inline int64_t field_time_clamp(int64_t t)
{
	return t < 0 ? 0 : t > FIELD_TIME_MAX ? FIELD_TIME_MAX : t;
}

#endif
