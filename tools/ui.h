/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the tool talks: results, errors with number and hint, questions, prompts.
 * Decides nothing and opens nothing but the terminal.
 *
 * Results go to stdout, errors, warnings and hints to stderr, the dialogue (questions, prompts,
 * a secret that is shown) to the terminal only, so that a redirection never catches a secret.
 * With --json stdout gets one object instead, at the end, with all that and the command's data.
 */
#ifndef SEKISHO_UI_H
#define SEKISHO_UI_H

#include <signal.h>
#include <stdio.h>

#include "lib/wire/err.h"
#include "lib/wire/secret.h"
#include "tools/json_doc.h"

/* EXIT_FAILED: failed or refused, nothing changed, or the answer is not whole. EXIT_FINDINGS: a
 * command whose work is to look found something. */
enum exit_code { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_MISUSED = 2, EXIT_FINDINGS = 3 };
enum ui_color { UI_COLOR_AUTO = 0, UI_COLOR_ALWAYS = 1, UI_COLOR_NEVER = 2 };

struct ui {
	bool yes;             /* -y: questions are answered with yes */
	bool quiet;           /* -q: no results, no remarks; errors and questions stay */
	struct json_doc json; /* --json */
	const char *command;  /* for it; NULL: none yet */
	enum ui_color color;
	bool utf8;        /* what the locale can show */
	FILE *terminal;   /* NULL until it was needed, or when there is none */
	int signal;       /* the one that ended a prompt, 0 none: main dies of it at the end */
	const char *user; /* stands for USER in hints; NULL: hints keep the word */
	bool held;        /* ui_hold_signals */
	sigset_t mask;    /* of before that */
};

/* Locale, NO_COLOR. */
void ui_start(struct ui *ui);
/* While a lock is held, or a file is there that must go when the command fails: what would end
 * the tool (^C, a closed pipe) or stop it (^Z) waits until the release, or for the next prompt.
 * Held twice is held once. */
void ui_hold_signals(struct ui *ui);
void ui_release_signals(struct ui *ui);
/* --json was given. */
void ui_start_json(struct ui *ui);
/* The object a command puts its data in, with json_doc_put(&ui->json, ...); NULL without
 * --json. Nothing secret, and no key of those every object has. */
struct json_t *ui_json(struct ui *ui);
/* Writes the object of --json, flushes stdout. code: of the command. Returns that, or
 * EXIT_FAILED when a result could not be written (said on stderr). */
MUST_CHECK enum exit_code ui_finish(struct ui *ui, enum exit_code code);
/* "auto", "always", "never"; -1 for any other word. */
MUST_CHECK int ui_set_color(struct ui *ui, const char *word);
bool ui_colored(const struct ui *ui, FILE *stream);

/* What was asked for. */
void ui_show(struct ui *ui, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What was done; silent under -q. */
void ui_say(struct ui *ui, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A remark on stderr ("sekisho: warning: ..."), not silenced. */
void ui_warn(struct ui *ui, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* "sekisho: object: why [S-NN]" and the hint of the number (or the one given, unless empty).
 * Returns the exit code for it. */
enum exit_code ui_fail(struct ui *ui, const struct err *e, const char *hint);
/* The same in one step, for errors found in the tool itself. */
enum exit_code ui_refuse(struct ui *ui, enum err_number number, const char *object,
    const char *hint, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* text with everything a terminal could act on, or cannot show, as '?'; always terminated. */
void ui_clean(const struct ui *ui, const char *text, char *out, size_t size);

/* False when there is no terminal. */
MUST_CHECK bool ui_terminal(struct ui *ui);

enum ui_reply {
	UI_REPLY_ERROR = 0,
	UI_REPLY_OK = 1,
	UI_REPLY_END = 2, /* end of file or a signal: the human went away */
	UI_REPLY_NO_TERMINAL = 3,
	UI_REPLY_TOO_LONG = 4, /* the line was read to its end and dropped */
};
enum ui_echo { UI_HIDDEN = 0, UI_VISIBLE = 1 };

/* One line from the terminal, without the newline. Terminal modes are restored on signals. */
MUST_CHECK enum ui_reply ui_ask(
    struct ui *ui, const char *prompt, enum ui_echo echo, struct secret *ret_line);
/* "question [y/N] ". UI_REPLY_OK is yes; no is UI_REPLY_END. --yes answers without asking. */
MUST_CHECK enum ui_reply ui_confirm(struct ui *ui, const char *question);
/* Says why a reply that is not OK ends the command; returns the exit code. */
enum exit_code ui_no_reply(struct ui *ui, enum ui_reply reply, const char *object);

#endif
