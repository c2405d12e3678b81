/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Recovery and temporary codes: each one opens as often as it may, when it may, and a refusal
 * costs the same whatever the record holds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "lib/base/crypto.h"
#include "lib/factors/recovery.h"
#include "lib/store/floor.h"

#define NOW  1000000
#define SLIP "0123456789ABCDE5" /* its check character would be 4 */

int __real_crypto_hmac(const uint8_t key[CRYPTO_KEY_SIZE], const struct span *parts,
    size_t count, uint8_t out[CRYPTO_HASH_SIZE]);
int __wrap_crypto_hmac(const uint8_t key[CRYPTO_KEY_SIZE], const struct span *parts,
    size_t count, uint8_t out[CRYPTO_HASH_SIZE]);

static unsigned hashed;
static unsigned broken_at; /* this call fails; 0: none */

int __wrap_crypto_hmac(const uint8_t key[CRYPTO_KEY_SIZE], const struct span *parts,
    size_t count, uint8_t out[CRYPTO_HASH_SIZE])
{
	if (++hashed == broken_at)
		return -1;
	return __real_crypto_hmac(key, parts, count, out);
}

static int64_t now;

struct fixture {
	struct record record;
	struct state state;
	char recovery[RECORD_RECOVERY_MAX][CODE_SIZE];
	char temporary[RECORD_TEMPORARY_MAX][CODE_SIZE];
	struct factor_attempt attempt; /* as it was left */
	int64_t behind;
	bool forbidden;
};

static void fill(struct fixture *f, unsigned recovery, unsigned temporary)
{
	memset(f, 0, sizeof *f);
	now = NOW;
	broken_at = 0;
	f->record.recovery_count = (uint8_t)recovery;
	for (unsigned i = 0; i < recovery; i++) {
		assert_int_equal(code_make(CODE_PERSONAL, f->recovery[i]), 0);
		assert_int_equal(recovery_seal(f->recovery[i], &f->record.recovery[i]), 0);
	}
	f->record.temporary_count = (uint8_t)temporary;
	for (unsigned i = 0; i < temporary; i++) {
		struct temporary_code *t = &f->record.temporary[i];

		assert_int_equal(code_make(CODE_PERSONAL, f->temporary[i]), 0);
		assert_int_equal(recovery_seal(f->temporary[i], &t->code), 0);
		t->not_before = NOW - 10;
		t->not_after = NOW + 10;
		t->uses = (uint16_t)(i + 1);
	}
}

static enum factor_result try(struct fixture *f, const char *typed)
{
	struct secret answer;

	assert_int_equal(secret_set(&answer, typed, strlen(typed)), 0);
	f->attempt = (struct factor_attempt){.answer = &answer,
	    .record = &f->record,
	    .state = &f->state,
	    .now = now,
	    .behind = f->behind,
	    .recovery = !f->forbidden,
	    .note = "left over"};
	hashed = 0;
	return factor_recovery.verify(&f->attempt);
}

static void assert_refused(
    struct fixture *f, const char *typed, enum factor_result want, const char *note)
{
	const struct state before = f->state;

	assert_int_equal(try(f, typed), want);
	if (note == NULL)
		assert_null(f->attempt.note);
	else
		assert_string_equal(f->attempt.note, note);
	assert_memory_equal(&before, &f->state, sizeof before);
	assert_null(f->attempt.token);
	assert_null(f->attempt.method);
	assert_false(f->attempt.time_proved);
}

static void a_hash_is_the_hmac_of_salt_and_code(void **context)
{
	struct stored_code a, b;
	uint8_t key[CRYPTO_KEY_SIZE] = {0}, want[CRYPTO_HASH_SIZE];
	const struct span text = {.data = "0123456789ABCDE4", .len = 16};

	(void)context;
	assert_int_equal(recovery_seal("0123456789ABCDE4", &a), 0);
	assert_int_equal(recovery_seal("0123456789ABCDE4", &b), 0);
	assert_memory_not_equal(a.salt, b.salt, sizeof a.salt);
	assert_memory_not_equal(a.hash, b.hash, sizeof a.hash);
	memcpy(key, a.salt, sizeof a.salt);
	assert_int_equal(crypto_hmac(key, &text, 1, want), 0);
	assert_memory_equal(a.hash, want, sizeof want);
	/* no half-made one */
	hashed = 0, broken_at = 1;
	b = a;
	assert_int_equal(recovery_seal("0123456789ABCDE4", &b), -1);
	assert_memory_equal(&a, &b, sizeof a);
	broken_at = 0;
}

