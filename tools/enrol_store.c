/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho enroll: may the token be added, and how it is. Silent while it holds a lock.
 */
#include <string.h>

#include "lib/store/certificates.h"
#include "lib/store/floor.h"
#include "lib/store/lockout.h"
#include "tools/enrol.h"
#include "tools/label.h"
#include "tools/links.h"

/* Why not; told when no lock is held any more. */
struct refusal {
	struct err e;
	const char *hint; /* NULL: that of the number */
};

static int refuse(struct refusal *why, const char *hint)
{
	why->hint = hint;
	return -1;
}

static int check_room(const struct enrolment *en, struct record *r, struct refusal *why)
{
	if (en->replace != NULL && record_find_label(r, en->replace) == NULL) {
		err_set(&why->e, ERR_INPUT, r->name, "no token \"%s\" to replace", en->replace);
		return refuse(why, "sekisho list USER");
	}
	if (en->replace == NULL && r->token_count >= RECORD_TOKENS_MAX)
		return err_set(&why->e, ERR_LIMIT, r->name,
		    "has %d tokens, the most there can be", RECORD_TOKENS_MAX);
	if (en->label != NULL && record_find_label(r, en->label) != NULL &&
	    (en->replace == NULL || strcmp(en->label, en->replace) != 0))
		return err_set(&why->e, ERR_DUPLICATE, r->name,
		    "there is a token \"%s\" already", en->label);
	return 0;
}

/* Also the token to be replaced counts: its used codes must not become usable again. A card
 * makes none, and is enrolled anew when its certificate was renewed. */
static int check_secret(const struct enrolment *en, struct record *r, struct refusal *why)
{
	const bool card = en->token.kind == TOKEN_CARD;
	const struct token *old =
	    card && en->replace != NULL ? record_find_label(r, en->replace) : NULL;

	for (size_t i = 0; i < r->token_count; i++) {
		if (&r->tokens[i] != old && record_same_secret(&r->tokens[i], &en->token))
			return err_set(&why->e, ERR_DUPLICATE, r->name,
			    "this %s is enrolled already, as \"%s\"", card ? "card" : "secret",
			    r->tokens[i].label);
	}
	return 0;
}

static const struct owner *find_other(const struct owners *o, const struct enrolment *en)
{
	const struct owner *other = NULL;

	while ((other = owners_next(o, &en->token, other)) != NULL)
		if (strcmp(other->name, en->account.name) != 0)
			return other;
	return NULL;
}

/* Whoever cannot be read may be whose the card is, and --shared-with-self says that both are
 * one person: nobody can say that of somebody unknown. */
static int check_owner(const struct owners *o, struct enrolment *en, struct refusal *why)
{
	const struct owner *other = find_other(o, en);

	if (o->err_count > 0) {
		const struct err *unread = &o->errs[0];

		(void)err_set(&why->e, unread->number, unread->object,
		    "%s; the card may be this person's", unread->why);
		return refuse(why, access_record_hint(unread));
	}
	if (other != NULL && !en->shared) {
		(void)err_set(&why->e, ERR_DUPLICATE, en->account.name,
		    "this card is that of %s, as \"%s\"", other->name, other->token.label);
		return refuse(why,
		    "--shared-with-self, if both are accounts of one person; or: "
		    "sekisho revoke");
	}
	(void)owners_names(
	    o, &en->token, en->account.name, en->shared_with, sizeof(en->shared_with));
	return 0;
}

/* May this token be added to what was found? */
static int check_person(
    const struct enrolment *en, bool found, struct person *p, struct refusal *why)
{
	struct record *r = &p->record;

	if (!found && en->replace == NULL)
		return 0;
	if (!found)
		return err_set(&why->e, ERR_NOT_ENROLLED, en->account.name, "not enrolled");
	if ((r->flags & RECORD_TOMBSTONE) == 0 && r->uid != RECORD_UID_UNBOUND &&
	    r->uid != en->account.uid) {
		err_set(&why->e, ERR_FOREIGN, r->name,
		    "enrolled with uid %u, the account has uid %u now", (unsigned)r->uid,
		    (unsigned)en->account.uid);
		return refuse(why,
		    "if this is a new person of that name: sekisho revoke USER, then enroll");
	}
	if (check_room(en, r, why) != 0)
		return -1;
	return check_secret(en, r, why);
}

/* A place for the new token's counter. The counter of a token that is being replaced goes only
 * when there is no other place: until the new record is there, the old token must work. */
static struct counter *claim_counter(struct person *p, const struct token *old)
{
	struct counter *c, *place = NULL;

	for (size_t i = 0; i < RECORD_TOKENS_MAX; i++) {
		c = &p->state.counters[i];
		if (place == NULL && record_find_id(&p->record, c->id) == NULL)
			place = c;
	}
	if (place == NULL && old != NULL)
		place = state_counter(&p->state, old->id);
	return place;
}

