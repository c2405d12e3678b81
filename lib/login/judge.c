/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Judges one answer. Holds keys and record only while it does; asks nobody, grants nothing:
 * what an outcome means stands in outcome.c.
 */
#include "lib/login/judge.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "lib/base/safefile.h"
#include "lib/factors/factor.h"
#include "lib/factors/own_card.h"
#include "lib/login/diagnosis.h"
#include "lib/login/objection.h"
#include "lib/login/rescue.h"
#include "lib/store/field.h"
#include "lib/store/floor.h"
#include "lib/store/lockout.h"
#include "lib/store/policy.h"
#include "lib/wire/clock.h"

/* Everything secret or derived from secrets lives here: one block to lock and to wipe. */
static struct arena {
	struct keys keys;
	struct person person;
	struct state before; /* what a refused person's state goes back to */
} arena __attribute__((aligned(4096)));

/* Nothing of it is secret: the person's cards, the one that judge_find_card found, and its
 * certificate. */
static struct own_cards own;
static struct own_card found;
static uint8_t kept[CERTIFICATE_MAX];
static size_t kept_len;
static uint8_t store_id[STORE_ID_SIZE]; /* what the card signs is for this host */

static struct config config; /* read anew for each answer; too large for a stack */

/* One attempt on its way: what the steps below hand on. */
struct attempt {
	const struct login_setup *setup;
	const struct secret *answer;
	const struct factor *factor; /* NULL: a card */
	enum factor_kind kind;
	/* What is done with the person while the lock is held. */
	enum outcome (*step)(struct attempt *, struct person *);
	/* Of a step that is an attempt: judges, and moves the state or leaves it. */
	enum outcome (*judge)(struct attempt *, struct person *, bool *ret_moved);
	enum card_result proof; /* of the card's second visit */
	bool pin_sent;          /* in it */
	bool may_go_on;
	struct judgement *j;
	int64_t now;           /* wall clock, read once */
	int64_t floor, behind; /* behind: over 0 this clock is not to be believed */
	struct err floor_err;  /* why there is no floor: then no TOTP is judged */
	bool diagnose;         /* a one-time code that was wrong */
	bool refused_anyway;   /* a right one would have been refused as well */
	bool time_proved;      /* by an accepted code: the floor may follow */
};

void judge_lock_memory(void)
{
	/* Best effort: without it a seed could reach swap, but nobody is kept from logging in.
	 */
	(void)mlock(&arena, sizeof arena);
	(void)madvise(&arena, sizeof arena, MADV_DONTDUMP);
}

/* ---- configuration */

static const struct config_rule *rule_of(const struct login_setup *u)
{
	const struct login_account *a = u->account;
	const struct policy_request q = {
	    .user = a->known ? a->name : "",
	    .service = u->hello->hello.service,
	    .tty = u->hello->hello.tty,
	    .rhost = u->hello->hello.rhost,
	    .groups = a->groups,
	    .group_count = a->group_count,
	};

	return policy_decide(&config, &q);
}

/* No file is a valid configuration; an unreadable one is not. */
static int load_config(const struct login_setup *u, struct err *e)
{
	static uint8_t text[CONFIG_FILE_MAX];
	size_t len = 0;
	struct err why;

	if (u->store == NULL) {
		*e = *u->store_err;
		return -1;
	}
	if (safefile_read(u->store->etc, u->store->etc_path, u->config_name, S_IWGRP | S_IWOTH,
	        text, 0, sizeof text, &len, &why) != 0) {
		if (errno != ENOENT) {
			*e = why;
			return -1;
		}
		config_default(&config);
		return 0;
	}
	return config_parse((const char *)text, len, u->config_name, &config, e);
}

static int read_config(const struct login_setup *u, struct err *e)
{
	return load_config(u, e) == 0 ? objection_to_groups(&config, u->account, e) : -1;
}

bool judge_identifies(const struct login_setup *u, bool *ret_jpki)
{
	struct err ignored; /* the login itself will say it */

	if (load_config(u, &ignored) != 0)
		return false;
	*ret_jpki = config.jpki;
	return config.identify_by_card;
}