static void each_recovery_code_opens_once(void **context)
{
	struct fixture f;

	(void)context;
	fill(&f, 10, 4);
	for (unsigned i = 0; i < 10; i++) {
		unsigned which = (i * 7) % 10; /* in another order than they stand */

		assert_int_equal(recovery_left(&f.record, &f.state), 10 - i);
		assert_int_equal(try(&f, f.recovery[which]), FACTOR_ACCEPTED);
		assert_true((f.state.recovery_spent & 1u << which) != 0);
		assert_int_equal(__builtin_popcount(f.state.recovery_spent), i + 1);
		assert_int_equal(f.attempt.left, 9 - i);
		assert_string_equal(f.attempt.method, "recovery");
		assert_non_null(f.attempt.token);
		assert_null(f.attempt.note);
		assert_false(f.attempt.time_proved);
		assert_refused(&f, f.recovery[which], FACTOR_USED, NULL);
	}
	assert_int_equal(recovery_left(&f.record, &f.state), 0);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(f.state.temporary_uses[i], 0);
	assert_int_equal(f.state.accepted, 0);
}

static void left_counts_what_the_record_has(void **context)
{
	struct fixture f;

	(void)context;
	fill(&f, 3, 0);
	assert_int_equal(recovery_left(&f.record, &f.state), 3);
	f.state.recovery_spent = 1u << 1 | 1u << 5; /* of a longer list before */
	assert_int_equal(recovery_left(&f.record, &f.state), 2);
}

static void a_temporary_code_has_its_uses(void **context)
{
	struct fixture f;

	(void)context;
	fill(&f, 10, 4);
	for (unsigned i = 0; i < 4; i++) {
		for (unsigned use = 0; use <= i; use++) {
			assert_int_equal(try(&f, f.temporary[i]), FACTOR_ACCEPTED);
			assert_int_equal(f.state.temporary_uses[i], use + 1);
			assert_string_equal(f.attempt.method, "temporary");
			assert_non_null(f.attempt.token);
			assert_false(f.attempt.time_proved);
		}
		assert_refused(&f, f.temporary[i], FACTOR_USED, NULL);
	}
	assert_int_equal(f.state.recovery_spent, 0);
	f.state.temporary_uses[3] = UINT16_MAX;
	f.record.temporary[3].uses = UINT16_MAX;
	assert_refused(&f, f.temporary[3], FACTOR_USED, NULL);
}

static void a_temporary_code_has_its_days(void **context)
{
	static const struct {
		int64_t now;
		const char *note; /* NULL: good */
	} days[] = {
	    {NOW - 11, "temporary-early"},
	    {NOW - 10, NULL},
	    {NOW + 9, NULL},
	    {NOW + 10, "temporary-expired"},
	    {0, "temporary-early"},
	    {-1, "temporary-early"},
	    {-FLOOR_TOLERANCE_S, "temporary-early"},
	    {INT64_MAX, "temporary-expired"},
	};

	(void)context;
	for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
		struct fixture f;

		fill(&f, 0, 4);
		now = days[i].now;
		if (days[i].note == NULL)
			assert_int_equal(try(&f, f.temporary[2]), FACTOR_ACCEPTED);
		else
			assert_refused(&f, f.temporary[2], FACTOR_WRONG, days[i].note);
	}
}

/* Its days mean nothing then; a recovery code has none. */
static void a_clock_that_is_behind(void **context)
{
	struct fixture f;

	(void)context;
	fill(&f, 10, 4);
	f.behind = 7;
	assert_refused(&f, f.temporary[3], FACTOR_CLOCK, NULL);
	assert_int_equal(f.attempt.clock_behind, 7);
	assert_refused(&f, "0000000000000000", FACTOR_WRONG, NULL);
	assert_int_equal(try(&f, f.recovery[3]), FACTOR_ACCEPTED);
	f.behind = 0;
	assert_int_equal(try(&f, f.temporary[3]), FACTOR_ACCEPTED);
}

