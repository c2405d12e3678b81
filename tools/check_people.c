/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho check: everybody's record and state, and who would be refused. Holds a person's lock
 * no longer than it takes to read.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/login/account.h"
#include "lib/login/objection.h"
#include "lib/store/lockout.h"
#include "lib/store/policy.h"
#include "lib/wire/secret.h"
#include "tools/check.h"
#include "tools/logins.h"
#include "tools/number.h"

static const char *const source_words[STATE_BUCKETS] = {
    [SOURCE_CONSOLE] = "the console",
    [SOURCE_REMOTE] = "remote hosts",
    [SOURCE_SELF] = "sudo",
    [SOURCE_OTHER] = "su by others",
    [SOURCE_LOCKER] = "screen lockers",
};

struct people {
	struct check *check;
	int64_t now;
	bool root_enters, admin_enters; /* somebody with a token that opens */
	size_t entering;
	char (*names)[RECORD_NAME_SIZE]; /* of those, in alphabetical order */
	/* of the one who is looked at: */
	struct login_account account;
	struct ways_token tokens[RECORD_TOKENS_MAX];
};

/* A rule for those who are at another machine takes no card. */
static unsigned taken_by(const struct config_rule *r)
{
	return ways_taken(
	    r, r->locality == CONFIG_REMOTE || r->match[CONFIG_MATCH_RHOST].count > 0);
}

static void check_lockout(struct check *c, const struct person *p, const char *hint)
{
	static const enum factor_kind factors[] = {FACTOR_OTP, FACTOR_CARD, FACTOR_RECOVERY};

	for (unsigned i = 0; i < STATE_BUCKETS; i++)
		for (size_t f = 0; f < sizeof(factors) / sizeof(factors[0]); f++) {
			uint32_t seconds = 0;
			enum lockout l = lockout_check(&p->state.buckets[i], (enum source)i,
			    factors[f], &c->clock, &seconds);

			if (l == LOCKOUT_SUSPENDED) {
				check_add(c, CHECK_WARNING, ERR_LOCKED, p->record.name, hint,
				    "shut out after failures from %s", source_words[i]);
				break;
			}
			if (l == LOCKOUT_WAIT) {
				check_add(c, CHECK_NOTE, ERR_LOCKED, p->record.name, hint,
				    "has to wait %u s after failures from %s", seconds,
				    source_words[i]);
				break;
			}
		}
}

static void check_state(struct check *c, const struct person *p)
{
	char hint[RECORD_NAME_SIZE + 32];

	(void)snprintf(hint, sizeof(hint), "sekisho unlock %s", p->record.name);
	if (p->file_state.torn)
		check_add(c, CHECK_WARNING, ERR_TORN, p->record.name, NULL,
		    "the last write was interrupted; the next login gives up codes of then");
	if ((p->state.flags & STATE_CODES_HELD) != 0)
		check_add(c, CHECK_WARNING, ERR_TORN, p->record.name, hint,
		    "codes on paper are held after an interrupted write");
	check_lockout(c, p, hint);
}

/* What a rule about this person would be asked with: its own first words. */
static struct policy_request request_of(const struct people *s, const struct config_rule *r)
{
	const struct config_values *v = r->match;

#define FIRST(condition) (v[condition].count > 0 ? v[condition].value[0] : "")
	return (struct policy_request){.user = s->account.name,
	    .service = FIRST(CONFIG_MATCH_SERVICE),
	    .tty = FIRST(CONFIG_MATCH_TTY),
	    .rhost = v[CONFIG_MATCH_RHOST].count > 0 ? v[CONFIG_MATCH_RHOST].value[0]
	             : r->locality == CONFIG_REMOTE  ? "host"
	                                             : "",
	    .groups = s->account.groups,
	    .group_count = s->account.group_count};
#undef FIRST
}

