/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho list: who has which tokens, and who is locked. Changes nothing.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* wcswidth */
#endif
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#include "lib/factors/recovery.h"
#include "lib/store/lockout.h"
#include "tools/access.h"
#include "tools/command.h"
#include "tools/label.h"
#include "tools/names.h"
#include "tools/number.h"

enum { USER, TOKEN, KIND, DIGITS, CREATED, LAST_USED, STATE, COLUMNS };

struct row {
	char cell[COLUMNS][RECORD_NAME_SIZE];
};

/* What was found, in order of finding. */
struct listing {
	struct names people;
	size_t row_count;
	struct row *rows;
	bool all_suspended;
	char *codes; /* lines about the codes on paper of the one person asked for; or NULL */
};

static struct row *add_row(struct listing *l)
{
	struct row *list = names_grow(l->rows, l->row_count, sizeof(*list));

	if (list == NULL)
		return NULL;
	l->rows = list;
	l->rows[l->row_count] = (struct row){0};
	return &l->rows[l->row_count++];
}

static void listing_clear(struct listing *l)
{
	names_clear(&l->people);
	free(l->rows);
	free(l->codes);
}

/* ---- one person ---- */

static bool is_locked(const struct access *a, const struct state *s)
{
	uint32_t seconds;

	for (unsigned i = 0; i < STATE_BUCKETS; i++) {
		for (unsigned f = 0; f < STATE_FACTORS; f++) {
			if (lockout_check(&s->buckets[i], (enum source)i, (enum factor_kind)f,
			        &a->clock, &seconds) != LOCKOUT_OPEN)
				return true;
		}
	}
	return false;
}

static const char *state_word(
    const struct access *a, const struct person *p, const struct token *t)
{
	if (t == NULL || (p->record.flags & RECORD_TOMBSTONE) != 0)
		return "revoked";
	if ((p->record.flags & RECORD_SUSPENDED) != 0 || (t->flags & TOKEN_SUSPENDED) != 0)
		return "suspended";
	return is_locked(a, &p->state) ? "locked" : "enrolled";
}

/* When the step of the latest code of this token was, enrolment included. */
static int64_t last_used(struct person *p, const struct token *t)
{
	const struct counter *c = state_counter(&p->state, t->id);

	if (c == NULL || c->next == 0 || t->kind != TOKEN_TOTP ||
	    c->next > (uint64_t)INT64_MAX / 300)
		return 0;
	return (int64_t)(c->next - 1) * t->period;
}

static void fill_token(
    const struct ui *ui, struct person *p, const struct token *t, struct row *row)
{
	char text[TIME_SIZE];

	ui_clean(ui, t->label, row->cell[TOKEN], sizeof(row->cell[TOKEN]));
	snprintf(row->cell[KIND], sizeof(row->cell[KIND]), "%s", label_kind(t));
	snprintf(row->cell[DIGITS], sizeof(row->cell[DIGITS]), "%u", (unsigned)t->digits);
	time_write(t->created, TIME_DATE, text);
	snprintf(row->cell[CREATED], sizeof(row->cell[CREATED]), "%s", text);
	time_write(last_used(p, t), TIME_MINUTE, text);
	snprintf(row->cell[LAST_USED], sizeof(row->cell[LAST_USED]), "%s", text);
}

/* t NULL: a person without tokens */
static int list_token(const struct ui *ui, const struct access *a, struct listing *l,
    struct person *p, const struct token *t)
{
	struct row *row = add_row(l);

	if (row == NULL)
		return -1;
	for (size_t i = TOKEN; i < STATE; i++)
		snprintf(row->cell[i], sizeof(row->cell[i]), "-");
	ui_clean(ui, p->record.name, row->cell[USER], sizeof(row->cell[USER]));
	if (t != NULL)
		fill_token(ui, p, t, row);
	snprintf(row->cell[STATE], sizeof(row->cell[STATE]), "%s", state_word(a, p, t));
	return 0;
}

