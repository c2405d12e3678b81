/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho enroll USER totp: makes or takes a secret, shows it once, has it proved by a code,
 * stores it. While a human types no lock is held; what was true before is checked again.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lib/factors/otp.h"
#include "lib/store/lockout.h"
#include "tools/access.h"
#include "tools/command.h"
#include "tools/label.h"
#include "tools/otpauth.h"
#include "tools/qr.h"
#include "tools/seed.h"

#define NEW_SECRET_SIZE 20 /* 160 bits, RFC 4226 R6 */
#define CONFIRM_TRIES   3
#define CONFIRM_WINDOW  1 /* steps on each side of now */
#define DIAGNOSIS_S     86400

/* getopt values */
enum {
	OPTION_LABEL = COMMAND_OWN,
	OPTION_REPLACE,
	OPTION_SECRET_FILE,
	OPTION_DIGITS,
	OPTION_PERIOD,
	OPTION_ALGORITHM,
	OPTION_QR,
	OPTION_NO_CONFIRM
};

struct enrolment {
	const char *label;       /* NULL: chosen when it is stored */
	const char *replace;     /* label of the token to replace; NULL none */
	const char *secret_file; /* NULL: a new secret */
	const char *qr;          /* "terminal", "none" or a path */
	bool no_confirm;
	bool qr_saved;
	struct qr_place qr_place; /* for a path */
	struct account account;
	struct token token;
	char stored_label[RECORD_LABEL_SIZE];
	uint64_t next;    /* lowest step the login will accept */
	int64_t accepted; /* when the confirming code was accepted; 0 none */
};

/* ---- options ---- */

static int parse_number(const char *text, unsigned least, unsigned most, unsigned *ret_n)
{
	char *end = NULL;
	unsigned long n;

	if (*text < '0' || *text > '9')
		return -1;
	n = strtoul(text, &end, 10);
	if (*end != '\0' || n < least || n > most)
		return -1;
	*ret_n = (unsigned)n;
	return 0;
}

static const char *set_digits(struct enrolment *en, const char *value)
{
	unsigned n;

	if (parse_number(value, 6, 8, &n) != 0)
		return "takes 6, 7 or 8";
	en->token.digits = (uint8_t)n;
	return NULL;
}

static const char *set_period(struct enrolment *en, const char *value)
{
	unsigned n;

	if (parse_number(value, 15, 300, &n) != 0)
		return "takes 15 to 300 seconds";
	en->token.period = (uint16_t)n;
	return NULL;
}

static const char *set_algorithm(struct enrolment *en, const char *value)
{
	static const char *const words[] = {"sha1", "sha256", "sha512"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(value, words[i]) == 0) {
			en->token.algorithm = (uint8_t)(TOKEN_SHA1 + i);
			return NULL;
		}
	}
	return "takes sha1, sha256 or sha512";
}

static const char *set_label(struct enrolment *en, const char *value)
{
	en->label = value;
	return label_problem(value);
}

static const char *set_replace(struct enrolment *en, const char *value)
{
	en->replace = value;
	return NULL;
}

static const char *set_secret_file(struct enrolment *en, const char *value)
{
	en->secret_file = value;
	return NULL;
}

static const char *set_qr(struct enrolment *en, const char *value)
{
	en->qr = value;
	if (strcmp(value, "terminal") == 0 || strcmp(value, "none") == 0 ||
	    qr_path_valid(value))
		return NULL;
	return "takes terminal, none, FILE.png or FILE.svg";
}

static const char *set_no_confirm(struct enrolment *en, const char *value)
{
	(void)value;
	en->no_confirm = true;
	return NULL;
}

static const struct option option_table[] = {{"label", required_argument, NULL, OPTION_LABEL},
    {"replace", required_argument, NULL, OPTION_REPLACE},
    {"secret-file", required_argument, NULL, OPTION_SECRET_FILE},
    {"digits", required_argument, NULL, OPTION_DIGITS},
    {"period", required_argument, NULL, OPTION_PERIOD},
    {"algorithm", required_argument, NULL, OPTION_ALGORITHM},
    {"qr", required_argument, NULL, OPTION_QR},
    {"no-confirm", no_argument, NULL, OPTION_NO_CONFIRM}, COMMAND_OPTIONS};

