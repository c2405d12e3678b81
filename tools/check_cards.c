/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho check: people's cards, their kept certificates, and what a card needs on this
 * terminal. Speaks with no card, and does not start pcscd.
 */
#include <dirent.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/check.h"
#include "tools/number.h"

#define SOON_S       (30 * INT64_C(86400))
#define ANCHORS      SYSCONFDIR "/sekisho/" TRUST_ANCHORS
#define CARDS        ACCESS_STORE "/" CARDINDEX_DIRECTORY
#define CRLS         SYSCONFDIR "/sekisho/" TRUST_CRLS
#define PCSCD_SOCKET "/run/pcscd/pcscd.comm"

static void add(struct check *c, const struct person *p, const struct token *t,
    enum err_number number, const char *hint, const char *why)
{
	check_add(
	    c, CHECK_WARNING, number, p->record.name, hint, "card \"%s\": %s", t->label, why);
}

static void check_end(
    struct check *c, const struct person *p, const struct token *t, const char *hint)
{
	const int64_t left = t->card.not_after - c->ways.card_now;
	char span[SPAN_SIZE], why[SPAN_SIZE + 32];

	if (left < 0 || left >= SOON_S || (t->flags & TOKEN_SUSPENDED) != 0)
		return;
	span_write(left, span);
	(void)snprintf(why, sizeof(why), "certificate ends in %s", span);
	add(c, p, t, ERR_CERT_DATES, hint, why);
}

/* Once for all the cards of an issuer. */
static void check_issuer(struct check *c, const struct err *soon)
{
	if (soon->number == ERR_NONE)
		return;
	for (size_t i = 0; i < c->count; i++) {
		const struct err *told = &c->findings[i].err;

		if (told->number == soon->number && strcmp(told->object, soon->object) == 0)
			return;
	}
	check_add_err(c, CHECK_WARNING, soon,
	    soon->number == ERR_CRL ? "bring the next list: examples/card-issuers.txt, step 3"
	                            : "bring the issuer's next certificate: "
	                              "examples/card-issuers.txt, step 2");
}

static const char *hint_of(const struct ways_token *t, const char *renew)
{
	if (t->renew)
		return renew;
	return t->err.number == ERR_CARD_UNKNOWN ? "update sekisho on this terminal" : NULL;
}

void check_person_cards(
    struct check *c, const struct person *p, const struct ways_token *tokens)
{
	char hint[RECORD_NAME_SIZE + RECORD_LABEL_SIZE + 48];

	for (unsigned i = 0; i < p->record.token_count; i++) {
		const struct token *t = &p->record.tokens[i];

		if (t->kind != TOKEN_CARD)
			continue;
		c->cards++;
		if (links_add(&c->links, &c->keys, p->record.name, t) != 0)
			c->links_lost = true;
		(void)snprintf(hint, sizeof(hint), "sekisho enroll %s card --replace \"%s\"",
		    p->record.name, t->label);
		if (tokens[i].err.number != ERR_NONE)
			add(c, p, t, tokens[i].err.number, hint_of(&tokens[i], hint),
			    tokens[i].err.why);
		check_end(c, p, t, hint);
		check_issuer(c, &tokens[i].soon);
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

/* What is passed over by those who read it is no file here either. */
static bool holds_files(const char *path)
{
	DIR *d = opendir(path);
	const struct dirent *entry;
	bool found = false;

	while (d != NULL && !found && (entry = readdir(d)) != NULL)
		found = entry->d_name[0] != '.';
	if (d != NULL)
		(void)closedir(d);
	return found;
}

static void check_files(
    struct check *c, const char *directory, enum err_number number, const char *so)
{
	char path[PATH_MAX];

	if (!exists(c, directory, S_IFDIR, path))
		check_add(c, CHECK_WARNING, number, path, NULL, "no such directory: %s", so);
	else if (!holds_files(path))
		check_add(c, CHECK_WARNING, number, path, NULL, "no file in it: %s", so);
}

/* What cannot be used is told once, for all cards; also where none has its certificate here. */
static void check_trust(struct check *c)
{
	if (c->config_read && ways_trust(&c->ways) == NULL)
		check_add_err(c, CHECK_DANGER, &c->ways.trust_err, NULL);
	check_files(c, ANCHORS, ERR_CERT_ISSUER, "no card is trusted");
	if (c->config_read && c->config.crl == CONFIG_CRL_REQUIRE)
		check_files(c, CRLS, ERR_CRL, "no card opens without a list");
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
	check_trust(c);
}