bool judge_needs_groups(const struct login_setup *u)
{
	struct err ignored; /* the first answer will say it */

	return load_config(u, &ignored) == 0 && config_group_rule(&config) != NULL;
}

/* A card in a reader of this machine says nothing about somebody who is at another. */
static bool takes_card(const struct login_setup *u)
{
	return u->hello->version >= MSG_CARDS_SINCE &&
	       (u->hello->hello.flags & (MSG_HELLO_COMBINED | MSG_HELLO_NO_PIN)) == 0 &&
	       u->hello->hello.rhost[0] == '\0' && config_takes_card(rule_of(u));
}

bool judge_takes_card(const struct login_setup *u)
{
	struct err ignored; /* the first answer will say it */

	return load_config(u, &ignored) == 0 && takes_card(u);
}

bool judge_is_needed(const struct login_setup *u)
{
	struct err ignored; /* the first answer will say it */

	return read_config(u, &ignored) != 0 || rule_of(u)->require != CONFIG_REQUIRE_NONE;
}

/* The configuration may allow more than a local disk, so this waits until it was read. */
static int check_file_system(const struct store *store, struct err *e)
{
	return config.allow_any_file_system
	           ? 0
	           : safedir_check_file_system(store->dir, store->path, e);
}

/* ---- one attempt */

/* What somebody is told whose right answers do not count: what a wrong one would have told. */
static enum factor_result result_of_a_wrong_answer(
    const struct attempt *a, enum factor_result r)
{
	if (r == FACTOR_MALFORMED)
		return r;
	return a->kind == FACTOR_OTP && a->behind > 0 ? FACTOR_CLOCK : FACTOR_WRONG;
}

static bool has_hotp(const struct record *r)
{
	for (unsigned i = 0; i < r->token_count; i++)
		if (r->tokens[i].kind == TOKEN_HOTP &&
		    (r->tokens[i].flags & TOKEN_SUSPENDED) == 0)
			return true;
	return false;
}

static uint32_t to_u32(int64_t seconds)
{
	return seconds > UINT32_MAX ? UINT32_MAX : (uint32_t)seconds;
}

static void say_clock(struct attempt *a, int64_t behind)
{
	if (a->floor_err.number != ERR_NONE) {
		a->j->err = a->floor_err; /* by how much is not known */
		return;
	}
	a->j->seconds = to_u32(behind);
	(void)err_set(&a->j->err, ERR_CLOCK, "clock",
	    "%lldh%02lldm%02llds behind the latest accepted code; TOTP refused",
	    (long long)(behind / 3600), (long long)(behind / 60 % 60),
	    (long long)(behind % 60));
}

static void accept(struct attempt *a, struct person *p, const char *method, const char *token)
{
	lockout_reset(&p->state.buckets[a->setup->source]);
	if (field_time_ok(a->now)) /* else the clock is one that no record can hold */
		p->state.last_seen = a->now;
	a->j->reason = method;
	(void)snprintf(a->j->token, sizeof a->j->token, "%s", token);
}

static enum lockout_event event_of(
    const struct attempt *a, const struct person *p, enum factor_result r)
{
	/* An error counts as a guess: it may stand for one token of several. */
	static const enum lockout_event events[] = {
	    [FACTOR_ERROR] = LOCKOUT_GUESS,
	    [FACTOR_WRONG] = LOCKOUT_GUESS,
	    [FACTOR_USED] = LOCKOUT_NO_GUESS,
	    [FACTOR_MALFORMED] = LOCKOUT_NO_GUESS,
	    [FACTOR_CLOCK] = LOCKOUT_NO_GUESS,
	};

	/* No TOTP was judged, but each counter was. */
	if (r == FACTOR_CLOCK && a->behind > 0 && a->kind == FACTOR_OTP && has_hotp(&p->record))
		return LOCKOUT_GUESS;
	return events[r];
}

