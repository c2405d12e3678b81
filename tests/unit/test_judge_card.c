/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A card as one answer against a real store: which card may be asked for a PIN, what is judged
 * again after it was typed, and what has become of state and card.
 */
#include "lib/login/judge.h"
#include "lib/login/rules.h"

#include <signal.h>
#include <sys/resource.h>

#include "lib/wire/clock.h"
#include "tests/unit/alice_card.h"

static struct login_account account;
static struct msg hello;
static struct judgement j;
static char waits[16];
static int leash = -1;

static void note_wait(bool human)
{
	size_t n = strlen(waits);

	if (n < sizeof waits - 1)
		waits[n] = human ? 'h' : 'm';
}

static struct login_setup setup(void)
{
	return (struct login_setup){.fd = leash,
	    .hello = &hello,
	    .account = &account,
	    .source = SOURCE_CONSOLE,
	    .store = &store,
	    .emergency_dir = store.dir,
	    .emergency_path = store_path,
	    .config_name = "sekisho.conf",
	    .clock = &clk,
	    .audit = &sink,
	    .cards = &readers.service,
	    .waiting = note_wait};
}

static void who(const char *user, bool known)
{
	memset(&account, 0, sizeof account);
	account.known = known;
	account.uid = known ? UID : 0;
	snprintf(account.name, sizeof account.name, "%s", user);
}

static int fresh(void **context)
{
	(void)fresh_cards(context);
	memset(&hello, 0, sizeof hello);
	hello.version = MSG_VERSION;
	who("alice", true);
	memset(waits, 0, sizeof waits);
	return 0;
}

static struct own_card_time visit(void)
{
	return (struct own_card_time){.end = monotonic_ms() + OWN_CARD_VISIT_MS};
}

static enum outcome find(bool *ret_found)
{
	const struct login_setup u = setup();
	enum outcome o = OUTCOME_COUNT;

	memset(&j, 0xee, sizeof j);
	*ret_found = judge_find_card(&u, visit(), &j, &o);
	return o;
}

static void finds(void)
{
	bool found;
	enum outcome o = find(&found);

	if (!found)
		fail_msg(
		    "not found: %s; %s: %s", outcome_row(o)->word, j.err.object, j.err.why);
	assert_int_equal(j.err.number, ERR_NONE);
}

static void finds_none(enum outcome want, enum err_number number)
{
	bool found;
	enum outcome o = find(&found);

	if (found || o != want || j.err.number != number)
		fail_msg("%sfound: %s, S-%d %s: %s; wanted %s, S-%d", found ? "" : "not ",
		    outcome_row(o)->word, (int)j.err.number, j.err.object, j.err.why,
		    outcome_row(want)->word, (int)number);
}

static enum outcome pin(const char *text)
{
	const struct login_setup u = setup();
	struct secret s;

	assert_int_equal(secret_set(&s, text, strlen(text)), 0);
	memset(&j, 0xee, sizeof j);
	return judge_pin(&u, &s, 0, &j);
}

static void expect_pin(const char *text, enum outcome want, const char *reason)
{
	enum outcome o = pin(text);

	if (o != want || (reason == NULL) != (j.reason == NULL) ||
	    (reason != NULL && strcmp(reason, j.reason) != 0))
		fail_msg("%s: %s, %s (%s: %s); wanted %s, %s", text, outcome_row(o)->word,
		    j.reason != NULL ? j.reason : "no reason", j.err.object, j.err.why,
		    outcome_row(want)->word, reason != NULL ? reason : "no reason");
}

static struct bucket bucket(void)
{
	return state_of_alice().buckets[SOURCE_CONSOLE];
}

static void expect_bucket(unsigned guesses, unsigned streak)
{
	struct bucket b = bucket();

	if (b.failures[FACTOR_CARD] != guesses || b.streak != streak)
		fail_msg("%u guesses, streak %u; wanted %u, %u", b.failures[FACTOR_CARD],
		    b.streak, guesses, streak);
}

/* Nobody logged in, no PIN reached the card, and no other program finds it opened. */
static void expect_untouched(void)
{
	assert_int_equal(piv.pins, 0);
	assert_int_equal(piv.tries, 3);
	assert_int_equal(readers.connects, readers.resets);
	assert_int_equal(state_of_alice().last_seen, 0);
}

/* ---- the first visit: who is asked for a PIN */

static void the_own_card_is_found(void **context)
{
	(void)context;
	finds();
	assert_int_equal(j.tries, 3);
	assert_false(j.last_try);
	assert_false(j.jpki);
	assert_int_equal(piv.pins, 0);
	assert_int_equal(readers.resets, 1);
	assert_string_equal(waits, "mmm");
}

