/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho list: what its views share. Only for cmd_list.c and list_*.c. No lock is held while
 * anything here runs: a person is looked at after he was let go.
 */
#ifndef SEKISHO_LIST_H
#define SEKISHO_LIST_H

#include "tools/access.h"
#include "tools/table.h"

struct listing {
	struct ui *ui;
	const struct access *a;
	const struct list_view *view;
	int64_t now, within;  /* seconds; of --expiring */
	struct table table;   /* without --json */
	struct json_t *array; /* of --json: NULL without */
};

/* Each adds a person, as rows and as JSON; -1: out of memory. */
struct list_view {
	const char *key; /* of the array in JSON */
	const char *heads[TABLE_COLUMNS];
	size_t columns;
	const char *nobody; /* said when there is no row */
	int (*add)(struct listing *l, struct person *p);
};

/* ---- list_person.c: what is to be told of one ---- */

extern const struct list_view list_tokens;
/* Below the table, of the one person asked for: dates, cards, codes on paper. */
void list_details(struct listing *l, const struct person *p);
/* "enrolled", "revoked", "incomplete", "suspended", "expired", "not yet", "locked". t NULL: of
 * all. */
const char *list_state(const struct listing *l, struct person *p, const struct token *t);
/* When the step of the latest code of this token was, enrolment included; 0 unknown. */
int64_t list_last_used(struct person *p, const struct token *t);
/* "P-256"; of a card */
const char *list_card_key(const struct token *t);
unsigned list_uses_left(const struct person *p, unsigned i);
/* "usable", "used up", "expired", "not yet", "held" */
const char *list_code_state(const struct listing *l, const struct person *p, unsigned i);

/* ---- list_json.c: the same as data ---- */

/* Adds one object to .array. */
void list_json_person(struct listing *l, struct person *p);
void list_json_temporary(struct listing *l, const struct person *p, unsigned i);
/* token: a label, NULL none */
void list_json_end(
    struct listing *l, const char *name, const char *what, const char *token, int64_t end);
void list_json_unenrolled(struct listing *l, const struct account *who, const char *state);

/* ---- list_ends.c: who has what for how long ---- */

extern const struct list_view list_expiring, list_temporary;

/* ---- list_unenrolled.c: accounts rather than records ---- */

extern const struct list_view list_unenrolled;
/* p NULL: no record at all. state: of a record that cannot be read, else NULL. */
MUST_CHECK int list_add_account(
    struct listing *l, const struct account *who, struct person *p, const char *state);

#endif
