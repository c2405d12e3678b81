/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho revoke: ends tokens. What stays of a person without tokens is a tombstone, so that
 * revoked never looks like "not enrolled". No lock is held while the question is open.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/store/floor.h"
#include "tools/access.h"
#include "tools/command.h"
#include "tools/label.h"
#include "tools/links.h"

#define QUESTION_SIZE 480

struct revocation {
	const char *user;   /* as typed */
	const char *label;  /* NULL: all tokens */
	const char *reason; /* NULL: none */
	/* what the question named; only that is taken away */
	size_t count;
	uint8_t ids[RECORD_TOKENS_MAX][TOKEN_ID_SIZE];
	bool last; /* none is left */
};

static bool is_chosen(const struct revocation *v, const struct token *t)
{
	return v->label == NULL || strcmp(v->label, t->label) == 0;
}

/* Which tokens are meant. Reports itself. */
static enum exit_code choose(struct ui *ui, struct revocation *v, const struct record *r)
{
	v->count = 0;
	for (size_t i = 0; i < r->token_count; i++) {
		if (is_chosen(v, &r->tokens[i]))
			memcpy(v->ids[v->count++], r->tokens[i].id, TOKEN_ID_SIZE);
	}
	v->last = v->count == r->token_count;
	if ((r->flags & RECORD_TOMBSTONE) != 0)
		return ui_refuse(ui, ERR_REVOKED, r->name, NULL, "revoked before");
	if (v->count == 0)
		return ui_refuse(ui, ERR_INPUT, r->name, "sekisho list USER", "no token \"%s\"",
		    v->label != NULL ? v->label : "");
	return EXIT_DONE;
}

static void append(char *out, size_t size, const char *text)
{
	size_t used = strlen(out);

	snprintf(out + used, size - used, "%s", text);
}

/* totp "a", totp "b" */
static void name_tokens(const struct ui *ui, const struct revocation *v, const struct record *r,
    char *out, size_t size)
{
	char label[RECORD_LABEL_SIZE], item[RECORD_LABEL_SIZE + 16];
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < r->token_count; i++) {
		if (!is_chosen(v, &r->tokens[i]))
			continue;
		ui_clean(ui, r->tokens[i].label, label, sizeof(label));
		snprintf(item, sizeof(item), "%s%s \"%s\"", n++ > 0 ? ", " : "",
		    label_kind(&r->tokens[i]), label);
		append(out, size, item);
	}
}

static enum exit_code ask(struct ui *ui, const struct revocation *v, const struct record *r)
{
	char name[RECORD_NAME_SIZE], tokens[QUESTION_SIZE], question[2 * QUESTION_SIZE];
	enum ui_reply reply;

	ui_clean(ui, r->name, name, sizeof(name));
	name_tokens(ui, v, r, tokens, sizeof(tokens));
	snprintf(question, sizeof(question), "%s: revoke %s?%s", name, tokens,
	    v->last ? " No token is left then, and logins that need a code are refused." : "");
	reply = ui_confirm(ui, question);
	return reply == UI_REPLY_OK ? EXIT_DONE : ui_no_reply(ui, reply, r->name);
}

/* Nobody else may have changed what the question was about. */
static bool is_unchanged(const struct revocation *v, const struct record *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->token_count; i++) {
		if (!is_chosen(v, &r->tokens[i]))
			continue;
		if (n >= v->count || memcmp(v->ids[n], r->tokens[i].id, TOKEN_ID_SIZE) != 0)
			return false;
		n++;
	}
	return n == v->count && v->last == (n == r->token_count);
}

static void take_away(const struct revocation *v, struct person *p, int64_t now)
{
	struct record *r = &p->record;
	uint8_t kept = 0;

	for (uint8_t i = 0; i < r->token_count; i++) {
		struct counter *c = state_counter(&p->state, r->tokens[i].id);

		if (!is_chosen(v, &r->tokens[i])) {
			r->tokens[kept++] = r->tokens[i];
			continue;
		}
		person_remember_used(p, &r->tokens[i], now);
		if (c != NULL)
			*c = (struct counter){0};
	}
	wipe(&r->tokens[kept], (size_t)(r->token_count - kept) * sizeof(r->tokens[0]));
	r->token_count = kept;
	if (kept == 0)
		person_bury(p, now);
}

