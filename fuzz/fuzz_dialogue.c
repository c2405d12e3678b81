/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz target: the module's side of a login. A helper that says anything at all, and a person
 * who answers anything at all. Only a whole VERDICT of this session, with its constant, lets
 * in; nothing is asked without end; every answer fits its question; the password is no PIN.
 *
 * Input: options, how many messages, the messages, the replies to prompts. The functions of
 * libpam stand below: no PAM is needed.
 */
#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz/cursor.h"
#include "lib/wire/chan.h"
#include "pam_module/card.h"
#include "pam_module/dialogue.h"
#include "pam_module/words.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition)                                                                     \
	do {                                                                                   \
		if (!(condition)) {                                                            \
			(void)fprintf(stderr, "broken: %s\n", #condition);                     \
			abort();                                                               \
		}                                                                              \
	} while (0)

#define MESSAGES_MAX 16

static struct cursor replies;
static unsigned prompts, texts;
static const char *password; /* PAM_AUTHTOK */
static bool combined;
static uint8_t sent[MESSAGES_MAX][MSG_MAX]; /* by the helper */
static size_t lens[MESSAGES_MAX], count;

/* ---- libpam */

__attribute__((format(printf, 1, 0))) static void check_text(const char *format, va_list args)
{
	char text[1024];
	int n = vsnprintf(text, sizeof(text), format, args);

	REQUIRE(n >= 0 && n < WORDS_SIZE);
	for (int i = 0; i < n; i++)
		REQUIRE((uint8_t)text[i] >= 0x20 && text[i] != 0x7f);
}

const char *pam_getenv(pam_handle_t *pamh, const char *name)
{
	(void)pamh, (void)name;
	return NULL;
}

int pam_putenv(pam_handle_t *pamh, const char *name_value)
{
	const size_t name = strlen(CARD_VARIABLE "=");

	(void)pamh;
	REQUIRE(strncmp(name_value, CARD_VARIABLE "=", name) == 0);
	REQUIRE(strspn(name_value + name, "0123456789abcdef") == 2 * MSG_CARD_SIZE);
	REQUIRE(name_value[name + 2 * MSG_CARD_SIZE] == '\0');
	return PAM_SUCCESS;
}

int pam_prompt(pam_handle_t *pamh, int style, char **response, const char *fmt, ...)
{
	uint8_t text[255];
	uint8_t kind;
	size_t len;
	va_list args;

	(void)pamh;
	va_start(args, fmt);
	check_text(fmt, args);
	va_end(args);
	if (style != PAM_PROMPT_ECHO_OFF) {
		REQUIRE(style == PAM_TEXT_INFO || style == PAM_ERROR_MSG);
		texts++;
		return take_u8(&replies) % 8 == 7 ? PAM_CONV_ERR : PAM_SUCCESS;
	}
	prompts++;
	kind = take_u8(&replies);
	if (kind % 8 == 7)
		return PAM_CONV_ERR;
	if (kind % 8 == 6)
		return PAM_SUCCESS; /* and no reply at all */
	len = take_bytes(&replies, text, sizeof(text));
	*response = malloc(len + 1);
	REQUIRE(*response != NULL);
	memcpy(*response, text, len);
	(*response)[len] = '\0';
	return PAM_SUCCESS;
}

int pam_get_item(const pam_handle_t *pamh, int item_type, const void **item)
{
	(void)pamh;
	REQUIRE(item_type == PAM_AUTHTOK);
	*item = password;
	return PAM_SUCCESS;
}

int pam_set_item(pam_handle_t *pamh, int item_type, const void *item)
{
	(void)pamh;
	REQUIRE(item_type == PAM_AUTHTOK && combined);
	REQUIRE(item != NULL);
	return PAM_SUCCESS;
}

/* ---- the helper */

static void fill(struct msg *m, struct cursor *c)
{
	switch (m->type) {
	case MSG_ASK:
	case MSG_INFO:
		m->ask.seq = take_u8(c);
		m->ask.text = take_u8(c);
		m->ask.reason = take_u8(c);
		m->ask.seconds = take_u32(c);
		m->ask.left = m->version > 1 ? take_u8(c) : 0;
		break;
	case MSG_VERDICT:
		m->verdict.verdict = take_u8(c);
		m->verdict.grant = m->verdict.verdict == VERDICT_GRANTED ? MSG_GRANT : 0;
		m->verdict.reason = take_u8(c);
		m->verdict.seconds = take_u32(c);
		if (m->verdict.grant != 0)
			m->verdict.card[0] = (uint8_t)m->verdict.seconds;
		break;
	case MSG_ANSWER:
		m->answer.seq = take_u8(c);
		m->answer.kind = MSG_ANSWER_MALFORMED;
		break;
	case MSG_NAME:
		m->name.user[0] = (char)take_u8(c);
		break;
	case MSG_INVALID:
	case MSG_HELLO:
	case MSG_WELCOME:
	default:
		break;
	}
}

/* A whole message, perhaps with one byte of it changed, or any bytes. */
static size_t make(struct cursor *c, const struct msg *hello, uint8_t out[MSG_MAX])
{
	uint8_t how = take_u8(c);
	struct msg m;
	size_t len;

	if (how % 8 == 7)
		return take_bytes(c, out, MSG_MAX);
	memset(&m, 0, sizeof(m));
	m.type = (enum msg_type)(how / 8 % 8);
	m.version = how % 8 == 6 ? (uint8_t)(3 - hello->version) : hello->version;
	memcpy(m.session, hello->session, sizeof(m.session));
	fill(&m, c);
	len = msg_encode(&m, out);
	if (how % 8 == 5 && len > 0) {
		size_t at = take_u8(c) % len;

		out[at] ^= take_u8(c);
	}
	return len;
}

/* What let somebody in must have been a whole verdict of this session. */
static void check_grant(const uint8_t *data, size_t len, const struct msg *hello)
{
	struct msg m;

	REQUIRE(msg_decode(data, len, &m) == 0);
	REQUIRE(m.type == MSG_VERDICT && m.verdict.verdict == VERDICT_GRANTED);
	REQUIRE(m.verdict.grant == MSG_GRANT && m.version == hello->version);
	REQUIRE(memcmp(m.session, hello->session, sizeof(m.session)) == 0);
}

/* What the nth question was for. */
static enum msg_text question(unsigned n)
{
	struct msg m;

	for (size_t i = 0; i < count; i++)
		if (msg_decode(sent[i], lens[i], &m) == 0 && m.type == MSG_ASK && --n == 0)
			return (enum msg_text)m.ask.text;
	REQUIRE(false);
	return MSG_TEXT_CODE;
}

/* A combined field holds both, and is for no card. */
static void check_pin(const struct msg *answer, unsigned n)
{
	if (combined || password == NULL || question(n) == MSG_TEXT_CODE)
		return;
	REQUIRE(answer->answer.text.len != strlen(password) ||
	        memcmp(answer->answer.text.data, password, strlen(password)) != 0);
}

static unsigned check_answers(int fd, const struct msg *hello)
{
	unsigned n = 0;
	struct msg m;

	while (chan_recv(fd, hello->session, &m, 0) == CHAN_OK) {
		n++;
		REQUIRE(m.type == MSG_ANSWER && m.version == hello->version);
		REQUIRE(m.answer.seq == n);
		REQUIRE(m.answer.kind == MSG_ANSWER_TEXT || m.answer.text.len == 0);
		check_pin(&m, n);
	}
	msg_clear(&m);
	return n;
}

static void set_options(struct cursor *c, struct options *o)
{
	uint8_t bits = take_u8(c);

	*o = (struct options){.try_first_pass = (bits & 3) == 1,
	    .use_first_pass = (bits & 3) == 2,
	    .combined = (bits & 4) != 0,
	    .code_digits = 6 + bits / 8 % 3,
	    .language = (bits & 32) != 0 ? LANGUAGE_JA : LANGUAGE_EN};
	combined = o->combined;
	password = (bits & 64) != 0 ? "secret123456" : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = {data, size};
	struct msg hello = {.type = MSG_HELLO, .session = "one session only"};
	struct options options;
	struct door door = DOOR_CLOSED;
	static char handle; /* libpam's is opaque */
	struct dialogue d = {.pamh = (pam_handle_t *)&handle,
	    .options = &options,
	    .hello = &hello,
	    .door = &door};
	struct err e = {0};
	uint8_t rest[MSG_MAX];
	unsigned answers;
	size_t wanted;
	int fds[2], code;

	set_options(&c, &options);
	hello.version = 1 + take_u8(&c) % 2;
	d.silent = take_u8(&c) % 2 == 1;
	wanted = take_u8(&c) % MESSAGES_MAX;
	REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0);
	count = 0;
	while (count < wanted) {
		lens[count] = make(&c, &hello, sent[count]);
		if (lens[count] == 0)
			break; /* an empty datagram is the end */
		REQUIRE(send(fds[1], sent[count], lens[count], 0) == (ssize_t)lens[count]);
		count++;
	}
	REQUIRE(shutdown(fds[1], SHUT_WR) == 0);
	door.fd = fds[0];
	replies = c;
	prompts = texts = 0;
	code = dialogue_run(&d, &e);
	REQUIRE(code != PAM_IGNORE);
	REQUIRE(prompts <= DIALOGUE_ASKS_MAX && texts <= DIALOGUE_INFOS_MAX + 1);
	REQUIRE(!d.silent || texts == 0);
	answers = check_answers(fds[1], &hello);
	REQUIRE(answers <= DIALOGUE_ASKS_MAX);
	if (code == PAM_SUCCESS) {
		size_t unread = 0;

		while (recv(door.fd, rest, sizeof(rest), MSG_DONTWAIT) > 0)
			unread++;
		REQUIRE(unread < count);
		check_grant(sent[count - 1 - unread], lens[count - 1 - unread], &hello);
	}
	door_close(&door);
	REQUIRE(close(fds[1]) == 0);
	return 0;
}
