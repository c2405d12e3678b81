/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho resync: two codes, one after the other, tell where a token is. No lock is held while
 * a human types; what was true before is looked at again.
 */
#include <string.h>
#include <unistd.h>

#include "lib/base/config.h"
#include "lib/factors/otp.h"
#include "lib/store/floor.h"
#include "tools/access.h"
#include "tools/command.h"
#include "tools/label.h"
#include "tools/number.h"

struct resync {
	const char *user, *label; /* as typed; label NULL: the only one */
	char name[RECORD_NAME_SIZE];
	struct token token; /* the chosen one, without its secret */
	char first[OTP_DIGITS_MAX + 1], second[OTP_DIGITS_MAX + 1];
	bool torn;
	uint64_t before, next;
	int32_t drift;
};

static bool is_otp(const struct token *t)
{
	return t->kind == TOKEN_TOTP || t->kind == TOKEN_HOTP;
}

/* Reports itself. */
static enum exit_code choose(struct ui *ui, struct resync *s, struct record *r)
{
	const struct token *found = NULL;
	unsigned count = 0;

	memcpy(s->name, r->name, sizeof(s->name));
	if ((r->flags & RECORD_TOMBSTONE) != 0)
		return ui_refuse(ui, ERR_REVOKED, r->name, NULL, "revoked before");
	for (size_t i = 0; i < r->token_count; i++) {
		if (!is_otp(&r->tokens[i]) ||
		    (s->label != NULL && strcmp(s->label, r->tokens[i].label) != 0))
			continue;
		found = &r->tokens[i];
		count++;
	}
	if (count == 0)
		return ui_refuse(ui, ERR_INPUT, r->name, "sekisho list USER",
		    s->label != NULL ? "no token \"%s\" that shows codes"
		                     : "no token that shows codes",
		    s->label);
	if (count > 1)
		return ui_refuse(ui, ERR_INPUT, r->name,
		    "sekisho list USER; sekisho resync USER LABEL",
		    "has %u tokens: which of them?", count);
	s->token = *found;
	wipe(s->token.secret, sizeof(s->token.secret));
	return EXIT_DONE;
}

static enum exit_code ask_code(
    struct ui *ui, const struct resync *s, const char *prompt, char out[OTP_DIGITS_MAX + 1])
{
	enum exit_code code = EXIT_DONE;
	struct secret line = {0};
	enum ui_reply reply = ui_ask(ui, prompt, UI_VISIBLE, &line);

	if (reply != UI_REPLY_OK && reply != UI_REPLY_TOO_LONG)
		code = ui_no_reply(ui, reply, s->name);
	else if (otp_normalize(&line, out) != s->token.digits)
		code = ui_refuse(ui, ERR_WRONG_CODE, s->name, "",
		    "not a code of %u digits; "
		    "nothing changed",
		    (unsigned)s->token.digits);
	secret_clear(&line);
	return code;
}

static enum exit_code ask_codes(struct ui *ui, struct resync *s)
{
	enum exit_code code = ask_code(ui, s, "A code of the token: ", s->first);

	if (code == EXIT_DONE)
		code = ask_code(ui, s, "The code after it: ", s->second);
	if (code == EXIT_DONE && strcmp(s->first, s->second) == 0)
		code = ui_refuse(ui, ERR_WRONG_CODE, s->name,
		    "wait until the token shows another code",
		    "the same code twice; nothing changed");
	return code;
}

static struct token *find_again(const struct resync *s, struct record *r)
{
	for (size_t i = 0; i < r->token_count; i++) {
		if (memcmp(r->tokens[i].id, s->token.id, TOKEN_ID_SIZE) == 0)
			return &r->tokens[i];
	}
	return NULL;
}

/* Why no place was found. A token that was led ahead and set right is behind its own codes. */
static int refuse_codes(const struct access *a, const struct resync *s, const struct token *t,
    const struct counter *c, struct err *e)
{
	char span[SPAN_SIZE];
	int64_t behind = 0;

	if (t->kind == TOKEN_HOTP)
		return err_set(e, ERR_WRONG_CODE, s->name,
		    "no two codes in a row of the next %d; nothing changed", OTP_RESYNC_HOTP);
	if (otp_resync_used(
	        t, c, a->clock.wall(&a->clock), s->first, s->second, t->digits, &behind) &&
	    behind > FLOOR_TOLERANCE_S) {
		span_write(behind, span);
		return err_set(e, ERR_USED_CODE, s->name,
		    "the token is %s behind codes it was used with; nothing changed", span);
	}
	return err_set(e, ERR_WRONG_CODE, s->name,
	    "no two codes in a row of the day around now; nothing changed");
}

