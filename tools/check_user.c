/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho check USER: what that person would be asked now, by the functions the helper decides
 * with. Tries no code, counts nothing, writes nothing.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/factors/recovery.h"
#include "lib/login/account.h"
#include "lib/login/objection.h"
#include "lib/store/field.h"
#include "lib/store/lockout.h"
#include "lib/store/policy.h"
#include "lib/wire/secret.h"
#include "tools/check.h"
#include "tools/label.h"
#include "tools/number.h"

#define CONFIG_PATH ACCESS_ETC "/sekisho.conf"
#define ANSWER_SIZE 900

static const struct source_row {
	const char *name, *word;
} sources[STATE_BUCKETS] = {
    [SOURCE_CONSOLE] = {"console", "the console"},
    [SOURCE_REMOTE] = {"remote", "remote hosts"},
    [SOURCE_SELF] = {"self", "the person's own sudo"},
    [SOURCE_OTHER] = {"other", "su by others"},
    [SOURCE_LOCKER] = {"locker", "screen lockers"},
};

struct look {
	struct ui *ui;
	const struct check_question *question;
	struct access access;
	struct config config;
	bool config_read, groups_ok, asks, found;
	bool codes_only; /* how pam_sekisho stands in the service: it asks for nothing else */
	struct err config_err, person_err;
	struct login_account account;
	struct person person;
	struct ways ways;
	struct ways_token tokens[RECORD_TOKENS_MAX]; /* when .found */
	enum authority authority;
	enum source source;
	const struct config_rule *rule;
	struct json_t *json; /* NULL without --json */
	char answer[ANSWER_SIZE];
	bool can_succeed;
};

/* ---- finding out ---- */

/* Who would call: the door and the real uid that this service comes with. */
static struct caller caller_of(const struct look *l)
{
	static const struct {
		const char *service;
		enum door door;
		enum { AS_ROOT, AS_SELF, AS_OTHER } as;
	} rows[] = {
	    {"sudo", DOOR_ROOT, AS_SELF},
	    {"sudo-i", DOOR_ROOT, AS_SELF},
	    {"polkit-1", DOOR_ROOT, AS_SELF},
	    {"su", DOOR_ROOT, AS_OTHER},
	    {"su-l", DOOR_ROOT, AS_OTHER},
	    {"i3lock", DOOR_USER, AS_SELF},
	    {"kde", DOOR_USER, AS_SELF},
	    {"swaylock", DOOR_USER, AS_SELF},
	    {"vlock", DOOR_USER, AS_SELF},
	    {"xlock", DOOR_USER, AS_SELF},
	    {"xscreensaver", DOOR_USER, AS_SELF},
	};
	struct caller c = {.door = DOOR_ROOT,
	    .peer_known = true,
	    .remote = l->question->rhost[0] != '\0',
	    .terminal = l->question->tty[0] != '\0',
	    .target_known = l->account.known,
	    .target_uid = l->account.uid};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(rows[i].service, l->question->service) != 0)
			continue;
		c.door = rows[i].door;
		c.ruid = rows[i].as == AS_ROOT   ? 0
		         : rows[i].as == AS_SELF ? l->account.uid
		                                 : l->account.uid + 1;
		c.peer_uid = c.door == DOOR_USER ? c.ruid : 0;
	}
	return c;
}

static struct policy_request request_of(const struct look *l)
{
	const struct check_question *q = l->question;

	return (struct policy_request){.user = l->account.known ? l->account.name : "",
	    .service = q->service,
	    .tty = q->tty,
	    .rhost = q->rhost,
	    .groups = l->account.groups,
	    .group_count = l->account.group_count};
}

static void find_service(struct look *l)
{
	struct pam_stack *stack = malloc(sizeof(*stack));
	struct pam_files files;
	struct pam_source source;
	struct options o;

	pam_files_open(&files, "");
	source = pam_files_source(&files);
	if (stack != NULL &&
	    pam_stack_read(&source, l->question->service, PAM_TYPE_AUTH, stack, NULL) == 0) {
		l->asks = pam_stack_find(stack, PAM_ROLE_SEKISHO) >= 0;
		l->codes_only =
		    pam_stack_options(stack, &o) && (o.combined || o.use_first_pass);
	}
	pam_files_close(&files);
	free(stack);
}

