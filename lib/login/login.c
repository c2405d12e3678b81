/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The session of one login, from the first question to the verdict. What each outcome means is
 * the table below; nothing outside it can grant. Opens no door and starts no process.
 */
#include "lib/login/login.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <syslog.h>

#include "lib/base/safefile.h"
#include "lib/factors/factor.h"
#include "lib/store/lockout.h"
#include "lib/store/policy.h"

#define SEND_TIMEOUT_MS 2000

/* How one answer ended. The first value denies. */
enum outcome {
	OUTCOME_ERROR = 0,
	OUTCOME_ACCEPTED,
	OUTCOME_NOT_REQUIRED, /* a rule with require = none */
	OUTCOME_WRONG,
	OUTCOME_USED,
	OUTCOME_MALFORMED,
	OUTCOME_CLOCK,    /* the clock is behind: no code of now can be told */
	OUTCOME_EMPTY,    /* Enter alone: no attempt */
	OUTCOME_PASSWORD, /* the host repeated the password: no attempt */
	OUTCOME_LOCKED,
	OUTCOME_SUSPENDED,
	OUTCOME_BUSY,
	OUTCOME_UNAVAILABLE,
	OUTCOME_CALLER, /* there was nothing to judge: not this caller */
	OUTCOME_COUNT
};

/* verdict: what ends the login with this outcome; again: whether asking once more makes sense;
 * reason: what the person is told; word: what the log says. */
static const struct {
	enum verdict verdict;
	bool again;
	enum msg_reason reason;
	const char *word;
} outcomes[OUTCOME_COUNT] = {
    [OUTCOME_ERROR] = {VERDICT_ERROR, false, MSG_REASON_UNAVAILABLE, "internal-error"},
    [OUTCOME_ACCEPTED] = {VERDICT_GRANTED, false, MSG_REASON_NONE, "otp"},
    [OUTCOME_NOT_REQUIRED] = {VERDICT_GRANTED, false, MSG_REASON_NONE, "not-required"},
    [OUTCOME_WRONG] = {VERDICT_DENIED, true, MSG_REASON_WRONG, "wrong-code"},
    [OUTCOME_USED] = {VERDICT_DENIED, true, MSG_REASON_USED, "used-code"},
    [OUTCOME_MALFORMED] = {VERDICT_DENIED, true, MSG_REASON_MALFORMED, "malformed"},
    [OUTCOME_CLOCK] = {VERDICT_DENIED, true, MSG_REASON_CLOCK, "clock"},
    [OUTCOME_EMPTY] = {VERDICT_DENIED, true, MSG_REASON_NONE, "empty"},
    [OUTCOME_PASSWORD] = {VERDICT_DENIED, true, MSG_REASON_MALFORMED, "password-repeated"},
    [OUTCOME_LOCKED] = {VERDICT_LOCKED, false, MSG_REASON_LOCKED, "locked"},
    [OUTCOME_SUSPENDED] = {VERDICT_LOCKED, false, MSG_REASON_SUSPENDED, "suspended"},
    [OUTCOME_BUSY] = {VERDICT_DENIED, true, MSG_REASON_BUSY, "busy"},
    [OUTCOME_UNAVAILABLE] = {VERDICT_UNAVAILABLE, false, MSG_REASON_UNAVAILABLE, "unavailable"},
    [OUTCOME_CALLER] = {VERDICT_NOT_ALLOWED, false, MSG_REASON_NONE, "caller"},
};

/* Everything secret or derived from secrets lives here: one block to lock and to wipe. */
static struct arena {
	struct keys keys;
	struct person person;
	struct msg received;
} arena __attribute__((aligned(4096)));

struct session {
	const struct login_setup *setup;
	uint32_t seq;
	uint32_t seconds;    /* with OUTCOME_LOCKED */
	struct err err;      /* with OUTCOME_UNAVAILABLE and OUTCOME_BUSY */
	const char *refusal; /* word for the log when a right code is refused all the same */
	char token[RECORD_LABEL_SIZE];
};

static struct config config; /* read anew for each answer; too large for a stack */

void login_lock_memory(void)
{
	/* Best effort: without it a seed could reach swap, but nobody is kept from logging in.
	 */
	(void)mlock(&arena, sizeof arena);
	(void)madvise(&arena, sizeof arena, MADV_DONTDUMP);
}

