/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho list: tokens, dates and codes on paper of a person, in words.
 */
#include <string.h>

#include "lib/cards/key.h"
#include "lib/factors/recovery.h"
#include "lib/store/lockout.h"
#include "tools/date.h"
#include "tools/label.h"
#include "tools/list.h"

enum { USER, TOKEN, KIND, DIGITS, CREATED, LAST_USED, STATE, COLUMNS };

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

/* t NULL: when every token is. */
static bool is_suspended(const struct record *r, const struct token *t)
{
	if ((r->flags & RECORD_SUSPENDED) != 0)
		return true;
	if (t != NULL)
		return (t->flags & TOKEN_SUSPENDED) != 0;
	for (size_t i = 0; i < r->token_count; i++) {
		if ((r->tokens[i].flags & TOKEN_SUSPENDED) == 0)
			return false;
	}
	return r->token_count > 0;
}

/* Its revocation was interrupted: without a counter it never opens. t NULL: when every token
 * is. */
static bool is_incomplete(struct person *p, const struct token *t)
{
	if (t != NULL)
		return state_counter(&p->state, t->id) == NULL;
	for (size_t i = 0; i < p->record.token_count; i++) {
		if (state_counter(&p->state, p->record.tokens[i].id) != NULL)
			return false;
	}
	return true;
}

/* "expired" or "not yet": what the card's certificate is by this clock; NULL while it is valid,
 * and for what is no card. t NULL: when every token is a card that is not. */
static const char *card_dates(
    const struct listing *l, const struct record *r, const struct token *t)
{
	const char *word = NULL;

	if (t != NULL && t->kind == TOKEN_CARD && l->now > t->card.not_after)
		return "expired";
	if (t != NULL && t->kind == TOKEN_CARD && l->now < t->card.not_before)
		return "not yet";
	if (t != NULL)
		return NULL;
	for (size_t i = 0; i < r->token_count; i++) {
		word = card_dates(l, r, &r->tokens[i]);
		if (word == NULL)
			return NULL;
	}
	return word;
}

const char *list_state(const struct listing *l, struct person *p, const struct token *t)
{
	const struct record *r = &p->record;

	if ((r->flags & RECORD_TOMBSTONE) != 0 || r->token_count == 0)
		return "revoked";
	if (is_incomplete(p, t))
		return "incomplete";
	if (is_suspended(r, t))
		return "suspended";
	if (r->not_after != 0 && l->now >= r->not_after)
		return "expired";
	if (r->not_before != 0 && l->now < r->not_before)
		return "not yet";
	if (card_dates(l, r, t) != NULL)
		return card_dates(l, r, t);
	return is_locked(l->a, &p->state) ? "locked" : "enrolled";
}

int64_t list_last_used(struct person *p, const struct token *t)
{
	const struct counter *c = state_counter(&p->state, t->id);

	if (c == NULL || c->next == 0 || t->kind != TOKEN_TOTP ||
	    c->next > (uint64_t)INT64_MAX / 300)
		return 0;
	return (int64_t)(c->next - 1) * t->period;
}

static void fill_token(
    const struct ui *ui, struct person *p, const struct token *t, struct table_row *row)
{
	char text[TIME_SIZE];

	ui_clean(ui, t->label, row->cell[TOKEN], TABLE_CELL_SIZE);
	table_set(row, KIND, "%s", label_kind(t));
	if (t->digits > 0)
		table_set(row, DIGITS, "%u", (unsigned)t->digits);
	time_write(t->created, TIME_DATE, text);
	table_set(row, CREATED, "%s", text);
	time_write(list_last_used(p, t), TIME_MINUTE, text);
	table_set(row, LAST_USED, "%s", text);
}

/* t NULL: a person without tokens */
static int add_token(struct listing *l, struct person *p, const struct token *t)
{
	struct table_row *row = table_add(&l->table);

	if (row == NULL)
		return -1;
	ui_clean(l->ui, p->record.name, row->cell[USER], TABLE_CELL_SIZE);
	if (t != NULL)
		fill_token(l->ui, p, t, row);
	table_set(row, STATE, "%s", list_state(l, p, t));
	return 0;
}