static int list_person(
    const struct ui *ui, const struct access *a, struct listing *l, struct person *p)
{
	int r = 0;

	if (p->record.token_count == 0)
		r = list_token(ui, a, l, p, NULL);
	for (size_t i = 0; r == 0 && i < p->record.token_count; i++)
		r = list_token(ui, a, l, p, &p->record.tokens[i]);
	return r;
}

/* ---- everybody ---- */

static int list_name(
    const struct ui *ui, const struct access *a, struct listing *l, const char *name)
{
	struct person p = {.state_fd = -1};
	bool found = false;
	struct err e;
	int r, lock;

	ui_hold_signals(a->ui);
	lock = store_lock(&a->store, &e);
	if (lock < 0) {
		ui_release_signals(a->ui);
		return names_add_err(&l->people, &e);
	}
	if (person_find(&a->store, &a->keys, name, &found, &p, &e) != 0)
		r = names_add_err(&l->people, &e);
	else
		r = found ? list_person(ui, a, l, &p) : 0;
	access_release(&p, &lock);
	ui_release_signals(a->ui);
	return r;
}

static int list_all(
    const struct ui *ui, const struct access *a, struct listing *l, struct err *e)
{
	if (names_read(&a->store, &a->keys, &l->people, e) != 0)
		return -1;
	for (size_t i = 0; i < l->people.count; i++) {
		if (list_name(ui, a, l, l->people.names[i]) != 0)
			return err_set(e, ERR_INTERNAL, "list", "out of memory");
	}
	return 0;
}

/* ---- codes on paper ---- */

static void print_temporary(
    const struct ui *ui, const struct person *p, unsigned i, int64_t now, FILE *out)
{
	const struct temporary_code *t = &p->record.temporary[i];
	unsigned spent = p->state.temporary_uses[i];
	unsigned left = spent < t->uses ? t->uses - spent : 0;
	char until[TIME_SIZE], issuer[32] = "-", reason[RECORD_REASON_SIZE];

	time_write(t->not_after, TIME_MINUTE, until);
	if (t->issuer != UINT32_MAX)
		snprintf(issuer, sizeof(issuer), "uid %u", (unsigned)t->issuer);
	ui_clean(ui, t->reason, reason, sizeof(reason));
	fprintf(out, "temporary code: until %s, ", until);
	if (left == 0)
		fputs("used up", out);
	else if (now >= t->not_after)
		fputs("expired", out);
	else
		fprintf(out, "%u %s left", left, left == 1 ? "use" : "uses");
	fprintf(out, ", from %s: %s\n", issuer, reason);
}

/* Into memory, for a lock is held. */
static int list_codes(
    const struct ui *ui, const struct access *a, struct listing *l, const struct person *p)
{
	int64_t now = a->clock.wall(&a->clock);
	size_t size = 0;
	FILE *out;

	if ((p->record.flags & RECORD_TOMBSTONE) != 0)
		return 0;
	out = open_memstream(&l->codes, &size);
	if (out == NULL)
		return -1;
	if (p->record.recovery_count == 0)
		fputs("recovery codes: none\n", out);
	else
		fprintf(out, "recovery codes: %u of %u\n", recovery_left(&p->record, &p->state),
		    (unsigned)p->record.recovery_count);
	for (unsigned i = 0; i < p->record.temporary_count; i++)
		print_temporary(ui, p, i, now, out);
	if ((p->state.flags & STATE_CODES_HELD) != 0)
		fputs("these codes are held after an interrupted write, until sekisho unlock\n",
		    out);
	return fclose(out) == 0 ? 0 : -1;
}

/* ---- the table ---- */

/* Places on the screen; a Japanese character takes two. */
static size_t text_width(const char *text)
{
	wchar_t wide[RECORD_NAME_SIZE];
	size_t n = mbstowcs(wide, text, RECORD_NAME_SIZE);
	int width;

	if (n == (size_t)-1 || n >= RECORD_NAME_SIZE)
		return strlen(text);
	width = wcswidth(wide, n);
	return width < 0 ? strlen(text) : (size_t)width;
}

