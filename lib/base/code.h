/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Codes that people keep on paper and read out: recovery, temporary and emergency codes.
 * Their letters, digits and hash only; where they are kept and what they open is not known
 * here.
 *
 * The characters are those of Crockford's Base32 (0-9 A-Z without I L O U). The last one is a
 * check character: the sum over GF(32), x^5 + x^2 + 1, of the others times 2^1, 2^2, ... by
 * place. One wrong character, or two that changed places, never pass. The length tells the kind
 * apart, and neither can be taken for a one-time code.
 */
#ifndef SEKISHO_CODE_H
#define SEKISHO_CODE_H

#include "lib/wire/secret.h"

#define CODE_PERSONAL_LEN  16 /* recovery and temporary codes: 75 random bits, 1 check */
#define CODE_EMERGENCY_LEN 20 /* 95 random bits, 1 check */
#define CODE_SIZE          (CODE_EMERGENCY_LEN + 1)
#define CODE_SALT_SIZE     32
#define CODE_HASH_SIZE     32
#define CODE_GROUP         4
#define CODE_GROUPED_SIZE  (CODE_EMERGENCY_LEN + CODE_EMERGENCY_LEN / CODE_GROUP)

enum code_kind {
	CODE_NONE = 0, /* no code: a character or the length does not fit */
	CODE_TYPO = 1, /* one of them, but for the check character: a slip, not a guess */
	CODE_PERSONAL = 2,
	CODE_EMERGENCY = 3,
};

/* What was typed, as it is hashed: without separators (those of otp_normalize), upper case,
 * full-width forms in ASCII, O as 0, I and L as 1. out is empty unless CODE_PERSONAL or
 * CODE_EMERGENCY is returned. Wipe it. */
enum code_kind code_normalize(const struct secret *answer, char out[CODE_SIZE]);
/* A new random one with its check character. -1: no random numbers, or no such kind. */
MUST_CHECK int code_make(enum code_kind kind, char out[CODE_SIZE]);
/* What is kept instead of a normalized code: HMAC-SHA-256(salt, code). -1: OpenSSL failed. */
MUST_CHECK int code_hash(
    const uint8_t salt[CODE_SALT_SIZE], const char *code, uint8_t out[CODE_HASH_SIZE]);
/* "ABCD-EFGH-..." for paper and voice. */
void code_group(const char *code, char out[CODE_GROUPED_SIZE]);
/* One character of what a person typed, at p with left > 0 bytes: its length in bytes, with the
 * ASCII character in *ret_c ('\0' for a separator); 0 for anything else. Shared with
 * otp_normalize: ASCII, full-width forms U+FF10-FF5A, spaces (ASCII, tab, U+00A0, U+3000),
 * hyphens (ASCII, U+2010-2015, U+2212, U+FF0D, U+30FC). */
size_t code_character(const uint8_t *p, size_t left, char *ret_c);

#endif