/* Nobody else has logged in since, so the floor does not know it; this person's state does. */
static void behind_the_own_codes(void **context)
{
	struct fixture f;

	(void)context;
	fill(&f, 10, 4);
	f.state.accepted = NOW + 10 + FLOOR_TOLERANCE_S;
	now = NOW + 10;
	assert_refused(&f, f.temporary[3], FACTOR_WRONG, "temporary-expired");
	now = NOW + 9; /* it was expired when the latest code was accepted */
	assert_refused(&f, f.temporary[3], FACTOR_CLOCK, NULL);
	assert_int_equal(f.attempt.clock_behind, FLOOR_TOLERANCE_S + 1);
	f.behind = 7;
	assert_refused(&f, f.temporary[3], FACTOR_CLOCK, NULL);
	assert_int_equal(f.attempt.clock_behind, FLOOR_TOLERANCE_S + 1);
	f.behind = FLOOR_TOLERANCE_S + 100;
	assert_refused(&f, f.temporary[3], FACTOR_CLOCK, NULL);
	assert_int_equal(f.attempt.clock_behind, FLOOR_TOLERANCE_S + 100);
	f.behind = 0;
	assert_refused(&f, "0000000000000000", FACTOR_WRONG, NULL);
	assert_int_equal(try(&f, f.recovery[3]), FACTOR_ACCEPTED);
	f.state.accepted--;
	assert_int_equal(try(&f, f.temporary[3]), FACTOR_ACCEPTED);
	f.state.accepted = 0;
	now = INT64_MIN;
	assert_refused(&f, f.temporary[3], FACTOR_CLOCK, NULL);
}

static void held_codes_wait(void **context)
{
	struct fixture f;

	(void)context;
	fill(&f, 10, 4);
	f.state.flags = STATE_CODES_HELD;
	assert_refused(&f, f.recovery[9], FACTOR_WRONG, "codes-held");
	assert_refused(&f, f.temporary[0], FACTOR_WRONG, "codes-held");
	assert_refused(&f, "0000000000000000", FACTOR_WRONG, NULL);
	f.state.flags = 0;
	assert_int_equal(try(&f, f.recovery[9]), FACTOR_ACCEPTED);
}

/* Whether such a code is right, or was used, is not said. */
static void a_rule_without_recovery(void **context)
{
	struct fixture f;

	(void)context;
	fill(&f, 10, 4);
	f.state.recovery_spent = 1u << 1;
	f.forbidden = true;
	f.behind = 7;
	assert_refused(&f, f.recovery[0], FACTOR_WRONG, "recovery-not-allowed");
	assert_refused(&f, f.recovery[1], FACTOR_WRONG, "recovery-not-allowed");
	assert_refused(&f, f.temporary[3], FACTOR_WRONG, "recovery-not-allowed");
	assert_refused(&f, "0123456789ABCDEFGHJ4", FACTOR_WRONG, NULL);
	assert_refused(&f, "0000000000000000", FACTOR_WRONG, "recovery-not-allowed");
}

static void forms_of_an_answer(void **context)
{
	static const struct {
		const char *typed;
		bool fits;
		enum factor_result want;
	} forms[] = {
	    {"0000000000000000", true, FACTOR_WRONG},
	    {"0000-0000-0000-0000", true, FACTOR_WRONG},
	    {"0123456789ABCDEFGHJ4", true, FACTOR_WRONG}, /* an emergency code */
	    {SLIP, true, FACTOR_MALFORMED},
	    {"0123456789ABCDEFGHJ5", true, FACTOR_MALFORMED},
	    {"123456", false, FACTOR_MALFORMED},
	    {"password", false, FACTOR_MALFORMED},
	    {"", false, FACTOR_MALFORMED},
	};
	struct fixture f;

	(void)context;
	fill(&f, 10, 4);
	for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		struct secret s;

		assert_int_equal(secret_set(&s, forms[i].typed, strlen(forms[i].typed)), 0);
		assert_int_equal(factor_recovery.fits(&s), forms[i].fits);
		assert_refused(&f, forms[i].typed, forms[i].want, NULL);
	}
	assert_int_equal(factor_recovery.kind, FACTOR_RECOVERY);
}

