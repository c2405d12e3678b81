/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho list --unenrolled: accounts that could log in and have no token that opens.
 */
#include <string.h>

#include "tools/list.h"

const struct list_view list_unenrolled = {
    .key = "unenrolled",
    .heads = {"USER", "UID", "STATE"},
    .columns = 3,
    .nobody = "everybody who could log in has a token",
    .add = NULL, /* list_add_account */
};

/* Why no token of his opens; NULL when one does. What passes by itself is none: a lock after
 * failures, and dates. */
static const char *lack(const struct listing *l, const struct account *who, struct person *p)
{
	const char *state;

	if (p == NULL)
		return "never enrolled";
	state = list_state(l, p, NULL);
	if (strcmp(state, "revoked") == 0 || strcmp(state, "incomplete") == 0 ||
	    strcmp(state, "suspended") == 0)
		return state;
	if (p->record.uid != RECORD_UID_UNBOUND && p->record.uid != who->uid)
		return "other uid";
	return NULL;
}

int list_add_account(
    struct listing *l, const struct account *who, struct person *p, const char *state)
{
	struct table_row *row;

	if (state == NULL)
		state = lack(l, who, p);
	if (state == NULL)
		return 0;
	if (l->array != NULL)
		list_json_unenrolled(l, who, state);
	row = table_add(&l->table);
	if (row == NULL)
		return -1;
	ui_clean(l->ui, who->name, row->cell[0], TABLE_CELL_SIZE);
	table_set(row, 1, "%u", (unsigned)who->uid);
	table_set(row, 2, "%s", state);
	return 0;
}
