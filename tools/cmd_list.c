/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho list: who has which tokens, and who is locked. Changes nothing.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* reallocarray, wcswidth */
#endif
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#include "lib/store/lockout.h"
#include "tools/access.h"
#include "tools/command.h"

enum { USER, TOKEN, KIND, DIGITS, CREATED, LAST_USED, STATE, COLUMNS };

struct row {
	char cell[COLUMNS][RECORD_NAME_SIZE];
};

/* What was found, in order of finding. */
struct listing {
	size_t name_count, row_count, err_count;
	char (*names)[RECORD_NAME_SIZE];
	struct row *rows;
	struct err *errs;
};

static void *grow(void *list, size_t count, size_t size)
{
	/* powers of two only, so that it seldom moves */
	if ((count & (count - 1)) != 0)
		return list;
	return reallocarray(list, count == 0 ? 1 : 2 * count, size);
}

static int add_err(struct listing *l, const struct err *e)
{
	struct err *list = grow(l->errs, l->err_count, sizeof(*list));

	if (list == NULL)
		return -1;
	l->errs = list;
	l->errs[l->err_count++] = *e;
	return 0;
}

static struct row *add_row(struct listing *l)
{
	struct row *list = grow(l->rows, l->row_count, sizeof(*list));

	if (list == NULL)
		return NULL;
	l->rows = list;
	l->rows[l->row_count] = (struct row){0};
	return &l->rows[l->row_count++];
}

static int visit_record(
    void *context, const char *file, const struct record *r, const struct err *e)
{
	struct listing *l = context;
	char(*names)[RECORD_NAME_SIZE];

	(void)file; /* e names it */
	if (r == NULL)
		return add_err(l, e);
	names = grow(l->names, l->name_count, sizeof(*names));
	if (names == NULL)
		return -1;
	l->names = names;
	memcpy(l->names[l->name_count++], r->name, RECORD_NAME_SIZE);
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void listing_clear(struct listing *l)
{
	free(l->names);
	free(l->rows);
	free(l->errs);
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

enum { WHOLE_TIME = 16, DATE_ONLY = 10 }; /* characters of 2024-04-01 08:30 */

/* "-" for no time. */
static void write_time(int64_t when, int length, char *out, size_t size)
{
	time_t t = (time_t)when;
	char text[64];
	struct tm tm;

	if (when <= 0 || localtime_r(&t, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm) == 0)
		snprintf(out, size, "-");
	else
		snprintf(out, size, "%.*s", length, text);
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
	static const char *const kinds[] = {
	    [TOKEN_TOTP] = "totp", [TOKEN_HOTP] = "hotp", [TOKEN_CARD] = "card"};

	ui_clean(ui, t->label, row->cell[TOKEN], sizeof(row->cell[TOKEN]));
	snprintf(row->cell[KIND], sizeof(row->cell[KIND]), "%s",
	    t->kind >= TOKEN_TOTP && t->kind <= TOKEN_CARD ? kinds[t->kind] : "-");
	snprintf(row->cell[DIGITS], sizeof(row->cell[DIGITS]), "%u", (unsigned)t->digits);
	write_time(t->created, DATE_ONLY, row->cell[CREATED], sizeof(row->cell[CREATED]));
	write_time(
	    last_used(p, t), WHOLE_TIME, row->cell[LAST_USED], sizeof(row->cell[LAST_USED]));
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
	int r, lock = store_lock(&a->store, &e);

	if (lock < 0)
		return add_err(l, &e);
	if (person_find(&a->store, &a->keys, name, &found, &p, &e) != 0)
		r = add_err(l, &e);
	else
		r = found ? list_person(ui, a, l, &p) : 0;
	if (found)
		person_close(&p);
	close(lock);
	return r;
}

static int list_all(
    const struct ui *ui, const struct access *a, struct listing *l, struct err *e)
{
	err_set(e, ERR_INTERNAL, "list", "out of memory"); /* stays when the visitor ends it */
	if (store_each(&a->store, &a->keys, visit_record, l, e) != 0)
		return -1;
	if (l->name_count > 0)
		qsort(l->names, l->name_count, sizeof(l->names[0]), compare_names);
	for (size_t i = 0; i < l->name_count; i++) {
		if (list_name(ui, a, l, l->names[i]) != 0)
			return -1;
	}
	return 0;
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
	if (l->row_count > 0)
		print_table(l);
	else if (l->err_count == 0)
		ui_say(ui, "nobody is enrolled");
	for (size_t i = 0; i < l->err_count; i++)
		ui_fail(ui, &l->errs[i],
		    l->errs[i].number == ERR_DAMAGED || l->errs[i].number == ERR_FOREIGN
		        ? "sekisho list USER finds whose it is; restore it from a backup, or "
		          "revoke and enroll"
		        : NULL);
	return l->err_count == 0 ? EXIT_DONE : EXIT_FAILED;
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
	access_release(&p, &lock);
	if (r != 0)
		return ui_refuse(ui, ERR_INTERNAL, "list", NULL, "out of memory");
	return report(ui, l);
}

enum exit_code cmd_list(struct ui *ui, const struct command *self, int argc, char **argv)
{
	static const struct option table[] = {COMMAND_OPTIONS};
	struct listing l = {0};
	enum exit_code code;
	struct access a;
	struct err e;

	if (command_option(ui, self, argc, argv, table, &code) == -2)
		return code;
	code = command_operands(ui, self, argc, 0, 1);
	if (code != EXIT_DONE)
		return code;
	ui->user = argv[optind];
	code = access_open(ui, self->name, &a);
	if (code == EXIT_DONE && argv[optind] != NULL)
		code = list_one(ui, &a, &l, argv[optind]);
	else if (code == EXIT_DONE)
		code = list_all(ui, &a, &l, &e) == 0 ? report(ui, &l) : ui_fail(ui, &e, NULL);
	listing_clear(&l);
	access_close(&a);
	return code;
}
