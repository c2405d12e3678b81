/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of lib/wire/msg.c: round trips of protocol N and N-1, every refusal of the decoder and
 * of the encoder, and the rule that no message has two encodings.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/wire/msg.h"

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* Offsets in the encoding, as PROTOCOL.md has them. */
enum {
	AT_LENGTH = 0,
	AT_VERSION = 2,
	AT_TYPE = 3,
	AT_SESSION = 4,
	AT_BODY = 20,
	AT_HELLO_FLAGS = AT_BODY,
	AT_HELLO_RUID = AT_BODY + 4,
	AT_HELLO_USER = AT_BODY + 8,
	AT_HELLO_SERVICE = AT_HELLO_USER + 256,
	AT_HELLO_TTY = AT_HELLO_SERVICE + 64,
	AT_HELLO_RHOST = AT_HELLO_TTY + 64,
	AT_ASK_TEXT = AT_BODY + 4,
	AT_ASK_REASON = AT_BODY + 6,
	AT_ANSWER_KIND = AT_BODY + 4,
	AT_ANSWER_LENGTH = AT_BODY + 5,
	AT_ANSWER_TEXT = AT_BODY + 7,
	AT_VERDICT_GRANT = AT_BODY,
	AT_VERDICT_VERDICT = AT_BODY + 4,
	AT_VERDICT_REASON = AT_BODY + 6,
};

static const struct msg zeroed;

static struct msg message(enum msg_type type, uint8_t version)
{
	struct msg m;

	memset(&m, 0, sizeof(m));
	m.type = type;
	m.version = version;
	for (size_t i = 0; i < sizeof(m.session); i++)
		m.session[i] = (uint8_t)(0xf0 + i);
	return m;
}

static void fill_text(char *out, size_t size, char c)
{
	memset(out, c, size - 1);
	out[size - 1] = '\0';
}

#define CARD_4     0xca, 0xca, 0xca, 0xca
#define CARD_BYTES CARD_4, CARD_4, CARD_4, CARD_4, CARD_4, CARD_4, CARD_4, CARD_4

static struct msg hello_sample(uint8_t version)
{
	struct msg m = message(MSG_HELLO, version);

	m.hello.flags = MSG_HELLO_COMBINED;
	m.hello.ruid = 0x01020304;
	(void)snprintf(m.hello.user, sizeof(m.hello.user), "alice");
	(void)snprintf(m.hello.service, sizeof(m.hello.service), "sshd");
	(void)snprintf(m.hello.tty, sizeof(m.hello.tty), "ssh");
	return m;
}

static struct msg full_hello_sample(uint8_t version)
{
	struct msg m = message(MSG_HELLO, version);

	m.hello.ruid = UINT32_MAX;
	fill_text(m.hello.user, sizeof(m.hello.user), 'u');
	fill_text(m.hello.service, sizeof(m.hello.service), 's');
	fill_text(m.hello.tty, sizeof(m.hello.tty), 't');
	fill_text(m.hello.rhost, sizeof(m.hello.rhost), 'r');
	return m;
}

static struct msg welcome_sample(uint8_t version)
{
	return message(MSG_WELCOME, version);
}

/* Only version 2 carries .left, so only then has the sample one. */
static uint32_t left_in(uint8_t version, uint32_t left)
{
	return version >= 2 ? left : 0;
}

static struct msg ask_sample(uint8_t version)
{
	struct msg m = message(MSG_ASK, version);

	m.ask.seq = 0x01020304;
	m.ask.text = MSG_TEXT_CODE;
	m.ask.reason = MSG_REASON_UNAVAILABLE;
	m.ask.seconds = UINT32_MAX;
	m.ask.left = left_in(version, 0x0a0b0c0d);
	return m;
}

static struct msg info_sample(uint8_t version)
{
	struct msg m = message(MSG_INFO, version);

	m.info.reason = MSG_REASON_CLOCK;
	m.info.seconds = 33120;
	m.info.left = left_in(version, UINT32_MAX);
	return m;
}

static struct msg answer_sample(uint8_t version)
{
	struct msg m = message(MSG_ANSWER, version);

	m.answer.seq = 7;
	m.answer.kind = MSG_ANSWER_TEXT;
	assert_int_equal(secret_set(&m.answer.text, "492039", 6), 0);
	return m;
}

static struct msg empty_answer_sample(uint8_t version)
{
	struct msg m = message(MSG_ANSWER, version);

