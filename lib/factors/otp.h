/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One-time codes: RFC 6238 (TOTP) judged through liboath. No state is written here.
 */
#ifndef SEKISHO_OTP_H
#define SEKISHO_OTP_H

#include "lib/factors/factor.h"

#define OTP_DIGITS_MAX 8

/* Strips spaces (ASCII, U+3000, U+00A0) and hyphens, turns full-width digits (U+FF10-FF19) into
 * ASCII. Returns the number of digits (6..8) in out, or 0 when it is no code. */
size_t otp_normalize(const struct secret *answer, char out[OTP_DIGITS_MAX + 1]);
/* The code of one TOTP step; out has digits + NUL. */
MUST_CHECK int otp_totp_at(const struct token *t, uint64_t step, char out[OTP_DIGITS_MAX + 1]);
/* Judges a normalized code against one TOTP token at wall time now: all 2 * window + 1
 * candidates are computed and compared in constant time. *ret_step is the step that matched
 * (ACCEPTED: at or above next; USED: below it). */
enum factor_result otp_totp_judge(const struct token *t, uint64_t next, int64_t now,
    unsigned window, const char *code, size_t digits, uint64_t *ret_step);

#endif
