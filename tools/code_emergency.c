/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho code emergency: makes or removes the code for the envelope. Opens no header, no key
 * and no configuration: it works while they are broken.
 */
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/store/emergency.h"
#include "lib/store/floor.h"
#include "tools/access.h"
#include "tools/codes.h"
#include "tools/sheet.h"

static const char object[] = "emergency code";

struct envelope {
	const struct code_request *q;
	struct store store; /* only its directory */
	struct clock_source clock;
	struct account people[EMERGENCY_UIDS_MAX];
	unsigned count;
	char whom[SHEET_FOR_SIZE]; /* their names */
	/* what was there when the question was asked, to be replaced or removed */
	int found; /* 0, or the number of the error */
	struct emergency before;
	/* what is put there */
	struct emergency made;
	char line[32]; /* its number, as logins log it */
};

static void add_person(struct envelope *v, const struct account *who)
{
	for (unsigned i = 0; i < v->count; i++) {
		if (v->people[i].uid == who->uid)
			return;
	}
	if (v->count < EMERGENCY_UIDS_MAX)
		v->people[v->count++] = *who;
}

static void add_uid(struct envelope *v, uid_t uid, const char *otherwise)
{
	const struct passwd *pw = getpwuid(uid);
	struct account who = {.uid = uid};

	if (pw != NULL && strlen(pw->pw_name) < sizeof(who.name))
		memcpy(who.name, pw->pw_name, strlen(pw->pw_name) + 1);
	else if (otherwise != NULL)
		snprintf(who.name, sizeof(who.name), "%s", otherwise);
	else
		return;
	add_person(v, &who);
}

/* Those named; else root, and who is behind this root shell. */
static enum exit_code choose_people(struct ui *ui, struct envelope *v)
{
	enum exit_code code = EXIT_DONE;
	uint32_t actor = access_actor();
	struct account who;

	for (unsigned i = 0; code == EXIT_DONE && i < v->q->name_count; i++) {
		ui->user = v->q->names[i];
		code = access_account(ui, v->q->names[i], &who);
		if (code == EXIT_DONE)
			add_person(v, &who);
	}
	if (v->q->name_count == 0) {
		add_uid(v, 0, "root");
		if (actor != UINT32_MAX)
			add_uid(v, actor, NULL);
	}
	return code;
}

static void name_people(const struct ui *ui, struct envelope *v)
{
	char name[RECORD_NAME_SIZE];
	size_t used = 0;

	for (unsigned i = 0; i < v->count && used < sizeof(v->whom); i++) {
		ui_clean(ui, v->people[i].name, name, sizeof(name));
		used += (size_t)snprintf(
		    v->whom + used, sizeof(v->whom) - used, "%s%s", i > 0 ? ", " : "", name);
	}
}

/* One line for each person it lets in. */
static void log_people(const struct envelope *v, const char *result, const struct err *e)
{
	for (unsigned i = 0; i < v->count; i++)
		access_audit(AUDIT_CODE, result, v->people[i].name, "emergency", v->line, e);
}

static void look(struct envelope *v, struct err *e)
{
	v->found =
	    emergency_read(v->store.dir, ACCESS_STORE, &v->before, e) == 0 ? 0 : (int)e->number;
}

/* Under the store's lock: another administrator may have made one, or somebody used it. */
static int check_unchanged(const struct envelope *v, struct err *e)
{
	struct envelope now = {.store = v->store};
	bool same;

	look(&now, e);
	same = now.found == v->found &&
	       (now.found != 0 ||
	           (memcmp(now.before.id, v->before.id, sizeof(now.before.id)) == 0 &&
	               now.before.spent == v->before.spent));
	wipe(&now, sizeof(now));
	return same ? 0 : err_set(e, ERR_BUSY, object, "changed meanwhile; nothing written");
}

/* Asks before an unused one is lost. */
static enum exit_code ask_replace(struct ui *ui, struct envelope *v)
{
	enum ui_reply reply;
	char why[400];
	struct err e;

	look(v, &e);
	if (v->found == ERR_NOT_ENROLLED || (v->found == 0 && v->before.spent))
		return EXIT_DONE;
	if (v->found != 0) {
		err_format(&e, why, sizeof(why));
		ui_warn(ui, "%s", why);
	}
	reply = ui_confirm(ui, v->found != 0
	                           ? "emergency code: replace the one that cannot be read?"
	                           : "emergency code: replace the unused one? The envelope "
	                             "of before no longer opens anything then.");
	return reply == UI_REPLY_OK ? EXIT_DONE : ui_no_reply(ui, reply, object);
}

static int write_code(const struct envelope *v, struct err *e)
{
	int lock = store_lock(&v->store, e), r;

	if (lock < 0)
		return -1;
	r = check_unchanged(v, e);
	if (r == 0)
		r = emergency_put(v->store.dir, ACCESS_STORE, &v->made, e);
	close(lock);
	return r;
}

/* The code and its number, nowhere yet. */
static enum exit_code prepare(struct ui *ui, struct envelope *v, struct sheet *s)
{
	uid_t uids[EMERGENCY_UIDS_MAX];
	struct err e;

	for (unsigned i = 0; i < v->count; i++)
		uids[i] = v->people[i].uid;
	sheet_name_host(ui, s);
	if (sheet_make_codes(s, CODE_EMERGENCY, 1) != 0)
		return ui_refuse(ui, ERR_INTERNAL, object, NULL, "no random numbers");
	if (emergency_make(s->codes[0], uids, v->count, s->made, &v->made, &e) != 0)
		return ui_fail(ui, &e, NULL);
	for (size_t i = 0; i < sizeof(v->made.id); i++)
		snprintf(s->number + 2 * i, 3, "%02x", v->made.id[i]);
	snprintf(v->line, sizeof(v->line), "code %s", s->number);
	return EXIT_DONE;
}

