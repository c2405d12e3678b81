/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The codes of one token over a run of TOTP steps or HOTP counters: where it begins and ends,
 * the codes themselves, and how many were computed. Decides nothing about them.
 */
#ifndef SEKISHO_WINDOW_H
#define SEKISHO_WINDOW_H

#include "lib/store/record.h"

#define WINDOW_CODE_SIZE  9  /* the longest code, with NUL */
#define WINDOW_PERIOD_MIN 15 /* seconds: shorter ones no record holds */

/* Both ends belong to it; from > to: nothing does. to < UINT64_MAX, so that there is always a
 * next one. */
struct window {
	uint64_t from, to;
};

/* radius steps on each side of the one at now, moved by shift. None before 1970. */
struct window window_steps(const struct token *t, int64_t now, int32_t shift, unsigned radius);
/* next - below .. next + above, as far as there are such counters. */
struct window window_counters(uint64_t next, unsigned below, unsigned above);
/* The code of step (TOTP) or counter (HOTP) n, with NUL. -1: no such token, or no such step. */
MUST_CHECK int window_code(const struct token *t, uint64_t n, char out[WINDOW_CODE_SIZE]);
/* Is code the one of n? Compares in constant time; digits are the token's. 1, 0, or -1 as
 * above. One more in *work when a code was computed. */
MUST_CHECK int window_match(
    const struct token *t, uint64_t n, const char *code, size_t digits, uint64_t *work);
/* Computes and compares for nobody until *work is budget, so that the time tells nothing. */
void window_pad(const char *code, size_t digits, uint64_t budget, uint64_t *work);

#endif
