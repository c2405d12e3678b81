/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why a one-time code may have been wrong: a clock that is off. For the log only; must not
 * change what becomes of the answer.
 */
#ifndef SEKISHO_DIAGNOSIS_H
#define SEKISHO_DIAGNOSIS_H

#include "lib/store/person.h"

/* Is this wrong code one of the person's at another time of the day around now? True: *ret_e
 * says how far this clock seems off (ERR_CLOCK_OFF). The same work for every person and decoy;
 * needs no lock. Never to be shown: who is told that a code was right for tomorrow comes back
 * tomorrow. */
MUST_CHECK bool diagnosis_make(
    const struct person *p, const struct secret *answer, int64_t now, struct err *ret_e);

#endif
