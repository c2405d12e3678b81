/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose card is it: every card that somebody of this store has. Judges nobody.
 */
#ifndef SEKISHO_OWNERS_H
#define SEKISHO_OWNERS_H

#include "tools/access.h"

#define OWNERS_NAMES_SIZE 256

struct owner {
	char name[RECORD_NAME_SIZE];
	struct token token; /* a card */
};

/* Zeros: none. */
struct owners {
	size_t count, err_count;
	struct owner *list; /* in the order of the names */
	struct err *errs;   /* of records that cannot be read: whose cards nobody knows */
};

/* Takes no lock; under the store's nobody gets or loses a card meanwhile. -1: the store cannot
 * be listed, or out of memory. owners_clear in any case. */
MUST_CHECK int owners_read(const struct access *a, struct owners *ret_o, struct err *e);
/* This person's cards are those of r now. -1: out of memory. */
MUST_CHECK int owners_renew(struct owners *o, const struct record *r);
void owners_clear(struct owners *o);
/* The first one behind last (NULL: of all) who has this card or its key; NULL: no more. */
const struct owner *owners_next(
    const struct owners *o, const struct token *card, const struct owner *last);
/* "alice, bob": all who have it but one (NULL: nobody), cut when out has no room. False: none.
 */
bool owners_names(
    const struct owners *o, const struct token *card, const char *but, char *out, size_t size);

#endif