static void strangers_are_left_alone(void **context)
{
	(void)context;
	readers_put(&readers, 0, &stranger);
	finds();
	assert_int_equal(stranger.pins, 0);
	assert_int_equal(readers.resets, 2);
	readers_put(&readers, 1, NULL);
	finds_none(OUTCOME_CARD_ABSENT, ERR_NONE);
	assert_false(j.card_required);
	expect_pin(PIN, OUTCOME_ERROR, NULL);
	assert_int_equal(stranger.pins, 0);
	write_config(CRL_NEVER "rule \"r\" { require = \"card\" }\n");
	finds_none(OUTCOME_CARD_ABSENT, ERR_NONE);
	assert_true(j.card_required);
}

/* What cannot be asked is passed by, whatever lies in it. */
static void readers_that_cannot_be_asked(void **context)
{
	(void)context;
	readers.list.readers[1].mute = true;
	finds_none(OUTCOME_CARD_ABSENT, ERR_NONE);
	readers.list.readers[1].mute = false;
	readers_put(&readers, 1, NULL);
	finds_none(OUTCOME_CARD_ABSENT, ERR_NONE);
	assert_int_equal(readers.connects, 0);
	readers.list.count = 0;
	finds_none(OUTCOME_CARD_ABSENT, ERR_NONE);
}

/* A card that cannot be asked may be the person's own, and is told; so is a service. */
static void faults_of_the_first_visit(void **context)
{
	static const struct {
		enum card_result at_select;
		enum outcome outcome;
		enum err_number number;
	} rows[] = {
	    {CARD_GONE, OUTCOME_CARD_CHANGED, ERR_CARD_ABSENT},
	    {CARD_MALFORMED, OUTCOME_CARD_FAILED, ERR_CARD_ANSWER},
	    {CARD_BUSY, OUTCOME_CARD_BUSY, ERR_CARD_BUSY},
	    {CARD_STATUS, OUTCOME_CARD_ABSENT, ERR_NONE},
	    {CARD_NO_SERVICE, OUTCOME_CARD_SERVICE, ERR_CARD_SERVICE},
	    {CARD_TIMEOUT, OUTCOME_CARD_FAILED, ERR_CARD_SERVICE},
	};

	(void)context;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		readers.at = INS_GET;
		readers.at_result = rows[i].at_select;
		finds_none(rows[i].outcome, rows[i].number);
		assert_int_equal(readers.at, 0);
		assert_int_equal(readers.connects, readers.resets);
	}
	readers.list_result = CARD_NO_SERVICE;
	finds_none(OUTCOME_CARD_SERVICE, ERR_CARD_SERVICE);
	assert_string_equal(j.err.object, "readers");
}

static void a_service_that_was_not_there(void **context)
{
	static const struct {
		enum card_result result;
		const char *why;
	} rows[] = {
	    {CARD_NO_SERVICE, "pcscd does not run"},
	    {CARD_NO_LIBRARY, "libpcsclite.so.1 cannot be loaded"},
	    {CARD_REFUSED, "polkit"},
	    {CARD_ERROR, "internal error"},
	};

	(void)context;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct login_setup u = setup();
		enum outcome o = OUTCOME_COUNT;
		struct secret s;

		u.cards = NULL;
		u.cards_result = rows[i].result;
		assert_false(judge_find_card(&u, visit(), &j, &o));
		assert_int_equal(o, OUTCOME_CARD_SERVICE);
		assert_non_null(strstr(j.err.why, rows[i].why));
		assert_int_equal(secret_set(&s, PIN, strlen(PIN)), 0);
		assert_int_equal(judge_pin(&u, &s, 0, &j), OUTCOME_ERROR);
	}
	expect_untouched();
}

/* The host that goes away ends the wait for readers. */
static void a_host_that_left(void **context)
{
	int fds[2];

	(void)context;
	assert_int_equal(pipe(fds), 0);
	close(fds[1]);
	leash = fds[0];
	readers_put(&readers, 1, NULL);
	readers.service.since = monotonic_ms(); /* nothing is settled yet */
	finds_none(OUTCOME_ERROR, ERR_NONE);
	leash = -1;
	close(fds[0]);
}

static void suspended_card(struct record *r)
{
	with_cards(r);
	r->tokens[1].flags = TOKEN_SUSPENDED;
}

static void suspended_person(struct record *r)
{
	with_cards(r);
	r->flags = RECORD_SUSPENDED;
}

static void not_yet(struct record *r)
{
	with_cards(r);
	r->not_before = NOW + 1;
}

static void of_another_uid(struct record *r)
{
	with_cards(r);
	r->uid = UID + 1;
}

static void of_an_unknown_applet(struct record *r)
{
	with_cards(r);
	snprintf(r->tokens[1].card.applet, sizeof r->tokens[1].card.applet, "openpgp");
}

/* Nobody is asked for a PIN whom a right one would not let in; and that the card in the reader
 * is his shows to nobody: it is asked what a stranger's is. */
