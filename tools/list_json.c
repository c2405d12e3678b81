/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho list --json: a person as data. No secret, no hash, no id that ties tokens to files.
 */
#include <jansson.h>

#include "lib/factors/recovery.h"
#include "lib/store/lockout.h"
#include "tools/label.h"
#include "tools/list.h"

static const char *algorithm_word(const struct token *t)
{
	static const char *const words[] = {
	    [TOKEN_SHA1] = "sha1", [TOKEN_SHA256] = "sha256", [TOKEN_SHA512] = "sha512"};

	return t->algorithm >= TOKEN_SHA1 && t->algorithm <= TOKEN_SHA512 ? words[t->algorithm]
	                                                                  : NULL;
}

/* Of every token, so that all have the same keys. */
static void put_card(struct listing *l, json_t *o, const struct token *t)
{
	struct json_doc *d = &l->ui->json;
	const bool card = t->kind == TOKEN_CARD;

	json_doc_put(d, o, "applet", json_doc_text(card ? t->card.applet : NULL));
	json_doc_put(d, o, "key", json_doc_text(card ? list_card_key(t) : NULL));
	json_doc_put(d, o, "not_before", json_doc_time(card ? t->card.not_before : 0));
	json_doc_put(d, o, "not_after", json_doc_time(card ? t->card.not_after : 0));
}

static json_t *make_token(struct listing *l, struct person *p, const struct token *t)
{
	struct json_doc *d = &l->ui->json;
	json_t *o = json_object();

	json_doc_put(d, o, "label", json_doc_text(t->label));
	json_doc_put(d, o, "kind", json_doc_text(label_kind(t)));
	json_doc_put(d, o, "digits", t->digits > 0 ? json_integer(t->digits) : json_null());
	json_doc_put(d, o, "algorithm", json_doc_text(algorithm_word(t)));
	json_doc_put(d, o, "period", t->period > 0 ? json_integer(t->period) : json_null());
	put_card(l, o, t);
	json_doc_put(d, o, "created", json_doc_time(t->created));
	json_doc_put(d, o, "last_used", json_doc_time(list_last_used(p, t)));
	json_doc_put(d, o, "suspended", json_boolean((t->flags & TOKEN_SUSPENDED) != 0));
	json_doc_put(d, o, "state", json_doc_text(list_state(l, p, t)));
	return o;
}

/* Where there were failures. */
static void add_lockout(struct listing *l, json_t *list, const struct bucket *b, enum source s)
{
	static const char *const factors[STATE_FACTORS] = {"otp", "card", "recovery", NULL};
	struct json_doc *d = &l->ui->json;
	json_t *o, *failures;
	bool dirty = b->streak != 0, suspended = false;
	uint32_t wait = 0;

	for (unsigned f = 0; f < STATE_FACTORS; f++) {
		dirty = dirty || b->failures[f] != 0;
		suspended = lockout_check(b, s, (enum factor_kind)f, &l->a->clock, &wait) ==
		                LOCKOUT_SUSPENDED ||
		            suspended;
	}
	if (!dirty)
		return;
	o = json_object();
	failures = json_object();
	for (unsigned f = 0; f < STATE_FACTORS; f++) {
		if (factors[f] != NULL)
			json_doc_put(d, failures, factors[f], json_integer(b->failures[f]));
	}
	json_doc_put(d, o, "source", json_doc_text(audit_source_word(s)));
	json_doc_put(d, o, "failures", failures);
	json_doc_put(d, o, "limit", json_integer((json_int_t)lockout_budget(s)));
	json_doc_put(d, o, "suspended", json_boolean(suspended));
	json_doc_put(d, o, "wait_seconds", json_integer((json_int_t)wait));
	json_doc_append(d, list, o);
}

/* user: NULL where it is clear whose it is. */
static json_t *make_temporary(
    struct listing *l, const struct person *p, unsigned i, const char *user)
{
	const struct temporary_code *t = &p->record.temporary[i];
	struct json_doc *d = &l->ui->json;
	char issuer[RECORD_NAME_SIZE];
	json_t *o = json_object();
	bool known = t->issuer != UINT32_MAX;