static void find_person(struct look *l)
{
	int lock = -1;

	l->found =
	    access_find(&l->access, l->question->user, &l->person, &lock, &l->person_err) == 0;
	if (!l->found)
		return;
	person_unlock(&l->person);
	close(lock);
	ui_release_signals(l->ui);
	ways_look(&l->ways, &l->person, l->tokens);
}

static void find_out(struct look *l)
{
	struct caller caller;
	struct policy_request request;

	login_account_find(l->question->user, &l->account);
	login_account_find_groups(&l->account);
	caller = caller_of(l);
	l->authority = authority_decide(&caller, &l->source);
	l->config_read = access_config(&l->config, &l->config_err) == 0;
	l->groups_ok =
	    l->config_read && objection_to_groups(&l->config, &l->account, &l->config_err) == 0;
	request = request_of(l);
	if (l->groups_ok)
		l->rule = policy_decide(&l->config, &request);
	find_service(l);
	ways_start(&l->ways, &l->access.store, &l->access.keys,
	    l->config_read ? &l->config : NULL, l->access.clock.wall(&l->access.clock));
	find_person(l);
}

/* ---- what is told ---- */

static void put(struct look *l, struct json_t *object, const char *key, struct json_t *value)
{
	json_doc_put(&l->ui->json, object, key, value);
}

static void tell(struct look *l, const char *head, const char *text)
{
	char clean[600];

	if (l->json != NULL)
		return;
	ui_clean(l->ui, text, clean, sizeof(clean));
	ui_show(l->ui, "%-9s %s", head, clean);
}

static void tell_who(struct look *l)
{
	const struct check_question *q = l->question;
	const struct login_account *a = &l->account;
	char text[700];

	if (a->known)
		(void)snprintf(text, sizeof(text), "%s, uid %u", a->name, (unsigned)a->uid);
	else
		(void)snprintf(text, sizeof(text), "%s: the system does not know it", q->user);
	tell(l, "account:", text);
	(void)snprintf(text, sizeof(text), "%s%s%s%s%s", q->service, *q->tty ? " at " : "",
	    q->tty, *q->rhost ? " from " : "", q->rhost);
	tell(l, "service:", text);
	if (l->authority == AUTHORITY_GRANTED)
		tell(l, "counts as", sources[l->source].word);
	if (l->json == NULL)
		return;
	put(l, l->json, "user", json_doc_text(a->known ? a->name : NULL));
	put(l, l->json, "uid", a->known ? json_integer((json_int_t)a->uid) : json_null());
	put(l, l->json, "service", json_doc_text(q->service));
	put(l, l->json, "tty", json_doc_text(q->tty));
	put(l, l->json, "rhost", json_doc_text(q->rhost));
	put(l, l->json, "source",
	    l->authority == AUTHORITY_GRANTED ? json_doc_text(sources[l->source].name)
	                                      : json_null());
}

/* In sekisho.conf, and for people. */
static const struct {
	const char *word, *words;
} requires[] = {
    [CONFIG_REQUIRE_OTP] = {"otp", "a code"},
    [CONFIG_REQUIRE_NONE] = {"none", "no code"},
    [CONFIG_REQUIRE_CARD] = {"card", "a card"},
    [CONFIG_REQUIRE_CARD_OR_OTP] = {"card or otp", "a card or a code"},
};

static struct json_t *rule_object(struct look *l, const struct config_rule *r, const char *why)
{
	struct json_t *object = json_object();

	put(l, object, "name", json_doc_text(r->name));
	put(l, object, "line", json_integer(r->line));
	if (why != NULL) {
		put(l, object, "mismatch", json_doc_text(why));
		return object;
	}
	put(l, object, "require", json_doc_text(requires[r->require].word));
	put(l, object, "recovery", json_boolean(!r->no_recovery));
	return object;
}

/* Line 0: no sekisho.conf, or none of its rules. */
static const char *rule_words(const struct config_rule *r, char out[200])
{
	if (r->line > 0)
		(void)snprintf(out, 200, "\"%s\" (%s:%d)", r->name, CONFIG_PATH, r->line);
	else
		(void)snprintf(out, 200, "\"%s\" (built in)", r->name);
	return out;
}

