/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The session from HELLO to VERDICT over a real store in a temporary directory: the test plays
 * the module on one end of a socket pair, login_run() sits on the other in a thread.
 */
#include <sys/stat.h>
#include <syslog.h>

#include "lib/login/tick.h"
#include "tests/unit/alice.h"
#include "tests/unit/talk.h"

/* One login with one answer. */
static void login(
    const char *user, bool known, const char *code, enum verdict v, enum msg_reason reason)
{
	struct talk t;

	begin(&t, user, known);
	expect_ask(&t, MSG_REASON_NONE);
	answer_raw(&t, MSG_ANSWER_TEXT, code);
	if (v == VERDICT_DENIED) {
		expect_ask(&t, reason);
		answer_raw(&t, MSG_ANSWER_PASSWORD, "");
		expect_ask(&t, MSG_REASON_MALFORMED);
		answer_raw(&t, MSG_ANSWER_PASSWORD, "");
		reason = MSG_REASON_MALFORMED;
	}
	expect_verdict(&t, v, reason);
}

/* ---- tests */

static void a_right_code_is_granted_once(void **context)
{
	char code[9];

	(void)context;
	code_at(STEP, code);
	login("alice", true, code, VERDICT_GRANTED, MSG_REASON_NONE);
	assert_int_equal(log_lines, 1);
	assert_string_equal(log_line,
	    "event=login result=\"granted\" reason=\"totp\" user=\"alice\" source=\"console\""
	    " service=\"test\" token=\"phone\" actor=\"1000\"");
	assert_int_equal(state_of_alice().counters[0].next, STEP + 1);
	assert_int_equal(state_of_alice().last_seen, NOW);
	login("alice", true, code, VERDICT_DENIED, MSG_REASON_USED);
	code_at(STEP - 1, code);
	login("alice", true, code, VERDICT_DENIED, MSG_REASON_USED);
	code_at(STEP + 1, code);
	login("alice", true, code, VERDICT_GRANTED, MSG_REASON_NONE);
}

static void three_questions_then_denied(void **context)
{
	struct talk t;

	(void)context;
	begin(&t, "alice", true);
	expect_ask(&t, MSG_REASON_NONE);
	answer_raw(&t, MSG_ANSWER_TEXT, "000000");
	expect_ask(&t, MSG_REASON_WRONG);
	answer_raw(&t, MSG_ANSWER_TEXT, "not a code");
	expect_ask(&t, MSG_REASON_MALFORMED);
	answer_raw(&t, MSG_ANSWER_TEXT, "000001");
	expect_verdict(&t, VERDICT_DENIED, MSG_REASON_WRONG);
	assert_int_equal(state_of_alice().buckets[SOURCE_CONSOLE].failures[FACTOR_OTP], 2);
	assert_int_equal(state_of_alice().buckets[SOURCE_CONSOLE].streak, 3);
	assert_int_equal(log_lines, 3);
	assert_string_equal(waits, "hmhmhm");
}

static void a_second_try_in_the_same_conversation(void **context)
{
	struct talk t;
	char code[9];

	(void)context;
	code_at(STEP, code);
	begin(&t, "alice", true);
	expect_ask(&t, MSG_REASON_NONE);
	answer_raw(&t, MSG_ANSWER_TEXT, "000000");
	expect_ask(&t, MSG_REASON_WRONG);
	answer_raw(&t, MSG_ANSWER_TEXT, code);
	expect_verdict(&t, VERDICT_GRANTED, MSG_REASON_NONE);
	assert_int_equal(state_of_alice().buckets[SOURCE_CONSOLE].streak, 0);
}

/* Nothing about the work shows in when its refusal leaves. */
static void a_refusal_leaves_at_a_tick(void **context)
{
	static const char *const answers[] = {"000000", "x", ""};

	(void)context;
	for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++) {
		struct timespec sent, back;
		struct talk t;

		begin(&t, "alice", true);
		expect_ask(&t, MSG_REASON_NONE);
		assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &sent), 0);
		answer_raw(&t, MSG_ANSWER_TEXT, answers[i]);
		assert_int_equal(next(&t).type, MSG_ASK);
		assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &back), 0);
		assert_true(
		    (back.tv_sec - sent.tv_sec) * 1000000000 + back.tv_nsec - sent.tv_nsec >=
		    TICK_NS);
		close(t.fds[0]);
		assert_int_equal(pthread_join(t.thread, NULL), 0);
		close(t.fds[1]);
	}
}

