/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the tool talks: results, errors with number and hint, questions, prompts.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* ppoll */
#endif
#include "tools/ui.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

#define TEXT_MAX 512

void ui_start(struct ui *ui)
{
	const char *no_color = getenv("NO_COLOR");

	*ui = (struct ui){0};
	/* whole lines: two tools on one terminal do not mix theirs */
	setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
	if (setlocale(LC_CTYPE, "") == NULL)
		setlocale(LC_CTYPE, "C");
	ui->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	if (no_color != NULL && no_color[0] != '\0')
		ui->color = UI_COLOR_NEVER;
}

void ui_start_json(struct ui *ui)
{
	json_doc_start(&ui->json);
}

struct json_t *ui_json(struct ui *ui)
{
	return ui->json.on ? ui->json.data : NULL;
}

enum exit_code ui_finish(struct ui *ui, enum exit_code code)
{
	struct err e;
	int r = 0;

	if (ui->terminal != NULL && fclose(ui->terminal) != 0)
		r = -1;
	ui->terminal = NULL;
	if (r != 0 && code == EXIT_DONE)
		code = EXIT_FAILED;
	if (ui->json.on)
		r |= json_doc_write(&ui->json, ui->command, (int)code, stdout);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		err_sys(&e, ERR_IO, "stdout", "the result could not be written");
		ui_fail(ui, &e, "");
		r = -1;
	} else if (ui->json.failed) {
		ui_refuse(ui, ERR_INTERNAL, "--json", "", "out of memory");
	}
	json_doc_clear(&ui->json);
	return r != 0 && code == EXIT_DONE ? EXIT_FAILED : code;
}

int ui_set_color(struct ui *ui, const char *word)
{
	static const char *const words[] = {"auto", "always", "never"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(word, words[i]) == 0) {
			ui->color = (enum ui_color)i;
			return 0;
		}
	}
	return -1;
}

bool ui_colored(const struct ui *ui, FILE *stream)
{
	const char *term;

	if (ui->color != UI_COLOR_AUTO)
		return ui->color == UI_COLOR_ALWAYS;
	term = getenv("TERM");
	return isatty(fileno(stream)) && term != NULL && strcmp(term, "dumb") != 0;
}

__attribute__((format(printf, 2, 0))) static void show(
    struct ui *ui, const char *format, va_list args)
{
	char *text = NULL;

	if (!ui->json.on) {
		vfprintf(stdout, format, args);
		fputc('\n', stdout);
	} else if (vasprintf(&text, format, args) < 0) {
		ui->json.failed = true;
	} else {
		json_doc_message(&ui->json, text);
		free(text);
	}
}

void ui_show(struct ui *ui, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	show(ui, format, args);
	va_end(args);
}

void ui_say(struct ui *ui, const char *format, ...)
{
	va_list args;

	if (ui->quiet)
		return;
	va_start(args, format);
	show(ui, format, args);
	va_end(args);
}

/* color: an SGR parameter list */
static void put_prefix(const struct ui *ui, const char *color, const char *prefix)
{
	if (ui_colored(ui, stderr))
		fprintf(stderr, "\033[%sm%s\033[0m ", color, prefix);
	else
		fprintf(stderr, "%s ", prefix);
}