/* The lowest step or counter to accept. A secret that was brought along may have been enrolled
 * here before, and revoked; a code it was used with lies within the window of the latest login,
 * whatever token that was. Later steps than those only: a login of just now costs a minute, and
 * a person who never logged in nothing. */
static uint64_t first_step(
    const struct enrolment *en, const struct access *a, const struct person *p)
{
	uint64_t first;

	if (en->token.kind != TOKEN_TOTP || en->secret_file == NULL || p->state.accepted <= 0)
		return en->next;
	first = (uint64_t)p->state.accepted / en->token.period + a->totp_window + 1;
	return first > en->next ? first : en->next;
}

static int add_token(
    struct enrolment *en, const struct access *a, int64_t now, struct person *p, struct err *e)
{
	struct record *r = &p->record;
	struct token *old = en->replace != NULL ? record_find_label(r, en->replace) : NULL;
	struct token *t = old != NULL ? old : &r->tokens[r->token_count];
	struct counter *c = claim_counter(p, old);

	if (c == NULL)
		return err_set(e, ERR_DAMAGED, r->name, "no room for the token's counter");
	if (en->label != NULL || en->replace != NULL)
		snprintf(en->stored_label, sizeof(en->stored_label), "%s",
		    en->label != NULL ? en->label : en->replace);
	else
		label_default(en->stem[0] != '\0' ? en->stem : label_kind(&en->token), r,
		    en->stored_label);
	if (old != NULL)
		person_remember_used(p, old, now);
	*t = en->token;
	memcpy(t->label, en->stored_label, sizeof(t->label));
	t->created = now;
	if (old == NULL)
		r->token_count++;
	*c = (struct counter){.next = first_step(en, a, p)};
	memcpy(c->id, t->id, sizeof(c->id));
	if (p->state.accepted < en->accepted)
		p->state.accepted = en->accepted;
	r->uid = en->account.uid;
	r->flags &= ~(uint32_t)RECORD_TOMBSTONE;
	r->changed = now;
	return 0;
}

/* ---- the two visits to the store ---- */

/* What the second visit found and did, for when the locks are gone. */
struct outcome {
	bool tried; /* to write: the log wants to know */
	bool torn;
	bool locked;        /* after failures */
	bool suspended;     /* the person */
	bool ahead;         /* codes were used under a clock that was ahead */
	bool counter_stays; /* of the token that was replaced; why: */
	struct err counter_err;
	bool links_stay; /* as they were before cards were changed; why: */
	struct err links_err;
	enum err_number leftover;
};

static bool is_locked(const struct access *a, const struct person *p, enum factor_kind factor)
{
	uint32_t seconds;

	for (unsigned i = 0; i < STATE_BUCKETS; i++) {
		if (lockout_check(&p->state.buckets[i], (enum source)i, factor, &a->clock,
		        &seconds) != LOCKOUT_OPEN)
			return true;
	}
	return false;
}

static int keep_certificate(
    const struct enrolment *en, const struct access *a, const struct person *p, struct err *e)
{
	const struct cert *c = en->certificate;

	return c == NULL
	           ? 0
	           : certificates_add(&a->store, &a->keys, p, en->token.id, c->der, c->len, e);
}

static int write_person(const struct access *a, struct enrolment *en, bool found,
    struct person *p, struct outcome *o, struct err *e)
{
	int64_t now = a->clock.wall(&a->clock);

	o->tried = true;
	o->torn = access_distrust_torn(a, p);
	if (!found)
		p->record.created = now;
	if (add_token(en, a, now, p, e) != 0 || keep_certificate(en, a, p, e) != 0 ||
	    person_put(&a->store, &a->keys, p, e) != 0)
		return -1;
	/* the new token is there: nothing below undoes that */
	o->counter_stays = person_tidy(&a->store, &a->keys, p, &o->counter_err) != 0;
	o->leftover = p->leftover;
	o->locked = is_locked(a, p, en->token.kind == TOKEN_CARD ? FACTOR_CARD : FACTOR_OTP);
	o->suspended = (p->record.flags & RECORD_SUSPENDED) != 0;
	o->ahead = en->token.kind == TOKEN_TOTP && floor_behind(p->state.accepted, now) > 0;
	return 0;
}

static int find_person(const struct access *a, const struct enrolment *en, bool *ret_found,
    struct person *ret_p, struct refusal *why)
{
	int r = person_find(&a->store, &a->keys, en->account.name, ret_found, ret_p, &why->e);

	if (r != 0 && access_is_damage(&why->e))
		why->hint = "restore it from a backup, or: sekisho revoke USER, then enroll";
	return r;
}

/* Who has a card now has another one, or none, or it is shared. owners: without him, or NULL.
 */
static void renew_links(
    const struct access *a, struct owners *owners, struct person *p, struct outcome *o)
{
	int r = 0;

	if (owners != NULL && owners_renew(owners, &p->record) != 0)
		r = err_set(&o->links_err, ERR_INTERNAL, "enroll", "out of memory");
	person_close(p); /* a login need not wait for this */
	if (r == 0)
		r = links_update(a, owners, NULL, &o->links_err);
	o->links_stay = r != 0;
}

