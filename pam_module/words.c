/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The few sentences of a login in each language, as a table: gettext would need the host's
 * catalogue state, environment and character set for two dozen strings. No sentence tells
 * whether a person exists. Never calls setlocale() or getenv().
 */
#include "pam_module/words.h"

#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define LANGUAGES 2

/* A sentence may hold one %s (a span of time) or one %u (a number), as its place below says. */
struct words {
	const char *reason[MSG_REASON_COUNT];       /* complete, with the blank after it */
	const char *reason_timed[MSG_REASON_COUNT]; /* instead, when seconds are known: %s */
	const char *left;                           /* %u tries for a code */
	const char *ask[MSG_TEXT_COUNT], *ask_combined;
	const char *ask_left[MSG_TEXT_COUNT]; /* instead, when the card's tries are known: %u */
	const char *ask_last[MSG_TEXT_COUNT]; /* instead, for one */
	const char *recovery_left;            /* %u codes */
	const char *recovery_none, *emergency;
	const char *card_wait;                 /* %s */
	const char *seconds, *minutes, *hours; /* %u */
};

static const struct words english = {
    .reason =
        {
            [MSG_REASON_NONE] = "",
            [MSG_REASON_WRONG] = "Wrong code. ",
            [MSG_REASON_USED] = "Code already used, wait for the next. ",
            [MSG_REASON_MALFORMED] = "That is no code. ",
            [MSG_REASON_LOCKED] = "Locked. ",
            [MSG_REASON_SUSPENDED] = "Suspended, ask an administrator. ",
            [MSG_REASON_BUSY] = "Busy, try again. ",
            [MSG_REASON_CLOCK] = "This terminal's clock is wrong. ",
            [MSG_REASON_UNAVAILABLE] = "Not available, ask an administrator. ",
            [MSG_REASON_PIN_WRONG] = "Wrong PIN. ",
            [MSG_REASON_PIN_FORM] = "That is no PIN of this card. ",
            [MSG_REASON_PIN_BLOCKED] = "The card's PIN is blocked. ",
            [MSG_REASON_CARD_ABSENT] = "No card of yours is in a reader. ",
            [MSG_REASON_CARD_CHANGED] = "The card was taken out or changed. ",
            [MSG_REASON_CARD_DATES] = "The card's certificate is not valid now. ",
            [MSG_REASON_CARD_REVOKED] = "The card's certificate is revoked. ",
            [MSG_REASON_CARD_UNTRUSTED] = "The card cannot be checked, ask an administrator. ",
            [MSG_REASON_CARD_SERVICE] = "Card readers do not work, ask an administrator. ",
            [MSG_REASON_CARD_FAILED] = "The card did not work. ",
            [MSG_REASON_PIN_LAST] = "The card's last try is not used here. ",
            [MSG_REASON_PIN_DIFFERS] = "The two PINs differ. ",
            [MSG_REASON_READER_GONE] = "The card reader was taken away. ",
            [MSG_REASON_CARD_BUSY] = "Another program is using the card. ",
        },
    .reason_timed =
        {
            [MSG_REASON_LOCKED] = "Locked for %s. ",
            [MSG_REASON_CLOCK] = "This terminal's clock is %s behind. ",
        },
    .left = "Tries left: %u. ",
    .ask =
        {
            [MSG_TEXT_CODE] = "One-time code: ",
            [MSG_TEXT_PIN] = "PIN for card: ",
            [MSG_TEXT_PIN_JPKI] = "My Number Card, PIN for user authentication (4 digits): ",
            [MSG_TEXT_PIN_AGAIN] = "It is the last try. The same PIN again: ",
        },
    .ask_combined = "Password and one-time code: ",
    .ask_left =
        {
            [MSG_TEXT_PIN] = "PIN for card (%u tries left): ",
            [MSG_TEXT_PIN_JPKI] = "My Number Card, PIN for user authentication (4 digits, "
                                  "%u tries left): ",
        },
    .ask_last =
        {
            [MSG_TEXT_PIN] = "PIN for card (%u try left): ",
            [MSG_TEXT_PIN_JPKI] = "My Number Card, PIN for user authentication (4 digits, "
                                  "%u try left): ",
        },
    .recovery_left = "Recovery codes left: %u.",
    .recovery_none = "No recovery code is left, ask an administrator.",
    .emergency = "Emergency code used. Make a new one: sekisho code emergency",
    .card_wait = "Put in or tap your card (%s).",
    .seconds = "%u s",
    .minutes = "%u min",
    .hours = "%u h",
};

