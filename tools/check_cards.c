/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho check: people's cards, their kept certificates, and what a card needs on this
 * terminal. Speaks with no card, and does not start pcscd.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/cards/applet.h"
#include "lib/cards/trust.h"
#include "lib/factors/own_card.h"
#include "lib/store/certificates.h"
#include "tools/check.h"
#include "tools/number.h"

#define SOON_S       (30 * INT64_C(86400))
#define ANCHORS      SYSCONFDIR "/sekisho/" TRUST_ANCHORS
#define CARDS        ACCESS_STORE "/" CARDINDEX_DIRECTORY
#define PCSCD_SOCKET "/run/pcscd/pcscd.comm"

/* What is looked at in a card, and what is said about it. */
struct sight {
	struct check *check;
	const struct person *person;
	const struct token *token;
	int64_t now;
	char hint[RECORD_NAME_SIZE + RECORD_LABEL_SIZE + 48];
};

static void add(const struct sight *s, enum check_severity severity, enum err_number number,
    const char *hint, const char *why)
{
	check_add(s->check, severity, number, s->person->record.name, hint, "card \"%s\": %s",
	    s->token->label, why);
}

/* ---- its dates ---- */

/* True: nothing more is to be said about it. */
static bool check_dates(const struct sight *s)
{
	const struct token_card *c = &s->token->card;
	char span[SPAN_SIZE], why[SPAN_SIZE + 32];

	if (s->now < c->not_before) {
		add(s, CHECK_WARNING, ERR_CERT_DATES, NULL, "certificate is not valid yet");
		return true;
	}
	if (s->now > c->not_after) {
		add(s, CHECK_WARNING, ERR_CERT_DATES, s->hint, "certificate has expired");
		return true;
	}
	if (c->not_after - s->now < SOON_S) {
		span_write(c->not_after - s->now, span);
		(void)snprintf(why, sizeof(why), "certificate ends in %s", span);
		add(s, CHECK_WARNING, ERR_CERT_DATES, s->hint, why);
	}
	return false;
}

/* ---- its certificate ---- */

/* Once for all of them: what cannot be used is told once. */
static const struct trust *load_trust(struct check *c)
{
	struct err e;

	if (c->trust_tried)
		return c->trust;
	c->trust_tried = true;
	c->trust = trust_open(c->store.etc, c->store.etc_path, c->config.crl, &e);
	if (c->trust == NULL)
		check_add_err(c, CHECK_DANGER, &e, NULL);
	return c->trust;
}

static int read_certificate(const struct sight *s, struct cert *ret_c, struct err *e)
{
	uint8_t der[CERTIFICATE_MAX], hash[CRYPTO_HASH_SIZE];
	enum cert_result r;
	size_t len = 0;

	if (certificates_read(
	        &s->check->store, &s->check->keys, s->person, s->token->id, der, &len, e) != 0)
		return -1;
	r = cert_parse(der, len, ret_c);
	if (r != CERT_OK)
		return cert_result_err(e, r, s->token->label);
	if (key_hash(&ret_c->key, hash) != 0 ||
	    !bytes_equal(hash, s->token->card.key_hash, sizeof(hash)))
		return err_set(e, ERR_CERT_KEPT, s->token->label, "of another key");
	return 0;
}

static void check_certificate(const struct sight *s)
{
	struct check *c = s->check;
	const struct trust *t;
	enum cert_result r;
	struct cert cert;
	struct err e;

	if (read_certificate(s, &cert, &e) != 0) {
		add(s, CHECK_WARNING, e.number, e.number == ERR_CERT_KEPT ? s->hint : NULL,
		    e.why);
		return;
	}
	t = c->config_read ? load_trust(c) : NULL;
	if (t == NULL)
		return;
	r = trust_check(t, &cert, c->config.crl, s->now);
	if (r == CERT_OK)
		return;
	(void)trust_err(&e, r, &cert, "");
	add(s, CHECK_WARNING, e.number, NULL, e.why);
}

/* ---- a person's ---- */

const char *check_card_lack(
    const struct config *config, const struct person *p, const struct token *t, int64_t now)
{
	if ((t->flags & TOKEN_SUSPENDED) != 0)
		return "suspended";
	if (!own_card_counts(p, t))
		return "incomplete";
	if (!config->jpki && applet_named(t->card.applet) == &applet_jpki)
		return "switched off";
	if (now > t->card.not_after)
		return "expired";
	return now < t->card.not_before ? "not yet" : NULL;
}

