/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The four algorithms this project uses, fetched from OpenSSL once. Computes nothing.
 */
#ifndef SEKISHO_ALGORITHMS_H
#define SEKISHO_ALGORITHMS_H

#include <openssl/types.h>

#include "lib/wire/bytes.h"

struct algorithms {
	EVP_MD *sha256;
	EVP_MAC *hmac;
	EVP_KDF *hkdf;
	EVP_CIPHER *gcm; /* AES-256-GCM */
};

/* NULL when OpenSSL failed. The same pointer each time, until algorithms_stop. */
MUST_CHECK const struct algorithms *algorithms_start(void);
void algorithms_stop(void);

#endif
