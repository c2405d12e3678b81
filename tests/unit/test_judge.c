/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One answer after the other against a real store, and the emergency code against a broken one:
 * the outcome, what the log will say, and what has become of the state.
 */
#include "lib/login/attempt.h"
#include "lib/login/judge.h"
#include "lib/login/rules.h"

#include <linux/magic.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/vfs.h>

#include "tests/unit/alice.h"

#define HOUR       3600
#define CLOCK_2099 ((int64_t)4070908800)

static struct login_account account;
static struct msg hello;
static struct judgement j;
static enum source source;

/* What the helper gives: the store as it is, or what is left of it. */
static struct login_setup setup(void)
{
	static const struct err no_store = {.number = ERR_NO_STORE, .object = "x", .why = "y"};

	return (struct login_setup){.hello = &hello,
	    .account = &account,
	    .source = source,
	    .store = &store,
	    .store_err = &no_store,
	    .emergency_dir = store.dir,
	    .emergency_path = store_path,
	    .config_name = "sekisho.conf",
	    .clock = &clk,
	    .audit = &sink,
	    .actor = 1000};
}

static void who(const char *user, bool known)
{
	memset(&account, 0, sizeof account);
	account.known = known;
	account.uid = known ? UID : 0;
	snprintf(account.name, sizeof account.name, "%s", user);
}

/* Somebody new each time: whoever was tried often has to wait. */
static void a_stranger(void)
{
	static unsigned count;
	char name[32];

	snprintf(name, sizeof name, "stranger-%u", count++);
	who(name, true);
}

static enum outcome answer_to(const struct login_setup *u, const char *text)
{
	struct secret s;

	assert_int_equal(secret_set(&s, text, strlen(text)), 0);
	memset(&j, 0xee, sizeof j);
	return judge_answer(u, &s, &j);
}

static enum outcome answer(const char *text)
{
	const struct login_setup u = setup();

	return answer_to(&u, text);
}

static void expect(const char *text, enum outcome o, const char *reason)
{
	enum outcome have = answer(text);

	if (have != o || (reason == NULL) != (j.reason == NULL) ||
	    (reason != NULL && strcmp(reason, j.reason) != 0))
		fail_msg("%s: %s, %s; wanted %s, %s", text, outcome_row(have)->word,
		    j.reason != NULL ? j.reason : "no reason", outcome_row(o)->word,
		    reason != NULL ? reason : "no reason");
}

static void expect_error(enum err_number number, const char *part)
{
	if (j.err.number != number || (part != NULL && strstr(j.err.why, part) == NULL))
		fail_msg("have S-%d %s: %s", (int)j.err.number, j.err.object, j.err.why);
}

static const struct bucket *bucket(void)
{
	static struct state s;

	s = state_of_alice();
	return &s.buckets[source];
}

static void expect_bucket(unsigned otp, unsigned recovery, uint32_t streak)
{
	const struct bucket *b = bucket();

	if (b->failures[FACTOR_OTP] != otp || b->failures[FACTOR_RECOVERY] != recovery ||
	    b->streak != streak)
		fail_msg("otp %u, recovery %u, streak %u", b->failures[FACTOR_OTP],
		    b->failures[FACTOR_RECOVERY], b->streak);
}

static const char *totp(int64_t time)
{
	static char code[OTP_DIGITS_MAX + 1];

	code_at((uint64_t)time / 30, code);
	return code;
}

static const char *hotp(uint64_t counter)
{
	static char code[OTP_DIGITS_MAX + 1];

	counter_code(counter, code);
	return code;
}

/* ---- records */

static char recovery[RECORD_RECOVERY_MAX][CODE_SIZE], temporary[CODE_SIZE];

static void with_codes(struct record *r)
{
	r->recovery_count = 4;
	for (unsigned i = 0; i < r->recovery_count; i++) {
		assert_int_equal(code_make(CODE_PERSONAL, recovery[i]), 0);
		assert_int_equal(recovery_seal(recovery[i], &r->recovery[i]), 0);
	}
	r->temporary_count = 1;
	assert_int_equal(code_make(CODE_PERSONAL, temporary), 0);
	assert_int_equal(recovery_seal(temporary, &r->temporary[0].code), 0);
	r->temporary[0].not_before = NOW - HOUR;
	r->temporary[0].not_after = NOW + HOUR;
	r->temporary[0].uses = 2;
}

static void with_fob(struct record *r)
{
	r->token_count = 2;
	r->tokens[1] = key_fob("fob");
}

static void with_codes_and_fob(struct record *r)
{
	with_codes(r);
	with_fob(r);
}

static void of_this_second(struct record *r)
{
	r->not_before = NOW;
	r->not_after = NOW + 1;
}

static void with_suspended_fob(struct record *r)
{
	with_fob(r);
	r->tokens[1].flags = TOKEN_SUSPENDED;
}

static void suspended(struct record *r)
{
	with_codes(r);
	r->flags |= RECORD_SUSPENDED;
}

static void suspended_with_fob(struct record *r)
{
	with_fob(r);
	r->flags |= RECORD_SUSPENDED;
}

static char emergency[CODE_SIZE];
static struct emergency envelope;

static void write_emergency(uid_t uid)
{
	struct err e = {0};

	assert_int_equal(code_make(CODE_EMERGENCY, emergency), 0);
	if (emergency_write(store.dir, store_path, emergency, &uid, 1, NOW, &envelope, &e) != 0)
		fail_msg("%s: %s", e.object, e.why);
}

/* ---- recovery codes */

static void a_recovery_code_opens_once(void **context)
{
	(void)context;
	enroll_with(with_codes);
	expect("000000", OUTCOME_WRONG, NULL);
	expect_bucket(1, 0, 1);
	expect(recovery[2], OUTCOME_ACCEPTED, "recovery");
	assert_string_equal(j.token, "recovery");
	assert_true(j.recovery);
	assert_int_equal(j.recovery_left, 3);
	assert_int_equal(j.err.number, ERR_NONE);
	assert_int_equal(state_of_alice().recovery_spent, 1 << 2);
	assert_int_equal(state_of_alice().last_seen, NOW);
	assert_int_equal(state_of_alice().accepted, 0);
	assert_int_equal(floor_now(), 0);
	expect_bucket(0, 0, 0);
	expect(recovery[2], OUTCOME_USED, NULL);
	expect_bucket(0, 0, 1);
	assert_false(j.recovery);
	expect(recovery[0], OUTCOME_ACCEPTED, "recovery");
	assert_int_equal(j.recovery_left, 2);
}

