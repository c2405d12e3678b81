/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A helper for tests of the module: speaks the protocol on fd 0, well or badly, as the name of
 * its own file says. Verifies nobody.
 */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/wire/chan.h"

#define CODE    "123456"
#define WAIT_MS 60000

extern char **environ;

static struct msg hello;
static char **arguments;

static struct msg blank(enum msg_type type)
{
	struct msg m;

	memset(&m, 0, sizeof(m));
	m.type = type;
	m.version = hello.version;
	memcpy(m.session, hello.session, sizeof(m.session));
	return m;
}

static void say(const struct msg *m)
{
	if (chan_send(0, m, WAIT_MS) != CHAN_OK)
		exit(1);
}

/* Byte by byte as the caller wants it. */
static void say_raw(const struct msg *m, long extra, void (*spoil)(uint8_t *data))
{
	uint8_t data[MSG_MAX + 1] = {0};
	size_t len = msg_encode(m, data);

	if (len == 0)
		abort();
	if (spoil != NULL)
		spoil(data);
	if (send(0, data, (size_t)((long)len + extra), MSG_NOSIGNAL) < 0)
		exit(1);
}

static void welcome(void)
{
	struct msg m = blank(MSG_WELCOME);

	say(&m);
}

static struct msg asking(uint32_t seq, enum msg_reason reason)
{
	struct msg m = blank(MSG_ASK);

	m.ask.seq = seq;
	m.ask.text = MSG_TEXT_CODE;
	m.ask.reason = (uint16_t)reason;
	return m;
}

static void ask(uint32_t seq, enum msg_reason reason)
{
	struct msg m = asking(seq, reason);

	say(&m);
}

static struct msg listen_answer(void)
{
	struct msg m;

	if (chan_recv(0, hello.session, &m, CHAN_FOREVER) != CHAN_OK || m.type != MSG_ANSWER)
		exit(0);
	return m;
}

static struct msg verdict_of(enum verdict v)
{
	struct msg m = blank(MSG_VERDICT);

	m.verdict.verdict = (uint16_t)v;
	m.verdict.grant = v == VERDICT_GRANTED ? MSG_GRANT : 0;
	return m;
}

static void judge(enum verdict v)
{
	struct msg m = verdict_of(v);

	say(&m);
}

static void ask_once(void)
{
	welcome();
	ask(1, MSG_REASON_NONE);
	(void)listen_answer();
}

static void die(void)
{
	(void)kill(getpid(), SIGKILL);
}

static void hang(void)
{
	for (;;)
		(void)pause();
}

static void wait_for_end(void)
{
	uint8_t rest[MSG_MAX];

	while (recv(0, rest, sizeof(rest), 0) > 0)
		;
}

/* ---- the modes */

static void mode_grant(void)
{
	ask_once();
	judge(VERDICT_GRANTED);
}

static void mode_deny(void)
{
	ask_once();
	judge(VERDICT_DENIED);
}

static void mode_locked(void)
{
	struct msg m = verdict_of(VERDICT_LOCKED);

	m.verdict.reason = MSG_REASON_LOCKED;
	m.verdict.seconds = 95;
	ask_once();
	say(&m);
}

static void mode_unavailable(void)
{
	ask_once();
	judge(VERDICT_UNAVAILABLE);
}

static void mode_not_allowed(void)
{
	welcome();
	judge(VERDICT_NOT_ALLOWED);
}

static void mode_error(void)
{
	ask_once();
	judge(VERDICT_ERROR);
}

static void mode_unasked(void)
{
	welcome();
	judge(VERDICT_GRANTED);
}

/* To a card. */
static void mode_card(void)
{
	struct msg m = verdict_of(VERDICT_GRANTED);

	for (size_t i = 0; i < MSG_CARD_SIZE; i++)
		m.verdict.card[i] = (uint8_t)(0xf0 + i);
	ask_once();
	say(&m);
}