static void tell_rule(struct look *l)
{
	const struct policy_request request = request_of(l);
	struct json_t *passed = l->json != NULL ? json_array() : NULL;
	char words[200], text[300];

	for (unsigned i = 0; l->rule != NULL && &l->config.rules[i] != l->rule; i++) {
		const struct config_rule *r = &l->config.rules[i];
		const char *why;

		if (i >= l->config.rule_count)
			break;
		why = policy_mismatch(r, &request);
		(void)snprintf(
		    text, sizeof(text), "%s: %s does not match", rule_words(r, words), why);
		tell(l, "not rule", text);
		if (passed != NULL)
			json_doc_append(&l->ui->json, passed, rule_object(l, r, why));
	}
	if (l->rule != NULL) {
		(void)snprintf(text, sizeof(text), "%s: %s%s", rule_words(l->rule, words),
		    requires[l->rule->require].words,
		    l->rule->no_recovery ? ", none on paper" : "");
		tell(l, "rule:", text);
	}
	if (l->json == NULL)
		return;
	put(l, l->json, "not_rules", passed);
	put(l, l->json, "rule", l->rule != NULL ? rule_object(l, l->rule, NULL) : json_null());
}

static void tell_tokens(struct look *l)
{
	const struct record *r = &l->person.record;
	struct json_t *array = l->json != NULL ? json_array() : NULL;
	char text[300];

	for (unsigned i = 0; l->found && i < r->token_count; i++) {
		const struct token *t = &r->tokens[i];
		const struct ways_token *w = &l->tokens[i];
		const char *state = w->lack != NULL ? w->lack : "enrolled";

		(void)snprintf(text, sizeof(text), "%s, %s, %s", t->label, label_kind(t),
		    w->err.number != ERR_NONE ? w->err.why : state);
		tell(l, "token:", text);
		if (array != NULL) {
			struct json_t *object = json_object();

			put(l, object, "label", json_doc_text(t->label));
			put(l, object, "kind", json_doc_text(label_kind(t)));
			put(l, object, "state", json_doc_text(state));
			json_doc_append(&l->ui->json, array, object);
		}
	}
	if (array != NULL)
		put(l, l->json, "tokens", array);
}

static void tell_codes(struct look *l)
{
	const struct person *p = &l->person;
	unsigned recovery = l->found ? recovery_left(&p->record, &p->state) : 0;
	unsigned temporary = l->found ? ways_temporary_left(p, l->ways.now) : 0;
	bool held = l->found && (l->person.state.flags & STATE_CODES_HELD) != 0;
	char text[160];

	(void)snprintf(text, sizeof(text), "%u recovery, %u temporary%s", recovery, temporary,
	    held ? "; held after an interrupted write, until sekisho unlock" : "");
	tell(l, "paper:", text);
	if (l->json == NULL)
		return;
	put(l, l->json, "recovery_codes", json_integer(recovery));
	put(l, l->json, "temporary_codes", json_integer(temporary));
	put(l, l->json, "codes_held", json_boolean(held));
}

static void tell_dates(struct look *l)
{
	const struct record *r = &l->person.record;
	char from[TIME_SIZE], until[TIME_SIZE], text[160];

	time_write(r->not_before, TIME_MINUTE, from);
	time_write(r->not_after, TIME_MINUTE, until);
	if (r->not_before != 0 || r->not_after != 0) {
		(void)snprintf(text, sizeof(text), "from %s until %s",
		    r->not_before != 0 ? from : "ever", r->not_after != 0 ? until : "ever");
		tell(l, "dates:", text);
	}
	if (l->json == NULL)
		return;
	put(l, l->json, "not_before", json_doc_time(r->not_before));
	put(l, l->json, "not_after", json_doc_time(r->not_after));
	put(l, l->json, "suspended", json_boolean((r->flags & RECORD_SUSPENDED) != 0));
	put(l, l->json, "everybody_suspended",
	    json_boolean((l->access.keys.header_flags & HEADER_SUSPENDED) != 0));
}

/* Of the strictest factor. */
static enum lockout lockout_of(struct look *l, enum source source, uint32_t *ret_seconds)
{
	static const enum factor_kind factors[] = {FACTOR_OTP, FACTOR_CARD, FACTOR_RECOVERY};
	const struct bucket *b = &l->person.state.buckets[source];
	enum lockout strictest = LOCKOUT_OPEN;

	for (size_t i = 0; i < sizeof(factors) / sizeof(factors[0]); i++) {
		uint32_t seconds = 0;
		enum lockout one =
		    lockout_check(b, source, factors[i], &l->access.clock, &seconds);

		if (one >= strictest)
			continue;
		strictest = one;
		*ret_seconds = seconds;
	}
	return strictest;
}

