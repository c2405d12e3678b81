/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ui.c: what is printed, and prompts on a pseudo-terminal: echo, signals, long lines, the end.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <locale.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "tools/ui.h"

static void test_clean(void **state)
{
	static const struct {
		bool utf8;
		const char *text, *clean;
	} rows[] = {
	    {false, "alice", "alice"},
	    {false, "a\033[31mb\n", "a?[31mb?"},
	    {false, "\xe9\x9b\xbb", "???"},
	    {true,
	        "a\x01"
	        "b\x7f",
	        "a?b?"},
	    {true,
	        "\xe9\x9b\xbb"
	        "x",
	        "\xe9\x9b\xbb"
	        "x"},
	    {true, "\xff\xe9x", "??x"},
	    {true,
	        "a\xe2\x80\xae"
	        "b",
	        "a?b"},
	};
	struct ui ui = {0};
	char out[32];

	(void)state;
	if (setlocale(LC_CTYPE, "C.UTF-8") == NULL)
		skip();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ui.utf8 = rows[i].utf8;
		ui_clean(&ui, rows[i].text, out, sizeof(out));
		assert_string_equal(out, rows[i].clean);
	}
	ui.utf8 = true;
	ui_clean(&ui, "abcdef", out, 4);
	assert_string_equal(out, "abc");
	ui_clean(&ui, "ab\xe9\x9b\xbb", out, 5); /* no half characters */
	assert_string_equal(out, "ab");
	setlocale(LC_CTYPE, "C");
}

static void test_color(void **state)
{
	struct ui ui = {0};

	(void)state;
	assert_int_equal(ui_set_color(&ui, "always"), 0);
	assert_true(ui_colored(&ui, stderr));
	assert_int_equal(ui_set_color(&ui, "sometimes"), -1);
	assert_int_equal(ui_set_color(&ui, "never"), 0);
	assert_false(ui_colored(&ui, stderr));
	unsetenv("NO_COLOR");
	ui_start(&ui);
	assert_int_equal(ui.color, UI_COLOR_AUTO);
	setenv("NO_COLOR", "", 1);
	ui_start(&ui);
	assert_int_equal(ui.color, UI_COLOR_AUTO);
	setenv("NO_COLOR", "1", 1);
	ui_start(&ui);
	assert_int_equal(ui.color, UI_COLOR_NEVER);
}

/* What stderr got from ui_fail. */
static void fail_text(struct ui *ui, const struct err *e, const char *hint,
    enum exit_code expected, char *out, size_t size)
{
	int pipe_fd[2], saved = dup(STDERR_FILENO);
	enum exit_code code;
	ssize_t n;

	assert_int_equal(pipe(pipe_fd), 0);
	dup2(pipe_fd[1], STDERR_FILENO);
	code = ui_fail(ui, e, hint);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(pipe_fd[1]);
	n = read(pipe_fd[0], out, size - 1);
	assert_true(n > 0);
	out[n] = '\0';
	close(pipe_fd[0]);
	assert_int_equal(code, expected);
}

static void test_fail(void **state)
{
	struct ui ui = {.color = UI_COLOR_NEVER, .user = "alice"};
	struct err e;
	char text[512];

	(void)state;
	err_set(&e, ERR_LOCKED, "alice", "locked");
	fail_text(&ui, &e, NULL, EXIT_FAILED, text, sizeof(text));
	assert_string_equal(text, "sekisho: alice: locked [S-30]\n"
	                          "hint: wait, or: sekisho unlock alice\n");
	fail_text(&ui, &e, "", EXIT_FAILED, text, sizeof(text));
	assert_string_equal(text, "sekisho: alice: locked [S-30]\n");
	fail_text(&ui, &e, "USER and USER", EXIT_FAILED, text, sizeof(text));
	assert_string_equal(text, "sekisho: alice: locked [S-30]\nhint: alice and alice\n");
	ui.user = "a\033b";
	fail_text(&ui, &e, "USER", EXIT_FAILED, text, sizeof(text));
	assert_string_equal(text, "sekisho: alice: locked [S-30]\nhint: a?b\n");
	ui.user = NULL;
	err_set(&e, ERR_USAGE, "x", "y");
	fail_text(&ui, &e, "USER", EXIT_MISUSED, text, sizeof(text));
	assert_string_equal(text, "sekisho: x: y [S-04]\nhint: USER\n");
}

static volatile sig_atomic_t came;

static void note_signal(int number)
{
	(void)number;
	came++;
}

/* What would end or stop the tool waits; a section within another ends with it. */
static void test_hold(void **state)
{
	static const int signals[] = {
	    SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU};
	struct sigaction action = {.sa_handler = note_signal}, before;
	struct ui ui = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		assert_int_equal(sigaction(signals[i], &action, &before), 0);
		came = 0;
		ui_hold_signals(&ui);
		ui_hold_signals(&ui);
		raise(signals[i]);
		assert_int_equal(came, 0);
		ui_release_signals(&ui);
		assert_int_equal(came, 1);
		ui_release_signals(&ui);
		raise(signals[i]);
		assert_int_equal(came, 2);
		sigaction(signals[i], &before, NULL);
	}
}

/* ---- prompts ---- */

struct desk {
	struct ui ui;
	int master;
	pid_t typist;
};