/* As people type them: grouped, small, in full width. */
static void a_recovery_code_in_any_dress(void **context)
{
	char text[128] = "", *at = text;

	(void)context;
	enroll_with(with_codes);
	for (const char *p = recovery[0]; *p != '\0'; p++) {
		if (p != recovery[0] && (p - recovery[0]) % 4 == 0)
			at += sprintf(at, "\xef\xbc\x8d");
		if (*p >= '0' && *p <= '9')
			at += sprintf(at, "\xef\xbc%c", 0x90 + (*p - '0'));
		else
			at += sprintf(at, "%c", *p - 'A' + 'a');
	}
	expect(text, OUTCOME_ACCEPTED, "recovery");
}

static void a_slip_is_no_guess(void **context)
{
	char text[CODE_SIZE];

	(void)context;
	enroll_with(with_codes);
	memcpy(text, recovery[0], sizeof text);
	text[3] = text[3] == '7' ? '8' : '7';
	expect(text, OUTCOME_MALFORMED, NULL);
	expect_bucket(0, 0, 1);
	expect("no code at all", OUTCOME_MALFORMED, NULL);
	expect_bucket(0, 0, 2);
	assert_int_equal(code_make(CODE_PERSONAL, text), 0);
	expect(text, OUTCOME_WRONG, NULL);
	expect_bucket(0, 1, 3);
	assert_int_equal(j.err.number, ERR_NONE);
}

static void hold_codes(struct state *s)
{
	s->flags |= STATE_CODES_HELD;
}

static void held_codes_wait(void **context)
{
	(void)context;
	enroll_with(with_codes);
	change_state(hold_codes);
	expect(recovery[0], OUTCOME_WRONG, "codes-held");
	expect(temporary, OUTCOME_WRONG, "codes-held");
	assert_int_equal(state_of_alice().recovery_spent, 0);
	expect(totp(NOW), OUTCOME_ACCEPTED, "totp");
}

static void a_rule_may_refuse_codes_on_paper(void **context)
{
	static const char rules[] =
	    "rule \"x\" { match-service = test require = otp recovery = no }\n"
	    "rule \"rest\" { require = otp }\n";

	(void)context;
	enroll_with(with_codes);
	write_config(rules);
	expect(recovery[0], OUTCOME_WRONG, "recovery-not-allowed");
	expect(temporary, OUTCOME_WRONG, "recovery-not-allowed");
	expect_bucket(0, 2, 2);
	assert_int_equal(state_of_alice().recovery_spent, 0);
	assert_int_equal(state_of_alice().temporary_uses[0], 0);
	expect(totp(NOW), OUTCOME_ACCEPTED, "totp");
	snprintf(hello.hello.service, sizeof hello.hello.service, "other");
	expect(recovery[0], OUTCOME_ACCEPTED, "recovery");
}

static void a_temporary_code_has_its_days(void **context)
{
	(void)context;
	enroll_with(with_codes);
	wall_now = NOW - HOUR - 1;
	expect(temporary, OUTCOME_WRONG, "temporary-early");
	wall_now = NOW + HOUR;
	expect(temporary, OUTCOME_WRONG, "temporary-expired");
	wall_now = NOW;
	expect(temporary, OUTCOME_ACCEPTED, "temporary");
	assert_false(j.recovery);
	set_floor(NOW + 700);
	expect(temporary, OUTCOME_CLOCK, NULL);
	assert_int_equal(j.seconds, 700);
	expect_bucket(0, 0, 1);
	set_floor(NOW);
	expect(temporary, OUTCOME_ACCEPTED, "temporary");
	expect(temporary, OUTCOME_USED, NULL);
}

static void suspend_otp(struct state *s)
{
	s->buckets[SOURCE_CONSOLE].failures[FACTOR_OTP] = 40;
}

static void suspend_recovery(struct state *s)
{
	s->buckets[SOURCE_CONSOLE].failures[FACTOR_RECOVERY] = 40;
}

/* The phone locked out is what the paper is for; and the other way round. */
static void each_factor_has_its_own_suspension(void **context)
{
	(void)context;
	enroll_with(with_codes);
	change_state(suspend_otp);
	expect(totp(NOW), OUTCOME_SUSPENDED, NULL);
	source = SOURCE_SELF;
	expect("000000", OUTCOME_WRONG, NULL);
	source = SOURCE_CONSOLE;
	expect(recovery[0], OUTCOME_ACCEPTED, "recovery");
	change_state(suspend_otp);
	expect("no form at all", OUTCOME_SUSPENDED, NULL);
	expect(recovery[3], OUTCOME_ACCEPTED, "recovery");
	change_state(suspend_recovery);
	expect(recovery[1], OUTCOME_SUSPENDED, NULL);
	expect("no form at all", OUTCOME_MALFORMED, NULL);
	assert_int_equal(state_of_alice().recovery_spent, 1 | 1 << 3);
	expect(totp(NOW), OUTCOME_ACCEPTED, "totp");
}

/* Forty wrong codes on paper suspend the paper, at this source. */
static void guessed_codes_suspend(void **context)
{
	char wrong[CODE_SIZE];

	(void)context;
	enroll_with(with_codes);
	assert_int_equal(code_make(CODE_PERSONAL, wrong), 0);
	for (int i = 0; i < 40; i++) {
		boot_now += 900000;
		expect(wrong,
		    i == 39  ? OUTCOME_SUSPENDED
		    : i >= 4 ? OUTCOME_LOCKED
		             : OUTCOME_WRONG,
		    NULL);
	}
	boot_now += 900000;
	expect(recovery[0], OUTCOME_SUSPENDED, NULL);
	source = SOURCE_REMOTE;
	expect(recovery[0], OUTCOME_ACCEPTED, "recovery");
	source = SOURCE_CONSOLE;
	expect_bucket(0, 40, 40);
	expect(totp(NOW), OUTCOME_ACCEPTED, "totp");
	expect_bucket(0, 0, 0);
}

static void streak_of_five(struct state *s)
{
	s->buckets[SOURCE_CONSOLE].streak = 5;
	memcpy(s->buckets[SOURCE_CONSOLE].boot_id, clk.boot_id, BOOT_ID_SIZE);
	s->buckets[SOURCE_CONSOLE].until_ms = boot_now + 30000;
}