static void tell_lockout(struct look *l)
{
	struct json_t *array = l->json != NULL ? json_array() : NULL;
	char text[160];

	for (unsigned i = 0; l->found && i < STATE_BUCKETS; i++) {
		uint32_t seconds = 0;
		enum lockout state = lockout_of(l, (enum source)i, &seconds);

		if (state == LOCKOUT_OPEN)
			continue;
		if (state == LOCKOUT_WAIT)
			(void)snprintf(
			    text, sizeof(text), "%s: %u s to wait", sources[i].word, seconds);
		else
			(void)snprintf(
			    text, sizeof(text), "%s: until sekisho unlock", sources[i].word);
		tell(l, "locked:", text);
		if (array != NULL) {
			struct json_t *object = json_object();

			put(l, object, "source", json_doc_text(sources[i].name));
			put(l, object, "seconds",
			    state == LOCKOUT_WAIT ? json_integer(seconds) : json_null());
			json_doc_append(&l->ui->json, array, object);
		}
	}
	if (array != NULL)
		put(l, l->json, "locked", array);
}

static void tell_clock(struct look *l)
{
	char span[SPAN_SIZE], text[64];

	if (l->ways.behind > 0 && l->ways.behind < INT64_MAX) {
		span_write(l->ways.behind, span);
		(void)snprintf(text, sizeof(text), "%s behind", span);
	} else {
		(void)snprintf(text, sizeof(text), "%s",
		    l->ways.behind > 0 ? "not to be believed" : "not behind");
	}
	tell(l, "clock:", text);
	if (l->json != NULL)
		put(l, l->json, "clock_behind", json_boolean(l->ways.behind > 0));
}

/* ---- the sentence ---- */

/* Is this factor not locked? */
static bool is_open(const struct look *l, enum factor_kind factor)
{
	const struct bucket *b = &l->person.state.buckets[l->source];
	uint32_t seconds;

	return lockout_check(b, l->source, factor, &l->access.clock, &seconds) == LOCKOUT_OPEN;
}

/* What the rule accepts from this person now. */
static unsigned ways_open(const struct look *l)
{
	static const struct {
		enum factor_kind factor;
		unsigned ways;
	} rows[] = {
	    {FACTOR_OTP, WAY_CODES}, {FACTOR_CARD, WAY_CARD}, {FACTOR_RECOVERY, WAY_PAPER}};
	unsigned ways = ways_of(&l->ways, &l->person, l->tokens) &
	                ways_taken(l->rule, l->question->rhost[0] != '\0');

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (!is_open(l, rows[i].factor))
			ways &= ~rows[i].ways;
	return ways;
}

/* And what this service asks for. */
static unsigned ways_in(const struct look *l)
{
	return ways_open(l) & ~(l->codes_only ? (unsigned)WAY_CARD : 0);
}

/* Why nothing that this person has would be accepted. */
static const char *why_no_way(struct look *l, char out[160])
{
	uint32_t seconds = 0;

	switch (lockout_of(l, l->source, &seconds)) {
	case LOCKOUT_WAIT:
		(void)snprintf(out, 160, "locked for %u s more", seconds);
		return out;
	case LOCKOUT_SUSPENDED:
		return "locked after failures, until sekisho unlock";
	case LOCKOUT_OPEN:
	default:
		if (ways_open(l) != 0)
			return "combined and use_first_pass ask for no card";
		return l->ways.behind > 0 && l->person.record.token_count > 0
		           ? "the clock is behind, and there is nothing that goes on then"
		           : "nothing that is enrolled opens under this rule";
	}
}

static const char *words_of_objection(const char *why)
{
	static const struct {
		const char *why, *words;
	} rows[] = {
	    {"not-enrolled", "not enrolled"},
	    {"unknown-user", "there is no such account"},
	    {"revoked", "revoked"},
	    {"record-suspended", "suspended; the log says by whom"},
	    {"other-uid", "enrolled under another uid than the account has"},
	    {"outside-validity", "outside the dates set for this person"},
	    {"all-suspended", "everybody is suspended"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].why, why) == 0)
			return rows[i].words;
	return why;
}

/* Why a right answer would not count; NULL when one would. */
static const char *find_refusal(struct look *l, char out[160])
{
	const char *why;

	if (!l->found)
		return l->person_err.number == ERR_NOT_ENROLLED ||
		               l->person_err.number == ERR_ACCOUNT
		           ? words_of_objection(
		                 l->account.known ? "not-enrolled" : "unknown-user")
		           : l->person_err.why;
	why = objection_find(&l->account, &l->person, l->access.keys.header_flags, l->ways.now);
	if (why != NULL)
		return words_of_objection(why);
	if (l->person.file_state.torn)
		return "the last write was interrupted: this answer is given up, the next "
		       "counts";
	return ways_in(l) == 0 ? why_no_way(l, out) : NULL;
}

