/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The words on the screen: which language, what each prompt says, and that all of it fits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pam_module/words.h"

static const struct {
	const char *locale, *codeset;
	enum language want;
} choices[] = {
    {"C", "ANSI_X3.4-1968", LANGUAGE_EN},
    {"C.UTF-8", "UTF-8", LANGUAGE_EN},
    {"ja_JP.UTF-8", "UTF-8", LANGUAGE_JA},
    {"ja_JP.utf8", "utf-8", LANGUAGE_JA},
    {"ja_JP", "UTF-8", LANGUAGE_JA},
    {"ja", "UTF-8", LANGUAGE_JA},
    {"ja.UTF-8", "UTF-8", LANGUAGE_JA},
    {"ja@x", "UTF-8", LANGUAGE_JA},
    {"ja_JP.eucJP", "EUC-JP", LANGUAGE_EN},
    {"ja_JP.UTF-8", "ANSI_X3.4-1968", LANGUAGE_EN},
    {"jam_JM.UTF-8", "UTF-8", LANGUAGE_EN},
    {"de_DE.UTF-8", "UTF-8", LANGUAGE_EN},
    {"j", "UTF-8", LANGUAGE_EN},
    {"", "UTF-8", LANGUAGE_EN},
    {NULL, "UTF-8", LANGUAGE_EN},
    {"ja_JP.UTF-8", NULL, LANGUAGE_EN},
};

static void test_choice(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(choices) / sizeof(choices[0]); i++)
		assert_int_equal(
		    words_choose(choices[i].locale, choices[i].codeset), choices[i].want);
}

/* The thread's locale decides, not the environment and not LANGUAGE. */
static void test_language(void **state)
{
	(void)state;
	assert_int_equal(words_language(LANGUAGE_JA), LANGUAGE_JA);
	assert_int_equal(words_language(LANGUAGE_EN), LANGUAGE_EN);
	assert_int_equal(words_language(LANGUAGE_AUTO), LANGUAGE_EN);
	assert_int_equal(words_language((enum language)99), LANGUAGE_EN);
}

/* For the leak checker: glibc's newlocale() loses the list it makes of LOCPATH. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:argz_add_sep";
}

/* A Japanese locale of our own, since few machines have one: skipped without localedef. */
static char locales[] = "/tmp/test_prompt.XXXXXX";

static int shell(const char *format)
{
	char command[256];

	(void)snprintf(
	    command, sizeof(command), "%s %s/ja_JP.UTF-8 >/dev/null 2>&1", format, locales);
	return system(command);
}

static int make_locale(void **state)
{
	(void)state;
	if (mkdtemp(locales) == NULL || setenv("LOCPATH", locales, 1) != 0)
		return -1;
	(void)shell("localedef -i ja_JP -f UTF-8");
	return 0;
}

static int remove_locale(void **state)
{
	(void)state;
	(void)shell("rm -rf");
	return rmdir(locales);
}

static void test_thread_locale(void **state)
{
	locale_t ja = newlocale(LC_MESSAGES_MASK | LC_CTYPE_MASK, "ja_JP.UTF-8", (locale_t)0);
	locale_t half = newlocale(LC_MESSAGES_MASK, "ja_JP.UTF-8", (locale_t)0);
	locale_t before;

	(void)state;
	if (ja == (locale_t)0 || half == (locale_t)0)
		skip();
	before = uselocale(ja);
	assert_int_equal(words_language(LANGUAGE_AUTO), LANGUAGE_JA);
	(void)uselocale(half);
	assert_int_equal(words_language(LANGUAGE_AUTO), LANGUAGE_EN);
	(void)uselocale(before);
	assert_int_equal(words_language(LANGUAGE_AUTO), LANGUAGE_EN);
	freelocale(half);
	freelocale(ja);
}

