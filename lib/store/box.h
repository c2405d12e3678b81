/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A sealed box: the authenticated-encryption envelope of records and states (FORMAT.md, "Box").
 * Knows neither what is inside nor where it is kept.
 *
 *   0 magic 8 | 8 version u16 | 10 zero u16 | 12 length u32 of the plaintext |
 *   16 generation u64 | 24 salt 32 | 56 ciphertext | 56+length tag 16
 *
 * key | nonce = HKDF-SHA-256(master, salt, "sekisho box 1" | magic | generation | name), salt =
 * HMAC-SHA-256(salt key, 32 random bytes | plaintext): a cloned machine that repeats its random
 * numbers still repeats no key unless it repeats the plaintext too. All of bytes 0-55 and the
 * name are associated data.
 */
#ifndef SEKISHO_BOX_H
#define SEKISHO_BOX_H

#include "lib/store/keys.h"

#define BOX_HEADER_SIZE 56
#define BOX_OVERHEAD    (BOX_HEADER_SIZE + 16)
#define BOX_MAGIC_SIZE  8

struct box_type {
	char magic[BOX_MAGIC_SIZE + 1]; /* 8 characters */
	uint16_t version;
};

/* out has len + BOX_OVERHEAD bytes. name: the file name the box will live under. */
MUST_CHECK int box_seal(const struct keys *k, const struct box_type *t, uint64_t generation,
    const char *name, const void *plain, size_t len, uint8_t *out, struct err *e);
/* box: len bytes, exactly one box; plain has len - BOX_OVERHEAD bytes, zeros on failure.
 * object: for messages. ERR_TOO_NEW, ERR_FOREIGN (wrong magic), ERR_DAMAGED (also a whole box
 * of another person, place or store: its key is another one), ERR_INTERNAL when it could not be
 * looked into, which says nothing about the box. */
MUST_CHECK int box_open(const struct keys *k, const struct box_type *t, const char *name,
    const char *object, const uint8_t *box, size_t len, uint64_t *ret_generation,
    uint8_t *plain, struct err *e);

#endif