/* Grants for CODE; three tries. */
static void ask_for_code(uint32_t first)
{
	for (uint32_t seq = first; seq <= 3; seq++) {
		struct msg m;

		ask(seq, seq == 1 ? MSG_REASON_NONE : MSG_REASON_WRONG);
		m = listen_answer();
		if (m.answer.kind == MSG_ANSWER_TEXT && m.answer.text.len == strlen(CODE) &&
		    memcmp(m.answer.text.data, CODE, strlen(CODE)) == 0) {
			judge(VERDICT_GRANTED);
			return;
		}
	}
	judge(VERDICT_DENIED);
}

static void mode_code(void)
{
	welcome();
	ask_for_code(1);
}

/* A card is in the reader: its PIN first. Only Enter leads on. */
static void mode_pin_code(void)
{
	struct msg m = asking(1, MSG_REASON_NONE);

	welcome();
	m.ask.text = MSG_TEXT_PIN;
	say(&m);
	m = listen_answer();
	if (m.answer.kind == MSG_ANSWER_TEXT && m.answer.text.len == 0)
		ask_for_code(2);
	else
		judge(VERDICT_DENIED);
}

/* Waits for a card longer than a module would wait for a helper that said nothing of it. */
static void mode_card_wait(void)
{
	struct msg m = blank(MSG_INFO);

	ask_once();
	m.info.text = MSG_TEXT_CARD_WAIT;
	m.info.seconds = 10;
	say(&m);
	(void)sleep(22);
	judge(VERDICT_GRANTED);
}

/* Tells with the second question what the first answer was: kind * 1000 + length. */
static void mode_echo(void)
{
	struct msg m, second;

	welcome();
	ask(1, MSG_REASON_NONE);
	m = listen_answer();
	second = asking(2, MSG_REASON_MALFORMED);
	second.ask.left = m.answer.kind * 1000U + (uint32_t)m.answer.text.len;
	say(&second);
	(void)listen_answer();
	judge(VERDICT_DENIED);
}

static void mode_info(void)
{
	struct msg m = blank(MSG_INFO);

	welcome();
	m.info.reason = MSG_REASON_BUSY;
	say(&m);
	ask(1, MSG_REASON_NONE);
	(void)listen_answer();
	judge(VERDICT_GRANTED);
}

static void mode_wait(void)
{
	struct msg m = asking(1, MSG_REASON_LOCKED);

	m.ask.seconds = 90;
	welcome();
	say(&m);
	(void)listen_answer();
	judge(VERDICT_LOCKED);
}

static void mode_hang_welcome(void)
{
	hang();
}

static void mode_hang_ask(void)
{
	welcome();
	hang();
}

static void mode_hang_verdict(void)
{
	ask_once();
	hang();
}

static void mode_die_welcome(void)
{
	die();
}

static void mode_die_ask(void)
{
	welcome();
	die();
}

static void mode_die_answer(void)
{
	welcome();
	ask(1, MSG_REASON_NONE);
	die();
}

static void mode_die_verdict(void)
{
	ask_once();
	die();
}

static void mode_cut_welcome(void)
{
	struct msg m = blank(MSG_WELCOME);

	say_raw(&m, -1, NULL);
	wait_for_end();
}

static void mode_cut_ask(void)
{
	struct msg m = asking(1, MSG_REASON_NONE);

	welcome();
	say_raw(&m, -1, NULL);
	wait_for_end();
}

static void mode_cut_verdict(void)
{
	struct msg m = verdict_of(VERDICT_GRANTED);

	ask_once();
	say_raw(&m, -1, NULL);
	hang();
}

static void mode_long_verdict(void)
{
	struct msg m = verdict_of(VERDICT_GRANTED);

	ask_once();
	say_raw(&m, 1, NULL);
	hang();
}

static const size_t after_header = 4 + MSG_SESSION_SIZE;

static void spoil_constant(uint8_t *data)
{
	data[after_header] ^= 1;
}

static void spoil_enum(uint8_t *data)
{
	data[after_header + 5] = 200;
}

static void spoil_denied(uint8_t *data)
{
	data[after_header + 5] = VERDICT_DENIED;
}

static void spoil_type(uint8_t *data)
{
	data[3] = 99;
}

static void spoiled_grant(void (*spoil)(uint8_t *data))
{
	struct msg m = verdict_of(VERDICT_GRANTED);

	ask_once();
	say_raw(&m, 0, spoil);
	/* Behind a socket nobody can kill it; started directly it must be killed. */
	if (strcmp(arguments[1], "--door=direct") == 0)
		hang();
}