/* Every code moves the state; the caller makes it durable. */
static enum outcome judge_code(struct attempt *a, struct person *p, bool *ret_moved)
{
	static const enum outcome outcomes[] = {
	    [FACTOR_ERROR] = OUTCOME_ERROR,
	    [FACTOR_ACCEPTED] = OUTCOME_ACCEPTED,
	    [FACTOR_WRONG] = OUTCOME_WRONG,
	    [FACTOR_USED] = OUTCOME_USED,
	    [FACTOR_MALFORMED] = OUTCOME_MALFORMED,
	    [FACTOR_CLOCK] = OUTCOME_CLOCK,
	};
	const struct login_setup *u = a->setup;
	struct factor_attempt f = {.answer = a->answer,
	    .record = &p->record,
	    .state = &p->state,
	    .now = a->now,
	    .totp_window = config.totp_window,
	    .hotp_look_ahead = config.hotp_look_ahead,
	    .behind = a->behind,
	    .recovery = !rule_of(u)->no_recovery};
	const char *why = objection_find(u->account, p, arena.keys.header_flags, a->now);
	enum factor_result r;

	*ret_moved = true;
	if (why == NULL && a->kind == FACTOR_OTP && rule_of(u)->require == CONFIG_REQUIRE_CARD)
		why = "card-required";
	arena.before = p->state;
	r = a->factor->verify(&f);
	if ((size_t)r >= sizeof outcomes / sizeof outcomes[0])
		r = FACTOR_ERROR;
	if (why != NULL) {
		p->state = arena.before; /* what does not count is not spent either */
		r = result_of_a_wrong_answer(a, r);
		f.clock_behind = a->behind;
	}
	if (r == FACTOR_ACCEPTED) {
		accept(a, p, f.method, f.token);
		a->time_proved = f.time_proved;
		a->j->recovery = strcmp(f.method, "recovery") == 0;
		a->j->recovery_left = f.left;
		return OUTCOME_ACCEPTED;
	}
	if (r == FACTOR_CLOCK)
		say_clock(a, f.clock_behind);
	if (r == FACTOR_USED && f.note != NULL)
		(void)err_set(&a->j->err, ERR_CLOCK_OFF, "clock",
		    "later codes of this person were used, by a clock that was ahead of it");
	if (a->j->reason == NULL)
		a->j->reason = why != NULL ? why : f.note;
	a->diagnose = r == FACTOR_WRONG && a->kind == FACTOR_OTP;
	a->refused_anyway = why != NULL;
	lockout_failed(&p->state.buckets[u->source], a->kind, event_of(a, p, r), u->clock);
	return outcomes[r];
}

/* A write was cut short: what it recorded is unknown. A failure is counted for it, and what is
 * judged after that passes no code that it may have spent. */
static void distrust_torn_state(const struct attempt *a, struct person *p)
{
	const struct login_setup *u = a->setup;

	person_distrust(p, config.hotp_look_ahead);
	lockout_failed(&p->state.buckets[u->source], a->kind, LOCKOUT_GUESS, u->clock);
}

/* Otherwise *ret_refusal is why not: nothing that could grant passes here. */
static bool may_try(struct attempt *a, const struct person *p, enum outcome *ret_refusal)
{
	const struct login_setup *u = a->setup;

	switch (lockout_check(
	    &p->state.buckets[u->source], u->source, a->kind, u->clock, &a->j->seconds)) {
	case LOCKOUT_OPEN:
		return true;
	case LOCKOUT_WAIT:
		*ret_refusal = OUTCOME_LOCKED;
		return false;
	case LOCKOUT_SUSPENDED:
	default:
		*ret_refusal = OUTCOME_SUSPENDED;
		return false;
	}
}

/* Judge, write, sync. Nothing is said before the write is durable. */
static enum outcome make_attempt(struct attempt *a, struct person *p)
{
	const struct store *store = a->setup->store;
	enum outcome refusal = OUTCOME_ERROR, o;
	bool torn = p->file_state.torn, moved = false;

	if (torn)
		distrust_torn_state(a, p);
	o = may_try(a, p, &refusal) ? a->judge(a, p, &moved) : refusal;
	if (torn)
		err_set(&a->j->err, ERR_TORN, p->decoy ? "decoy" : a->setup->account->name,
		    "an earlier write was cut short; codes it may have used are refused");
	if ((torn || moved) && person_save_state(store, &arena.keys, p, &a->j->err) != 0) {
		a->may_go_on = false;
		return OUTCOME_UNAVAILABLE;
	}
	if (o == OUTCOME_ACCEPTED) {
		if (a->time_proved)
			floor_advance(store, &arena.keys, a->floor, a->now);
		return o;
	}
	/* Say now that the next try has to wait, instead of asking for one in vain. */
	return may_try(a, p, &refusal) ? o : refusal;
}

