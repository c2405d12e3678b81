/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The module's side of the protocol without PAM, for tests of the doors and of the helper.
 *
 * client [--uid N] [--ruid N] [--version N] [--rhost H] [--tty T] [--service S] [--idle N]
 *        [--hold] [--start HELPER] [--leave] [--burst N] [--lines] SOCKET USER [CODE...]
 *
 * Answers each question with the next CODE and prints `info T left N` for each INFO and
 * `verdict V reason R seconds S ms M` (M: from the last answer on) or, when codes run out,
 * `asked R`. --idle opens N sessions that stay at the question, prints `idle N` and waits for
 * the end of standard input. --start runs HELPER itself instead of connecting (SOCKET is then
 * the door's word). --leave ends at once when the last CODE is sent, --hold only with standard
 * input. --burst opens N sessions,
 * waits until each has its question, answers all of them with CODE and prints the reply to
 * each. USER - asks whom a card names, and prints `name USER ms M`. --lines takes codes from
 * standard input, a line each, after `asked R` for each question; its end is the end of the
 * login.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/wire/chan.h"
#include "lib/wire/clock.h"

#define PATIENCE_MS 30000

static struct msg hello = {.type = MSG_HELLO, .version = MSG_VERSION};
static const char *helper;
static bool hold, leave, lines;

__attribute__((noreturn)) static void die(const char *what)
{
	perror(what);
	exit(2);
}

static int start(const char *door)
{
	char word[32];
	int fds[2];

	snprintf(word, sizeof word, "--door=%s", door);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
		die("socketpair");
	switch (fork()) {
	case -1:
		die("fork");
	case 0:
		if (dup2(fds[1], 0) == 0)
			execl(helper, "sekisho-auth", word, (char *)NULL);
		_exit(127);
	default:
		close(fds[1]);
		return fds[0];
	}
}

static int knock(const char *path)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) != 0)
		die(path);
	return fd;
}

static int greet(const char *where)
{
	int fd = helper != NULL ? start(where) : knock(where);
	struct msg m;

	if (getrandom(hello.session, sizeof hello.session, 0) != sizeof hello.session ||
	    chan_send(fd, &hello, PATIENCE_MS) != CHAN_OK ||
	    chan_recv(fd, hello.session, &m, PATIENCE_MS) != CHAN_OK || m.type != MSG_WELCOME) {
		printf("no welcome\n");
		exit(1);
	}
	return fd;
}

static int answer(int fd, uint32_t seq, const char *code)
{
	struct msg m;

	memset(&m, 0, sizeof m);
	m.type = MSG_ANSWER;
	m.version = hello.version;
	memcpy(m.session, hello.session, sizeof m.session);
	m.answer.seq = seq;
	m.answer.kind = MSG_ANSWER_TEXT;
	if (secret_set(&m.answer.text, code, strlen(code)) != 0)
		return -1;
	return chan_send(fd, &m, PATIENCE_MS) == CHAN_OK ? 0 : -1;
}

static void wait_for_end(void)
{
	char c;

	fflush(stdout);
	while (read(0, &c, 1) > 0)
		continue;
}

/* NULL: there is none any more. */
static const char *next_code(char ***codes, const struct msg *m, unsigned long ms)
{
	static char line[128];

	if (**codes != NULL)
		return *(*codes)++;
	printf(
	    "asked %u ms %lu text %u left %u\n", m->ask.reason, ms, m->ask.text, m->ask.left);
	fflush(stdout);
	if (!lines || fgets(line, sizeof line, stdin) == NULL)
		return NULL;
	line[strcspn(line, "\n")] = '\0';
	return line;
}

static int talk(int fd, char **codes)
{
	const char *code;
	uint64_t answered = monotonic_ms();
	struct msg m;

	for (;;) {
		enum chan_result r = chan_recv(fd, hello.session, &m, PATIENCE_MS);
		unsigned long ms = (unsigned long)(monotonic_ms() - answered);

		if (r != CHAN_OK) {
			printf("gone %d ms %lu\n", r, ms);
			return 1;
		}
		if (m.type == MSG_INFO)
			continue;
		if (m.type == MSG_NAME) {
			printf("name %s ms %lu\n", m.name.user, ms);
			return m.name.user[0] != '\0' ? 0 : 1;
		}
		if (m.type == MSG_VERDICT) {
			printf("verdict %u reason %u seconds %u ms %lu\n", m.verdict.verdict,
			    m.verdict.reason, m.verdict.seconds, ms);
			if (hold)
				wait_for_end();
			return m.verdict.verdict == VERDICT_GRANTED ? 0 : 1;
		}
		code = next_code(&codes, &m, ms);
		if (code == NULL) {
			if (hold)
				wait_for_end();
			return 1;
		}
		answered = monotonic_ms();
		if (answer(fd, m.ask.seq, code) != 0) {
			printf("gone before the answer\n"); /* killed behind its question */
			return 1;
		}
		if (leave && *codes == NULL)
			_exit(0);
	}
}