	access_actor_name(l->ui, t->issuer, issuer, sizeof(issuer));
	if (user != NULL)
		json_doc_put(d, o, "user", json_doc_text(user));
	json_doc_put(d, o, "state", json_doc_text(list_code_state(l, p, i)));
	json_doc_put(d, o, "from", json_doc_time(t->not_before));
	json_doc_put(d, o, "until", json_doc_time(t->not_after));
	json_doc_put(d, o, "uses", json_integer(t->uses));
	json_doc_put(d, o, "uses_left", json_integer((json_int_t)list_uses_left(p, i)));
	json_doc_put(d, o, "issuer", json_doc_text(known ? issuer : NULL));
	json_doc_put(
	    d, o, "issuer_uid", known ? json_integer((json_int_t)t->issuer) : json_null());
	json_doc_put(d, o, "reason", json_doc_text(t->reason));
	return o;
}

static json_t *make_recovery(struct listing *l, const struct person *p)
{
	json_t *o = json_object();

	json_doc_put(&l->ui->json, o, "left",
	    json_integer((json_int_t)recovery_left(&p->record, &p->state)));
	json_doc_put(&l->ui->json, o, "total", json_integer(p->record.recovery_count));
	return o;
}

static void put_lists(struct listing *l, json_t *o, struct person *p)
{
	struct json_doc *d = &l->ui->json;
	json_t *tokens = json_array(), *lockout = json_array(), *temporary = json_array();

	for (size_t i = 0; i < p->record.token_count; i++)
		json_doc_append(d, tokens, make_token(l, p, &p->record.tokens[i]));
	for (unsigned i = 0; i < STATE_BUCKETS; i++)
		add_lockout(l, lockout, &p->state.buckets[i], (enum source)i);
	for (unsigned i = 0; i < p->record.temporary_count; i++)
		json_doc_append(d, temporary, make_temporary(l, p, i, NULL));
	json_doc_put(d, o, "tokens", tokens);
	json_doc_put(d, o, "lockout", lockout);
	json_doc_put(d, o, "recovery", make_recovery(l, p));
	json_doc_put(d, o, "temporary", temporary);
}

void list_json_person(struct listing *l, struct person *p)
{
	const struct record *r = &p->record;
	struct json_doc *d = &l->ui->json;
	json_t *o = json_object();

	json_doc_put(d, o, "user", json_doc_text(r->name));
	json_doc_put(d, o, "uid",
	    r->uid != RECORD_UID_UNBOUND ? json_integer((json_int_t)r->uid) : json_null());
	json_doc_put(d, o, "state", json_doc_text(list_state(l, p, NULL)));
	json_doc_put(d, o, "revoked", json_boolean((r->flags & RECORD_TOMBSTONE) != 0));
	json_doc_put(d, o, "suspended", json_boolean((r->flags & RECORD_SUSPENDED) != 0));
	json_doc_put(
	    d, o, "codes_held", json_boolean((p->state.flags & STATE_CODES_HELD) != 0));
	json_doc_put(d, o, "created", json_doc_time(r->created));
	json_doc_put(d, o, "changed", json_doc_time(r->changed));
	json_doc_put(d, o, "not_before", json_doc_time(r->not_before));
	json_doc_put(d, o, "not_after", json_doc_time(r->not_after));
	json_doc_put(d, o, "last_login", json_doc_time(p->state.last_seen));
	put_lists(l, o, p);
	json_doc_append(d, l->array, o);
}

void list_json_temporary(struct listing *l, const struct person *p, unsigned i)
{
	json_doc_append(&l->ui->json, l->array, make_temporary(l, p, i, p->record.name));
}

void list_json_end(
    struct listing *l, const char *name, const char *what, const char *token, int64_t end)
{
	struct json_doc *d = &l->ui->json;
	json_t *o = json_object();

	json_doc_put(d, o, "user", json_doc_text(name));
	json_doc_put(d, o, "what", json_doc_text(what));
	json_doc_put(d, o, "token", json_doc_text(token));
	json_doc_put(d, o, "end", json_doc_time(end));
	json_doc_put(d, o, "expired", json_boolean(l->now >= end));
	json_doc_append(d, l->array, o);
}

void list_json_unenrolled(struct listing *l, const struct account *who, const char *state)
{
	struct json_doc *d = &l->ui->json;
	json_t *o = json_object();

	json_doc_put(d, o, "user", json_doc_text(who->name));
	json_doc_put(d, o, "uid", json_integer((json_int_t)who->uid));
	json_doc_put(d, o, "state", json_doc_text(state));
	json_doc_append(d, l->array, o);
}
