/* SPDX-License-Identifier: BSD-2-Clause */
/* lib/store/record.c: every rule of the format refuses in both directions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "lib/store/record.h"

#define TOKENS_AT    320
#define CARD_AT      (TOKENS_AT + 5 * 320 + 120)
#define RECOVERY_AT  2880
#define TEMPORARY_AT 3360
#define TAIL_AT      3904

static struct token card(unsigned i)
{
	struct token t = {.kind = TOKEN_CARD,
	    .created = 1700000000,
	    .card = {.applet = "piv",
	        .not_before = 1600000000,
	        .not_after = 1800000000,
	        .key_kind = 1}};

	memset(t.id, (int)i + 1, sizeof(t.id));
	memset(t.card.identity, (int)i + 0x60, sizeof(t.card.identity));
	memset(t.card.key_hash, (int)i + 0x70, sizeof(t.card.key_hash));
	(void)snprintf(t.label, sizeof(t.label), "token %u", i);
	return t;
}

static struct record sample(void)
{
	struct record r;

	memset(&r, 0, sizeof(r));
	memcpy(r.name, "alice", 6);
	r.uid = 1000;
	r.flags = RECORD_SUSPENDED;
	memset(r.incarnation, 0x21, sizeof(r.incarnation));
	r.created = 1700000000;
	r.changed = 1700000001;
	r.not_before = 1;
	r.not_after = 1800000000;
	r.token_count = RECORD_TOKENS_MAX;
	r.recovery_count = RECORD_RECOVERY_MAX;
	r.temporary_count = RECORD_TEMPORARY_MAX;
	for (unsigned i = 0; i < RECORD_TOKENS_MAX; i++) {
		struct token *t = &r.tokens[i];

		memset(t->id, (int)i + 1, sizeof(t->id));
		t->kind = i % 2 == 0 ? TOKEN_TOTP : TOKEN_HOTP;
		t->algorithm = i % 2 == 0 ? TOKEN_SHA256 : TOKEN_SHA1;
		t->digits = (uint8_t)(6 + i % 3);
		t->period = i % 2 == 0 ? 30 : 0;
		t->flags = i == 3 ? TOKEN_SUSPENDED : 0;
		t->secret_len = (uint16_t)(i == 0 ? 64 : 10 + i);
		memset(t->secret, (int)i + 0x30, t->secret_len);
		t->created = 1700000000;
		(void)snprintf(t->label, sizeof(t->label), "token %u", i);
	}
	r.tokens[5] = card(5);
	r.tokens[6] = card(6);
	for (unsigned i = 0; i < RECORD_RECOVERY_MAX; i++)
		memset(&r.recovery[i], 0x40 + (int)i, sizeof(r.recovery[i]));
	for (unsigned i = 0; i < RECORD_TEMPORARY_MAX; i++) {
		struct temporary_code *t = &r.temporary[i];

		memset(&t->code, 0x50 + (int)i, sizeof(t->code));
		t->not_before = 5;
		t->not_after = 1700086400;
		t->uses = (uint16_t)(i + 1);
		t->issuer = 1001;
		(void)snprintf(t->reason, sizeof(t->reason), "phone at home");
	}
	return r;
}

static void round_trip(void **state)
{
	struct record r = sample(), back;
	uint8_t plain[RECORD_PLAIN_SIZE], again[RECORD_PLAIN_SIZE];
	struct err e = {0};

	(void)state;
	assert_int_equal(record_encode(&r, plain), 0);
	assert_int_equal(record_decode(plain, sizeof(plain), "o", &back, &e), 0);
	assert_int_equal(record_encode(&back, again), 0);
	assert_memory_equal(plain, again, sizeof(plain));
	assert_string_equal(back.name, "alice");
	assert_int_equal(back.tokens[7].secret_len, 17);
	assert_int_equal(back.temporary[3].uses, 4);
	assert_ptr_equal(record_find_label(&back, "token 5"), &back.tokens[5]);
	assert_null(record_find_label(&back, "token 8"));
	assert_memory_equal(&back.tokens[6], &r.tokens[6], sizeof(r.tokens[6]));
	assert_ptr_equal(record_find_id(&back, r.tokens[6].id), &back.tokens[6]);
	assert_null(record_find_id(&back, (const uint8_t[TOKEN_ID_SIZE]){0}));
	assert_true(record_has_card(&back));
	back.token_count = 5;
	assert_false(record_has_card(&back));
	assert_null(record_find_id(&back, r.tokens[6].id));
	for (size_t len = 0; len < sizeof(plain); len += 13)
		assert_int_equal(record_decode(plain, len, "o", &back, &e), -1);
}

/* What is left over in entries past their count is never written. */
static void leftovers_are_not_written(void **state)
{
	struct record r = sample(), back;
	uint8_t plain[RECORD_PLAIN_SIZE];

	(void)state;
	r.token_count = 1;
	r.recovery_count = 0;
	r.temporary_count = 1;
	assert_int_equal(record_encode(&r, plain), 0);
	for (size_t i = TOKENS_AT + 320; i < TEMPORARY_AT; i++)
		assert_int_equal(plain[i], 0);
	assert_int_equal(record_decode(plain, sizeof(plain), "o", &back, NULL), 0);
	for (size_t i = TOKENS_AT + 320; i < RECORD_PLAIN_SIZE; i++) {
		if (i == TEMPORARY_AT)
			i += 136;
		plain[i] = 1;
		assert_int_equal(record_decode(plain, sizeof(plain), "o", &back, NULL), -1);
		plain[i] = 0;
	}
}