static void mode_lie_constant(void)
{
	spoiled_grant(spoil_constant);
}

static void mode_lie_enum(void)
{
	spoiled_grant(spoil_enum);
}

static void mode_lie_denied(void)
{
	spoiled_grant(spoil_denied);
}

static void mode_lie_type(void)
{
	spoiled_grant(spoil_type);
}

static void mode_lie_version(void)
{
	struct msg m = verdict_of(VERDICT_GRANTED);

	ask_once();
	m.version = MSG_VERSION_OLDEST;
	say(&m);
	wait_for_end();
}

/* A perfect grant, of another session. */
static void mode_replay(void)
{
	struct msg m = verdict_of(VERDICT_GRANTED);

	ask_once();
	for (size_t i = 0; i < sizeof(m.session); i++)
		m.session[i] ^= 0x55;
	say(&m);
	wait_for_end();
}

static void mode_no_welcome(void)
{
	judge(VERDICT_GRANTED);
	wait_for_end();
}

static void mode_flood(void)
{
	struct msg m = blank(MSG_INFO);

	welcome();
	m.info.reason = MSG_REASON_BUSY;
	for (;;)
		say(&m);
}

static void mode_order(void)
{
	welcome();
	ask(7, MSG_REASON_NONE);
	(void)listen_answer();
	judge(VERDICT_GRANTED);
}

static void mode_nosy(void)
{
	welcome();
	for (uint32_t seq = 1;; seq++) {
		ask(seq, MSG_REASON_WRONG);
		(void)listen_answer();
	}
}

static void mode_lie_name(void)
{
	struct msg m = blank(MSG_NAME);

	ask_once();
	(void)snprintf(m.name.user, sizeof(m.name.user), "alice");
	say(&m);
	wait_for_end();
}

/* ---- whom a card names: what is said instead of the one right answer */

static struct msg naming(const char *user)
{
	struct msg m = blank(MSG_NAME);

	(void)snprintf(m.name.user, sizeof(m.name.user), "%s", user);
	return m;
}

static void name_nobody(void)
{
	struct msg m = naming("");

	say(&m);
}

static void name_alice(void)
{
	struct msg m = naming("alice");

	say(&m);
}

static void name_by_grant(void)
{
	judge(VERDICT_GRANTED);
	wait_for_end();
}

static void name_by_question(void)
{
	ask(1, MSG_REASON_NONE);
	(void)listen_answer();
	name_alice();
}

static void name_cut(void)
{
	struct msg m = naming("alice");

	say_raw(&m, -1, NULL);
	wait_for_end();
}

static void name_version(void)
{
	struct msg m = naming("alice");

	m.version = MSG_VERSION_OLDEST;
	say(&m);
	wait_for_end();
}

static void name_replay(void)
{
	struct msg m = naming("alice");

	m.session[0] ^= 1;
	say(&m);
	wait_for_end();
}

static const struct {
	const char *mode;
	void (*run)(void);
} namers[] = {
    {"name", name_alice},
    {"name-grant", name_by_grant},
    {"name-question", name_by_question},
    {"name-cut", name_cut},
    {"name-version", name_version},
    {"name-replay", name_replay},
    {"name-die", die},
    {"name-hang", hang},
};

static void name_somebody(const char *mode)
{
	welcome();
	for (size_t i = 0; i < sizeof(namers) / sizeof(namers[0]); i++) {
		if (strcmp(namers[i].mode, mode) == 0) {
			namers[i].run();
			return;
		}
	}
	name_nobody();
}

/* ---- what the module gave this process */

static bool leads_to_null(int fd)
{
	struct stat st, null;

	return fstat(fd, &st) == 0 && stat("/dev/null", &null) == 0 &&
	       st.st_rdev == null.st_rdev && S_ISCHR(st.st_mode);
}

static bool nothing_else_open(void)
{
	for (int fd = 3; fd < 4096; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			return false;
	}
	return true;
}

/* exec keeps SIG_IGN and nothing else; a handler is one of this program's own (a sanitizer's).
 */
