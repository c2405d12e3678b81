/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho enroll: one enrolment, and what its parts do with it. Only for enrol_*.c and
 * cmd_enroll.c.
 */
#ifndef SEKISHO_ENROL_H
#define SEKISHO_ENROL_H

#include "tools/access.h"
#include "tools/cards.h"
#include "tools/command.h"
#include "tools/outfile.h"
#include "tools/owners.h"

struct enrolment {
	unsigned given;          /* options, one bit each */
	const char *label;       /* NULL: chosen when it is stored */
	const char *replace;     /* label of the token to replace; NULL none */
	const char *secret_file; /* NULL: a new secret */
	const char *qr;          /* "terminal", "none" or a path */
	const char *reader;      /* of a card, or a part of its name; NULL: the only one */
	bool shared;             /* another account may have the same card */
	bool no_confirm;
	bool qr_saved;
	struct outfile qr_file; /* for a path */
	struct account account;
	struct token token;
	const struct cert *certificate; /* kept beside a card; NULL none */
	char stem[RECORD_LABEL_SIZE];   /* of a label nobody gave; "": the kind */
	char stored_label[RECORD_LABEL_SIZE];
	char shared_with[OWNERS_NAMES_SIZE]; /* who have the card, too; "" nobody */
	uint64_t next;                       /* lowest step or counter the login will accept */
	int64_t accepted;                    /* when the confirming TOTP was accepted; 0 none */
};

/* ---- enrol_options.c ---- */

/* False: *ret_code says how it ends. The person is argv[optind]. */
MUST_CHECK bool enrol_options(struct ui *ui, const struct command *self, int argc, char **argv,
    struct enrolment *en, enum exit_code *ret_code);

/* ---- enrol_store.c ---- */

/* Could it be stored as things are? Reports itself. */
MUST_CHECK enum exit_code enrol_check(
    struct ui *ui, const struct access *a, struct enrolment *en);
/* Looks once more, stores, logs and tells. */
MUST_CHECK enum exit_code enrol_store(
    struct ui *ui, const struct access *a, struct enrolment *en);

/* ---- enrol_card.c ---- */

/* A card from the reader to the store. */
MUST_CHECK enum exit_code enrol_card(
    struct ui *ui, const struct access *a, struct enrolment *en);

/* ---- enrol_dialogue.c ---- */

/* Is there a terminal for what is to be shown and asked, and a place for the QR file? */
MUST_CHECK enum exit_code enrol_prepare(struct ui *ui, struct enrolment *en);
/* Shows the secret, once. With a file the key to type stays unseen: one copy is enough. */
MUST_CHECK enum exit_code enrol_show(struct ui *ui, struct enrolment *en);
/* A code proves that the token has the secret and the clocks agree (a HOTP: which code is
 * next); it is burned. */
MUST_CHECK enum exit_code enrol_confirm(
    struct ui *ui, const struct access *a, struct enrolment *en);

#endif
