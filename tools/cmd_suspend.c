/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho suspend and resume: a token, a person, or everybody. Takes nothing away for good, and
 * touches no failure counter.
 */
#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "lib/store/emergency.h"
#include "tools/access.h"
#include "tools/command.h"

struct change {
	bool suspend; /* else resume */
	bool all;
	const char *user, *label, *reason; /* as typed; NULL none */
};

static enum audit_event event_of(const struct change *c)
{
	return c->suspend ? AUDIT_SUSPEND : AUDIT_RESUME;
}

/* ---- one person ---- */

/* What is said once the locks are gone. */
struct outcome {
	char name[RECORD_NAME_SIZE];
	bool unchanged; /* it was like that: nothing was written */
	bool torn;
	bool card;         /* the token is one */
	bool person_stays; /* the person is still suspended, or */
	char tokens_stay[RECORD_TOKENS_MAX * (RECORD_LABEL_SIZE + 4)]; /* these tokens are */
};

static void note_rest(const struct record *r, struct outcome *o)
{
	size_t used = 0;

	o->person_stays = (r->flags & RECORD_SUSPENDED) != 0;
	for (size_t i = 0; i < r->token_count; i++) {
		const struct token *t = &r->tokens[i];

		if ((t->flags & TOKEN_SUSPENDED) == 0 || used >= sizeof(o->tokens_stay))
			continue;
		used += (size_t)snprintf(o->tokens_stay + used, sizeof(o->tokens_stay) - used,
		    "%s\"%s\"", used > 0 ? ", " : "", t->label);
	}
}

/* True when that changed anything. */
static bool set_flag(struct record *r, struct token *t, bool on)
{
	bool was =
	    t != NULL ? (t->flags & TOKEN_SUSPENDED) != 0 : (r->flags & RECORD_SUSPENDED) != 0;

	if (t != NULL)
		t->flags = (uint8_t)(on ? t->flags | TOKEN_SUSPENDED
		                        : t->flags & ~(unsigned)TOKEN_SUSPENDED);
	else
		r->flags =
		    on ? r->flags | RECORD_SUSPENDED : r->flags & ~(uint32_t)RECORD_SUSPENDED;
	return was != on;
}

/* Under the locks, and silent. */
static int carry_out(const struct access *a, const struct change *c, struct person *p,
    struct outcome *ret_o, struct err *e)
{
	struct record *r = &p->record;
	struct token *t = c->label != NULL ? record_find_label(r, c->label) : NULL;

	memcpy(ret_o->name, r->name, sizeof(ret_o->name));
	if ((r->flags & RECORD_TOMBSTONE) != 0)
		return err_set(e, ERR_REVOKED, r->name, "revoked before");
	if (c->label != NULL && t == NULL)
		return err_set(e, ERR_INPUT, r->name, "no token \"%s\"", c->label);
	ret_o->card = t != NULL && t->kind == TOKEN_CARD;
	ret_o->unchanged = !set_flag(r, t, c->suspend);
	note_rest(r, ret_o);
	if (ret_o->unchanged)
		return 0;
	ret_o->torn = access_distrust_torn(a, p);
	r->changed = a->clock.wall(&a->clock);
	return person_put(&a->store, &a->keys, p, e);
}

/* Who was resumed and still does not get in. */
static void warn_rest(
    struct ui *ui, const struct access *a, const struct change *c, const struct outcome *o)
{
	if (c->suspend)
		return;
	if (c->label != NULL && o->person_stays)
		ui_warn(ui, "%s is still suspended, with every token: sekisho resume %s",
		    o->name, o->name);
	if (c->label == NULL && o->tokens_stay[0] != '\0')
		ui_warn(ui, "%s: still suspended by themselves: %s", o->name, o->tokens_stay);
	if ((a->keys.header_flags & HEADER_SUSPENDED) != 0)
		ui_warn(ui, "everybody is suspended still: sekisho resume --all");
}

