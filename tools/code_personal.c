/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho code recovery and code temporary: codes of one person, made or taken back. What is
 * shown was stored before, once; a file is there before.
 */
#include <stdio.h>
#include <string.h>

#include "lib/factors/recovery.h"
#include "lib/store/field.h"
#include "lib/store/floor.h"
#include "tools/access.h"
#include "tools/codes.h"
#include "tools/number.h"
#include "tools/sheet.h"

struct issue {
	const struct code_request *q;
	const char *word; /* for the log */
	struct sheet sheet;
	struct stored_code sealed[RECORD_RECOVERY_MAX];
	char issuer[RECORD_NAME_SIZE];
	/* Puts the codes into the record, and, when that is durable, makes them usable. */
	int (*add)(struct issue *i, struct person *p, struct err *e);
	void (*release)(const struct issue *i, struct state *s);
	unsigned slot; /* of a temporary code */
	/* what came out, told when no lock is held any more */
	char name[RECORD_NAME_SIZE];
	bool torn, held, unusable, suspended;
	bool ahead; /* codes were used under a clock that was ahead */
};

static bool is_used_up(const struct person *p, unsigned i)
{
	return p->state.temporary_uses[i] >= p->record.temporary[i].uses;
}

static bool is_over(const struct person *p, unsigned i, int64_t now)
{
	return is_used_up(p, i) || now >= p->record.temporary[i].not_after;
}

/* ---- recovery ---- */

static int add_recovery(struct issue *i, struct person *p, struct err *e)
{
	(void)e;
	_Static_assert(sizeof(i->sealed) == sizeof(p->record.recovery), "ten codes each");
	memcpy(p->record.recovery, i->sealed, sizeof(p->record.recovery));
	p->record.recovery_count = RECORD_RECOVERY_MAX;
	return 0;
}

static void release_recovery(const struct issue *i, struct state *s)
{
	(void)i;
	s->recovery_spent = 0;
}

/* ---- temporary ---- */

/* A free place, or that of a code that is over. */
static int choose_slot(const struct person *p, int64_t now, unsigned *ret_slot)
{
	if (p->record.temporary_count < RECORD_TEMPORARY_MAX) {
		*ret_slot = p->record.temporary_count;
		return 0;
	}
	for (unsigned n = 0; n < RECORD_TEMPORARY_MAX; n++) {
		if (!is_over(p, n, now))
			continue;
		*ret_slot = n;
		return 0;
	}
	return -1;
}

static int add_temporary(struct issue *i, struct person *p, struct err *e)
{
	struct temporary_code *t;

	if (choose_slot(p, i->sheet.made, &i->slot) != 0)
		return err_set(e, ERR_LIMIT, p->record.name,
		    "has %d temporary codes, the most there can be", RECORD_TEMPORARY_MAX);
	t = &p->record.temporary[i->slot];
	if (i->slot == p->record.temporary_count)
		p->record.temporary_count++;
	*t = (struct temporary_code){.code = i->sealed[0],
	    .not_before = field_time_clamp(i->sheet.made - FLOOR_TOLERANCE_S),
	    .not_after = i->sheet.until,
	    .uses = (uint16_t)i->sheet.uses,
	    .issuer = access_actor()};
	snprintf(t->reason, sizeof(t->reason), "%s", i->sheet.reason);
	return 0;
}

static void release_temporary(const struct issue *i, struct state *s)
{
	s->temporary_uses[i->slot] = 0;
}

/* ---- both ---- */

/* A lost write may have spent any code of before. Recovery codes are all new now; temporary
 * ones that could still open keep it waiting for an administrator. */
static void review_hold(struct issue *i, struct person *p)
{
	bool open = false;

	for (unsigned n = 0; n < p->record.temporary_count; n++)
		open = open || !is_over(p, n, i->sheet.made);
	if (!open)
		p->state.flags &= ~(uint32_t)STATE_CODES_HELD;
	i->held = (p->state.flags & STATE_CODES_HELD) != 0;
}

