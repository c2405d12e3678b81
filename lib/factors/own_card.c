/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finding a person's card among those in the readers, and judging its certificate. Must not
 * send a PIN, and must not believe anything but files about who issued what.
 */
#include "lib/factors/own_card.h"

#include <string.h>

#include "lib/wire/clock.h"

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

static const struct token *match(const struct own_cards *own, const struct card_sight *sight)
{
	for (unsigned i = 0; i < own->count; i++) {
		const struct token_card *c = &own->tokens[i].card;

		if (strcmp(c->applet, sight->applet->name) == 0 &&
		    bytes_equal(c->identity, sight->identity, sizeof c->identity))
			return &own->tokens[i];
	}
	return NULL;
}

/* CARD_NO_CARD: a stranger, who is asked nothing more. */
static enum card_result ask(struct card *c, const struct own_cards *own,
    struct card_sight *ret_sight, const struct token **ret_token)
{
	enum card_result r = card_identify(c, own->jpki ? NULL : &applet_jpki, ret_sight);

	if (r != CARD_OK)
		return r;
	*ret_token = match(own, ret_sight);
	return *ret_token != NULL ? card_count_tries(c, ret_sight) : CARD_NO_CARD;
}

static enum card_result look(struct card_service *s, const struct card_reader *reader,
    const struct own_cards *own, struct own_card *ret_card)
{
	struct card_sight sight;
	const struct token *t = NULL;
	struct card c;
	enum card_result r = card_open(&c, s, reader->name);

	if (r == CARD_OK)
		r = ask(&c, own, &sight, &t);
	card_close(&c);
	if (r == CARD_OK)
		*ret_card = (struct own_card){.token = *t,
		    .applet = sight.applet,
		    .reader = *reader,
		    .tries = sight.tries};
	return r;
}

/* A card of another kind, or none that could be one's own. What else goes wrong may well be the
 * person's own card. */
static bool is_stranger(enum card_result r)
{
	return r == CARD_NO_CARD || r == CARD_NO_APPLET || r == CARD_NO_OBJECT ||
	       r == CARD_STATUS || r == CARD_MUTE;
}

/* What was found so far. */
struct search {
	struct card_service *service;
	const struct own_cards *own;
	uint64_t end; /* monotonic_ms */
	struct card_reader_list asked;
	struct own_card blocked; /* .applet NULL: none */
	enum card_result failure;
	struct err err;
};

static bool is_open_question(const struct search *s, const struct card_reader *r)
{
	const struct card_reader *before = reader_find(&s->asked, r->name);

	return r->present && !r->mute && (before == NULL || before->event != r->event);
}

/* Who may cost time comes last. */
static unsigned rank(const struct search *s, const struct card_reader *r)
{
	return (r->in_use ? 1u : 0u) + (strcmp(r->name, s->service->slow) == 0 ? 2u : 0u);
}

/* NULL: everybody was asked. Sets how long the card may take: what is left, by how many. */
static const struct card_reader *choose(
    const struct search *s, const struct card_reader_list *l)
{
	const struct card_reader *best = NULL;
	const uint64_t now = monotonic_ms();
	unsigned open = 0;

	for (unsigned i = 0; i < l->count; i++) {
		const struct card_reader *r = &l->readers[i];

		if (!is_open_question(s, r))
			continue;
		open++;
		if (best == NULL || rank(s, r) < rank(s, best))
			best = r;
	}
	if (open > 0 && now < s->end)
		s->service->until = now + (s->end - now) / open;
	return best;
}

/* Readers come and go: one that does not fit in is not asked twice by that, for the list has
 * just as many. */
static void note_asked(struct search *s, const struct card_reader *r)
{
	unsigned at = 0;

	while (at < s->asked.count && strcmp(s->asked.readers[at].name, r->name) != 0)
		at++;
	if (at == READER_LIST_MAX)
		at = 0;
	s->asked.readers[at] = *r;
	if (at == s->asked.count)
		s->asked.count++;
}

/* A service that ends because of a card is not the news: that card is. */
static void note_failure(struct search *s, enum card_result r, const char *reader)
{
	if (r == CARD_NO_SERVICE && s->failure != CARD_NO_CARD)
		return;
	s->failure = r;
	(void)card_result_err(&s->err, r, reader);
}

static enum card_result ask_next(
    struct search *s, const struct card_reader *reader, struct own_card *ret_card)
{
	struct own_card found;
	enum card_result r = look(s->service, reader, s->own, &found);

	note_asked(s, reader);
	if (r == CARD_OK && found.tries > 0) {
		*ret_card = found;
		return CARD_OK;
	}
	if (r == CARD_OK)
		s->blocked = found;
	else if (!is_stranger(r))
		note_failure(s, r, reader->name);
	return r == CARD_NO_SERVICE ? r : CARD_NO_CARD;
}

/* CARD_OK: ret_card. CARD_NO_CARD: what search holds is all there is. */
static enum card_result search_readers(struct search *s, int leash, struct own_card *ret_card)
{
	static struct card_reader_list l;
	enum card_result r = CARD_NO_CARD;

	while (r == CARD_NO_CARD && monotonic_ms() < s->end) {
		const unsigned unsettled = reader_unsettled(s->service);
		const struct card_reader *next;

		r = s->service->list(s->service, &l);
		if (r != CARD_OK)
			break;
		next = choose(s, &l);
		if (next != NULL) {
			r = ask_next(s, next, ret_card);
		} else if (unsettled > 0) {
			r = reader_wait(s->service, &l, leash, unsettled);
			if (r == CARD_OK || r == CARD_TIMEOUT)
				r = CARD_NO_CARD;
		} else
			return CARD_NO_CARD;
	}
	return r;
}

enum card_result own_card_find(struct card_service *s, int leash, const struct own_cards *own,
    struct own_card *ret_card, struct err *e)
{
	static struct search search;
	enum card_result r;

	search = (struct search){.service = s,
	    .own = own,
	    .end = monotonic_ms() + OWN_CARD_VISIT_MS,
	    .failure = CARD_NO_CARD};
	r = search_readers(&search, leash, ret_card);
	/* A certificate that is read off the card next belongs to the same visit. */
	s->until = search.end;
	if (r == CARD_OK)
		return r;
	if (search.blocked.applet != NULL) {
		*ret_card = search.blocked;
		return CARD_OK;
	}
	if (r != CARD_NO_CARD && search.failure == CARD_NO_CARD)
		note_failure(&search, r, "readers");
	if (search.failure != CARD_NO_CARD)
		*e = search.err;
	return search.failure;
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
