/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho clock: what the store knows of the time. `clock accept` takes the clock of now for
 * right, and gives up what was used under another one.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/store/field.h"
#include "lib/store/floor.h"
#include "tools/access.h"
#include "tools/command.h"
#include "tools/names.h"
#include "tools/number.h"

struct look {
	int64_t now, floor, behind;
	bool damaged;
	struct err err; /* why */
	char now_text[TIME_SIZE], floor_text[TIME_SIZE], span[SPAN_SIZE];
};

static int look(const struct access *a, struct look *l)
{
	*l = (struct look){.now = a->clock.wall(&a->clock)};
	if (floor_read(&a->store, &a->keys, &l->floor, &l->err) != 0) {
		l->damaged = l->err.number == ERR_DAMAGED || l->err.number == ERR_FOREIGN;
		if (!l->damaged)
			return -1;
	}
	l->behind = l->damaged ? 0 : floor_behind(l->floor, l->now);
	time_write(l->now, TIME_SECOND, l->now_text);
	time_write(l->floor, TIME_SECOND, l->floor_text);
	span_write(l->behind, l->span);
	return 0;
}

/* ---- people ---- */

enum recovery { LOOK, WRITE };

/* 1: codes were given up, or would be; 0: there was nothing to do; -1. Silent, for it holds the
 * locks. */
static int recover(
    const struct access *a, const char *name, int64_t now, enum recovery how, struct err *e)
{
	struct person p = {.state_fd = -1};
	int lock = store_lock(&a->store, e), r;
	bool found = false;

	if (lock < 0)
		return -1;
	r = person_find(&a->store, &a->keys, name, &found, &p, e);
	if (r == 0 && found) {
		/* no write is covered up: none is made unless there is something to recover */
		(void)access_distrust_torn(a, &p);
		r = person_recover(&p, now, a->totp_window, FLOOR_TOLERANCE_S) ? 1 : 0;
		if (r == 1 && how == WRITE &&
		    person_save_state(&a->store, &a->keys, &p, e) != 0)
			r = -1;
	}
	access_release(&p, &lock);
	return r;
}

static enum exit_code recover_all(struct ui *ui, const struct access *a, int64_t now,
    enum recovery how, unsigned *ret_changed)
{
	enum exit_code code = EXIT_DONE;
	struct names list = {0};
	struct err e;

	if (names_read(&a->store, &a->keys, &list, &e) != 0)
		code = ui_fail(ui, &e, NULL);
	for (size_t i = 0; i < list.err_count; i++)
		code = ui_fail(ui, &list.errs[i], NULL);
	for (size_t i = 0; i < list.count; i++) {
		int r = recover(a, list.names[i], now, how, &e);

		if (r < 0)
			code = ui_fail(ui, &e, NULL);
		else if (r > 0 && how == WRITE)
			access_audit(AUDIT_CLOCK, "recovered", list.names[i], NULL, NULL, NULL);
		*ret_changed += r > 0;
	}
	names_clear(&list);
	return code;
}

/* ---- show ---- */

/* The floor follows once in an hour: a clock that was ahead by less is seen in the people
 * alone.
 */
static enum exit_code show_people(struct ui *ui, const struct access *a, int64_t now)
{
	unsigned count = 0;
	enum exit_code code = recover_all(ui, a, now, LOOK, &count);

	if (count > 0)
		return ui_refuse(ui, ERR_CLOCK_OFF, "clock",
		    "timedatectl set-time ...; if the clock is right: sekisho clock accept",
		    "%u %s used codes ahead of it; until then theirs are refused", count,
		    count == 1 ? "person" : "people");
	return code;
}

