/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose card is it: every card that somebody of this store has. Judges nobody.
 */
#ifndef SEKISHO_OWNERS_H
#define SEKISHO_OWNERS_H

#include "tools/access.h"

struct owner {
	char name[RECORD_NAME_SIZE];
	struct token token; /* a card */
};

/* Zeros: none. In the order of the names. */
struct owners {
	size_t count;
	struct owner *list;
};

/* except: the one person whom the caller holds, under the store's lock, so that nobody else
 * gets or loses a card meanwhile; NULL: nothing is held. Records that are damaged open nothing
 * and are passed over. -1: some other could not be read. owners_clear in any case. */
MUST_CHECK int owners_read(
    const struct access *a, const char *except, struct owners *ret_o, struct err *e);
void owners_clear(struct owners *o);
/* The first one behind last (NULL: of all) who has this card or its key; NULL: no more. */
const struct owner *owners_next(
    const struct owners *o, const struct token *card, const struct owner *last);

#endif