static void print_row(const struct row *row, const size_t widths[COLUMNS])
{
	for (size_t i = 0; i < COLUMNS; i++) {
		fputs(row->cell[i], stdout);
		if (i + 1 == COLUMNS)
			break;
		for (size_t n = text_width(row->cell[i]); n < widths[i] + 2; n++)
			fputc(' ', stdout);
	}
	fputc('\n', stdout);
}

static void print_table(const struct listing *l)
{
	static const struct row head = {
	    {"USER", "TOKEN", "KIND", "DIGITS", "CREATED", "LAST USED", "STATE"}};
	size_t widths[COLUMNS];

	for (size_t i = 0; i < COLUMNS; i++) {
		widths[i] = strlen(head.cell[i]);
		for (size_t n = 0; n < l->row_count; n++) {
			size_t width = text_width(l->rows[n].cell[i]);

			widths[i] = width > widths[i] ? width : widths[i];
		}
	}
	print_row(&head, widths);
	for (size_t n = 0; n < l->row_count; n++)
		print_row(&l->rows[n], widths);
}

static enum exit_code report(struct ui *ui, const struct listing *l)
{
	const struct names *n = &l->people;

	if (l->row_count > 0 && ui_json(ui) == NULL)
		print_table(l);
	else if (l->row_count == 0 && n->err_count == 0)
		ui_say(ui, "nobody is enrolled");
	if (l->codes != NULL && ui_json(ui) == NULL)
		fputs(l->codes, stdout);
	if (l->all_suspended)
		ui_show(ui, "everybody is suspended, until sekisho resume --all");
	for (size_t i = 0; i < n->err_count; i++)
		ui_fail(ui, &n->errs[i],
		    n->errs[i].number == ERR_DAMAGED || n->errs[i].number == ERR_FOREIGN
		        ? "sekisho list USER finds whose it is; restore it from a backup, or "
		          "revoke and enroll"
		        : NULL);
	return n->err_count == 0 ? EXIT_DONE : EXIT_FAILED;
}

static enum exit_code list_one(
    struct ui *ui, const struct access *a, struct listing *l, const char *typed)
{
	enum exit_code code;
	struct person p;
	int lock = -1, r;

	code = access_person(ui, a, typed, &p, &lock);
	if (code != EXIT_DONE)
		return code;
	r = list_person(ui, a, l, &p);
	if (r == 0)
		r = list_codes(ui, a, l, &p);
	access_release(&p, &lock);
	ui_release_signals(ui);
	if (r != 0)
		return ui_refuse(ui, ERR_INTERNAL, "list", NULL, "out of memory");
	return report(ui, l);
}

static enum exit_code list(
    struct ui *ui, const struct access *a, struct listing *l, const char *user)
{
	struct err e;

	l->all_suspended = (a->keys.header_flags & HEADER_SUSPENDED) != 0;
	if (user != NULL)
		return list_one(ui, a, l, user);
	return list_all(ui, a, l, &e) == 0 ? report(ui, l) : ui_fail(ui, &e, NULL);
}

enum exit_code cmd_list(struct ui *ui, const struct command *self, int argc, char **argv)
{
	static const struct option table[] = {COMMAND_OPTIONS};
	struct listing l = {0};
	enum exit_code code;
	struct access a;

	if (command_option(ui, self, argc, argv, table, &code) == -2)
		return code;
	code = command_operands(ui, self, argc, 0, 1);
	if (code != EXIT_DONE)
		return code;
	ui->user = argv[optind];
	code = access_open(ui, self->name, &a);
	if (code == EXIT_DONE)
		code = list(ui, &a, &l, argv[optind]);
	listing_clear(&l);
	access_close(&a);
	return code;
}