	m.answer.kind = MSG_ANSWER_TEXT; /* the person pressed Enter alone */
	return m;
}

static struct msg longest_answer_sample(uint8_t version)
{
	struct msg m = message(MSG_ANSWER, version);

	m.answer.kind = MSG_ANSWER_TEXT;
	m.answer.text.len = SECRET_MAX;
	memset(m.answer.text.data, 0xff, SECRET_MAX);
	return m;
}

static struct msg malformed_answer_sample(uint8_t version)
{
	struct msg m = message(MSG_ANSWER, version);

	m.answer.kind = MSG_ANSWER_MALFORMED;
	return m;
}

static struct msg password_answer_sample(uint8_t version)
{
	struct msg m = message(MSG_ANSWER, version);

	m.answer.kind = MSG_ANSWER_PASSWORD;
	return m;
}

static struct msg granted_sample(uint8_t version)
{
	struct msg m = message(MSG_VERDICT, version);

	m.verdict.grant = MSG_GRANT;
	m.verdict.verdict = VERDICT_GRANTED;
	m.verdict.left = left_in(version, 8);
	if (version >= 2)
		memset(m.verdict.card, 0xca, sizeof(m.verdict.card));
	return m;
}

static struct msg locked_sample(uint8_t version)
{
	struct msg m = message(MSG_VERDICT, version);

	m.verdict.verdict = VERDICT_LOCKED;
	m.verdict.reason = MSG_REASON_LOCKED;
	m.verdict.seconds = 45;
	return m;
}

static struct msg nameless_sample(uint8_t version)
{
	struct msg m = hello_sample(version);

	m.hello.flags = MSG_HELLO_NO_USER;
	memset(m.hello.user, 0, sizeof(m.hello.user));
	return m;
}

static struct msg name_sample(uint8_t version)
{
	struct msg m = message(MSG_NAME, version);

	(void)snprintf(m.name.user, sizeof(m.name.user), "alice");
	return m;
}

static struct msg nobody_sample(uint8_t version)
{
	return message(MSG_NAME, version);
}

struct sample {
	const char *name;
	struct msg (*make)(uint8_t version);
	size_t size[MSG_VERSION + 1]; /* per version */
};

static const struct sample samples[] = {
    {"hello", hello_sample, {0, 668, 668}},
    {"full hello", full_hello_sample, {0, 668, 668}},
    {"welcome", welcome_sample, {0, 20, 20}},
    {"ask", ask_sample, {0, 32, 36}},
    {"info", info_sample, {0, 32, 36}},
    {"answer", answer_sample, {0, 155, 155}},
    {"empty answer", empty_answer_sample, {0, 155, 155}},
    {"longest answer", longest_answer_sample, {0, 155, 155}},
    {"malformed answer", malformed_answer_sample, {0, 155, 155}},
    {"password answer", password_answer_sample, {0, 155, 155}},
    {"granted", granted_sample, {0, 32, 68}},
    {"locked", locked_sample, {0, 32, 68}},
    {"nameless hello", nameless_sample, {0, 668, 668}},
    {"name", name_sample, {0, 276, 276}},
    {"nobody", nobody_sample, {0, 276, 276}},
};

#define EACH_SAMPLE(s, v)                                                                      \
	for (const struct sample *s = samples; s < samples + COUNT(samples); s++)              \
		for (uint8_t v = MSG_VERSION_OLDEST; v <= MSG_VERSION; v++)

static size_t encode(const struct msg *m, uint8_t out[MSG_MAX])
{
	size_t size = msg_encode(m, out);

	assert_true(size > 0);
	return size;
}

/* A refusal leaves nothing behind, whatever was there before. */
static void assert_refused(const char *what, const uint8_t *data, size_t len)
{
	struct msg m;

	memset(&m, 0xaa, sizeof(m));
	if (msg_decode(data, len, &m) != -1)
		fail_msg("%s: was accepted", what);
	assert_memory_equal(&m, &zeroed, sizeof(m));
}

static void test_round_trips(void **state)
{
	(void)state;
	EACH_SAMPLE(s, v)
	{
		const struct msg m = s->make(v);
		uint8_t data[MSG_MAX];
		struct msg out;
		size_t size = encode(&m, data);

		assert_int_equal(size, s->size[v]);
		memset(&out, 0xaa, sizeof(out));
		assert_int_equal(msg_decode(data, size, &out), 0);
		assert_memory_equal(&out, &m, sizeof(m));
	}
}

