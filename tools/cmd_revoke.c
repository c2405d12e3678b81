/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho revoke: ends tokens. What stays of a person without tokens is a tombstone, so that
 * revoked never looks like "not enrolled". No lock is held while the question is open.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/access.h"
#include "tools/command.h"

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

static const char *kind_word(const struct token *t)
{
	static const char *const words[] = {
	    [TOKEN_TOTP] = "totp", [TOKEN_HOTP] = "hotp", [TOKEN_CARD] = "card"};

	return t->kind >= TOKEN_TOTP && t->kind <= TOKEN_CARD ? words[t->kind] : "unknown";
}

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
		    kind_word(&r->tokens[i]), label);
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

static void take_away(const struct revocation *v, struct person *p)
{
	struct record *r = &p->record;
	uint8_t kept = 0;

	for (uint8_t i = 0; i < r->token_count; i++) {
		struct counter *c = state_counter(&p->state, r->tokens[i].id);

		if (!is_chosen(v, &r->tokens[i]))
			r->tokens[kept++] = r->tokens[i];
		else if (c != NULL)
			*c = (struct counter){0};
	}
	wipe(&r->tokens[kept], (size_t)(r->token_count - kept) * sizeof(r->tokens[0]));
	r->token_count = kept;
	if (kept == 0)
		r->flags = RECORD_TOMBSTONE;
}

/* Under the locks. */
static enum exit_code carry_out(
    struct ui *ui, const struct access *a, const struct revocation *v, struct person *p)
{
	char name[RECORD_NAME_SIZE], tokens[QUESTION_SIZE];
	struct err e;

	if (!is_unchanged(v, &p->record))
		return ui_refuse(ui, ERR_BUSY, p->record.name, "sekisho list USER",
		    "tokens were changed meanwhile; nothing revoked");
	ui_clean(ui, p->record.name, name, sizeof(name));
	name_tokens(ui, v, &p->record, tokens, sizeof(tokens));
	take_away(v, p);
	p->record.changed = a->clock.wall(&a->clock);
	if (person_put(&a->store, &a->keys, p, &e) != 0) {
		access_audit(AUDIT_REVOKE, "failed", p->record.name, v->label, v->reason, &e);
		return ui_fail(ui, &e, NULL);
	}
	access_audit(AUDIT_REVOKE, "done", p->record.name, v->label, v->reason, NULL);
	ui_say(ui, "%s: %s revoked", name, tokens);
	if (v->last)
		ui_say(ui, "%s: no token is left; logins that need a code are refused", name);
	return EXIT_DONE;
}

static enum exit_code revoke_tokens(struct ui *ui, const struct access *a, struct revocation *v)
{
	enum exit_code code;
	struct person p;
	int lock = -1;

	code = access_person(ui, a, v->user, &p, &lock);
	if (code != EXIT_DONE)
		return code;
	code = choose(ui, v, &p.record);
	/* not while a human thinks */
	close(p.state_fd);
	p.state_fd = -1;
	close(lock);
	if (code == EXIT_DONE)
		code = ask(ui, v, &p.record);
	person_close(&p);
	if (code != EXIT_DONE)
		return code;
	code = access_person(ui, a, v->user, &p, &lock);
	if (code != EXIT_DONE)
		return code;
	code = carry_out(ui, a, v, &p);
	person_close(&p);
	close(lock);
	return code;
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
	if (v.reason != NULL && strlen(v.reason) >= RECORD_REASON_SIZE)
		return command_misused(ui, self, "--reason", "at most 63 bytes");
	v.user = ui->user = argv[optind];
	v.label = argv[optind + 1]; /* argv ends in NULL */
	code = access_open(ui, self->name, &a);
	if (code == EXIT_DONE)
		code = revoke_tokens(ui, &a, &v);
	access_close(&a);
	return code;
}
