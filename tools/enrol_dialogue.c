/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho enroll: what the human sees and answers. Touches no store.
 */
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lib/factors/otp.h"
#include "tools/enrol.h"
#include "tools/label.h"
#include "tools/number.h"
#include "tools/otpauth.h"
#include "tools/qr.h"

#define CONFIRM_TRIES      3
#define CONFIRM_WINDOW     1 /* steps on each side of now */
#define DIAGNOSIS_S        86400
#define DIAGNOSIS_COUNTERS 1000

static void print_qr(struct ui *ui, const struct qr *q)
{
	enum qr_style style = ui->utf8 ? QR_UTF8 : QR_ASCII;
	struct winsize size = {0};
	FILE *out = ui->terminal;

	if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col != 0 &&
	    size.ws_col < qr_columns(q, style))
		fprintf(out,
		    "The QR code needs %u columns and this terminal has %u: type the key, or "
		    "use\n"
		    "--qr FILE.png.\n",
		    qr_columns(q, style), (unsigned)size.ws_col);
	else if (qr_print(q, style, ui_colored(ui, out), out) != 0)
		ui_warn(ui, "the QR code could not be shown");
}

static int print_key(struct ui *ui, const struct token *t, struct err *e)
{
	char key[OTPAUTH_KEY_SIZE];
	int r = -1;

	if (otpauth_key(t, key, sizeof(key)) != 0)
		return err_set(e, ERR_INTERNAL, "secret", "cannot be written as base32");
	if (fprintf(ui->terminal, "or type: %s  (shown once)\n", key) < 0 ||
	    fflush(ui->terminal) != 0)
		err_sys(e, ERR_IO, "terminal", "cannot be written");
	else
		r = 0;
	wipe(key, sizeof(key));
	return r;
}

static int make_qr(const struct enrolment *en, struct qr *ret_q, struct err *e)
{
	char uri[OTPAUTH_URI_SIZE];
	struct utsname host;
	int r = -1;

	if (uname(&host) != 0)
		return err_sys(e, ERR_INTERNAL, "host name", "unknown");
	host.nodename[strcspn(host.nodename, ".")] = '\0';
	if (otpauth_uri(
	        &en->token, en->next, host.nodename, en->account.name, uri, sizeof(uri)) != 0)
		err_set(e, ERR_INTERNAL, "QR code", "the names are too long for it");
	else
		r = qr_make(uri, ret_q, e);
	wipe(uri, sizeof(uri));
	return r;
}

static bool is_file(const char *qr)
{
	return strcmp(qr, "terminal") != 0 && strcmp(qr, "none") != 0;
}

enum exit_code enrol_show(struct ui *ui, struct enrolment *en)
{
	struct qr q = {0};
	struct err e;
	int r = 0;

	if (strcmp(en->qr, "none") != 0)
		r = make_qr(en, &q, &e);
	if (r == 0 && is_file(en->qr)) {
		r = qr_save(&q, &en->qr_file, &e);
		en->qr_saved = r == 0;
	} else if (r == 0 && strcmp(en->qr, "terminal") == 0) {
		print_qr(ui, &q);
	}
	qr_clear(&q);
	if (r == 0 && !is_file(en->qr) &&
	    (en->secret_file == NULL || strcmp(en->qr, "terminal") == 0))
		r = print_key(ui, &en->token, &e);
	return r == 0 ? EXIT_DONE : ui_fail(ui, &e, NULL);
}

/* Is this a code of the token, where it may be? *ret_at: its step or counter. */
static bool matches(const struct enrolment *en, int64_t now, unsigned steps, unsigned counters,
    const char *code, size_t digits, uint64_t *ret_at)
{
	const struct token *t = &en->token;

	if (digits == 0)
		return false;
	if (t->kind == TOKEN_HOTP)
		return otp_hotp_judge(t, en->next, counters, code, digits, ret_at) ==
		       FACTOR_ACCEPTED;
	return otp_totp_judge(t, 0, now, steps, code, digits, ret_at) == FACTOR_ACCEPTED;
}

/* A wrong code may be the right one of another hour, or of a token that was pressed often. For
 * words only, never accepted. */