/* A floor that cannot be read is one that every clock is behind; and before 1970 no code was
 * ever made, floor or not. */
static void find_floor(struct attempt *a)
{
	if (floor_read(a->setup->store, &arena.keys, &a->floor, &a->floor_err) != 0)
		a->behind = INT64_MAX;
	else
		a->behind = floor_behind(a->floor, a->now);
	if (a->now < 0 && a->behind <= 0)
		a->behind = a->now < -INT64_MAX ? INT64_MAX : -a->now;
}

/* After the lock is released, and the same work for everybody. */
static void diagnose(struct attempt *a, const struct person *p)
{
	struct err e;

	if (diagnosis_make(p, a->answer, a->now, &e) && !a->refused_anyway &&
	    a->j->err.number == ERR_NONE)
		a->j->err = e;
}

static enum outcome evaluate(struct attempt *a)
{
	const struct login_setup *u = a->setup;
	struct err *e = &a->j->err;
	enum outcome o = OUTCOME_UNAVAILABLE;

	if (read_config(u, e) != 0 || check_file_system(u->store, e) != 0 ||
	    store_unlock(u->store, &arena.keys, e) != 0)
		return OUTCOME_UNAVAILABLE;
	find_floor(a);
	if (person_open(u->store, &arena.keys, u->account->name, &arena.person, e) == 0) {
		o = a->step(a, &arena.person);
		person_unlock(&arena.person);
		if (a->diagnose)
			diagnose(a, &arena.person);
		person_close(&arena.person);
	} else if (e->number == ERR_BUSY) {
		o = OUTCOME_BUSY;
	}
	wipe(&arena, sizeof arena);
	return o;
}

/* By its form; what has no form is a malformed one-time code. */
static const struct factor *factor_of(const struct secret *answer)
{
	static const struct factor *const factors[] = {&factor_otp, &factor_recovery};

	for (size_t i = 0; i < sizeof factors / sizeof factors[0]; i++)
		if (factors[i]->fits(answer))
			return factors[i];
	return &factor_otp;
}

enum outcome judge_answer(
    const struct login_setup *u, const struct secret *answer, struct judgement *ret_j)
{
	struct attempt a = {.setup = u,
	    .answer = answer,
	    .factor = factor_of(answer),
	    .step = make_attempt,
	    .judge = judge_code,
	    .j = ret_j,
	    .now = u->clock->wall(u->clock)};

	a.kind = a.factor->kind;
	memset(ret_j, 0, sizeof *ret_j);
	if (rescue_try(u, answer, a.now, &ret_j->reason, &ret_j->err) == RESCUE_OPENED)
		return OUTCOME_EMERGENCY;
	return evaluate(&a);
}

/* ---- a card */

/* What a card's answer means, and whether it costs the person anything: what is no fault of his
 * does not, and no guess gets away by that, for the card counts its own. */