static void no_attempt_counts_nothing(void **context)
{
	struct talk t;

	(void)context;
	begin(&t, "alice", true);
	expect_ask(&t, MSG_REASON_NONE);
	answer_raw(&t, MSG_ANSWER_TEXT, "");
	expect_ask(&t, MSG_REASON_NONE);
	answer_raw(&t, MSG_ANSWER_PASSWORD, "");
	expect_ask(&t, MSG_REASON_MALFORMED);
	answer_raw(&t, MSG_ANSWER_TEXT, "");
	expect_verdict(&t, VERDICT_DENIED, MSG_REASON_NONE);
	assert_int_equal(state_of_alice().buckets[SOURCE_CONSOLE].streak, 0);
}

static void nonsense_three_times_is_denied(void **context)
{
	struct talk t;

	(void)context;
	begin(&t, "alice", true);
	for (int i = 0; i < 3; i++) {
		expect_ask(&t, i == 0 ? MSG_REASON_NONE : MSG_REASON_MALFORMED);
		answer_raw(
		    &t, i == 1 ? MSG_ANSWER_MALFORMED : MSG_ANSWER_TEXT, i == 1 ? "" : "x");
	}
	expect_verdict(&t, VERDICT_DENIED, MSG_REASON_MALFORMED);
	assert_int_equal(state_of_alice().buckets[SOURCE_CONSOLE].streak, 3);
	assert_int_equal(state_of_alice().buckets[SOURCE_CONSOLE].failures[FACTOR_OTP], 0);
}

/* The fifth failure already says how long to wait; after it nothing is evaluated. */
static void five_failures_wait(void **context)
{
	struct talk t;
	struct msg m;
	char code[9];

	(void)context;
	for (int i = 0; i < 4; i++)
		login("alice", true, "000000", VERDICT_DENIED, MSG_REASON_WRONG);
	begin(&t, "alice", true);
	expect_ask(&t, MSG_REASON_NONE);
	answer_raw(&t, MSG_ANSWER_TEXT, "000000");
	m = expect_verdict(&t, VERDICT_LOCKED, MSG_REASON_LOCKED);
	assert_int_equal(m.verdict.seconds, 30);
	code_at(STEP, code);
	login("alice", true, code, VERDICT_LOCKED, MSG_REASON_LOCKED);
	assert_int_equal(state_of_alice().counters[0].next, 0);
	boot_now += 30000;
	login("alice", true, code, VERDICT_GRANTED, MSG_REASON_NONE);
}

static void forty_guesses_suspend(void **context)
{
	char code[9];

	(void)context;
	for (int i = 0; i < 40; i++) {
		struct talk t;
		struct msg m;

		boot_now += 900000;
		begin(&t, "alice", true);
		expect_ask(&t, MSG_REASON_NONE);
		answer_raw(&t, MSG_ANSWER_TEXT, "000000");
		if (i < 4)
			expect_ask(&t, MSG_REASON_WRONG);
		if (i < 4) {
			close(t.fds[0]);
			assert_int_equal(pthread_join(t.thread, NULL), 0);
			close(t.fds[1]);
			continue;
		}
		m = expect_verdict(
		    &t, VERDICT_LOCKED, i < 39 ? MSG_REASON_LOCKED : MSG_REASON_SUSPENDED);
		assert_true(i == 39 || m.verdict.seconds > 0);
	}
	boot_now += 900000;
	code_at(STEP, code);
	login("alice", true, code, VERDICT_LOCKED, MSG_REASON_SUSPENDED);
	assert_int_equal(state_of_alice().counters[0].next, 0);
}

static void strangers_get_the_same_talk(void **context)
{
	(void)context;
	login("mallory", false, "000000", VERDICT_DENIED, MSG_REASON_WRONG);
	assert_null(strstr(log_line, "mallory"));
	login("bob", true, "123456", VERDICT_DENIED, MSG_REASON_WRONG);
	assert_non_null(strstr(log_line, "user=\"bob\""));
	for (int i = 0; i < 3; i++)
		login("mallory", false, "000000", VERDICT_DENIED, MSG_REASON_WRONG);
	login("mallory", false, "000000", VERDICT_LOCKED, MSG_REASON_LOCKED);
}

