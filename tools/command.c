/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every command does with its arguments: common options, exact names, number of operands.
 */
#include "tools/command.h"

#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "lib/base/similar.h"
#include "lib/store/record.h"

enum exit_code command_misused(
    struct ui *ui, const struct command *self, const char *object, const char *why)
{
	char hint[256];

	snprintf(hint, sizeof(hint), "sekisho %s%s%s", self->name,
	    self->usage[0] != '\0' ? " " : "", self->usage);
	ui->user = NULL; /* the usage line says USER and means it */
	return ui_refuse(ui, ERR_USAGE, object, hint, "%s", why);
}

static const struct option *find_option(
    const struct option *table, const char *name, size_t len)
{
	for (; table->name != NULL; table++) {
		if (strlen(table->name) == len && strncmp(table->name, name, len) == 0)
			return table;
	}
	return NULL;
}

/* The first long option that is not in the table, or NULL. front: up to the first word that is
 * none. A --json before it holds for the error, too. */
static const char *find_unknown(
    struct ui *ui, int argc, char **argv, const struct option *table, bool front)
{
	for (int i = 1; i < argc; i++) {
		const struct option *option;
		const char *word = argv[i];
		size_t len;

		if (strcmp(word, "--") == 0 || (front && word[0] != '-'))
			break;
		if (strncmp(word, "--", 2) != 0)
			continue;
		len = strcspn(word + 2, "=");
		option = find_option(table, word + 2, len);
		if (option == NULL)
			return word;
		if (option->val == COMMAND_JSON && word[len + 2] == '\0')
			ui_start_json(ui);
		if (option->has_arg == required_argument && word[len + 2] == '\0')
			i++; /* the next word is its value */
	}
	return NULL;
}

static enum exit_code refuse_unknown(
    struct ui *ui, const struct command *self, const char *word, const struct option *table)
{
	const char *names[32], *near;
	char name[64], hint[96];
	size_t n = 0;

	/* only the name: somebody may have put a secret behind the '=' */
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word, "="), word);
	for (; table->name != NULL && n < sizeof(names) / sizeof(names[0]); table++)
		names[n++] = table->name;
	near = similar_word(name + 2, names, n);
	if (near == NULL)
		return command_misused(ui, self, name, "unknown option");
	snprintf(hint, sizeof(hint), "did you mean --%s?", near);
	return ui_refuse(ui, ERR_USAGE, name, hint, "unknown option");
}

static enum exit_code refuse_short(struct ui *ui, const struct command *self, const char *why)
{
	char name[] = {'-', (char)optopt, '\0'};

	return command_misused(ui, self, name, why);
}

/* The value is not repeated: it may be a secret. */
static enum exit_code refuse_value(struct ui *ui, const struct command *self, const char *word)
{
	char name[64];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word, "="), word);
	return command_misused(ui, self, name, "takes no value");
}

static enum exit_code refuse_option(
    struct ui *ui, const struct command *self, const char *word, int c)
{
	if (c == ':')
		return command_misused(ui, self, word, "needs a value");
	if (optopt == 0 || optopt > 0x7e || strchr(COMMAND_SHORT, optopt) != NULL)
		return refuse_value(ui, self, word);
	return refuse_short(ui, self, "unknown option");
}

static void print_help(const struct command *self, FILE *out)
{
	if (self->print_help != NULL) {
		self->print_help(out);
		return;
	}
	fprintf(out, "usage: sekisho %s%s%s\n%s\n", self->name,
	    self->usage[0] != '\0' ? " " : "", self->usage, self->help);
	if (self->options[0] != '\0')
		fprintf(out, "\n%s", self->options);
	fputs("\nsekisho(8) describes each option and its danger.", out);
}

static enum exit_code show_help(struct ui *ui, const struct command *self)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);
	bool written = false;

	if (out != NULL) {
		print_help(self, out);
		written = fclose(out) == 0;
	}
	if (written)
		ui_show(ui, "%s", text);
	free(text);
	return written ? EXIT_DONE
	               : ui_refuse(ui, ERR_INTERNAL, self->name, NULL, "out of memory");
}

int command_option(struct ui *ui, const struct command *self, int argc, char **argv,
    const struct option *table, enum exit_code *ret_code)
{
	bool front = self->print_help != NULL;
	const char *unknown = find_unknown(ui, argc, argv, table, front);
	int c;

	*ret_code = EXIT_DONE;
	if (unknown != NULL) {
		*ret_code = refuse_unknown(ui, self, unknown, table);
		return -2;
	}
	opterr = 0;
	for (;;) {
		c = getopt_long(
		    argc, argv, front ? "+:" COMMAND_SHORT : ":" COMMAND_SHORT, table, NULL);
		if (c == 'y') {
			ui->yes = true;
		} else if (c == 'q') {
			ui->quiet = true;
		} else if (c == COMMAND_COLOR) {
			if (ui_set_color(ui, optarg) == 0)
				continue;
			*ret_code =
			    command_misused(ui, self, "--color", "takes auto, always or never");
			return -2;
		} else if (c == COMMAND_JSON) {
			ui_start_json(ui);
		} else if (c == 'h') {
			*ret_code = show_help(ui, self);
			return -2;
		} else if (c == COMMAND_VERSION) {
			ui_show(ui, "%s", PACKAGE_STRING);
			return -2;
		} else if (c == '?' || c == ':') {
			*ret_code = refuse_option(ui, self, argv[optind - 1], c);
			return -2;
		} else {
			return c;
		}
	}
}

/* The nth word of the usage line: what an operand is called there. */
static void name_operand(const struct command *self, int n, char *out, size_t size)
{
	const char *word = self->usage;

	while (n-- > 0) {
		word += strcspn(word, " ");
		word += strspn(word, " ");
	}
	snprintf(out, size, "%.*s", (int)strcspn(word, " "), word);
}

enum exit_code command_operands(
    struct ui *ui, const struct command *self, int argc, int least, int most)
{
	int n = argc - optind;
	char name[32];

	if (n < least) {
		name_operand(self, n, name, sizeof(name));
		return command_misused(ui, self, name, "is missing");
	}
	if (n > most)
		return command_misused(ui, self, self->name, "too many words");
	return EXIT_DONE;
}

enum exit_code command_reason(struct ui *ui, const struct command *self, const char *reason)
{
	if (reason == NULL)
		return EXIT_DONE;
	if (strlen(reason) >= RECORD_REASON_SIZE)
		return command_misused(ui, self, "--reason", "at most 63 bytes");
	if (reason[0] == '\0' || !record_text_ok(reason, RECORD_REASON_SIZE))
		return command_misused(
		    ui, self, "--reason", "takes UTF-8 without characters that are not seen");
	return EXIT_DONE;
}