static void the_delay_is_one_for_all(void **context)
{
	(void)context;
	enroll_with(with_codes);
	change_state(streak_of_five);
	expect(recovery[0], OUTCOME_LOCKED, NULL);
	assert_int_equal(j.seconds, 30);
	expect("000000", OUTCOME_LOCKED, NULL);
	source = SOURCE_OTHER;
	expect(recovery[0], OUTCOME_ACCEPTED, "recovery");
	source = SOURCE_CONSOLE;
	expect(recovery[1], OUTCOME_LOCKED, NULL);
	boot_now += 30000;
	expect(recovery[1], OUTCOME_ACCEPTED, "recovery");
}

/* What every source has counted but the present one. */
static void expect_others_untouched(void)
{
	static const struct bucket untouched;
	struct state s = state_of_alice();

	for (unsigned b = 0; b < STATE_BUCKETS; b++)
		if (b != (unsigned)source)
			assert_memory_equal(&s.buckets[b], &untouched, sizeof untouched);
}

/* Whoever guesses somewhere takes that place away, and no other: least of all the console. */
static void a_source_is_worn_out_alone(void **context)
{
	(void)context;
	for (unsigned s = 0; s < STATE_BUCKETS; s++) {
		unsigned guesses = 0, budget = lockout_budget((enum source)s);

		enroll_with(with_codes);
		source = (enum source)s;
		for (enum outcome o = OUTCOME_WRONG; o != OUTCOME_SUSPENDED; guesses++) {
			assert_true(guesses < budget);
			boot_now += 900000;
			o = answer("000000");
		}
		assert_int_equal(guesses, budget);
		expect_bucket(budget, 0, budget);
		expect_others_untouched();
		expect("no form at all", OUTCOME_SUSPENDED, NULL);
		for (unsigned other = 0; other < STATE_BUCKETS; other++) {
			source = (enum source)other;
			expect(totp(wall_now),
			    other == s ? OUTCOME_SUSPENDED : OUTCOME_ACCEPTED,
			    other == s ? NULL : "totp");
			wall_now += 60;
		}
		/* and nobody's success forgives what was guessed at another place */
		source = (enum source)s;
		expect_bucket(budget, 0, budget);
	}
}

/* The failure that is counted for a torn write is counted where somebody answers. */
static void a_torn_write_counts_at_its_source(void **context)
{
	(void)context;
	for (unsigned s = 0; s < STATE_BUCKETS; s++) {
		enroll_with(NULL);
		source = (enum source)s;
		tear_other_slot();
		expect(totp(NOW), OUTCOME_USED, NULL);
		expect_error(ERR_TORN, NULL);
		/* one failure for the lost write; the answer, a used code, counts in delay */
		expect_bucket(1, 0, 2);
		expect_others_untouched();
	}
}

static void a_torn_write_holds_the_codes(void **context)
{
	(void)context;
	enroll_with(with_codes);
	tear_other_slot();
	/* one failure for the lost write, one for this answer */
	expect(recovery[0], OUTCOME_WRONG, "codes-held");
	expect_error(ERR_TORN, NULL);
	expect_bucket(0, 2, 2);
	expect(recovery[0], OUTCOME_WRONG, "codes-held");
	assert_int_equal(state_of_alice().recovery_spent, 0);
}

/* The next try has to wait: nothing is judged, but what the lost write may have spent is. */
static void a_torn_write_is_healed_while_locked(void **context)
{
	(void)context;
	enroll_with(with_codes);
	change_state(streak_of_five);
	tear_other_slot();
	expect(totp(NOW), OUTCOME_LOCKED, NULL);
	expect_error(ERR_TORN, NULL);
	assert_int_equal(state_of_alice().flags, STATE_FLAGS);
	/* after the pause the right code is given up, and costs another pause */
	boot_now += 3600000;
	expect(totp(NOW), OUTCOME_LOCKED, NULL);
	assert_int_equal(state_of_alice().flags, STATE_CODES_HELD);
	assert_int_equal(state_of_alice().counters[0].next, NOW / 30 + 2);
}

/* What has happened to the file is worth more to the log than what the clock looks like. */
static void a_torn_write_is_told_first(void **context)
{
	(void)context;
	enroll_with(NULL);
	tear_other_slot();
	expect(totp(NOW + 7200), OUTCOME_WRONG, NULL);
	expect_error(ERR_TORN, "cut short");
	expect(totp(NOW + 7200), OUTCOME_WRONG, NULL);
	expect_error(ERR_CLOCK_OFF, NULL);
}

static void a_decoy_is_torn_alike(void **context)
{
	(void)context;
	who("trudy", false);
	expect("000000", OUTCOME_WRONG, "unknown-user");
	tear_slot("trudy", false);
	expect("000000", OUTCOME_WRONG, "unknown-user");
	expect_error(ERR_TORN, NULL);
	assert_string_equal(j.err.object, "decoy");
	assert_int_equal(state_of("trudy").buckets[source].failures[FACTOR_OTP], 3);
}

/* ---- who is refused whatever he answers */

/* Right answers and wrong ones must end alike, and leave the same behind. */
static void expect_like_wrong(const char *right, const char *wrong, const char *reason)
{
	struct state before = state_of_alice(), after;
	enum outcome first;
	uint32_t seconds;

	first = answer(wrong);
	assert_string_equal(j.reason, reason);
	seconds = j.seconds;
	expect(right, first, reason);
	assert_int_equal(j.seconds, seconds);
	assert_int_equal(j.token[0], 0);
	after = state_of_alice();
	assert_int_equal(after.buckets[source].streak, before.buckets[source].streak + 2);
	memcpy(after.buckets, before.buckets, sizeof after.buckets);
	assert_memory_equal(&after, &before, sizeof after);
}

static void suspended_people_get_nothing(void **context)
{
	char wrong[CODE_SIZE];

	(void)context;
	assert_int_equal(code_make(CODE_PERSONAL, wrong), 0);
	enroll_with(suspended);
	expect_like_wrong(totp(NOW), "000000", "record-suspended");
	expect_bucket(2, 0, 2);
	assert_int_equal(j.err.number, ERR_NONE);
	expect_like_wrong(recovery[0], wrong, "record-suspended");
	expect_bucket(2, 2, 4);
}

static void take_totp(struct state *s)
{
	s->counters[0].next = STEP + 5;
	s->recovery_spent = 1;
}

static void sure_of_later(struct state *s)
{
	s->accepted = NOW + 5000;
}

