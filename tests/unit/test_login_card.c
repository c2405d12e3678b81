/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The conversation of a login that may take a card: which question comes when, what it says,
 * and which answers lead from one to the other. What a PIN is worth is in test_judge_card.c.
 */
#include <syslog.h>

#include "tests/unit/alice_card.h"
#include "tests/unit/talk.h"

#define CARD_ONLY CRL_NEVER "card-wait = 0\nrule \"r\" { require = \"card\" }\n"

static struct talk t;

static int fresh(void **context)
{
	(void)fresh_cards(context);
	wire_version = MSG_VERSION;
	begin_with = 0;
	cards = &readers.service;
	cards_wanted = true;
	cards_elsewhere = false;
	source = SOURCE_CONSOLE;
	return 0;
}

static void expect_pin(enum msg_text text, unsigned left, enum msg_reason reason)
{
	struct msg m = expect_question(&t, text, reason);

	assert_int_equal(m.ask.left, left);
}

static void expect_code(enum msg_reason reason)
{
	struct msg m = expect_question(&t, MSG_TEXT_CODE, reason);

	assert_int_equal(m.ask.left, 0);
}

static void say(const char *text)
{
	answer_raw(&t, MSG_ANSWER_TEXT, text);
}

static void say_code(void)
{
	char code[OTP_DIGITS_MAX + 1];

	code_at(STEP, code);
	say(code);
}

static void granted_by_card(const struct token *token)
{
	struct msg m = expect_verdict(&t, VERDICT_GRANTED, MSG_REASON_NONE);

	assert_memory_equal(m.verdict.card, token->card.identity, MSG_CARD_SIZE);
	assert_non_null(strstr(log_line, "result=\"granted\" reason=\"card\""));
}

static void granted_by_code(void)
{
	struct msg m = expect_verdict(&t, VERDICT_GRANTED, MSG_REASON_NONE);

	assert_false(msg_has_card(&m));
	assert_non_null(strstr(log_line, "reason=\"totp\""));
}

/* ---- */

static void a_card_in_a_reader_is_asked_for_its_pin(void **context)
{
	(void)context;
	begin(&t, "alice", true);
	expect_pin(MSG_TEXT_PIN, 3, MSG_REASON_NONE);
	say(PIN);
	granted_by_card(&piv_token);
	assert_string_equal(log_line,
	    "event=login result=\"granted\" reason=\"card\" user=\"alice\" source=\"console\""
	    " service=\"test\" token=\"piv-card\" actor=\"1000\"");
	assert_int_equal(log_lines, 1);
	write_config("jpki = yes\n" CRL_NEVER CARD_RULE);
	readers_put(&readers, 1, &jpki);
	begin(&t, "alice", true);
	expect_pin(MSG_TEXT_PIN_JPKI, 3, MSG_REASON_NONE);
	say(JPKI_PIN);
	granted_by_card(&jpki_token);
}

static void without_a_card_a_code(void **context)
{
	(void)context;
	readers_put(&readers, 1, NULL);
	begin(&t, "alice", true);
	expect_code(MSG_REASON_NONE);
	say_code();
	granted_by_code();
	assert_int_equal(log_lines, 1);
}

static void a_wrong_pin_is_told_with_the_tries_left(void **context)
{
	(void)context;
	begin(&t, "alice", true);
	expect_pin(MSG_TEXT_PIN, 3, MSG_REASON_NONE);
	say("999999");
	expect_pin(MSG_TEXT_PIN, 2, MSG_REASON_PIN_WRONG);
	say("12345");
	expect_pin(MSG_TEXT_PIN, 2, MSG_REASON_PIN_FORM);
	say(PIN);
	granted_by_card(&piv_token);
	assert_int_equal(log_lines, 3);
	assert_int_equal(piv.pins, 2);
}

/* Programs with one field answer every question with the password. */
static void what_is_no_pin_reaches_no_card(void **context)
{
	(void)context;
	begin(&t, "alice", true);
	expect_pin(MSG_TEXT_PIN, 3, MSG_REASON_NONE);
	answer_raw(&t, MSG_ANSWER_PASSWORD, "");
	expect_pin(MSG_TEXT_PIN, 3, MSG_REASON_MALFORMED);
	assert_non_null(strstr(log_line, "password-repeated"));
	answer_raw(&t, MSG_ANSWER_MALFORMED, "");
	expect_pin(MSG_TEXT_PIN, 3, MSG_REASON_PIN_FORM);
	answer_raw(&t, MSG_ANSWER_PASSWORD, "");
	expect_verdict(&t, VERDICT_DENIED, MSG_REASON_MALFORMED);
	assert_int_equal(piv.pins, 0);
}