static const struct card_row {
	enum outcome outcome;
	bool counts;
	enum lockout_event event; /* where it counts */
} card_rows[CARD_RESULTS] = {
    [CARD_ERROR] = {OUTCOME_ERROR, false, LOCKOUT_GUESS},
    [CARD_OK] = {OUTCOME_ACCEPTED, false, LOCKOUT_GUESS},
    [CARD_NO_SERVICE] = {OUTCOME_CARD_SERVICE, false, LOCKOUT_GUESS},
    [CARD_NO_LIBRARY] = {OUTCOME_CARD_SERVICE, false, LOCKOUT_GUESS},
    [CARD_REFUSED] = {OUTCOME_CARD_SERVICE, false, LOCKOUT_GUESS},
    [CARD_TIMEOUT] = {OUTCOME_CARD_FAILED, false, LOCKOUT_GUESS},
    [CARD_NO_CARD] = {OUTCOME_CARD_CHANGED, false, LOCKOUT_GUESS},
    [CARD_GONE] = {OUTCOME_CARD_CHANGED, false, LOCKOUT_GUESS},
    [CARD_MUTE] = {OUTCOME_CARD_FAILED, false, LOCKOUT_GUESS},
    [CARD_BUSY] = {OUTCOME_CARD_BUSY, false, LOCKOUT_GUESS},
    [CARD_LEFT] = {OUTCOME_ERROR, false, LOCKOUT_GUESS},
    [CARD_NO_APPLET] = {OUTCOME_CARD_CHANGED, false, LOCKOUT_GUESS},
    [CARD_NO_OBJECT] = {OUTCOME_CARD_FAILED, false, LOCKOUT_GUESS},
    [CARD_MALFORMED] = {OUTCOME_CARD_FAILED, false, LOCKOUT_GUESS},
    [CARD_STATUS] = {OUTCOME_CARD_FAILED, false, LOCKOUT_GUESS},
    [CARD_KEY] = {OUTCOME_CARD_FAILED, false, LOCKOUT_GUESS},
    [CARD_OTHER] = {OUTCOME_CARD_CHANGED, true, LOCKOUT_NO_GUESS},
    [CARD_FORGED] = {OUTCOME_CARD_FAILED, true, LOCKOUT_GUESS},
    [CARD_LAST] = {OUTCOME_PIN_LAST, false, LOCKOUT_GUESS},
    [CARD_PIN_FORM] = {OUTCOME_PIN_FORM, true, LOCKOUT_NO_GUESS},
    [CARD_PIN_WRONG] = {OUTCOME_PIN_WRONG, true, LOCKOUT_GUESS},
    [CARD_PIN_BLOCKED] = {OUTCOME_PIN_BLOCKED, true, LOCKOUT_GUESS},
};

static const struct card_row *card_row(enum card_result r)
{
	return &card_rows[(size_t)r < CARD_RESULTS ? r : CARD_ERROR];
}

static enum outcome outcome_of_cert(enum cert_result r)
{
	static const enum outcome outcomes[CERT_RESULTS] = {
	    [CERT_EARLY] = OUTCOME_CARD_DATES,
	    [CERT_EXPIRED] = OUTCOME_CARD_DATES,
	    [CERT_REVOKED] = OUTCOME_CARD_REVOKED,
	};

	return (size_t)r < CERT_RESULTS && outcomes[r] != OUTCOME_ERROR
	           ? outcomes[r]
	           : OUTCOME_CARD_UNTRUSTED;
}

/* Nobody whom a right PIN would not let in is asked for one. */
static const char *card_objection(const struct attempt *a, const struct person *p)
{
	const struct login_setup *u = a->setup;

	if (!takes_card(u))
		return "no-card-rule";
	return objection_find(u->account, p, arena.keys.header_flags, a->now);
}

/* The one that was found, by what is true now. */
static bool found_counts(const struct person *p)
{
	return own_card_counts(p, &found.token) &&
	       (config.jpki || found.applet != &applet_jpki);
}

/* The watchdog of the step before does not count for this one; where a person is waited for,
 * there is none. */
static void machine_step(const struct login_setup *u, bool person)
{
	if (u->waiting != NULL)
		u->waiting(person);
}

static enum outcome collect_cards(struct attempt *a, struct person *p)
{
	/* Who has none is looked for as well: that there is nobody must not show. */
	own_cards_copy(card_objection(a, p) == NULL ? p : NULL, config.jpki, &own);
	a->may_go_on = true;
	return OUTCOME_CARD_ABSENT;
}

static enum outcome fetch_certificate(struct attempt *a, struct person *p)
{
	a->may_go_on = certificates_read(a->setup->store, &arena.keys, p, found.token.id, kept,
	                   &kept_len, &a->j->err) == 0;
	return OUTCOME_CARD_UNTRUSTED;
}

static bool find_own(
    struct attempt *a, const struct own_card_time *t, enum outcome *ret_outcome)
{
	const struct login_setup *u = a->setup;
	bool waits = t->wait > monotonic_ms();
	enum card_result r;

	machine_step(u, waits);
	r = own_card_find(u->cards, u->fd, &own, *t, &found, &a->j->err);
	machine_step(u, false);
	if (r != CARD_OK)
		*ret_outcome = r == CARD_NO_CARD ? OUTCOME_CARD_ABSENT : card_row(r)->outcome;
	if (r == CARD_LEFT) /* the host did; no card is to blame */
		memset(&a->j->err, 0, sizeof a->j->err);
	return r == CARD_OK;
}

