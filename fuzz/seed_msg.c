/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes the seeds of fuzz/corpus/msg: one good message per type and version. Run by hand when
 * the protocol changes: seed_msg DIRECTORY.
 */
#include "lib/wire/msg.h"

#include <err.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static void write_seed(const char *directory, const char *name, const struct msg *m)
{
	uint8_t data[MSG_MAX];
	size_t size = msg_encode(m, data);
	char path[PATH_MAX];
	FILE *f;

	if (size == 0)
		errx(1, "%s: does not encode", name);
	(void)snprintf(path, sizeof(path), "%s/%s-v%d", directory, name, m->version);
	f = fopen(path, "wb");
	if (f == NULL || fwrite(data, 1, size, f) != size || fclose(f) != 0)
		err(1, "%s", path);
}

static struct msg new_message(enum msg_type type, uint8_t version)
{
	struct msg m;

	memset(&m, 0, sizeof(m));
	m.type = type;
	m.version = version;
	memcpy(m.session, "0123456789abcdef", sizeof(m.session));
	return m;
}

static void write_from_module(const char *directory, uint8_t version)
{
	struct msg m = new_message(MSG_HELLO, version);

	m.hello.flags = MSG_HELLO_COMBINED;
	if (version >= MSG_CARDS_SINCE)
		m.hello.flags |= MSG_HELLO_NO_PIN;
	m.hello.ruid = 1000;
	(void)snprintf(m.hello.user, sizeof(m.hello.user), "alice");
	(void)snprintf(m.hello.service, sizeof(m.hello.service), "sshd");
	(void)snprintf(m.hello.tty, sizeof(m.hello.tty), "ssh");
	(void)snprintf(m.hello.rhost, sizeof(m.hello.rhost), "192.0.2.7");
	write_seed(directory, "hello", &m);

	m = new_message(MSG_HELLO, version);
	m.hello.flags = MSG_HELLO_NO_USER;
	(void)snprintf(m.hello.service, sizeof(m.hello.service), "gdm-smartcard");
	write_seed(directory, "hello-nobody", &m);

	m = new_message(MSG_ANSWER, version);
	m.answer.seq = 1;
	m.answer.kind = MSG_ANSWER_TEXT;
	m.answer.text.len = 6;
	memcpy(m.answer.text.data, "492039", 6);
	write_seed(directory, "answer", &m);
	m = new_message(MSG_ANSWER, version);
	m.answer.seq = 2;
	m.answer.kind = MSG_ANSWER_MALFORMED;
	write_seed(directory, "answer-malformed", &m);
}

static void write_from_helper(const char *directory, uint8_t version)
{
	struct msg m = new_message(MSG_WELCOME, version);

	write_seed(directory, "welcome", &m);
	m = new_message(MSG_NAME, version);
	(void)snprintf(m.name.user, sizeof(m.name.user), "alice");
	write_seed(directory, "name", &m);
	m = new_message(MSG_ASK, version);
	m.ask.seq = 2;
	m.ask.text = MSG_TEXT_CODE;
	m.ask.reason = MSG_REASON_WRONG;
	m.ask.left = 2;
	write_seed(directory, "ask", &m);
	m = new_message(MSG_INFO, version);
	m.info.reason = MSG_REASON_CLOCK;
	m.info.seconds = 33120;
	write_seed(directory, "info", &m);
	if (version >= MSG_CARDS_SINCE) {
		m = new_message(MSG_ASK, version);
		m.ask.seq = 3;
		m.ask.text = MSG_TEXT_PIN;
		m.ask.reason = MSG_REASON_PIN_WRONG;
		m.ask.left = 1;
		write_seed(directory, "ask-pin", &m);
		m.ask.text = MSG_TEXT_PIN_JPKI;
		m.ask.reason = MSG_REASON_CARD_CHANGED;
		write_seed(directory, "ask-pin-jpki", &m);
		m = new_message(MSG_VERDICT, version);
		m.verdict.verdict = VERDICT_DENIED;
		m.verdict.reason = MSG_REASON_CARD_FAILED;
		write_seed(directory, "verdict-card-failed", &m);
	}
	if (version >= 2) {
		m = new_message(MSG_INFO, version);
		m.info.text = MSG_TEXT_RECOVERY_LEFT;
		m.info.left = 2;
		write_seed(directory, "info-left", &m);
		m = new_message(MSG_INFO, version);
		m.info.text = MSG_TEXT_EMERGENCY;
		write_seed(directory, "info-emergency", &m);
	}
	m = new_message(MSG_VERDICT, version);
	m.verdict.verdict = VERDICT_GRANTED;
	m.verdict.grant = MSG_GRANT;
	if (version >= 2)
		memset(m.verdict.card, 0xca, sizeof(m.verdict.card));
	write_seed(directory, "verdict-granted", &m);
	m = new_message(MSG_VERDICT, version);
	m.verdict.verdict = VERDICT_LOCKED;
	m.verdict.reason = MSG_REASON_LOCKED;
	m.verdict.seconds = 45;
	write_seed(directory, "verdict-locked", &m);
}

int main(int argc, char **argv)
{
	if (argc != 2)
		errx(2, "usage: seed_msg DIRECTORY");
	for (uint8_t v = MSG_VERSION_OLDEST; v <= MSG_VERSION; v++) {
		write_from_module(argv[1], v);
		write_from_helper(argv[1], v);
	}
	return 0;
}
