/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * People for proofs and measurements: any number of them, enrolled fast in a store that exists,
 * with names, secrets and codes that follow from a number. Nothing is synced one by one.
 */
#ifndef SEKISHO_PROOFS_PEOPLE_H
#define SEKISHO_PROOFS_PEOPLE_H

#include <stdio.h>

#include "lib/base/code.h"
#include "lib/store/store.h"

#define PEOPLE_NAME_SIZE   16
#define PEOPLE_UID_FIRST   1000000u
#define PEOPLE_SECRET_SIZE 20
#define PEOPLE_DIGITS      6

struct people {
	struct store store;
	struct keys keys;
	int64_t now;
};

/* What one of them has. */
struct kit {
	enum token_kind kind;
	unsigned tokens;   /* 0..8 of that kind */
	unsigned recovery; /* 0..10 recovery codes */
	uint32_t flags;    /* of the record */
	int64_t not_after; /* likewise */
};

MUST_CHECK int people_open(
    struct people *p, const char *store_path, const char *etc_path, struct err *e);
void people_close(struct people *p);
/* Writes record and state, new; not synced. */
MUST_CHECK int people_add(
    const struct people *p, uint32_t number, const struct kit *kit, struct err *e);
/* Everything written so far, durable. */
MUST_CHECK int people_sync(const struct people *p);

void people_name(uint32_t number, char out[PEOPLE_NAME_SIZE]);
uint32_t people_uid(uint32_t number);
void people_passwd(FILE *f, uint32_t first, uint32_t count);
/* The secret of the token-th token. */
MUST_CHECK int people_secret(uint32_t number, unsigned token, uint8_t out[PEOPLE_SECRET_SIZE]);
/* The code of that token at a TOTP step (of 30 s) or an HOTP counter; by liboath. */
MUST_CHECK int people_code(
    uint32_t number, unsigned token, uint64_t counter, char out[PEOPLE_DIGITS + 1]);
/* The which-th recovery code. */
MUST_CHECK int people_recovery(uint32_t number, unsigned which, char out[CODE_SIZE]);

#endif