/* In the order of the enum; each returns NULL or what it wanted. */
static const char *(*const setters[])(struct enrolment *, const char *) = {set_label,
    set_replace, set_secret_file, set_digits, set_period, set_algorithm, set_qr,
    set_no_confirm};

/* False: *ret_code says how it ends. */
static bool take_options(struct ui *ui, const struct command *self, int argc, char **argv,
    struct enrolment *en, enum exit_code *ret_code)
{
	int c;

	while ((c = command_option(ui, self, argc, argv, option_table, ret_code)) != -1) {
		const char *problem;
		char name[32];

		if (c < COMMAND_OWN)
			return false;
		problem = setters[c - COMMAND_OWN](en, optarg);
		if (problem == NULL)
			continue;
		snprintf(name, sizeof(name), "--%s", option_table[c - COMMAND_OWN].name);
		*ret_code = command_misused(ui, self, name, problem);
		return false;
	}
	*ret_code = command_operands(ui, self, argc, 2, 2);
	if (*ret_code == EXIT_DONE && strcmp(argv[optind + 1], "totp") != 0)
		*ret_code =
		    command_misused(ui, self, argv[optind + 1], "unknown kind of token");
	return *ret_code == EXIT_DONE;
}

/* ---- the record ---- */

/* Why not; told when no lock is held any more. */
struct refusal {
	struct err e;
	const char *hint; /* NULL: that of the number */
};

static int refuse(struct refusal *why, const char *hint)
{
	why->hint = hint;
	return -1;
}

static int check_room(const struct enrolment *en, struct record *r, struct refusal *why)
{
	if (en->replace != NULL && record_find_label(r, en->replace) == NULL) {
		err_set(&why->e, ERR_INPUT, r->name, "no token \"%s\" to replace", en->replace);
		return refuse(why, "sekisho list USER");
	}
	if (en->replace == NULL && r->token_count >= RECORD_TOKENS_MAX)
		return err_set(&why->e, ERR_LIMIT, r->name,
		    "has %d tokens, the most there can be", RECORD_TOKENS_MAX);
	if (en->label != NULL && record_find_label(r, en->label) != NULL &&
	    (en->replace == NULL || strcmp(en->label, en->replace) != 0))
		return err_set(&why->e, ERR_DUPLICATE, r->name,
		    "there is a token \"%s\" already", en->label);
	return 0;
}

/* Also the token to be replaced counts: its used codes must not become usable again. */
static int check_seed(const struct enrolment *en, const struct record *r, struct refusal *why)
{
	for (size_t i = 0; i < r->token_count; i++) {
		if (record_same_secret(&r->tokens[i], &en->token))
			return err_set(&why->e, ERR_DUPLICATE, r->name,
			    "this secret is enrolled already, as \"%s\"", r->tokens[i].label);
	}
	return 0;
}

/* May this token be added to what was found? */
static int check_person(
    const struct enrolment *en, bool found, struct person *p, struct refusal *why)
{
	struct record *r = &p->record;

	if (!found && en->replace == NULL)
		return 0;
	if (!found)
		return err_set(&why->e, ERR_NOT_ENROLLED, en->account.name, "not enrolled");
	if ((r->flags & RECORD_TOMBSTONE) == 0 && r->uid != RECORD_UID_UNBOUND &&
	    r->uid != en->account.uid) {
		err_set(&why->e, ERR_FOREIGN, r->name,
		    "enrolled with uid %u, the account has uid %u now", (unsigned)r->uid,
		    (unsigned)en->account.uid);
		return refuse(why,
		    "if this is a new person of that name: sekisho revoke USER, then enroll");
	}
	if (check_room(en, r, why) != 0)
		return -1;
	return check_seed(en, r, why);
}

static bool has_token(const struct record *r, const uint8_t id[TOKEN_ID_SIZE])
{
	for (size_t i = 0; i < r->token_count; i++) {
		if (memcmp(r->tokens[i].id, id, TOKEN_ID_SIZE) == 0)
			return true;
	}
	return false;
}

/* A place for the new token's counter. The counter of a token that is being replaced goes only
 * when there is no other place: until the new record is there, the old token must work. */
