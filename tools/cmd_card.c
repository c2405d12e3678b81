/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho card list: the readers of this terminal, and what is in them. Asks for no PIN, costs
 * no try, changes nothing; card index (links.h) changes no record either.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tools/cards.h"
#include "tools/command.h"
#include "tools/links.h"
#include "tools/number.h"
#include "tools/owners.h"
#include "tools/table.h"

enum { READER, CARD, KEY, UNTIL, TRIES, USER, SUBJECT, COLUMNS };

struct look {
	struct ui *ui;
	struct cards cards;
	struct owners owners;
	struct card_found found; /* the one that is looked at */
	struct token token;      /* what a record would have of it */
	int64_t now;
	struct table table;
	struct json_t *array; /* of --json: NULL without */
	size_t failed;
	struct err errs[READER_LIST_MAX];
};

/* Of a certificate, by this clock. */
static const char *state_of(const struct look *l)
{
	if (l->now < l->found.cert.not_before)
		return "not yet";
	return l->now > l->found.cert.not_after ? "expired" : "valid";
}

/* alice, bob */
static void name_users(struct look *l, char *out, size_t size)
{
	char names[OWNERS_NAMES_SIZE];

	if (owners_names(&l->owners, &l->token, NULL, names, sizeof(names)))
		ui_clean(l->ui, names, out, size);
}

static int add_row(struct look *l, bool usable)
{
	const struct card_found *f = &l->found;
	struct table_row *row = table_add(&l->table);
	char text[TIME_SIZE], tries[CARDS_TRIES_SIZE];
	const char *state;

	if (row == NULL)
		return -1;
	ui_clean(l->ui, f->reader->name, row->cell[READER], TABLE_CELL_SIZE);
	if (!f->reader->present)
		table_set(row, CARD, "no card");
	if (f->result != CARD_OK)
		return 0;
	cards_tries(f->sight.tries, tries);
	table_set(row, CARD, "%s", cards_kind(f));
	table_set(row, TRIES, "%s", tries);
	name_users(l, row->cell[USER], TABLE_CELL_SIZE);
	if (!usable)
		return 0;
	state = state_of(l);
	time_write(f->cert.not_after, TIME_DATE, text);
	table_set(row, KEY, "%s", key_properties(f->cert.key.kind)->name);
	if (strcmp(state, "valid") == 0)
		table_set(row, UNTIL, "%s", text);
	else
		table_set(row, UNTIL, "%s (%s)", text, state);
	if (cards_subject(f)[0] != '\0')
		ui_clean(l->ui, cards_subject(f), row->cell[SUBJECT], TABLE_CELL_SIZE);
	return 0;
}

static void put(struct look *l, json_t *object, const char *key, json_t *value)
{
	json_doc_put(&l->ui->json, object, key, value);
}

static json_t *text_or_null(const char *text)
{
	return json_doc_text(text[0] != '\0' ? text : NULL);
}

static json_t *make_users(struct look *l)
{
	json_t *array = json_array();
	const struct owner *o = NULL;

	while ((o = owners_next(&l->owners, &l->token, o)) != NULL) {
		json_t *object = json_object();

		put(l, object, "user", json_doc_text(o->name));
		put(l, object, "token", json_doc_text(o->token.label));
		json_doc_append(&l->ui->json, array, object);
	}
	return array;
}

/* The same keys for every card; null: not known, or none of anybody's business. */
static json_t *make_card(struct look *l, bool usable)
{
	const struct card_found *f = &l->found;
	const struct key_properties *key = usable ? key_properties(f->cert.key.kind) : NULL;
	const unsigned tries = f->sight.tries;
	json_t *o = json_object();

	put(l, o, "kind", json_doc_text(f->sight.applet->name));
	put(l, o, "key", json_doc_text(key != NULL ? key->name : NULL));
	put(l, o, "subject", usable ? text_or_null(cards_subject(f)) : json_null());
	put(l, o, "issuer", usable ? text_or_null(f->cert.issuer) : json_null());
	put(l, o, "not_before", json_doc_time(usable ? f->cert.not_before : 0));
	put(l, o, "not_after", json_doc_time(usable ? f->cert.not_after : 0));
	put(l, o, "state", json_doc_text(usable ? state_of(l) : NULL));
	put(l, o, "tries_left",
	    tries != APPLET_TRIES_UNKNOWN ? json_integer((json_int_t)tries) : json_null());
	put(l, o, "users", make_users(l));
	return o;
}

