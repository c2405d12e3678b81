/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * With what somebody can answer a login. Must not find a way that the helper refuses; where it
 * cannot know (a card that nobody asks) the header says so.
 */
#include "tools/ways.h"

#include "lib/factors/own_card.h"
#include "lib/factors/recovery.h"
#include "lib/store/floor.h"

void ways_start(struct ways *ret_w, const struct store *s, const struct keys *k,
    const struct config *c, int64_t now)
{
	int64_t floor;

	*ret_w = (struct ways){.store = s,
	    .keys = k,
	    .config = c,
	    .now = now,
	    .card_now = now,
	    .behind = INT64_MAX};
	/* a floor that cannot be read is one that every clock is behind */
	ret_w->no_floor = floor_read(s, k, &floor, NULL) != 0;
	if (ret_w->no_floor)
		return;
	if (now >= 0)
		ret_w->behind = floor_behind(floor, now);
	if (floor > now)
		ret_w->card_now = floor;
}

void ways_end(struct ways *w)
{
	trust_free(w->trust);
	w->trust = NULL;
}

const struct trust *ways_trust(struct ways *w)
{
	if (!w->trust_tried)
		w->trust = trust_open(
		    w->store->etc, w->store->etc_path, w->config->crl, &w->trust_err);
	w->trust_tried = true;
	return w->trust;
}

/* ---- a card */

static const char *lack_of_dates(
    const struct ways *w, struct ways_token *t, const struct token *of)
{
	const struct token_card *c = &of->card;

	if (w->card_now >= c->not_before && w->card_now <= c->not_after)
		return NULL;
	t->renew = w->card_now > c->not_after;
	(void)err_set(&t->err, ERR_CERT_DATES, of->label,
	    t->renew ? "certificate has expired" : "certificate is not valid yet");
	return t->renew ? "expired" : "not yet";
}

static int read_certificate(
    const struct ways *w, const struct person *p, struct own_card *card, struct err *e)
{
	uint8_t der[CERTIFICATE_MAX];
	size_t len = 0;

	if (certificates_read(w->store, w->keys, p, card->token.id, der, &len, e) != 0)
		return -1;
	return own_card_certificate(card, NULL, der, len, e) == CERT_OK ? 0 : -1;
}

/* Judged as on the day: nobody else knows which of several lists counts then. The issuer is the
 * object, for it is the same for all of his cards. */
