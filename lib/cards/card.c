/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two visits to a card. Must not send a PIN before the card is known, must not take a card
 * for proven that did not sign, and must not come back without having reset it.
 */
#include "lib/cards/card.h"

#include <string.h>

enum card_result card_open(struct card *ret_c, struct card_service *s, const char *reader)
{
	enum card_result r;

	*ret_c = (struct card){.service = s};
	r = s->connect(s, reader);
	return r == CARD_OK ? s->begin(s) : r;
}

void card_close(struct card *c)
{
	if (c->service != NULL)
		c->service->reset(c->service);
	c->service = NULL;
}

/* The commands so far. */
static void count(const struct card *c, struct card_sight *sight)
{
	sight->apdus = c->apdus;
	sight->bytes = c->bytes;
}

enum card_result card_identify(
    struct card *c, const struct applet *never, struct card_sight *ret_sight)
{
	struct card_sight sight = {.tries = APPLET_TRIES_UNKNOWN};
	enum card_result r = applet_find(c, never, &sight.applet);

	if (r == CARD_OK)
		r = sight.applet->identify(c, sight.identity);
	if (r != CARD_OK)
		return r;
	count(c, &sight);
	*ret_sight = sight;
	return CARD_OK;
}

/* A card that does not answer the question is asked for its PIN all the same; one that left is
 * not. */
static enum card_result tries_of(struct card *c, const struct applet *a, unsigned *ret_tries)
{
	enum card_result r = a->tries(c, ret_tries);

	if (r == CARD_PIN_BLOCKED)
		*ret_tries = 0;
	else if (r == CARD_NO_OBJECT || r == CARD_STATUS)
		*ret_tries = APPLET_TRIES_UNKNOWN;
	else
		return r;
	return CARD_OK;
}

enum card_result card_count_tries(struct card *c, struct card_sight *sight)
{
	enum card_result r = tries_of(c, sight->applet, &sight->tries);

	count(c, sight);
	return r;
}

enum card_result card_look(
    struct card_service *s, const char *reader, struct card_sight *ret_sight)
{
	struct card c;
	enum card_result r = card_open(&c, s, reader);

	if (r == CARD_OK)
		r = card_identify(&c, NULL, ret_sight);
	card_close(&c);
	return r;
}

enum card_result card_read(struct card_service *s, const char *reader,
    struct card_sight *ret_sight, struct applet_certificate *ret_certificate)
{
	struct card_sight sight = {0};
	struct card c;
	enum card_result r = card_open(&c, s, reader);

	if (r == CARD_OK)
		r = card_identify(&c, NULL, &sight);
	if (r == CARD_OK)
		r = card_count_tries(&c, &sight);
	if (r == CARD_OK)
		r = sight.applet->certificate(&c, ret_certificate);
	count(&c, &sight);
	card_close(&c);
	if (r == CARD_OK)
		*ret_sight = sight;
	return r;
}

/* Costs no command: pcscd counts insertions and removals. After the connection it looks, for a
 * card that leaves from here on takes the connection with it. */
static enum card_result was_changed(
    struct card_service *s, const struct card_reader *before, bool *ret_changed)
{
	struct card_reader_list l;
	const struct card_reader *now;
	enum card_result r = s->list(s, &l);

	if (r != CARD_OK)
		return r;
	now = reader_find(&l, before->name);
	if (now == NULL)
		return CARD_NO_READER;
	if (!now->present)
		return CARD_GONE;
	*ret_changed = now->event != before->event || now->event == 0 || !before->present;
	return CARD_OK;
}

static enum card_result check_identity(struct card *c, const struct card_proof *p)
{
	uint8_t identity[APPLET_IDENTITY_SIZE];
	enum card_result r = p->applet->identify(c, identity);

	if (r != CARD_OK)
		return r;
	return bytes_equal(identity, p->identity, sizeof identity) ? CARD_OK : CARD_OTHER;
}

static enum card_result check_tries(struct card *c, struct card_proof *p)
{
	enum card_result r = tries_of(c, p->applet, &p->tries);

	if (r == CARD_OK && p->tries < p->min_tries)
		r = p->tries > 0 ? CARD_LAST : CARD_PIN_BLOCKED;
	return r;
}

static enum card_result find_again(struct card *c, struct card_proof *p)
{
	bool changed = true;
	enum card_result r = was_changed(c->service, p->reader, &changed);

	if (r == CARD_OK)
		r = p->applet->select(c);
	if (r == CARD_OK && changed)
		r = check_identity(c, p);
	return r == CARD_OK && p->min_tries > 0 ? check_tries(c, p) : r;
}

static enum card_result prove(
    struct card *c, struct card_proof *p, const uint8_t digest[KEY_DIGEST_MAX])
{
	struct applet_signature signature;
	enum card_result r = find_again(c, p);

	if (r != CARD_OK)
		return r;
	p->pin_sent = true;
	r = p->applet->verify(c, p->pin, &p->tries);
	if (r != CARD_OK)
		return r;
	r = p->applet->sign(c, p->key->kind, digest, &signature);
	if (r != CARD_OK)
		return r;
	/* The card goes back before the host computes. */
	card_close(c);
	return key_verify(p->key, digest, signature.data, signature.len) ? CARD_OK
	                                                                 : CARD_FORGED;
}

enum card_result card_prove(struct card_service *s, struct card_proof *p)
{
	uint8_t digest[KEY_DIGEST_MAX];
	struct card c = {0};
	enum card_result r = CARD_ERROR;

	p->tries = APPLET_TRIES_UNKNOWN;
	p->pin_sent = false;
	p->apdus = 0;
	p->bytes = 0;
	if (!p->applet->pin_fits(p->pin))
		return CARD_PIN_FORM;
	if (challenge_digest(p->challenge, p->key->kind, digest) != 0)
		return CARD_ERROR;
	r = card_open(&c, s, p->reader->name);
	if (r == CARD_OK)
		r = prove(&c, p, digest);
	p->apdus = c.apdus;
	p->bytes = c.bytes;
	card_close(&c);
	return r;
}