static const struct config_rule *rule_of(struct session *s)
{
	const struct login_account *a = s->setup->account;
	const struct policy_request q = {
	    .user = a->known ? a->name : "",
	    .service = s->setup->hello->hello.service,
	    .tty = s->setup->hello->hello.tty,
	    .rhost = s->setup->hello->hello.rhost,
	    .groups = a->groups,
	    .group_count = a->group_count,
	};

	return policy_decide(&config, &q);
}

/* A rule that is passed by because the group database did not answer could let somebody in. */
static int refuse_group_rules(struct session *s)
{
	for (unsigned i = 0; i < config.rule_count; i++)
		if (config.rules[i].match[CONFIG_MATCH_GROUP].count > 0)
			return err_set(&s->err, ERR_GROUPS, s->setup->account->name,
			    "rule \"%s\" asks for a group", config.rules[i].name);
	return 0;
}

/* No file is a valid configuration; an unreadable one is not. */
static int read_config(struct session *s)
{
	static uint8_t text[CONFIG_FILE_MAX];
	const struct login_setup *u = s->setup;
	size_t len = 0;

	if (u->store == NULL) {
		s->err = *u->store_err;
		return -1;
	}
	if (safefile_read(u->store->etc, u->store->etc_path, u->config_name, S_IWGRP | S_IWOTH,
	        text, 0, sizeof text, &len, &s->err) != 0) {
		if (errno != ENOENT)
			return -1;
		memset(&s->err, 0, sizeof s->err);
		config_default(&config);
		return 0;
	}
	if (config_parse((const char *)text, len, u->config_name, &config, &s->err) != 0)
		return -1;
	return u->account->groups_unsure ? refuse_group_rules(s) : 0;
}

/* Why a person with a right answer is refused all the same; NULL when nothing speaks against.
 */
static const char *objection(const struct session *s, const struct person *p)
{
	const struct login_setup *u = s->setup;
	const struct record *r = &p->record;
	int64_t now = u->clock->wall(u->clock);

	if (p->decoy)
		return u->account->known ? "not-enrolled" : "unknown-user";
	if (!u->account->known)
		return "unknown-user";
	if ((r->flags & RECORD_TOMBSTONE) != 0)
		return "revoked";
	if ((r->flags & RECORD_SUSPENDED) != 0)
		return "record-suspended";
	if (r->uid != (uint32_t)u->account->uid)
		return "other-uid";
	if ((r->not_before != 0 && now < r->not_before) ||
	    (r->not_after != 0 && now >= r->not_after))
		return "outside-validity";
	return NULL;
}

/* A write was cut short: what it recorded is unknown. A failure is counted for it, and with
 * every code up to now given up there is nothing to judge. */
static enum outcome distrust_torn_state(struct session *s, struct person *p)
{
	const struct login_setup *u = s->setup;

	person_distrust(
	    p, u->clock->wall(u->clock), config.totp_window, config.hotp_look_ahead);
	lockout_failed(&p->state.buckets[u->source], FACTOR_OTP, LOCKOUT_GUESS, u->clock);
	err_set(&s->err, ERR_TORN, p->decoy ? "decoy" : u->account->name,
	    "the last login's write was cut short; codes up to now are refused");
	return OUTCOME_USED;
}

/* Judges one answer and moves the state; the caller makes it durable. */
static enum outcome judge(struct session *s, struct person *p, const struct secret *answer)
{
	/* An error counts as a guess: it may stand for one token of several. */
	static const struct {
		enum outcome outcome;
		enum lockout_event event;
	} results[] = {
	    [FACTOR_ERROR] = {OUTCOME_ERROR, LOCKOUT_GUESS},
	    [FACTOR_ACCEPTED] = {OUTCOME_ACCEPTED, LOCKOUT_NO_GUESS},
	    [FACTOR_WRONG] = {OUTCOME_WRONG, LOCKOUT_GUESS},
	    [FACTOR_USED] = {OUTCOME_USED, LOCKOUT_NO_GUESS},
	    [FACTOR_MALFORMED] = {OUTCOME_MALFORMED, LOCKOUT_NO_GUESS},
	    [FACTOR_CLOCK] = {OUTCOME_CLOCK, LOCKOUT_NO_GUESS},
	};
	const struct login_setup *u = s->setup;
	struct bucket *b = &p->state.buckets[u->source];
	struct factor_attempt a = {.answer = answer,
	    .record = &p->record,
	    .state = &p->state,
	    .clock = u->clock,
	    .totp_window = config.totp_window,
	    .hotp_look_ahead = config.hotp_look_ahead,
	    .recovery = true};
	enum factor_result r = factor_otp.verify(&a);

