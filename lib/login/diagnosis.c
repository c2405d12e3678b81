/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Puts what otp_diagnose finds into words for the log. Changes nothing, and tells nobody.
 */
#include "lib/login/diagnosis.h"

#include <stdio.h>

#include "lib/factors/otp.h"

/* "9h10m": no more than a person can compare. */
static void span_of(int64_t seconds, char *out, size_t size)
{
	int64_t minutes = (seconds + 30) / 60;

	if (minutes >= 60)
		minutes = (minutes + 5) / 10 * 10;
	if (minutes >= 60)
		(void)snprintf(out, size, "%lldh%02lldm", (long long)(minutes / 60),
		    (long long)(minutes % 60));
	else
		(void)snprintf(out, size, "%lldm", (long long)minutes);
}

bool diagnosis_make(
    const struct person *p, const struct secret *answer, int64_t now, struct err *ret_e)
{
	int64_t off = 0;
	char span[32];

	if (!otp_diagnose(&p->record, &p->state, answer, now, &off))
		return false;
	span_of(off < 0 ? -off : off, span, sizeof span);
	(void)err_set(ret_e, ERR_CLOCK_OFF, "clock",
	    off > 0 ? "this terminal's clock seems about %s slow, or the token's fast"
	            : "this terminal's clock seems about %s fast, or the token's slow",
	    span);
	return true;
}
