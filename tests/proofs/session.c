/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One login from the caller's side. Judges nothing.
 */
#include "tests/proofs/session.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static int spawn(const char *helper, int socket, pid_t *ret_pid)
{
	char name[] = "sekisho-auth", door[] = "--door=direct";
	char *const argv[] = {name, door, NULL}, *const envp[] = {NULL};
	posix_spawn_file_actions_t actions;
	int r = -1;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return -1;
	if (posix_spawn_file_actions_adddup2(&actions, socket, 0) == 0)
		r = posix_spawn(ret_pid, helper, &actions, NULL, argv, envp);
	(void)posix_spawn_file_actions_destroy(&actions);
	return r == 0 ? 0 : -1;
}

static int start(const char *helper, pid_t *ret_pid)
{
	int fds[2], r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
		return -1;
	r = spawn(helper, fds[1], ret_pid);
	(void)close(fds[1]);
	if (r == 0)
		return fds[0];
	(void)close(fds[0]);
	return -1;
}

static int knock(const char *door)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	(void)snprintf(a.sun_path, sizeof a.sun_path, "%s", door);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&a, sizeof a) == 0)
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

static bool is_door(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISSOCK(st.st_mode);
}

int session_start(struct session *s, const char *helper, const char *user)
{
	struct msg m = {.type = MSG_HELLO, .version = MSG_VERSION};

	memset(s, 0, sizeof *s);
	s->fd = -1;
	if (getrandom(s->id, sizeof s->id, 0) != (ssize_t)sizeof s->id)
		return -1;
	s->fd = is_door(helper) ? knock(helper) : start(helper, &s->pid);
	if (s->fd < 0)
		return -1;
	memcpy(m.session, s->id, sizeof m.session);
	m.hello.ruid = getuid();
	(void)snprintf(m.hello.user, sizeof m.hello.user, "%s", user);
	(void)snprintf(m.hello.service, sizeof m.hello.service, "proof");
	if (chan_send(s->fd, &m, SESSION_PATIENCE_MS) == CHAN_OK &&
	    chan_recv(s->fd, s->id, &m, SESSION_PATIENCE_MS) == CHAN_OK &&
	    m.type == MSG_WELCOME)
		return 0;
	session_end(s);
	return -1;
}

struct reply session_reply(struct session *s)
{
	struct reply r = {0};
	struct msg m;

	do {
		if (chan_recv(s->fd, s->id, &m, SESSION_PATIENCE_MS) != CHAN_OK)
			return r;
	} while (m.type == MSG_INFO);
	r.type = m.type;
	if (m.type == MSG_ASK) {
		s->seq = m.ask.seq;
		r.reason = (enum msg_reason)m.ask.reason;
		r.seconds = m.ask.seconds;
	} else if (m.type == MSG_VERDICT) {
		r.verdict = (enum verdict)m.verdict.verdict;
		r.reason = (enum msg_reason)m.verdict.reason;
		r.seconds = m.verdict.seconds;
	}
	return r;
}

int session_answer(const struct session *s, const char *code)
{
	struct msg m = {.type = MSG_ANSWER, .version = MSG_VERSION};

	memcpy(m.session, s->id, sizeof m.session);
	m.answer.seq = s->seq;
	m.answer.kind = MSG_ANSWER_TEXT;
	if (secret_set(&m.answer.text, code, strlen(code)) != 0)
		return -1;
	return chan_send(s->fd, &m, SESSION_PATIENCE_MS) == CHAN_OK ? 0 : -1;
}

void session_end(struct session *s)
{
	if (s->fd >= 0)
		(void)close(s->fd);
	s->fd = -1;
	while (s->pid > 0 && waitpid(s->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	s->pid = 0;
}

const char *reply_word(const struct reply *r, char out[48])
{
	static const char *const verdicts[VERDICT_COUNT] = {
	    "error", "granted", "denied", "locked", "unavailable", "not allowed"};
	static const char *const reasons[MSG_REASON_COUNT] = {"", " wrong", " used",
	    " malformed", " locked", " suspended", " busy", " clock", " unavailable"};
	const char *reason = (unsigned)r->reason < MSG_REASON_COUNT ? reasons[r->reason] : "?";

	if (r->type == MSG_ASK)
		(void)snprintf(out, 48, "asked%s", reason);
	else if (r->type == MSG_VERDICT && (unsigned)r->verdict < VERDICT_COUNT)
		(void)snprintf(out, 48, "%s%s", verdicts[r->verdict], reason);
	else
		(void)snprintf(out, 48, "gone");
	return out;
}
