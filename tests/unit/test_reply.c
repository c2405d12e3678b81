/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What becomes of a reply: text, malformed or the password again; and the cut of a combined
 * one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <security/pam_modules.h>
#include <stdlib.h>
#include <string.h>

#include "pam_module/reply.h"

static void expect(const struct msg *m, enum msg_answer_kind kind, const char *text)
{
	assert_int_equal(m->answer.kind, kind);
	assert_int_equal(m->answer.text.len, strlen(text));
	assert_memory_equal(m->answer.text.data, text, strlen(text));
}

static void test_plain(void **state)
{
	char longest[SECRET_MAX + 2];
	struct msg m;

	(void)state;
	msg_clear(&m);
	reply_plain("123456", NULL, &m);
	expect(&m, MSG_ANSWER_TEXT, "123456");
	reply_plain("", NULL, &m);
	expect(&m, MSG_ANSWER_TEXT, "");
	memset(longest, '1', sizeof(longest));
	longest[SECRET_MAX + 1] = '\0';
	reply_plain(longest, NULL, &m);
	expect(&m, MSG_ANSWER_MALFORMED, "");
	longest[SECRET_MAX] = '\0';
	reply_plain(longest, NULL, &m);
	expect(&m, MSG_ANSWER_TEXT, longest);
}

/* What is a code on paper is the helper's to tell: it gets what was typed, byte by byte. */
static void test_paper_codes(void **state)
{
	static const char *const typed[] = {"ABCD-EFGH-JKMN-PQRS", "abcd efgh jkmn pqrs",
	    "ABCDEFGHJKMNPQRSTVWX", "ＡＢＣＤ－ＥＦＧＨ－ＪＫＭＮ－ＰＱＲＳ－ＴＶＷＸ",
	    "０１２３　４５６７　８９ａｂ　ｃｄｅｆ"};
	struct msg m;

	(void)state;
	for (size_t i = 0; i < sizeof(typed) / sizeof(typed[0]); i++) {
		msg_clear(&m);
		reply_plain(typed[i], "secret", &m);
		expect(&m, MSG_ANSWER_TEXT, typed[i]);
		assert_false(reply_is_code(typed[i]));
	}
}

static void test_password_again(void **state)
{
	struct msg m;

	(void)state;
	msg_clear(&m);
	reply_plain("secret", "secret", &m);
	expect(&m, MSG_ANSWER_PASSWORD, "");
	reply_plain("secreT", "secret", &m);
	expect(&m, MSG_ANSWER_TEXT, "secreT");
	reply_plain("secret1", "secret", &m);
	expect(&m, MSG_ANSWER_TEXT, "secret1");
	reply_plain("secre", "secret", &m);
	expect(&m, MSG_ANSWER_TEXT, "secre");
	reply_plain("", "", &m);
	expect(&m, MSG_ANSWER_TEXT, "");
}

static const struct combined_row {
	const char *typed;
	unsigned int digits;
	enum msg_answer_kind kind;
	const char *code, *head;
} combined_rows[] = {
    {"secret123456", 6, MSG_ANSWER_TEXT, "123456", "secret"},
    {"secret12345678", 6, MSG_ANSWER_TEXT, "345678", "secret12"},
    {"secret12345678", 8, MSG_ANSWER_TEXT, "12345678", "secret"},
    {"secret1234567", 7, MSG_ANSWER_TEXT, "1234567", "secret"},
    {"123456", 6, MSG_ANSWER_TEXT, "123456", ""},
    {"12345", 6, MSG_ANSWER_MALFORMED, "", ""},
    {"", 6, MSG_ANSWER_MALFORMED, "", ""},
    {"secret12345x", 6, MSG_ANSWER_MALFORMED, "", "secret"},
    {"secretx23456", 6, MSG_ANSWER_MALFORMED, "", "secret"},
    {"secretABCD-EFGH-JKMN-PQRS", 6, MSG_ANSWER_MALFORMED, "", "secretABCD-EFGH-JKM"},
    {"secret 23456", 6, MSG_ANSWER_MALFORMED, "", "secret"},
    {"secret\xef\xbc\x91\xef\xbc\x92", 6, MSG_ANSWER_MALFORMED, "", "secret"},
};

static void test_combined(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(combined_rows) / sizeof(combined_rows[0]); i++) {
		const struct combined_row *row = &combined_rows[i];
		char *typed = strdup(row->typed);
		struct msg m;

		assert_non_null(typed);
		msg_clear(&m);
		reply_combined(typed, row->digits, &m);
		expect(&m, row->kind, row->code);
		assert_string_equal(typed, row->head);
		free(typed);
	}
}

/* What was cut off is not left behind the NUL. */
static void test_combined_wiped(void **state)
{
	static const char zeros[6];
	char typed[] = "secret123456";
	struct msg m;

	(void)state;
	msg_clear(&m);
	reply_combined(typed, 6, &m);
	assert_memory_equal(typed + 6, zeros, sizeof(zeros));
}

static void test_combined_too_long(void **state)
{
	char typed[PAM_MAX_RESP_SIZE + 1];
	struct msg m;

	(void)state;
	memset(typed, '1', sizeof(typed));
	typed[PAM_MAX_RESP_SIZE] = '\0';
	msg_clear(&m);
	reply_combined(typed, 6, &m);
	expect(&m, MSG_ANSWER_MALFORMED, "");
	memset(typed, '1', sizeof(typed));
	typed[PAM_MAX_RESP_SIZE - 1] = '\0';
	reply_combined(typed, 6, &m);
	expect(&m, MSG_ANSWER_TEXT, "111111");
}

static void test_is_code(void **state)
{
	static const char *const good[] = {"000000", "1234567", "99999999"};
	static const char *const bad[] = {
	    "", "12345", "123456789", "12345a", " 123456", "123456\n", "-12345"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(reply_is_code(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(reply_is_code(bad[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_plain),
	    cmocka_unit_test(test_paper_codes),
	    cmocka_unit_test(test_password_again),
	    cmocka_unit_test(test_combined),
	    cmocka_unit_test(test_combined_wiped),
	    cmocka_unit_test(test_combined_too_long),
	    cmocka_unit_test(test_is_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