static void test_header_bytes(void **state)
{
	(void)state;
	EACH_SAMPLE(s, v)
	{
		const struct msg m = s->make(v);
		uint8_t data[MSG_MAX];
		size_t size = encode(&m, data);

		assert_int_equal(data[AT_LENGTH] << 8 | data[AT_LENGTH + 1], size);
		assert_int_equal(data[AT_VERSION], v);
		assert_int_equal(data[AT_TYPE], m.type);
		assert_memory_equal(data + AT_SESSION, m.session, sizeof(m.session));
	}
}

/* The exact bytes once, so that encoder and decoder cannot change together unseen. */
static void test_exact_bytes(void **state)
{
	static const uint8_t ask[] = {0, 36, 2, 3, 0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6,
	    0xf7, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff, 1, 2, 3, 4, 0, 1, 0, 8, 0xff,
	    0xff, 0xff, 0xff, 0x0a, 0x0b, 0x0c, 0x0d};
	static const uint8_t granted[] = {0, 68, 2, 6, 0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6,
	    0xf7, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff, 0x6b, 0x3a, 0x97, 0xc5, 0, 1,
	    0, 0, 0, 0, 0, 0, 0, 0, 0, 8, CARD_BYTES};
	uint8_t data[MSG_MAX];
	struct msg m = ask_sample(2);

	(void)state;
	assert_int_equal(encode(&m, data), sizeof(ask));
	assert_memory_equal(data, ask, sizeof(ask));
	m = granted_sample(2);
	assert_int_equal(encode(&m, data), sizeof(granted));
	assert_memory_equal(data, granted, sizeof(granted));
	m = answer_sample(1);
	assert_int_equal(encode(&m, data), 155);
	assert_memory_equal(data + AT_BODY,
	    "\0\0\0\7\1\0\6"
	    "492039\0",
	    14);
	m = hello_sample(1);
	assert_int_equal(encode(&m, data), 668);
	assert_memory_equal(data + AT_HELLO_FLAGS, "\0\0\0\1\1\2\3\4alice", 14);
	assert_string_equal((char *)data + AT_HELLO_SERVICE, "sshd");
	assert_string_equal((char *)data + AT_HELLO_TTY, "ssh");
	assert_string_equal((char *)data + AT_HELLO_RHOST, "");
}

/* What a version-1 peer cannot say arrives as "not said". */
static void test_left_is_dropped_in_version_1(void **state)
{
	struct msg m = ask_sample(1);
	uint8_t data[MSG_MAX];
	struct msg out;
	size_t size;

	(void)state;
	m.ask.left = 3;
	size = encode(&m, data);
	assert_int_equal(msg_decode(data, size, &out), 0);
	assert_int_equal(out.ask.left, 0);
	assert_int_equal(out.ask.seconds, m.ask.seconds);
	m = granted_sample(1);
	m.verdict.left = 3;
	m.verdict.card[0] = 1;
	size = encode(&m, data);
	assert_int_equal(msg_decode(data, size, &out), 0);
	assert_int_equal(out.verdict.left, 0);
	assert_false(msg_has_card(&out));
	assert_int_equal(out.verdict.grant, MSG_GRANT);
}

static void test_every_byte_changed(void **state)
{
	(void)state;
	EACH_SAMPLE(s, v)
	{
		const struct msg m = s->make(v);
		uint8_t data[MSG_MAX];
		size_t size = encode(&m, data);

		for (size_t i = 0; i < size; i++) {
			uint8_t kept = data[i];

			for (unsigned int change = 1; change < 256; change++) {
				uint8_t again[MSG_MAX];
				struct msg out;

				data[i] = (uint8_t)(kept ^ change);
				if (msg_decode(data, size, &out) != 0) {
					assert_memory_equal(&out, &zeroed, sizeof(out));
					continue;
				}
				assert_int_equal(msg_encode(&out, again), size);
				assert_memory_equal(again, data, size);
				/* A changed byte is a changed message. */
				assert_true(memcmp(&out, &m, sizeof(m)) != 0);
			}
			data[i] = kept;
		}
	}
}