static void check_card(const struct sight *s)
{
	const struct check *c = s->check;
	const struct applet *applet = applet_named(s->token->card.applet);

	if (applet == NULL) {
		add(s, CHECK_WARNING, ERR_CARD_UNKNOWN, "update sekisho on this terminal",
		    "of a kind this version does not know");
		return;
	}
	if (applet == &applet_jpki && c->config_read && !c->config.jpki) {
		add(s, CHECK_WARNING, ERR_CARD_OFF, NULL,
		    "My Number Cards are not switched on in sekisho.conf");
		return;
	}
	if (!check_dates(s) && applet->kept)
		check_certificate(s);
}

void check_person_cards(struct check *c, const struct person *p)
{
	struct sight s = {.check = c, .person = p, .now = c->clock.wall(&c->clock)};

	for (unsigned i = 0; i < p->record.token_count; i++) {
		s.token = &p->record.tokens[i];
		if (s.token->kind != TOKEN_CARD)
			continue;
		c->cards++;
		if (links_add(&c->links, &c->keys, p->record.name, s.token) != 0)
			c->links_lost = true;
		(void)snprintf(s.hint, sizeof(s.hint),
		    "sekisho enroll %s card --replace \"%s\"", p->record.name, s.token->label);
		if ((s.token->flags & TOKEN_SUSPENDED) == 0)
			check_card(&s);
	}
}

/* ---- whom they name ---- */

struct faults {
	struct check *check;
	unsigned missing, others; /* links */
};

static void see_fault(void *context, enum cardindex_fault fault, const char *name)
{
	struct faults *f = context;
	char path[PATH_MAX];

	switch (fault) {
	case CARDINDEX_MISSING:
		f->missing++;
		return;
	case CARDINDEX_WRONG:
	case CARDINDEX_LEFT:
		f->others++;
		return;
	case CARDINDEX_STRAY:
		(void)snprintf(path, sizeof(path), "%s/%s", CARDS, name);
		check_add(
		    f->check, CHECK_WARNING, ERR_STRAY, path, NULL, "nothing of sekisho's");
		return;
	}
}

/* What two accounts share has no link, and a record that cannot be read is told elsewhere. */
static void check_links(struct check *c)
{
	struct faults f = {.check = c};
	struct err e;

	links_settle(&c->links);
	if (c->links_lost) {
		(void)err_set(&e, ERR_INTERNAL, CARDS, "out of memory");
		check_fail(c, &e);
	} else if (cardindex_compare(&c->store, &c->links, see_fault, &f, &e) != 0) {
		if (e.number != ERR_UNSAFE_FILE) /* said once, with the other directories */
			check_add_err(c, CHECK_WARNING, &e, NULL);
	}
	if (f.missing > 0)
		check_add(c, CHECK_WARNING, ERR_CARD_LINKS, CARDS, NULL, "%u %s nobody",
		    f.missing, f.missing == 1 ? "card names" : "cards name");
	if (f.others > 0)
		check_add(c, CHECK_WARNING, ERR_CARD_LINKS, CARDS, NULL,
		    "%u %s not what the records say", f.others,
		    f.others == 1 ? "link is" : "links are");
}

/* ---- this terminal ---- */

static bool exists(const struct check *c, const char *path, mode_t type, char out[PATH_MAX])
{
	struct stat st;

	(void)snprintf(out, PATH_MAX, "%s%s", c->root, path);
	return stat(out, &st) == 0 && (st.st_mode & S_IFMT) == type;
}

void check_cards(struct check *c)
{
	char path[PATH_MAX];

	if (c->config_read && c->config.identify_by_card && c->unlocked)
		check_links(c);
	if (c->cards == 0)
		return;
	if (!exists(c, PCSCD_SOCKET, S_IFSOCK, path))
		check_add(c, CHECK_WARNING, ERR_CARD_SERVICE, path, NULL,
		    "not there: pcscd is not installed or not started; no card works");
	if (!exists(c, ANCHORS, S_IFDIR, path))
		check_add(c, CHECK_WARNING, ERR_CERT_ISSUER, path, NULL,
		    "no such directory: no card is trusted");
}