static void who_is_not_asked(void **context)
{
	static void (*const changes[])(struct record *) = {
	    suspended_card, suspended_person, not_yet, of_another_uid, of_an_unknown_applet};

	(void)context;
	finds();
	for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
		unsigned before = piv.commands;

		enroll_cards_with(changes[i]);
		finds_none(OUTCOME_CARD_ABSENT, ERR_NONE);
		assert_int_equal(piv.commands - before, 2);
		expect_pin(PIN, OUTCOME_ERROR, NULL);
	}
	enroll_cards_with(with_cards);
	set_flags(HEADER_SUSPENDED);
	finds_none(OUTCOME_CARD_ABSENT, ERR_NONE);
	set_flags(0);
	who("alice", false);
	finds_none(OUTCOME_CARD_ABSENT, ERR_NONE);
	who("nobody-here", true);
	finds_none(OUTCOME_CARD_ABSENT, ERR_NONE);
	who("alice", true);
	finds();
	expect_untouched();
}

/* In the state every token has a counter; one without is of a write that was cut short. */
static void no_counter(struct state *s)
{
	memset(&s->counters[1], 0, sizeof s->counters[1]);
}

static void a_card_without_a_counter(void **context)
{
	(void)context;
	change_state(no_counter);
	finds_none(OUTCOME_CARD_ABSENT, ERR_NONE);
}

/* Which logins take a card is said by the rule, the place and the program. */
static void logins_that_take_no_card(void **context)
{
	const struct login_setup u = setup();

	(void)context;
	assert_true(rules_take_card(&u));
	hello.hello.flags = MSG_HELLO_COMBINED;
	assert_false(rules_take_card(&u));
	finds_none(OUTCOME_CARD_ABSENT, ERR_NONE);
	hello.hello.flags = MSG_HELLO_NO_PIN;
	assert_false(rules_take_card(&u));
	finds_none(OUTCOME_CARD_ABSENT, ERR_NONE);
	hello.hello.flags = 0;
	snprintf(hello.hello.rhost, sizeof hello.hello.rhost, "far.example");
	assert_false(rules_take_card(&u));
	finds_none(OUTCOME_CARD_ABSENT, ERR_NONE);
	snprintf(hello.hello.rhost, sizeof hello.hello.rhost, "x");
	assert_false(rules_take_card(&u));
	hello.hello.rhost[0] = '\0';
	hello.version = MSG_CARDS_SINCE - 1;
	assert_false(rules_take_card(&u));
	finds_none(OUTCOME_CARD_ABSENT, ERR_NONE);
	hello.version = MSG_VERSION;
	write_config(CRL_NEVER "rule \"r\" { require = \"otp\" }\n");
	assert_false(rules_take_card(&u));
	finds_none(OUTCOME_CARD_ABSENT, ERR_NONE);
	write_config("crl = sometimes\n");
	assert_false(rules_take_card(&u));
	finds_none(OUTCOME_UNAVAILABLE, ERR_CONFIG);
	expect_untouched();
}

/* A name for whoever is named by nobody: where the site says so, and of which cards. */
static void logins_that_begin_with_a_card(void **context)
{
	static const struct {
		const char *config;
		bool identify, jpki;
	} rows[] = {
	    {"", false, false},
	    {"jpki = yes\n", false, true},
	    {"identify-by-card = yes\n", true, false},
	    {"identify-by-card = yes\njpki = yes\n", true, true},
	};
	const struct login_setup u = setup();

	(void)context;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		bool with_jpki = !rows[i].jpki;

		write_config(rows[i].config);
		assert_int_equal(rules_identify_by_card(&u, &with_jpki), rows[i].identify);
		assert_int_equal(with_jpki, rows[i].jpki);
	}
	write_config("identify-by-card = yes\nnonsense\n");
	assert_false(rules_identify_by_card(&u, &(bool){false}));
	write_config("identify-by-card = yes\n");
	assert_true(rules_identify_by_card(&u, &(bool){false}));
}

static void a_person_that_is_busy(void **context)
{
	struct person held;

	(void)context;
	assert_int_equal(person_open(&store, &keys, "alice", &held, NULL), 0);
	finds_none(OUTCOME_BUSY, ERR_BUSY);
	person_close(&held);
}

static struct person held;

static void hold_alice(struct readers *r)
{
	(void)r;
	assert_int_equal(person_open(&store, &keys, "alice", &held, NULL), 0);
}

/* Between the card and its certificate. */
static void a_person_that_gets_busy(void **context)
{
	(void)context;
	readers.at = INS_GET;
	readers.at_hook = hold_alice;
	finds_none(OUTCOME_BUSY, ERR_BUSY);
	person_close(&held);
	expect_pin(PIN, OUTCOME_ERROR, NULL);
	finds();
}