static enum exit_code show(struct ui *ui, const struct access *a, const struct look *l)
{
	json_doc_set_time(&ui->json, "now", l->now);
	json_doc_set_time(&ui->json, "latest_accepted", l->floor);
	json_doc_set_number(&ui->json, "behind_seconds", l->behind);
	json_doc_set_bool(&ui->json, "damaged", l->damaged);
	ui_show(ui, "clock of this terminal:  %s", l->now_text);
	if (l->damaged)
		return ui_fail(ui, &l->err, "sekisho clock accept, when the clock is right");
	ui_show(ui, "latest accepted code:    %s", l->floor > 0 ? l->floor_text : "none yet");
	if (!field_time_ok(l->now))
		return access_check_clock(ui, &a->clock);
	if (l->behind == 0) {
		ui_show(ui, "the clock is not behind");
		return show_people(ui, a, l->now);
	}
	return ui_refuse(ui, ERR_CLOCK, "clock",
	    "timedatectl set-time ...; if the clock is right: sekisho clock accept",
	    "%s behind; TOTP codes are refused", l->span);
}

/* ---- accept ---- */

static enum exit_code ask(struct ui *ui, const struct look *l)
{
	char question[320];
	enum ui_reply reply;

	if (l->damaged)
		snprintf(question, sizeof(question),
		    "It is %s here; what time it was before is lost. Is this clock right?",
		    l->now_text);
	else
		snprintf(question, sizeof(question),
		    "It is %s here; the latest accepted code was at %s. Is this clock right? "
		    "Codes used by a clock that was ahead are given up.",
		    l->now_text, l->floor > 0 ? l->floor_text : "no time yet");
	reply = ui_confirm(ui, question);
	return reply == UI_REPLY_OK ? EXIT_DONE : ui_no_reply(ui, reply, "clock");
}

static int write_floor(const struct access *a, int64_t now, struct err *e)
{
	int lock = store_lock(&a->store, e), r;

	if (lock < 0)
		return -1;
	r = floor_set(&a->store, &a->keys, now, e);
	close(lock);
	return r;
}

static enum exit_code accept(struct ui *ui, const struct access *a, const struct look *l)
{
	enum exit_code code = access_check_clock(ui, &a->clock);
	unsigned changed = 0;
	int64_t now;
	struct err e;

	if (code == EXIT_DONE)
		code = ask(ui, l);
	if (code != EXIT_DONE)
		return code;
	now = a->clock.wall(&a->clock);
	ui_hold_signals(ui);
	if (write_floor(a, now, &e) != 0) {
		access_audit(AUDIT_CLOCK, "failed", NULL, NULL, NULL, &e);
		ui_release_signals(ui);
		return ui_fail(ui, &e, NULL);
	}
	code = recover_all(ui, a, now, WRITE, &changed);
	access_audit(
	    AUDIT_CLOCK, code == EXIT_DONE ? "done" : "partly", NULL, NULL, NULL, NULL);
	ui_release_signals(ui);
	json_doc_set_time(&ui->json, "now", now);
	json_doc_set_number(&ui->json, "given_up", changed);
	ui_say(ui, "clock accepted; codes of %u %s given up", changed,
	    changed == 1 ? "person were" : "people were");
	return code;
}

enum exit_code cmd_clock(struct ui *ui, const struct command *self, int argc, char **argv)
{
	static const struct option table[] = {COMMAND_OPTIONS};
	enum exit_code code;
	struct access a;
	struct look l;

	if (command_option(ui, self, argc, argv, table, &code) == -2)
		return code;
	code = command_operands(ui, self, argc, 0, 1);
	if (code != EXIT_DONE)
		return code;
	if (argv[optind] != NULL && strcmp(argv[optind], "accept") != 0)
		return command_misused(ui, self, argv[optind], "unknown word");
	code = access_open(ui, self->name, &a);
	if (code == EXIT_DONE && look(&a, &l) != 0)
		code = ui_fail(ui, &l.err, NULL);
	else if (code == EXIT_DONE)
		code = argv[optind] == NULL ? show(ui, &a, &l) : accept(ui, &a, &l);
	access_close(&a);
	return code;
}