/* Even the decoy's own code, which nobody can know, lets nobody in. */
static void a_decoy_never_grants(void **context)
{
	struct person p;
	struct err e = {0};
	char code[9];

	(void)context;
	assert_int_equal(person_open(&store, &keys, "mallory-2", &p, &e), 0);
	assert_true(p.decoy);
	assert_int_equal(otp_totp_at(&p.record.tokens[0], STEP, code), 0);
	person_close(&p);
	login("mallory-2", true, code, VERDICT_DENIED, MSG_REASON_WRONG);
	login("mallory-2", false, code, VERDICT_DENIED, MSG_REASON_WRONG);
}

/* The record of a leaver whose account is gone. */
static void no_account_no_login(void **context)
{
	struct talk t;
	char code[9];

	(void)context;
	code_at(STEP, code);
	begin(&t, "alice", false);
	account.uid = UID;
	expect_ask(&t, MSG_REASON_NONE);
	answer_raw(&t, MSG_ANSWER_TEXT, code);
	expect_ask(&t, MSG_REASON_WRONG);
	assert_non_null(strstr(log_line, "reason=\"unknown-user\""));
	assert_null(strstr(log_line, "alice"));
	answer_raw(&t, MSG_ANSWER_TEXT, "");
	expect_ask(&t, MSG_REASON_NONE);
	answer_raw(&t, MSG_ANSWER_TEXT, "");
	expect_verdict(&t, VERDICT_DENIED, MSG_REASON_NONE);
}

static void tombstone(struct record *r)
{
	r->flags |= RECORD_TOMBSTONE;
	r->token_count = 0;
	memset(r->tokens, 0, sizeof r->tokens);
}

static void suspended(struct record *r)
{
	r->flags |= RECORD_SUSPENDED;
}

static void other_uid(struct record *r)
{
	r->uid = UID + 1;
}

static void unbound(struct record *r)
{
	r->uid = RECORD_UID_UNBOUND;
}

static void ended(struct record *r)
{
	r->not_after = NOW;
}

static void not_begun(struct record *r)
{
	r->not_before = NOW + 1;
}

static void who_is_refused_all_the_same(void **context)
{
	static const struct {
		void (*change)(struct record *);
		const char *word;
	} cases[] = {
	    {tombstone, "reason=\"revoked\""},
	    {suspended, "reason=\"record-suspended\""},
	    {other_uid, "reason=\"other-uid\""},
	    {unbound, "reason=\"other-uid\""},
	    {ended, "reason=\"outside-validity\""},
	    {not_begun, "reason=\"outside-validity\""},
	};
	char code[9];

	(void)context;
	code_at(STEP, code);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct talk t;

		enroll_with(cases[i].change);
		begin(&t, "alice", true);
		expect_ask(&t, MSG_REASON_NONE);
		answer_raw(&t, MSG_ANSWER_TEXT, code);
		expect_ask(&t, MSG_REASON_WRONG);
		if (strstr(log_line, cases[i].word) == NULL)
			fail_msg("want %s, have %s", cases[i].word, log_line);
		assert_int_equal(
		    state_of_alice().buckets[SOURCE_CONSOLE].failures[FACTOR_OTP], 1);
		close(t.fds[0]);
		pthread_join(t.thread, NULL);
		close(t.fds[1]);
	}
}

static void configuration_is_read_for_each_answer(void **context)
{
	struct talk t;
	char code[9];

	(void)context;
	code_at(STEP, code);
	begin(&t, "alice", true);
	expect_ask(&t, MSG_REASON_NONE);
	write_config("requier = 1\n");
	answer_raw(&t, MSG_ANSWER_TEXT, code);
	expect_verdict(&t, VERDICT_UNAVAILABLE, MSG_REASON_UNAVAILABLE);
	assert_non_null(strstr(log_line, "[S-12]"));
	assert_int_equal(state_of_alice().counters[0].next, 0);
	login("alice", true, code, VERDICT_UNAVAILABLE, MSG_REASON_UNAVAILABLE);
	write_config("totp-window = 0\n");
	code_at(STEP + 1, code);
	login("alice", true, code, VERDICT_DENIED, MSG_REASON_WRONG);
	code_at(STEP, code);
	login("alice", true, code, VERDICT_GRANTED, MSG_REASON_NONE);
}