static struct counter *claim_counter(struct person *p, const struct token *old)
{
	struct counter *c, *place = NULL;

	for (size_t i = 0; i < RECORD_TOKENS_MAX; i++) {
		c = &p->state.counters[i];
		if (place == NULL && !has_token(&p->record, c->id))
			place = c;
	}
	if (place == NULL && old != NULL)
		place = state_counter(&p->state, old->id);
	return place;
}

/* The lowest step to accept. A secret that was brought along may have been enrolled here
 * before, and revoked; a code it was used with lies within the window of the latest login,
 * whatever token that was. Later steps than those only: a login of just now costs a minute, and
 * a person who never logged in nothing. */
static uint64_t first_step(
    const struct enrolment *en, const struct access *a, const struct person *p)
{
	if (en->next != 0 || en->secret_file == NULL || p->state.accepted <= 0)
		return en->next;
	return (uint64_t)p->state.accepted / en->token.period + a->totp_window + 1;
}

static int add_token(
    struct enrolment *en, const struct access *a, int64_t now, struct person *p, struct err *e)
{
	struct record *r = &p->record;
	struct token *old = en->replace != NULL ? record_find_label(r, en->replace) : NULL;
	struct token *t = old != NULL ? old : &r->tokens[r->token_count];
	struct counter *c = claim_counter(p, old);

	if (c == NULL)
		return err_set(e, ERR_DAMAGED, r->name, "no room for the token's counter");
	if (en->label != NULL || en->replace != NULL)
		snprintf(en->stored_label, sizeof(en->stored_label), "%s",
		    en->label != NULL ? en->label : en->replace);
	else
		label_default("totp", r, en->stored_label);
	*t = en->token;
	memcpy(t->label, en->stored_label, sizeof(t->label));
	t->created = now;
	if (old == NULL)
		r->token_count++;
	*c = (struct counter){.next = first_step(en, a, p)};
	memcpy(c->id, t->id, sizeof(c->id));
	if (en->accepted != 0)
		p->state.accepted = en->accepted;
	r->uid = en->account.uid;
	r->flags &= ~(uint32_t)RECORD_TOMBSTONE;
	r->changed = now;
	return 0;
}

/* ---- the two visits to the store ---- */

/* What the second visit found and did, for when the locks are gone. */
struct outcome {
	bool tried; /* to write: the log wants to know */
	bool torn;
	bool locked;        /* after failures */
	bool counter_stays; /* of the token that was replaced; why: */
	struct err counter_err;
};

static bool is_locked(const struct access *a, const struct person *p)
{
	uint32_t seconds;

	for (unsigned i = 0; i < STATE_BUCKETS; i++) {
		if (lockout_check(&p->state.buckets[i], (enum source)i, FACTOR_OTP, &a->clock,
		        &seconds) != LOCKOUT_OPEN)
			return true;
	}
	return false;
}

static int write_person(const struct access *a, struct enrolment *en, bool found,
    struct person *p, struct outcome *o, struct err *e)
{
	int64_t now = a->clock.wall(&a->clock);

	o->tried = true;
	o->torn = access_distrust_torn(a, p);
	if (!found)
		p->record.created = now;
	if (add_token(en, a, now, p, e) != 0 || person_put(&a->store, &a->keys, p, e) != 0)
		return -1;
	/* the new token is there: nothing below undoes that */
	o->counter_stays = person_tidy(&a->store, &a->keys, p, &o->counter_err) != 0;
	o->locked = is_locked(a, p);
	return 0;
}

/* Opens, checks and, when o is not NULL, writes. Holds the locks meanwhile, and is silent. */
static int visit(
    const struct access *a, struct enrolment *en, struct outcome *o, struct refusal *why)
{
	struct person p = {.state_fd = -1};
	int lock = store_lock(&a->store, &why->e), r;
	bool found = false;

	why->hint = NULL;
	if (lock < 0)
		return -1;
	r = person_find(&a->store, &a->keys, en->account.name, &found, &p, &why->e);
	if (r != 0 && (why->e.number == ERR_DAMAGED || why->e.number == ERR_FOREIGN))
		why->hint = "restore it from a backup, or: sekisho revoke USER, then enroll";
	if (r == 0)
		r = check_person(en, found, &p, why);
	if (r == 0 && o != NULL)
		r = write_person(a, en, found, &p, o, &why->e);
	access_release(&p, &lock);
	return r;
}