/* ---- Enter alone */

static void enter_leads_to_the_code_and_back_once(void **context)
{
	(void)context;
	begin(&t, "alice", true);
	expect_pin(MSG_TEXT_PIN, 3, MSG_REASON_NONE);
	say("");
	expect_code(MSG_REASON_NONE);
	say("");
	expect_pin(MSG_TEXT_PIN, 3, MSG_REASON_NONE);
	say(PIN);
	granted_by_card(&piv_token);
	begin(&t, "alice", true);
	expect_pin(MSG_TEXT_PIN, 3, MSG_REASON_NONE);
	say("");
	expect_code(MSG_REASON_NONE);
	say_code();
	granted_by_code();
	assert_int_equal(state_of_alice().buckets[SOURCE_CONSOLE].streak, 0);
}

static void enter_finds_a_card_that_was_put_in(void **context)
{
	(void)context;
	readers_put(&readers, 1, NULL);
	begin(&t, "alice", true);
	expect_code(MSG_REASON_NONE);
	readers_put(&readers, 0, &piv);
	say("");
	expect_pin(MSG_TEXT_PIN, 3, MSG_REASON_NONE);
	say(PIN);
	granted_by_card(&piv_token);
}

/* ---- Enter brings up a card that is about to be put in */

#define WAITING CRL_NEVER "card-wait = 30\nrule \"r\" { require = \"card or otp\" }\n"

static enum card_result put_in_own(struct readers *r, unsigned timeout_ms)
{
	(void)timeout_ms;
	if (r->waits == 1) {
		readers_put(r, 0, &stranger); /* is no reason to stop */
		return CARD_OK;
	}
	readers_put(r, 1, &piv);
	return CARD_OK;
}

static void expect_wait(unsigned seconds)
{
	struct msg m = next(&t);

	assert_int_equal(m.type, MSG_INFO);
	assert_int_equal(m.info.text, MSG_TEXT_CARD_WAIT);
	assert_int_equal(m.info.reason, MSG_REASON_NONE);
	assert_int_equal(m.info.seconds, seconds);
}

static void enter_waits_for_a_card(void **context)
{
	(void)context;
	write_config(WAITING);
	readers_put(&readers, 1, NULL);
	readers.on_change = put_in_own;
	begin(&t, "alice", true);
	expect_code(MSG_REASON_NONE);
	assert_int_equal(readers.waits, 0); /* nobody has asked for it */
	say("");
	expect_wait(30);
	expect_pin(MSG_TEXT_PIN, 3, MSG_REASON_NONE);
	assert_int_equal(readers.waits, 2);
	assert_int_equal(stranger.pins, 0);
	say(PIN);
	granted_by_card(&piv_token);
}

static void the_wait_has_an_end(void **context)
{
	static const char *const names[] = {"alice", "nobody-here"};

	(void)context;
	write_config(CRL_NEVER "card-wait = 1\nrule \"r\" { require = \"card or otp\" }\n");
	readers_put(&readers, 1, NULL);
	for (int i = 0; i < 2; i++) {
		uint64_t start;

		begin(&t, names[i], i == 0);
		expect_code(MSG_REASON_NONE);
		say("");
		start = monotonic_ms();
		expect_wait(1);
		expect_code(MSG_REASON_CARD_ABSENT);
		assert_true(monotonic_ms() - start >= 900);
		say(""); /* once is enough */
		expect_code(MSG_REASON_NONE);
		say("000000");
		expect_verdict(&t, VERDICT_DENIED, MSG_REASON_WRONG);
	}
}

/* A card that is there needs no waiting, nor does one that cannot be used. */
static void a_card_that_is_there_ends_the_wait(void **context)
{
	(void)context;
	write_config(WAITING);
	begin(&t, "alice", true);
	expect_pin(MSG_TEXT_PIN, 3, MSG_REASON_NONE);
	say("");
	expect_code(MSG_REASON_NONE);
	say("");
	expect_pin(MSG_TEXT_PIN, 3, MSG_REASON_NONE);
	say(PIN);
	granted_by_card(&piv_token);
	piv.tries = 0;
	begin(&t, "alice", true);
	expect_code(MSG_REASON_PIN_BLOCKED);
	say("");
	expect_code(MSG_REASON_PIN_BLOCKED);
	say_code();
	granted_by_code();
	assert_int_equal(readers.waits, 0);
}