static void not_required_is_granted_and_logged(void **context)
{
	struct talk t;

	(void)context;
	write_config("rule \"test\" { match-service = \"test\" require = \"none\" }\n"
	             "rule \"rest\" { require = \"otp\" }\n");
	begin(&t, "alice", true);
	expect_verdict(&t, VERDICT_GRANTED, MSG_REASON_NONE);
	assert_int_equal(log_lines, 1);
	assert_non_null(strstr(log_line, "reason=\"not-required\""));
	write_config("rule \"other\" { match-service = \"other\" require = \"none\" }\n"
	             "rule \"rest\" { require = \"otp\" }\n");
	login("alice", true, "000000", VERDICT_DENIED, MSG_REASON_WRONG);
}

/* A group database that does not answer must not make a rule about groups be passed by. */
static void unsure_groups_deny_where_rules_ask_for_them(void **context)
{
	struct talk t;
	char code[9];

	(void)context;
	code_at(STEP, code);
	begin_with = BEGIN_UNSURE;
	write_config("rule \"g\" { match-group = \"staff\" require = \"otp\" }\n"
	             "rule \"rest\" { require = \"none\" }\n");
	begin(&t, "alice", true);
	expect_ask(&t, MSG_REASON_NONE);
	answer_raw(&t, MSG_ANSWER_TEXT, code);
	expect_verdict(&t, VERDICT_UNAVAILABLE, MSG_REASON_UNAVAILABLE);
	assert_non_null(strstr(log_line, "[S-06]"));
	write_config("rule \"rest\" { require = \"otp\" }\n");
	login("alice", true, code, VERDICT_GRANTED, MSG_REASON_NONE);
	begin_with = 0;
}

/* Password and code in one field: neither a question nor a reason tells which was wrong. */
static void a_combined_field_tells_nothing(void **context)
{
	static const char *const answers[] = {"000000", "x", "", NULL};
	char code[9];

	(void)context;
	code_at(STEP, code);
	login("alice", true, code, VERDICT_GRANTED, MSG_REASON_NONE);
	begin_with = BEGIN_COMBINED;
	for (int i = 0; i < 4; i++) {
		struct talk t;

		begin(&t, "alice", true);
		expect_ask(&t, MSG_REASON_NONE);
		answer_raw(&t, MSG_ANSWER_TEXT, answers[i] != NULL ? answers[i] : code);
		expect_verdict(&t, VERDICT_DENIED, MSG_REASON_NONE);
	}
	code_at(STEP + 1, code);
	login("alice", true, code, VERDICT_GRANTED, MSG_REASON_NONE);
	begin_with = 0;
}

static void a_writable_configuration_denies(void **context)
{
	(void)context;
	write_config("totp-window = 1\n");
	assert_int_equal(fchmodat(store.etc, "sekisho.conf", 0666, 0), 0);
	login("alice", true, "000000", VERDICT_UNAVAILABLE, MSG_REASON_UNAVAILABLE);
	assert_non_null(strstr(log_line, "[S-13]"));
}

/* What the module may not send ends the session without a verdict and without a trace. */
static void nonsense_ends_the_session(void **context)
{
	char code[9];

	(void)context;
	code_at(STEP, code);
	for (int i = 0; i < 5; i++) {
		struct talk t;
		struct msg m;

		begin(&t, "alice", true);
		expect_ask(&t, MSG_REASON_NONE);
		if (i == 0)
			t.seq++;
		if (i == 1)
			t.version = MSG_VERSION_OLDEST;
		if (i == 2)
			assert_int_equal(send(t.fds[0], "x", 1, 0), 1);
		if (i == 4) {
			m = (struct msg){.type = MSG_ASK, .version = t.version};
			memcpy(m.session, hello.session, sizeof m.session);
			m.ask.seq = t.seq;
			m.ask.text = MSG_TEXT_CODE;
			assert_int_equal(chan_send(t.fds[0], &m, 1000), CHAN_OK);
		}
		if (i == 3)
			shutdown(t.fds[0], SHUT_RDWR);
		else if (i < 2)
			answer_raw(&t, MSG_ANSWER_TEXT, code);
		pthread_join(t.thread, NULL);
		assert_int_equal(returned, VERDICT_ERROR);
		assert_int_equal(log_lines, i == 3 ? 0 : 1);
		if (i != 3)
			assert_non_null(
			    strstr(log_line, "result=\"denied\" reason=\"internal-error\""));
		close(t.fds[1]);
		if (i != 3)
			assert_int_equal(
			    chan_recv(t.fds[0], hello.session, &m, 1000), CHAN_CLOSED);
		close(t.fds[0]);
	}
	assert_int_equal(state_of_alice().buckets[SOURCE_CONSOLE].streak, 0);
	assert_int_equal(state_of_alice().counters[0].next, 0);
}