/* What is said once the locks are gone. */
struct outcome {
	char name[RECORD_NAME_SIZE];
	char tokens[QUESTION_SIZE];
	bool torn;
	bool cards;      /* there were some among the tokens */
	bool links_stay; /* as they were before; why: */
	struct err links_err;
	enum err_number leftover;
};

static bool has_chosen_card(const struct revocation *v, const struct record *r)
{
	for (unsigned i = 0; i < r->token_count; i++)
		if (r->tokens[i].kind == TOKEN_CARD && is_chosen(v, &r->tokens[i]))
			return true;
	return false;
}

/* Under the locks, and silent. */
static int carry_out(const struct ui *ui, const struct access *a, const struct revocation *v,
    struct person *p, struct outcome *ret_o, struct err *e)
{
	int64_t now = a->clock.wall(&a->clock);

	memcpy(ret_o->name, p->record.name, sizeof(ret_o->name));
	if (!is_unchanged(v, &p->record))
		return err_set(e, ERR_BUSY, p->record.name,
		    "tokens were changed meanwhile; nothing revoked");
	name_tokens(ui, v, &p->record, ret_o->tokens, sizeof(ret_o->tokens));
	ret_o->cards = has_chosen_card(v, &p->record);
	ret_o->torn = access_distrust_torn(a, p);
	take_away(v, p, now);
	p->record.changed = now;
	if (person_put(&a->store, &a->keys, p, e) != 0)
		return -1;
	ret_o->leftover = p->leftover;
	return 0;
}

static void tell_data(struct ui *ui, const char *name, const char *label, bool last)
{
	json_doc_set_text(&ui->json, "user", name);
	json_doc_set_text(&ui->json, "token", label);
	json_doc_set_bool(&ui->json, "none_left", last);
}

/* No lock is held. */
static enum exit_code report(
    struct ui *ui, const struct revocation *v, struct outcome *o, int r, struct err *e)
{
	char name[RECORD_NAME_SIZE];

	if (r == 0 && o->torn)
		access_note_torn(o->name, e);
	access_audit(AUDIT_REVOKE, r == 0 ? "done" : "failed", o->name, v->label, v->reason,
	    r != 0 || o->torn ? e : NULL);
	ui_release_signals(ui);
	if (r != 0)
		return ui_fail(ui, e, e->number == ERR_BUSY ? "sekisho list USER" : NULL);
	if (o->torn)
		access_tell_torn(ui, o->name);
	access_warn_leftover(ui, o->name, o->leftover);
	ui_clean(ui, o->name, name, sizeof(name));
	tell_data(ui, o->name, v->label, v->last);
	ui_say(ui, "%s: %s revoked", name, o->tokens);
	if (v->last)
		ui_say(ui, "%s: no token is left; logins that need a code are refused", name);
	if (o->links_stay)
		links_warn(ui, &o->links_err);
	return EXIT_DONE;
}

/* ---- a record or state that cannot be read ---- */

static enum exit_code ask_remake(struct ui *ui, const char *user, const struct err *why)
{
	char name[RECORD_NAME_SIZE], question[2 * QUESTION_SIZE], reason[400];
	enum ui_reply reply;

	ui_clean(ui, user, name, sizeof(name));
	err_format(why, reason, sizeof(reason));
	ui_warn(ui, "%s", reason);
	snprintf(question, sizeof(question),
	    "%s: revoke everything? What cannot be read is overwritten; a backup could bring "
	    "it "
	    "back. Logins that need a code are refused then.",
	    name);
	reply = ui_confirm(ui, question);
	return reply == UI_REPLY_OK ? EXIT_DONE : ui_no_reply(ui, reply, user);
}

/* Now, or by a clock that is behind what has passed for sure: codes were used until then. */
static int64_t time_passed(const struct access *a)
{
	int64_t now = a->clock.wall(&a->clock), floor = 0;

	return floor_read(&a->store, &a->keys, &floor, NULL) == 0 && floor > now ? floor : now;
}

/* Under the store's lock, and silent. *ret_why: what was wrong. */
static int remake(const struct access *a, const char *name, struct err *ret_why, struct err *e)
{
	struct person p = {.state_fd = -1};
	bool found = false;
	int r = -1;

	if (person_find(&a->store, &a->keys, name, &found, &p, ret_why) == 0)
		err_set(e, ERR_BUSY, name, "readable again; nothing revoked");
	else if (!access_is_damage(ret_why))
		*e = *ret_why;
	else if (person_remake(&a->store, &a->keys, name, time_passed(a), &p, e) == 0)
		r = person_put(&a->store, &a->keys, &p, e);
	person_close(&p);
	return r;
}