/* Spent codes and a personal clock are told to those only who may log in. */
static void suspended_people_learn_nothing(void **context)
{
	char wrong[CODE_SIZE];

	(void)context;
	assert_int_equal(code_make(CODE_PERSONAL, wrong), 0);
	enroll_with(suspended);
	change_state(take_totp);
	expect_like_wrong(totp(NOW), "000000", "record-suspended");
	expect_like_wrong(recovery[0], wrong, "record-suspended");
	enroll_with(suspended);
	change_state(sure_of_later);
	expect_like_wrong(totp(NOW), "000000", "record-suspended");
	enroll_with(suspended_with_fob);
	set_floor(NOW + HOUR);
	expect_like_wrong(totp(NOW), "000000", "record-suspended");
	assert_int_equal(j.seconds, HOUR);
	expect_like_wrong(hotp(3), "000000", "record-suspended");
	assert_int_equal(j.seconds, HOUR);
}

/* A code that cannot be computed grants nothing, and is a guess: it may stand for one of
 * several tokens that was computed. */
static bool no_codes;

int __real_oath_totp_generate2(const char *secret, size_t secret_length, time_t now,
    unsigned time_step_size, time_t start_offset, unsigned digits, int flags, char *output_otp);
int __wrap_oath_totp_generate2(const char *secret, size_t secret_length, time_t now,
    unsigned time_step_size, time_t start_offset, unsigned digits, int flags, char *output_otp);

int __wrap_oath_totp_generate2(const char *secret, size_t secret_length, time_t now,
    unsigned time_step_size, time_t start_offset, unsigned digits, int flags, char *output_otp)
{
	return no_codes ? -1
	                : __real_oath_totp_generate2(secret, secret_length, now, time_step_size,
	                      start_offset, digits, flags, output_otp);
}

static void what_cannot_be_computed(void **context)
{
	const char *code = totp(NOW);

	(void)context;
	no_codes = true;
	expect(code, OUTCOME_ERROR, NULL);
	no_codes = false;
	expect_bucket(1, 0, 1);
	expect(code, OUTCOME_ACCEPTED, "totp");
}

/* A record without its state: nobody is let in by what cannot be read. */
static void half_a_person(void **context)
{
	const char *code = totp(NOW);
	char file[NAME_HEX_SIZE];

	(void)context;
	assert_int_equal(keys_file_name(&keys, "alice", file), 0);
	assert_int_equal(renameat(store.states, file, store.states, "away"), 0);
	expect(code, OUTCOME_UNAVAILABLE, NULL);
	assert_int_not_equal(j.err.number, ERR_NONE);
	assert_int_equal(renameat(store.states, "away", store.states, file), 0);
	expect(code, OUTCOME_ACCEPTED, "totp");
}

static void only_a_fob(struct record *r)
{
	r->tokens[0] = key_fob("fob");
}

/* Counters are judged whatever the clock says, so a wrong answer is a guess. */
static void a_guess_at_a_counter_while_the_clock_is_behind(void **context)
{
	(void)context;
	enroll_with(only_a_fob);
	wall_now = -1; /* by the least there can be */
	expect("000000", OUTCOME_CLOCK, NULL);
	assert_int_equal(j.seconds, 1);
	expect_bucket(1, 0, 1);
	a_stranger();
	expect("000000", OUTCOME_CLOCK, "not-enrolled");
	assert_int_equal(j.seconds, 1);
}

/* A temporary code waits for the clock: the entitled person is told, nobody else. */
static void a_clock_behind_and_paper(void **context)
{
	char wrong[CODE_SIZE];

	(void)context;
	assert_int_equal(code_make(CODE_PERSONAL, wrong), 0);
	enroll_with(with_codes_and_fob);
	set_floor(NOW + HOUR);
	expect(wrong, OUTCOME_WRONG, NULL);
	expect_bucket(0, 1, 1);
	expect(temporary, OUTCOME_CLOCK, NULL);
	expect_bucket(0, 1, 2);
	enroll_with(suspended);
	expect(wrong, OUTCOME_WRONG, "record-suspended");
	expect_like_wrong(temporary, wrong, "record-suspended");
}

static void the_days_of_a_record(void **context)
{
	(void)context;
	enroll_with(of_this_second);
	expect(totp(NOW), OUTCOME_ACCEPTED, "totp");
	wall_now = NOW + 1;
	expect(totp(NOW + 30), OUTCOME_WRONG, "outside-validity");
	wall_now = NOW - 1;
	expect(totp(NOW + 30), OUTCOME_WRONG, "outside-validity");
}

static void everybody_suspended(void **context)
{
	char wrong[CODE_SIZE];

	(void)context;
	assert_int_equal(code_make(CODE_PERSONAL, wrong), 0);
	enroll_with(with_codes);
	set_flags(HEADER_SUSPENDED);
	expect_like_wrong(totp(NOW), "000000", "all-suspended");
	expect_like_wrong(recovery[0], wrong, "all-suspended");
	set_flags(0);
	expect(recovery[0], OUTCOME_ACCEPTED, "recovery");
	expect(totp(NOW), OUTCOME_ACCEPTED, "totp");
	enroll_with(suspended);
	set_flags(HEADER_SUSPENDED);
	expect(totp(NOW), OUTCOME_WRONG, "record-suspended");
}

static void nobody_in_particular(void **context)
{
	char wrong[CODE_SIZE];

	(void)context;
	assert_int_equal(code_make(CODE_PERSONAL, wrong), 0);
	a_stranger();
	expect("000000", OUTCOME_WRONG, "not-enrolled");
	expect(wrong, OUTCOME_WRONG, "not-enrolled");
	expect("what?", OUTCOME_MALFORMED, "not-enrolled");
	who("mallory", false);
	expect("000000", OUTCOME_WRONG, "unknown-user");
	expect(wrong, OUTCOME_WRONG, "unknown-user");
	assert_int_equal(state_of("mallory").buckets[source].failures[FACTOR_RECOVERY], 1);
	assert_int_equal(state_of("mallory").buckets[source].failures[FACTOR_OTP], 1);
}

/* ---- clocks */