/* What comes and may not be used is told at once. */
static enum card_result put_in_blocked(struct readers *r, unsigned timeout_ms)
{
	(void)timeout_ms;
	if (r->waits > 1)
		return CARD_TIMEOUT;
	piv.tries = 0;
	readers_put(r, 1, &piv);
	return CARD_OK;
}

static void a_blocked_card_ends_the_wait(void **context)
{
	(void)context;
	write_config(
	    "jpki = yes\n" WAITING); /* another of hers may come, and is not waited for */
	readers_put(&readers, 1, NULL);
	readers.on_change = put_in_blocked;
	begin(&t, "alice", true);
	expect_code(MSG_REASON_NONE);
	say("");
	expect_wait(30);
	expect_code(MSG_REASON_PIN_BLOCKED);
	assert_int_equal(readers.waits, 1);
	say_code();
	granted_by_code();
}

/* Nobody at this terminal is kept from waiting by a card of somebody else's that is held. */
static void a_held_stranger_keeps_nobody_from_waiting(void **context)
{
	(void)context;
	write_config(WAITING);
	readers_put(&readers, 1, NULL);
	readers_put(&readers, 2, &stranger);
	readers.connects_to[2] = CARD_BUSY;
	readers.on_change = put_in_own;
	begin(&t, "alice", true);
	expect_code(MSG_REASON_CARD_BUSY);
	say("");
	expect_wait(30);
	expect_pin(MSG_TEXT_PIN, 3, MSG_REASON_NONE);
	say(PIN);
	granted_by_card(&piv_token);
}

static void a_locker_does_not_wait(void **context)
{
	(void)context;
	write_config(WAITING);
	readers_put(&readers, 1, NULL);
	source = SOURCE_LOCKER;
	begin(&t, "alice", true);
	expect_code(MSG_REASON_NONE);
	say("");
	expect_code(MSG_REASON_CARD_ABSENT);
	assert_int_equal(readers.waits, 0);
	say_code();
	granted_by_code();
}

/* Who is elsewhere gets no card, and the log says so. */
static void elsewhere(void **context)
{
	(void)context;
	cards_wanted = false;
	cards_elsewhere = true;
	cards = NULL;
	begin(&t, "alice", true);
	expect_code(MSG_REASON_NONE);
	assert_int_equal(log_lines, 1);
	assert_non_null(strstr(log_line,
	    "event=card result=\"unused\" reason=\"not-at-this-machine\" user=\"alice\""));
	say_code();
	granted_by_code();
}

static void the_host_ends_the_wait(void **context)
{
	int lines;

	(void)context;
	write_config(WAITING);
	readers_put(&readers, 1, NULL);
	begin(&t, "alice", true);
	expect_code(MSG_REASON_NONE);
	say("");
	expect_wait(30);
	lines = log_lines;
	shutdown(t.fds[0], SHUT_RDWR);
	pthread_join(t.thread, NULL); /* at once, or the test takes half a minute */
	assert_int_equal(returned, VERDICT_ERROR);
	assert_int_equal(log_lines, lines);
	close(t.fds[0]);
	close(t.fds[1]);
}

static void enter_looks_once(void **context)
{
	(void)context;
	readers_put(&readers, 1, NULL);
	begin(&t, "alice", true);
	for (int i = 0; i < LOGIN_ASKS_MAX; i++) {
		expect_code(i == 1 ? MSG_REASON_CARD_ABSENT : MSG_REASON_NONE);
		assert_int_equal(readers.lists, i == 0 ? 1 : 2);
		say("");
	}
	expect_verdict(&t, VERDICT_DENIED, MSG_REASON_NONE);
}

/* Where a card is not wanted, nothing brings one up. */
static void enter_brings_no_card_where_none_is_wanted(void **context)
{
	(void)context;
	cards_wanted = false;
	cards = NULL;
	begin(&t, "alice", true);
	for (int i = 0; i < LOGIN_ASKS_MAX; i++) {
		expect_code(MSG_REASON_NONE);
		say("");
	}
	expect_verdict(&t, VERDICT_DENIED, MSG_REASON_NONE);
	assert_int_equal(readers.lists, 0);
}

/* ---- why it is a code that is asked for */