static void set_text(char *field, const char *text)
{
	memcpy(field, text, strlen(text) + 1);
}

#define RULE(n, ...)                                                                           \
	case n:                                                                                \
		__VA_ARGS__;                                                                   \
		return true;

/* Breaks one rule; false past the last. */
static bool break_rule(int n, struct record *r)
{
	struct token *t = &r->tokens[0];
	struct temporary_code *c = &r->temporary[0];
	struct token *card = &r->tokens[5];

	switch (n) {
		RULE(0, r->name[0] = '\0')
		RULE(1, set_text(r->name, "a\nb"))
		RULE(2, memset(r->name, 'x', sizeof(r->name)))
		RULE(3, memset(r->incarnation, 0, sizeof(r->incarnation)))
		RULE(4, r->created = -1)
		RULE(5, r->changed = 253402300800)
		RULE(6, r->not_before = r->not_after + 1)
		RULE(7, r->flags = 4)
		RULE(8, r->flags = RECORD_TOMBSTONE)
		RULE(9, r->token_count = RECORD_TOKENS_MAX + 1)
		RULE(10, r->recovery_count = RECORD_RECOVERY_MAX + 1)
		RULE(11, r->temporary_count = RECORD_TEMPORARY_MAX + 1)
		RULE(12, t->kind = TOKEN_NONE)
		RULE(13, t->kind = TOKEN_CARD)
		RULE(14, t->kind = 4)
		RULE(15, t->algorithm = 0)
		RULE(16, t->algorithm = 4)
		RULE(17, r->tokens[1].algorithm = TOKEN_SHA256)
		RULE(18, t->digits = 5)
		RULE(19, t->digits = 9)
		RULE(20, t->flags = 2)
		RULE(21, t->period = 14)
		RULE(22, t->period = 301)
		RULE(23, r->tokens[1].period = 30)
		RULE(24, t->secret_len = 9; memset(t->secret + 9, 0, 55))
		RULE(25, t->secret_len = 65)
		RULE(26, r->tokens[1].secret[11] = 1)
		RULE(27, memset(t->id, 0, sizeof(t->id)))
		RULE(28, memcpy(t->id, r->tokens[4].id, sizeof(t->id)))
		RULE(29, set_text(t->label, "token 6"))
		RULE(30, t->label[0] = '\0')
		RULE(31, set_text(t->label, "a\x1b[2J"))
		RULE(32, r->tokens[2].secret_len = r->tokens[1].secret_len;
		     memcpy(r->tokens[2].secret, r->tokens[1].secret, TOKEN_SECRET_MAX))
		RULE(33, t->created = -5)
		RULE(34, c->uses = 0)
		RULE(35, c->not_after = 0; c->not_before = 0)
		RULE(36, c->not_before = c->not_after + 1)
		RULE(37, set_text(c->reason, "\xff"))
		RULE(38, memset(c->reason, 'x', sizeof(c->reason)))
		RULE(39, r->flags = RECORD_TOMBSTONE | RECORD_SUSPENDED; r->token_count = 0;
		     r->recovery_count = 0; r->temporary_count = 0)
		RULE(40, card->kind = TOKEN_TOTP)
		RULE(41, card->algorithm = TOKEN_SHA1)
		RULE(42, card->digits = 6)
		RULE(43, card->period = 30)
		RULE(44, card->secret_len = 20)
		RULE(45, card->secret[63] = 1)
		RULE(46, card->card.applet[0] = '\0')
		RULE(47, set_text(card->card.applet, "PIV"))
		RULE(48, memset(card->card.applet, 'x', TOKEN_APPLET_SIZE))
		RULE(49, memset(card->card.identity, 0, TOKEN_HASH_SIZE))
		RULE(50, memset(card->card.key_hash, 0, TOKEN_HASH_SIZE))
		RULE(51, card->card.key_kind = 0)
		RULE(52, card->card.not_before = -1)
		RULE(53, card->card.not_after = 253402300800)
		RULE(54, card->card.not_before = card->card.not_after + 1)
		RULE(55,
		    memcpy(card->card.identity, r->tokens[6].card.identity, TOKEN_HASH_SIZE))
		RULE(56,
		    memcpy(card->card.key_hash, r->tokens[6].card.key_hash, TOKEN_HASH_SIZE))
		RULE(57, card->flags = 2)
		RULE(58, t->card.applet[0] = 'p')
		RULE(59, t->card.identity[31] = 1)
		RULE(60, t->card.key_hash[0] = 1)
		RULE(61, t->card.not_before = 1)
		RULE(62, t->card.not_after = 1)
		RULE(63, t->card.key_kind = 1)
	default:
		return false;
	}
}

