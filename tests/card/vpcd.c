/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames over TCP to the driver, and nothing about what is in them. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/card/vpcd.h"

static void set_on(int fd, int option)
{
	int on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, option, &on, sizeof(on));
}

int vpcd_connect(const char *host, unsigned long port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((in_port_t)port)};
	struct timeval patience = {.tv_sec = 5};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	/* a reader that stops in the middle of a frame, or takes no answer, must not hold us */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (inet_pton(AF_INET, host, &to.sin_addr) != 1) {
		errno = EINVAL;
	} else if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) == 0) {
		set_on(fd, TCP_NODELAY);
		set_on(fd, TCP_QUICKACK);
		return fd;
	}
	(void)close(fd);
	return -1;
}

static int receive_all(int fd, void *bytes, size_t length)
{
	ssize_t got = recv(fd, bytes, length, MSG_WAITALL);

	/* The driver writes with Nagle's algorithm on: without the acknowledgement at once each
	 * APDU would cost 40 ms. The kernel falls back by itself, so it is asked for each time.
	 */
	set_on(fd, TCP_QUICKACK);
	return got >= 0 && (size_t)got == length;
}

int vpcd_receive(int fd, struct buf *ret_frame)
{
	unsigned char head[2];
	size_t length;

	if (!receive_all(fd, head, sizeof(head)))
		return 0;
	length = (size_t)head[0] << 8 | head[1];
	if (length > sizeof(ret_frame->data))
		return 0;
	ret_frame->used = length;
	return length == 0 || receive_all(fd, ret_frame->data, length);
}

int vpcd_send(int fd, const struct buf *frame)
{
	unsigned char bytes[2 + BUF_MAX] = {
	    (unsigned char)(frame->used >> 8), (unsigned char)(frame->used & 0xFF)};

	for (size_t i = 0; i < frame->used; i++)
		bytes[2 + i] = frame->data[i];
	return send(fd, bytes, 2 + frame->used, MSG_NOSIGNAL) == (ssize_t)(2 + frame->used)
	           ? 0
	           : -1;
}