/* The record first, with the state as it was: what was spent stays spent until the codes it
 * belonged to are gone. Cut short in between, some of the new codes count as spent, also
 * those of a sheet that is in a file already. */
static int write_codes(const struct access *a, struct issue *i, struct person *p, struct err *e)
{
	uint64_t before = p->generation;

	p->record.changed = i->sheet.made;
	if (person_put(&a->store, &a->keys, p, e) != 0) {
		i->unusable = p->generation != before;
		return -1;
	}
	i->unusable = true;
	i->release(i, &p->state);
	review_hold(i, p);
	if (person_save_state(&a->store, &a->keys, p, e) != 0)
		return -1;
	i->unusable = false;
	return 0;
}

/* Under the locks, and silent. Writes nothing. */
static int judge(const struct access *a, struct issue *i, struct person *p, struct err *e)
{
	const struct record *r = &p->record;

	memcpy(i->name, r->name, sizeof(i->name));
	if ((r->flags & RECORD_TOMBSTONE) != 0)
		return err_set(e, ERR_REVOKED, r->name, "revoked before");
	if (r->token_count == 0)
		return err_set(e, ERR_NOT_ENROLLED, r->name, "has no token");
	i->torn = access_distrust_torn(a, p);
	i->suspended = (r->flags & RECORD_SUSPENDED) != 0;
	i->ahead = i->sheet.kind == SHEET_TEMPORARY &&
	           floor_behind(p->state.accepted, i->sheet.made) > 0;
	return i->add(i, p, e);
}

static int carry_out(const struct access *a, struct issue *i, struct person *p, struct err *e)
{
	return judge(a, i, p, e) != 0 ? -1 : write_codes(a, i, p, e);
}

static enum exit_code refuse(struct ui *ui, const struct issue *i, const struct err *e)
{
	access_audit(AUDIT_CODE, "failed", i->name, i->word, i->q->reason, e);
	if (i->unusable)
		ui_warn(ui, "%s: codes of before may be gone: sekisho code %s %s", i->name,
		    i->word, i->name);
	return ui_fail(ui, e,
	    e->number == ERR_LIMIT
	        ? "sekisho list USER; one that is used up or expired gives way"
	        : NULL);
}

static void tell_data(struct ui *ui, const struct sheet_place *place, const struct issue *i)
{
	json_doc_set_text(&ui->json, "user", i->name);
	json_doc_set_text(&ui->json, "kind", i->word);
	json_doc_set_text(&ui->json, "file", place->file);
	json_doc_set_bool(&ui->json, "held", i->held);
	if (i->sheet.kind != SHEET_TEMPORARY)
		return;
	json_doc_set_time(&ui->json, "until", i->sheet.until);
	json_doc_set_number(&ui->json, "uses", i->sheet.uses);
}

/* No lock is held. They are stored: whatever happens here, they open. */
static enum exit_code tell(struct ui *ui, const struct access *a,
    const struct sheet_place *place, struct issue *i, struct err *e)
{
	if (i->torn)
		access_note_torn(i->name, e);
	access_audit(AUDIT_CODE, "done", i->name, i->word, i->q->reason, i->torn ? e : NULL);
	if (i->torn)
		access_tell_torn(ui, i->name);
	if (!sheet_comes_first(place) && sheet_print(ui, place, &i->sheet, e) != 0) {
		ui_fail(ui, e, "");
		return ui_refuse(ui, e->number, i->name, "run the command again",
		    "new codes are stored, but nobody has seen them");
	}
	tell_data(ui, place, i);
	if (place->file == NULL || strcmp(place->file, "-") != 0)
		ui_say(ui,
		    i->sheet.count > 1 ? "%s: %u recovery codes stored; those before them no "
		                         "longer work"
		                       : "%s: %u temporary code stored",
		    i->sheet.whom, i->sheet.count);
	if (i->held)
		ui_warn(ui,
		    "%s: codes are held after an interrupted write until sekisho unlock %s",
		    i->name, i->name);
	if (i->ahead)
		ui_warn(ui,
		    "%s used codes under a clock that was ahead; until then this one does not "
		    "open: sekisho clock accept",
		    i->name);
	access_warn_suspended(a, i->name, i->suspended);
	return EXIT_DONE;
}