static void rules_when_writing(void **state)
{
	struct record r = sample();
	uint8_t plain[RECORD_PLAIN_SIZE];
	int n = 0;

	(void)state;
	for (; break_rule(n, &r); n++, r = sample())
		if (record_encode(&r, plain) != -1)
			fail_msg("rule %d was not enforced", n);
	assert_int_equal(n, 64);
	r.flags = RECORD_TOMBSTONE;
	r.token_count = r.recovery_count = r.temporary_count = 0;
	assert_int_equal(record_encode(&r, plain), 0);
}

/* The same through the bytes: offset, value that must be refused. */
static void rules_when_reading(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		enum err_number want;
	} cases[] = {
	    {0, 0, ERR_DAMAGED},   /* empty name */
	    {6, 'x', ERR_DAMAGED}, /* after the NUL of the name */
	    {255, 1, ERR_DAMAGED},
	    {260, 1, ERR_DAMAGED}, /* unknown flag */
	    {263, 3, ERR_DAMAGED}, /* tombstone with tokens */
	    {280, 0x80, ERR_DAMAGED},
	    {288, 0x01, ERR_DAMAGED},
	    {312, 9, ERR_DAMAGED},
	    {312, 255, ERR_DAMAGED},
	    {312, 7, ERR_DAMAGED}, /* entry 8 is then unused and not zero */
	    {313, 11, ERR_DAMAGED},
	    {313, 9, ERR_DAMAGED},
	    {314, 5, ERR_DAMAGED},
	    {314, 3, ERR_DAMAGED},
	    {315, 1, ERR_DAMAGED},
	    {319, 1, ERR_DAMAGED},
	    {TOKENS_AT + 8, 0, ERR_DAMAGED},
	    {TOKENS_AT + 8, TOKEN_CARD, ERR_DAMAGED},
	    {TOKENS_AT + 8, 4, ERR_DAMAGED},
	    {TOKENS_AT + 11, 0x80, ERR_DAMAGED},
	    {TOKENS_AT + 14, 0xff, ERR_DAMAGED},
	    {TOKENS_AT + 119, 'x', ERR_DAMAGED},
	    {TOKENS_AT + 120, 1, ERR_DAMAGED},
	    {TOKENS_AT + 319, 1, ERR_DAMAGED},
	    {CARD_AT, 0, ERR_DAMAGED},      /* no applet */
	    {CARD_AT + 15, 1, ERR_DAMAGED}, /* behind the NUL of its name */
	    {CARD_AT + 80, 0x80, ERR_DAMAGED},
	    {CARD_AT + 88, 0x80, ERR_DAMAGED},
	    {CARD_AT + 96, 0, ERR_DAMAGED}, /* no kind of key */
	    {CARD_AT + 97, 1, ERR_DAMAGED},
	    {CARD_AT + 199, 1, ERR_DAMAGED},
	    {TOKENS_AT + 8 * 320 - 1, 1, ERR_DAMAGED},
	    {TEMPORARY_AT + 66, 1, ERR_DAMAGED},
	    {TEMPORARY_AT + 135, 'x', ERR_DAMAGED},
	    {TAIL_AT, 1, ERR_DAMAGED},
	    {RECORD_PLAIN_SIZE - 1, 1, ERR_DAMAGED},
	};
	static const struct record zero;
	struct record r = sample(), back;
	uint8_t plain[RECORD_PLAIN_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err e = {0};

		assert_int_equal(record_encode(&r, plain), 0);
		plain[cases[i].at] = cases[i].value;
		memset(&back, 0xee, sizeof(back));
		if (record_decode(plain, sizeof(plain), "o", &back, &e) != -1)
			fail_msg("byte %zu", cases[i].at);
		assert_int_equal(e.number, cases[i].want);
		assert_memory_equal(&back, &zero, sizeof(back));
	}
}