static void test_every_other_length(void **state)
{
	(void)state;
	EACH_SAMPLE(s, v)
	{
		const struct msg m = s->make(v);
		uint8_t data[MSG_MAX + 16] = {0};
		size_t size = encode(&m, data);

		for (size_t len = 0; len <= sizeof(data); len++) {
			if (len == size)
				continue;
			/* once with the length it had, once with the length it now has */
			data[AT_LENGTH] = (uint8_t)(size >> 8);
			data[AT_LENGTH + 1] = (uint8_t)(size & 0xff);
			assert_refused(s->name, data, len);
			data[AT_LENGTH] = (uint8_t)(len >> 8);
			data[AT_LENGTH + 1] = (uint8_t)(len & 0xff);
			assert_refused(s->name, data, len);
		}
	}
	assert_refused("nothing", NULL, 0);
}

static void test_every_other_version(void **state)
{
	(void)state;
	EACH_SAMPLE(s, v)
	{
		const struct msg m = s->make(v);
		uint8_t data[MSG_MAX];
		size_t size = encode(&m, data);

		for (unsigned int other = 0; other < 256; other++) {
			bool spoken = other >= MSG_VERSION_OLDEST && other <= MSG_VERSION;

			if (spoken && s->size[other] == size)
				continue;
			data[AT_VERSION] = (uint8_t)other;
			assert_refused(s->name, data, size);
		}
	}
}

static void test_every_other_type(void **state)
{
	(void)state;
	EACH_SAMPLE(s, v)
	{
		const struct msg m = s->make(v);
		uint8_t data[MSG_MAX];
		size_t size = encode(&m, data);

		data[AT_TYPE] = MSG_INVALID;
		assert_refused(s->name, data, size);
		for (unsigned int type = MSG_NAME + 1; type < 256; type++) {
			data[AT_TYPE] = (uint8_t)type;
			assert_refused(s->name, data, size);
		}
	}
}

/* One byte, or two, set in a good message that must then be refused. */
struct damage {
	const char *what;
	struct msg (*make)(uint8_t version);
	size_t at;
	uint16_t value;
	bool wide; /* two bytes */
};