/* Which of them is in a reader now, nobody knows here. */
static void write_ways(unsigned ways, char *out, size_t size)
{
	static const char *const codes[] = {
	    [0] = "a code",
	    [WAY_TOTP] = "a one-time code",
	    [WAY_HOTP] = "a one-time code (of a counter token)",
	    [WAY_TOTP | WAY_HOTP] = "a one-time code",
	};
	const bool code = (ways & WAY_CODES) != 0, card = (ways & WAY_CARD) != 0;
	const char *paper = card   ? "; a code on paper opens, too"
	                    : code ? "; one on paper opens, too"
	                           : "; one on paper opens";
	(void)snprintf(out, size, "%s%s%s%s", card ? "the PIN of a card" : "",
	    card && code ? ", or without the card for " : "",
	    card && !code ? "" : codes[ways & WAY_CODES], (ways & WAY_PAPER) != 0 ? paper : "");
}

static void answer_asked(struct look *l)
{
	char ways[160];
	const char *name = l->account.name;
	char why[160];
	const char *refusal = find_refusal(l, why);

	if (refusal != NULL) {
		(void)snprintf(l->answer, sizeof(l->answer),
		    "%s would be asked for a code and refused: %s", name, refusal);
		return;
	}
	write_ways(ways_in(l), ways, sizeof(ways));
	(void)snprintf(l->answer, sizeof(l->answer), "%s would be asked for %s", name, ways);
	l->can_succeed = true;
}

static void answer(struct look *l)
{
	const char *name = l->account.name;

	if (!l->asks)
		(void)snprintf(l->answer, sizeof(l->answer),
		    "%s would not be asked: the auth lines of %s have no pam_sekisho.so", name,
		    l->question->service);
	else if (l->authority != AUTHORITY_GRANTED)
		(void)snprintf(l->answer, sizeof(l->answer),
		    "%s would be refused: this caller may not verify this person", name);
	else if (!l->groups_ok)
		(void)snprintf(l->answer, sizeof(l->answer),
		    "%s would be asked for a code and refused: %s: %s", name,
		    l->config_err.object, l->config_err.why);
	else if (l->rule->require == CONFIG_REQUIRE_NONE)
		(void)snprintf(l->answer, sizeof(l->answer),
		    "%s would be let in without a code, by rule \"%s\"", name, l->rule->name);
	else
		answer_asked(l);
}

static void tell_all(struct look *l)
{
	char clean[ANSWER_SIZE];

	l->json = ui_json(l->ui);
	tell_who(l);
	tell_rule(l);
	tell_tokens(l);
	tell_codes(l);
	if (l->found)
		tell_dates(l);
	tell_lockout(l);
	tell_clock(l);
	answer(l);
	if (l->json != NULL) {
		put(l, l->json, "can_succeed", json_boolean(l->can_succeed));
		put(l, l->json, "answer", json_doc_text(l->answer));
		return;
	}
	ui_clean(l->ui, l->answer, clean, sizeof(clean));
	ui_show(l->ui, "%s", clean);
}

enum exit_code check_user(struct ui *ui, const struct check_question *q)
{
	struct check_question question = *q;
	enum exit_code code;
	struct look *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return ui_refuse(ui, ERR_INTERNAL, "check", NULL, "out of memory");
	/* asked for by nobody: at the console */
	if (q->service == NULL && q->tty == NULL && q->rhost == NULL)
		question.tty = "tty1";
	if (question.service == NULL)
		question.service = q->rhost != NULL ? "sshd" : "login";
	if (question.tty == NULL)
		question.tty = "";
	if (question.rhost == NULL)
		question.rhost = "";
	l->ui = ui;
	l->question = &question;
	l->person.state_fd = -1;
	code = access_open(ui, "check", &l->access);
	if (code == EXIT_DONE) {
		find_out(l);
		tell_all(l);
		code = l->can_succeed ? EXIT_DONE : EXIT_FINDINGS;
	}
	ways_end(&l->ways);
	person_close(&l->person);
	login_account_clear(&l->account);
	access_close(&l->access);
	wipe(l, sizeof(*l));
	free(l);
	return code;
}
