/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one symmetric user of OpenSSL: EVP only, no configuration file, no engine.
 * Knows no key hierarchy (store/keys.h) and no file (store/box.h).
 * Every function returns 0, or -1 when OpenSSL failed (which says nothing about the data), or,
 * crypto_open alone, CRYPTO_FORGED when the tag is wrong; outputs are then wiped.
 */
#ifndef SEKISHO_CRYPTO_H
#define SEKISHO_CRYPTO_H

#include "lib/wire/secret.h"

#define CRYPTO_KEY_SIZE   32 /* AES-256, HMAC-SHA-256, HKDF-SHA-256 */
#define CRYPTO_HASH_SIZE  32
#define CRYPTO_NONCE_SIZE 12
#define CRYPTO_TAG_SIZE   16
#define CRYPTO_FORGED     1

struct span {
	const void *data; /* borrowed */
	size_t len;
};

/* Loads what the other functions use, so that it happens before a person waits and before a
 * sandbox closes. Idempotent; the others call it themselves. */
MUST_CHECK int crypto_start(void);
void crypto_stop(void);
/* From the kernel (getrandom). */
MUST_CHECK int crypto_random(void *out, size_t len);
MUST_CHECK int crypto_sha256(
    const struct span *parts, size_t count, uint8_t out[CRYPTO_HASH_SIZE]);
/* RFC 2104 with SHA-256 over the parts in order, no separators: the caller makes them
 * unambiguous. */
MUST_CHECK int crypto_hmac(const uint8_t key[CRYPTO_KEY_SIZE], const struct span *parts,
    size_t count, uint8_t out[CRYPTO_HASH_SIZE]);
/* RFC 5869, SHA-256, extract and expand. out_len up to 255 * 32. */
MUST_CHECK int crypto_hkdf(
    struct span key, struct span salt, struct span info, uint8_t *out, size_t out_len);
/* AES-256-GCM (SP 800-38D). cipher has plain.len bytes; in place is allowed. */
MUST_CHECK int crypto_seal(const uint8_t key[CRYPTO_KEY_SIZE],
    const uint8_t nonce[CRYPTO_NONCE_SIZE], struct span aad, struct span plain, uint8_t *cipher,
    uint8_t tag[CRYPTO_TAG_SIZE]);
MUST_CHECK int crypto_open(const uint8_t key[CRYPTO_KEY_SIZE],
    const uint8_t nonce[CRYPTO_NONCE_SIZE], struct span aad, struct span cipher,
    const uint8_t tag[CRYPTO_TAG_SIZE], uint8_t *plain);

#endif
