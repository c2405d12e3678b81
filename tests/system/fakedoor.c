/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Serves a socket as systemd would: listens on a path and runs a program for each connection
 * with the socket as its fd 0. Or misbehaves as a server. Ends when its standard input does.
 *
 * fakedoor PATH UID PROGRAM    each connection gets the program
 * fakedoor PATH UID @silent    connections are accepted and never answered
 * fakedoor PATH UID @full      the backlog is full and nobody accepts
 * fakedoor PATH UID @stale     the socket file is there, nobody listens
 * UID is who listens. Prints "ready" once it does.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int listen_on(const struct sockaddr_un *a, int backlog, uid_t uid)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	(void)unlink(a->sun_path);
	if (fd < 0 || bind(fd, (const struct sockaddr *)a, sizeof(*a)) != 0 ||
	    chmod(a->sun_path, 0666) != 0)
		return -1;
	/* The kernel remembers who called listen(). */
	if (setresuid(uid, uid, 0) != 0 || listen(fd, backlog) != 0 || setresuid(0, 0, 0) != 0)
		return -1;
	return fd;
}

static void fill_backlog(const struct sockaddr_un *a)
{
	for (int i = 0; i < 8; i++) {
		int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);

		if (connect(fd, (const struct sockaddr *)a, sizeof(*a)) != 0)
			return;
	}
}

static void serve(int connection, const char *program)
{
	const char *const argv[] = {"sekisho-auth", "--door=root", NULL};
	union {
		const char *const *in;
		char *const *out;
	} arguments = {argv};
	char *const none[] = {NULL};

	if (fork() != 0) {
		(void)close(connection);
		return;
	}
	(void)signal(SIGCHLD, SIG_DFL);
	(void)dup2(connection, 0);
	(void)execve(program, arguments.out, none);
	_exit(127);
}

static void accept_until_end(int fd, const char *program)
{
	struct pollfd p[] = {{.fd = fd, .events = POLLIN}, {.fd = 0, .events = POLLIN}};

	while (poll(p, 2, -1) > 0 && p[1].revents == 0) {
		int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

		if (connection >= 0 && program[0] != '@')
			serve(connection, program);
	}
}

static void wait_for_end(void)
{
	char c;

	while (read(0, &c, 1) > 0)
		;
}

int main(int argc, char **argv)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	const char *program;
	int fd;

	if (argc != 4 || strlen(argv[1]) >= sizeof(a.sun_path))
		return 2;
	memcpy(a.sun_path, argv[1], strlen(argv[1]) + 1);
	program = argv[3];
	(void)signal(SIGCHLD, SIG_IGN);
	fd = listen_on(&a, strcmp(program, "@full") == 0 ? 0 : 16, (uid_t)atoi(argv[2]));
	if (fd < 0) {
		perror(argv[1]);
		return 1;
	}
	if (strcmp(program, "@full") == 0)
		fill_backlog(&a);
	if (strcmp(program, "@stale") == 0)
		(void)close(fd);
	puts("ready");
	(void)fflush(stdout);
	if (program[0] != '@' || strcmp(program, "@silent") == 0)
		accept_until_end(fd, program);
	else
		wait_for_end();
	(void)unlink(argv[1]);
	return 0;
}
