/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho enroll USER card: which card, is it good, and has the person its PIN? Stores nothing
 * itself, sends a PIN once, and never spends unasked what the card says is its last try.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/cards/trust.h"
#include "tools/enrol.h"
#include "tools/number.h"

/* ---- which card ---- */

static bool is_named(const struct card_reader *r, const char *part)
{
	return part == NULL || strstr(r->name, part) != NULL;
}

/* The one with this very name, or the only one that has a card and part in its name. */
static enum exit_code choose_reader(
    struct ui *ui, const struct cards *c, const char *part, const struct card_reader **ret_r)
{
	const struct card_reader_list *l = &c->readers;
	const struct card_reader *exact = part != NULL ? reader_find(l, part) : NULL;
	unsigned named = 0, cards = 0;

	*ret_r = exact;
	if (exact != NULL)
		return EXIT_DONE;
	for (unsigned i = 0; i < l->count; i++) {
		const struct card_reader *r = &l->readers[i];

		named += is_named(r, part);
		if (!is_named(r, part) || !r->present)
			continue;
		cards++;
		*ret_r = r;
	}
	if (cards == 1)
		return EXIT_DONE;
	if (cards > 1)
		return ui_refuse(ui, ERR_USAGE, "enroll",
		    "sekisho card list; --reader NAME, or a part of it",
		    "cards in %u readers: which one is meant?", cards);
	if (named == 0 && part != NULL)
		return ui_refuse(ui, ERR_INPUT, part, "sekisho card list", "no such reader");
	return ui_refuse(ui, ERR_CARD_ABSENT, part != NULL ? part : "enroll", NULL,
	    named == 0 ? "no card reader" : "no card in the reader");
}

/* Reader, kind, key, whose, until when. Part of the dialogue where the PIN is asked for:
 * neither -q nor a redirection hides which card gets it. */
static enum exit_code show(
    struct ui *ui, const struct enrolment *en, const struct card_found *f)
{
	const char *subject = cards_subject(f);
	char name[READER_NAME_SIZE], clean[CERT_NAME_SIZE], until[TIME_SIZE];
	char line[READER_NAME_SIZE + CERT_NAME_SIZE + TIME_SIZE + 64];

	ui_clean(ui, f->reader->name, name, sizeof(name));
	ui_clean(ui, subject, clean, sizeof(clean));
	time_write(f->cert.not_after, TIME_DATE, until);
	(void)snprintf(line, sizeof(line), "%s: %s, %s, %s%suntil %s", name, cards_kind(f),
	    key_properties(f->cert.key.kind)->name, clean, subject[0] != '\0' ? ", " : "",
	    until);
	if (en->no_confirm)
		ui_say(ui, "%s", line);
	else if (fprintf(ui->terminal, "%s\n", line) < 0 || fflush(ui->terminal) != 0)
		return ui_refuse(ui, ERR_IO, "terminal", NULL, "cannot be written");
	return EXIT_DONE;
}

/* ---- is it good here ---- */

static int check_trust(
    const struct config *c, const struct access *a, const struct card_found *f, struct err *e)
{
	enum cert_result r;
	struct trust *t;

	if (f->sight.applet == &applet_jpki && !c->jpki)
		return err_set(e, ERR_CARD_OFF, f->reader->name,
		    "My Number Cards are not switched on in sekisho.conf");
	t = trust_open(a->store.etc, a->store.etc_path, c->crl, e);
	if (t == NULL)
		return -1;
	r = trust_check(t, &f->cert, c->crl, a->clock.wall(&a->clock));
	trust_free(t);
	return r == CERT_OK ? 0 : trust_err(e, r, &f->cert, f->reader->name);
}

static enum exit_code check_card(
    struct ui *ui, const struct access *a, const struct card_found *f)
{
	struct config *c = malloc(sizeof(*c));
	struct err e;
	int r = -1;

	if (c == NULL)
		(void)err_set(&e, ERR_INTERNAL, "enroll", "out of memory");
	else if (access_config(c, &e) == 0)
		r = check_trust(c, a, f, &e);
	free(c);
	return r == 0 ? EXIT_DONE : ui_fail(ui, &e, NULL);
}

/* What is enrolled: the certificate stays with the token where the law allows that. */
static enum exit_code take_card(struct ui *ui, const struct card_found *f, struct enrolment *en)
{
	struct token *t = &en->token;

	*t = (struct token){.kind = TOKEN_CARD};
	if (crypto_random(t->id, sizeof(t->id)) != 0 || cards_token(f, t) != 0)
		return ui_refuse(ui, ERR_INTERNAL, "enroll", NULL, "OpenSSL failed");
	(void)snprintf(en->stem, sizeof(en->stem), "%s-%02X%02X", t->card.applet,
	    t->card.identity[0], t->card.identity[1]);
	en->certificate = f->sight.applet->kept ? &f->cert : NULL;
	return EXIT_DONE;
}

/* ---- has the person its PIN ---- */

static enum exit_code ask_last_try(struct ui *ui, const struct enrolment *en)
{
	char name[RECORD_NAME_SIZE], question[RECORD_NAME_SIZE + 80];
	enum ui_reply reply;

	ui_clean(ui, en->account.name, name, sizeof(name));
	(void)snprintf(question, sizeof(question),
	    "%s: this is the last try: a wrong PIN blocks the card. Go on?", name);
	reply = ui_confirm(ui, question);
	return reply == UI_REPLY_OK ? EXIT_DONE : ui_no_reply(ui, reply, en->account.name);
}