/* A visit to the person: may it be, and, when that is asked for, it is. */
static enum exit_code visit(struct ui *ui, const struct access *a, struct issue *i,
    int (*act)(const struct access *, struct issue *, struct person *, struct err *),
    struct err *e)
{
	enum exit_code code;
	struct person p;
	int lock = -1, r;

	code = access_person(ui, a, i->q->names[0], &p, &lock);
	if (code != EXIT_DONE)
		return code;
	r = act(a, i, &p, e);
	access_release(&p, &lock);
	return r == 0 ? EXIT_DONE : refuse(ui, i, e);
}

static enum exit_code store_and_show(
    struct ui *ui, const struct access *a, const struct sheet_place *place, struct issue *i)
{
	enum exit_code code = EXIT_DONE;
	char shown[RECORD_NAME_SIZE];
	struct err e;

	i->sheet.whom = shown;
	if (sheet_comes_first(place)) {
		/* the disk is slow: nobody is to wait for it at a lock */
		code = visit(ui, a, i, judge, &e);
		ui_clean(ui, i->name, shown, sizeof(shown));
		if (code == EXIT_DONE && sheet_print(ui, place, &i->sheet, &e) != 0)
			return ui_fail(ui, &e, NULL);
	}
	if (code != EXIT_DONE)
		return code;
	code = visit(ui, a, i, carry_out, &e);
	ui_clean(ui, i->name, shown, sizeof(shown));
	if (code != EXIT_DONE && !i->unusable)
		sheet_withdraw(ui, place);
	else if (code != EXIT_DONE && sheet_comes_first(place))
		ui_warn(ui, "%s stays: its codes may be those that open now", place->file);
	return code == EXIT_DONE ? tell(ui, a, place, i, &e) : code;
}

static enum exit_code issue(
    struct ui *ui, const struct access *a, const struct sheet_place *place, struct issue *i)
{
	enum exit_code code;

	for (unsigned n = 0; n < i->sheet.count; n++) {
		if (recovery_seal(i->sheet.codes[n], &i->sealed[n]) != 0)
			return ui_refuse(ui, ERR_INTERNAL, "code", NULL, "no random numbers");
	}
	/* from stored to shown, or nobody would know them */
	ui_hold_signals(ui);
	code = store_and_show(ui, a, place, i);
	ui_release_signals(ui);
	return code;
}

/* It begins and ends by the clock. */
static enum exit_code check_clock(struct ui *ui, const struct access *a)
{
	int64_t floor = 0, behind;
	char span[SPAN_SIZE];
	struct err e;

	if (floor_read(&a->store, &a->keys, &floor, &e) != 0)
		return ui_fail(ui, &e, "sekisho clock accept");
	behind = floor_behind(floor, a->clock.wall(&a->clock));
	if (behind == 0)
		return EXIT_DONE;
	span_write(behind, span);
	return ui_refuse(ui, ERR_CLOCK, "code temporary",
	    "timedatectl set-time ...; sekisho clock; or: sekisho code recovery USER",
	    "the clock is %s behind; a temporary code would not work", span);
}

static enum exit_code run(
    struct ui *ui, const struct command *self, struct issue *i, unsigned count)
{
	struct sheet_place place = {.outfile = {.dir = -1}};
	struct access a;
	enum exit_code code;

	ui->user = i->q->names[0];
	code = access_open(ui, self->name, &a);
	if (code == EXIT_DONE)
		code = access_check_clock(ui, &a.clock);
	if (code == EXIT_DONE && i->add == add_temporary)
		code = check_clock(ui, &a);
	if (code == EXIT_DONE)
		code = sheet_prepare(ui, i->q->file, &place);
	if (code == EXIT_DONE && sheet_make_codes(&i->sheet, CODE_PERSONAL, count) != 0)
		code = ui_refuse(ui, ERR_INTERNAL, "code", NULL, "no random numbers");
	if (code == EXIT_DONE) {
		i->sheet.made = a.clock.wall(&a.clock);
		code = access_check_time(ui, i->sheet.made);
	}
	if (code == EXIT_DONE) {
		i->sheet.until = field_time_clamp(i->sheet.made + i->q->valid);
		i->sheet.uses = i->q->uses;
		i->sheet.reason = i->q->reason;
		access_actor_name(ui, access_actor(), i->issuer, sizeof(i->issuer));
		i->sheet.issuer = i->issuer;
		sheet_name_host(ui, &i->sheet);
		code = issue(ui, &a, &place, i);
	}
	sheet_close(&place);
	access_close(&a);
	wipe(i, sizeof(*i));
	return code;
}

