/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a secret is handed to a phone: the otpauth:// URI and the key to type. Pure.
 * Both contain the secret: the caller wipes them.
 */
#ifndef SEKISHO_OTPAUTH_H
#define SEKISHO_OTPAUTH_H

#include "lib/store/record.h"

#define OTPAUTH_URI_SIZE 1024
#define OTPAUTH_KEY_SIZE 160 /* 64 bytes are 103 base32 digits in 26 groups */

/* otpauth://totp/ISSUER:ACCOUNT?secret=...&issuer=ISSUER, and algorithm, digits and period
 * where they are not the usual SHA1, 6, 30: a shorter text is a smaller QR code. A HOTP token:
 * otpauth://hotp/... with counter, the number of its next code, and without period.
 * -1: longer than size, or out of memory; out is then wiped. */
MUST_CHECK int otpauth_uri(const struct token *t, uint64_t counter, const char *issuer,
    const char *account, char *out, size_t size);
/* Base32 without padding in groups of four: "JBSW Y3DP ...". */
MUST_CHECK int otpauth_key(const struct token *t, char *out, size_t size);

#endif