static void an_accepted_code_moves_the_floor(void **context)
{
	(void)context;
	expect("000000", OUTCOME_WRONG, NULL);
	assert_int_equal(floor_now(), 0);
	expect(totp(NOW), OUTCOME_ACCEPTED, "totp");
	assert_int_equal(floor_now(), NOW);
	assert_int_equal(state_of_alice().accepted, NOW);
	enroll_with(with_fob);
	wall_now = NOW + 2 * HOUR;
	expect(hotp(0), OUTCOME_ACCEPTED, "hotp");
	assert_string_equal(j.token, "fob");
	assert_int_equal(floor_now(), NOW);
	enroll_with(suspended);
	expect(totp(wall_now), OUTCOME_WRONG, "record-suspended");
	assert_int_equal(floor_now(), NOW);
}

static void an_hour_back_is_refused(void **context)
{
	(void)context;
	expect(totp(NOW), OUTCOME_ACCEPTED, "totp");
	wall_now = NOW - HOUR;
	expect(totp(NOW - HOUR), OUTCOME_CLOCK, NULL);
	assert_int_equal(j.seconds, HOUR);
	expect_error(ERR_CLOCK, "1h00m00s behind");
	expect(totp(NOW + 30), OUTCOME_CLOCK, NULL);
	expect_bucket(0, 0, 2);
	assert_int_equal(state_of_alice().counters[0].next, STEP + 1);
	wall_now = NOW + 30;
	expect(totp(NOW + 30), OUTCOME_ACCEPTED, "totp");
}

static void one_step_back_goes_on(void **context)
{
	(void)context;
	expect(totp(NOW), OUTCOME_ACCEPTED, "totp");
	wall_now = NOW - 30;
	expect(totp(NOW), OUTCOME_USED, NULL);
	wall_now = NOW - 1;
	expect(totp(NOW + 29), OUTCOME_USED, NULL);
	wall_now = NOW + 30 - FLOOR_TOLERANCE_S;
	expect(totp(NOW + 30), OUTCOME_WRONG, NULL);
	wall_now = NOW;
	expect(totp(NOW + 30), OUTCOME_ACCEPTED, "totp");
	assert_int_equal(state_of_alice().accepted, NOW);
	wall_now = NOW + 30;
	expect(totp(NOW + 60), OUTCOME_ACCEPTED, "totp");
	wall_now = NOW;
	expect(totp(NOW + 30), OUTCOME_USED, NULL);
	assert_int_equal(state_of_alice().accepted, NOW + 30);
}

/* Fifty minutes fast and set right: the store's own time has not followed. The log says why the
 * codes of now count as used, the screen does not. */
static void fifty_minutes_fast_and_set_right(void **context)
{
	(void)context;
	expect(totp(NOW), OUTCOME_ACCEPTED, "totp");
	wall_now = NOW + 3000;
	expect(totp(NOW + 3000), OUTCOME_ACCEPTED, "totp");
	wall_now = NOW + 30;
	expect(totp(NOW + 30), OUTCOME_USED, "used-ahead");
	expect_error(ERR_CLOCK_OFF, "was ahead");
}

/* Fast by as much as logins follow their tokens, then set right by hand: the person goes on,
 * and nothing that was used comes back. */
static void ten_minutes_fast_and_set_right(void **context)
{
	const int64_t last = NOW + 20 * HOUR, right = last + 60;

	(void)context;
	for (int i = 0; i <= 20; i++) {
		wall_now = NOW + i * HOUR + i * 30;
		expect(totp(NOW + i * HOUR), OUTCOME_ACCEPTED, "totp");
	}
	assert_int_equal(state_of_alice().counters[0].drift, -PERSON_FOLLOWED_S / 30);
	wall_now = right + 650;
	expect(totp(right + 20), OUTCOME_ACCEPTED, "totp");
	set_floor(wall_now);
	wall_now = right + 40;
	expect(totp(right + 20), OUTCOME_USED, NULL);
	expect(totp(wall_now), OUTCOME_ACCEPTED, "totp");
	expect(totp(wall_now), OUTCOME_USED, NULL);
	wall_now = right + 650 - FLOOR_TOLERANCE_S - 1;
	expect(totp(wall_now), OUTCOME_CLOCK, NULL);
}

/* A clock that is set in the middle of it must not be two times for one answer. */
static void one_time_for_one_answer(void **context)
{
	static const char *const codes[] = {"000000", "no form at all"};

	(void)context;
	enroll_with(with_codes_and_fob);
	write_emergency(UID);
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
		wall_reads = 0;
		(void)answer(codes[i]);
		assert_int_equal(wall_reads, 1);
	}
	wall_reads = 0;
	expect(totp(NOW), OUTCOME_ACCEPTED, "totp");
	expect(hotp(0), OUTCOME_ACCEPTED, "hotp");
	expect(recovery[0], OUTCOME_ACCEPTED, "recovery");
	expect(temporary, OUTCOME_ACCEPTED, "temporary");
	expect(emergency, OUTCOME_EMERGENCY, NULL);
	expect(emergency, OUTCOME_WRONG, "emergency-spent");
	tear_other_slot();
	expect(totp(NOW), OUTCOME_USED, NULL);
	a_stranger();
	expect("000000", OUTCOME_WRONG, "not-enrolled");
	assert_int_equal(wall_reads, 8);
}

static void in_1970(void **context)
{
	(void)context;
	enroll_with(with_codes);
	expect(totp(NOW), OUTCOME_ACCEPTED, "totp");
	wall_now = 5;
	expect(totp(5), OUTCOME_CLOCK, NULL);
	assert_int_equal(j.seconds, NOW - 5);
	expect("000000", OUTCOME_CLOCK, NULL);
	a_stranger();
	expect("000000", OUTCOME_CLOCK, "not-enrolled");
	assert_int_equal(j.seconds, NOW - 5);
	who("alice", true);
	expect(recovery[0], OUTCOME_ACCEPTED, "recovery");
	wall_now = NOW + 30;
	expect(totp(NOW + 30), OUTCOME_ACCEPTED, "totp");
}

/* Before 1970 no code was ever made: the same for all, floor or not. */
static void before_1970(void **context)
{
	(void)context;
	wall_now = -7;
	expect("000000", OUTCOME_CLOCK, NULL);
	assert_int_equal(j.seconds, 7);
	a_stranger();
	expect("000000", OUTCOME_CLOCK, "not-enrolled");
	assert_int_equal(j.seconds, 7);
	wall_now = INT64_MIN;
	expect("000000", OUTCOME_CLOCK, "not-enrolled");
	assert_int_equal(j.seconds, UINT32_MAX);
}