	if ((size_t)r >= sizeof results / sizeof results[0])
		r = FACTOR_ERROR;
	s->refusal = objection(s, p);
	if (s->refusal != NULL && r != FACTOR_MALFORMED)
		r = FACTOR_WRONG;
	if (r == FACTOR_ACCEPTED) {
		lockout_reset(b);
		p->state.last_seen = u->clock->wall(u->clock);
		snprintf(s->token, sizeof s->token, "%s", a.token);
	} else {
		lockout_failed(b, factor_otp.kind, results[r].event, u->clock);
	}
	return results[r].outcome;
}

static enum outcome lockout_outcome(struct session *s, const struct person *p)
{
	const struct login_setup *u = s->setup;

	switch (lockout_check(
	    &p->state.buckets[u->source], u->source, factor_otp.kind, u->clock, &s->seconds)) {
	case LOCKOUT_OPEN:
		return OUTCOME_ACCEPTED;
	case LOCKOUT_WAIT:
		return OUTCOME_LOCKED;
	case LOCKOUT_SUSPENDED:
	default:
		return OUTCOME_SUSPENDED;
	}
}

/* Lock, read, judge, write, sync, unlock. Nothing is said before the write is durable. */
static enum outcome evaluate_person(
    struct session *s, struct person *p, const struct secret *answer)
{
	const struct login_setup *u = s->setup;
	enum outcome o = lockout_outcome(s, p), next;

	if (p->file_state.torn)
		o = distrust_torn_state(s, p);
	else if (o == OUTCOME_ACCEPTED)
		o = judge(s, p, answer);
	else
		return o;
	if (person_save_state(u->store, &arena.keys, p, &s->err) != 0)
		return OUTCOME_UNAVAILABLE;
	if (o == OUTCOME_ACCEPTED)
		return o;
	/* Say now that the next try has to wait, instead of asking for one in vain. */
	next = lockout_outcome(s, p);
	return next == OUTCOME_ACCEPTED ? o : next;
}

/* The configuration may allow more than a local disk, so this waits until it was read. */
static int check_file_system(struct session *s)
{
	const struct store *store = s->setup->store;

	return config.allow_any_file_system
	           ? 0
	           : safedir_check_file_system(store->dir, store->path, &s->err);
}

static enum outcome evaluate(struct session *s, const struct secret *answer)
{
	const struct login_setup *u = s->setup;
	enum outcome o = OUTCOME_UNAVAILABLE;

	if (read_config(s) != 0 || check_file_system(s) != 0 ||
	    store_unlock(u->store, &arena.keys, &s->err) != 0)
		return OUTCOME_UNAVAILABLE;
	if (person_open(u->store, &arena.keys, u->account->name, &arena.person, &s->err) == 0) {
		o = evaluate_person(s, &arena.person, answer);
		person_close(&arena.person);
	} else if (s->err.number == ERR_BUSY) {
		o = OUTCOME_BUSY;
	}
	keys_clear(&arena.keys);
	return o;
}

static void tell_log(const struct session *s, enum outcome o)
{
	static const char *const sources[STATE_BUCKETS] = {
	    "console", "remote", "self", "other", "locker"};
	const struct login_setup *u = s->setup;
	bool granted = outcomes[o].verdict == VERDICT_GRANTED;
	const struct audit_entry a = {
	    .event = AUDIT_LOGIN,
	    .result = granted ? "granted" : "denied",
	    .reason = !granted && s->refusal != NULL ? s->refusal : outcomes[o].word,
	    .user = u->account->known ? u->account->name : NULL,
	    .source = o != OUTCOME_CALLER ? sources[u->source] : NULL,
	    .service = u->hello->hello.service,
	    .tty = u->hello->hello.tty,
	    .rhost = u->hello->hello.rhost,
	    .token = granted ? s->token : NULL,
	    .actor = u->actor,
	    .err = &s->err,
	};

	audit_write(u->audit, &a);
}

static struct msg message(const struct session *s, enum msg_type type)
{
	struct msg m;

	memset(&m, 0, sizeof m);
	m.type = type;
	m.version = s->setup->hello->version;
	memcpy(m.session, s->setup->hello->session, MSG_SESSION_SIZE);
	return m;
}

/* Behind a combined field a password module follows: which of the two was wrong, neither a
 * reason nor a second question may tell. */
static bool is_hidden(const struct session *s, enum outcome o)
{
	return (s->setup->hello->hello.flags & MSG_HELLO_COMBINED) != 0 &&
	       outcomes[o].verdict == VERDICT_DENIED;
}

static enum verdict finish(struct session *s, enum outcome o)
{
	struct msg m = message(s, MSG_VERDICT);
	enum verdict v = outcomes[o].verdict;