static int add_tokens(struct listing *l, struct person *p)
{
	int r = 0;

	if (l->array != NULL)
		list_json_person(l, p);
	if (p->record.token_count == 0)
		r = add_token(l, p, NULL);
	for (size_t i = 0; r == 0 && i < p->record.token_count; i++)
		r = add_token(l, p, &p->record.tokens[i]);
	return r;
}

const struct list_view list_tokens = {
    .key = "people",
    .heads = {"USER", "TOKEN", "KIND", "DIGITS", "CREATED", "LAST USED", "STATE"},
    .columns = COLUMNS,
    .nobody = "nobody is enrolled",
    .add = add_tokens,
};

/* ---- below the table ---- */

unsigned list_uses_left(const struct person *p, unsigned i)
{
	unsigned uses = p->record.temporary[i].uses, spent = p->state.temporary_uses[i];

	return spent < uses ? uses - spent : 0;
}

const char *list_code_state(const struct listing *l, const struct person *p, unsigned i)
{
	const struct temporary_code *t = &p->record.temporary[i];

	if (list_uses_left(p, i) == 0)
		return "used up";
	if (l->now >= t->not_after)
		return "expired";
	if (l->now < t->not_before)
		return "not yet";
	return (p->state.flags & STATE_CODES_HELD) != 0 ? "held" : "usable";
}

static void show_temporary(struct listing *l, const struct person *p, unsigned i)
{
	const struct temporary_code *t = &p->record.temporary[i];
	char until[TIME_SIZE], issuer[RECORD_NAME_SIZE], reason[RECORD_REASON_SIZE], left[32];
	unsigned n = list_uses_left(p, i);

	time_write(t->not_after, TIME_MINUTE, until);
	access_actor_name(l->ui, t->issuer, issuer, sizeof(issuer));
	ui_clean(l->ui, t->reason, reason, sizeof(reason));
	if (n == 0)
		snprintf(left, sizeof(left), "used up");
	else if (l->now >= t->not_after)
		snprintf(left, sizeof(left), "expired");
	else
		snprintf(left, sizeof(left), "%u %s left", n, n == 1 ? "use" : "uses");
	ui_show(
	    l->ui, "temporary code: until %s, %s, from %s: %s", until, left, issuer, reason);
}

static void show_dates(struct listing *l, const struct record *r)
{
	char from[TIME_SIZE], until[TIME_SIZE];

	if (r->not_before == 0 && r->not_after == 0)
		return;
	time_write(r->not_before, TIME_MINUTE, from);
	date_write_until(r->not_after, until);
	ui_show(l->ui, "logins: from %s until %s", from, until);
}

const char *list_card_key(const struct token *t)
{
	const struct key_properties *key = key_properties((enum key_kind)t->card.key_kind);

	return key != NULL ? key->name : "unknown key";
}

static void show_card(struct listing *l, const struct token *t)
{
	char label[RECORD_LABEL_SIZE], from[TIME_SIZE], until[TIME_SIZE];

	if (t->kind != TOKEN_CARD)
		return;
	ui_clean(l->ui, t->label, label, sizeof(label));
	time_write(t->card.not_before, TIME_DATE, from);
	time_write(t->card.not_after, TIME_DATE, until);
	ui_show(l->ui, "card \"%s\": %s, %s, from %s until %s", label, t->card.applet,
	    list_card_key(t), from, until);
}

void list_details(struct listing *l, const struct person *p)
{
	const struct record *r = &p->record;

	if ((r->flags & RECORD_TOMBSTONE) != 0 || l->array != NULL)
		return;
	show_dates(l, r);
	for (unsigned i = 0; i < r->token_count; i++)
		show_card(l, &r->tokens[i]);
	if (r->recovery_count == 0)
		ui_show(l->ui, "recovery codes: none");
	else
		ui_show(l->ui, "recovery codes: %u of %u", recovery_left(r, &p->state),
		    (unsigned)r->recovery_count);
	for (unsigned i = 0; i < r->temporary_count; i++)
		show_temporary(l, p, i);
	if ((p->state.flags & STATE_CODES_HELD) != 0)
		ui_show(l->ui,
		    "these codes are held after an interrupted write, until sekisho unlock");
}
