/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One-time codes: RFC 6238 (TOTP) and RFC 4226 (HOTP), judged through liboath. No state is
 * written here.
 */
#ifndef SEKISHO_OTP_H
#define SEKISHO_OTP_H

#include "lib/factors/factor.h"

#define OTP_DIGITS_MAX           8
#define OTP_SEARCH_S             86400      /* each way: resync, diagnosis */
#define OTP_RESYNC_HOTP          1000       /* counters beyond the next one */
#define OTP_DIAGNOSIS_CANDIDATES (2 * 5761) /* a day each way, for two tokens of 30 s */

/* Strips separators and turns full-width digits into ASCII (code_character). Returns the number
 * of digits (6..8) in out, or 0 when it is no code. */
size_t otp_normalize(const struct secret *answer, char out[OTP_DIGITS_MAX + 1]);
/* The code of one TOTP step; out has digits + NUL. */
MUST_CHECK int otp_totp_at(const struct token *t, uint64_t step, char out[OTP_DIGITS_MAX + 1]);
/* The code of one HOTP counter; SHA-1 only. */
MUST_CHECK int otp_hotp_at(
    const struct token *t, uint64_t counter, char out[OTP_DIGITS_MAX + 1]);
/* Judges a normalized code against one TOTP token at wall time now: all 2 * window + 1
 * candidates are computed and compared in constant time. *ret_step is the step that matched
 * (ACCEPTED: at or above next; USED: below it). */
enum factor_result otp_totp_judge(const struct token *t, uint64_t next, int64_t now,
    unsigned window, const char *code, size_t digits, uint64_t *ret_step);
/* The same for an HOTP token: next .. next + look_ahead are good, the look_ahead counters below
 * next are used ones. The counter UINT64_MAX is never accepted: none comes after it. */
enum factor_result otp_hotp_judge(const struct token *t, uint64_t next, unsigned look_ahead,
    const char *code, size_t digits, uint64_t *ret_counter);

/* Two codes, one after the other, find the place of a token that is out of reach. TOTP: the
 * second within OTP_SEARCH_S of now, the first not below c->next; *ret_drift is how far the
 * second lies from now. HOTP: the first is one of next .. next + OTP_RESYNC_HOTP; *ret_drift is
 * 0. *ret_next: after the second. false: no such place, or more than one. */
MUST_CHECK bool otp_resync(const struct token *t, const struct counter *c, int64_t now,
    const char *first, const char *second, size_t digits, uint64_t *ret_next,
    int32_t *ret_drift);
/* Where there is none: are they a pair of TOTP codes within OTP_SEARCH_S of now, but below
 * c->next? *ret_seconds: how far behind the latest code that was used. Such a token opens
 * again when it has come that far. */
MUST_CHECK bool otp_resync_used(const struct token *t, const struct counter *c, int64_t now,
    const char *first, const char *second, size_t digits, int64_t *ret_seconds);
/* For the log, after an answer that was WRONG; nothing may be accepted or shown because of it.
 * Is the answer a TOTP of this person's within OTP_SEARCH_S of now, and not below the next step
 * of its token? *ret_seconds: how far from now the nearest is, in whole steps; positive for one
 * of the future: this clock seems slow, or the token's fast. With many tokens it looks less
 * far: OTP_DIAGNOSIS_CANDIDATES are computed, always. */
MUST_CHECK bool otp_diagnose(const struct record *r, const struct state *s,
    const struct secret *answer, int64_t now, int64_t *ret_seconds);

#endif
