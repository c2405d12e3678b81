/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plain and combined replies. Whoever calls wipes what was typed.
 */
#include "pam_module/reply.h"

#include <security/pam_modules.h>
#include <string.h>

#include "lib/wire/options.h"

static bool all_digits(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
	}
	return true;
}

static void answer_empty(struct msg *answer, enum msg_answer_kind kind)
{
	answer->answer.kind = (uint8_t)kind;
	secret_clear(&answer->answer.text);
}

static void answer_text(struct msg *answer, const char *text, size_t len)
{
	if (secret_set(&answer->answer.text, text, len) == 0)
		answer->answer.kind = MSG_ANSWER_TEXT;
	else
		answer_empty(answer, MSG_ANSWER_MALFORMED);
}

void reply_plain(const char *typed, const char *password, struct msg *answer)
{
	size_t len = strlen(typed);

	/* Enter alone is an answer of its own, whatever the password is. */
	if (len > 0 && password != NULL && strlen(password) == len &&
	    bytes_equal(typed, password, len)) {
		answer_empty(answer, MSG_ANSWER_PASSWORD);
		return;
	}
	answer_text(answer, typed, len);
}

void reply_combined(char *typed, unsigned int digits, struct msg *answer)
{
	size_t len = strlen(typed);
	size_t head = len >= digits ? len - digits : 0;

	if (len < digits || len >= PAM_MAX_RESP_SIZE || !all_digits(typed + head, digits))
		answer_empty(answer, MSG_ANSWER_MALFORMED);
	else
		answer_text(answer, typed + head, digits);
	wipe(typed + head, len - head);
}

bool reply_is_code(const char *typed)
{
	size_t len = strlen(typed);

	return len >= OPTIONS_CODE_DIGITS_MIN && len <= OPTIONS_CODE_DIGITS_MAX &&
	       all_digits(typed, len);
}
