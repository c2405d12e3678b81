/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Enrolls the card in a reader for somebody, for tests: asks for no PIN and proves nothing.
 *
 * cardenroll USER UID READER LABEL           READER: part of its name
 * cardenroll USER UID READER LABEL no-certificate    none is kept
 * cardenroll USER UID - LABEL suspend        that token is suspended
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/cards/card.h"
#include "lib/cards/cert.h"
#include "lib/store/certificates.h"
#include "lib/wire/clock.h"

static struct applet_certificate raw;
static struct cert cert;

static int fail(const char *what, const struct err *e)
{
	(void)fprintf(stderr, "cardenroll: %s: %s: %s\n", what, e->object, e->why);
	return 1;
}

/* The token but for its label, and the certificate. */
static int read_card(const char *part, struct token *t)
{
	static struct card_reader_list l;
	struct card_service *s = NULL;
	struct card_sight sight;
	struct card card;
	const char *reader = NULL;

	if (reader_pcsc_open(&s) != CARD_OK || reader_list_settled(s, -1, &l) != CARD_OK)
		return -1;
	for (unsigned i = 0; i < l.count; i++)
		if (strstr(l.readers[i].name, part) != NULL)
			reader = l.readers[i].name;
	if (reader == NULL || card_look(s, reader, &sight) != CARD_OK ||
	    card_open(&card, s, reader) != CARD_OK || sight.applet->select(&card) != CARD_OK ||
	    sight.applet->certificate(&card, &raw) != CARD_OK)
		return -1;
	card_close(&card);
	s->close(s);
	if (key_start() != 0 ||
	    cert_parse_packed(raw.data, raw.len, raw.compressed, &cert) != CERT_OK ||
	    key_hash(&cert.key, t->card.key_hash) != 0)
		return -1;
	t->kind = TOKEN_CARD;
	(void)snprintf(t->card.applet, sizeof t->card.applet, "%s", sight.applet->name);
	memcpy(t->card.identity, sight.identity, sizeof t->card.identity);
	t->card.not_before = cert.not_before;
	t->card.not_after = cert.not_after;
	t->card.key_kind = (uint8_t)cert.key.kind;
	t->created = (int64_t)time(NULL);
	return crypto_random(t->id, sizeof t->id);
}

static int add(const struct store *s, const struct keys *k, struct person *p,
    const struct token *t, bool keep, struct err *e)
{
	unsigned n = p->record.token_count;

	if (keep && applet_named(t->card.applet)->kept &&
	    certificates_add(s, k, p, t->id, cert.der, cert.len, e) != 0)
		return -1;
	p->record.tokens[n] = *t;
	p->record.token_count++;
	memcpy(p->state.counters[n].id, t->id, sizeof t->id);
	return 0;
}

int main(int argc, char **argv)
{
	const bool suspend = argc == 6 && strcmp(argv[5], "suspend") == 0;
	struct token t = {0}, *old;
	struct store s;
	struct keys k;
	static struct person p;
	struct err e = {0};
	bool found;

	if (argc < 5 || clearenv() != 0)
		return 2;
	(void)snprintf(t.label, sizeof t.label, "%s", argv[4]);
	if (!suspend && read_card(argv[3], &t) != 0)
		return fail("card", &e);
	if (store_open(&s, LOCALSTATEDIR "/lib/sekisho", SYSCONFDIR "/sekisho", true, &e) !=
	        0 ||
	    store_unlock(&s, &k, &e) != 0 || person_find(&s, &k, argv[1], &found, &p, &e) != 0)
		return fail("store", &e);
	p.record.uid = (uint32_t)strtoul(argv[2], NULL, 10);
	old = record_find_label(&p.record, argv[4]);
	if (suspend && old != NULL)
		old->flags ^= TOKEN_SUSPENDED;
	else if (suspend || add(&s, &k, &p, &t, argc == 5, &e) != 0)
		return fail("token", &e);
	if (person_put(&s, &k, &p, &e) != 0)
		return fail("record", &e);
	person_close(&p);
	return 0;
}