enum exit_code code_recovery(
    struct ui *ui, const struct command *self, const struct code_request *q)
{
	struct issue i = {.q = q,
	    .word = "recovery",
	    .sheet = {.kind = SHEET_RECOVERY},
	    .add = add_recovery,
	    .release = release_recovery};

	return run(ui, self, &i, RECORD_RECOVERY_MAX);
}

/* ---- taken back ---- */

/* As write_codes: what was used up stays so until it is gone. 1: there was none. */
static int take_back(const struct access *a, struct issue *i, struct person *p, struct err *e)
{
	struct record *r = &p->record;

	memcpy(i->name, r->name, sizeof(i->name));
	if ((r->flags & RECORD_TOMBSTONE) != 0)
		return err_set(e, ERR_REVOKED, r->name, "revoked before");
	if (r->temporary_count == 0)
		return 1;
	i->torn = access_distrust_torn(a, p);
	r->temporary_count = 0;
	wipe(r->temporary, sizeof(r->temporary));
	r->changed = a->clock.wall(&a->clock);
	if (person_put(&a->store, &a->keys, p, e) != 0)
		return -1;
	memset(p->state.temporary_uses, 0, sizeof(p->state.temporary_uses));
	return person_save_state(&a->store, &a->keys, p, e);
}

static enum exit_code remove_temporary(struct ui *ui, const struct access *a, struct issue *i)
{
	char shown[RECORD_NAME_SIZE];
	enum exit_code code;
	struct person p;
	struct err e;
	int lock = -1, r;

	code = access_person(ui, a, i->q->names[0], &p, &lock);
	if (code != EXIT_DONE)
		return code;
	r = take_back(a, i, &p, &e);
	access_release(&p, &lock);
	if (r == 0 && i->torn)
		access_note_torn(i->name, &e);
	access_audit(AUDIT_CODE,
	    r == 0  ? "removed"
	    : r > 0 ? "unchanged"
	            : "failed",
	    i->name, i->word, i->q->reason, r < 0 || i->torn ? &e : NULL);
	ui_release_signals(ui);
	if (r < 0)
		return ui_fail(ui, &e, NULL);
	if (i->torn)
		access_tell_torn(ui, i->name);
	json_doc_set_text(&ui->json, "user", i->name);
	json_doc_set_text(&ui->json, "kind", i->word);
	json_doc_set_bool(&ui->json, "removed", r == 0);
	ui_clean(ui, i->name, shown, sizeof(shown));
	ui_say(ui, r == 0 ? "%s: temporary codes removed" : "%s: there was no temporary code",
	    shown);
	return EXIT_DONE;
}

static enum exit_code run_remove(struct ui *ui, const struct command *self, struct issue *i)
{
	struct access a;
	enum exit_code code;

	ui->user = i->q->names[0];
	code = access_open(ui, self->name, &a);
	if (code == EXIT_DONE)
		code = access_check_clock(ui, &a.clock);
	if (code == EXIT_DONE)
		code = remove_temporary(ui, &a, i);
	access_close(&a);
	return code;
}

enum exit_code code_temporary(
    struct ui *ui, const struct command *self, const struct code_request *q)
{
	struct issue i = {.q = q,
	    .word = "temporary",
	    .sheet = {.kind = SHEET_TEMPORARY},
	    .add = add_temporary,
	    .release = release_temporary};

	return q->remove ? run_remove(ui, self, &i) : run(ui, self, &i, 1);
}