static enum exit_code ask_pin(struct ui *ui, const struct enrolment *en,
    const struct card_found *f, struct secret *ret_pin)
{
	const unsigned tries = f->sight.tries;
	char prompt[96];
	enum exit_code code = EXIT_DONE;
	enum ui_reply reply;

	if (tries == 0) {
		struct err e;

		(void)card_result_err(&e, CARD_PIN_BLOCKED, f->reader->name);
		return ui_fail(ui, &e, NULL);
	}
	if (tries == 1)
		code = ask_last_try(ui, en);
	if (code != EXIT_DONE)
		return code;
	if (tries == APPLET_TRIES_UNKNOWN)
		(void)snprintf(prompt, sizeof(prompt), "%s: ", cards_pin(f));
	else
		(void)snprintf(prompt, sizeof(prompt), "%s (%u %s left): ", cards_pin(f), tries,
		    tries == 1 ? "try" : "tries");
	reply = ui_ask(ui, prompt, UI_HIDDEN, ret_pin);
	if (reply == UI_REPLY_OK || reply == UI_REPLY_TOO_LONG)
		return EXIT_DONE;
	return ui_no_reply(ui, reply, en->account.name);
}

static enum exit_code refuse_proof(
    struct ui *ui, const struct enrolment *en, const struct card_proof *p, enum card_result r)
{
	struct err e;

	(void)card_result_err(&e, r, en->account.name);
	if (r == CARD_PIN_WRONG && p->tries != APPLET_TRIES_UNKNOWN)
		(void)err_set(&e, ERR_WRONG_PIN, en->account.name,
		    "%s, %u %s left; nothing stored", card_result_why(r), p->tries,
		    p->tries == 1 ? "try" : "tries");
	else
		(void)err_set(
		    &e, e.number, en->account.name, "%s; nothing stored", card_result_why(r));
	if (p->pin_sent)
		access_audit(AUDIT_ENROLL, "refused", en->account.name, en->label, NULL, &e);
	return ui_fail(ui, &e, NULL);
}

/* While the question was open others may have spent tries of the same card: it is asked for
 * them once more before it gets the PIN. */
static enum exit_code send_pin(struct ui *ui, const struct cards *c, const struct enrolment *en,
    const struct card_found *f, struct card_proof *p)
{
	enum exit_code code = EXIT_DONE;
	enum card_result r;

	p->min_tries = f->sight.tries == 1 ? 0 : 2;
	r = card_prove(c->service, p);
	if (r == CARD_LAST) {
		code = ask_last_try(ui, en);
		p->min_tries = 0;
		if (code == EXIT_DONE)
			r = card_prove(c->service, p);
	}
	return code != EXIT_DONE || r == CARD_OK ? code : refuse_proof(ui, en, p, r);
}

/* The card signs, after the PIN, what nobody knew before. Stopped in the middle, the tool would
 * keep the card from everybody; ended there, it would leave no line in the log. */
static enum exit_code prove(struct ui *ui, const struct access *a, struct cards *c,
    const struct enrolment *en, const struct card_found *f)
{
	struct challenge challenge = {.purpose = "enroll",
	    .host = {a->keys.store_id, sizeof(a->keys.store_id)},
	    .person = en->account.name};
	struct secret pin = {0};
	struct card_proof p = {.reader = f->reader,
	    .applet = f->sight.applet,
	    .identity = f->sight.identity,
	    .key = &f->cert.key,
	    .challenge = &challenge,
	    .pin = &pin};
	enum exit_code code;

	if (crypto_random(challenge.random, sizeof(challenge.random)) != 0)
		return ui_refuse(ui, ERR_INTERNAL, "enroll", NULL, "OpenSSL failed");
	code = ask_pin(ui, en, f, &pin);
	ui_hold_signals(ui);
	if (code == EXIT_DONE)
		code = send_pin(ui, c, en, f, &p);
	secret_clear(&pin);
	ui_release_signals(ui);
	return code;
}

/* ---- all of it ---- */

static enum exit_code enroll(struct ui *ui, const struct access *a, struct enrolment *en,
    struct cards *c, struct card_found *f)
{
	const struct card_reader *reader = NULL;
	enum exit_code code = cards_open(ui, c);
	struct err e;

	if (code == EXIT_DONE)
		code = choose_reader(ui, c, en->reader, &reader);
	if (code != EXIT_DONE)
		return code;
	cards_read(c, reader, f);
	if (cards_usable(f, &e) != 0)
		return ui_fail(ui, &e, NULL);
	code = show(ui, en, f);
	if (code == EXIT_DONE)
		code = check_card(ui, a, f);
	if (code == EXIT_DONE)
		code = take_card(ui, f, en);
	if (code == EXIT_DONE)
		code = enrol_check(ui, a, en);
	if (code == EXIT_DONE && !en->no_confirm)
		code = prove(ui, a, c, en, f);
	return code == EXIT_DONE ? enrol_store(ui, a, en) : code;
}

enum exit_code enrol_card(struct ui *ui, const struct access *a, struct enrolment *en)
{
	struct cards cards = {.service = NULL};
	enum exit_code code;
	struct card_found *f;

	if (!en->no_confirm && !ui_terminal(ui))
		return ui_refuse(ui, ERR_USAGE, "enroll",
		    "run it at a terminal; --no-confirm stores without the PIN",
		    "no terminal to ask for the PIN on");
	f = calloc(1, sizeof(*f));
	if (f == NULL)
		return ui_refuse(ui, ERR_INTERNAL, "enroll", NULL, "out of memory");
	code = enroll(ui, a, en, &cards, f);
	cards_close(&cards);
	en->certificate = NULL;
	free(f);
	return code;
}