/* A typist who waits for the prompt, then types keys (or sends a signal to us). */
static void desk_open(struct desk *d, const char *prompt, const char *keys, int signal)
{
	pid_t us = getpid();
	int slave;

	*d = (struct desk){.ui = {.color = UI_COLOR_NEVER}};
	d->master = posix_openpt(O_RDWR | O_NOCTTY);
	assert_true(d->master >= 0);
	assert_int_equal(grantpt(d->master), 0);
	assert_int_equal(unlockpt(d->master), 0);
	slave = open(ptsname(d->master), O_RDWR | O_NOCTTY);
	assert_true(slave >= 0);
	d->ui.terminal = fdopen(slave, "r+");
	assert_non_null(d->ui.terminal);
	d->typist = fork();
	if (d->typist != 0)
		return;
	for (size_t seen = 0; seen < strlen(prompt);) {
		char c;

		if (read(d->master, &c, 1) != 1)
			_exit(1);
		seen = c == prompt[seen] ? seen + 1 : 0;
	}
	if (signal != 0)
		kill(us, signal);
	else if (write(d->master, keys, strlen(keys)) < 0)
		_exit(1);
	_exit(0);
}

/* How many of the typed letters came back on the screen. */
static size_t desk_close(struct desk *d, char letter)
{
	struct termios t;
	char echo[1024];
	size_t n = 0;
	ssize_t got;
	int status;

	assert_int_equal(waitpid(d->typist, &status, 0), d->typist);
	assert_int_equal(status, 0);
	assert_int_equal(tcgetattr(fileno(d->ui.terminal), &t), 0);
	assert_true((t.c_lflag & ECHO) != 0);
	assert_int_equal(t.c_cc[VSUSP], 26);
	fcntl(d->master, F_SETFL, O_NONBLOCK);
	got = read(d->master, echo, sizeof(echo));
	for (ssize_t i = 0; i < got; i++)
		n += echo[i] == letter;
	fclose(d->ui.terminal);
	close(d->master);
	return n;
}

static void test_ask(void **state)
{
	struct secret line;
	struct desk d;

	(void)state;
	desk_open(&d, "Code: ", "zz34\n", 0);
	assert_int_equal(ui_ask(&d.ui, "Code: ", UI_VISIBLE, &line), UI_REPLY_OK);
	assert_int_equal(line.len, 4);
	assert_memory_equal(line.data, "zz34", 4);
	assert_int_equal(desk_close(&d, 'z'), 2);
	desk_open(&d, "Secret: ", "zz34\n", 0);
	assert_int_equal(ui_ask(&d.ui, "Secret: ", UI_HIDDEN, &line), UI_REPLY_OK);
	assert_memory_equal(line.data, "zz34", 4);
	assert_int_equal(desk_close(&d, 'z'), 0);
	desk_open(&d, "Code: ", "\n", 0);
	assert_int_equal(ui_ask(&d.ui, "Code: ", UI_VISIBLE, &line), UI_REPLY_OK);
	assert_int_equal(line.len, 0);
	desk_close(&d, 'z');
	desk_open(&d, "Code: ", "\x04", 0);
	assert_int_equal(ui_ask(&d.ui, "Code: ", UI_VISIBLE, &line), UI_REPLY_END);
	desk_close(&d, 'z');
	secret_clear(&line);
}

/* The long line is gone afterwards: its tail is no answer to the next question. */
static void test_long(void **state)
{
	struct secret line;
	struct desk d;
	char keys[300];

	(void)state;
	memset(keys, 'y', sizeof(keys));
	strcpy(keys + 200, "\nnext\n");
	desk_open(&d, "Code: ", keys, 0);
	assert_int_equal(ui_ask(&d.ui, "Code: ", UI_VISIBLE, &line), UI_REPLY_TOO_LONG);
	assert_int_equal(line.len, 0);
	assert_int_equal(ui_ask(&d.ui, "Code: ", UI_VISIBLE, &line), UI_REPLY_OK);
	assert_memory_equal(line.data, "next", 4);
	desk_close(&d, 'z');
}

static void test_signal(void **state)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	struct sigaction action;
	struct secret line;
	struct desk d;

	(void)state;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		desk_open(&d, "Secret: ", "", signals[i]);
		assert_int_equal(ui_ask(&d.ui, "Secret: ", UI_HIDDEN, &line), UI_REPLY_END);
		assert_int_equal(d.ui.signal, signals[i]);
		desk_close(&d, 'z');
		assert_int_equal(sigaction(signals[i], NULL, &action), 0);
		assert_true(action.sa_handler == SIG_DFL);
	}
}

static void test_confirm(void **state)
{
	static const struct {
		const char *keys;
		enum ui_reply reply;
	} rows[] = {
	    {"y\n", UI_REPLY_OK},
	    {"YES\n", UI_REPLY_OK},
	    {"\n", UI_REPLY_END},
	    {"n\n", UI_REPLY_END},
	    {"yn\n", UI_REPLY_END},
	    {" y\n", UI_REPLY_END},
	    {"\x04", UI_REPLY_END},
	};
	struct ui ui = {.yes = true};
	struct desk d;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		desk_open(&d, "Sure? [y/N] ", rows[i].keys, 0);
		assert_int_equal(ui_confirm(&d.ui, "Sure?"), rows[i].reply);
		desk_close(&d, 'z');
	}
	assert_int_equal(ui_confirm(&ui, "Sure?"), UI_REPLY_OK);
	assert_null(ui.terminal);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_clean),
	    cmocka_unit_test(test_color),
	    cmocka_unit_test(test_fail),
	    cmocka_unit_test(test_hold),
	    cmocka_unit_test(test_ask),
	    cmocka_unit_test(test_long),
	    cmocka_unit_test(test_signal),
	    cmocka_unit_test(test_confirm),
	};

	alarm(60);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