static const struct prompt_row {
	enum msg_reason reason;
	uint32_t seconds, left;
	const char *english, *japanese;
} rows[] = {
    {MSG_REASON_NONE, 0, 0, "One-time code: ", "認証コード: "},
    {MSG_REASON_WRONG, 0, 0,
        "Wrong code. One-time code: ", "認証コードが違います。認証コード: "},
    {MSG_REASON_WRONG, 0, 2, "Wrong code. Tries left: 2. One-time code: ",
        "認証コードが違います。残り試行回数: 2 回。認証コード: "},
    {MSG_REASON_USED, 0, 0, "Code already used, wait for the next. One-time code: ",
        "使用済みの認証コードです。次のコードを待ってください。認証コード: "},
    {MSG_REASON_LOCKED, 0, 0, "Locked. One-time code: ", "ロックされています。認証コード: "},
    {MSG_REASON_LOCKED, 59, 0, "Locked for 59 s. One-time code: ",
        "ロックされています（解除まで残り 59 秒）。認証コード: "},
    {MSG_REASON_LOCKED, 60, 0, "Locked for 1 min. One-time code: ",
        "ロックされています（解除まで残り 1 分）。認証コード: "},
    {MSG_REASON_LOCKED, 61, 0, "Locked for 2 min. One-time code: ",
        "ロックされています（解除まで残り 2 分）。認証コード: "},
    {MSG_REASON_LOCKED, 3600, 0, "Locked for 1 h. One-time code: ",
        "ロックされています（解除まで残り 1 時間）。認証コード: "},
    {MSG_REASON_CLOCK, 33120, 0, "This terminal's clock is 9 h 12 min behind. One-time code: ",
        "端末の時刻が 9 時間 12 分 遅れています。認証コード: "},
    {MSG_REASON_CLOCK, 0, 0, "This terminal's clock is wrong. One-time code: ",
        "端末の時刻がずれています。認証コード: "},
    {MSG_REASON_WRONG, 90, 0,
        "Wrong code. One-time code: ", "認証コードが違います。認証コード: "},
};

static void test_prompts(void **state)
{
	char text[WORDS_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct msg m = {.ask = {.text = MSG_TEXT_CODE,
		                          .reason = (uint16_t)rows[i].reason,
		                          .seconds = rows[i].seconds,
		                          .left = rows[i].left}};

		words_prompt(LANGUAGE_EN, false, &m, text, sizeof(text));
		assert_string_equal(text, rows[i].english);
		words_prompt(LANGUAGE_JA, false, &m, text, sizeof(text));
		assert_string_equal(text, rows[i].japanese);
	}
}

/* How many tries the card has left stands in the question itself. */
static void test_pins(void **state)
{
	static const struct {
		enum msg_text text;
		enum msg_reason reason;
		uint32_t left;
		const char *english, *japanese;
	} pins[] = {
	    {MSG_TEXT_PIN, MSG_REASON_NONE, 0, "PIN for card: ", "カードの PIN: "},
	    {MSG_TEXT_PIN, MSG_REASON_NONE, 3,
	        "PIN for card (3 tries left): ", "カードの PIN（残り 3 回）: "},
	    {MSG_TEXT_PIN, MSG_REASON_PIN_WRONG, 1, "Wrong PIN. PIN for card (1 try left): ",
	        "PIN が違います。カードの PIN（残り 1 回）: "},
	    {MSG_TEXT_PIN_JPKI, MSG_REASON_NONE, 0,
	        "My Number Card, PIN for user authentication (4 digits): ",
	        "マイナンバーカードの利用者証明用パスワード（数字 4 桁）: "},
	    {MSG_TEXT_PIN_JPKI, MSG_REASON_NONE, 2,
	        "My Number Card, PIN for user authentication (4 digits, 2 tries left): ",
	        "マイナンバーカードの利用者証明用パスワード（数字 4 桁、残り 2 回）: "},
	    {MSG_TEXT_PIN_JPKI, MSG_REASON_NONE, 1,
	        "My Number Card, PIN for user authentication (4 digits, 1 try left): ",
	        "マイナンバーカードの利用者証明用パスワード（数字 4 桁、残り 1 回）: "},
	    {MSG_TEXT_PIN_AGAIN, MSG_REASON_NONE, 0, "It is the last try. The same PIN again: ",
	        "最後の 1 回です。同じ PIN をもう一度: "},
	};
	char text[WORDS_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(pins) / sizeof(pins[0]); i++) {
		const struct msg m = {.ask = {.text = (uint16_t)pins[i].text,
		                          .reason = (uint16_t)pins[i].reason,
		                          .left = pins[i].left}};

		words_prompt(LANGUAGE_EN, false, &m, text, sizeof(text));
		assert_string_equal(text, pins[i].english);
		words_prompt(LANGUAGE_JA, false, &m, text, sizeof(text));
		assert_string_equal(text, pins[i].japanese);
	}
}