static void to_2099_and_back(void **context)
{
	(void)context;
	enroll_with(with_codes);
	expect(totp(NOW), OUTCOME_ACCEPTED, "totp");
	wall_now = CLOCK_2099;
	expect(totp(NOW + 30), OUTCOME_WRONG, NULL);
	expect(recovery[0], OUTCOME_ACCEPTED, "recovery");
	assert_int_equal(floor_now(), NOW);
	wall_now = NOW + 30;
	expect(totp(NOW + 30), OUTCOME_ACCEPTED, "totp");
}

static void counters_need_no_clock(void **context)
{
	(void)context;
	enroll_with(with_fob);
	set_floor(NOW + HOUR);
	expect("000000", OUTCOME_CLOCK, NULL);
	expect_bucket(1, 0, 1);
	expect(totp(NOW), OUTCOME_CLOCK, NULL);
	expect_bucket(2, 0, 2);
	expect(hotp(7), OUTCOME_ACCEPTED, "hotp");
	expect_bucket(0, 0, 0);
	assert_int_equal(floor_now(), NOW + HOUR);
	expect(hotp(7), OUTCOME_USED, NULL);
	expect_bucket(0, 0, 1);
	enroll_with(with_suspended_fob);
	expect(hotp(8), OUTCOME_CLOCK, NULL);
	expect_bucket(0, 0, 1);
	write_config("hotp-look-ahead = 1\n");
	enroll_with(with_fob);
	expect(hotp(2), OUTCOME_CLOCK, NULL);
	expect(hotp(1), OUTCOME_ACCEPTED, "hotp");
}

/* No floor is no TOTP, for anybody; everything else goes on. */
static void a_damaged_floor(void **context)
{
	(void)context;
	enroll_with(with_codes);
	spoil_floor();
	expect(totp(NOW), OUTCOME_CLOCK, NULL);
	assert_int_equal(j.seconds, 0);
	expect_error(ERR_DAMAGED, NULL);
	expect_bucket(0, 0, 1);
	a_stranger();
	expect("000000", OUTCOME_CLOCK, "not-enrolled");
	assert_int_equal(j.seconds, 0);
	who("alice", true);
	expect(recovery[0], OUTCOME_ACCEPTED, "recovery");
	assert_int_equal(j.err.number, ERR_NONE);
	expect(temporary, OUTCOME_CLOCK, NULL);
	assert_int_equal(j.seconds, 0);
	expect_error(ERR_DAMAGED, NULL);
	enroll_with(with_fob);
	expect(hotp(0), OUTCOME_ACCEPTED, "hotp");
	assert_int_equal(unlinkat(store.dir, "clock", 0), 0);
	expect(totp(NOW), OUTCOME_CLOCK, NULL);
	set_floor(NOW);
	expect(totp(NOW), OUTCOME_ACCEPTED, "totp");
}

/* A clock that no field of a state can hold keeps nobody out who needs none. */
static void outside_of_all_years(void **context)
{
	(void)context;
	enroll_with(with_fob);
	wall_now = -1;
	expect(hotp(0), OUTCOME_ACCEPTED, "hotp");
	assert_int_equal(state_of_alice().last_seen, 0);
	wall_now = INT64_MAX;
	expect(hotp(1), OUTCOME_ACCEPTED, "hotp");
	wall_now = INT64_MIN;
	expect(hotp(2), OUTCOME_ACCEPTED, "hotp");
	assert_int_equal(state_of_alice().last_seen, 0);
}

static void very_far_behind(void **context)
{
	(void)context;
	set_floor((int64_t)253402300799); /* the last second of the year 9999 */
	expect("000000", OUTCOME_CLOCK, NULL);
	assert_int_equal(j.seconds, UINT32_MAX);
}

/* A person's own latest code may be younger than the floor, which moves by the hour. Only who
 * has the right code learns of it, and he is no guesser. */
static void a_persons_own_clock(void **context)
{
	(void)context;
	enroll_with(with_fob);
	change_state(sure_of_later);
	expect("000000", OUTCOME_WRONG, NULL);
	expect_bucket(1, 0, 1);
	expect(totp(NOW), OUTCOME_CLOCK, NULL);
	assert_int_equal(j.seconds, 5000);
	expect_error(ERR_CLOCK, "1h23m20s behind");
	expect_bucket(1, 0, 2);
	assert_int_equal(state_of_alice().counters[0].next, 0);
	assert_int_equal(floor_now(), 0);
	expect(hotp(0), OUTCOME_ACCEPTED, "hotp");
}

/* ---- disks */

static void no_room_for_more_than(rlim_t bytes)
{
	struct rlimit l;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &l), 0);
	l.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &l), 0);
}

/* What cannot be written did not happen: nobody is let in on the word of a full disk. */
static void no_write_no_grant(void **context)
{
	void (*before)(int) = signal(SIGXFSZ, SIG_IGN);
	enum outcome o[4];

	(void)context;
	enroll_with(with_codes);
	write_emergency(UID);
	no_room_for_more_than(0);
	o[0] = answer(totp(NOW));
	o[1] = answer(recovery[0]);
	o[2] = answer("000000");
	o[3] = answer(emergency);
	no_room_for_more_than(RLIM_INFINITY);
	(void)signal(SIGXFSZ, before);
	for (int i = 0; i < 4; i++)
		assert_int_equal(o[i], OUTCOME_UNAVAILABLE);
	assert_string_equal(j.reason, "emergency-unreadable");
	expect_bucket(0, 0, 0);
	expect(totp(NOW), OUTCOME_ACCEPTED, "totp");
	expect(recovery[0], OUTCOME_ACCEPTED, "recovery");
	assert_int_equal(answer(emergency), OUTCOME_EMERGENCY);
}

static void a_disk_that_forgets_is_refused(void **context)
{
	struct statfs f;

	(void)context;
	assert_int_equal(fstatfs(store.dir, &f), 0);
	if (f.f_type != TMPFS_MAGIC)
		skip();
	assert_int_equal(unlinkat(store.etc, "sekisho.conf", 0), 0);
	expect(totp(NOW), OUTCOME_UNAVAILABLE, NULL);
	expect_error(ERR_FILE_SYSTEM, NULL);
	write_emergency(UID);
	assert_int_equal(answer(emergency), OUTCOME_EMERGENCY);
}

/* ---- diagnosis */