static void tries_left(void **context)
{
	(void)context;
	piv.tries = 2;
	finds();
	assert_int_equal(j.tries, 2);
	piv.tries = 1;
	finds();
	assert_true(j.last_try);
	write_config("last-try = refuse\n" CRL_NEVER CARD_RULE);
	finds_none(OUTCOME_PIN_LAST, ERR_NONE);
	piv.tries = 2;
	finds();
	piv.tries = 0;
	finds_none(OUTCOME_PIN_BLOCKED, ERR_PIN_BLOCKED);
	assert_string_equal(j.err.object, "piv-card");
	piv.tries = 3;
	piv.tells_no_tries = true;
	finds();
	assert_int_equal(j.tries, 0);
	assert_false(j.last_try);
}

/* ---- its certificate */

static void anchors_and_dates(void **context)
{
	(void)context;
	remove_file(TRUST_ANCHORS, "authority");
	finds_none(OUTCOME_CARD_UNTRUSTED, ERR_CERT_ISSUER);
	write_file(TRUST_ANCHORS, "authority", "no certificate", 14);
	finds_none(OUTCOME_CARD_UNTRUSTED, ERR_CERT);
	trust_the_authority();
	wall_now = CARD_BEGIN - 1;
	finds_none(OUTCOME_CARD_DATES, ERR_CERT_DATES);
	wall_now = CARD_END + 1;
	finds_none(OUTCOME_CARD_DATES, ERR_CERT_DATES);
	wall_now = CARD_END - 1;
	finds();
	set_floor(CARD_END + 1);
	finds_none(OUTCOME_CARD_DATES, ERR_CERT_DATES);
	wall_now = NOW;
	finds_none(OUTCOME_CARD_DATES, ERR_CLOCK);
	assert_non_null(strstr(j.err.why, "piv-card"));
	expect_untouched();
}

/* A time that may have been set back, and nothing to hold it against. */
static void no_floor(void **context)
{
	(void)context;
	spoil_floor();
	finds_none(OUTCOME_CARD_UNTRUSTED, ERR_DAMAGED);
	assert_non_null(strstr(j.err.object, "clock"));
	expect_pin(PIN, OUTCOME_ERROR, NULL);
	set_floor(NOW - DAY);
	finds();
	spoil_floor();
	expect_pin(PIN, OUTCOME_CARD_UNTRUSTED, NULL);
	set_floor(NOW - DAY);
	expect_untouched();
}

static void revocation_lists(void **context)
{
	(void)context;
	write_config("crl = require\n" CARD_RULE);
	finds_none(OUTCOME_CARD_UNTRUSTED, ERR_CRL);
	write_crl(NOW + DAY, 0);
	finds();
	write_crl(NOW + DAY, 2);
	finds_none(OUTCOME_CARD_REVOKED, ERR_CERT_REVOKED);
	write_crl(NOW - DAY, 0);
	finds_none(OUTCOME_CARD_UNTRUSTED, ERR_CRL);
	write_crl(NOW + DAY, 0);
	set_floor(NOW + 2 * DAY);
	finds_none(OUTCOME_CARD_UNTRUSTED, ERR_CLOCK);
	write_config(CRL_NEVER CARD_RULE);
	finds();
}

static void what_was_kept(void **context)
{
	(void)context;
	keep_certificate(NULL, 0);
	finds_none(OUTCOME_CARD_UNTRUSTED, ERR_CERT_KEPT);
	keep_certificate(other_der, other_der_len);
	finds_none(OUTCOME_CARD_UNTRUSTED, ERR_CARD_SIGNATURE);
	keep_certificate(piv_der, piv_der_len - 1);
	finds_none(OUTCOME_CARD_UNTRUSTED, ERR_CERT);
	keep_certificate(jpki_der, jpki_der_len);
	finds_none(OUTCOME_CARD_UNTRUSTED, ERR_CARD_SIGNATURE);
	expect_untouched();
}

/* One that may not be used is passed by for another; without another it is told. */
static void two_cards_of_hers(void **context)
{
	static struct working_card renewed;

	(void)context;
	renewed = jpki;
	readers_put(&readers, 0, &piv);
	readers_put(&readers, 1, &renewed);
	write_config("jpki = yes\n" CRL_NEVER CARD_RULE);
	keep_certificate(NULL, 0); /* the old one's is lost */
	finds();
	assert_true(j.jpki);
	readers_put(&readers, 1, NULL);
	finds_none(OUTCOME_CARD_UNTRUSTED, ERR_CERT_KEPT);
	keep_certificate(piv_der, piv_der_len);
	readers_put(&readers, 1, &renewed);
	piv.tries = 0;
	finds();
	assert_true(j.jpki);
	piv.tries = 1;
	finds();
	assert_false(j.jpki);
	write_config("last-try = refuse\njpki = yes\n" CRL_NEVER CARD_RULE);
	finds();
	assert_true(j.jpki);
	renewed.tries = 0;
	finds_none(OUTCOME_PIN_LAST, ERR_NONE);
	expect_pin(PIN, OUTCOME_ERROR, NULL);
	assert_int_equal(piv.pins, 0);
}

/* ---- My Number Cards */

