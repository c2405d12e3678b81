/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose card is it, without a look at every record: one symbolic link for each enrolled card,
 * from a name that only this store can compute to its owner's record. FORMAT.md, "Cards".
 *
 * A link is a hint and nothing else. It is read, never followed; the record it names is opened
 * like any other and must hold that very card. So whatever becomes of the links, a card names
 * its owner or nobody.
 */
#ifndef SEKISHO_CARDINDEX_H
#define SEKISHO_CARDINDEX_H

#include "lib/store/store.h"

#define CARDINDEX_DIRECTORY "cards"
#define CARDINDEX_TARGET    "../records/"

/* The owner of a card that works: neither suspended nor revoked. ERR_NOT_ENROLLED: nobody has
 * it, or two accounts share it; another number: the link, or the record behind it, is not as it
 * should be. ret_name is then untouched. */
MUST_CHECK int cardindex_find(const struct store *s, const struct keys *k, const char *applet,
    const uint8_t identity[TOKEN_HASH_SIZE], char ret_name[RECORD_NAME_SIZE], struct err *e);

/* ---- administrative side (the tool) ---- */

struct card_link {
	char name[NAME_HEX_SIZE];
	char file[NAME_HEX_SIZE]; /* of the owner's record */
	bool seen;                /* used here only */
};

/* The links there should be: names differ, in alphabetical order. */
struct card_links {
	size_t count;
	struct card_link *list;
};

enum cardindex_fault {
	CARDINDEX_MISSING = 1, /* a card that names nobody */
	CARDINDEX_WRONG,       /* a link that names somebody else, or no record */
	CARDINDEX_LEFT,        /* a link nobody wants, or a leftover of a change */
	CARDINDEX_STRAY,       /* no link at all */
};

/* Calls each for every difference. -1: the directory cannot be used. A store has none as long
 * as it has no cards. */
typedef void (*cardindex_visitor)(void *context, enum cardindex_fault fault, const char *name);
MUST_CHECK int cardindex_compare(const struct store *s, struct card_links *wanted,
    cardindex_visitor each, void *context, struct err *e);
/* Ends every difference but CARDINDEX_STRAY, under store_lock; durable when it returns. Cut
 * short it leaves cards that name nobody; done again it makes up for that. -1: the first thing
 * that went wrong, the rest was done all the same. */
MUST_CHECK int cardindex_update(
    const struct store *s, struct card_links *wanted, struct err *e);

#endif
