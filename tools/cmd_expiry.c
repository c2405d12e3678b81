/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho expiry: from when and until when a person may log in. Takes no token away. No lock is
 * held while a question is open.
 */
#include <string.h>
#include <unistd.h>

#include "tools/access.h"
#include "tools/command.h"
#include "tools/date.h"

struct change {
	const char *user, *reason; /* as typed; NULL none */
	bool sets_from, sets_until;
	int64_t from, until; /* 0: no limit */
};

/* What is said once the locks are gone. */
struct outcome {
	char name[RECORD_NAME_SIZE];
	int64_t now, from, until; /* as they are then */
	bool unchanged;           /* it was like that: nothing was written */
	bool torn, suspended;
};

/* May it be, and what comes out? Writes nothing. */
static int judge(const struct access *a, const struct change *c, const struct record *r,
    struct outcome *ret_o, struct err *e)
{
	char from[TIME_SIZE];

	memcpy(ret_o->name, r->name, sizeof(ret_o->name));
	ret_o->now = a->clock.wall(&a->clock);
	ret_o->from = c->sets_from ? c->from : r->not_before;
	ret_o->until = c->sets_until ? c->until : r->not_after;
	ret_o->unchanged = ret_o->from == r->not_before && ret_o->until == r->not_after;
	ret_o->suspended = (r->flags & RECORD_SUSPENDED) != 0;
	if ((r->flags & RECORD_TOMBSTONE) != 0)
		return err_set(e, ERR_REVOKED, r->name, "revoked before");
	if (ret_o->until == 0 || ret_o->from < ret_o->until)
		return 0;
	time_write(ret_o->from, TIME_MINUTE, from);
	return err_set(
	    e, ERR_INPUT, r->name, "would end before it begins, at %s; nothing changed", from);
}

/* Under the locks, and silent. */
static int carry_out(const struct access *a, const struct change *c, struct person *p,
    struct outcome *ret_o, struct err *e)
{
	if (judge(a, c, &p->record, ret_o, e) != 0)
		return -1;
	if (ret_o->unchanged)
		return 0;
	ret_o->torn = access_distrust_torn(a, p);
	p->record.not_before = ret_o->from;
	p->record.not_after = ret_o->until;
	p->record.changed = ret_o->now;
	return person_put(&a->store, &a->keys, p, e);
}

static enum exit_code refuse(struct ui *ui, const struct err *e)
{
	return ui_fail(ui, e,
	    e->number == ERR_INPUT ? "sekisho list USER; --from none, or another --until"
	                           : NULL);
}

static enum exit_code ask_past(struct ui *ui, const struct outcome *o)
{
	char question[RECORD_NAME_SIZE + 128], name[RECORD_NAME_SIZE], until[TIME_SIZE];
	enum ui_reply reply;

	ui_clean(ui, o->name, name, sizeof(name));
	date_write_until(o->until, until);
	snprintf(question, sizeof(question),
	    "%s: %s is past: logins that need a code are refused from now on. Set it?", name,
	    until);
	reply = ui_confirm(ui, question);
	return reply == UI_REPLY_OK ? EXIT_DONE : ui_no_reply(ui, reply, o->name);
}

/* A look before, for the question. */
static enum exit_code ask(struct ui *ui, const struct access *a, const struct change *c)
{
	struct outcome o = {.torn = false};
	enum exit_code code;
	struct person p;
	struct err e;
	int lock = -1, r;

	code = access_person(ui, a, c->user, &p, &lock);
	if (code != EXIT_DONE)
		return code;
	r = judge(a, c, &p.record, &o, &e);
	access_release(&p, &lock);
	ui_release_signals(ui);
	if (r != 0)
		return refuse(ui, &e);
	return o.unchanged || o.until == 0 || o.until > o.now ? EXIT_DONE : ask_past(ui, &o);
}

