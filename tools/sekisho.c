/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The admin tool: finds the command and runs it. Does nothing else.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "lib/base/similar.h"
#include "tools/command.h"

static const struct command commands[] = {
    {"init", NULL, cmd_init, "", "create the secrets store and its host key", "", NULL},
    {"enroll", "enrol", cmd_enroll, "USER totp|hotp|card [options]",
        "give USER a one-time-code token, shown as a QR code, or a smart card",
        "  --label LABEL          name of the token (default: totp, totp-2, hotp, ...)\n"
        "  --replace LABEL        take the place of this token, which ends\n"
        "  --secret-file FILE|-   bring the secret: base32, or hex: and hexadecimal digits\n"
        "  --digits 6|7|8         length of a code (default: 6)\n"
        "  --period SECONDS       totp: 15 to 300 (default: 30)\n"
        "  --algorithm NAME       totp: sha1, sha256, sha512 (default: sha1)\n"
        "  --counter N            hotp: number of the next code (default: 0)\n"
        "  --qr WHERE             terminal, none, FILE.png, FILE.svg\n"
        "                         (default: terminal; none with --secret-file)\n"
        "  --no-confirm           do not ask for a code, or the PIN, first\n"
        "  --reader NAME          card: the reader it is in, or a part of its name\n"
        "  --shared-with-self     card: also when another account has it\n",
        NULL},
    {"list", NULL, cmd_list, "[USER] | --expiring TIME | --temporary | --unenrolled",
        "show who has which tokens, and who is locked",
        "  --expiring 60d         whose logins or temporary codes end within that time\n"
        "  --temporary            who has temporary codes\n"
        "  --unenrolled           accounts that could log in and have no usable token\n",
        NULL},
    {"suspend", NULL, cmd_suspend, "USER [LABEL] | --all [options]",
        "refuse a token, a person or everybody until resume",
        "  --all                  everybody, root included\n"
        "  --reason TEXT          goes to the audit log\n",
        NULL},
    {"resume", NULL, cmd_resume, "USER [LABEL] | --all [options]", "undo suspend",
        "  --all                  undo suspend --all\n"
        "  --reason TEXT          goes to the audit log\n",
        NULL},
    {"revoke", NULL, cmd_revoke, "USER [LABEL] [options]",
        "end one token of USER, or all of them",
        "  --reason TEXT          goes to the audit log\n", NULL},
    {"expiry", NULL, cmd_expiry, "USER --from TIME --until TIME [options]",
        "set from when and until when USER may log in",
        "  --from 2027-04-01      the start of that day; or 2027-04-01T08:30, or none\n"
        "  --until 2028-03-31     the end of that day; or a time, or none\n"
        "  --reason TEXT          goes to the audit log\n",
        NULL},
    {"unlock", NULL, cmd_unlock, "USER", "forget the failures of USER", "", NULL},
    {"resync", NULL, cmd_resync, "USER [LABEL]",
        "find a token whose clock or counter is far off, by two codes", "", NULL},
    {"code", NULL, cmd_code, "recovery|temporary USER | emergency [USER...] [options]",
        "make codes that are kept on paper",
        "recovery USER            ten new ones, each opens one login\n"
        "temporary USER           one for some hours or days\n"
        "emergency [USER...]      the one for the envelope (default: root, and who runs this)\n"
        "  --file FILE|-          write there, not to the terminal\n"
        "  --valid 30m|8h|1d      temporary: how long\n"
        "  --uses N               temporary: how many logins (default: 1)\n"
        "  --reason TEXT          temporary: why\n"
        "  --remove               temporary: all of USER end; emergency: no code any more\n",
        NULL},
    {"card", NULL, cmd_card, "list|index",
        "show the card readers, and the cards in them; who has which card",
        "list                     the readers, and the cards in them\n"
        "index                    have every card name its owner (identify-by-card)\n",
        NULL},
    {"check", NULL, cmd_check, "[USER [options]]",
        "look for what is wrong here; with USER, what would be asked now",
        "  --service NAME         of a login through this PAM service (default: login)\n"
        "  --tty TERMINAL         at this terminal\n"
        "  --rhost HOST           from this host\n",
        NULL},
    {"clock", NULL, cmd_clock, "[accept]", "show, or take for right, this terminal's clock", "",
        NULL},
    {"explain", NULL, cmd_explain, "[S-NN] | --all",
        "say what a number means and what to do; without one, all in short",
        "  --all                  all of them in full, to be printed\n", NULL},
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_usage(FILE *out)
{
	fputs("usage: sekisho COMMAND [arguments]\n\n", out);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].help);
	fputs("\n"
	      "  -y, --yes      answer questions with yes\n"
	      "  -q, --quiet    print errors and questions only\n"
	      "  --color WHEN   auto, always, never (NO_COLOR means never)\n"
	      "  --json         one JSON object on standard output\n"
	      "  -h, --help     this text, or that of a command\n"
	      "  --version      name and version\n"
	      "\nsekisho COMMAND --help shows the options of a command; sekisho(8) has it all.",
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

/* What stands in front of the command. */
static const struct command front = {
    .name = "--help", .usage = "", .help = "", .options = "", .print_help = print_usage};

static enum exit_code run(struct ui *ui, int argc, char **argv)
{
	static const struct option table[] = {COMMAND_OPTIONS};
	const struct command *command;
	enum exit_code code;

	if (command_option(ui, &front, argc, argv, table, &code) == -2)
		return code;
	if (optind >= argc) {
		print_usage(stderr);
		fputc('\n', stderr);
		return ui_refuse(ui, ERR_USAGE, "COMMAND", "", "is missing");
	}
	command = find_command(argv[optind]);
	if (command == NULL)
		return refuse_command(ui, argv[optind]);
	ui->command = command->name;
	argv += optind;
	argc -= optind;
	optind = 0; /* a new scan, over the command's own words */
	return command->run(ui, command, argc, argv);
}

/* What was closed would be the number of the next file, and a message would end up in there.
 * Opened the wrong way round: whoever wants to read or write there gets an error. */
static bool fill_standard_descriptors(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++) {
		int way = fd == STDIN_FILENO ? O_WRONLY : O_RDONLY;

		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", way) != fd)
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	enum exit_code code;
	struct ui ui;

	if (!fill_standard_descriptors())
		return EXIT_FAILED;
	umask(077);
	ui_start(&ui);
	code = ui_finish(&ui, run(&ui, argc, argv));
	if (ui.signal != 0) {
		signal(ui.signal, SIG_DFL);
		raise(ui.signal);
	}
	return (int)code;
}