static void my_number_cards(void **context)
{
	(void)context;
	readers_put(&readers, 1, &jpki);
	finds_none(OUTCOME_CARD_ABSENT, ERR_NONE);
	write_config("jpki = yes\n" CRL_NEVER CARD_RULE);
	readers.at = INS_READ;
	readers.at_hook = NULL;
	finds();
	assert_true(j.jpki);
	assert_int_equal(j.tries, 3);
	expect_pin(PIN, OUTCOME_PIN_FORM, NULL);
	assert_int_equal(jpki.pins, 0);
	write_config(CRL_NEVER CARD_RULE); /* the site thinks better of it at the prompt */
	expect_pin(JPKI_PIN, OUTCOME_CARD_ABSENT, NULL);
	assert_int_equal(jpki.pins, 0);
	write_config("jpki = yes\n" CRL_NEVER CARD_RULE);
	expect_pin(JPKI_PIN, OUTCOME_ACCEPTED, "card");
	assert_memory_equal(j.card, jpki_token.card.identity, sizeof j.card);
	assert_string_equal(j.token, "jpki-card");
	assert_int_equal(jpki.pins, 1);
	assert_false(jpki.verified);
}

/* Its certificate is read off the card: it may fail, and it may be another's. */
static unsigned reads_left;

static void pull_later(struct readers *r)
{
	if (reads_left-- > 0)
		r->at = INS_READ;
	else
		readers_put(r, 1, NULL);
}

static void a_certificate_off_the_card(void **context)
{
	static uint8_t renewed[CERTIFICATE_MAX];

	(void)context;
	write_config("jpki = yes\n" CRL_NEVER CARD_RULE);
	readers_put(&readers, 1, &jpki);
	readers.at = INS_READ;
	readers.at_hook = pull_later;
	reads_left = 2; /* the one that tells the card, and one of the certificate */
	finds_none(OUTCOME_CARD_UNTRUSTED, ERR_CARD_ABSENT);
	assert_int_equal(readers.connects, readers.resets);
	readers.at_hook = NULL;
	readers_put(&readers, 1, &jpki);
	/* A byte of the key, and one of the issuer's signature. */
	for (int i = 0; i < 2; i++) {
		memcpy(renewed, jpki_der, jpki_der_len);
		renewed[i == 0 ? 300 : jpki_der_len - 10] ^= 1;
		jpki.certificate = renewed;
		finds_none(
		    OUTCOME_CARD_UNTRUSTED, i == 0 ? ERR_CARD_SIGNATURE : ERR_CERT_ISSUER);
	}
}

/* ---- the second visit: the PIN */

static void nine_failures(struct state *s)
{
	s->buckets[SOURCE_CONSOLE].failures[FACTOR_CARD] = 9;
	s->buckets[SOURCE_CONSOLE].streak = 2;
}

static void the_right_pin_opens(void **context)
{
	(void)context;
	change_state(nine_failures);
	finds();
	memset(waits, 0, sizeof waits);
	expect_pin(PIN, OUTCOME_ACCEPTED, "card");
	assert_string_equal(waits, "mmm");
	assert_string_equal(j.token, "piv-card");
	assert_memory_equal(j.card, piv_token.card.identity, sizeof j.card);
	assert_int_equal(j.err.number, ERR_NONE);
	assert_int_equal(piv.pins, 1);
	assert_memory_equal(piv.pin_sent, "123456\xff\xff", 8);
	assert_false(piv.verified);
	expect_bucket(0, 0);
	assert_int_equal(state_of_alice().last_seen, NOW);
}

/* The floor, and a bound: P-256 takes three commands, none more for three tries. */
static void the_second_visit_is_short(void **context)
{
	struct login_setup u = setup();
	struct secret s;
	unsigned before;

	(void)context;
	finds();
	before = piv.commands;
	readers.connects = 0;
	assert_int_equal(secret_set(&s, PIN, strlen(PIN)), 0);
	assert_int_equal(judge_pin(&u, &s, monotonic_ms() + 5000, &j), OUTCOME_ACCEPTED);
	assert_int_equal(piv.commands - before, 3);
	assert_in_range(readers.left_ms[0], 1, 5000);
	write_config("last-try = refuse\n" CRL_NEVER CARD_RULE);
	piv.tries = 2;
	finds();
	expect_pin(PIN, OUTCOME_ACCEPTED, "card");
}

/* Each source has its own count. */
static void a_wrong_pin_at_the_locker(void **context)
{
	struct login_setup u = setup();
	struct secret s;

	(void)context;
	finds();
	u.source = SOURCE_LOCKER;
	assert_int_equal(secret_set(&s, "999999", 6), 0);
	assert_int_equal(judge_pin(&u, &s, 0, &j), OUTCOME_PIN_WRONG);
	expect_bucket(0, 0);
	assert_int_equal(state_of_alice().buckets[SOURCE_LOCKER].failures[FACTOR_CARD], 1);
}

