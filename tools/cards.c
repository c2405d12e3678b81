/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The readers of this terminal and the cards in them. Sends no PIN and stores nothing.
 */
#include "tools/cards.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/store/field.h"
#include "lib/wire/clock.h"

/* What libpcsclite would read from the environment: which socket, which library, where to. */
static const char *const heeded[] = {
    "PCSCLITE_CSOCK_NAME", "PCSCLITE_DEBUG", "PCSCLITE_NO_BLOCKING", "LIBPCSCLITE_DELEGATE"};

static enum exit_code refuse(struct ui *ui, enum card_result r, const char *object)
{
	struct err e;

	(void)card_result_err(&e, r, object);
	return ui_fail(ui, &e, NULL);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(
	    ((const struct card_reader *)a)->name, ((const struct card_reader *)b)->name);
}

/* pcscd has them in the order they were found in. */
static void sort(struct card_reader_list *l)
{
	qsort(l->readers, l->count, sizeof(l->readers[0]), by_name);
}

enum exit_code cards_open(struct ui *ui, struct cards *ret_c)
{
	enum card_result r;

	*ret_c = (struct cards){.service = NULL};
	for (size_t i = 0; i < sizeof(heeded) / sizeof(heeded[0]); i++)
		if (unsetenv(heeded[i]) != 0)
			return refuse(ui, CARD_ERROR, heeded[i]);
	r = reader_pcsc_open(&ret_c->service);
	if (r != CARD_OK)
		ret_c->service = NULL;
	else
		r = reader_list_settled(ret_c->service, -1, &ret_c->readers);
	if (r != CARD_OK)
		return refuse(ui, r, "pcscd");
	sort(&ret_c->readers);
	return EXIT_DONE;
}

void cards_close(struct cards *c)
{
	if (c->service != NULL)
		c->service->close(c->service);
	c->service = NULL;
}

void cards_read(struct cards *c, const struct card_reader *reader, struct card_found *ret_f)
{
	struct applet_certificate raw;

	memset(ret_f, 0, sizeof(*ret_f));
	ret_f->reader = reader;
	ret_f->result = reader->present
	                    ? card_read(c->service, reader->name, &ret_f->sight, &raw)
	                    : CARD_NO_CARD;
	if (ret_f->result == CARD_OK)
		ret_f->cert_result =
		    cert_parse_packed(raw.data, raw.len, raw.compressed, &ret_f->cert);
}

int cards_usable(const struct card_found *f, struct err *e)
{
	if (f->result != CARD_OK)
		return card_result_err(e, f->result, f->reader->name);
	if (f->cert_result != CERT_OK)
		return cert_result_err(e, f->cert_result, f->reader->name);
	return 0;
}

int cards_token(const struct card_found *f, struct token *ret_t)
{
	struct token_card *c = &ret_t->card;

	_Static_assert(TOKEN_HASH_SIZE == APPLET_IDENTITY_SIZE, "an identity fits a record");
	_Static_assert(TOKEN_HASH_SIZE == CRYPTO_HASH_SIZE, "a hash fits a record");
	ret_t->kind = TOKEN_CARD;
	memset(c, 0, sizeof(*c));
	(void)snprintf(c->applet, sizeof(c->applet), "%s", f->sight.applet->name);
	memcpy(c->identity, f->sight.identity, sizeof(c->identity));
	if (f->cert_result != CERT_OK)
		return 0;
	c->key_kind = (uint8_t)f->cert.key.kind;
	c->not_before = field_time_clamp(f->cert.not_before);
	c->not_after = field_time_clamp(f->cert.not_after);
	return key_hash(&f->cert.key, c->key_hash);
}

/* ---- words ---- */

/* One for each applet. */
static const struct kind {
	const struct applet *applet;
	const char *words, *pin;
	bool has_name; /* of the holder, in its certificate */
} kinds[] = {
    {&applet_piv, "PIV", "PIN", true},
    {&applet_jpki, "My Number Card", "PIN of 4 digits, for user authentication", false},
};

static const struct kind *kind_of(const struct card_found *f)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].applet == f->sight.applet)
			return &kinds[i];
	return NULL;
}

const char *cards_kind(const struct card_found *f)
{
	const struct kind *k = kind_of(f);

	return k != NULL ? k->words : f->sight.applet->name;
}

const char *cards_pin(const struct card_found *f)
{
	const struct kind *k = kind_of(f);

	return k != NULL ? k->pin : "PIN";
}

const char *cards_subject(const struct card_found *f)
{
	const struct kind *k = kind_of(f);

	return k != NULL && k->has_name ? f->cert.subject : "";
}

void cards_tries(unsigned tries, char out[CARDS_TRIES_SIZE])
{
	(void)snprintf(out, CARDS_TRIES_SIZE, tries == 0 ? "blocked" : "%u", tries);
	if (tries == APPLET_TRIES_UNKNOWN)
		(void)snprintf(out, CARDS_TRIES_SIZE, "-");
}