static enum exit_code check_store(struct ui *ui, const struct access *a, struct enrolment *en)
{
	struct refusal why;

	return visit(a, en, NULL, &why) == 0 ? EXIT_DONE : ui_fail(ui, &why.e, why.hint);
}

static void tell_done(struct ui *ui, const struct enrolment *en, const struct outcome *o)
{
	const char *user = en->account.name;
	char name[RECORD_NAME_SIZE], label[RECORD_LABEL_SIZE], old[RECORD_LABEL_SIZE];
	struct err torn;

	if (o->torn)
		access_tell_torn(ui, user, &torn);
	access_audit(AUDIT_ENROLL, "done", user, en->stored_label,
	    en->replace != NULL ? "replace" : NULL, o->torn ? &torn : NULL);
	ui_clean(ui, user, name, sizeof(name));
	ui_clean(ui, en->stored_label, label, sizeof(label));
	ui_say(ui, "%s: totp \"%s\" enrolled", name, label);
	if (en->replace != NULL) {
		ui_clean(ui, en->replace, old, sizeof(old));
		ui_say(ui, "%s: the \"%s\" before it no longer works", name, old);
	}
	if (o->counter_stays)
		ui_warn(ui, "%s: the old token would work again with an older record: %s", user,
		    o->counter_err.why);
	if (o->locked)
		ui_warn(ui, "%s is locked after failures; sekisho unlock %s", user, user);
}

static enum exit_code store_token(struct ui *ui, const struct access *a, struct enrolment *en)
{
	struct outcome o = {.tried = false};
	struct refusal why;

	if (visit(a, en, &o, &why) == 0) {
		tell_done(ui, en, &o);
		return EXIT_DONE;
	}
	if (o.tried)
		access_audit(AUDIT_ENROLL, "failed", en->account.name, en->label, NULL, &why.e);
	return ui_fail(ui, &why.e, why.hint);
}

/* ---- what the human sees ---- */

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
	if (otpauth_uri(&en->token, host.nodename, en->account.name, uri, sizeof(uri)) != 0)
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

/* Shows the secret, once. With a file the key to type stays unseen: one copy is enough. */
static enum exit_code show(struct ui *ui, struct enrolment *en)
{
	struct qr q = {0};
	struct err e;
	int r = 0;

