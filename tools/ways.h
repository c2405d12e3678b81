/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho check, with and without USER: with what of all that somebody has a login can be
 * answered, by what the helper goes by. Asks no card, counts no failure, prints nothing.
 */
#ifndef SEKISHO_WAYS_H
#define SEKISHO_WAYS_H

#include "lib/base/config.h"
#include "lib/cards/trust.h"
#include "lib/store/person.h"

enum way { WAY_TOTP = 1, WAY_HOTP = 2, WAY_CARD = 4, WAY_PAPER = 8 };
#define WAY_CODES (WAY_TOTP | WAY_HOTP)

/* What people's things are judged by. */
struct ways {
	const struct store *store;
	const struct keys *keys;
	const struct config *config; /* NULL: cannot be read; no issuer and no list is judged */
	int64_t now;
	int64_t card_now; /* not before the store's floor */
	bool no_floor;    /* it cannot be read: nobody can tell what card is still good */
	int64_t behind;   /* over 0: nothing opens that goes by the clock */
	bool trust_tried; /* to load, once for all cards */
	struct trust *trust;
	struct err trust_err;
};

#define WAYS_LIST_SOON_S   (3 * INT64_C(86400)) /* lists are good for days */
#define WAYS_ISSUER_SOON_S (30 * INT64_C(86400))

/* Of a token: NULL when it opens, else why not, in a word. */
struct ways_token {
	const char *lack;
	struct err err;  /* ERR_NONE: no more is to be said about that */
	bool renew;      /* enrolling the card anew helps */
	struct err soon; /* a card that opens: for what of its issuer's it soon will not */
};

void ways_start(struct ways *ret_w, const struct store *s, const struct keys *k,
    const struct config *c, int64_t now);
void ways_end(struct ways *w);
/* NULL: the files cannot be used, .trust_err says which; then every card is refused. */
const struct trust *ways_trust(struct ways *w);
/* As far as it shows without a card in a reader: the certificate of one that has none kept is
 * judged by its dates alone. */
void ways_look(struct ways *w, struct person *p, struct ways_token ret_t[RECORD_TOKENS_MAX]);
/* What there is to answer with now, whatever the rule; lockouts aside. */
unsigned ways_of(const struct ways *w, const struct person *p, const struct ways_token *tokens);
/* What a rule takes; no card from somebody who is at another machine. */
unsigned ways_taken(const struct config_rule *r, bool remote);
unsigned ways_temporary_left(const struct person *p, int64_t now);

#endif
