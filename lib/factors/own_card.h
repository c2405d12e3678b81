/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The card factor: which of a person's cards is in a reader, whether its certificate is good
 * now, and whether it signed. Speaks with cards and reads the files of the administrator's;
 * asks nobody, writes nothing, and cannot make a login succeed.
 *
 * What it works on was copied from record and store before: no lock is held while a card works,
 * which may take READER_CARD_MS.
 */
#ifndef SEKISHO_OWN_CARD_H
#define SEKISHO_OWN_CARD_H

#include "lib/cards/card.h"
#include "lib/cards/trust.h"
#include "lib/store/certificates.h"

/* All of a first visit, from the wait for readers to a certificate that is read off a card. */
#define OWN_CARD_VISIT_MS 8000

/* One that is in a reader: the token of the record, and what was found. */
struct own_card {
	struct token token;
	const struct applet *applet;
	struct card_reader reader;
	unsigned tries; /* 0: blocked; APPLET_TRIES_UNKNOWN */
	struct cert cert;
};

/* A person's cards: tokens that are not suspended and have a counter in the state. */
struct own_cards {
	bool jpki; /* may such cards be asked at all? */
	unsigned count;
	struct token tokens[RECORD_TOKENS_MAX];
};

/* By monotonic_ms. */
struct own_card_time {
	uint64_t wait; /* a card may come until then; in the past: what is there now */
	uint64_t end;  /* no card is asked after that */
};

struct own_card_files {
	const struct store *store;
	enum config_crl crl;
	int64_t now;
};

/* Is it one that counts? Also after the person was read anew: a card that was revoked or
 * replaced meanwhile is none. */
MUST_CHECK bool own_card_counts(const struct person *p, const struct token *t);
/* p NULL: nobody's. */
void own_cards_copy(const struct person *p, bool jpki, struct own_cards *ret_own);
/* Without this one: its certificate is not good, and another may be there. */
void own_cards_drop(struct own_cards *own, const struct token *t);
/* One of them that is in a reader, if possible one whose PIN is not blocked; strangers are
 * asked what they are and left alone. CARD_NO_CARD: none of them is. Any other result: none was
 * found, and there is a card that could not be asked (CARD_BUSY, CARD_TIMEOUT, CARD_GONE...),
 * or no service; e names the reader.
 *
 * Readers that no other program uses come first, and each gets its share of the time: a card
 * that is held, or hangs, is in nobody's way but that of cards in use. All that are there
 * together have OWN_CARD_VISIT_MS, and as long for somebody who has no card: who has one does
 * not show. */
MUST_CHECK enum card_result own_card_find(struct card_service *s, int leash,
    const struct own_cards *own, struct own_card_time time, struct own_card *ret_card,
    struct err *e);
/* The same search for nobody's cards: each one is shown that says which it is, and asked
 * nothing more. One that comes meanwhile is shown as well. */
typedef void (*own_card_viewer)(void *context, const struct card_sight *sight);
void own_card_each(
    struct card_service *s, int leash, bool jpki, own_card_viewer see, void *context);
/* Its certificate, kept (kept_len bytes) or, where none may be kept, off the card: is it the
 * enrolled key's? Fills .cert. CERT_ERROR: e says more, also where it is no question of the
 * certificate. */
MUST_CHECK enum cert_result own_card_certificate(struct own_card *c, struct card_service *s,
    const uint8_t *kept, size_t kept_len, struct err *e);
/* Is it good now, by anchors and lists? Reads files, asks no card. */
MUST_CHECK enum cert_result own_card_check(
    const struct own_card *c, const struct own_card_files *f, struct err *e);

#endif
