/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The commands: what the dispatcher and each of them agree on. One file per command.
 */
#ifndef SEKISHO_COMMAND_H
#define SEKISHO_COMMAND_H

#include <getopt.h>

#include "tools/ui.h"

struct command {
	const char *name;
	const char *alias; /* accepted, not shown; NULL none */
	enum exit_code (*run)(struct ui *ui, const struct command *self, int argc, char **argv);
	const char *usage;   /* arguments, as in the manual */
	const char *help;    /* one line */
	const char *options; /* lines for --help; "" none */
	/* Instead of those; NULL for a command. Set for what stands in front of one: options up
	 * to the first other word. */
	void (*print_help)(FILE *out);
};

/* What every command takes; end each option table with COMMAND_OPTIONS. Values of a command's
 * own long options start at COMMAND_OWN. */
enum { COMMAND_COLOR = 256, COMMAND_JSON, COMMAND_VERSION, COMMAND_OWN };
#define COMMAND_SHORT "yqh"
#define COMMAND_OPTIONS                                                                        \
	{"yes", no_argument, NULL, 'y'}, {"quiet", no_argument, NULL, 'q'},                    \
	    {"color", required_argument, NULL, COMMAND_COLOR},                                 \
	    {"json", no_argument, NULL, COMMAND_JSON}, {"help", no_argument, NULL, 'h'},       \
	    {"version", no_argument, NULL, COMMAND_VERSION},                                   \
	{                                                                                      \
		NULL, 0, NULL, 0                                                               \
	}

/* The next option of a command, as getopt_long; the common ones and errors are dealt with.
 * -1: no more, operands start at optind. -2: stop, *ret_code says how. Long options are taken
 * in full only: `--secret` must not quietly become `--secret-file`. */
MUST_CHECK int command_option(struct ui *ui, const struct command *self, int argc, char **argv,
    const struct option *table, enum exit_code *ret_code);
/* Checks the number of operands; reports itself. One that is missing goes by its name in the
 * usage line. */
MUST_CHECK enum exit_code command_operands(
    struct ui *ui, const struct command *self, int argc, int least, int most);
/* A text for the audit log, or NULL; reports itself. */
MUST_CHECK enum exit_code command_reason(
    struct ui *ui, const struct command *self, const char *reason);
/* "name: why [S-04]" and the usage line. */
enum exit_code command_misused(
    struct ui *ui, const struct command *self, const char *object, const char *why);

enum exit_code cmd_init(struct ui *ui, const struct command *self, int argc, char **argv);
enum exit_code cmd_card(struct ui *ui, const struct command *self, int argc, char **argv);
enum exit_code cmd_check(struct ui *ui, const struct command *self, int argc, char **argv);
enum exit_code cmd_clock(struct ui *ui, const struct command *self, int argc, char **argv);
enum exit_code cmd_code(struct ui *ui, const struct command *self, int argc, char **argv);
enum exit_code cmd_enroll(struct ui *ui, const struct command *self, int argc, char **argv);
enum exit_code cmd_expiry(struct ui *ui, const struct command *self, int argc, char **argv);
enum exit_code cmd_explain(struct ui *ui, const struct command *self, int argc, char **argv);
enum exit_code cmd_list(struct ui *ui, const struct command *self, int argc, char **argv);
enum exit_code cmd_resume(struct ui *ui, const struct command *self, int argc, char **argv);
enum exit_code cmd_resync(struct ui *ui, const struct command *self, int argc, char **argv);
enum exit_code cmd_revoke(struct ui *ui, const struct command *self, int argc, char **argv);
enum exit_code cmd_suspend(struct ui *ui, const struct command *self, int argc, char **argv);
enum exit_code cmd_unlock(struct ui *ui, const struct command *self, int argc, char **argv);

#endif
