/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho check: runs the inspections and shows what they found, the worst first. With USER it
 * tells what that person would be asked now (check_user.c). Changes nothing.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "tools/check.h"
#include "tools/command.h"

/* In this order: each may use what those before it found out. */
static void (*const inspections[])(struct check *) = {
    check_programs,
    check_config,
    check_store,
    check_clock,
    check_stacks,
    check_sshd,
    check_people,
    check_cards,
};

static const char *const severity_words[CHECK_SEVERITIES] = {"danger", "warning", "note"};

static void show_json(struct ui *ui, const struct check_finding *f, json_t *array)
{
	json_t *object = json_object();
	char number[16];

	(void)snprintf(number, sizeof(number), "S-%02u", (unsigned)f->err.number);
	json_doc_put(&ui->json, object, "severity", json_doc_text(severity_words[f->severity]));
	json_doc_put(&ui->json, object, "number", json_doc_text(number));
	json_doc_put(&ui->json, object, "object", json_doc_text(f->err.object));
	json_doc_put(&ui->json, object, "why", json_doc_text(f->err.why));
	json_doc_put(&ui->json, object, "hint", json_doc_text(f->hint));
	json_doc_append(&ui->json, array, object);
}

static void show_text(struct ui *ui, const struct check_finding *f)
{
	char text[400], hint[sizeof(f->hint)];

	err_format(&f->err, text, sizeof(text));
	ui_show(ui, "%s: %s", severity_words[f->severity], text);
	ui_clean(ui, f->hint, hint, sizeof(hint));
	if (hint[0] != '\0')
		ui_show(ui, "  hint: %s", hint);
}

/* How many of this severity and number were found before. */
static size_t count_before(const struct check *c, size_t at)
{
	size_t n = 0;

	for (size_t i = 0; i < at && n < CHECK_SHOWN_MAX; i++)
		n += c->findings[i].severity == c->findings[at].severity &&
		     c->findings[i].err.number == c->findings[at].err.number;
	return n;
}

static void show_findings(struct ui *ui, const struct check *c, size_t counts[CHECK_SEVERITIES])
{
	json_t *array = ui_json(ui) != NULL ? json_array() : NULL;

	for (int severity = 0; severity < CHECK_SEVERITIES; severity++) {
		size_t hidden = 0;

		for (size_t i = 0; i < c->count; i++) {
			const struct check_finding *f = &c->findings[i];

			if (f->severity != (enum check_severity)severity)
				continue;
			counts[severity]++;
			if (array != NULL)
				show_json(ui, f, array);
			else if (count_before(c, i) < CHECK_SHOWN_MAX)
				show_text(ui, f);
			else
				hidden++;
		}
		if (hidden > 0)
			ui_show(ui, "%s: %zu more of these, all in --json",
			    severity_words[severity], hidden);
	}
	if (array != NULL)
		json_doc_put(&ui->json, ui_json(ui), "findings", array);
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static enum exit_code report(struct ui *ui, const struct check *c)
{
	size_t n[CHECK_SEVERITIES] = {0};

	show_findings(ui, c, n);
	ui_say(ui, "%zu danger%s, %zu warning%s, %zu note%s: %s", n[CHECK_DANGER],
	    plural(n[CHECK_DANGER]), n[CHECK_WARNING], plural(n[CHECK_WARNING]), n[CHECK_NOTE],
	    plural(n[CHECK_NOTE]),
	    n[CHECK_DANGER] > 0    ? "act now"
	    : n[CHECK_WARNING] > 0 ? "look at the warnings"
	                           : "healthy");
	if (c->incomplete)
		return ui_fail(ui, &c->incomplete_err, "the rest was checked; then again");
	return n[CHECK_DANGER] + n[CHECK_WARNING] > 0 ? EXIT_FINDINGS : EXIT_DONE;
}

static enum exit_code check_all(struct ui *ui, const char *name)
{
	enum exit_code code = access_check_root(ui, name);
	struct check *c;

	if (code != EXIT_DONE)
		return code;
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return ui_refuse(ui, ERR_INTERNAL, name, NULL, "out of memory");
	access_seal_memory(ui);
	c->root = "";
	clock_system(&c->clock);
	pam_files_open(&c->pam, c->root);
	for (size_t i = 0; i < sizeof(inspections) / sizeof(inspections[0]); i++)
		inspections[i](c);
	code = report(ui, c);
	check_clear(c);
	free(c);
	return code;
}

enum { OPTION_SERVICE = COMMAND_OWN, OPTION_TTY, OPTION_RHOST };

enum exit_code cmd_check(struct ui *ui, const struct command *self, int argc, char **argv)
{
	static const struct option table[] = {
	    {"service", required_argument, NULL, OPTION_SERVICE},
	    {"tty", required_argument, NULL, OPTION_TTY},
	    {"rhost", required_argument, NULL, OPTION_RHOST}, COMMAND_OPTIONS};
	struct check_question q = {0};
	enum exit_code code;
	int option;

	while ((option = command_option(ui, self, argc, argv, table, &code)) >= 0) {
		if (option == OPTION_SERVICE)
			q.service = optarg;
		else if (option == OPTION_TTY)
			q.tty = optarg;
		else
			q.rhost = optarg;
	}
	if (option == -2)
		return code;
	code = command_operands(ui, self, argc, 0, 1);
	if (code != EXIT_DONE)
		return code;
	q.user = argv[optind];
	if (q.user == NULL && (q.service != NULL || q.tty != NULL || q.rhost != NULL))
		return command_misused(ui, self, "USER", "is missing");
	ui->user = q.user;
	return q.user == NULL ? check_all(ui, self->name) : check_user(ui, &q);
}
