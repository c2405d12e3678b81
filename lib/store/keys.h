/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The key hierarchy: host.key unwraps the master key from a slot of the store's header; every
 * other key is derived from the master key. FORMAT.md, "Keys".
 */
#ifndef SEKISHO_KEYS_H
#define SEKISHO_KEYS_H

#include "lib/base/crypto.h"
#include "lib/wire/err.h"

#define HOST_KEY_FILE_SIZE 96
#define STORE_ID_SIZE      16
#define NAME_HEX_SIZE      65 /* 64 hex digits and NUL */

struct host_key {
	uint8_t id[16];
	uint8_t key[CRYPTO_KEY_SIZE];
};

struct keys {
	uint8_t store_id[STORE_ID_SIZE];
	uint8_t master[CRYPTO_KEY_SIZE];
	uint8_t name_key[CRYPTO_KEY_SIZE]; /* file names: HMAC of pw_name */
	uint8_t salt_key[CRYPTO_KEY_SIZE]; /* box salts */
	uint32_t header_flags; /* those of the header that was unlocked, enum header_flags */
	bool header_damaged;   /* store_unlock: a copy of the header is not as it should be */
};

struct header; /* header.h */

/* A new random host key. */
MUST_CHECK int host_key_create(struct host_key *ret_host, struct err *e);
/* New random master key and store id; *ret_h gets its one `host` slot, wrapped by host, and its
 * MAC: ready for header_encode. */
MUST_CHECK int keys_create(const struct host_key *host, int64_t now, struct keys *ret_keys,
    struct header *ret_h, struct err *e);
/* Unwraps the master key and checks the header's MAC. ERR_HOST_KEY: no slot for this host key;
 * ERR_DAMAGED: the slot or the MAC does not verify. */
MUST_CHECK int keys_unlock(
    const struct host_key *host, const struct header *h, struct keys *ret_keys, struct err *e);
/* Header copies carry a MAC over everything before it, keyed from the master key. */
MUST_CHECK int keys_header_mac(
    const struct keys *k, const uint8_t *copy, size_t len, uint8_t out[CRYPTO_HASH_SIZE]);
/* Gives *h the MAC of what it now says. -1 also when a field is out of its range. */
MUST_CHECK int keys_header_seal(const struct keys *k, struct header *h);
/* The file name of a person: lower-case hex HMAC-SHA-256(name_key, pw_name). */
MUST_CHECK int keys_file_name(
    const struct keys *k, const char *pw_name, char out[NAME_HEX_SIZE]);
/* The name a card is listed under: HMAC-SHA-256(name_key, 0 | applet | 0 | identity). No
 * account name begins with a NUL, so no card ever has a person's. */
MUST_CHECK int keys_card_name(const struct keys *k, const char *applet,
    const uint8_t identity[CRYPTO_HASH_SIZE], char out[NAME_HEX_SIZE]);
void keys_clear(struct keys *k);
void host_key_clear(struct host_key *k);

/* host.key: magic "SKSHOKEY", version, id, key, SHA-256 of all before. ERR_HOST_KEY, or
 * ERR_TOO_NEW. object: for messages. */
MUST_CHECK int host_key_encode(const struct host_key *k, uint8_t out[HOST_KEY_FILE_SIZE]);
MUST_CHECK int host_key_decode(
    const uint8_t *data, size_t len, const char *object, struct host_key *ret_k, struct err *e);

#endif
