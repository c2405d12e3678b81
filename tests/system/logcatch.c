/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Stands in for a syslog daemon: listens on a datagram socket and appends each message as one
 * line to a file. Goes to the background once the socket exists; dies with its namespace.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static int listen_on(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
		return -1;
	strcpy(address.sun_path, path);
	(void)unlink(path);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    chmod(path, 0666) != 0)
		return -1;
	return fd;
}

static int catch_messages(int in, int out)
{
	static char line[65536];

	for (;;) {
		ssize_t i, len = recv(in, line, sizeof(line) - 1, 0);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return -1;
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

	if (argc != 3) {
		(void)fprintf(stderr, "usage: logcatch SOCKET FILE\n");
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