/* Blocked by somebody else since the question: nothing was sent, and nothing is counted. */
static void blocked_meanwhile(void **context)
{
	(void)context;
	piv.tries = 2;
	finds();
	piv.tries = 0;
	expect_pin(PIN, OUTCOME_PIN_BLOCKED, NULL);
	assert_int_equal(piv.pins, 0);
	expect_bucket(0, 0);
}

static void a_wrong_pin_is_a_guess(void **context)
{
	(void)context;
	finds();
	expect_pin("999999", OUTCOME_PIN_WRONG, NULL);
	assert_int_equal(j.err.number, ERR_WRONG_PIN);
	assert_memory_equal(j.card, (uint8_t[MSG_CARD_SIZE]){0}, sizeof j.card);
	assert_int_equal(j.token[0], '\0');
	expect_bucket(1, 1);
	piv.tries = 1;
	expect_pin("999999", OUTCOME_PIN_BLOCKED, NULL);
	expect_bucket(2, 2);
	expect_pin(PIN, OUTCOME_PIN_BLOCKED, NULL);
	assert_int_equal(state_of_alice().last_seen, 0);
}

static void what_is_no_pin_stays_here(void **context)
{
	static const char *const texts[] = {"hunter2", "12345", "123456789", "", "12345x"};

	(void)context;
	finds();
	for (size_t i = 0; i < 4; i++)
		expect_pin(texts[i], OUTCOME_PIN_FORM, NULL);
	assert_int_equal(piv.pins, 0);
	expect_bucket(0, 4);
}

/* A copy of the card has its number and its certificate, and not its key. */
static void a_counterfeit_is_a_guess(void **context)
{
	(void)context;
	piv.key = other_key;
	finds();
	expect_pin(PIN, OUTCOME_CARD_FAILED, NULL);
	assert_int_equal(j.err.number, ERR_CARD_SIGNATURE);
	expect_bucket(1, 1);
	assert_int_equal(state_of_alice().last_seen, 0);
}

static void the_card_is_another_one_now(void **context)
{
	(void)context;
	finds();
	readers_put(&readers, 1, &stranger);
	expect_pin(PIN, OUTCOME_CARD_CHANGED, NULL);
	assert_int_equal(stranger.pins, 0);
	assert_int_equal(j.err.number, ERR_CARD_FOREIGN);
	readers_put(&readers, 1, NULL);
	expect_pin(PIN, OUTCOME_CARD_CHANGED, NULL);
	expect_bucket(0, 1); /* a reader that is empty costs nobody anything */
	readers_put(&readers, 1, &piv);
	expect_pin(PIN, OUTCOME_ACCEPTED, "card");
}

/* Nobody pays for what is no fault of his. */
static void faults_of_the_second_visit(void **context)
{
	static const struct {
		enum card_result result;
		enum outcome outcome;
	} rows[] = {
	    {CARD_NO_SERVICE, OUTCOME_CARD_SERVICE},
	    {CARD_NO_LIBRARY, OUTCOME_CARD_SERVICE},
	    {CARD_REFUSED, OUTCOME_CARD_SERVICE},
	    {CARD_TIMEOUT, OUTCOME_CARD_FAILED},
	    {CARD_NO_CARD, OUTCOME_CARD_CHANGED},
	    {CARD_GONE, OUTCOME_CARD_CHANGED},
	    {CARD_NO_READER, OUTCOME_READER_GONE},
	    {CARD_MUTE, OUTCOME_CARD_FAILED},
	    {CARD_BUSY, OUTCOME_CARD_BUSY},
	    {CARD_LEFT, OUTCOME_ERROR},
	    {CARD_NO_APPLET, OUTCOME_CARD_CHANGED},
	    {CARD_NO_OBJECT, OUTCOME_CARD_FAILED},
	    {CARD_MALFORMED, OUTCOME_CARD_FAILED},
	    {CARD_STATUS, OUTCOME_CARD_FAILED},
	    {CARD_KEY, OUTCOME_CARD_FAILED},
	    {CARD_LAST, OUTCOME_PIN_LAST},
	    {(enum card_result)(CARD_RESULTS + 1), OUTCOME_ERROR},
	};

	(void)context;
	finds();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		readers.at = INS_SIGN_PIV;
		readers.at_result = rows[i].result;
		expect_pin(PIN, rows[i].outcome, NULL);
		assert_int_equal(readers.connects, readers.resets);
		assert_false(piv.verified);
		expect_bucket(0, 0);
	}
	readers.at_result = CARD_ERROR;
	readers.connect_result = CARD_BUSY;
	expect_pin(PIN, OUTCOME_CARD_BUSY, NULL);
	expect_bucket(0, 0);
	readers.connect_result = CARD_ERROR;
	expect_pin(PIN, OUTCOME_ACCEPTED, "card");
}

/* ---- what became true at the prompt: no PIN is sent */