/* The disk failed. Which code opens after the next start is not known when the new one is in
 * place now: whoever has it must not lose it. */
static enum exit_code write_failed(struct ui *ui, const struct envelope *v,
    const struct sheet_place *place, const struct sheet *s, const struct err *e)
{
	struct emergency now;
	struct err why;
	bool placed = emergency_read(v->store.dir, ACCESS_STORE, &now, &why) == 0 &&
	              memcmp(now.id, v->made.id, sizeof(now.id)) == 0;

	wipe(&now, sizeof(now));
	log_people(v, "failed", e);
	if (!placed)
		sheet_withdraw(ui, place);
	else if (!sheet_comes_first(place) && sheet_print(ui, place, s, &why) != 0)
		ui_fail(ui, &why, "");
	if (placed)
		ui_warn(ui,
		    "code %s is in place, but may be gone after a power failure: keep "
		    "it and the envelope of before",
		    s->number);
	return ui_fail(ui, e, e->number == ERR_BUSY ? "run the command again" : NULL);
}

static enum exit_code write_and_show(
    struct ui *ui, const struct envelope *v, const struct sheet_place *place, struct sheet *s)
{
	bool first = sheet_comes_first(place);
	struct err e;

	if (first && sheet_print(ui, place, s, &e) != 0)
		return ui_fail(ui, &e, NULL);
	if (write_code(v, &e) != 0)
		return write_failed(ui, v, place, s, &e);
	log_people(v, "done", NULL);
	if (!first && sheet_print(ui, place, s, &e) != 0) {
		ui_fail(ui, &e, "");
		return ui_refuse(ui, e.number, object, "run the command again",
		    "a new one is stored, but nobody has seen it");
	}
	json_doc_set_text(&ui->json, "kind", "emergency");
	json_doc_set_text(&ui->json, "people", v->whom);
	json_doc_set_text(&ui->json, "code_number", s->number);
	json_doc_set_text(&ui->json, "file", place->file);
	if (place->file == NULL || strcmp(place->file, "-") != 0)
		ui_say(ui, "emergency code stored, for %s", v->whom);
	return EXIT_DONE;
}

static enum exit_code make(struct ui *ui, struct envelope *v)
{
	struct sheet_place place = {.outfile = {.dir = -1}};
	struct sheet s = {
	    .kind = SHEET_EMERGENCY, .whom = v->whom, .made = v->clock.wall(&v->clock)};
	enum exit_code code = choose_people(ui, v);

	name_people(ui, v);
	if (code == EXIT_DONE)
		code = sheet_prepare(ui, v->q->file, &place);
	if (code == EXIT_DONE)
		code = ask_replace(ui, v);
	if (code == EXIT_DONE)
		code = prepare(ui, v, &s);
	if (code == EXIT_DONE) {
		ui_hold_signals(ui);
		code = write_and_show(ui, v, &place, &s);
		ui_release_signals(ui);
	}
	wipe(&s, sizeof(s));
	sheet_close(&place);
	return code;
}

/* 1: there is none. */
static int remove_file(const struct envelope *v, struct err *e)
{
	int lock = store_lock(&v->store, e), r;

	if (lock < 0)
		return -1;
	r = check_unchanged(v, e);
	if (r == 0) {
		r = emergency_remove(v->store.dir, ACCESS_STORE, e);
		if (r != 0 && e->number == ERR_NOT_ENROLLED)
			r = 1;
	}
	close(lock);
	return r;
}

static enum exit_code remove_code(struct ui *ui, struct envelope *v)
{
	enum ui_reply reply;
	struct err e;
	int r;

	look(v, &e);
	reply = ui_confirm(ui,
	    "emergency code: remove it? With a broken configuration, store or clock nobody "
	    "may be able to log in then.");
	if (reply != UI_REPLY_OK)
		return ui_no_reply(ui, reply, object);
	ui_hold_signals(ui);
	r = remove_file(v, &e);
	access_audit(AUDIT_CODE,
	    r == 0  ? "removed"
	    : r > 0 ? "unchanged"
	            : "failed",
	    NULL, "emergency", NULL, r < 0 ? &e : NULL);
	ui_release_signals(ui);
	if (r < 0)
		return ui_fail(ui, &e, e.number == ERR_BUSY ? "run the command again" : NULL);
	json_doc_set_text(&ui->json, "kind", "emergency");
	json_doc_set_bool(&ui->json, "removed", r == 0);
	ui_say(ui, r == 0 ? "emergency code removed" : "there was no emergency code");
	return EXIT_DONE;
}

enum exit_code code_emergency(
    struct ui *ui, const struct command *self, const struct code_request *q)
{
	struct envelope v = {.q = q,
	    .store = {.path = ACCESS_STORE,
	        .etc_path = ACCESS_ETC,
	        .dir = -1,
	        .records = -1,
	        .states = -1,
	        .decoys = -1,
	        .etc = -1}};
	enum exit_code code = access_check_root(ui, self->name);
	struct err e;

	if (code != EXIT_DONE)
		return code;
	if (q->remove && q->name_count > 0)
		return command_misused(ui, self, "--remove", "stands alone");
	access_seal_memory(ui);
	audit_open();
	clock_system(&v.clock);
	v.store.dir = emergency_open_dir(ACCESS_STORE, &e);
	if (v.store.dir < 0)
		return ui_fail(ui, &e, e.number == ERR_IO ? "sekisho init" : NULL);
	code = q->remove ? remove_code(ui, &v) : make(ui, &v);
	wipe(&v.before, sizeof(v.before));
	wipe(&v.made, sizeof(v.made));
	close(v.store.dir);
	return code;
}