/* Going away right after the answer loses nothing: a right code is spent, a guess counted. */
static void leaving_after_the_answer_counts(void **context)
{
	static const char *const answers[] = {"000000", NULL};
	char code[9];

	(void)context;
	code_at(STEP, code);
	for (int i = 0; i < 2; i++) {
		struct person held;
		struct talk t;

		begin(&t, "alice", true);
		expect_ask(&t, MSG_REASON_NONE);
		/* nothing is judged before we are gone */
		assert_int_equal(person_open(&store, &keys, "alice", &held, NULL), 0);
		answer_raw(&t, MSG_ANSWER_TEXT, answers[i] != NULL ? answers[i] : code);
		close(t.fds[0]);
		person_close(&held);
		pthread_join(t.thread, NULL);
		close(t.fds[1]);
		assert_int_equal(returned, VERDICT_ERROR);
		if (i == 0)
			assert_int_equal(state_of_alice().buckets[SOURCE_CONSOLE].streak, 1);
	}
	assert_int_equal(state_of_alice().counters[0].next, STEP + 1);
	login("alice", true, code, VERDICT_DENIED, MSG_REASON_USED);
}

/* A module from before an upgrade: the helper answers in its version. */
static void version_1_is_served(void **context)
{
	char code[9];

	(void)context;
	code_at(STEP, code);
	wire_version = MSG_VERSION_OLDEST;
	login("alice", true, "000000", VERDICT_DENIED, MSG_REASON_WRONG);
	login("alice", true, code, VERDICT_GRANTED, MSG_REASON_NONE);
	wire_version = MSG_VERSION;
}

/* ---- news after a grant */

static char paper[4][CODE_SIZE];
static unsigned paper_count;

static void with_paper(struct record *r)
{
	r->recovery_count = (uint8_t)paper_count;
	for (unsigned i = 0; i < paper_count; i++) {
		assert_int_equal(code_make(CODE_PERSONAL, paper[i]), 0);
		assert_int_equal(recovery_seal(paper[i], &r->recovery[i]), 0);
	}
}

static void expect_info(struct talk *t, enum msg_text text, uint32_t left)
{
	struct msg m = next(t);

	assert_int_equal(m.type, MSG_INFO);
	assert_int_equal(m.version, 2);
	assert_int_equal(m.info.text, text);
	assert_int_equal(m.info.left, left);
	assert_int_equal(m.info.reason, MSG_REASON_NONE);
	assert_int_equal(m.info.seconds, 0);
}

/* Fewer than three are worth a word; before the verdict, which is the last message. */
static void few_recovery_codes_are_told(void **context)
{
	struct talk t;

	(void)context;
	paper_count = 4;
	enroll_with(with_paper);
	for (uint32_t left = 3; left + 1 > 0; left--) {
		begin(&t, "alice", true);
		expect_ask(&t, MSG_REASON_NONE);
		answer_raw(&t, MSG_ANSWER_TEXT, paper[left]);
		if (left < 3)
			expect_info(&t, MSG_TEXT_RECOVERY_LEFT, left);
		expect_verdict(&t, VERDICT_GRANTED, MSG_REASON_NONE);
		assert_non_null(strstr(log_line, "reason=\"recovery\""));
		assert_non_null(strstr(log_line, "result=\"granted\""));
	}
	login("alice", true, paper[0], VERDICT_DENIED, MSG_REASON_USED);
}