static void tell(struct ui *ui, const struct access *a, const struct outcome *o)
{
	char name[RECORD_NAME_SIZE], from[TIME_SIZE], until[TIME_SIZE];

	ui_clean(ui, o->name, name, sizeof(name));
	time_write(o->from, TIME_MINUTE, from);
	date_write_until(o->until, until);
	ui_say(ui, "%s: logins from %s until %s%s", name, from, until,
	    o->unchanged ? ", as before" : "");
	if (o->until != 0 && o->until <= o->now)
		ui_say(ui, "%s: that is past; logins that need a code are refused", name);
	else if (o->from > o->now)
		ui_say(ui, "%s: logins that need a code are refused until then", name);
	access_warn_suspended(a, o->name, o->suspended);
	json_doc_set_text(&ui->json, "user", o->name);
	json_doc_set_time(&ui->json, "not_before", o->from);
	json_doc_set_time(&ui->json, "not_after", o->until);
	json_doc_set_bool(&ui->json, "changed", !o->unchanged);
}

static enum exit_code expiry(struct ui *ui, const struct access *a, const struct change *c)
{
	struct outcome o = {.torn = false};
	enum exit_code code = access_check_clock(ui, &a->clock);
	struct person p;
	struct err e;
	int lock = -1, r;

	if (code == EXIT_DONE)
		code = ask(ui, a, c);
	if (code == EXIT_DONE)
		code = access_person(ui, a, c->user, &p, &lock);
	if (code != EXIT_DONE)
		return code;
	r = carry_out(a, c, &p, &o, &e);
	access_release(&p, &lock);
	if (r == 0 && o.torn)
		access_note_torn(o.name, &e);
	access_audit(AUDIT_EXPIRY,
	    r != 0        ? "failed"
	    : o.unchanged ? "unchanged"
	                  : "done",
	    o.name, NULL, c->reason, r != 0 || o.torn ? &e : NULL);
	ui_release_signals(ui);
	if (r != 0)
		return refuse(ui, &e);
	if (o.torn)
		access_tell_torn(ui, o.name);
	tell(ui, a, &o);
	return EXIT_DONE;
}

/* ---- the command line ---- */

enum { OPTION_FROM = COMMAND_OWN, OPTION_UNTIL, OPTION_REASON };

/* NULL, or what it wanted. */
static const char *set_option(struct change *c, int option, const char *value)
{
	if (option == OPTION_REASON) {
		c->reason = value;
		return NULL;
	}
	if (option == OPTION_FROM) {
		c->sets_from = true;
		return date_parse(value, DATE_FROM, &c->from) == 0 ? NULL : DATE_WANTED;
	}
	c->sets_until = true;
	return date_parse(value, DATE_UNTIL, &c->until) == 0 ? NULL : DATE_WANTED;
}

static enum exit_code take_operands(
    struct ui *ui, const struct command *self, int argc, char **argv, struct change *c)
{
	enum exit_code code = command_reason(ui, self, c->reason);

	if (code == EXIT_DONE)
		code = command_operands(ui, self, argc, 1, 1);
	if (code != EXIT_DONE)
		return code;
	if (!c->sets_from && !c->sets_until)
		return command_misused(ui, self, "--from or --until", "is missing");
	if (c->from != 0 && c->until != 0 && c->from >= c->until)
		return command_misused(ui, self, "--until", "is not after --from");
	c->user = ui->user = argv[optind];
	return EXIT_DONE;
}

enum exit_code cmd_expiry(struct ui *ui, const struct command *self, int argc, char **argv)
{
	static const struct option table[] = {{"from", required_argument, NULL, OPTION_FROM},
	    {"until", required_argument, NULL, OPTION_UNTIL},
	    {"reason", required_argument, NULL, OPTION_REASON}, COMMAND_OPTIONS};
	static const char *const words[] = {"--from", "--until", "--reason"};
	struct change change = {.user = NULL};
	enum exit_code code;
	struct access a;
	int c;

	while ((c = command_option(ui, self, argc, argv, table, &code)) != -1) {
		const char *problem;

		if (c < COMMAND_OWN)
			return code;
		problem = set_option(&change, c, optarg);
		if (problem != NULL)
			return command_misused(ui, self, words[c - COMMAND_OWN], problem);
	}
	code = take_operands(ui, self, argc, argv, &change);
	if (code != EXIT_DONE)
		return code;
	code = access_open(ui, self->name, &a);
	if (code == EXIT_DONE)
		code = expiry(ui, &a, &change);
	access_close(&a);
	return code;
}
