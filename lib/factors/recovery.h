/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The factor of codes on paper: recovery codes (single use each) and temporary codes (some
 * uses, some days). Judges against the hashes in the record and marks the state.
 */
#ifndef SEKISHO_RECOVERY_H
#define SEKISHO_RECOVERY_H

#include "lib/base/code.h"
#include "lib/factors/factor.h"

/* A fresh salt and the hash of a normalized code. */
MUST_CHECK int recovery_seal(const char *code, struct stored_code *ret_c);
/* How many recovery codes are not spent. */
unsigned recovery_left(const struct record *r, const struct state *s);

#endif