static void a_card_that_cannot_be_used_is_told(void **context)
{
	(void)context;
	piv.tries = 0;
	begin(&t, "alice", true);
	expect_code(MSG_REASON_PIN_BLOCKED);
	assert_int_equal(log_lines, 1);
	assert_non_null(strstr(log_line, "reason=\"pin-blocked\""));
	say("");
	expect_code(MSG_REASON_PIN_BLOCKED);
	say_code();
	granted_by_code();
	piv.tries = 3;
	cards = NULL;
	begin(&t, "alice", true);
	expect_code(MSG_REASON_CARD_SERVICE);
	say("");
	expect_code(MSG_REASON_NONE);
	say("");
	expect_code(MSG_REASON_NONE);
	say("");
	expect_verdict(&t, VERDICT_DENIED, MSG_REASON_NONE);
}

static void where_a_card_is_required(void **context)
{
	(void)context;
	write_config(CARD_ONLY);
	readers_put(&readers, 1, NULL);
	begin(&t, "alice", true);
	expect_code(MSG_REASON_CARD_ABSENT);
	say_code();
	expect_code(MSG_REASON_WRONG);
	assert_non_null(strstr(log_line, "reason=\"card-required\""));
	readers_put(&readers, 1, &piv);
	say("");
	expect_pin(MSG_TEXT_PIN, 3, MSG_REASON_NONE);
	say(PIN);
	granted_by_card(&piv_token);
}

/* A card that failed is not asked again by itself; why it failed is in the next question. */
static void a_card_that_fails_gives_way_to_a_code(void **context)
{
	(void)context;
	begin(&t, "alice", true);
	expect_pin(MSG_TEXT_PIN, 3, MSG_REASON_NONE);
	readers.at = INS_SIGN_PIV;
	readers.at_result = CARD_MALFORMED;
	say(PIN);
	expect_code(MSG_REASON_CARD_FAILED);
	say_code();
	granted_by_code();
	begin(&t, "alice", true);
	expect_pin(MSG_TEXT_PIN, 3, MSG_REASON_NONE);
	readers_put(&readers, 1, NULL);
	say(PIN);
	expect_code(MSG_REASON_CARD_CHANGED);
	shutdown(t.fds[0], SHUT_RDWR);
	pthread_join(t.thread, NULL);
	assert_int_equal(returned, VERDICT_ERROR);
	close(t.fds[0]);
	close(t.fds[1]);
}

/* ---- the last try */

static void the_last_try_takes_the_pin_twice(void **context)
{
	(void)context;
	piv.tries = 1;
	begin(&t, "alice", true);
	expect_pin(MSG_TEXT_PIN, 1, MSG_REASON_NONE);
	say(PIN);
	expect_pin(MSG_TEXT_PIN_AGAIN, 0, MSG_REASON_NONE);
	assert_int_equal(log_lines, 0);
	assert_int_equal(piv.pins, 0);
	say(PIN);
	granted_by_card(&piv_token);
	assert_int_equal(piv.pins, 1);
	assert_int_equal(piv.tries, 3);
}

static void two_pins_that_differ_stay_here(void **context)
{
	(void)context;
	piv.tries = 1;
	begin(&t, "alice", true);
	expect_pin(MSG_TEXT_PIN, 1, MSG_REASON_NONE);
	say(PIN);
	expect_pin(MSG_TEXT_PIN_AGAIN, 0, MSG_REASON_NONE);
	say("123457");
	/* the third question is the last one, and a last try takes two */
	expect_code(MSG_REASON_PIN_DIFFERS);
	assert_non_null(strstr(log_line, "reason=\"pins-differ\""));
	say_code();
	granted_by_code();
	assert_int_equal(piv.pins, 0);
	assert_int_equal(piv.tries, 1);
}

static void enter_instead_of_the_second_pin(void **context)
{
	(void)context;
	piv.tries = 1;
	begin(&t, "alice", true);
	expect_pin(MSG_TEXT_PIN, 1, MSG_REASON_NONE);
	say(PIN);
	expect_pin(MSG_TEXT_PIN_AGAIN, 0, MSG_REASON_NONE);
	say("");
	expect_code(MSG_REASON_NONE);
	say_code();
	granted_by_code();
	assert_int_equal(piv.pins, 0);
}

static void a_last_try_the_site_refuses(void **context)
{
	(void)context;
	piv.tries = 1;
	write_config("last-try = refuse\n" CRL_NEVER CARD_RULE);
	begin(&t, "alice", true);
	expect_code(MSG_REASON_PIN_LAST);
	say_code();
	granted_by_code();
	assert_int_equal(piv.pins, 0);
}

/* Two wrong ones leave one try, and no room for two questions. */
static void the_last_question_is_none_for_the_last_try(void **context)
{
	(void)context;
	begin(&t, "alice", true);
	expect_pin(MSG_TEXT_PIN, 3, MSG_REASON_NONE);
	say("999999");
	expect_pin(MSG_TEXT_PIN, 2, MSG_REASON_PIN_WRONG);
	say("999999");
	expect_code(MSG_REASON_PIN_WRONG);
	say_code();
	granted_by_code();
	assert_int_equal(piv.tries, 1);
}