static void a_code_of_another_hour_is_explained_to_the_log(void **context)
{
	static const struct {
		int64_t off;
		const char *words;
	} cases[] = {
	    {9 * HOUR + 12 * 60, "clock seems about 9h10m slow, or the token's fast"},
	    {-(9 * HOUR + 12 * 60), "clock seems about 9h10m fast, or the token's slow"},
	    {45 * 60, "clock seems about 45m slow,"},
	    {-90, "clock seems about 2m fast,"},
	    {59 * 60 + 30, "clock seems about 1h00m slow,"},
	    {HOUR + 6 * 60, "clock seems about 1h10m slow,"},
	    {20 * HOUR, "clock seems about 20h00m slow,"},
	};

	(void)context;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		enroll_with(NULL);
		expect(totp(NOW + cases[i].off), OUTCOME_WRONG, NULL);
		expect_error(ERR_CLOCK_OFF, cases[i].words);
		assert_string_equal(j.err.object, "clock");
		assert_int_equal(j.seconds, 0);
		expect_bucket(1, 0, 1);
		assert_int_equal(state_of_alice().counters[0].next, 0);
	}
}

static void what_is_not_explained(void **context)
{
	(void)context;
	expect("000000", OUTCOME_WRONG, NULL);
	assert_int_equal(j.err.number, ERR_NONE);
	expect(totp(NOW + 50 * HOUR), OUTCOME_WRONG, NULL);
	assert_int_equal(j.err.number, ERR_NONE);
	expect(totp(NOW), OUTCOME_ACCEPTED, "totp");
	assert_int_equal(j.err.number, ERR_NONE);
	expect(totp(NOW), OUTCOME_USED, NULL);
	assert_int_equal(j.err.number, ERR_NONE);
	enroll_with(suspended);
	expect(totp(NOW + 9 * HOUR), OUTCOME_WRONG, "record-suspended");
	assert_int_equal(j.err.number, ERR_NONE);
	expect(recovery[0], OUTCOME_WRONG, "record-suspended");
	assert_int_equal(j.err.number, ERR_NONE);
}

/* The last guess before the delay is explained as well, for it was judged. */
static void a_guess_that_locks_is_explained(void **context)
{
	(void)context;
	for (int i = 0; i < 4; i++)
		expect("000000", OUTCOME_WRONG, NULL);
	expect(totp(NOW + 9 * HOUR), OUTCOME_LOCKED, NULL);
	expect_error(ERR_CLOCK_OFF, "9h00m slow");
	assert_int_equal(j.seconds, 30);
	expect(totp(NOW + 9 * HOUR), OUTCOME_LOCKED, NULL);
	assert_int_equal(j.err.number, ERR_NONE);
}

/* ---- the emergency code */

static void expect_opened(const struct login_setup *u)
{
	char id[17];

	for (int i = 0; i < 8; i++)
		snprintf(id + 2 * i, 3, "%02x", envelope.id[i]);
	if (answer_to(u, emergency) != OUTCOME_EMERGENCY)
		fail_msg("%s %s: %s", j.reason, j.err.object, j.err.why);
	assert_null(j.reason);
	assert_int_equal(j.token[0], 0);
	assert_string_equal(j.err.object, "emergency");
	expect_error(ERR_EMERGENCY, id);
}

static void the_emergency_code_opens_once(void **context)
{
	const struct login_setup u = setup();
	struct state before = state_of_alice(), after;

	(void)context;
	write_emergency(UID);
	expect_opened(&u);
	after = state_of_alice();
	assert_memory_equal(&before, &after, sizeof before);
	assert_int_equal(floor_now(), 0);
	expect(emergency, OUTCOME_WRONG, "emergency-spent");
	expect_bucket(0, 1, 1);
	write_emergency(UID);
	expect_opened(&u);
	expect_bucket(0, 1, 1);
}

static void an_emergency_code_that_opens_nothing(void **context)
{
	char right[CODE_SIZE];

	(void)context;
	assert_int_equal(code_make(CODE_EMERGENCY, emergency), 0);
	expect(emergency, OUTCOME_WRONG, NULL); /* no file */
	write_emergency(UID + 1);
	expect(emergency, OUTCOME_WRONG, "emergency-not-him");
	write_emergency(UID);
	memcpy(right, emergency, sizeof right);
	assert_int_equal(code_make(CODE_EMERGENCY, emergency), 0);
	expect(emergency, OUTCOME_WRONG, NULL);
	expect_bucket(0, 3, 3);
	right[0] = right[0] == 'Z' ? 'Y' : 'Z';
	expect(right, OUTCOME_MALFORMED, NULL);
	expect_bucket(0, 3, 4);
}

static void an_unreadable_emergency_file(void **context)
{
	int fd;

	(void)context;
	write_emergency(UID);
	fd = openat(store.dir, EMERGENCY_FILE, O_WRONLY);
	assert_int_equal(pwrite(fd, "garbage", 7, 0), 7);
	close(fd);
	expect(emergency, OUTCOME_WRONG, "emergency-unreadable");
	assert_int_not_equal(j.err.number, ERR_NONE);
	expect_bucket(0, 1, 1);
}

/* Root's uid is what an account that does not exist looks like. */
static void an_unknown_name_is_not_root(void **context)
{
	struct emergency now;
	struct err e = {0};

	(void)context;
	write_emergency(0);
	who("toor", false);
	expect(emergency, OUTCOME_WRONG, "emergency-not-him");
	assert_int_equal(emergency_read(store.dir, store_path, &now, &e), 0);
	assert_false(now.spent);
	who("root", true);
	account.uid = 0;
	assert_int_equal(answer(emergency), OUTCOME_EMERGENCY);
}

static void no_directory_no_emergency(void **context)
{
	struct login_setup u = setup();

	(void)context;
	write_emergency(UID);
	u.emergency_dir = -1;
	assert_int_equal(answer_to(&u, emergency), OUTCOME_WRONG);
	assert_null(j.reason);
}

static void lock_everything(struct state *s)
{
	streak_of_five(s);
	suspend_otp(s);
	suspend_recovery(s);
}

static void it_opens_for_who_is_locked_or_suspended(void **context)
{
	const struct login_setup u = setup();

	(void)context;
	enroll_with(suspended);
	change_state(lock_everything);
	set_flags(HEADER_SUSPENDED);
	write_config("rule \"x\" { require = otp recovery = no }\n");
	write_emergency(UID);
	expect_opened(&u);
	expect_bucket(40, 40, 5);
	a_stranger(); /* not even enrolled: the uid is all that counts */
	write_emergency(UID);
	expect_opened(&u);
}

/* ---- the same, with something broken */

static void broken_config(void)
{
	write_config("requier = 1\n");
}

