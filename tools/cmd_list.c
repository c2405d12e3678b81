/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho list: goes through people or accounts and shows what a view makes of them. Changes
 * nothing.
 */
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "tools/command.h"
#include "tools/list.h"
#include "tools/logins.h"
#include "tools/names.h"
#include "tools/number.h"

#define EXPIRING_MOST_S (3650 * (int64_t)86400)

enum { OPTION_EXPIRING = COMMAND_OWN, OPTION_TEMPORARY, OPTION_UNENROLLED };

/* ---- everybody ---- */

static int list_records(struct listing *l, struct names *n, struct err *e)
{
	int r = names_read(&l->a->store, &l->a->keys, n, e);

	if (r != 0)
		return -1;
	for (size_t i = 0; r == 0 && i < n->count; i++) {
		struct person p = {.state_fd = -1};
		bool found = false;

		if (access_read(l->a, n->names[i], &found, &p, e) != 0)
			r = names_add_err(n, e);
		else if (found)
			r = l->view->add(l, &p);
		person_close(&p);
	}
	return r == 0 ? 0 : err_set(e, ERR_INTERNAL, "list", "out of memory");
}

static int list_account(struct listing *l, const struct account *who, struct names *n)
{
	struct person p = {.state_fd = -1};
	bool found = false;
	struct err e;
	int r;

	if (access_read(l->a, who->name, &found, &p, &e) == 0) {
		r = list_add_account(l, who, found ? &p : NULL, NULL);
	} else {
		r = names_add_err(n, &e);
		if (r == 0 && access_is_damage(&e))
			r = list_add_account(l, who, NULL, "damaged");
	}
	person_close(&p);
	return r;
}

static int list_accounts(struct listing *l, struct names *n, struct err *e)
{
	struct logins logins;
	int r = logins_read(&logins);

	for (size_t i = 0; r == 0 && i < logins.count; i++)
		r = list_account(l, &logins.list[i], n);
	logins_clear(&logins);
	return r == 0 ? 0 : err_set(e, ERR_INTERNAL, "list", "out of memory");
}

/* ---- what comes out ---- */

static void show_table(struct listing *l, const struct names *n)
{
	if (l->table.count == 0 && n->err_count == 0)
		ui_say(l->ui, "%s", l->view->nobody);
	else if (l->table.count > 0 && l->array == NULL)
		table_print(&l->table, stdout);
}

/* A list that is not whole is a failure: who counts on it would miss somebody. */
static enum exit_code finish(struct listing *l, const struct names *n)
{
	bool all_suspended = (l->a->keys.header_flags & HEADER_SUSPENDED) != 0;

	json_doc_set_bool(&l->ui->json, "all_suspended", all_suspended);
	if (all_suspended)
		ui_show(l->ui, "everybody is suspended, until sekisho resume --all");
	for (size_t i = 0; i < n->err_count; i++)
		ui_fail(l->ui, &n->errs[i], access_record_hint(&n->errs[i]));
	return n->err_count == 0 ? EXIT_DONE : EXIT_FAILED;
}

static enum exit_code list_one(struct listing *l, const char *typed)
{
	struct names none = {0};
	enum exit_code code;
	struct person p;
	int lock = -1, r;

	code = access_person(l->ui, l->a, typed, &p, &lock);
	if (code != EXIT_DONE)
		return code;
	person_unlock(&p);
	close(lock);
	ui_release_signals(l->ui);
	r = l->view->add(l, &p);
	if (r == 0) {
		show_table(l, &none);
		list_details(l, &p);
	}
	person_close(&p);
	return r == 0 ? finish(l, &none)
	              : ui_refuse(l->ui, ERR_INTERNAL, "list", NULL, "out of memory");
}

static enum exit_code list_everybody(struct listing *l)
{
	struct names n = {0};
	enum exit_code code;
	struct err e;
	int r = l->view->add != NULL ? list_records(l, &n, &e) : list_accounts(l, &n, &e);

	if (r == 0)
		show_table(l, &n);
	code = r == 0 ? finish(l, &n) : ui_fail(l->ui, &e, NULL);
	names_clear(&n);
	return code;
}

static enum exit_code list(struct listing *l, const char *user)
{
	json_t *data = ui_json(l->ui);

	l->table.heads = l->view->heads;
	l->table.columns = l->view->columns;
	l->now = l->a->clock.wall(&l->a->clock);
	if (data != NULL) {
		json_doc_put(&l->ui->json, data, l->view->key, json_array());
		l->array = json_object_get(data, l->view->key);
	}
	return user != NULL ? list_one(l, user) : list_everybody(l);
}

/* ---- the command line ---- */

/* False: *ret_code says how it ends. */
static bool take_options(struct ui *ui, const struct command *self, int argc, char **argv,
    struct listing *l, enum exit_code *ret_code)
{
	static const struct option table[] = {
	    {"expiring", required_argument, NULL, OPTION_EXPIRING},
	    {"temporary", no_argument, NULL, OPTION_TEMPORARY},
	    {"unenrolled", no_argument, NULL, OPTION_UNENROLLED}, COMMAND_OPTIONS};
	static const struct list_view *const views[] = {
	    &list_expiring, &list_temporary, &list_unenrolled};
	static const char *const words[] = {"--expiring", "--temporary", "--unenrolled"};
	int c;

	while ((c = command_option(ui, self, argc, argv, table, ret_code)) != -1) {
		if (c < COMMAND_OWN)
			return false;
		if (l->view != &list_tokens && l->view != views[c - COMMAND_OWN])
			*ret_code = command_misused(ui, self, words[c - COMMAND_OWN],
			    "does not go with another kind of list");
		l->view = views[c - COMMAND_OWN];
		if (c == OPTION_EXPIRING && *ret_code == EXIT_DONE &&
		    duration_parse(optarg, 0, EXPIRING_MOST_S, &l->within) != 0)
			*ret_code = command_misused(
			    ui, self, "--expiring", "takes 60d, 12h and the like, up to 3650d");
		if (*ret_code != EXIT_DONE)
			return false;
	}
	*ret_code = command_operands(ui, self, argc, 0, l->view == &list_tokens ? 1 : 0);
	return *ret_code == EXIT_DONE;
}

enum exit_code cmd_list(struct ui *ui, const struct command *self, int argc, char **argv)
{
	struct listing l = {.ui = ui, .view = &list_tokens};
	enum exit_code code;
	struct access a;

	if (!take_options(ui, self, argc, argv, &l, &code))
		return code;
	ui->user = argv[optind];
	l.a = &a;
	code = access_open(ui, self->name, &a);
	if (code == EXIT_DONE)
		code = list(&l, argv[optind]);
	table_clear(&l.table);
	access_close(&a);
	return code;
}