static void test_combined(void **state)
{
	const struct msg m = {.ask = {.text = MSG_TEXT_CODE, .reason = MSG_REASON_WRONG}};
	char text[WORDS_SIZE];

	(void)state;
	words_prompt(LANGUAGE_EN, true, &m, text, sizeof(text));
	assert_string_equal(text, "Wrong code. Password and one-time code: ");
	words_prompt(LANGUAGE_JA, true, &m, text, sizeof(text));
	assert_string_equal(text, "認証コードが違います。パスワードに続けて認証コード: ");
}

/* Every reason has words in both languages, none is cut, and none of them names a person. */
static void test_complete(void **state)
{
	(void)state;
	for (uint16_t reason = 1; reason < MSG_REASON_COUNT; reason++) {
		for (int l = LANGUAGE_EN; l <= LANGUAGE_JA; l++) {
			const struct msg m = {
			    .info = {
			        .reason = reason, .seconds = UINT32_MAX, .left = UINT32_MAX}};
			char text[WORDS_SIZE], info[WORDS_SIZE];

			words_prompt((enum language)l, true, &m, text, sizeof(text));
			assert_true(strlen(text) < sizeof(text) - 1);
			assert_string_equal(text + strlen(text) - 2, ": ");
			words_info((enum language)l, &m, info, sizeof(info));
			assert_true(strlen(info) > 0 && strlen(info) < strlen(text));
			assert_null(strstr(text, "user"));
		}
	}
}

static void test_info(void **state)
{
	const struct msg none = {.info = {.text = MSG_TEXT_NONE}};
	const struct msg busy = {.info = {.reason = MSG_REASON_BUSY}};
	const struct msg beyond = {
	    .info = {.reason = MSG_REASON_COUNT, .text = MSG_TEXT_COUNT}};
	char text[WORDS_SIZE];

	(void)state;
	for (int i = MSG_TEXT_RECOVERY_LEFT; i <= MSG_TEXT_EMERGENCY; i++) {
		const struct msg no_question = {.ask = {.text = (uint16_t)i}};

		words_prompt(LANGUAGE_EN, false, &no_question, text, sizeof(text));
		assert_string_equal(text, "");
	}
	words_info(LANGUAGE_EN, &none, text, sizeof(text));
	assert_string_equal(text, "");
	words_info(LANGUAGE_EN, &busy, text, sizeof(text));
	assert_string_equal(text, "Busy, try again.");
	words_info(LANGUAGE_EN, &beyond, text, sizeof(text));
	assert_string_equal(text, "");
	words_prompt(LANGUAGE_EN, false, &beyond, text, sizeof(text));
	assert_string_equal(text, "");
}

/* What is told after a grant. */
static void test_news(void **state)
{
	static const struct {
		enum msg_text text;
		uint32_t left;
		const char *english, *japanese;
	} news[] = {
	    {MSG_TEXT_RECOVERY_LEFT, 2, "Recovery codes left: 2.", "復旧コードの残り: 2 個。"},
	    {MSG_TEXT_RECOVERY_LEFT, 1, "Recovery codes left: 1.", "復旧コードの残り: 1 個。"},
	    {MSG_TEXT_RECOVERY_LEFT, 0, "No recovery code is left, ask an administrator.",
	        "復旧コードは残っていません。管理者に連絡してください。"},
	    {MSG_TEXT_EMERGENCY, 0,
	        "Emergency code used. Make a new one: sekisho code emergency",
	        "緊急用コードを使用しました。新しく発行してください: sekisho code emergency"},
	    {MSG_TEXT_CARD_WAIT, 0, "Put in or tap your card (30 s).",
	        "カードを差し込むか、かざしてください（30 秒）。"},
	};
	char text[WORDS_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(news) / sizeof(news[0]); i++) {
		const struct msg m = {
		    .info = {.text = (uint16_t)news[i].text,
		        .seconds = news[i].text == MSG_TEXT_CARD_WAIT ? 30 : 0,
		        .left = news[i].left}};

		words_info(LANGUAGE_EN, &m, text, sizeof(text));
		assert_string_equal(text, news[i].english);
		words_info(LANGUAGE_JA, &m, text, sizeof(text));
		assert_string_equal(text, news[i].japanese);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_choice),
	    cmocka_unit_test(test_language),
	    cmocka_unit_test_setup_teardown(test_thread_locale, make_locale, remove_locale),
	    cmocka_unit_test(test_prompts),
	    cmocka_unit_test(test_pins),
	    cmocka_unit_test(test_combined),
	    cmocka_unit_test(test_complete),
	    cmocka_unit_test(test_info),
	    cmocka_unit_test(test_news),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
