/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is in the store, in alphabetical order. Holds no lock meanwhile: people may come and go.
 */
#ifndef SEKISHO_NAMES_H
#define SEKISHO_NAMES_H

#include "lib/store/store.h"

struct names {
	size_t count, err_count;
	char (*names)[RECORD_NAME_SIZE];
	struct err *errs; /* of records that cannot be read */
};

/* -1: the store cannot be listed, or out of memory. names_clear in any case. */
MUST_CHECK int names_read(
    const struct store *s, const struct keys *k, struct names *ret_n, struct err *e);
MUST_CHECK int names_add_err(struct names *n, const struct err *e);
void names_clear(struct names *n);
/* Room for one entry more in a list that grows by one at a time; NULL: out of memory. */
void *names_grow(void *list, size_t count, size_t size);

#endif