static bool replaces_card(const struct enrolment *en, struct record *r)
{
	const struct token *old =
	    en->replace != NULL ? record_find_label(r, en->replace) : NULL;

	return old != NULL && old->kind == TOKEN_CARD;
}

/* Under the store's lock, so that nobody else gets the card meanwhile. */
static int visit_locked(
    const struct access *a, struct enrolment *en, struct outcome *o, struct refusal *why)
{
	const bool card = en->token.kind == TOKEN_CARD;
	struct person p = {.state_fd = -1};
	struct owners owners = {.count = 0};
	int lock = store_lock(&a->store, &why->e), r = 0;
	bool found = false, card_goes = false;

	if (lock < 0)
		return -1;
	/* before the person is locked: it takes its time, and a login would wait */
	if (card)
		r = owners_read(a, &owners, &why->e);
	if (r == 0)
		r = find_person(a, en, &found, &p, why);
	if (r == 0)
		r = check_person(en, found, &p, why);
	if (r == 0 && card)
		r = check_owner(&owners, en, why);
	if (r == 0 && o != NULL) {
		card_goes = replaces_card(en, &p.record);
		r = write_person(a, en, found, &p, o, &why->e);
	}
	if (r == 0 && o != NULL && (card || card_goes))
		renew_links(a, card ? &owners : NULL, &p, o);
	access_release(&p, &lock);
	owners_clear(&owners);
	return r;
}

/* Opens, checks and, when o is not NULL, writes. Holds the locks meanwhile, and is silent. */
static int visit(
    const struct access *a, struct enrolment *en, struct outcome *o, struct refusal *why)
{
	bool held = a->ui->held;
	int r;

	why->hint = NULL;
	ui_hold_signals(a->ui);
	r = visit_locked(a, en, o, why);
	if (!held)
		ui_release_signals(a->ui);
	return r;
}

enum exit_code enrol_check(struct ui *ui, const struct access *a, struct enrolment *en)
{
	struct refusal why;

	return visit(a, en, NULL, &why) == 0 ? EXIT_DONE : ui_fail(ui, &why.e, why.hint);
}

/* In the log: both may hold of one card. */
static const char *reason_of(const struct enrolment *en)
{
	if (en->shared_with[0] == '\0')
		return en->replace != NULL ? "replace" : NULL;
	return en->replace != NULL ? "shared, replace" : "shared";
}

static void tell_done(
    struct ui *ui, const struct access *a, const struct enrolment *en, const struct outcome *o)
{
	const char *user = en->account.name;
	char name[RECORD_NAME_SIZE], label[RECORD_LABEL_SIZE], old[RECORD_LABEL_SIZE];
	struct err torn;

	if (o->torn)
		access_note_torn(user, &torn);
	access_audit(AUDIT_ENROLL, "done", user, en->stored_label, reason_of(en),
	    o->torn ? &torn : NULL);
	if (o->torn)
		access_tell_torn(ui, user);
	ui_clean(ui, user, name, sizeof(name));
	ui_clean(ui, en->stored_label, label, sizeof(label));
	json_doc_set_text(&ui->json, "user", user);
	json_doc_set_text(&ui->json, "token", en->stored_label);
	json_doc_set_text(&ui->json, "kind", label_kind(&en->token));
	json_doc_set_text(&ui->json, "replaced", en->replace);
	if (en->shared_with[0] != '\0')
		ui_warn(ui, "%s: this card is also that of %s", user, en->shared_with);
	ui_say(ui, "%s: %s \"%s\" enrolled", name, label_kind(&en->token), label);
	if (en->replace != NULL) {
		ui_clean(ui, en->replace, old, sizeof(old));
		ui_say(ui, "%s: the \"%s\" before it no longer works", name, old);
	}
	if (o->counter_stays)
		ui_warn(ui, "%s: the old token would work again with an older record: %s", user,
		    o->counter_err.why);
	if (o->links_stay)
		links_warn(ui, &o->links_err);
	access_warn_leftover(ui, user, o->leftover);
	if (o->ahead)
		ui_warn(ui, "%s used codes under a clock that was ahead: sekisho clock accept",
		    user);
	if (o->locked)
		ui_warn(ui, "%s is locked after failures; sekisho unlock %s", user, user);
	access_warn_suspended(a, user, o->suspended);
}

enum exit_code enrol_store(struct ui *ui, const struct access *a, struct enrolment *en)
{
	struct outcome o = {.tried = false};
	struct refusal why;

	if (visit(a, en, &o, &why) == 0) {
		tell_done(ui, a, en, &o);
		return EXIT_DONE;
	}
	if (o.tried)
		access_audit(AUDIT_ENROLL, "failed", en->account.name, en->label, NULL, &why.e);
	return ui_fail(ui, &why.e, why.hint);
}