static void as_it_is_written_on_paper(void **context)
{
	struct fixture f;
	char grouped[CODE_GROUPED_SIZE];

	(void)context;
	fill(&f, 2, 2);
	code_group(f.recovery[1], grouped);
	assert_int_equal(try(&f, grouped), FACTOR_ACCEPTED);
	code_group(f.temporary[1], grouped);
	assert_int_equal(try(&f, grouped), FACTOR_ACCEPTED);
}

/* What a record's unused places hold must never open, whatever they hold. */
static void unused_places_do_not_open(void **context)
{
	struct fixture f;

	(void)context;
	fill(&f, 10, 4);
	f.record.recovery_count = 3;
	f.record.temporary_count = 1;
	assert_int_equal(try(&f, f.recovery[2]), FACTOR_ACCEPTED);
	assert_refused(&f, f.recovery[3], FACTOR_WRONG, NULL);
	assert_refused(&f, f.recovery[9], FACTOR_WRONG, NULL);
	assert_int_equal(try(&f, f.temporary[0]), FACTOR_ACCEPTED);
	assert_refused(&f, f.temporary[1], FACTOR_WRONG, NULL);
	assert_refused(&f, f.temporary[3], FACTOR_WRONG, NULL);
}

static void a_refusal_costs_the_same(void **context)
{
	static const unsigned counts[][2] = {{0, 0}, {1, 0}, {0, 1}, {10, 0}, {10, 4}, {0, 4}};

	(void)context;
	for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
		struct fixture f;

		fill(&f, counts[i][0], counts[i][1]);
		assert_int_equal(try(&f, "0000000000000000"), FACTOR_WRONG);
		assert_int_equal(hashed, RECORD_RECOVERY_MAX + RECORD_TEMPORARY_MAX);
		assert_int_equal(try(&f, "0123456789ABCDEFGHJ4"), FACTOR_WRONG);
		assert_int_equal(hashed, 14);
		f.forbidden = true;
		assert_int_equal(try(&f, "0000000000000000"), FACTOR_WRONG);
		assert_int_equal(hashed, 14);
		f.forbidden = false;
		f.state.flags = STATE_CODES_HELD;
		assert_int_equal(try(&f, "0000000000000000"), FACTOR_WRONG);
		assert_int_equal(hashed, 14);
		if (counts[i][0] == 0)
			continue;
		f.state.flags = 0;
		f.state.recovery_spent = 1;
		assert_int_equal(try(&f, f.recovery[0]), FACTOR_USED);
		assert_int_equal(hashed, 14);
	}
}

static void no_hash_no_login(void **context)
{
	struct fixture f;

	(void)context;
	for (unsigned i = 1; i <= 14; i++) {
		fill(&f, 10, 4);
		broken_at = i;
		assert_refused(&f, f.recovery[0], FACTOR_ERROR, NULL);
	}
	broken_at = 1;
	assert_refused(&f, "0123456789ABCDEFGHJ4", FACTOR_ERROR, NULL);
	broken_at = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_hash_is_the_hmac_of_salt_and_code),
	    cmocka_unit_test(each_recovery_code_opens_once),
	    cmocka_unit_test(left_counts_what_the_record_has),
	    cmocka_unit_test(a_temporary_code_has_its_uses),
	    cmocka_unit_test(a_temporary_code_has_its_days),
	    cmocka_unit_test(a_clock_that_is_behind),
	    cmocka_unit_test(behind_the_own_codes),
	    cmocka_unit_test(held_codes_wait),
	    cmocka_unit_test(a_rule_without_recovery),
	    cmocka_unit_test(forms_of_an_answer),
	    cmocka_unit_test(as_it_is_written_on_paper),
	    cmocka_unit_test(unused_places_do_not_open),
	    cmocka_unit_test(a_refusal_costs_the_same),
	    cmocka_unit_test(no_hash_no_login),
	};

	return cmocka_run_group_tests_name("recovery", tests, NULL, NULL);
}