static void explain_wrong(const struct enrolment *en, int64_t now, const char *code,
    size_t digits, char *out, size_t size)
{
	const struct token *t = &en->token;
	unsigned steps = t->kind == TOKEN_TOTP ? DIAGNOSIS_S / t->period : 0;
	char span[SPAN_SIZE];
	uint64_t at = 0;
	int64_t off;

	if (!matches(en, now, steps, DIAGNOSIS_COUNTERS, code, digits, &at)) {
		snprintf(out, size, "%s",
		    t->kind == TOKEN_HOTP ? "is this the token with that secret? --counter "
		                            "says where it is"
		                          : err_hint(ERR_WRONG_CODE));
	} else if (t->kind == TOKEN_HOTP) {
		snprintf(out, size,
		    "the token seems to be at its code number %llu: --counter "
		    "%llu",
		    (unsigned long long)at, (unsigned long long)at + 1);
	} else {
		off = (int64_t)at * t->period - now;
		span_write(off, span);
		snprintf(out, size,
		    "the phone's clock seems %s %s this one: set the one that is wrong", span,
		    off < 0 ? "behind" : "ahead of");
	}
}

static enum exit_code refuse_code(struct ui *ui, const struct enrolment *en, int64_t now,
    const char *code, size_t digits, unsigned left)
{
	const char *what =
	    digits == en->token.digits ? "wrong code" : "not a code of this token";
	char hint[160];
	struct err e;

	if (left > 0)
		return ui_refuse(ui, ERR_WRONG_CODE, en->account.name, "",
		    "%s, %u %s left; nothing stored", what, left, left > 1 ? "tries" : "try");
	explain_wrong(en, now, code, digits, hint, sizeof(hint));
	err_set(&e, ERR_WRONG_CODE, en->account.name, "%s, no try left; nothing stored", what);
	access_audit(AUDIT_ENROLL, "refused", en->account.name, en->label, NULL, &e);
	return ui_fail(ui, &e, hint);
}

/* A code that is right is burned. */
static void accept_code(struct enrolment *en, int64_t now, uint64_t at)
{
	en->next = at + 1;
	if (en->token.kind == TOKEN_TOTP)
		en->accepted = now;
}

enum exit_code enrol_confirm(struct ui *ui, const struct access *a, struct enrolment *en)
{
	const char *prompt =
	    en->token.kind == TOKEN_HOTP ? "Next code of the token: " : "Code on the phone: ";
	enum exit_code code = EXIT_FAILED;
	char digits[OTP_DIGITS_MAX + 1];
	struct secret line = {0};

	for (unsigned left = CONFIRM_TRIES; left > 0 && code != EXIT_DONE; left--) {
		enum ui_reply reply = ui_ask(ui, prompt, UI_VISIBLE, &line);
		int64_t now = a->clock.wall(&a->clock);
		uint64_t at = 0;
		size_t n;

		if (reply != UI_REPLY_OK && reply != UI_REPLY_TOO_LONG) {
			code = ui_no_reply(ui, reply, en->account.name);
			break;
		}
		n = otp_normalize(&line, digits);
		if (matches(en, now, CONFIRM_WINDOW, a->hotp_look_ahead, digits, n, &at)) {
			accept_code(en, now, at);
			code = EXIT_DONE;
		} else {
			code = refuse_code(ui, en, now, digits, n, left - 1);
		}
	}
	wipe(digits, sizeof(digits));
	secret_clear(&line);
	return code;
}

/* ---- before that ---- */

/* What would fail after the secret was shown, if it can be known before. */
static enum exit_code check_terminal(struct ui *ui, const struct enrolment *en)
{
	bool shows = strcmp(en->qr, "terminal") == 0 ||
	             (strcmp(en->qr, "none") == 0 && en->secret_file == NULL);

	if (shows && !ui_terminal(ui))
		return ui_refuse(ui, ERR_USAGE, "enroll",
		    "--qr FILE.png, or --secret-file FILE",
		    "no terminal to show the secret on");
	if (!en->no_confirm && !ui_terminal(ui))
		return ui_refuse(ui, ERR_USAGE, "enroll", "--no-confirm stores without a code",
		    "no terminal to ask for a code on");
	return EXIT_DONE;
}

enum exit_code enrol_prepare(struct ui *ui, struct enrolment *en)
{
	enum exit_code code = check_terminal(ui, en);

	if (code == EXIT_DONE && is_file(en->qr))
		code = outfile_prepare(ui, en->qr, &en->qr_file);
	return code;
}