static void revoked(struct record *r)
{
	r->token_count = 0;
	r->flags = RECORD_TOMBSTONE;
}

static void another_card(struct record *r)
{
	with_cards(r);
	r->tokens[1].card.identity[0] ^= 1;
	r->tokens[1].card.key_hash[0] ^= 1;
}

static void while_the_person_was_typing(void **context)
{
	static const struct {
		void (*change)(struct record *);
		const char *reason;
	} rows[] = {
	    {suspended_card, NULL},
	    {suspended_person, "record-suspended"},
	    {not_yet, "outside-validity"},
	    {of_another_uid, "other-uid"},
	    {another_card, NULL},
	    {revoked, "revoked"},
	};

	(void)context;
	finds();
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		enroll_with(rows[i].change);
		expect_pin(PIN, OUTCOME_CARD_ABSENT, rows[i].reason);
	}
	enroll_cards_with(with_cards);
	change_state(no_counter);
	expect_pin(PIN, OUTCOME_CARD_ABSENT, NULL);
	enroll_cards_with(with_cards);
	write_config(CRL_NEVER "rule \"r\" { require = \"otp\" }\n");
	expect_pin(PIN, OUTCOME_CARD_ABSENT, "no-card-rule");
	write_config("nonsense\n");
	expect_pin(PIN, OUTCOME_UNAVAILABLE, NULL);
	write_config(CRL_NEVER CARD_RULE);
	wall_now = CARD_END + 1;
	expect_pin(PIN, OUTCOME_CARD_DATES, NULL);
	wall_now = NOW;
	write_config("crl = require\n" CARD_RULE);
	write_crl(NOW + DAY, 2);
	expect_pin(PIN, OUTCOME_CARD_REVOKED, NULL);
	write_config(CRL_NEVER CARD_RULE);
	remove_file(TRUST_ANCHORS, "authority");
	expect_pin(PIN, OUTCOME_CARD_UNTRUSTED, NULL);
	trust_the_authority();
	expect_untouched();
	expect_pin(PIN, OUTCOME_ACCEPTED, "card");
}

static void five_in_a_row(struct state *s)
{
	for (int i = 0; i < LOCKOUT_FREE_TRIES; i++)
		lockout_failed(&s->buckets[SOURCE_CONSOLE], FACTOR_CARD, LOCKOUT_GUESS, &clk);
}

static void worn_out(struct state *s)
{
	s->buckets[SOURCE_CONSOLE].failures[FACTOR_CARD] =
	    (uint16_t)lockout_budget(SOURCE_CONSOLE);
}

static void who_is_locked_sends_no_pin(void **context)
{
	(void)context;
	finds();
	change_state(five_in_a_row);
	expect_pin(PIN, OUTCOME_LOCKED, NULL);
	assert_true(j.seconds > 0);
	change_state(worn_out);
	expect_pin(PIN, OUTCOME_SUSPENDED, NULL);
	expect_untouched();
}

/* The guess that wears out the last free try is told to wait at once. */
static void four_in_a_row(struct state *s)
{
	s->buckets[SOURCE_CONSOLE].streak = LOCKOUT_FREE_TRIES - 1;
}

static void the_fifth_failure_waits(void **context)
{
	(void)context;
	finds();
	change_state(four_in_a_row);
	expect_pin("999999", OUTCOME_LOCKED, NULL);
	expect_bucket(1, 5);
}

/* ---- what became true while the card worked: it opens nothing */

static void (*to_record)(struct record *);
static void (*to_state)(struct state *);
static const char *to_config;

static void change_world(struct readers *r)
{
	(void)r;
	if (to_record != NULL)
		enroll_with(to_record);
	if (to_state != NULL)
		change_state(to_state);
	if (to_config != NULL)
		write_config(to_config);
}

static void while_the_card_was_working(void **context)
{
	static const struct {
		void (*record)(struct record *);
		void (*state)(struct state *);
		const char *config;
		enum outcome outcome;
		const char *reason;
		unsigned guesses;
	} rows[] = {
	    {suspended_card, NULL, NULL, OUTCOME_CARD_ABSENT, NULL, 1},
	    {suspended_person, NULL, NULL, OUTCOME_CARD_ABSENT, "record-suspended", 1},
	    {revoked, NULL, NULL, OUTCOME_CARD_ABSENT, "revoked", 1},
	    {another_card, NULL, NULL, OUTCOME_CARD_ABSENT, NULL, 1},
	    {with_cards, no_counter, NULL, OUTCOME_CARD_ABSENT, NULL, 1},
	    {with_cards, five_in_a_row, NULL, OUTCOME_LOCKED, NULL, 5},
	    {with_cards, NULL, "rule \"r\" { require = \"otp\" }\n", OUTCOME_CARD_ABSENT,
	        "no-card-rule", 1},
	    {with_cards, NULL, "nonsense\n", OUTCOME_UNAVAILABLE, NULL, 0},
	};

	(void)context;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		(void)fresh(context);
		finds();
		to_record = rows[i].record;
		to_state = rows[i].state;
		to_config = rows[i].config;
		readers.at = INS_SIGN_PIV;
		readers.at_hook = change_world;
		expect_pin(PIN, rows[i].outcome, rows[i].reason);
		assert_int_equal(readers.at, 0);
		assert_int_equal(piv.pins, 1);
		assert_false(piv.verified);
		assert_int_equal(j.token[0], '\0');
		assert_int_equal(state_of_alice().last_seen, 0);
		assert_int_equal(bucket().failures[FACTOR_CARD], rows[i].guesses);
	}
}

