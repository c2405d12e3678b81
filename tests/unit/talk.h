/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A login over a socket pair: the test plays the module at one end, login_run() sits at the
 * other in a thread. Included once in a program, after alice.h.
 */
#ifndef SEKISHO_TEST_TALK_H
#define SEKISHO_TEST_TALK_H

#include <pthread.h>
#include <sys/socket.h>

#include "lib/login/login.h"

static struct login_account account;
static struct msg hello;
static enum verdict returned;
enum { BEGIN_UNSURE = 1, BEGIN_COMBINED = 2 };
static int begin_with;
static uint8_t wire_version = MSG_VERSION;
static char waits[64]; /* what .waiting was told, in order */
static bool cards_wanted, cards_elsewhere;
static enum source source = SOURCE_CONSOLE;
static struct card_service *cards;

static inline void note_wait(bool human)
{
	size_t n = strlen(waits);

	if (n < sizeof waits - 1)
		waits[n] = human ? 'h' : 'm';
}

static inline void *session_thread(void *context)
{
	static const struct err no_store = {.number = ERR_NO_STORE, .object = "x", .why = "y"};
	const struct login_setup s = {.fd = *(int *)context,
	    .hello = &hello,
	    .account = &account,
	    .source = source,
	    .store = &store,
	    .store_err = &no_store,
	    .emergency_dir = store.dir,
	    .emergency_path = store_path,
	    .config_name = "sekisho.conf",
	    .clock = &clk,
	    .audit = &sink,
	    .actor = 1000,
	    .cards_wanted = cards_wanted,
	    .cards_elsewhere = cards_elsewhere,
	    .cards = cards,
	    .waiting = note_wait};

	returned = login_run(&s);
	return NULL;
}

struct talk {
	int fds[2];
	pthread_t thread;
	uint32_t seq;
	uint8_t version; /* of the answers */
};

static inline void begin(struct talk *t, const char *user, bool known)
{
	memset(&account, 0, sizeof account);
	account.known = known;
	account.uid = known ? UID : 0;
	snprintf(account.name, sizeof account.name, "%s", user);
	memset(&hello, 0, sizeof hello);
	hello.type = MSG_HELLO;
	hello.version = wire_version;
	memcpy(hello.session, "session-session!", 16);
	snprintf(hello.hello.user, sizeof hello.hello.user, "%s", user);
	hello.hello.flags = begin_with == BEGIN_COMBINED ? MSG_HELLO_COMBINED : 0;
	account.groups_unsure = begin_with == BEGIN_UNSURE;
	snprintf(hello.hello.service, sizeof hello.hello.service, "test");
	memset(waits, 0, sizeof waits);
	log_lines = 0;
	returned = VERDICT_COUNT;
	t->seq = 0;
	t->version = wire_version;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, t->fds), 0);
	assert_int_equal(pthread_create(&t->thread, NULL, session_thread, &t->fds[1]), 0);
}

static inline struct msg next(struct talk *t)
{
	struct msg m;

	assert_int_equal(chan_recv(t->fds[0], hello.session, &m, 10000), CHAN_OK);
	return m;
}

static inline void answer_raw(struct talk *t, uint8_t kind, const char *text)
{
	struct msg m;

	memset(&m, 0, sizeof m);
	m.type = MSG_ANSWER;
	m.version = t->version;
	memcpy(m.session, hello.session, 16);
	m.answer.seq = t->seq;
	m.answer.kind = kind;
	assert_int_equal(secret_set(&m.answer.text, text, strlen(text)), 0);
	assert_int_equal(chan_send(t->fds[0], &m, 1000), CHAN_OK);
}

static inline struct msg expect_question(
    struct talk *t, enum msg_text text, enum msg_reason reason)
{
	struct msg m = next(t);

	assert_int_equal(m.version, wire_version);
	assert_int_equal(m.type, MSG_ASK);
	assert_int_equal(m.ask.text, text);
	assert_int_equal(m.ask.reason, reason);
	assert_int_equal(m.ask.seq, t->seq + 1);
	t->seq = m.ask.seq;
	return m;
}

static inline void expect_ask(struct talk *t, enum msg_reason reason)
{
	(void)expect_question(t, MSG_TEXT_CODE, reason);
}

static inline struct msg expect_verdict(struct talk *t, enum verdict v, enum msg_reason reason)
{
	struct msg m = next(t);

	assert_int_equal(m.type, MSG_VERDICT);
	assert_int_equal(m.verdict.verdict, v);
	assert_int_equal(m.verdict.reason, reason);
	assert_int_equal(m.verdict.grant, v == VERDICT_GRANTED ? MSG_GRANT : 0);
	assert_int_equal(pthread_join(t->thread, NULL), 0);
	assert_int_equal(returned, v);
	close(t->fds[0]);
	close(t->fds[1]);
	return m;
}

#endif