/* Under the locks, and silent. */
static int carry_out(const struct access *a, struct resync *s, struct person *p, struct err *e)
{
	const struct token *t = find_again(s, &p->record);
	struct counter *c = t != NULL ? state_counter(&p->state, t->id) : NULL;

	if (t == NULL)
		return err_set(e, ERR_BUSY, s->name,
		    "the token was taken away meanwhile; nothing changed");
	if (c == NULL)
		return err_set(e, ERR_DAMAGED, s->name, "the token has no counter");
	if (!otp_resync(t, c, a->clock.wall(&a->clock), s->first, s->second, t->digits,
	        &s->next, &s->drift))
		return refuse_codes(a, s, t, c, e);
	s->before = c->next;
	/* A lost write may have used codes of this token, too, but none later than those it has
	 * just shown: its place is sure, the other tokens' is not. */
	s->torn = access_distrust_torn(a, p);
	if (t->kind == TOKEN_TOTP && (p->state.flags & STATE_TOTP_UNSURE) != 0)
		person_settle_totp(
		    &p->record, &p->state, a->clock.wall(&a->clock), CONFIG_TOTP_WINDOW_MAX);
	c->next = s->next;
	c->drift = s->drift;
	return person_save_state(&a->store, &a->keys, p, e);
}

static void tell(struct ui *ui, const struct resync *s)
{
	char name[RECORD_NAME_SIZE], label[RECORD_LABEL_SIZE], span[SPAN_SIZE];
	int64_t off = (int64_t)s->drift * s->token.period;

	ui_clean(ui, s->name, name, sizeof(name));
	ui_clean(ui, s->token.label, label, sizeof(label));
	span_write(off, span);
	json_doc_set_text(&ui->json, "user", s->name);
	json_doc_set_text(&ui->json, "token", s->token.label);
	if (s->token.kind == TOKEN_HOTP)
		json_doc_set_number(&ui->json, "skipped", (int64_t)(s->next - s->before));
	else
		json_doc_set_number(&ui->json, "ahead_seconds", off);
	if (s->token.kind == TOKEN_HOTP)
		ui_say(ui, "%s: \"%s\" found, %llu codes further on", name, label,
		    (unsigned long long)(s->next - s->before));
	else if (off == 0)
		ui_say(ui, "%s: \"%s\" found; its clock agrees with this one", name, label);
	else
		ui_say(ui, "%s: \"%s\" found; its clock is %s %s this one", name, label, span,
		    off > 0 ? "ahead of" : "behind");
}

static enum exit_code store(struct ui *ui, const struct access *a, struct resync *s)
{
	enum exit_code code;
	struct person p;
	struct err e;
	int lock = -1, r;

	code = access_person(ui, a, s->user, &p, &lock);
	if (code != EXIT_DONE)
		return code;
	r = carry_out(a, s, &p, &e);
	access_release(&p, &lock);
	if (r == 0 && s->torn)
		access_note_torn(s->name, &e);
	access_audit(AUDIT_RESYNC,
	    r == 0                                                    ? "done"
	    : e.number == ERR_WRONG_CODE || e.number == ERR_USED_CODE ? "refused"
	                                                              : "failed",
	    s->name, s->token.label, NULL, r != 0 || s->torn ? &e : NULL);
	ui_release_signals(ui);
	if (r != 0)
		return ui_fail(ui, &e,
		    e.number == ERR_WRONG_CODE
		        ? "codes used before do not count: take the next two the token shows"
		    : e.number == ERR_USED_CODE
		        ? "sekisho enroll USER totp --replace LABEL; or wait until it is there"
		        : NULL);
	if (s->torn)
		access_tell_torn(ui, s->name);
	tell(ui, s);
	return EXIT_DONE;
}

static enum exit_code resync(struct ui *ui, const struct access *a, struct resync *s)
{
	enum exit_code code;
	struct person p;
	int lock = -1;

	code = access_person(ui, a, s->user, &p, &lock);
	if (code != EXIT_DONE)
		return code;
	/* not while a human types, or a terminal is slow */
	person_unlock(&p);
	close(lock);
	ui_release_signals(ui);
	code = choose(ui, s, &p.record);
	person_close(&p);
	if (code == EXIT_DONE)
		code = ask_codes(ui, s);
	return code == EXIT_DONE ? store(ui, a, s) : code;
}

enum exit_code cmd_resync(struct ui *ui, const struct command *self, int argc, char **argv)
{
	static const struct option table[] = {COMMAND_OPTIONS};
	struct resync s = {.user = NULL};
	enum exit_code code;
	struct access a;

	if (command_option(ui, self, argc, argv, table, &code) == -2)
		return code;
	code = command_operands(ui, self, argc, 1, 2);
	if (code != EXIT_DONE)
		return code;
	s.user = ui->user = argv[optind];
	s.label = argv[optind + 1]; /* argv ends in NULL */
	if (!ui_terminal(ui))
		return ui_no_reply(ui, UI_REPLY_NO_TERMINAL, self->name);
	code = access_open(ui, self->name, &a);
	if (code == EXIT_DONE)
		code = access_check_clock(ui, &a.clock);
	if (code == EXIT_DONE)
		code = resync(ui, &a, &s);
	access_close(&a);
	wipe(&s, sizeof(s));
	return code;
}