/* A clock that was set back makes no certificate young again, and no list current; and where
 * the time of the latest accepted code cannot be read, nobody can tell whether it was. */
static bool is_good_now(struct attempt *a, enum outcome *ret_outcome)
{
	const struct own_card_files files = {.store = a->setup->store,
	    .crl = config.crl,
	    .now = a->now > a->floor ? a->now : a->floor};
	enum cert_result r = CERT_ERROR;

	if (a->floor_err.number != ERR_NONE)
		a->j->err = a->floor_err;
	else
		r = own_card_check(&found, &files, &a->j->err);
	if (r != CERT_OK)
		*ret_outcome = outcome_of_cert(r);
	if ((r == CERT_EXPIRED || r == CERT_CRL_DATES) && a->behind > 0)
		(void)err_set(&a->j->err, ERR_CLOCK, "clock",
		    "behind the latest accepted code, by whose time the certificate of %s or a "
		    "revocation list is out of date",
		    found.token.label);
	return r == CERT_OK;
}

static bool check_certificate(struct attempt *a, enum outcome *ret_outcome)
{
	enum cert_result r;

	kept_len = 0;
	a->may_go_on = true;
	a->step = fetch_certificate;
	if (found.applet->kept)
		*ret_outcome = evaluate(a);
	if (!a->may_go_on)
		return false;
	r = own_card_certificate(&found, a->setup->cards, kept, kept_len, &a->j->err);
	if (r == CERT_OK)
		return is_good_now(a, ret_outcome);
	*ret_outcome = outcome_of_cert(r);
	return false;
}

/* May the one that was found be asked for its PIN? */
static bool is_usable(struct attempt *a, enum outcome *ret_outcome)
{
	if (found.tries == 0) {
		*ret_outcome = OUTCOME_PIN_BLOCKED;
		(void)card_result_err(&a->j->err, CARD_PIN_BLOCKED, found.token.label);
		return false;
	}
	if (found.tries == 1 && config.refuse_last_try) {
		*ret_outcome = OUTCOME_PIN_LAST;
		return false;
	}
	return check_certificate(a, ret_outcome);
}

/* One that may not is passed by for another; what speaks against the first is told if there is
 * none. */
static bool find_usable(struct attempt *a, struct own_card_time t, enum outcome *ret_outcome)
{
	struct err first = {0};
	enum outcome why = OUTCOME_COUNT;

	a->step = collect_cards;
	*ret_outcome = evaluate(a);
	if (!a->may_go_on)
		return false;
	while (find_own(a, &t, ret_outcome)) {
		if (is_usable(a, ret_outcome))
			return true;
		if (why == OUTCOME_COUNT) {
			why = *ret_outcome;
			first = a->j->err;
		}
		memset(&a->j->err, 0, sizeof a->j->err);
		own_cards_drop(&own, &found.token);
		if (own.count == 0)
			break;
		t.wait = 0;
	}
	if (why != OUTCOME_COUNT) {
		*ret_outcome = why;
		a->j->err = first;
	}
	return false;
}

bool judge_find_card(const struct login_setup *u, struct own_card_time t,
    struct judgement *ret_j, enum outcome *ret_outcome)
{
	struct attempt a = {
	    .setup = u, .kind = FACTOR_CARD, .j = ret_j, .now = u->clock->wall(u->clock)};

	memset(ret_j, 0, sizeof *ret_j);
	memset(&found, 0, sizeof found);
	if (u->cards == NULL) {
		*ret_outcome = OUTCOME_CARD_SERVICE;
		(void)card_result_err(&ret_j->err, u->cards_result, "readers");
		return false;
	}
	machine_step(u, false);
	if (!find_usable(&a, t, ret_outcome)) {
		found.applet = NULL; /* it takes no PIN */
		ret_j->card_required =
		    a.may_go_on && rule_of(u)->require == CONFIG_REQUIRE_CARD;
		ret_j->wait_s = config.card_wait_s;
		return false;
	}
	ret_j->last_try = found.tries == 1;
	ret_j->tries = found.tries != APPLET_TRIES_UNKNOWN ? found.tries : 0;
	ret_j->jpki = found.applet == &applet_jpki;
	return true;
}

