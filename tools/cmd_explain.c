/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho explain: the numbers S-NN in short, or one in full. Needs no root and opens nothing.
 */
#include <string.h>

#include <jansson.h>

#include "config.h"
#include "tools/command.h"
#include "tools/explain.h"
#include "tools/number.h"

#define WIDTH 78 /* of paper, and of every terminal */

/* Words from column indent on; the first line begins with mark. */
static void wrap(FILE *out, const char *mark, size_t indent, const char *text)
{
	size_t at = (size_t)fprintf(out, "%-*s", (int)indent, mark);
	bool fresh = true;

	while (*text != '\0') {
		size_t len = strcspn(text, " ");

		if (!fresh && at + 1 + len > WIDTH) {
			at = (size_t)fprintf(out, "\n%*s", (int)indent, "") - 1;
			fresh = true;
		}
		at += (size_t)fprintf(out, "%s%.*s", fresh ? "" : " ", (int)len, text);
		fresh = false;
		text += len + strspn(text + len, " ");
	}
	fputc('\n', out);
}

static void write_short(FILE *out, const struct explanation *x)
{
	char mark[16];

	snprintf(mark, sizeof(mark), "S-%02u", (unsigned)x->number);
	wrap(out, mark, 6, err_title(x->number));
	wrap(out, "", 8, err_hint(x->number));
}

static void write_long(FILE *out, const struct explanation *x)
{
	char mark[16];

	fprintf(out, "S-%02u %s\n\n", (unsigned)x->number, err_title(x->number));
	wrap(out, "", 2, x->means);
	fputs("\n  Usual causes\n", out);
	for (size_t i = 0; x->causes[i] != NULL; i++)
		wrap(out, "   -", 5, x->causes[i]);
	fputs("\n  What to do\n", out);
	for (size_t i = 0; x->steps[i] != NULL; i++) {
		snprintf(mark, sizeof(mark), "  %u.", (unsigned)i + 1);
		wrap(out, mark, 5, x->steps[i]);
	}
	fputc('\n', out);
	wrap(out, "  See", 6, x->related);
}

static json_t *make_list(struct json_doc *d, const char *const *texts)
{
	json_t *list = json_array();

	for (; *texts != NULL; texts++)
		json_doc_append(d, list, json_doc_text(*texts));
	return list;
}

static void add_json(struct json_doc *d, json_t *list, const struct explanation *x)
{
	json_t *o = json_object();

	json_doc_put(d, o, "number", json_sprintf("S-%02u", (unsigned)x->number));
	json_doc_put(d, o, "title", json_doc_text(err_title(x->number)));
	json_doc_put(d, o, "hint", json_doc_text(err_hint(x->number)));
	json_doc_put(d, o, "means", json_doc_text(x->means));
	json_doc_put(d, o, "causes", make_list(d, x->causes));
	json_doc_put(d, o, "steps", make_list(d, x->steps));
	json_doc_put(d, o, "related", json_doc_text(x->related));
	json_doc_append(d, list, o);
}

static void show_all(bool in_full)
{
	printf("sekisho %s: what the numbers mean, and what to do\n\n", PACKAGE_VERSION);
	for (size_t i = 0; i < explanation_count; i++) {
		if (in_full && i > 0)
			fputs("\n----\n\n", stdout);
		(in_full ? write_long : write_short)(stdout, &explanations[i]);
	}
}

static void add_all_json(struct ui *ui, const struct explanation *only)
{
	json_t *list = json_array();

	for (size_t i = 0; i < explanation_count; i++) {
		if (only == NULL || only == &explanations[i])
			add_json(&ui->json, list, &explanations[i]);
	}
	json_doc_put(&ui->json, ui_json(ui), "numbers", list);
}

/* S-14, s14, 14, [S-14] */
static const struct explanation *find(const char *word)
{
	char digits[4];
	uint64_t n;
	size_t len;

	word += *word == '[';
	word += *word == 'S' || *word == 's';
	word += *word == '-';
	len = strcspn(word, "]");
	if (len >= sizeof(digits))
		return NULL;
	snprintf(digits, sizeof(digits), "%.*s", (int)len, word);
	if (number_parse(digits, 1, 999, &n) != 0)
		return NULL;
	for (size_t i = 0; i < explanation_count; i++) {
		if (explanations[i].number == (enum err_number)n)
			return &explanations[i];
	}
	return NULL;
}

enum exit_code cmd_explain(struct ui *ui, const struct command *self, int argc, char **argv)
{
	enum { OPTION_ALL = COMMAND_OWN };
	static const struct option table[] = {
	    {"all", no_argument, NULL, OPTION_ALL}, COMMAND_OPTIONS};
	const struct explanation *x = NULL;
	enum exit_code code;
	bool all = false;
	int c;

	while ((c = command_option(ui, self, argc, argv, table, &code)) != -1) {
		if (c != OPTION_ALL)
			return code;
		all = true;
	}
	code = command_operands(ui, self, argc, 0, all ? 0 : 1);
	if (code != EXIT_DONE)
		return code;
	if (argv[optind] != NULL) {
		x = find(argv[optind]);
		if (x == NULL)
			return ui_refuse(ui, ERR_USAGE, argv[optind],
			    "sekisho explain lists them all", "no such number");
	}
	if (ui_json(ui) != NULL)
		add_all_json(ui, x);
	else if (x != NULL)
		write_long(stdout, x);
	else
		show_all(all);
	return EXIT_DONE;
}
