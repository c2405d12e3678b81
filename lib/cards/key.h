/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Public keys of cards: the kinds that are accepted, one form for each key, its hash, and
 * whether a signature is by it. Knows no certificate (cert.h) and no private key.
 *
 * OpenSSL's default context, without its configuration file: nothing of the machine's decides
 * which algorithm is good here.
 */
#ifndef SEKISHO_CARDS_KEY_H
#define SEKISHO_CARDS_KEY_H

#include "lib/base/crypto.h"

#define KEY_SPKI_MAX      422
#define KEY_DIGEST_MAX    48
#define KEY_SIGNATURE_MAX 384

/* The numbers are kept in records: never reused. RSA below 2048 bits is no kind. */
enum key_kind {
	KEY_NONE = 0,
	KEY_RSA2048 = 1, /* PKCS#1 v1.5, SHA-256 */
	KEY_RSA3072 = 2, /* the same */
	KEY_P256 = 3,    /* ECDSA, SHA-256 */
	KEY_P384 = 4,    /* ECDSA, SHA-384 */
};

struct key_properties {
	const char *name; /* "RSA-2048": for people */
	size_t spki;      /* exact length of its form here */
	size_t digest;    /* bytes that are signed */
	size_t signature; /* RSA: exact; ECDSA: the longest DER */
	bool rsa;
};

/* NULL for KEY_NONE and what is no kind. */
const struct key_properties *key_properties(enum key_kind kind);

/* A public key in its one form: SubjectPublicKeyInfo in DER, curves by name, points not
 * compressed, RSA with the exponent 65537. */
struct public_key {
	enum key_kind kind;
	size_t len;
	uint8_t spki[KEY_SPKI_MAX];
};

/* From any SubjectPublicKeyInfo that is a key of an accepted kind, all of the bytes. -1: it is
 * not, and *ret_k is zeros. */
MUST_CHECK int key_parse(const void *der, size_t len, struct public_key *ret_k);
/* SHA-256 of the form: what a key is known by. */
MUST_CHECK int key_hash(const struct public_key *k, uint8_t ret_hash[CRYPTO_HASH_SIZE]);
/* Is the signature by this key over this digest (of the length its kind asks for)? Whatever
 * fails on the way is a no. */
MUST_CHECK bool key_verify(
    const struct public_key *k, const uint8_t *digest, const uint8_t *signature, size_t len);
/* The hash that a key of this kind signs, of the parts in order; digest has KEY_DIGEST_MAX
 * bytes. */
MUST_CHECK int key_digest(
    enum key_kind kind, const struct span *parts, size_t count, uint8_t *ret_digest);
/* Before the first use of OpenSSL here and in cert.c, trust.c. Idempotent. */
MUST_CHECK int key_start(void);

#endif
