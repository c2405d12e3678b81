/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From cards to their owners: the links of lib/store/cardindex.h as they should be. Knows no
 * card and asks nobody.
 */
#ifndef SEKISHO_LINKS_H
#define SEKISHO_LINKS_H

#include "lib/store/cardindex.h"
#include "tools/owners.h"

/* One card of somebody's, in any order. -1: out of memory. links_clear in any case. */
MUST_CHECK int links_add(
    struct card_links *l, const struct keys *k, const char *user, const struct token *card);
/* When all were added: in their order, and those that two accounts share are left out. */
void links_settle(struct card_links *l);
void links_clear(struct card_links *l);

/* Makes the links in the store those of o, or, NULL, of all records, which are read for it.
 * Under the store's lock, with nobody locked. ret_count (or NULL): how many there are. */
MUST_CHECK int links_update(
    const struct access *a, const struct owners *o, size_t *ret_count, struct err *e);
/* What was done stays done, but some card may name nobody. */
void links_warn(struct ui *ui, const struct err *e);
/* sekisho card index */
MUST_CHECK enum exit_code links_make(struct ui *ui, const struct access *a);

#endif