static void look_ahead(
    const struct ways *w, const struct trust *trust, const struct cert *c, struct ways_token *t)
{
	static const struct {
		int64_t seconds;
		bool lists;
		enum cert_result result;
		enum err_number number;
		const char *why;
	} rows[] = {
	    {WAYS_LIST_SOON_S, true, CERT_CRL_DATES, ERR_CRL,
	        "his revocation list or one above runs out in less than 3 days"},
	    {WAYS_ISSUER_SOON_S, false, CERT_ISSUER_DATES, ERR_CERT_ISSUER,
	        "his certificate or one above ends in less than 30 days"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		enum config_crl mode = rows[i].lists ? w->config->crl : CONFIG_CRL_OFF;
		enum cert_result r = trust_check(trust, c, mode, w->card_now + rows[i].seconds);

		if (r != rows[i].result)
			continue;
		(void)err_set(&t->soon, rows[i].number, c->issuer, "%s", rows[i].why);
		return;
	}
}

static const char *lack_of_certificate(
    struct ways *w, const struct person *p, struct ways_token *t, struct own_card *card)
{
	const struct trust *trust = w->config != NULL ? ways_trust(w) : NULL;
	enum cert_result r;

	if (card->applet->kept && read_certificate(w, p, card, &t->err) != 0) {
		t->renew = t->err.number == ERR_CERT_KEPT;
		return "no certificate";
	}
	if (w->config == NULL)
		return NULL;
	if (trust == NULL)
		return "not trusted";
	if (!card->applet->kept)
		return NULL;
	r = trust_check(trust, &card->cert, w->config->crl, w->card_now);
	if (r == CERT_OK) {
		look_ahead(w, trust, &card->cert, t);
		return NULL;
	}
	(void)trust_err(&t->err, r, &card->cert, card->token.label);
	return r == CERT_REVOKED ? "revoked" : "not trusted";
}

static const char *lack_of_card(
    struct ways *w, const struct person *p, struct ways_token *t, const struct token *of)
{
	static struct own_card card;
	const char *lack;

	card = (struct own_card){.token = *of, .applet = applet_named(of->card.applet)};
	if ((of->flags & TOKEN_SUSPENDED) != 0)
		return "suspended";
	if (!own_card_counts(p, of))
		return "incomplete";
	if (card.applet == NULL) {
		(void)err_set(&t->err, ERR_CARD_UNKNOWN, of->label,
		    "of a kind this version does not know");
		return "unknown";
	}
	if (card.applet == &applet_jpki && w->config != NULL && !w->config->jpki) {
		(void)err_set(&t->err, ERR_CARD_OFF, of->label,
		    "My Number Cards are not switched on in sekisho.conf");
		return "switched off";
	}
	if (w->no_floor)
		return "no clock";
	lack = lack_of_dates(w, t, of);
	return lack != NULL ? lack : lack_of_certificate(w, p, t, &card);
}

/* ---- all that there is */

static const char *lack_of_code(struct person *p, const struct token *t)
{
	if (state_counter(&p->state, t->id) == NULL)
		return "incomplete";
	return (t->flags & TOKEN_SUSPENDED) != 0 ? "suspended" : NULL;
}

void ways_look(struct ways *w, struct person *p, struct ways_token ret_t[RECORD_TOKENS_MAX])
{
	for (unsigned i = 0; i < p->record.token_count; i++) {
		const struct token *t = &p->record.tokens[i];

		ret_t[i] = (struct ways_token){.lack = NULL};
		ret_t[i].lack = t->kind == TOKEN_CARD ? lack_of_card(w, p, &ret_t[i], t)
		                                      : lack_of_code(p, t);
	}
}

unsigned ways_temporary_left(const struct person *p, int64_t now)
{
	const struct record *r = &p->record;
	unsigned n = 0;

	for (unsigned i = 0; i < r->temporary_count; i++)
		n += p->state.temporary_uses[i] < r->temporary[i].uses &&
		     now >= r->temporary[i].not_before && now < r->temporary[i].not_after;
	return n;
}

static bool has_paper(const struct ways *w, const struct person *p)
{
	if ((p->state.flags & STATE_CODES_HELD) != 0)
		return false;
	return recovery_left(&p->record, &p->state) > 0 ||
	       (w->behind == 0 && ways_temporary_left(p, w->now) > 0);
}

unsigned ways_of(const struct ways *w, const struct person *p, const struct ways_token *tokens)
{
	static const unsigned of_kind[] = {
	    [TOKEN_TOTP] = WAY_TOTP, [TOKEN_HOTP] = WAY_HOTP, [TOKEN_CARD] = WAY_CARD};
	unsigned ways = has_paper(w, p) ? WAY_PAPER : 0;

	for (unsigned i = 0; i < p->record.token_count; i++) {
		const struct token *t = &p->record.tokens[i];

		if (tokens[i].lack == NULL && t->kind < sizeof(of_kind) / sizeof(of_kind[0]))
			ways |= of_kind[t->kind];
	}
	return w->behind > 0 ? ways & ~(unsigned)WAY_TOTP : ways;
}

unsigned ways_taken(const struct config_rule *r, bool remote)
{
	static const unsigned taken[] = {[CONFIG_REQUIRE_OTP] = WAY_CODES,
	    [CONFIG_REQUIRE_NONE] = WAY_CODES | WAY_CARD,
	    [CONFIG_REQUIRE_CARD] = WAY_CARD,
	    [CONFIG_REQUIRE_CARD_OR_OTP] = WAY_CODES | WAY_CARD};
	unsigned ways = taken[r->require] | (r->no_recovery ? 0 : WAY_PAPER);

	return remote && r->require != CONFIG_REQUIRE_NONE ? ways & ~(unsigned)WAY_CARD : ways;
}