/* A code of the phone is no occasion, however few are left on paper. */
static void a_phone_tells_nothing(void **context)
{
	char code[9];

	(void)context;
	paper_count = 1;
	enroll_with(with_paper);
	code_at(STEP, code);
	login("alice", true, code, VERDICT_GRANTED, MSG_REASON_NONE);
}

static void version_1_gets_no_news(void **context)
{
	(void)context;
	paper_count = 2;
	enroll_with(with_paper);
	wire_version = MSG_VERSION_OLDEST;
	login("alice", true, paper[0], VERDICT_GRANTED, MSG_REASON_NONE);
	wire_version = MSG_VERSION;
}

/* Who goes away after the answer gets no verdict, and the code is spent: not less, not more. */
static void leaving_before_the_news(void **context)
{
	struct talk t;

	(void)context;
	paper_count = 2;
	enroll_with(with_paper);
	begin(&t, "alice", true);
	expect_ask(&t, MSG_REASON_NONE);
	shutdown(t.fds[0], SHUT_RD); /* from now on nothing can be told, however fast it is */
	answer_raw(&t, MSG_ANSWER_TEXT, paper[0]);
	pthread_join(t.thread, NULL);
	close(t.fds[0]);
	close(t.fds[1]);
	assert_int_equal(returned, VERDICT_ERROR);
	assert_non_null(strstr(log_line, "result=\"granted\""));
	assert_int_equal(state_of_alice().recovery_spent, 1);
}

static void the_emergency_code_is_told(void **context)
{
	const uid_t uid = UID;
	char code[CODE_SIZE], want[256];
	struct emergency em;
	struct err e = {0};
	struct talk t;

	(void)context;
	for (int version = MSG_VERSION; version >= MSG_VERSION_OLDEST; version--) {
		assert_int_equal(code_make(CODE_EMERGENCY, code), 0);
		assert_int_equal(
		    emergency_write(store.dir, store_path, code, &uid, 1, NOW, &em, &e), 0);
		wire_version = (uint8_t)version;
		begin(&t, "alice", true);
		expect_ask(&t, MSG_REASON_NONE);
		answer_raw(&t, MSG_ANSWER_TEXT, code);
		if (version >= 2)
			expect_info(&t, MSG_TEXT_EMERGENCY, 0);
		expect_verdict(&t, VERDICT_GRANTED, MSG_REASON_NONE);
		snprintf(want, sizeof want,
		    "event=login result=\"granted\" reason=\"emergency\" user=\"alice\" "
		    "source=\"console\" service=\"test\" actor=\"1000\" "
		    "error=\"emergency: code %02x%02x%02x%02x%02x%02x%02x%02x is spent "
		    "[S-40]\"",
		    em.id[0], em.id[1], em.id[2], em.id[3], em.id[4], em.id[5], em.id[6],
		    em.id[7]);
		assert_string_equal(log_line, want);
		assert_int_equal(log_priority, LOG_ALERT);
	}
	wire_version = MSG_VERSION;
	login("alice", true, code, VERDICT_DENIED, MSG_REASON_WRONG);
	assert_non_null(strstr(log_line, "reason=\"password-repeated\""));
}

/* How far the clock is behind stands in the next question and in the verdict. */
static void a_clock_behind_is_told(void **context)
{
	struct talk t;
	struct msg m;

	(void)context;
	set_floor(NOW + 33120);
	begin(&t, "alice", true);
	for (int i = 0; i < 3; i++) {
		m = next(&t);
		assert_int_equal(m.type, MSG_ASK);
		assert_int_equal(m.ask.reason, i == 0 ? MSG_REASON_NONE : MSG_REASON_CLOCK);
		assert_int_equal(m.ask.seconds, i == 0 ? 0 : 33120);
		t.seq = m.ask.seq;
		answer_raw(&t, MSG_ANSWER_TEXT, "123456");
	}
	m = expect_verdict(&t, VERDICT_DENIED, MSG_REASON_CLOCK);
	assert_int_equal(m.verdict.seconds, 33120);
	assert_non_null(strstr(log_line, "clock: 9h12m00s behind"));
	assert_non_null(strstr(log_line, "[S-41]"));
	begin_with = BEGIN_COMBINED;
	begin(&t, "alice", true);
	expect_ask(&t, MSG_REASON_NONE);
	answer_raw(&t, MSG_ANSWER_TEXT, "123456");
	m = expect_verdict(&t, VERDICT_DENIED, MSG_REASON_NONE);
	assert_int_equal(m.verdict.seconds, 0);
	begin_with = 0;
}