/* Is the card still one that would let the person in? */
static bool is_admitted(struct attempt *a, const struct person *p)
{
	a->j->reason = card_objection(a, p);
	return a->j->reason == NULL && found_counts(p);
}

/* Before the card is asked: may it be? */
static enum outcome admit_pin(struct attempt *a, struct person *p, bool *ret_moved)
{
	(void)ret_moved;
	memcpy(store_id, arena.keys.store_id, sizeof store_id);
	a->may_go_on = is_admitted(a, p);
	return OUTCOME_CARD_ABSENT;
}

/* After the card has answered, with the person read anew: what was revoked or suspended
 * meanwhile opens nothing. */
static enum outcome settle_pin(struct attempt *a, struct person *p, bool *ret_moved)
{
	static const struct card_row not_admitted = {OUTCOME_CARD_ABSENT, true, LOCKOUT_GUESS};
	const struct card_row *row = is_admitted(a, p) ? card_row(a->proof) : &not_admitted;

	/* What never reached the card was no guess at its PIN. */
	bool counts = row->counts && (a->pin_sent || row->event == LOCKOUT_NO_GUESS);

	*ret_moved = counts || row->outcome == OUTCOME_ACCEPTED;
	if (row->outcome == OUTCOME_ACCEPTED) {
		accept(a, p, "card", found.token.label);
		memcpy(a->j->card, found.token.card.identity, sizeof a->j->card);
	} else if (counts) {
		lockout_failed(&p->state.buckets[a->setup->source], FACTOR_CARD, row->event,
		    a->setup->clock);
	}
	return row->outcome;
}

/* With how many tries left may the PIN be sent? What the person was told may be out of date, by
 * another login or another program. It costs a command to the card, so it is asked only where
 * the last try may be at stake; who has typed the PIN twice knows. */
static unsigned min_tries(void)
{
	if (config.refuse_last_try)
		return 2;
	return found.tries == 2 ? 2 : 0;
}

static void prove(struct attempt *a, uint64_t until)
{
	const struct login_setup *u = a->setup;
	struct challenge challenge = {.purpose = "login",
	    .host = {store_id, sizeof store_id},
	    .person = u->account->name,
	    .session = {u->hello->session, MSG_SESSION_SIZE}};
	struct card_proof p = {.reader = &found.reader,
	    .applet = found.applet,
	    .identity = found.token.card.identity,
	    .key = &found.cert.key,
	    .challenge = &challenge,
	    .pin = a->answer,
	    .min_tries = min_tries()};

	u->cards->until = until;
	a->proof = CARD_ERROR;
	if (crypto_random(challenge.random, sizeof challenge.random) == 0)
		a->proof = card_prove(u->cards, &p);
	a->pin_sent = p.pin_sent;
	if (a->proof != CARD_OK)
		(void)card_result_err(&a->j->err, a->proof, found.token.label);
}

enum outcome judge_pin(const struct login_setup *u, const struct secret *pin, uint64_t until,
    struct judgement *ret_j)
{
	struct attempt a = {.setup = u,
	    .answer = pin,
	    .kind = FACTOR_CARD,
	    .step = make_attempt,
	    .judge = admit_pin,
	    .j = ret_j,
	    .now = u->clock->wall(u->clock)};
	enum outcome o;

	memset(ret_j, 0, sizeof *ret_j);
	if (found.applet == NULL || u->cards == NULL)
		return OUTCOME_ERROR;
	o = evaluate(&a);
	if (!a.may_go_on)
		return o;
	machine_step(u, false);
	/* time went by at the prompt, and files may have changed */
	if (!is_good_now(&a, &o))
		return o;
	machine_step(u, false);
	prove(&a, until);
	machine_step(u, false);
	a.judge = settle_pin;
	return evaluate(&a);
}

void judge_rehearse(const struct login_setup *u)
{
	struct err ignored; /* the real attempt will say it */

	if (u->store != NULL && store_unlock(u->store, &arena.keys, &ignored) == 0)
		keys_clear(&arena.keys);
}