static const struct damage damages[] = {
    {"hello: unknown flag", hello_sample, AT_HELLO_FLAGS + 3, 8, false},
    {"hello: who is it, with a name", hello_sample, AT_HELLO_FLAGS + 3, 4, false},
    {"hello: a name, who is it", nameless_sample, AT_HELLO_USER, 'a', false},
    {"name: behind its NUL", name_sample, AT_BODY + 6, 'x', false},
    {"name: without NUL behind nobody", nobody_sample, AT_BODY + 255, 'x', false},
    {"hello: highest flag", hello_sample, AT_HELLO_FLAGS, 0x80, false},
    {"hello: user behind its NUL", hello_sample, AT_HELLO_USER + 6, 'x', false},
    {"hello: end of user", hello_sample, AT_HELLO_SERVICE - 1, 'x', false},
    {"hello: service behind its NUL", hello_sample, AT_HELLO_TTY - 1, 'x', false},
    {"hello: tty behind its NUL", hello_sample, AT_HELLO_RHOST - 1, 'x', false},
    {"hello: rhost behind its NUL", hello_sample, AT_HELLO_RHOST + 255, 'x', false},
    {"hello: user without NUL", full_hello_sample, AT_HELLO_SERVICE - 1, 'x', false},
    {"hello: service without NUL", full_hello_sample, AT_HELLO_TTY - 1, 'x', false},
    {"hello: tty without NUL", full_hello_sample, AT_HELLO_RHOST - 1, 'x', false},
    {"hello: rhost without NUL", full_hello_sample, AT_HELLO_RHOST + 255, 'x', false},
    {"ask: text", ask_sample, AT_ASK_TEXT, MSG_TEXT_COUNT, true},
    {"ask: nothing", ask_sample, AT_ASK_TEXT, MSG_TEXT_NONE, true},
    {"ask: news", ask_sample, AT_ASK_TEXT, MSG_TEXT_RECOVERY_LEFT, true},
    {"ask: other news", ask_sample, AT_ASK_TEXT, MSG_TEXT_EMERGENCY, true},
    {"ask: a wait", ask_sample, AT_ASK_TEXT, MSG_TEXT_CARD_WAIT, true},
    {"info: a question", info_sample, AT_ASK_TEXT, MSG_TEXT_PIN, true},
    {"info: another question", info_sample, AT_ASK_TEXT, MSG_TEXT_PIN_AGAIN, true},
    {"ask: text, high byte", ask_sample, AT_ASK_TEXT, 0x0101, true},
    {"ask: reason", ask_sample, AT_ASK_REASON, MSG_REASON_COUNT, true},
    {"ask: reason, high byte", ask_sample, AT_ASK_REASON, 0x8000, true},
    {"info: text", info_sample, AT_ASK_TEXT, MSG_TEXT_COUNT, true},
    {"info: reason", info_sample, AT_ASK_REASON, MSG_REASON_COUNT, true},
    {"answer: kind 0", answer_sample, AT_ANSWER_KIND, MSG_ANSWER_INVALID, false},
    {"answer: kind 4", answer_sample, AT_ANSWER_KIND, MSG_ANSWER_PASSWORD + 1, false},
    {"answer: kind 0, empty", empty_answer_sample, AT_ANSWER_KIND, MSG_ANSWER_INVALID, false},
    {"answer: kind 4, empty", empty_answer_sample, AT_ANSWER_KIND, MSG_ANSWER_PASSWORD + 1,
        false},
    {"answer: text of a malformed one", answer_sample, AT_ANSWER_KIND, MSG_ANSWER_MALFORMED,
        false},
    {"answer: text of a password", answer_sample, AT_ANSWER_KIND, MSG_ANSWER_PASSWORD, false},
    {"answer: length too small", answer_sample, AT_ANSWER_LENGTH, 5, true},
    {"answer: length too large", answer_sample, AT_ANSWER_LENGTH, 7, true},
    {"answer: length over the field", answer_sample, AT_ANSWER_LENGTH, SECRET_MAX + 1, true},
    {"answer: length 65535", longest_answer_sample, AT_ANSWER_LENGTH, 0xffff, true},
    {"answer: NUL inside", answer_sample, AT_ANSWER_TEXT + 2, 0, false},
    {"answer: NUL at the end", longest_answer_sample, AT_ANSWER_TEXT + 127, 0, false},
    {"answer: padding", answer_sample, AT_ANSWER_TEXT + 6, 1, false},
    {"answer: end of padding", empty_answer_sample, AT_ANSWER_TEXT + 127, 1, false},
    {"verdict: number", locked_sample, AT_VERDICT_VERDICT, VERDICT_COUNT, true},
    {"verdict: number, high byte", granted_sample, AT_VERDICT_VERDICT, 0x0101, true},
    {"verdict: reason", locked_sample, AT_VERDICT_REASON, MSG_REASON_COUNT, true},
    {"verdict: granted, no constant", locked_sample, AT_VERDICT_VERDICT, VERDICT_GRANTED, true},
    {"verdict: constant, denied", granted_sample, AT_VERDICT_VERDICT, VERDICT_DENIED, true},
    {"verdict: constant, error", granted_sample, AT_VERDICT_VERDICT, VERDICT_ERROR, true},
    {"verdict: one byte of the constant", granted_sample, AT_VERDICT_GRANT + 3, 0xc4, false},
    {"verdict: half the constant", granted_sample, AT_VERDICT_GRANT, 0, true},
    {"verdict: some grant, denied", locked_sample, AT_VERDICT_GRANT + 3, 1, false},
};

static void test_damage_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(damages); i++) {
		const struct damage *d = &damages[i];

		for (uint8_t v = MSG_VERSION_OLDEST; v <= MSG_VERSION; v++) {
			const struct msg m = d->make(v);
			uint8_t data[MSG_MAX];
			size_t size = encode(&m, data);
			size_t at = d->at;

			if (d->wide)
				data[at++] = (uint8_t)(d->value >> 8);
			data[at] = (uint8_t)(d->value & 0xff);
			assert_refused(d->what, data, size);
		}
	}
}