/* The log explains a code of another time; the person hears what everybody hears. */
static void a_clock_off_is_told_to_the_log_alone(void **context)
{
	struct talk t;
	struct msg m;
	char code[9];

	(void)context;
	code_at(STEP + 1104, code); /* 9 h 12 min on */
	begin(&t, "alice", true);
	expect_ask(&t, MSG_REASON_NONE);
	answer_raw(&t, MSG_ANSWER_TEXT, code);
	m = next(&t);
	assert_int_equal(m.ask.reason, MSG_REASON_WRONG);
	assert_int_equal(m.ask.seconds, 0);
	assert_int_equal(m.ask.left, 0);
	assert_non_null(strstr(log_line, "reason=\"wrong-code\""));
	assert_non_null(strstr(log_line, "about 9h10m slow"));
	assert_non_null(strstr(log_line, "[S-42]"));
	t.seq = m.ask.seq;
	answer_raw(&t, MSG_ANSWER_TEXT, "");
	expect_ask(&t, MSG_REASON_NONE);
	answer_raw(&t, MSG_ANSWER_TEXT, "");
	expect_verdict(&t, VERDICT_DENIED, MSG_REASON_NONE);
	assert_null(strstr(log_line, "S-42"));
}

static void a_torn_write_gives_up_the_window(void **context)
{
	char code[9];

	(void)context;
	code_at(STEP, code);
	tear_other_slot();
	login("alice", true, code, VERDICT_DENIED, MSG_REASON_USED);
	code_at(STEP + 1, code);
	login("alice", true, code, VERDICT_DENIED, MSG_REASON_USED);
	assert_int_equal(state_of_alice().buckets[SOURCE_CONSOLE].failures[FACTOR_OTP], 1);
	assert_int_equal(state_of_alice().flags, STATE_CODES_HELD);
	code_at(STEP + 2, code);
	wall_now = NOW + 30;
	login("alice", true, code, VERDICT_GRANTED, MSG_REASON_NONE);
	wall_now = NOW;
}

/* What cuts a write short may take the clock, too. Under no clock a code that the lost write
 * may have used opens once more, and none costs more than the first right code. */
static void a_torn_write_under_any_clock(void **context)
{
	static const int64_t clocks[] = {0, -1, NOW - 90000, NOW, 4070908800, INT64_MAX};
	char spent[9], later[9];

	(void)context;
	for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
		uint64_t step = STEP + 10 * i;
		int64_t then = NOW + 300 * (int64_t)i;

		code_at(step, spent);
		code_at(step + 2, later);
		wall_now = then;
		login("alice", true, spent, VERDICT_GRANTED, MSG_REASON_NONE);
		tear_newest_slot();
		wall_now = clocks[i];
		login("alice", true, "000000", VERDICT_DENIED,
		    clocks[i] < NOW ? MSG_REASON_CLOCK : MSG_REASON_WRONG);
		assert_true((state_of_alice().flags & STATE_TOTP_UNSURE) != 0);
		wall_now = then;
		login("alice", true, spent, VERDICT_DENIED, MSG_REASON_USED);
		assert_int_equal(state_of_alice().flags, STATE_CODES_HELD);
		login("alice", true, spent, VERDICT_DENIED, MSG_REASON_USED);
		wall_now = then + 60;
		login("alice", true, later, VERDICT_GRANTED, MSG_REASON_NONE);
	}
	wall_now = NOW;
}

/* There are more names than decoys: one that shares its decoy with a locked one is not locked.
 */