static void add_not_taken(
    const struct people *s, const struct person *p, const struct config_rule *r, unsigned ways)
{
	static const char *const words[2][2][2] = {
	    /* codes, card, paper */
	    {{"nothing", "codes on paper"}, {"a card", "a card and codes on paper"}},
	    {{"one-time codes", "codes"}, {"one-time codes and a card", "codes and a card"}},
	};
	const unsigned taken = taken_by(r);
	char hint[RECORD_NAME_SIZE + 32], line[24] = "built in";

	if ((taken & (WAY_CODES | WAY_CARD)) != 0)
		(void)snprintf(hint, sizeof(hint), "sekisho enroll %s %s", p->record.name,
		    (taken & WAY_CODES) != 0 ? "totp" : "card");
	else
		(void)snprintf(hint, sizeof(hint), "sekisho.conf(5), require");
	if (r->line > 0)
		(void)snprintf(line, sizeof(line), "line %d", r->line);
	check_add(s->check, CHECK_WARNING, ERR_NOT_TAKEN, p->record.name, hint,
	    "has %s only, which rule \"%s\" (%s) does not take",
	    words[(ways & WAY_CODES) != 0][(ways & WAY_CARD) != 0][(ways & WAY_PAPER) != 0],
	    r->name, line);
}

/* Of the rules that decide about this person: does one take what there is? The first one that
 * does not is told. */
static bool check_rules(const struct people *s, const struct person *p, unsigned ways)
{
	const struct config *config = &s->check->config;
	bool enters = false, told = false;

	if (!s->check->config_read)
		return ways != 0;
	for (unsigned i = 0; ways != 0 && i < config->rule_count; i++) {
		const struct config_rule *r = &config->rules[i];
		struct policy_request q = request_of(s, r);

		if (policy_decide(config, &q) != r)
			continue;
		if ((ways & taken_by(r)) != 0)
			enters = true;
		else if (!told)
			add_not_taken(s, p, r, ways);
		told |= (ways & taken_by(r)) == 0;
	}
	return enters;
}

static bool is_admin(const struct login_account *a)
{
	static const char *const groups[] = {"sudo", "wheel", "admin"};

	for (size_t i = 0; i < a->group_count; i++)
		for (size_t n = 0; n < sizeof(groups) / sizeof(groups[0]); n++)
			if (strcmp(a->groups[i], groups[n]) == 0)
				return true;
	return false;
}

static void note_entering(struct people *s, const struct person *p)
{
	char(*names)[RECORD_NAME_SIZE] = names_grow(s->names, s->entering, sizeof(*names));
	struct err e;

	if (names == NULL) {
		err_set(&e, ERR_INTERNAL, "check", "out of memory");
		check_fail(s->check, &e);
		return;
	}
	s->names = names;
	memcpy(names[s->entering++], p->record.name, RECORD_NAME_SIZE);
	s->root_enters |= s->account.uid == 0;
	s->admin_enters |= is_admin(&s->account);
}

static void check_standing(struct people *s, const struct person *p)
{
	const char *why = objection_find(&s->account, p, 0, s->now);
	static const struct {
		const char *why;
		enum check_severity severity;
		enum err_number number;
		const char *words;
	} rows[] = {
	    {"unknown-user", CHECK_NOTE, ERR_ACCOUNT, "enrolled, but there is no such account"},
	    {"record-suspended", CHECK_NOTE, ERR_SUSPENDED, "suspended"},
	    {"other-uid", CHECK_WARNING, ERR_FOREIGN,
	        "enrolled under another uid than the account has; refused"},
	    {"outside-validity", CHECK_NOTE, ERR_NOT_ENROLLED, "outside the dates set for it"},
	};
	char hint[RECORD_NAME_SIZE + 32] = "";
	unsigned ways;

	if (why == NULL) {
		ways = ways_of(&s->check->ways, p, s->tokens);
		if (check_rules(s, p, ways))
			note_entering(s, p);
		else if (ways == 0)
			check_add(s->check, CHECK_NOTE, ERR_NOT_ENROLLED, p->record.name, NULL,
			    "has no token and no code that opens");
		return;
	}
	(void)snprintf(hint, sizeof(hint),
	    strcmp(why, "record-suspended") == 0   ? "sekisho resume %s"
	    : strcmp(why, "outside-validity") == 0 ? "sekisho expiry %s"
	                                           : "sekisho revoke %s",
	    p->record.name);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].why, why) == 0)
			check_add(s->check, rows[i].severity, rows[i].number, p->record.name,
			    hint, "%s", rows[i].words);
}