/* Every bit of the constant counts, in both directions. */
static void test_grant_constant_is_exact(void **state)
{
	(void)state;
	for (unsigned int bit = 0; bit < 32; bit++) {
		struct msg m = granted_sample(2);
		uint8_t data[MSG_MAX];
		size_t size = encode(&m, data);

		data[AT_VERDICT_GRANT + bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_refused("grant with a bit changed", data, size);
		m = locked_sample(2);
		size = encode(&m, data);
		data[AT_VERDICT_GRANT + bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_refused("denial with a bit of grant", data, size);
	}
}

static void assert_not_encodable(const struct msg *m)
{
	static const uint8_t untouched[MSG_MAX];
	uint8_t data[MSG_MAX] = {0};

	assert_int_equal(msg_encode(m, data), 0);
	assert_memory_equal(data, untouched, sizeof(data));
}

static void test_encoder_refuses_type_and_version(void **state)
{
	(void)state;
	for (unsigned int n = 0; n < 256; n++) {
		struct msg m = welcome_sample(MSG_VERSION);

		m.type = (enum msg_type)n;
		if (n == MSG_INVALID || n > MSG_NAME)
			assert_not_encodable(&m);
		m = welcome_sample((uint8_t)n);
		if (n < MSG_VERSION_OLDEST || n > MSG_VERSION)
			assert_not_encodable(&m);
	}
}

static void test_encoder_refuses_hello(void **state)
{
	struct msg m = hello_sample(2);

	(void)state;
	m.hello.flags = MSG_HELLO_NO_USER << 1;
	assert_not_encodable(&m);
	m = hello_sample(2);
	m.hello.flags = MSG_HELLO_NO_USER;
	assert_not_encodable(&m);
	m = name_sample(2);
	memset(m.name.user, 'x', sizeof(m.name.user));
	assert_not_encodable(&m);
	m = hello_sample(2);
	memset(m.hello.user, 'x', sizeof(m.hello.user));
	assert_not_encodable(&m);
	m = hello_sample(2);
	memset(m.hello.service, 'x', sizeof(m.hello.service));
	assert_not_encodable(&m);
	m = hello_sample(2);
	memset(m.hello.tty, 'x', sizeof(m.hello.tty));
	assert_not_encodable(&m);
	m = hello_sample(2);
	memset(m.hello.rhost, 'x', sizeof(m.hello.rhost));
	assert_not_encodable(&m);
}

/* Bytes behind the NUL of a C string are nobody's business: they do not reach the wire. */
static void test_encoder_drops_what_is_behind_a_nul(void **state)
{
	struct msg m = hello_sample(2);
	uint8_t clean[MSG_MAX];
	uint8_t dirty[MSG_MAX];

	(void)state;
	assert_int_equal(encode(&m, clean), 668);
	memset(m.hello.user + 6, 'x', sizeof(m.hello.user) - 6);
	assert_int_equal(encode(&m, dirty), 668);
	assert_memory_equal(clean, dirty, 668);
}

static void test_encoder_refuses_ask_and_info(void **state)
{
	struct msg m = ask_sample(2);

	(void)state;
	m.ask.text = MSG_TEXT_COUNT;
	assert_not_encodable(&m);
	m = info_sample(1);
	m.info.reason = MSG_REASON_COUNT;
	assert_not_encodable(&m);
}

static bool is_question(uint16_t text)
{
	return text >= MSG_TEXT_PIN && text <= MSG_TEXT_PIN_AGAIN;
}

/* A module of version 1 would show the question for a code, or nothing. */
static void test_news_since_version_2(void **state)
{
	(void)state;
	for (uint16_t text = 0; text < MSG_TEXT_COUNT; text++) {
		struct msg m = info_sample(2), out;
		uint8_t data[MSG_MAX];
		size_t size;

		m.info.text = text;
		if (is_question(text)) {
			assert_not_encodable(&m);
		} else {
			size = encode(&m, data);
			assert_int_equal(msg_decode(data, size, &out), 0);
			assert_int_equal(out.info.text, text);
		}
		m = info_sample(1);
		m.info.text = text;
		if (text > MSG_TEXT_CODE) {
			assert_not_encodable(&m);
			m.info.text = MSG_TEXT_NONE;
			size = encode(&m, data);
			data[AT_ASK_TEXT + 1] = (uint8_t)text;
			assert_refused("news in version 1", data, size);
		} else {
			(void)encode(&m, data);
		}
		m = ask_sample(2);
		m.ask.text = text;
		if (is_question(text)) {
			size = encode(&m, data);
			assert_int_equal(msg_decode(data, size, &out), 0);
			assert_int_equal(out.ask.text, text);
			m = ask_sample(1);
			m.ask.text = text;
		}
		if (text != MSG_TEXT_CODE)
			assert_not_encodable(&m);
	}
}

/* Nor has it words for what goes wrong with a card. */
static void test_reasons_since_version_2(void **state)
{
	(void)state;
	for (uint16_t reason = 0; reason < MSG_REASON_COUNT; reason++) {
		struct msg ask = ask_sample(1), info = info_sample(1),
		           verdict = locked_sample(1);
		uint8_t data[MSG_MAX];

		ask.ask.reason = info.info.reason = verdict.verdict.reason = reason;
		if (reason > MSG_REASON_UNAVAILABLE) {
			assert_not_encodable(&ask);
			assert_not_encodable(&info);
			assert_not_encodable(&verdict);
			ask.version = info.version = verdict.version = 2;
		}
		(void)encode(&ask, data);
		(void)encode(&info, data);
		(void)encode(&verdict, data);
	}
}

static void test_encoder_refuses_answer(void **state)
{
	struct msg m = answer_sample(2);

	(void)state;
	m.answer.kind = MSG_ANSWER_INVALID;
	assert_not_encodable(&m);
	m.answer.kind = MSG_ANSWER_PASSWORD + 1;
	assert_not_encodable(&m);
	m.answer.kind = MSG_ANSWER_MALFORMED;
	assert_not_encodable(&m);
	m.answer.kind = MSG_ANSWER_PASSWORD;
	assert_not_encodable(&m);
	m = empty_answer_sample(2);
	m.answer.kind = MSG_ANSWER_INVALID;
	assert_not_encodable(&m);
	m.answer.kind = MSG_ANSWER_PASSWORD + 1;
	assert_not_encodable(&m);
	m = answer_sample(2);
	m.answer.text.len = 7; /* a NUL inside */
	assert_not_encodable(&m);
	m.answer.text.len = SECRET_MAX + 1;
	assert_not_encodable(&m);
	m.answer.text.len = SIZE_MAX;
	assert_not_encodable(&m);
}

static void test_encoder_refuses_verdict(void **state)
{
	struct msg m = granted_sample(2);

	(void)state;
	m.verdict.grant = 0;
	assert_not_encodable(&m);
	m.verdict.grant = MSG_GRANT + 1;
	assert_not_encodable(&m);
	m = locked_sample(2);
	m.verdict.grant = MSG_GRANT;
	assert_not_encodable(&m);
	m.verdict.grant = 1;
	assert_not_encodable(&m);
	m = locked_sample(2);
	m.verdict.verdict = VERDICT_COUNT;
	assert_not_encodable(&m);
	m = locked_sample(2);
	m.verdict.reason = MSG_REASON_COUNT;
	assert_not_encodable(&m);
	/* a card opened, and nobody was let in */
	m = locked_sample(2);
	m.verdict.card[MSG_CARD_SIZE - 1] = 1;
	assert_not_encodable(&m);
}

/* A zeroed verdict, which is what forgetting makes, is an error and no grant. */
static void test_forgotten_verdict_denies(void **state)
{
	struct msg m = message(MSG_VERDICT, MSG_VERSION);
	uint8_t data[MSG_MAX];
	struct msg out;
	size_t size = encode(&m, data);

	(void)state;
	assert_int_equal(msg_decode(data, size, &out), 0);
	assert_int_equal(out.verdict.verdict, VERDICT_ERROR);
	assert_int_equal(out.verdict.grant, 0);
}

static void test_clear(void **state)
{
	struct msg m;

	(void)state;
	memset(&m, 0xaa, sizeof(m));
	msg_clear(&m);
	assert_memory_equal(&m, &zeroed, sizeof(m));
	assert_int_equal(m.type, MSG_INVALID);
	msg_clear(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_round_trips),
	    cmocka_unit_test(test_header_bytes),
	    cmocka_unit_test(test_exact_bytes),
	    cmocka_unit_test(test_left_is_dropped_in_version_1),
	    cmocka_unit_test(test_every_byte_changed),
	    cmocka_unit_test(test_every_other_length),
	    cmocka_unit_test(test_every_other_version),
	    cmocka_unit_test(test_every_other_type),
	    cmocka_unit_test(test_damage_is_refused),
	    cmocka_unit_test(test_grant_constant_is_exact),
	    cmocka_unit_test(test_encoder_refuses_type_and_version),
	    cmocka_unit_test(test_encoder_refuses_hello),
	    cmocka_unit_test(test_encoder_drops_what_is_behind_a_nul),
	    cmocka_unit_test(test_encoder_refuses_ask_and_info),
	    cmocka_unit_test(test_news_since_version_2),
	    cmocka_unit_test(test_reasons_since_version_2),
	    cmocka_unit_test(test_encoder_refuses_answer),
	    cmocka_unit_test(test_encoder_refuses_verdict),
	    cmocka_unit_test(test_forgotten_verdict_denies),
	    cmocka_unit_test(test_clear),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
