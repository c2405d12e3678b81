/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Judges a card and its PIN, in two visits. Asks nobody, grants nothing: what an outcome means
 * stands in outcome.c. Holds no lock while a card works.
 */
#include "lib/login/judge.h"

#include <string.h>

#include "lib/login/attempt.h"
#include "lib/login/objection.h"
#include "lib/login/rules.h"
#include "lib/store/lockout.h"
#include "lib/wire/clock.h"

/* Nothing of it is secret: the person's cards, the one that judge_find_card found, and its
 * certificate. */
static struct own_cards own;
static struct own_card found;
static uint8_t kept[CERTIFICATE_MAX];
static size_t kept_len;
static enum card_result proof;          /* of its second visit, */
static bool pin_sent;                   /* and whether a try was spent in it */
static uint8_t store_id[STORE_ID_SIZE]; /* what the card signs is for this host */

/* What is no fault of the person's costs nothing; no guess gets away by that, for the card
 * counts its own. */
enum cost { COSTS_NOTHING, COSTS_A_DELAY, COSTS_A_GUESS };

static const struct card_row {
	enum outcome outcome;
	enum cost cost;
} card_rows[CARD_RESULTS] = {
    [CARD_ERROR] = {OUTCOME_ERROR, COSTS_NOTHING},
    [CARD_OK] = {OUTCOME_ACCEPTED, COSTS_NOTHING},
    [CARD_NO_SERVICE] = {OUTCOME_CARD_SERVICE, COSTS_NOTHING},
    [CARD_NO_LIBRARY] = {OUTCOME_CARD_SERVICE, COSTS_NOTHING},
    [CARD_REFUSED] = {OUTCOME_CARD_SERVICE, COSTS_NOTHING},
    [CARD_TIMEOUT] = {OUTCOME_CARD_FAILED, COSTS_NOTHING},
    [CARD_NO_CARD] = {OUTCOME_CARD_CHANGED, COSTS_NOTHING},
    [CARD_GONE] = {OUTCOME_CARD_CHANGED, COSTS_NOTHING},
    [CARD_NO_READER] = {OUTCOME_READER_GONE, COSTS_NOTHING},
    [CARD_MUTE] = {OUTCOME_CARD_FAILED, COSTS_NOTHING},
    [CARD_BUSY] = {OUTCOME_CARD_BUSY, COSTS_NOTHING},
    [CARD_LEFT] = {OUTCOME_ERROR, COSTS_NOTHING},
    [CARD_NO_APPLET] = {OUTCOME_CARD_CHANGED, COSTS_NOTHING},
    [CARD_NO_OBJECT] = {OUTCOME_CARD_FAILED, COSTS_NOTHING},
    [CARD_MALFORMED] = {OUTCOME_CARD_FAILED, COSTS_NOTHING},
    [CARD_STATUS] = {OUTCOME_CARD_FAILED, COSTS_NOTHING},
    [CARD_KEY] = {OUTCOME_CARD_FAILED, COSTS_NOTHING},
    [CARD_OTHER] = {OUTCOME_CARD_CHANGED, COSTS_A_DELAY},
    [CARD_FORGED] = {OUTCOME_CARD_FAILED, COSTS_A_GUESS},
    [CARD_LAST] = {OUTCOME_PIN_LAST, COSTS_NOTHING},
    [CARD_PIN_FORM] = {OUTCOME_PIN_FORM, COSTS_A_DELAY},
    [CARD_PIN_WRONG] = {OUTCOME_PIN_WRONG, COSTS_A_GUESS},
    [CARD_PIN_BLOCKED] = {OUTCOME_PIN_BLOCKED, COSTS_A_GUESS},
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

	if (!rules_want_card(u))
		return "no-card-rule";
	return objection_find(u->account, p, a->keys->header_flags, a->now);
}

/* The one that was found, by what is true now. */
static bool found_counts(const struct person *p)
{
	return own_card_counts(p, &found.token) &&
	       (rules_config()->jpki || found.applet != &applet_jpki);
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
	own_cards_copy(card_objection(a, p) == NULL ? p : NULL, rules_config()->jpki, &own);
	a->may_go_on = true;
	return OUTCOME_CARD_ABSENT;
}