/* ---- the disk */

static void a_torn_write_is_counted_first(void **context)
{
	(void)context;
	finds();
	tear_other_slot();
	expect_pin(PIN, OUTCOME_ACCEPTED, "card");
	assert_int_equal(state_of_alice().flags & STATE_CODES_HELD, STATE_CODES_HELD);
	tear_other_slot();
	change_state(no_counter); /* heals it, too */
	tear_other_slot();
	expect_pin(PIN, OUTCOME_CARD_ABSENT, NULL);
	assert_int_equal(j.err.number, ERR_TORN);
	expect_bucket(1, 1);
}

static void tear_now(struct readers *r)
{
	(void)r;
	tear_other_slot();
}

static void a_write_torn_while_the_card_was_working(void **context)
{
	(void)context;
	finds();
	readers.at = INS_VERIFY;
	readers.at_hook = tear_now;
	expect_pin("123457", OUTCOME_PIN_WRONG, NULL);
	assert_int_equal(bucket().failures[FACTOR_CARD], 2);
	assert_int_equal(state_of_alice().flags & STATE_CODES_HELD, STATE_CODES_HELD);
}

static struct rlimit no_limit;

static void fill_disk(struct readers *r)
{
	struct rlimit none = {0, no_limit.rlim_max};

	(void)r;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
}

static void no_write_no_grant(void **context)
{
	(void)context;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &no_limit), 0);
	signal(SIGXFSZ, SIG_IGN);
	finds();
	readers.at = INS_SIGN_PIV;
	readers.at_hook = fill_disk;
	expect_pin(PIN, OUTCOME_UNAVAILABLE, "card");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &no_limit), 0);
	tear_other_slot();
	fill_disk(&readers);
	expect_pin(PIN, OUTCOME_UNAVAILABLE, NULL);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &no_limit), 0);
	assert_int_equal(piv.pins, 1);
	assert_int_equal(state_of_alice().last_seen, 0);
}

/* A clock of a time that no record can hold opens with a card, and is not written down. */
static void in_no_year(void **context)
{
	(void)context;
	wall_now = -1;
	set_floor(0);
	finds_none(OUTCOME_CARD_DATES, ERR_CERT_DATES);
	set_floor(NOW);
	finds();
	expect_pin(PIN, OUTCOME_ACCEPTED, "card");
	assert_int_equal(state_of_alice().last_seen, 0);
}

#define TEST(f) cmocka_unit_test_setup(f, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_own_card_is_found),
	    TEST(strangers_are_left_alone),
	    TEST(readers_that_cannot_be_asked),
	    TEST(faults_of_the_first_visit),
	    TEST(a_service_that_was_not_there),
	    TEST(a_host_that_left),
	    TEST(who_is_not_asked),
	    TEST(a_card_without_a_counter),
	    TEST(logins_that_take_no_card),
	    TEST(logins_that_begin_with_a_card),
	    TEST(a_person_that_is_busy),
	    TEST(a_person_that_gets_busy),
	    TEST(tries_left),
	    TEST(anchors_and_dates),
	    TEST(no_floor),
	    TEST(revocation_lists),
	    TEST(what_was_kept),
	    TEST(two_cards_of_hers),
	    TEST(my_number_cards),
	    TEST(a_certificate_off_the_card),
	    TEST(the_right_pin_opens),
	    TEST(the_second_visit_is_short),
	    TEST(a_wrong_pin_at_the_locker),
	    TEST(blocked_meanwhile),
	    TEST(a_wrong_pin_is_a_guess),
	    TEST(what_is_no_pin_stays_here),
	    TEST(a_counterfeit_is_a_guess),
	    TEST(the_card_is_another_one_now),
	    TEST(faults_of_the_second_visit),
	    TEST(while_the_person_was_typing),
	    TEST(who_is_locked_sends_no_pin),
	    TEST(the_fifth_failure_waits),
	    TEST(while_the_card_was_working),
	    TEST(a_torn_write_is_counted_first),
	    TEST(a_write_torn_while_the_card_was_working),
	    TEST(no_write_no_grant),
	    TEST(in_no_year),
	};

	return cmocka_run_group_tests_name(
	    "judge_card", tests, make_store_and_cards, remove_store_and_cards);
}
