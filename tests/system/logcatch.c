/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stands in for a syslog daemon: listens on a datagram socket and appends each message as one
 * line to a file. Goes to the background once the socket exists; dies with its namespace.
 * With the socket alone: waits until all that was sent to it before is in the file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define SYNC "logcatch: sync"

static int socket_for(const char *path, struct sockaddr_un *ret_address)
{
	*ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(ret_address->sun_path))
		return -1;
	strcpy(ret_address->sun_path, path);
	return socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static int listen_on(const char *path)
{
	struct sockaddr_un address;
	int fd = socket_for(path, &address);

	(void)unlink(path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    chmod(path, 0666) != 0)
		return -1;
	return fd;
}

/* Datagrams are answered in the order they were sent. */
static int wait_for_catcher(const char *path)
{
	struct sockaddr_un address;
	const struct timeval patience = {.tv_sec = 3};
	sa_family_t own = AF_UNIX; /* without a path: the kernel chooses a name */
	int fd = socket_for(path, &address);
	char c;

	/* a catcher that was stopped shall not stop the test */
	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) != 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0 ||
	    bind(fd, (struct sockaddr *)&own, sizeof(own)) != 0 ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    send(fd, SYNC, strlen(SYNC), 0) < 0 || recv(fd, &c, 1, 0) < 0)
		return -1;
	return 0;
}

static int catch_messages(int in, int out)
{
	static char line[65536];

	for (;;) {
		struct sockaddr_un from;
		socklen_t from_len = sizeof(from);
		ssize_t i, len = recvfrom(in, line, sizeof(line) - 1, 0,
		               (struct sockaddr *)&from, &from_len);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return -1;
		if ((size_t)len == strlen(SYNC) && memcmp(line, SYNC, strlen(SYNC)) == 0) {
			(void)sendto(
			    in, "", 1, MSG_DONTWAIT, (struct sockaddr *)&from, from_len);
			continue;
		}
		while (len > 0 && (line[len - 1] == '\0' || line[len - 1] == '\n'))
			len--;
		for (i = 0; i < len; i++)
			if (line[i] == '\0' || line[i] == '\n')
				line[i] = ' ';
		line[len++] = '\n';
		if (write(out, line, (size_t)len) != len)
			return -1;
	}
}

int main(int argc, char **argv)
{
	int in, out;

	if (argc == 2)
		return wait_for_catcher(argv[1]) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
	if (argc != 3) {
		(void)fprintf(stderr, "usage: logcatch SOCKET [FILE]\n");
		return 2;
	}
	in = listen_on(argv[1]);
	out = open(argv[2], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (in < 0 || out < 0) {
		perror("logcatch");
		return EXIT_FAILURE;
	}
	if (daemon(1, 0) != 0)
		return EXIT_FAILURE;
	return catch_messages(in, out) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