static int idle(const char *where, long count)
{
	struct msg m;

	for (long i = 0; i < count; i++) {
		int fd = greet(where);

		/* one that had to give way at once is as idle as it will get */
		(void)!chan_recv(fd, hello.session, &m, PATIENCE_MS);
	}
	printf("idle %ld\n", count);
	wait_for_end();
	return 0;
}

#define BURST_MAX 64

static int burst(const char *where, size_t count, const char *code)
{
	static uint8_t ids[BURST_MAX][MSG_SESSION_SIZE];
	static char *no_codes[] = {NULL};
	int fds[BURST_MAX], granted = 0;
	struct msg m;

	for (size_t i = 0; i < count; i++) {
		fds[i] = greet(where);
		memcpy(ids[i], hello.session, sizeof ids[i]);
	}
	for (size_t i = 0; i < count; i++)
		if (chan_recv(fds[i], ids[i], &m, PATIENCE_MS) != CHAN_OK || m.type != MSG_ASK)
			die("question");
	for (size_t i = 0; i < count; i++) {
		memcpy(hello.session, ids[i], sizeof ids[i]);
		if (answer(fds[i], 1, code) != 0)
			die("answer");
	}
	for (size_t i = 0; i < count; i++) {
		memcpy(hello.session, ids[i], sizeof ids[i]);
		granted += talk(fds[i], no_codes) == 0;
	}
	return granted == 1 ? 0 : 1;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"uid", 1, NULL, 'u'}, {"ruid", 1, NULL, 'r'},
	    {"version", 1, NULL, 'v'}, {"idle", 1, NULL, 'i'}, {"start", 1, NULL, 's'},
	    {"rhost", 1, NULL, 'h'}, {"service", 1, NULL, 'p'}, {"hold", 0, NULL, 'o'},
	    {"burst", 1, NULL, 'b'}, {"leave", 0, NULL, 'l'}, {"tty", 1, NULL, 't'},
	    {"lines", 0, NULL, 'n'}, {NULL, 0, NULL, 0}};
	long count = 0, parked = 0;
	int c;

	hello.hello.ruid = getuid();
	snprintf(hello.hello.service, sizeof hello.hello.service, "client");
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		unsigned long n = optarg != NULL ? strtoul(optarg, NULL, 10) : 0;

		switch (c) {
		case 'u':
			if (setresuid((uid_t)n, (uid_t)n, (uid_t)n) != 0)
				die("setresuid");
			break;
		case 'r':
			hello.hello.ruid = (uint32_t)n;
			break;
		case 'v':
			hello.version = (uint8_t)n;
			break;
		case 'i':
			count = (long)n;
			break;
		case 's':
			helper = optarg;
			break;
		case 'h':
			snprintf(hello.hello.rhost, sizeof hello.hello.rhost, "%s", optarg);
			break;
		case 't':
			snprintf(hello.hello.tty, sizeof hello.hello.tty, "%s", optarg);
			break;
		case 'b':
			parked = (long)n;
			break;
		case 'o':
			hold = true;
			break;
		case 'l':
			leave = true;
			break;
		case 'n':
			lines = true;
			break;
		case 'p':
			snprintf(hello.hello.service, sizeof hello.hello.service, "%s", optarg);
			break;
		default:
			return 2;
		}
	}
	if (argc - optind < 2)
		return 2;
	if (strcmp(argv[optind + 1], "-") == 0)
		hello.hello.flags |= MSG_HELLO_NO_USER;
	else
		snprintf(hello.hello.user, sizeof hello.hello.user, "%s", argv[optind + 1]);
	if (count > 0)
		return idle(argv[optind], count);
	if (parked > 0 && parked <= BURST_MAX && argc - optind == 3)
		return burst(argv[optind], (size_t)parked, argv[optind + 2]);
	return talk(greet(argv[optind]), argv + optind + 2);
}
