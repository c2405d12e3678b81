/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho unlock: resets every failure counter of a person. Touches no token.
 */
#include <string.h>

#include "lib/base/config.h"
#include "lib/store/floor.h"
#include "lib/store/lockout.h"
#include "tools/access.h"
#include "tools/command.h"

static bool is_clean(const struct bucket *b)
{
	bool clean = b->streak == 0 && b->until_ms == 0;

	for (size_t i = 0; i < STATE_FACTORS; i++)
		clean = clean && b->failures[i] == 0;
	return clean;
}

/* What was found on the way, to be told when nothing is locked any more. */
struct found {
	bool dirty, torn, ahead;
	bool kept; /* codes far into the future were left so, by a clock not to be believed */
};

/* By a clock that is behind, codes of the present are ahead: given back, they would open once
 * more. */
static bool is_behind(const struct access *a, int64_t now)
{
	int64_t floor = 0;

	return now < 0 || floor_read(&a->store, &a->keys, &floor, NULL) != 0 ||
	       floor_behind(floor, now) > 0;
}

static void give_back(const struct access *a, struct person *p, struct found *ret_f)
{
	int64_t now = a->clock.wall(&a->clock);
	struct state before = p->state;

	ret_f->ahead = person_recover(p, now, CONFIG_TOTP_WINDOW_MAX, PERSON_AHEAD_S);
	ret_f->kept = ret_f->ahead && is_behind(a, now);
	if (!ret_f->kept)
		return;
	ret_f->ahead = false;
	p->state = before;
}

/* Under the locks, and silent. */
static int unlock_person(
    const struct access *a, struct person *p, struct found *ret_f, struct err *e)
{
	bool dirty = (p->state.flags & STATE_CODES_HELD) != 0;

	ret_f->torn = access_distrust_torn(a, p);
	give_back(a, p, ret_f);
	p->state.flags &= ~(uint32_t)STATE_CODES_HELD;
	for (size_t i = 0; i < STATE_BUCKETS; i++) {
		dirty = dirty || !is_clean(&p->state.buckets[i]);
		lockout_reset(&p->state.buckets[i]);
	}
	ret_f->dirty = dirty || ret_f->ahead;
	return person_save_state(&a->store, &a->keys, p, e);
}

static enum exit_code unlock(struct ui *ui, const struct access *a, const char *typed)
{
	char name[RECORD_NAME_SIZE], shown[RECORD_NAME_SIZE];
	struct found f = {0};
	enum exit_code code;
	struct person p;
	struct err e;
	int lock = -1, r;

	code = access_person(ui, a, typed, &p, &lock);
	if (code != EXIT_DONE)
		return code;
	memcpy(name, p.record.name, sizeof(name));
	r = unlock_person(a, &p, &f, &e);
	access_release(&p, &lock);
	if (r == 0 && f.torn)
		access_note_torn(name, &e);
	access_audit(AUDIT_UNLOCK, r == 0 ? "done" : "failed", name, NULL, NULL,
	    r != 0 || f.torn ? &e : NULL);
	ui_release_signals(ui);
	if (r != 0)
		return ui_fail(ui, &e, NULL);
	if (f.ahead)
		ui_warn(ui, "codes were refused far into the future: the clock had been ahead");
	if (f.kept)
		ui_warn(
		    ui, "codes ahead of this clock stay used, for it is behind: sekisho clock");
	if (f.torn)
		access_tell_torn(ui, name);
	json_doc_set_text(&ui->json, "user", name);
	json_doc_set_bool(&ui->json, "changed", f.dirty);
	ui_clean(ui, name, shown, sizeof(shown));
	ui_say(ui, f.dirty ? "%s: unlocked" : "%s: there were no failures to forget", shown);
	return EXIT_DONE;
}

enum exit_code cmd_unlock(struct ui *ui, const struct command *self, int argc, char **argv)
{
	static const struct option table[] = {COMMAND_OPTIONS};
	enum exit_code code;
	struct access a;

	if (command_option(ui, self, argc, argv, table, &code) == -2)
		return code;
	code = command_operands(ui, self, argc, 1, 1);
	if (code != EXIT_DONE)
		return code;
	ui->user = argv[optind];
	code = access_open(ui, self->name, &a);
	if (code == EXIT_DONE)
		code = unlock(ui, &a, argv[optind]);
	access_close(&a);
	return code;
}
