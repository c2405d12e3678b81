/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which cards a person has, and what their certificates are worth. Must not send a PIN, and
 * must not believe anything but files about who issued what.
 */
#include "lib/factors/own_card.h"

#include <string.h>

bool own_card_counts(const struct person *p, const struct token *t)
{
	const struct token *now = record_find_id(&p->record, t->id);
	bool counter = false;

	for (unsigned i = 0; i < RECORD_TOKENS_MAX; i++)
		if (memcmp(p->state.counters[i].id, t->id, TOKEN_ID_SIZE) == 0)
			counter = true;
	return counter && now != NULL && now->kind == TOKEN_CARD &&
	       (now->flags & TOKEN_SUSPENDED) == 0 && record_same_secret(now, t);
}

void own_cards_copy(const struct person *p, bool jpki, struct own_cards *ret_own)
{
	memset(ret_own, 0, sizeof *ret_own);
	ret_own->jpki = jpki;
	for (unsigned i = 0; p != NULL && i < p->record.token_count; i++) {
		const struct token *t = &p->record.tokens[i];

		if (t->kind != TOKEN_CARD || !own_card_counts(p, t))
			continue;
		if (!jpki && strcmp(t->card.applet, applet_jpki.name) == 0)
			continue;
		ret_own->tokens[ret_own->count++] = *t;
	}
}

void own_cards_drop(struct own_cards *own, const struct token *t)
{
	for (unsigned i = 0; i < own->count; i++)
		if (memcmp(own->tokens[i].id, t->id, TOKEN_ID_SIZE) == 0)
			own->tokens[i--] = own->tokens[--own->count];
}

static enum card_result read_certificate(
    struct card_service *s, const struct own_card *c, struct applet_certificate *ret_a)
{
	struct card card;
	enum card_result r = card_open(&card, s, c->reader.name);

	if (r == CARD_OK)
		r = c->applet->select(&card);
	if (r == CARD_OK)
		r = c->applet->certificate(&card, ret_a);
	card_close(&card);
	return r;
}

enum cert_result own_card_certificate(struct own_card *c, struct card_service *s,
    const uint8_t *kept, size_t kept_len, struct err *e)
{
	static struct applet_certificate a;
	uint8_t hash[CRYPTO_HASH_SIZE];
	enum cert_result r;

	if (c->applet->kept) {
		r = cert_parse(kept, kept_len, &c->cert);
	} else {
		enum card_result read = read_certificate(s, c, &a);

		if (read != CARD_OK) {
			(void)card_result_err(e, read, c->token.label);
			return CERT_ERROR;
		}
		r = cert_parse(a.data, a.len, &c->cert);
	}
	if (r != CERT_OK) {
		(void)cert_result_err(e, r, c->token.label);
		return r;
	}
	if (key_hash(&c->cert.key, hash) != 0 ||
	    c->cert.key.kind != (enum key_kind)c->token.card.key_kind ||
	    !bytes_equal(hash, c->token.card.key_hash, sizeof hash)) {
		(void)err_set(e, ERR_CARD_SIGNATURE, c->token.label,
		    "certificate is not that of the enrolled key");
		return CERT_ERROR;
	}
	return CERT_OK;
}

enum cert_result own_card_check(
    const struct own_card *c, const struct own_card_files *f, struct err *e)
{
	struct trust *t = trust_open(f->store->etc, f->store->etc_path, f->crl, e);
	enum cert_result r;

	if (t == NULL)
		return CERT_ERROR;
	r = trust_check(t, &c->cert, f->crl, f->now);
	if (r != CERT_OK)
		(void)trust_err(e, r, &c->cert, c->token.label);
	trust_free(t);
	return r;
}
