/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The admin tool: finds the command and runs it. Does nothing else.
 */
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "config.h"
#include "lib/base/similar.h"
#include "tools/command.h"

static const struct command commands[] = {
    {"init", NULL, cmd_init, "", "create the secrets store and its host key", ""},
    {"enroll", "enrol", cmd_enroll, "USER totp [options]",
        "give USER a one-time-code token, shown as a QR code",
        "  --label LABEL          name of the token (default: totp, totp-2, ...)\n"
        "  --replace LABEL        take the place of this token, which ends\n"
        "  --secret-file FILE|-   bring the secret: base32, or hex: and hexadecimal digits\n"
        "  --digits 6|7|8         length of a code (default: 6)\n"
        "  --period SECONDS       15 to 300 (default: 30)\n"
        "  --algorithm NAME       sha1, sha256, sha512 (default: sha1)\n"
        "  --qr WHERE             terminal, none, FILE.png, FILE.svg\n"
        "                         (default: terminal; none with --secret-file)\n"
        "  --no-confirm           do not ask for a code first\n"},
    {"list", NULL, cmd_list, "[USER]", "show who has which tokens, and who is locked", ""},
    {"revoke", NULL, cmd_revoke, "USER [LABEL] [options]",
        "end one token of USER, or all of them",
        "  --reason TEXT          goes to the audit log\n"},
    {"unlock", NULL, cmd_unlock, "USER", "forget the failures of USER", ""},
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_usage(FILE *out)
{
	fputs("usage: sekisho COMMAND [arguments]\n\n", out);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].help);
	fputs(
	    "\n"
	    "  -y, --yes      answer questions with yes\n"
	    "  -q, --quiet    print errors and questions only\n"
	    "  --color WHEN   auto, always, never (NO_COLOR means never)\n"
	    "  -h, --help     this text, or that of a command\n"
	    "  --version      name and version\n"
	    "\nsekisho COMMAND --help shows the options of a command; sekisho(8) has it all.\n",
	    out);
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(commands[i].name, name) == 0 ||
		    (commands[i].alias != NULL && strcmp(commands[i].alias, name) == 0))
			return &commands[i];
	}
	return NULL;
}

static enum exit_code refuse_command(struct ui *ui, const char *name)
{
	const char *names[COMMANDS], *near;
	char hint[64] = "sekisho --help";

	for (size_t i = 0; i < COMMANDS; i++)
		names[i] = commands[i].name;
	near = similar_word(name, names, COMMANDS);
	if (near != NULL)
		snprintf(hint, sizeof(hint), "did you mean %s?", near);
	return ui_refuse(ui, ERR_USAGE, name, hint, "unknown command");
}

/* Options in front of the command. True: *ret_code says how it ends. */
static bool take_options(struct ui *ui, int argc, char **argv, enum exit_code *ret_code)
{
	static const struct option table[] = {COMMAND_OPTIONS};
	int c;

	opterr = 0;
	*ret_code = EXIT_DONE;
	while ((c = getopt_long(argc, argv, "+:" COMMAND_SHORT, table, NULL)) != -1) {
		if (c == 'y') {
			ui->yes = true;
		} else if (c == 'q') {
			ui->quiet = true;
		} else if (c == 'h') {
			print_usage(stdout);
			return true;
		} else if (c == COMMAND_VERSION) {
			puts(PACKAGE_STRING);
			return true;
		} else if (c != COMMAND_COLOR || ui_set_color(ui, optarg) != 0) {
			*ret_code = command_misused(
			    ui, NULL, argv[optind - 1], "unknown option or value");
			return true;
		}
	}
	return false;
}

static enum exit_code run(struct ui *ui, int argc, char **argv)
{
	const struct command *command;
	enum exit_code code;

	if (take_options(ui, argc, argv, &code))
		return code;
	if (optind >= argc) {
		print_usage(stderr);
		return EXIT_MISUSED;
	}
	command = find_command(argv[optind]);
	if (command == NULL)
		return refuse_command(ui, argv[optind]);
	argv += optind;
	argc -= optind;
	optind = 0; /* a new scan, over the command's own words */
	return command->run(ui, command, argc, argv);
}

int main(int argc, char **argv)
{
	enum exit_code code;
	struct ui ui;

	umask(077);
	ui_start(&ui);
	code = run(&ui, argc, argv);
	if (ui_finish(&ui) != 0 && code == EXIT_DONE)
		code = EXIT_FAILED;
	if (ui.signal != 0) {
		signal(ui.signal, SIG_DFL);
		raise(ui.signal);
	}
	return (int)code;
}