static void tell(
    struct ui *ui, const struct access *a, const struct change *c, const struct outcome *o)
{
	char what[RECORD_NAME_SIZE + RECORD_LABEL_SIZE + 8], shown[sizeof(what)];

	snprintf(what, sizeof(what), c->label != NULL ? "%s: \"%s\"" : "%s:", o->name,
	    c->label != NULL ? c->label : "");
	ui_clean(ui, what, shown, sizeof(shown));
	json_doc_set_text(&ui->json, "user", o->name);
	json_doc_set_text(&ui->json, "token", c->label);
	json_doc_set_bool(&ui->json, "changed", !o->unchanged);
	if (o->unchanged)
		ui_say(
		    ui, "%s %s", shown, c->suspend ? "suspended already" : "was not suspended");
	else if (c->suspend)
		ui_say(ui, "%s suspended; %s", shown,
		    o->card            ? "the card is refused"
		    : c->label != NULL ? "its codes are refused"
		                       : "logins that need a code are refused");
	else
		ui_say(ui, "%s resumed", shown);
	warn_rest(ui, a, c, o);
}

static enum exit_code change_person(
    struct ui *ui, const struct access *a, const struct change *c)
{
	struct outcome o = {.torn = false};
	enum exit_code code;
	struct person p;
	struct err e;
	int lock = -1, r;

	code = access_check_clock(ui, &a->clock);
	if (code == EXIT_DONE)
		code = access_person(ui, a, c->user, &p, &lock);
	if (code != EXIT_DONE)
		return code;
	r = carry_out(a, c, &p, &o, &e);
	access_release(&p, &lock);
	if (r == 0 && o.torn)
		access_note_torn(o.name, &e);
	access_audit(event_of(c),
	    r != 0        ? "failed"
	    : o.unchanged ? "unchanged"
	                  : "done",
	    o.name, c->label, c->reason, r != 0 || o.torn ? &e : NULL);
	ui_release_signals(ui);
	if (r != 0)
		return ui_fail(ui, &e, e.number == ERR_INPUT ? "sekisho list USER" : NULL);
	if (o.torn)
		access_tell_torn(ui, o.name);
	tell(ui, a, c, &o);
	return EXIT_DONE;
}

/* ---- everybody ---- */

static bool is_set(const struct access *a)
{
	return (a->keys.header_flags & HEADER_SUSPENDED) != 0;
}

static bool lets_anybody_in(const struct emergency *em)
{
	for (unsigned i = 0; i < em->uid_count; i++)
		if (getpwuid(em->uids[i]) != NULL)
			return true;
	return false;
}

/* The only way in, then. */
static void warn_no_way_in(struct ui *ui, const struct access *a)
{
	struct emergency em;

	if (emergency_read(a->store.dir, ACCESS_STORE, &em, NULL) != 0 || em.spent)
		ui_warn(ui, "there is no unused emergency code (sekisho code emergency): "
		            "nobody could log in to undo this");
	else if (!lets_anybody_in(&em))
		ui_warn(ui,
		    "nobody the emergency code lets in has an account any more (sekisho code "
		    "emergency): nobody could log in to undo this");
	wipe(&em, sizeof(em));
}

static enum exit_code ask_all(struct ui *ui, const struct access *a, const struct change *c)
{
	enum ui_reply reply;

	if (c->suspend)
		warn_no_way_in(ui, a);
	reply = ui_confirm(ui,
	    c->suspend ? "suspend everybody? Every login that needs a code is refused then, "
	                 "root's, too; the emergency code still opens."
	               : "resume everybody? Who was suspended alone stays so.");
	return reply == UI_REPLY_OK ? EXIT_DONE : ui_no_reply(ui, reply, "everybody");
}

/* Under the store's lock; the header is read again, for a human has thought meanwhile. */
static int write_flag(
    struct access *a, const struct change *c, bool *ret_changed, struct err *e)
{
	uint32_t flags;
	int lock = store_lock(&a->store, e), r;