static bool is_ignored(const void *handler)
{
	return (uintptr_t)handler == (uintptr_t)SIG_IGN;
}

static bool signals_as_new(void)
{
	static const uint64_t none;
	uint64_t mask = 1;

	for (int n = 1; n <= 64; n++) {
		void *action[20] = {NULL};

		if (n == SIGKILL || n == SIGSTOP)
			continue;
		if (syscall(SYS_rt_sigaction, n, NULL, action, sizeof(mask)) != 0 ||
		    is_ignored(action[0]))
			return false;
	}
	(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, NULL, &mask, sizeof(mask));
	return mask == none;
}

/* Denies, and says by the number of tries left what is wrong. */
static void mode_inspect(void)
{
	const bool right[] = {
	    arguments[0] != NULL && strcmp(arguments[0], "sekisho-auth") == 0,
	    arguments[1] != NULL && strcmp(arguments[1], "--door=direct") == 0 &&
	        arguments[2] == NULL,
	    environ[0] == NULL,
	    leads_to_null(1) && leads_to_null(2),
	    nothing_else_open(),
	    signals_as_new(),
	    getsid(0) == getpid(),
	    hello.hello.ruid == getuid(),
	    hello.version == MSG_VERSION,
	};
	struct msg m = asking(1, MSG_REASON_NONE);

	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		if (!right[i])
			m.ask.left = (uint32_t)i + 1;
	}
	welcome();
	say(&m);
	(void)listen_answer();
	judge(m.ask.left == 0 ? VERDICT_GRANTED : VERDICT_DENIED);
}

static const struct {
	const char *name;
	void (*run)(void);
} modes[] = {
    {"grant", mode_grant},
    {"card", mode_card},
    {"deny", mode_deny},
    {"locked", mode_locked},
    {"unavailable", mode_unavailable},
    {"not-allowed", mode_not_allowed},
    {"error", mode_error},
    {"unasked", mode_unasked},
    {"code", mode_code},
    {"pin-code", mode_pin_code},
    {"card-wait", mode_card_wait},
    {"echo", mode_echo},
    {"info", mode_info},
    {"wait", mode_wait},
    {"hang-welcome", mode_hang_welcome},
    {"hang-ask", mode_hang_ask},
    {"hang-verdict", mode_hang_verdict},
    {"die-welcome", mode_die_welcome},
    {"die-ask", mode_die_ask},
    {"die-answer", mode_die_answer},
    {"die-verdict", mode_die_verdict},
    {"cut-welcome", mode_cut_welcome},
    {"cut-ask", mode_cut_ask},
    {"cut-verdict", mode_cut_verdict},
    {"long-verdict", mode_long_verdict},
    {"lie-constant", mode_lie_constant},
    {"lie-enum", mode_lie_enum},
    {"lie-denied", mode_lie_denied},
    {"lie-type", mode_lie_type},
    {"lie-version", mode_lie_version},
    {"lie-name", mode_lie_name},
    {"name", mode_code},
    {"name-grant", mode_code},
    {"name-question", mode_code},
    {"name-cut", mode_code},
    {"name-version", mode_code},
    {"name-replay", mode_code},
    {"name-die", mode_code},
    {"name-hang", mode_code},
    {"replay", mode_replay},
    {"no-welcome", mode_no_welcome},
    {"flood", mode_flood},
    {"order", mode_order},
    {"nosy", mode_nosy},
    {"inspect", mode_inspect},
};

static void list_modes(void)
{
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		puts(modes[i].name);
}

int main(int argc, char **argv)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	const char *name;

	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		list_modes();
		return 0;
	}
	if (n < 0)
		return 1;
	path[n] = '\0';
	name = strrchr(path, '/') + 1;
	arguments = argv;
	if (chan_recv(0, NULL, &hello, WAIT_MS) != CHAN_OK || hello.type != MSG_HELLO)
		return 1;
	if ((hello.hello.flags & MSG_HELLO_NO_USER) != 0) {
		name_somebody(name);
		return 0;
	}
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(modes[i].name, name) == 0) {
			modes[i].run();
			return 0;
		}
	}
	return 1;
}