	m.verdict.verdict = (uint16_t)v;
	m.verdict.grant = v == VERDICT_GRANTED ? MSG_GRANT : 0;
	m.verdict.reason = is_hidden(s, o) ? MSG_REASON_NONE : (uint16_t)outcomes[o].reason;
	m.verdict.seconds = o == OUTCOME_LOCKED ? s->seconds : 0;
	return chan_send(s->setup->fd, &m, SEND_TIMEOUT_MS) == CHAN_OK ? v : VERDICT_ERROR;
}

void login_refuse(const struct login_setup *setup, const struct err *e)
{
	struct session s = {.setup = setup, .err = *e};
	enum outcome o = OUTCOME_ERROR;

	if (e->number == ERR_CALLER)
		o = OUTCOME_CALLER;
	else if (e->number == ERR_BUSY)
		o = OUTCOME_BUSY;
	tell_log(&s, o);
	(void)finish(&s, o);
}

static int ask(struct session *s, enum msg_reason reason)
{
	struct msg m = message(s, MSG_ASK);

	m.ask.seq = ++s->seq;
	m.ask.text = MSG_TEXT_CODE;
	m.ask.reason = (uint16_t)reason;
	return chan_send(s->setup->fd, &m, SEND_TIMEOUT_MS) == CHAN_OK ? 0 : -1;
}

/* Waits for the human, as long as it takes: end of file is the leash. Meanwhile nothing is
 * held: no lock, no key, no record. */
static int wait_answer(struct session *s)
{
	const struct login_setup *u = s->setup;
	enum chan_result r;

	if (u->waiting != NULL)
		u->waiting(true);
	r = chan_recv(u->fd, u->hello->session, &arena.received, CHAN_FOREVER);
	if (u->waiting != NULL)
		u->waiting(false);
	if (r == CHAN_CLOSED)
		return -1; /* the person went away: nothing was tried */
	if (r == CHAN_OK && arena.received.type == MSG_ANSWER &&
	    arena.received.version == u->hello->version && arena.received.answer.seq == s->seq)
		return 0;
	err_set(&s->err, ERR_PROTOCOL, "caller", "sent something else than an answer");
	tell_log(s, OUTCOME_ERROR);
	return -1;
}

static enum outcome take_answer(struct session *s)
{
	static const struct secret malformed = {.len = 1, .data = "?"};

	switch ((enum msg_answer_kind)arena.received.answer.kind) {
	case MSG_ANSWER_TEXT:
		if (arena.received.answer.text.len == 0)
			return OUTCOME_EMPTY;
		return evaluate(s, &arena.received.answer.text);
	case MSG_ANSWER_MALFORMED:
		return evaluate(s, &malformed);
	case MSG_ANSWER_PASSWORD:
		return OUTCOME_PASSWORD;
	case MSG_ANSWER_INVALID:
	default:
		return OUTCOME_ERROR;
	}
}

/* Touches what judging will touch, while the human is still typing. */
static void rehearse(const struct session *s)
{
	struct err ignored; /* the real attempt will say it */

	if (s->setup->store != NULL &&
	    store_unlock(s->setup->store, &arena.keys, &ignored) == 0)
		keys_clear(&arena.keys);
}

static enum verdict converse(struct session *s)
{
	enum msg_reason reason = MSG_REASON_NONE;
	enum outcome o = OUTCOME_ERROR;

	for (unsigned asks = 1; asks <= LOGIN_ASKS_MAX; asks++) {
		if (ask(s, reason) != 0)
			return VERDICT_ERROR;
		if (asks == 1)
			rehearse(s);
		if (wait_answer(s) != 0)
			return VERDICT_ERROR;
		memset(&s->err, 0, sizeof s->err);
		s->refusal = NULL;
		o = take_answer(s);
		msg_clear(&arena.received);
		tell_log(s, o);
		if (!outcomes[o].again || is_hidden(s, o))
			break;
		reason = outcomes[o].reason;
	}
	return finish(s, o);
}

enum verdict login_run(const struct login_setup *setup)
{
	static struct session s;
	enum verdict v;

	s = (struct session){.setup = setup};
	if (read_config(&s) == 0 && rule_of(&s)->require == CONFIG_REQUIRE_NONE) {
		tell_log(&s, OUTCOME_NOT_REQUIRED);
		v = finish(&s, OUTCOME_NOT_REQUIRED);
	} else {
		v = converse(&s);
	}
	wipe(&arena, sizeof arena);
	return v;
}