static void check_person(struct people *s, const char *name)
{
	struct person p = {.state_fd = -1};
	bool found = false;
	struct err e;

	if (check_read_person(s->check, name, &found, &p, &e) != 0) {
		if (e.number == ERR_BUSY)
			check_fail(s->check, &e);
		else
			check_add_err(s->check, CHECK_DANGER, &e, access_record_hint(&e));
	} else if (found && (p.record.flags & RECORD_TOMBSTONE) == 0) {
		login_account_find(name, &s->account);
		login_account_find_groups(&s->account);
		ways_look(&s->check->ways, &p, s->tokens);
		check_state(s->check, &p);
		check_standing(s, &p);
		check_person_cards(s->check, &p, s->tokens);
		login_account_clear(&s->account);
	}
	person_close(&p);
}

/* ---- those who are not in the store ---- */

static bool enters(const struct people *s, const char *name)
{
	for (size_t low = 0, high = s->entering; low < high;) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(name, s->names[middle]);

		if (order == 0)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

static void check_unenrolled(struct people *s)
{
	struct check_words some = {.used = 0};
	struct logins l;
	struct err e;

	if (logins_read(&l) != 0) {
		err_set(&e, ERR_INTERNAL, "check", "out of memory");
		check_fail(s->check, &e);
	}
	for (size_t i = 0; i < l.count; i++)
		if (!enters(s, l.list[i].name))
			check_words_add(&some, l.list[i].name);
	if (some.count > 0)
		check_add(s->check, CHECK_NOTE, ERR_UNENROLLED, some.text, NULL,
		    "%zu %s log in and %s nothing to do it with", some.count,
		    some.count == 1 ? "account could" : "accounts could",
		    some.count == 1 ? "has" : "have");
	logins_clear(&l);
}

/* Which services would ask root for a code that he does not have? */
static void check_root(const struct people *s)
{
	struct check *c = s->check;
	struct check_words services = {.used = 0};
	static const char *const groups[] = {"root"};

	if (s->root_enters || !c->config_read)
		return;
	for (size_t i = 0; i < c->asking.count; i++) {
		const struct policy_request q = {.user = "root",
		    .service = c->asking.names[i],
		    .tty = "",
		    .rhost = "",
		    .groups = groups,
		    .group_count = 1};

		if (policy_decide(&c->config, &q)->require != CONFIG_REQUIRE_NONE)
			check_words_add(&services, c->asking.names[i]);
	}
	if (services.count == 0)
		return;
	if (s->admin_enters)
		check_add(c, CHECK_WARNING, ERR_ROOT_REFUSED, "root", NULL,
		    "has no token, but is asked for a code by %s", services.text);
	else
		check_add(c, CHECK_DANGER, ERR_ROOT_REFUSED, "root", NULL,
		    "neither root nor anybody of sudo, wheel or admin has a token; asked by %s",
		    services.text);
}

void check_people(struct check *c)
{
	struct people s = {.check = c, .now = c->clock.wall(&c->clock)};
	struct err e;

	if (!c->unlocked)
		return;
	ways_start(&c->ways, &c->store, &c->keys, c->config_read ? &c->config : NULL, s.now);
	c->ways.behind = 0; /* told once, by check_clock, and not of everybody */
	if (names_read(&c->store, &c->keys, &c->people, &e) != 0)
		check_fail(c, &e);
	for (size_t i = 0; i < c->people.err_count; i++)
		check_add_err(c, CHECK_DANGER, &c->people.errs[i],
		    access_record_hint(&c->people.errs[i]));
	for (size_t i = 0; i < c->people.count; i++)
		check_person(&s, c->people.names[i]);
	if ((c->keys.header_flags & HEADER_SUSPENDED) != 0)
		check_add(c, CHECK_WARNING, ERR_SUSPENDED, "everybody", "sekisho resume --all",
		    "suspended: all are refused, root included");
	check_root(&s);
	check_unenrolled(&s);
	free(s.names);
}
