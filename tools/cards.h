/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The readers of this terminal and the cards in them, as the tool sees them. Sends no PIN and
 * stores nothing.
 */
#ifndef SEKISHO_TOOL_CARDS_H
#define SEKISHO_TOOL_CARDS_H

#include "lib/cards/card.h"
#include "lib/cards/cert.h"
#include "lib/store/record.h"
#include "tools/ui.h"

/* Zeros: not open. */
struct cards {
	struct card_service *service;
	struct card_reader_list readers;
};

struct card_found {
	const struct card_reader *reader;
	enum card_result result; /* CARD_OK: what follows holds */
	struct card_sight sight;
	enum cert_result cert_result; /* CERT_OK: .cert holds */
	struct cert cert;
};

/* pcscd, and what it has now; waits a moment for a card. Whatever the environment says about
 * pcscd is forgotten. Reports itself; cards_close in any case. */
MUST_CHECK enum exit_code cards_open(struct ui *ui, struct cards *ret_c);
void cards_close(struct cards *c);
/* Which card is in this reader, and its certificate. */
void cards_read(struct cards *c, const struct card_reader *reader, struct card_found *ret_f);
/* Fills e and returns -1 when the card cannot be used, whoever issued it: no answer, no
 * certificate, a key that is not accepted. */
MUST_CHECK int cards_usable(const struct card_found *f, struct err *e);
/* What a record has of the card: its kind and .card, all else as it was. Without a certificate
 * that holds only who it is. -1: OpenSSL failed. */
MUST_CHECK int cards_token(const struct card_found *f, struct token *ret_t);

/* "PIV": for people; that of an applet without a row here is its own name. */
const char *cards_kind(const struct card_found *f);
/* What its PIN is called, where people have several. */
const char *cards_pin(const struct card_found *f);
/* Whose name is in the certificate; "" where it has only a number: that of a My Number Card
 * belongs on no paper and in no log. */
const char *cards_subject(const struct card_found *f);
/* "3", "blocked", "-" */
#define CARDS_TRIES_SIZE 16
void cards_tries(unsigned tries, char out[CARDS_TRIES_SIZE]);

#endif