	if (lock < 0)
		return -1;
	keys_clear(&a->keys);
	r = store_unlock(&a->store, &a->keys, e);
	*ret_changed = r == 0 && is_set(a) != c->suspend;
	flags = c->suspend ? a->keys.header_flags | HEADER_SUSPENDED
	                   : a->keys.header_flags & ~(uint32_t)HEADER_SUSPENDED;
	if (*ret_changed)
		r = store_set_flags(&a->store, &a->keys, flags, e);
	close(lock);
	return r;
}

static enum exit_code change_all(struct ui *ui, struct access *a, const struct change *c)
{
	enum exit_code code = EXIT_DONE;
	bool changed = false;
	struct err e;
	int r;

	if (is_set(a) != c->suspend)
		code = ask_all(ui, a, c);
	if (code != EXIT_DONE)
		return code;
	ui_hold_signals(ui);
	r = write_flag(a, c, &changed, &e);
	access_audit(event_of(c),
	    r != 0    ? "failed"
	    : changed ? "done"
	              : "unchanged",
	    "*", NULL, c->reason, r != 0 ? &e : NULL);
	ui_release_signals(ui);
	if (r != 0)
		return ui_fail(ui, &e, NULL);
	json_doc_set_text(&ui->json, "user", NULL);
	json_doc_set_text(&ui->json, "token", NULL);
	json_doc_set_bool(&ui->json, "changed", changed);
	if (!changed)
		ui_say(ui, c->suspend ? "everybody: suspended already"
		                      : "everybody: was not suspended");
	else if (c->suspend)
		ui_say(ui, "everybody: suspended; logins that need a code are refused until "
		           "sekisho resume --all");
	else
		ui_say(ui, "everybody: resumed; who was suspended alone stays so");
	return EXIT_DONE;
}

/* ---- the commands ---- */

enum { OPTION_REASON = COMMAND_OWN, OPTION_ALL };

static enum exit_code take_operands(
    struct ui *ui, const struct command *self, int argc, char **argv, struct change *c)
{
	enum exit_code code = command_reason(ui, self, c->reason);

	if (code == EXIT_DONE)
		code = command_operands(ui, self, argc, c->all ? 0 : 1, c->all ? 0 : 2);
	if (code != EXIT_DONE || c->all)
		return code;
	c->user = ui->user = argv[optind];
	c->label = argv[optind + 1];                 /* argv ends in NULL */
	if (c->label != NULL && c->label[0] == '\0') /* an unset variable must not mean all */
		return command_misused(ui, self, "LABEL", "is empty");
	return EXIT_DONE;
}

static enum exit_code run(
    struct ui *ui, const struct command *self, int argc, char **argv, bool suspend)
{
	static const struct option table[] = {
	    {"reason", required_argument, NULL, OPTION_REASON},
	    {"all", no_argument, NULL, OPTION_ALL}, COMMAND_OPTIONS};
	struct change change = {.suspend = suspend};
	enum exit_code code;
	struct access a;
	int c;

	while ((c = command_option(ui, self, argc, argv, table, &code)) != -1) {
		if (c == OPTION_REASON)
			change.reason = optarg;
		else if (c == OPTION_ALL)
			change.all = true;
		else
			return code;
	}
	code = take_operands(ui, self, argc, argv, &change);
	if (code != EXIT_DONE)
		return code;
	code = access_open(ui, self->name, &a);
	if (code == EXIT_DONE)
		code =
		    change.all ? change_all(ui, &a, &change) : change_person(ui, &a, &change);
	access_close(&a);
	return code;
}

enum exit_code cmd_suspend(struct ui *ui, const struct command *self, int argc, char **argv)
{
	return run(ui, self, argc, argv, true);
}

enum exit_code cmd_resume(struct ui *ui, const struct command *self, int argc, char **argv)
{
	return run(ui, self, argc, argv, false);
}