static void text(void **state)
{
	static const struct {
		const char *text;
		bool ok;
	} cases[] = {
	    {"", true}, {"phone", true}, {"\xe6\x90\xba\xe5\xb8\xaf", true}, /* Japanese */
	    {"\xf0\x9f\x94\x91", true}, {"a b", true}, {"a\tb", false}, {"\x7f", false},
	    {"\xc2\x85", false},                                    /* C1 */
	    {"a\xc2\xad", false},                                   /* soft hyphen */
	    {"a\xef\xb8\x8f", false},                               /* variation selector */
	    {"\xc0\xaf", false},                                    /* overlong */
	    {"\xe0\x80\xaf", false},                                /* overlong */
	    {"\xed\xa0\x80", false},                                /* surrogate */
	    {"\xf4\x90\x80\x80", false},                            /* beyond Unicode */
	    {"\xf8\x88\x80\x80\x80", false}, {"\xe6\x90", false},   /* cut */
	    {"\x80", false}, {"\xe2\x80\xae", false},               /* right-to-left override */
	    {"\xe2\x80\xa8", false},                                /* line separator */
	    {"\xef\xbb\xbf", false},                                /* byte order mark */
	    {"123456789012345", true}, {"1234567890123456", false}, /* no room for the NUL */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (record_text_ok(cases[i].text, 16) != cases[i].ok)
			fail_msg("case %zu", i);
}

/* HMAC pads a key with zeros: two secrets that differ in trailing zeros make the same codes. */
static void padded_secret_is_the_same(void **state)
{
	uint8_t plain[RECORD_PLAIN_SIZE];
	struct record r = {.name = "alice", .incarnation = {1}, .token_count = 2};
	struct token a = {.id = {1},
	    .kind = TOKEN_TOTP,
	    .algorithm = TOKEN_SHA1,
	    .digits = 6,
	    .period = 30,
	    .secret_len = 20,
	    .secret = {1, 2, 3},
	    .label = "a"};

	(void)state;
	r.tokens[0] = r.tokens[1] = a;
	r.tokens[1].id[0] = 2;
	r.tokens[1].label[0] = 'b';
	r.tokens[1].secret_len = 32;
	assert_true(record_same_secret(&r.tokens[0], &r.tokens[1]));
	assert_int_equal(record_encode(&r, plain), -1);
	r.tokens[1].secret[31] = 1;
	assert_false(record_same_secret(&r.tokens[0], &r.tokens[1]));
	assert_int_equal(record_encode(&r, plain), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(round_trip),
	    cmocka_unit_test(leftovers_are_not_written),
	    cmocka_unit_test(rules_when_writing),
	    cmocka_unit_test(rules_when_reading),
	    cmocka_unit_test(text),
	    cmocka_unit_test(padded_secret_is_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