static const struct words japanese = {
    .reason =
        {
            [MSG_REASON_NONE] = "",
            [MSG_REASON_WRONG] = "認証コードが違います。",
            [MSG_REASON_USED] = "使用済みの認証コードです。次のコードを待ってください。",
            [MSG_REASON_MALFORMED] = "認証コードではありません。",
            [MSG_REASON_LOCKED] = "ロックされています。",
            [MSG_REASON_SUSPENDED] = "利用停止中です。管理者に連絡してください。",
            [MSG_REASON_BUSY] = "処理中です。もう一度入力してください。",
            [MSG_REASON_CLOCK] = "端末の時刻がずれています。",
            [MSG_REASON_UNAVAILABLE] = "現在利用できません。管理者に連絡してください。",
            [MSG_REASON_PIN_WRONG] = "PIN が違います。",
            [MSG_REASON_PIN_FORM] = "このカードの PIN ではありません。",
            [MSG_REASON_PIN_BLOCKED] = "カードの PIN がロックされています。",
            [MSG_REASON_CARD_ABSENT] = "登録されたカードがありません。",
            [MSG_REASON_CARD_CHANGED] = "カードが抜かれたか、入れ替わりました。",
            [MSG_REASON_CARD_DATES] = "カードの証明書が有効期間外です。",
            [MSG_REASON_CARD_REVOKED] = "カードの証明書は失効しています。",
            [MSG_REASON_CARD_UNTRUSTED] = "カードを検証できません。管理者に連絡してください。",
            [MSG_REASON_CARD_SERVICE] =
                "カードリーダーが使えません。管理者に連絡してください。",
            [MSG_REASON_CARD_FAILED] = "カードが正しく応答しません。",
            [MSG_REASON_PIN_LAST] = "カードの残り 1 回の試行は、ここでは使いません。",
            [MSG_REASON_PIN_DIFFERS] = "2 回の PIN が一致しません。",
            [MSG_REASON_READER_GONE] = "カードリーダーが外されました。",
            [MSG_REASON_CARD_BUSY] = "カードは他のプログラムが使用中です。",
        },
    .reason_timed =
        {
            [MSG_REASON_LOCKED] = "ロックされています（解除まで残り %s）。",
            [MSG_REASON_CLOCK] = "端末の時刻が %s 遅れています。",
        },
    .left = "残り試行回数: %u 回。",
    .ask =
        {
            [MSG_TEXT_CODE] = "認証コード: ",
            [MSG_TEXT_PIN] = "カードの PIN: ",
            [MSG_TEXT_PIN_JPKI] = "マイナンバーカードの利用者証明用パスワード（数字 4 桁）: ",
            [MSG_TEXT_PIN_AGAIN] = "最後の 1 回です。同じ PIN をもう一度: ",
        },
    .ask_combined = "パスワードに続けて認証コード: ",
    .ask_left =
        {
            [MSG_TEXT_PIN] = "カードの PIN（残り %u 回）: ",
            [MSG_TEXT_PIN_JPKI] =
                "マイナンバーカードの利用者証明用パスワード（数字 4 桁、残り %u 回）: ",
        },
    .ask_last =
        {
            [MSG_TEXT_PIN] = "カードの PIN（残り %u 回）: ",
            [MSG_TEXT_PIN_JPKI] =
                "マイナンバーカードの利用者証明用パスワード（数字 4 桁、残り %u 回）: ",
        },
    .recovery_left = "復旧コードの残り: %u 個。",
    .recovery_none = "復旧コードは残っていません。管理者に連絡してください。",
    .emergency = "緊急用コードを使用しました。新しく発行してください: sekisho code emergency",
    .card_wait = "カードを差し込むか、かざしてください（%s）。",
    .seconds = "%u 秒",
    .minutes = "%u 分",
    .hours = "%u 時間",
};

static const struct words *words_of(enum language l)
{
	return l == LANGUAGE_JA ? &japanese : &english;
}

enum language words_choose(const char *messages_locale, const char *codeset)
{
	if (messages_locale == NULL || codeset == NULL)
		return LANGUAGE_EN;
	if (strncmp(messages_locale, "ja", 2) != 0 || strcasecmp(codeset, "UTF-8") != 0)
		return LANGUAGE_EN;
	/* "ja", "ja_JP.UTF-8"; "jam" is another language. */
	return strchr("_.@", messages_locale[2]) != NULL ? LANGUAGE_JA : LANGUAGE_EN;
}