static enum outcome fetch_certificate(struct attempt *a, struct person *p)
{
	a->may_go_on = certificates_read(a->setup->store, a->keys, p, found.token.id, kept,
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
	    .crl = rules_config()->crl,
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

	a->may_go_on = !found.applet->kept;
	a->step = fetch_certificate;
	if (found.applet->kept)
		*ret_outcome = attempt_run(a);
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
	if (found.tries == 1 && rules_config()->refuse_last_try) {
		*ret_outcome = OUTCOME_PIN_LAST;
		return false;
	}
	return check_certificate(a, ret_outcome);
}

/* A screen locker may stand still meanwhile, and anybody may press Enter at it. */
static unsigned card_wait(const struct login_setup *u)
{
	return u->source != SOURCE_LOCKER ? rules_config()->card_wait_s : 0;
}

/* One that may not is passed by for another; what speaks against the first is told if there is
 * none. */
static bool find_usable(struct attempt *a, struct own_card_time t, enum outcome *ret_outcome)
{
	struct err first = {0};
	enum outcome why = OUTCOME_COUNT;

	a->step = collect_cards;
	*ret_outcome = attempt_run(a);
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
	} else {
		a->j->wait_s = card_wait(a->setup);
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
		    a.may_go_on && rules_deciding(u)->require == CONFIG_REQUIRE_CARD;
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
	memcpy(store_id, a->keys->store_id, sizeof store_id);
	a->may_go_on = is_admitted(a, p);
	return OUTCOME_CARD_ABSENT;
}

/* After the card has answered, with the person read anew: what was revoked or suspended
 * meanwhile opens nothing. What never reached the card was no guess at its PIN. */
static enum outcome settle_pin(struct attempt *a, struct person *p, bool *ret_moved)
{
	static const struct card_row not_admitted = {OUTCOME_CARD_ABSENT, COSTS_A_GUESS};
	const struct card_row *row = is_admitted(a, p) ? card_row(proof) : &not_admitted;
	struct bucket *b = &p->state.buckets[a->setup->source];

	*ret_moved = true;
	if (row->outcome == OUTCOME_ACCEPTED) {
		attempt_accept(a, p, "card", found.token.label);
		memcpy(a->j->card, found.token.card.identity, sizeof a->j->card);
	} else if (row->cost == COSTS_A_GUESS && pin_sent) {
		lockout_failed(b, FACTOR_CARD, LOCKOUT_GUESS, a->setup->clock);
	} else if (row->cost == COSTS_A_DELAY) {
		lockout_failed(b, FACTOR_CARD, LOCKOUT_NO_GUESS, a->setup->clock);
	} else {
		*ret_moved = false;
	}
	return row->outcome;
}

/* With how many tries left may the PIN be sent? What the person was told may be out of date, by
 * another login or another program. It costs a command to the card, so it is asked only where
 * the last try may be at stake; who has typed the PIN twice knows. */
static unsigned min_tries(void)
{
	if (rules_config()->refuse_last_try)
		return 2;
	return found.tries == 2 ? 2 : 0;
}

static void prove(const struct attempt *a, uint64_t until)
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
	proof = CARD_ERROR;
	if (crypto_random(challenge.random, sizeof challenge.random) == 0)
		proof = card_prove(u->cards, &p);
	pin_sent = p.pin_sent;
	if (proof != CARD_OK)
		(void)card_result_err(&a->j->err, proof, found.token.label);
}

enum outcome judge_pin(const struct login_setup *u, const struct secret *pin, uint64_t until,
    struct judgement *ret_j)
{
	struct attempt a = {.setup = u,
	    .answer = pin,
	    .kind = FACTOR_CARD,
	    .step = attempt_make,
	    .judge = admit_pin,
	    .j = ret_j,
	    .now = u->clock->wall(u->clock)};
	enum outcome o;

	memset(ret_j, 0, sizeof *ret_j);
	if (found.applet == NULL || u->cards == NULL)
		return OUTCOME_ERROR;
	o = attempt_run(&a);
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
	return attempt_run(&a);
}