	if (strcmp(en->qr, "none") != 0)
		r = make_qr(en, &q, &e);
	if (r == 0 && is_file(en->qr)) {
		r = qr_save(&q, &en->qr_place, &e);
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

/* "9h12m" */
static void write_span(int64_t seconds, char *out, size_t size)
{
	long long minutes = (seconds + 30) / 60;

	snprintf(out, size, "%lldh%02lldm", minutes / 60, minutes % 60);
}

/* A wrong code may be the right one of another hour. For words only, never accepted. */
static void explain_wrong(const struct enrolment *en, int64_t now, const char *code,
    size_t digits, char *out, size_t size)
{
	const struct token *t = &en->token;
	uint64_t step = 0;
	int64_t off;
	char span[32];

	if (digits == 0 || otp_totp_judge(t, 0, now, DIAGNOSIS_S / t->period, code, digits,
	                       &step) != FACTOR_ACCEPTED) {
		snprintf(out, size, "%s", err_hint(ERR_WRONG_CODE));
		return;
	}
	off = (int64_t)step * t->period - now;
	write_span(off < 0 ? -off : off, span, sizeof(span));
	snprintf(out, size, "the phone's clock seems %s %s this one: set the one that is wrong",
	    span, off < 0 ? "behind" : "ahead of");
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

/* The code proves that the phone has the secret and the clocks agree; its step is burned. */
static enum exit_code confirm(struct ui *ui, const struct access *a, struct enrolment *en)
{
	enum exit_code code = EXIT_FAILED;
	char digits[OTP_DIGITS_MAX + 1];
	struct secret line = {0};

	for (unsigned left = CONFIRM_TRIES; left > 0 && code != EXIT_DONE; left--) {
		enum ui_reply reply = ui_ask(ui, "Code on the phone: ", UI_VISIBLE, &line);
		int64_t now = a->clock.wall(&a->clock);
		uint64_t step = 0;
		size_t n;

		if (reply != UI_REPLY_OK && reply != UI_REPLY_TOO_LONG) {
			code = ui_no_reply(ui, reply, en->account.name);
			break;
		}
		n = otp_normalize(&line, digits);
		if (n != 0 && otp_totp_judge(&en->token, 0, now, CONFIRM_WINDOW, digits, n,
		                  &step) == FACTOR_ACCEPTED) {
			en->next = step + 1;
			en->accepted = now;
			code = EXIT_DONE;
		} else {
			code = refuse_code(ui, en, now, digits, n, left - 1);
		}
	}
	wipe(digits, sizeof(digits));
	secret_clear(&line);
	return code;
}

/* ---- the command ---- */

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

/* Before anything is asked. */
static enum exit_code check_qr(struct ui *ui, struct enrolment *en)
{
	struct err e;

	if (!is_file(en->qr) || qr_place_open(en->qr, &en->qr_place, &e) == 0)
		return EXIT_DONE;
	return ui_fail(ui, &e,
	    e.number == ERR_UNSAFE_FILE
	        ? "name a directory that only root can write, such as /root"
	        : NULL);
}

static enum exit_code make_token(struct ui *ui, struct enrolment *en)
{
	struct token *t = &en->token;

	if (crypto_random(t->id, sizeof(t->id)) != 0 ||
	    crypto_random(t->secret, NEW_SECRET_SIZE) != 0)
		return ui_refuse(ui, ERR_INTERNAL, "enroll", NULL, "no random numbers");
	t->secret_len = NEW_SECRET_SIZE;
	if (en->secret_file == NULL)
		return EXIT_DONE;
	wipe(t->secret, sizeof(t->secret));
	return seed_read(ui, en->secret_file, t);
}

/* From a QR file that is there to a token that is: no signal may leave the file alone. */
static enum exit_code show_and_store(
    struct ui *ui, const struct access *a, struct enrolment *en)
{
	enum exit_code code;

	ui_hold_signals(ui);
	code = show(ui, en);
	if (code == EXIT_DONE && !en->no_confirm)
		code = confirm(ui, a, en);
	if (code == EXIT_DONE)
		code = store_token(ui, a, en);
	if (code != EXIT_DONE && en->qr_saved && qr_remove(&en->qr_place) != 0)
		ui_warn(ui, "%s: cannot be removed; it holds a secret that is not enrolled",
		    en->qr);
	else if (code == EXIT_DONE && en->qr_saved)
		ui_say(ui, "the QR file holds the secret: delete it when it was scanned");
	ui_release_signals(ui);
	return code;
}

static enum exit_code enroll(struct ui *ui, const struct access *a, struct enrolment *en)
{
	enum exit_code code = check_qr(ui, en);

	if (code == EXIT_DONE)
		code = make_token(ui, en);
	if (code == EXIT_DONE)
		code = check_store(ui, a, en);
	if (code == EXIT_DONE)
		code = show_and_store(ui, a, en);
	qr_place_close(&en->qr_place);
	return code;
}

enum exit_code cmd_enroll(struct ui *ui, const struct command *self, int argc, char **argv)
{
	struct enrolment en = {.qr_place = {.dir = -1},
	    .token = {.kind = TOKEN_TOTP, .algorithm = TOKEN_SHA1, .digits = 6, .period = 30}};
	enum exit_code code;
	struct access a;

	if (!take_options(ui, self, argc, argv, &en, &code))
		return code;
	if (en.qr == NULL)
		en.qr = en.secret_file != NULL ? "none" : "terminal";
	ui->user = argv[optind];
	code = access_open(ui, self->name, &a);
	if (code == EXIT_DONE)
		code = access_account(ui, argv[optind], &en.account);
	if (code == EXIT_DONE)
		code = check_terminal(ui, &en);
	if (code == EXIT_DONE)
		code = enroll(ui, &a, &en);
	wipe(&en, sizeof(en));
	access_close(&a);
	return code;
}