enum language words_language(enum language wanted)
{
	switch (wanted) {
	case LANGUAGE_EN:
	case LANGUAGE_JA:
		return wanted;
	case LANGUAGE_AUTO:
		break;
	}
	/* nl_langinfo() looks at the calling thread's locale, which uselocale() may have set;
	 * asked for the name explicitly it gives that of the category, not of the process. */
	return words_choose(nl_langinfo(_NL_LOCALE_NAME(LC_MESSAGES)), nl_langinfo(CODESET));
}

/* Formats come from the tables above only. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void append_number(char *out, size_t size, const char *format, unsigned int number)
{
	size_t used = strlen(out);

	(void)snprintf(out + used, size - used, format, number);
}

static void append_text(char *out, size_t size, const char *format, const char *text)
{
	size_t used = strlen(out);

	(void)snprintf(out + used, size - used, format, text);
}
#pragma GCC diagnostic pop

/* Rounded up: whoever comes back when told to is not turned away once more. */
static void span_of(const struct words *w, uint32_t seconds, char *out, size_t size)
{
	uint32_t minutes = seconds / 60 + (seconds % 60 != 0);

	out[0] = '\0';
	if (seconds < 60) {
		append_number(out, size, w->seconds, seconds);
		return;
	}
	if (minutes >= 60) {
		append_number(out, size, w->hours, minutes / 60);
		if (minutes % 60 == 0)
			return;
		append_text(out, size, "%s", " ");
	}
	append_number(out, size, w->minutes, minutes % 60);
}

/* The question that fits the tries left; NULL: none is known, or there is no such question. */
static const char *counted(const struct words *w, const struct msg *ask)
{
	if (ask->ask.left == 0 || ask->ask.text >= MSG_TEXT_COUNT)
		return NULL;
	return (ask->ask.left == 1 ? w->ask_last : w->ask_left)[ask->ask.text];
}

/* ask and info share a layout. */
static void append_reason(const struct words *w, const struct msg *m, char *out, size_t size)
{
	char span[64];

	if (m->ask.reason >= MSG_REASON_COUNT)
		return;
	if (m->ask.seconds != 0 && w->reason_timed[m->ask.reason] != NULL) {
		span_of(w, m->ask.seconds, span, sizeof(span));
		append_text(out, size, w->reason_timed[m->ask.reason], span);
	} else if (w->reason[m->ask.reason] != NULL) {
		append_text(out, size, "%s", w->reason[m->ask.reason]);
	}
	if (m->ask.left != 0 && counted(w, m) == NULL)
		append_number(out, size, w->left, m->ask.left);
}

static void append_question(
    const struct words *w, const struct msg *ask, char *out, size_t size)
{
	const char *sentence = counted(w, ask);

	if (sentence != NULL)
		append_number(out, size, sentence, ask->ask.left);
	else if (ask->ask.text < MSG_TEXT_COUNT && w->ask[ask->ask.text] != NULL)
		append_text(out, size, "%s", w->ask[ask->ask.text]);
}

void words_prompt(enum language l, bool combined, const struct msg *ask, char *out, size_t size)
{
	const struct words *w = words_of(l);

	out[0] = '\0';
	append_reason(w, ask, out, size);
	if (combined)
		append_text(out, size, "%s", w->ask_combined);
	else
		append_question(w, ask, out, size);
}

static void append_reason_alone(
    const struct words *w, const struct msg *info, char *out, size_t size)
{
	size_t len;

	append_reason(w, info, out, size);
	len = strlen(out);
	if (len > 0 && out[len - 1] == ' ')
		out[len - 1] = '\0';
}

void words_info(enum language l, const struct msg *info, char *out, size_t size)
{
	const struct words *w = words_of(l);
	char span[64];

	out[0] = '\0';
	switch ((enum msg_text)info->info.text) {
	case MSG_TEXT_NONE:
	case MSG_TEXT_CODE:
		append_reason_alone(w, info, out, size);
		return;
	case MSG_TEXT_RECOVERY_LEFT:
		if (info->info.left == 0)
			append_text(out, size, "%s", w->recovery_none);
		else
			append_number(out, size, w->recovery_left, info->info.left);
		return;
	case MSG_TEXT_EMERGENCY:
		append_text(out, size, "%s", w->emergency);
		return;
	case MSG_TEXT_CARD_WAIT:
		span_of(w, info->info.seconds, span, sizeof(span));
		append_text(out, size, w->card_wait, span);
		return;
	case MSG_TEXT_PIN:
	case MSG_TEXT_PIN_JPKI:
	case MSG_TEXT_PIN_AGAIN:
	case MSG_TEXT_COUNT:
		break; /* no words: nothing is said */
	}
}