/* Another login, or another program, has spent one since it was told: the PIN stays here, and
 * is asked for twice. */
static void a_try_that_was_spent_elsewhere(void **context)
{
	(void)context;
	piv.tries = 2;
	begin(&t, "alice", true);
	expect_pin(MSG_TEXT_PIN, 2, MSG_REASON_NONE);
	piv.tries = 1;
	say(PIN);
	expect_pin(MSG_TEXT_PIN, 1, MSG_REASON_NONE);
	assert_int_equal(piv.pins, 0);
	assert_non_null(strstr(log_line, "reason=\"last-try\""));
	say(PIN);
	expect_pin(MSG_TEXT_PIN_AGAIN, 0, MSG_REASON_NONE);
	say(PIN);
	granted_by_card(&piv_token);
	assert_int_equal(piv.pins, 1);
	assert_int_equal(state_of_alice().buckets[SOURCE_CONSOLE].streak, 0);
	write_config("last-try = refuse\n" CRL_NEVER CARD_RULE);
	begin(&t, "alice", true);
	expect_pin(MSG_TEXT_PIN, 3, MSG_REASON_NONE);
	piv.tries = 1;
	say(PIN);
	expect_code(MSG_REASON_PIN_LAST);
	say_code();
	granted_by_code();
	assert_int_equal(piv.pins, 1);
}

/* ---- who the card is not for */

static void a_module_from_before_cards(void **context)
{
	(void)context;
	wire_version = MSG_VERSION_OLDEST;
	cards_wanted = false; /* as rules_take_card says */
	begin(&t, "alice", true);
	expect_code(MSG_REASON_NONE);
	say("");
	expect_code(MSG_REASON_NONE);
	say_code();
	granted_by_code();
	assert_int_equal(piv.pins, 0);
}

static void strangers_get_the_same_talk(void **context)
{
	static const char *const names[] = {"alice", "bob"};
	unsigned commands[2];

	(void)context;
	readers_put(&readers, 1, &stranger);
	for (int i = 0; i < 2; i++) {
		stranger.commands = 0;
		begin(&t, names[i], i == 0);
		expect_code(MSG_REASON_NONE);
		say("000000");
		expect_code(MSG_REASON_WRONG);
		say("");
		expect_code(MSG_REASON_CARD_ABSENT);
		say("000000");
		expect_verdict(&t, VERDICT_DENIED, MSG_REASON_WRONG);
		commands[i] = stranger.commands;
	}
	assert_int_equal(commands[0], commands[1]);
	assert_true(commands[0] > 0);
	assert_int_equal(stranger.pins, 0);
}

#define TEST(f) cmocka_unit_test_setup(f, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_card_in_a_reader_is_asked_for_its_pin),
	    TEST(without_a_card_a_code),
	    TEST(a_wrong_pin_is_told_with_the_tries_left),
	    TEST(what_is_no_pin_reaches_no_card),
	    TEST(enter_leads_to_the_code_and_back_once),
	    TEST(enter_finds_a_card_that_was_put_in),
	    TEST(enter_waits_for_a_card),
	    TEST(the_wait_has_an_end),
	    TEST(a_card_that_is_there_ends_the_wait),
	    TEST(a_blocked_card_ends_the_wait),
	    TEST(a_held_stranger_keeps_nobody_from_waiting),
	    TEST(a_locker_does_not_wait),
	    TEST(elsewhere),
	    TEST(the_host_ends_the_wait),
	    TEST(enter_looks_once),
	    TEST(enter_brings_no_card_where_none_is_wanted),
	    TEST(a_card_that_cannot_be_used_is_told),
	    TEST(where_a_card_is_required),
	    TEST(a_card_that_fails_gives_way_to_a_code),
	    TEST(the_last_try_takes_the_pin_twice),
	    TEST(two_pins_that_differ_stay_here),
	    TEST(enter_instead_of_the_second_pin),
	    TEST(a_last_try_the_site_refuses),
	    TEST(the_last_question_is_none_for_the_last_try),
	    TEST(a_try_that_was_spent_elsewhere),
	    TEST(a_module_from_before_cards),
	    TEST(strangers_get_the_same_talk),
	};

	return cmocka_run_group_tests_name(
	    "login_card", tests, make_store_and_cards, remove_store_and_cards);
}
