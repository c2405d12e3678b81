/* SPDX-License-Identifier: BSD-2-Clause */
/* The commands of the control socket and the small client for them. */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/card/control.h"
#include "tests/card/journal.h"
#include "tests/card/session.h"

#define LINE_MAX_BYTES 512

/* Each writes its answer; the answer starts as "ok". */
struct control_row {
	const char *word;
	void (*run)(struct session *s, const char *argument, char *answer, size_t size);
};

static void tell_insert(struct session *s, const char *argument, char *answer, size_t size)
{
	(void)argument;
	if (session_insert(s) == 0)
		return;
	(void)snprintf(answer, size, "error: port %lu: %s", s->port, strerror(errno));
	if (!s->stay)
		s->wanted = false;
}

static void tell_remove(struct session *s, const char *argument, char *answer, size_t size)
{
	(void)argument;
	(void)answer;
	(void)size;
	session_remove(s);
}

static void tell_clear(struct session *s, const char *argument, char *answer, size_t size)
{
	(void)argument;
	(void)answer;
	(void)size;
	journal_clear_counts();
	s->card->violations = 0;
}

static void tell_counts(struct session *s, const char *argument, char *answer, size_t size)
{
	struct journal_counts c = journal_counts();

	(void)argument;
	(void)snprintf(answer, size, "apdus=%lu bytes=%lu resets=%lu violations=%lu", c.apdus,
	    c.bytes, c.resets, s->card->violations);
}

static void tell_state(struct session *s, const char *argument, char *answer, size_t size)
{
	const struct card *card = s->card;

	(void)argument;
	(void)snprintf(answer, size, "inserted=%s powered=%s verified=%s tries=%u puk-tries=%u",
	    s->line >= 0 ? "yes" : "no", s->powered ? "yes" : "no",
	    card->pins[0].verified ? "yes" : "no", card->pins[0].tries, card->pins[1].tries);
}

static void tell_tries(struct session *s, const char *argument, char *answer, size_t size)
{
	unsigned long tries = strtoul(argument, NULL, 10);

	if (*argument < '0' || *argument > '9' || tries > 15) {
		(void)snprintf(answer, size, "error: 0 to 15");
		return;
	}
	s->card->pins[0].tries = (unsigned)tries;
	pins_save();
}

static void tell_fault(struct session *s, const char *argument, char *answer, size_t size)
{
	if (strcmp(argument, "none") == 0)
		faults_disarm(&s->card->faults);
	else if (faults_arm(&s->card->faults, argument) != 0)
		(void)snprintf(answer, size, "error: %s: no fault", argument);
}

static void tell_note(struct session *s, const char *argument, char *answer, size_t size)
{
	(void)s;
	(void)answer;
	(void)size;
	journal_note("%s", argument);
}

static const struct control_row rows[] = {
    {"insert", tell_insert},
    {"remove", tell_remove},
    {"clear", tell_clear},
    {"counts", tell_counts},
    {"state", tell_state},
    {"tries", tell_tries},
    {"fault", tell_fault},
    {"note", tell_note},
};

static int unix_socket(const char *path, struct sockaddr_un *ret_address)
{
	struct timeval patience = {.tv_sec = 10};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	*ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (fd < 0 || snprintf(ret_address->sun_path, sizeof(ret_address->sun_path), "%s",
	                  path) >= (int)sizeof(ret_address->sun_path))
		errx(1, "%s: no socket", path);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return fd;
}

int control_listen(const char *path)
{
	struct sockaddr_un a;
	int fd = unix_socket(path, &a);

	(void)unlink(path);
	if (bind(fd, (const struct sockaddr *)&a, sizeof(a)) != 0 || listen(fd, 8) != 0)
		err(1, "%s", path);
	return fd;
}

static void command_run(struct session *s, const char *line, char *answer, size_t size)
{
	size_t length = strcspn(line, " ");
	const char *argument = line[length] == ' ' ? line + length + 1 : line + length;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strlen(rows[i].word) == length && memcmp(rows[i].word, line, length) == 0) {
			(void)snprintf(answer, size, "ok");
			rows[i].run(s, argument, answer, size);
			return;
		}
	}
	(void)snprintf(answer, size, "error: %s: no command", line);
}

bool control_serve(struct session *s)
{
	char line[LINE_MAX_BYTES + 1], answer[LINE_MAX_BYTES * 2] = "ok";
	struct timeval patience = {.tv_sec = 1};
	int fd = accept4(s->control, NULL, NULL, SOCK_CLOEXEC);
	ssize_t got;
	bool last = false;

	if (fd < 0)
		return true;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	got = recv(fd, line, LINE_MAX_BYTES, 0);
	if (got > 0) {
		line[got] = '\0';
		last = strcmp(line, "quit") == 0;
		if (!last)
			command_run(s, line, answer, sizeof(answer));
		(void)send(fd, answer, strlen(answer), MSG_NOSIGNAL);
	}
	(void)close(fd);
	return !last;
}

int control_tell(const char *path, char *const *words)
{
	char line[LINE_MAX_BYTES] = "", answer[LINE_MAX_BYTES * 2 + 1];
	struct sockaddr_un a;
	int fd = unix_socket(path, &a);
	size_t used = 0;
	ssize_t got;

	for (; *words != NULL && used < sizeof(line); words++)
		used += (size_t)snprintf(
		    line + used, sizeof(line) - used, "%s%s", used == 0 ? "" : " ", *words);
	if (used == 0 || used >= sizeof(line))
		errx(2, "nothing to tell, or too much");
	if (connect(fd, (const struct sockaddr *)&a, sizeof(a)) != 0 ||
	    send(fd, line, used, MSG_NOSIGNAL) < 0)
		err(1, "%s", path);
	got = recv(fd, answer, sizeof(answer) - 1, 0);
	if (got <= 0)
		errx(1, "%s: no answer", path);
	answer[got] = '\0';
	(void)puts(answer);
	(void)close(fd);
	return strncmp(answer, "error", 5) == 0;
}