static void untried_names_are_never_locked(void **context)
{
	char name[16];

	(void)context;
	for (int i = 0; i < 300; i++) {
		struct person p;
		struct err e = {0};

		snprintf(name, sizeof(name), "nobody-%d", i);
		assert_int_equal(person_open(&store, &keys, name, &p, &e), 0);
		assert_true(p.decoy);
		assert_int_equal(p.state.buckets[SOURCE_CONSOLE].streak, 0);
		p.state.buckets[SOURCE_CONSOLE].streak = 9;
		assert_int_equal(person_save_state(&store, &keys, &p, &e), 0);
		person_close(&p);
		assert_int_equal(person_open(&store, &keys, name, &p, &e), 0);
		assert_int_equal(p.state.buckets[SOURCE_CONSOLE].streak, 9);
		person_close(&p);
	}
}

static void a_held_record_is_busy(void **context)
{
	struct person p;
	struct err e = {0};
	struct talk t;

	(void)context;
	begin(&t, "alice", true);
	expect_ask(&t, MSG_REASON_NONE);
	/* a second descriptor, as another process would have */
	assert_int_equal(person_open(&store, &keys, "alice", &p, &e), 0);
	answer_raw(&t, MSG_ANSWER_TEXT, "000000");
	expect_ask(&t, MSG_REASON_BUSY);
	person_close(&p);
	answer_raw(&t, MSG_ANSWER_TEXT, "000000");
	expect_ask(&t, MSG_REASON_WRONG);
	answer_raw(&t, MSG_ANSWER_TEXT, "");
	expect_verdict(&t, VERDICT_DENIED, MSG_REASON_NONE);
}

static void refusals_without_a_session(void **context)
{
	static const struct {
		enum err_number number;
		enum verdict verdict;
	} cases[] = {
	    {ERR_CALLER, VERDICT_NOT_ALLOWED},
	    {ERR_BUSY, VERDICT_DENIED},
	    {ERR_INTERNAL, VERDICT_ERROR},
	};

	(void)context;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct err e = {.number = cases[i].number};
		struct login_setup s = {.hello = &hello,
		    .account = &account,
		    .clock = &clk,
		    .audit = &sink,
		    .actor = UINT32_MAX};
		struct msg m;
		int fds[2];

		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fds), 0);
		hello.version = MSG_VERSION;
		s.fd = fds[1];
		login_refuse(&s, &e);
		assert_int_equal(chan_recv(fds[0], hello.session, &m, 1000), CHAN_OK);
		assert_int_equal(m.type, MSG_VERDICT);
		assert_int_equal(m.verdict.verdict, cases[i].verdict);
		assert_int_equal(m.verdict.grant, 0);
		/* whose caller he may not be is no source of hers */
		assert_true((strstr(log_line, "source=") == NULL) == (i == 0));
		close(fds[0]);
		close(fds[1]);
	}
}

#define TEST(f) cmocka_unit_test_setup(f, fresh_alice)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_right_code_is_granted_once),
	    TEST(three_questions_then_denied),
	    TEST(a_second_try_in_the_same_conversation),
	    TEST(a_refusal_leaves_at_a_tick),
	    TEST(no_attempt_counts_nothing),
	    TEST(nonsense_three_times_is_denied),
	    TEST(a_decoy_never_grants),
	    TEST(no_account_no_login),
	    TEST(five_failures_wait),
	    TEST(forty_guesses_suspend),
	    TEST(strangers_get_the_same_talk),
	    TEST(who_is_refused_all_the_same),
	    TEST(configuration_is_read_for_each_answer),
	    TEST(not_required_is_granted_and_logged),
	    TEST(unsure_groups_deny_where_rules_ask_for_them),
	    TEST(a_combined_field_tells_nothing),
	    TEST(a_torn_write_under_any_clock),
	    TEST(untried_names_are_never_locked),
	    TEST(a_writable_configuration_denies),
	    TEST(nonsense_ends_the_session),
	    TEST(leaving_after_the_answer_counts),
	    TEST(version_1_is_served),
	    TEST(a_torn_write_gives_up_the_window),
	    TEST(a_held_record_is_busy),
	    TEST(few_recovery_codes_are_told),
	    TEST(a_phone_tells_nothing),
	    TEST(version_1_gets_no_news),
	    TEST(leaving_before_the_news),
	    TEST(the_emergency_code_is_told),
	    TEST(a_clock_behind_is_told),
	    TEST(a_clock_off_is_told_to_the_log_alone),
	    TEST(refusals_without_a_session),
	};

	return cmocka_run_group_tests_name("login", tests, make_store, remove_store);
}