static void writable_config(void)
{
	assert_int_equal(fchmodat(store.etc, "sekisho.conf", 0666, 0), 0);
}

static void no_host_key(void)
{
	assert_int_equal(renameat(store.etc, "host.key", store.etc, "away"), 0);
}

static void no_header(void)
{
	assert_int_equal(renameat(store.dir, "header", store.dir, "away"), 0);
}

static void spoiled_header(void)
{
	int fd;

	no_header();
	fd = openat(store.dir, "header", O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, "garbage", 7), 7);
	close(fd);
}

static void no_records(void)
{
	assert_int_equal(renameat(store.dir, "records", store.dir, "away"), 0);
}

static void mend(void)
{
	(void)renameat(store.etc, "away", store.etc, "host.key");
	if (faccessat(store.dir, "away/.", F_OK, 0) == 0)
		(void)renameat(store.dir, "away", store.dir, "records");
	else
		(void)renameat(store.dir, "away", store.dir, "header");
	set_floor(0);
}

static void it_opens_whatever_is_broken(void **context)
{
	static const struct {
		void (*breakage)(void);
		enum outcome otherwise;
	} cases[] = {
	    {broken_config, OUTCOME_UNAVAILABLE},
	    {writable_config, OUTCOME_UNAVAILABLE},
	    {no_host_key, OUTCOME_UNAVAILABLE},
	    {no_header, OUTCOME_UNAVAILABLE},
	    {spoiled_header, OUTCOME_UNAVAILABLE},
	    {no_records, OUTCOME_WRONG}, /* opened before; the next start finds none */
	    {spoil_floor, OUTCOME_CLOCK},
	};

	(void)context;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct login_setup u = setup();

		fresh_alice(NULL);
		write_emergency(UID);
		cases[i].breakage();
		expect("000000", cases[i].otherwise, NULL);
		expect_opened(&u);
		if (cases[i].otherwise == OUTCOME_UNAVAILABLE)
			expect(emergency, OUTCOME_UNAVAILABLE, "emergency-spent");
		mend();
	}
}

/* What the helper hands over when the store could not be opened at all. */
static void it_opens_without_a_store(void **context)
{
	struct login_setup u = setup();
	struct err e = {0};
	struct store none;

	(void)context;
	write_emergency(UID);
	no_records();
	assert_int_equal(store_open(&none, store_path, etc_path, true, &e), -1);
	u.store = NULL;
	u.store_err = &e;
	u.emergency_dir = emergency_open_dir(store_path, &e);
	assert_true(u.emergency_dir >= 0);
	assert_true(rules_need_factor(&u));
	assert_int_equal(answer_to(&u, "000000"), OUTCOME_UNAVAILABLE);
	assert_int_equal(j.err.number, e.number);
	attempt_rehearse(&u);
	expect_opened(&u);
	close(u.emergency_dir);
	mend();
}

/* Unreadable: nobody is let in by any rule. */
static void groups_are_needed_where_a_rule_asks_for_one(void **context)
{
	struct login_setup u = setup();

	(void)context;
	assert_false(rules_need_groups(&u));
	write_config("rule \"rest\" { require = \"otp\" }\n");
	assert_false(rules_need_groups(&u));
	write_config("rule \"g\" { match-group = \"staff\" require = \"none\" }\n"
	             "rule \"rest\" { require = \"otp\" }\n");
	assert_true(rules_need_groups(&u));
	write_config("rule");
	assert_false(rules_need_groups(&u));
	mend();
}

static int fresh(void **context)
{
	memset(&hello, 0, sizeof hello);
	snprintf(hello.hello.service, sizeof hello.hello.service, "test");
	who("alice", true);
	source = SOURCE_CONSOLE;
	boot_now += 900000;
	return fresh_alice(context);
}

#define TEST(f) cmocka_unit_test_setup(f, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_recovery_code_opens_once),
	    TEST(a_recovery_code_in_any_dress),
	    TEST(a_slip_is_no_guess),
	    TEST(held_codes_wait),
	    TEST(a_rule_may_refuse_codes_on_paper),
	    TEST(a_temporary_code_has_its_days),
	    TEST(each_factor_has_its_own_suspension),
	    TEST(guessed_codes_suspend),
	    TEST(the_delay_is_one_for_all),
	    TEST(a_source_is_worn_out_alone),
	    TEST(a_torn_write_counts_at_its_source),
	    TEST(a_torn_write_holds_the_codes),
	    TEST(a_torn_write_is_healed_while_locked),
	    TEST(a_torn_write_is_told_first),
	    TEST(a_decoy_is_torn_alike),
	    TEST(suspended_people_get_nothing),
	    TEST(suspended_people_learn_nothing),
	    TEST(what_cannot_be_computed),
	    TEST(half_a_person),
	    TEST(a_guess_at_a_counter_while_the_clock_is_behind),
	    TEST(a_clock_behind_and_paper),
	    TEST(the_days_of_a_record),
	    TEST(everybody_suspended),
	    TEST(nobody_in_particular),
	    TEST(an_accepted_code_moves_the_floor),
	    TEST(an_hour_back_is_refused),
	    TEST(one_step_back_goes_on),
	    TEST(ten_minutes_fast_and_set_right),
	    TEST(fifty_minutes_fast_and_set_right),
	    TEST(one_time_for_one_answer),
	    TEST(in_1970),
	    TEST(before_1970),
	    TEST(to_2099_and_back),
	    TEST(counters_need_no_clock),
	    TEST(a_damaged_floor),
	    TEST(outside_of_all_years),
	    TEST(very_far_behind),
	    TEST(a_persons_own_clock),
	    TEST(no_write_no_grant),
	    TEST(a_disk_that_forgets_is_refused),
	    TEST(a_code_of_another_hour_is_explained_to_the_log),
	    TEST(what_is_not_explained),
	    TEST(a_guess_that_locks_is_explained),
	    TEST(the_emergency_code_opens_once),
	    TEST(an_emergency_code_that_opens_nothing),
	    TEST(an_unreadable_emergency_file),
	    TEST(an_unknown_name_is_not_root),
	    TEST(no_directory_no_emergency),
	    TEST(it_opens_for_who_is_locked_or_suspended),
	    TEST(it_opens_whatever_is_broken),
	    TEST(it_opens_without_a_store),
	    TEST(groups_are_needed_where_a_rule_asks_for_one),
	};

	return cmocka_run_group_tests_name("judge", tests, make_store, remove_store);
}