/* Under the store's lock still, but with nobody locked. */
static void renew_links(const struct access *a, struct outcome *o)
{
	o->links_stay = links_update(a, NULL, NULL, &o->links_err) != 0;
}

/* A tombstone in place of files nobody can read, so that enroll works again. */
static enum exit_code revoke_damaged(
    struct ui *ui, const struct access *a, const struct revocation *v, const struct err *why)
{
	struct account account;
	const char *name = account_find(v->user, &account, NULL) == 0 ? account.name : v->user;
	char shown[RECORD_NAME_SIZE];
	enum exit_code code = ask_remake(ui, name, why);
	struct outcome o = {.torn = false};
	struct err e, found;
	int lock, r;

	if (code != EXIT_DONE)
		return code;
	ui_hold_signals(ui);
	lock = store_lock(&a->store, &e);
	r = lock < 0 ? -1 : remake(a, name, &found, &e);
	if (r == 0)
		renew_links(a, &o); /* nobody knows whether there were cards */
	if (lock >= 0)
		close(lock);
	access_audit(AUDIT_REVOKE, r == 0 ? "done" : "failed", name, NULL, v->reason,
	    r == 0 ? &found : &e);
	ui_release_signals(ui);
	if (r != 0)
		return ui_fail(ui, &e, NULL);
	ui_clean(ui, name, shown, sizeof(shown));
	tell_data(ui, name, NULL, true);
	ui_say(ui, "%s: everything revoked; what could not be read was replaced", shown);
	ui_say(ui, "%s: no token is left; logins that need a code are refused", shown);
	if (o.links_stay)
		links_warn(ui, &o.links_err);
	return EXIT_DONE;
}

static enum exit_code revoke_tokens(struct ui *ui, const struct access *a, struct revocation *v)
{
	struct outcome o = {.torn = false};
	enum exit_code code;
	struct person p;
	struct err e;
	int lock = -1, r;

	if (access_find(a, v->user, &p, &lock, &e) != 0)
		return access_is_damage(&e) && v->label == NULL
		           ? revoke_damaged(ui, a, v, &e)
		           : access_refuse_person(ui, v->user, &e);
	/* not while a human thinks, or a terminal is slow */
	person_unlock(&p);
	close(lock);
	ui_release_signals(ui);
	code = choose(ui, v, &p.record);
	if (code == EXIT_DONE)
		code = ask(ui, v, &p.record);
	person_close(&p);
	if (code != EXIT_DONE)
		return code;
	code = access_person(ui, a, v->user, &p, &lock);
	if (code != EXIT_DONE)
		return code;
	r = carry_out(ui, a, v, &p, &o, &e);
	person_close(&p);
	if (r == 0 && o.cards)
		renew_links(a, &o);
	access_release(&p, &lock);
	return report(ui, v, &o, r, &e);
}

enum exit_code cmd_revoke(struct ui *ui, const struct command *self, int argc, char **argv)
{
	enum { OPTION_REASON = COMMAND_OWN };
	static const struct option table[] = {
	    {"reason", required_argument, NULL, OPTION_REASON}, COMMAND_OPTIONS};
	struct revocation v = {0};
	enum exit_code code;
	struct access a;
	int c;

	while ((c = command_option(ui, self, argc, argv, table, &code)) != -1) {
		if (c != OPTION_REASON)
			return code;
		v.reason = optarg;
	}
	code = command_operands(ui, self, argc, 1, 2);
	if (code != EXIT_DONE)
		return code;
	code = command_reason(ui, self, v.reason);
	if (code != EXIT_DONE)
		return code;
	v.user = ui->user = argv[optind];
	v.label = argv[optind + 1];                /* argv ends in NULL */
	if (v.label != NULL && v.label[0] == '\0') /* an unset variable must not mean all */
		return command_misused(ui, self, "LABEL", "is empty");
	code = access_open(ui, self->name, &a);
	if (code == EXIT_DONE)
		code = access_check_clock(ui, &a.clock);
	if (code == EXIT_DONE)
		code = revoke_tokens(ui, &a, &v);
	access_close(&a);
	return code;
}