static void add_object(struct look *l, bool usable)
{
	json_t *o = json_object();

	put(l, o, "reader", json_doc_text(l->found.reader->name));
	put(l, o, "present", json_boolean(l->found.reader->present));
	put(l, o, "card", l->found.result == CARD_OK ? make_card(l, usable) : json_null());
	json_doc_append(&l->ui->json, l->array, o);
}

static int add_reader(struct look *l, const struct card_reader *reader)
{
	struct err e;
	bool usable;

	cards_read(&l->cards, reader, &l->found);
	usable = cards_usable(&l->found, &e) == 0;
	if (l->found.result == CARD_OK && cards_token(&l->found, &l->token) != 0) {
		usable = false;
		(void)cert_result_err(&e, CERT_ERROR, reader->name);
	}
	if (!usable && reader->present)
		l->errs[l->failed++] = e;
	if (l->array == NULL)
		return add_row(l, usable);
	add_object(l, usable);
	return 0;
}

static enum exit_code list(struct look *l)
{
	static const char *const heads[COLUMNS] = {
	    "READER", "CARD", "KEY", "UNTIL", "TRIES", "USER", "SUBJECT"};
	const unsigned count = l->cards.readers.count;
	json_t *data = ui_json(l->ui);

	l->table.heads = heads;
	l->table.columns = COLUMNS;
	if (data != NULL) {
		put(l, data, "readers", json_array());
		l->array = json_object_get(data, "readers");
	}
	for (unsigned i = 0; i < count; i++)
		if (add_reader(l, &l->cards.readers.readers[i]) != 0)
			return ui_refuse(
			    l->ui, ERR_INTERNAL, "card list", NULL, "out of memory");
	if (count == 0)
		ui_say(l->ui, "no card reader");
	else if (l->array == NULL)
		table_print(&l->table, stdout);
	for (size_t i = 0; i < l->failed; i++)
		(void)ui_fail(l->ui, &l->errs[i], NULL);
	for (size_t i = 0; i < l->owners.err_count; i++)
		(void)ui_fail(
		    l->ui, &l->owners.errs[i], access_record_hint(&l->owners.errs[i]));
	return l->failed + l->owners.err_count == 0 ? EXIT_DONE : EXIT_FAILED;
}

static enum exit_code look(struct ui *ui, const struct access *a)
{
	struct look *l = calloc(1, sizeof(*l));
	enum exit_code code = EXIT_DONE;
	struct err e;

	if (l == NULL)
		return ui_refuse(ui, ERR_INTERNAL, "card list", NULL, "out of memory");
	l->ui = ui;
	l->now = a->clock.wall(&a->clock);
	if (owners_read(a, &l->owners, &e) != 0)
		code = ui_fail(l->ui, &e, NULL);
	if (code == EXIT_DONE)
		code = cards_open(l->ui, &l->cards);
	if (code == EXIT_DONE)
		code = list(l);
	cards_close(&l->cards);
	owners_clear(&l->owners);
	table_clear(&l->table);
	free(l);
	return code;
}

enum exit_code cmd_card(struct ui *ui, const struct command *self, int argc, char **argv)
{
	static const struct {
		const char *word, *what;
		enum exit_code (*run)(struct ui *ui, const struct access *a);
	} words[] = {{"list", "card list", look}, {"index", "card index", links_make}};
	static const struct option table[] = {COMMAND_OPTIONS};
	enum exit_code code;
	struct access a;
	size_t i = 0;

	if (command_option(ui, self, argc, argv, table, &code) == -2)
		return code;
	code = command_operands(ui, self, argc, 1, 1);
	if (code != EXIT_DONE)
		return code;
	while (i < sizeof(words) / sizeof(words[0]) && strcmp(argv[optind], words[i].word) != 0)
		i++;
	if (i == sizeof(words) / sizeof(words[0]))
		return command_misused(ui, self, argv[optind], "unknown word");
	code = access_open(ui, words[i].what, &a);
	if (code == EXIT_DONE)
		code = words[i].run(ui, &a);
	access_close(&a);
	return code;
}
