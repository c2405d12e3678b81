/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a card signs: a hash of fresh random bytes and of what they are for, so that a signature
 * serves one purpose, on one host, for one person, once. Takes no part of it from the card.
 */
#ifndef SEKISHO_CARDS_CHALLENGE_H
#define SEKISHO_CARDS_CHALLENGE_H

#include "lib/cards/key.h"

#define CHALLENGE_SIZE 32

struct challenge {
	uint8_t random[CHALLENGE_SIZE]; /* crypto_random, for each answer anew */
	const char *purpose;            /* "login", "enroll" */
	struct span host;               /* the store's id */
	const char *person;             /* pw_name */
	struct span session;            /* the nonce of the conversation; none: empty */
};

/* The digest that a key of this kind signs; KEY_DIGEST_MAX bytes, those its kind does not use
 * zero. Each part stands there with its length: no two challenges share a hash. -1: OpenSSL
 * failed, or a part is longer than 65535 bytes. */
MUST_CHECK int challenge_digest(
    const struct challenge *c, enum key_kind kind, uint8_t ret_digest[KEY_DIGEST_MAX]);

#endif
