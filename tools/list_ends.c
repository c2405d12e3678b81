/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho list --expiring and --temporary: who has what for how long.
 */
#include "tools/date.h"
#include "tools/list.h"

/* ---- --expiring ---- */

/* token: a label, NULL none. */
static int add_end(
    struct listing *l, const char *name, const char *what, const char *token, int64_t end)
{
	char when[TIME_SIZE], span[SPAN_SIZE], label[RECORD_LABEL_SIZE];
	struct table_row *row;

	if (end == 0 || end > l->now + l->within)
		return 0;
	if (l->array != NULL)
		list_json_end(l, name, what, token, end);
	row = table_add(&l->table);
	if (row == NULL)
		return -1;
	ui_clean(l->ui, name, row->cell[0], TABLE_CELL_SIZE);
	date_write_until(end, when);
	span_write(end - l->now, span);
	ui_clean(l->ui, token != NULL ? token : "", label, sizeof(label));
	table_set(row, 1, token != NULL ? "%s \"%s\"" : "%s", what, label);
	table_set(row, 2, "%s", when);
	if (l->now >= end)
		table_set(row, 3, "expired");
	else
		table_set(row, 3, "in %s", span);
	return 0;
}

static int add_ends(struct listing *l, struct person *p)
{
	const struct record *r = &p->record;
	int result = 0;

	if ((r->flags & RECORD_TOMBSTONE) != 0)
		return 0;
	result = add_end(l, r->name, "logins", NULL, r->not_after);
	for (unsigned i = 0; result == 0 && i < r->token_count; i++) {
		/* a certificate's end is its last good second */
		if (r->tokens[i].kind == TOKEN_CARD)
			result = add_end(l, r->name, "card", r->tokens[i].label,
			    r->tokens[i].card.not_after + 1);
	}
	for (unsigned i = 0; result == 0 && i < r->temporary_count; i++) {
		if (list_uses_left(p, i) > 0)
			result = add_end(
			    l, r->name, "temporary code", NULL, r->temporary[i].not_after);
	}
	return result;
}

const struct list_view list_expiring = {
    .key = "expiring",
    .heads = {"USER", "WHAT", "END", "STATE"},
    .columns = 4,
    .nobody = "nothing ends in that time",
    .add = add_ends,
};

/* ---- --temporary ---- */

enum { USER, UNTIL, LEFT, STATE, ISSUER, REASON, COLUMNS };

static int add_code(struct listing *l, const struct person *p, unsigned i)
{
	const struct temporary_code *t = &p->record.temporary[i];
	char until[TIME_SIZE];
	struct table_row *row = table_add(&l->table);

	if (row == NULL)
		return -1;
	if (l->array != NULL)
		list_json_temporary(l, p, i);
	ui_clean(l->ui, p->record.name, row->cell[USER], TABLE_CELL_SIZE);
	time_write(t->not_after, TIME_MINUTE, until);
	table_set(row, UNTIL, "%s", until);
	table_set(row, LEFT, "%u of %u", list_uses_left(p, i), (unsigned)t->uses);
	table_set(row, STATE, "%s", list_code_state(l, p, i));
	access_actor_name(l->ui, t->issuer, row->cell[ISSUER], TABLE_CELL_SIZE);
	ui_clean(l->ui, t->reason, row->cell[REASON], TABLE_CELL_SIZE);
	return 0;
}

static int add_codes(struct listing *l, struct person *p)
{
	int r = 0;

	for (unsigned i = 0; r == 0 && i < p->record.temporary_count; i++)
		r = add_code(l, p, i);
	return r;
}

const struct list_view list_temporary = {
    .key = "temporary",
    .heads = {"USER", "UNTIL", "LEFT", "STATE", "ISSUER", "REASON"},
    .columns = COLUMNS,
    .nobody = "nobody has a temporary code",
    .add = add_codes,
};