void ui_warn(struct ui *ui, const char *format, ...)
{
	char text[TEXT_MAX], clean[TEXT_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	ui_clean(ui, text, clean, sizeof(clean));
	put_prefix(ui, "1;33", "sekisho: warning:");
	fprintf(stderr, "%s\n", clean);
	json_doc_warning(&ui->json, clean);
}

/* The hint with the person's name in place of the word USER. */
static void fill_hint(const struct ui *ui, const char *hint, char *out, size_t size)
{
	static const char word[] = "USER";
	char user[TEXT_MAX], clean[TEXT_MAX];
	const char *rest = clean, *at;
	size_t used = 0;

	ui_clean(ui, ui->user != NULL ? ui->user : word, user, sizeof(user));
	ui_clean(ui, hint, clean, sizeof(clean)); /* it may name what is in a file */
	while ((at = strstr(rest, word)) != NULL && used < size) {
		used += (size_t)snprintf(
		    out + used, size - used, "%.*s%s", (int)(at - rest), rest, user);
		rest = at + sizeof(word) - 1;
	}
	if (used < size)
		snprintf(out + used, size - used, "%s", rest);
}

enum exit_code ui_fail(struct ui *ui, const struct err *e, const char *hint)
{
	char text[TEXT_MAX], next[2 * TEXT_MAX];

	fflush(stdout);
	err_format(e, text, sizeof(text));
	put_prefix(ui, "1;31", "sekisho:");
	fprintf(stderr, "%s\n", text);
	fill_hint(ui, hint != NULL ? hint : err_hint(e->number), next, sizeof(next));
	if (next[0] != '\0') {
		put_prefix(ui, "1;36", "hint:");
		fprintf(stderr, "%s\n", next);
	}
	json_doc_error(&ui->json, e, next);
	return e->number == ERR_USAGE ? EXIT_MISUSED : EXIT_FAILED;
}

enum exit_code ui_refuse(struct ui *ui, enum err_number number, const char *object,
    const char *hint, const char *format, ...)
{
	char why[TEXT_MAX];
	struct err e;
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	err_set(&e, number, object, "%s", why);
	return ui_fail(ui, &e, hint);
}

/* Characters that change direction or break lines could make a name look like another. */
static bool is_deceptive(wchar_t c)
{
	return (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
	       (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

void ui_clean(const struct ui *ui, const char *text, char *out, size_t size)
{
	size_t left = strlen(text), used = 0;
	mbstate_t shift = {0};

	while (left > 0 && used + 1 < size) {
		wchar_t c = 0;
		size_t n = ui->utf8 ? mbrtowc(&c, text, left, &shift) : (size_t)-1;
		bool plain = *text >= 0x20 && *text <= 0x7e;

		if (plain)
			n = 1;
		if (n == (size_t)-1 || n == (size_t)-2 || n == 0) {
			shift = (mbstate_t){0};
			n = 1;
			out[used++] = '?';
		} else if (!plain && (!iswprint((wint_t)c) || is_deceptive(c))) {
			out[used++] = '?';
		} else if (used + n < size) {
			memcpy(out + used, text, n);
			used += n;
		} else {
			break;
		}
		text += n;
		left -= n;
	}
	if (size > 0)
		out[used] = '\0';
}

bool ui_terminal(struct ui *ui)
{
	int fd;

	if (ui->terminal != NULL)
		return true;
	fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
	/* A shell started in place of init has a terminal, but none that controls it. */
	if (fd < 0 && isatty(STDIN_FILENO))
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return false;
	ui->terminal = fdopen(fd, "r+");
	if (ui->terminal == NULL)
		close(fd);
	return ui->terminal != NULL;
}

/* ---- one line from the terminal ---- */

static const int prompt_signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
#define PROMPT_SIGNALS (sizeof(prompt_signals) / sizeof(prompt_signals[0]))
/* Stopped, the tool would keep its locks. */
static const int stop_signals[] = {SIGTSTP, SIGTTIN, SIGTTOU};
#define STOP_SIGNALS (sizeof(stop_signals) / sizeof(stop_signals[0]))

static volatile sig_atomic_t caught;

static void catch_signal(int number)
{
	caught = number;
}

struct prompt {
	int fd;
	enum ui_echo echo;
	struct termios saved;
	sigset_t mask;      /* as it was */
	sigset_t wait_mask; /* what ppoll waits with */
	struct sigaction actions[PROMPT_SIGNALS];
};

void ui_hold_signals(struct ui *ui)
{
	sigset_t block;

	sigemptyset(&block);
	sigaddset(&block, SIGPIPE);
	for (size_t i = 0; i < PROMPT_SIGNALS; i++)
		sigaddset(&block, prompt_signals[i]);
	for (size_t i = 0; i < STOP_SIGNALS; i++)
		sigaddset(&block, stop_signals[i]);
	if (!ui->held)
		sigprocmask(SIG_BLOCK, &block, &ui->mask);
	ui->held = true;
}

void ui_release_signals(struct ui *ui)
{
	if (!ui->held)
		return;
	ui->held = false;
	fflush(stdout); /* one that waited ends the tool now */
	sigprocmask(SIG_SETMASK, &ui->mask, NULL);
}

/* At a prompt ^Z stops as ever: no lock is held there. */
static void let_stop(const struct ui *ui)
{
	sigset_t stop;

	sigemptyset(&stop);
	for (size_t i = 0; i < STOP_SIGNALS; i++) {
		if (!sigismember(&ui->mask, stop_signals[i]))
			sigaddset(&stop, stop_signals[i]);
	}
	sigprocmask(SIG_UNBLOCK, &stop, NULL);
}

/* The signals are let in by ppoll only, so none is lost between a check and a wait. */
static void prompt_begin_signals(const struct ui *ui, struct prompt *p)
{
	struct sigaction action = {.sa_handler = catch_signal};
	sigset_t block;

	sigemptyset(&block);
	caught = 0;
	for (size_t i = 0; i < PROMPT_SIGNALS; i++)
		sigaddset(&block, prompt_signals[i]);
	sigprocmask(SIG_BLOCK, &block, &p->mask);
	p->wait_mask = ui->held ? ui->mask : p->mask;
	if (ui->held) {
		sigaddset(&p->wait_mask, SIGPIPE);
		let_stop(ui);
	}
	for (size_t i = 0; i < PROMPT_SIGNALS; i++) {
		sigaction(prompt_signals[i], NULL, &p->actions[i]);
		if (p->actions[i].sa_handler != SIG_IGN)
			sigaction(prompt_signals[i], &action, NULL);
	}
}

static void prompt_end_signals(const struct prompt *p)
{
	for (size_t i = 0; i < PROMPT_SIGNALS; i++)
		sigaction(prompt_signals[i], &p->actions[i], NULL);
	sigprocmask(SIG_SETMASK, &p->mask, NULL);
}

static int prompt_begin_hidden(struct prompt *p)
{
	struct termios hidden;

	if (tcgetattr(p->fd, &p->saved) != 0)
		return -1;
	hidden = p->saved;
	hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK);
	hidden.c_lflag |= ECHONL | ICANON | ISIG;
	hidden.c_cc[VSUSP] = _POSIX_VDISABLE; /* a stopped tool would leave the echo off */
	return tcsetattr(p->fd, TCSAFLUSH, &hidden);
}

/* 1 a byte, 0 end of file, -1 a signal or an error */
static int prompt_byte(const struct prompt *p, uint8_t *ret_c)
{
	struct pollfd wait = {.fd = p->fd, .events = POLLIN};
	ssize_t n;

	for (;;) {
		if (caught != 0)
			return -1;
		if (ppoll(&wait, 1, NULL, &p->wait_mask) < 0) {
			if (errno == EINTR)
				continue;
			return -1;
		}
		n = read(p->fd, ret_c, 1);
		if (n >= 0 || errno != EINTR)
			return n == 1 ? 1 : n == 0 ? 0 : -1;
	}
}

static enum ui_reply prompt_line(const struct prompt *p, struct secret *line)
{
	bool cut = false;
	uint8_t c = 0;
	int r;

	line->len = 0;
	while ((r = prompt_byte(p, &c)) == 1 && c != '\n') {
		if (line->len < SECRET_MAX)
			line->data[line->len++] = c;
		else
			cut = true;
	}
	c = 0;
	if (r == 0 || caught != 0)
		return UI_REPLY_END;
	if (r < 0)
		return errno == EIO ? UI_REPLY_END : UI_REPLY_ERROR;
	return cut ? UI_REPLY_TOO_LONG : UI_REPLY_OK;
}

enum ui_reply ui_ask(
    struct ui *ui, const char *prompt, enum ui_echo echo, struct secret *ret_line)
{
	enum ui_reply r = UI_REPLY_ERROR;
	struct prompt p = {.echo = echo};

	secret_clear(ret_line);
	if (!ui_terminal(ui))
		return UI_REPLY_NO_TERMINAL;
	p.fd = fileno(ui->terminal);
	prompt_begin_signals(ui, &p);
	if (echo == UI_HIDDEN && prompt_begin_hidden(&p) != 0)
		goto out;
	if (fputs(prompt, ui->terminal) < 0 || fflush(ui->terminal) != 0)
		goto restore;
	r = prompt_line(&p, ret_line);
	if (r == UI_REPLY_END || r == UI_REPLY_ERROR) {
		fputc('\n', ui->terminal);
		fflush(ui->terminal);
	}
restore:
	if (echo == UI_HIDDEN && tcsetattr(p.fd, TCSADRAIN, &p.saved) != 0)
		r = UI_REPLY_ERROR;
out:
	prompt_end_signals(&p);
	if (caught != 0)
		ui->signal = caught;
	if (r != UI_REPLY_OK)
		secret_clear(ret_line);
	return r;
}

enum ui_reply ui_confirm(struct ui *ui, const char *question)
{
	char prompt[TEXT_MAX + 16];
	struct secret line = {0};
	enum ui_reply r;

	if (ui->yes)
		return UI_REPLY_OK;
	snprintf(prompt, sizeof(prompt), "%s [y/N] ", question);
	r = ui_ask(ui, prompt, UI_VISIBLE, &line);
	if (r == UI_REPLY_OK) {
		line.data[line.len < SECRET_MAX ? line.len : SECRET_MAX - 1] = '\0';
		r = strcasecmp((const char *)line.data, "y") == 0 ||
		            strcasecmp((const char *)line.data, "yes") == 0
		        ? UI_REPLY_OK
		        : UI_REPLY_END;
	} else if (r == UI_REPLY_TOO_LONG) {
		r = UI_REPLY_END;
	}
	secret_clear(&line);
	return r;
}

enum exit_code ui_no_reply(struct ui *ui, enum ui_reply reply, const char *object)
{
	if (reply == UI_REPLY_NO_TERMINAL)
		return ui_refuse(ui, ERR_USAGE, object,
		    "run it at a terminal; sekisho(8) names what works without one",
		    "a question to ask and no terminal");
	if (reply == UI_REPLY_ERROR)
		return ui_refuse(
		    ui, ERR_IO, object, NULL, "the terminal cannot be read; nothing changed");
	return ui_refuse(ui, ERR_INPUT, object, "", "not confirmed; nothing changed");
}
