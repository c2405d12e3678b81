/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One datagram out or in before one deadline. Decides nothing, keeps no state and leaves the
 * descriptor's flags as they are: the non-blocking is asked for with each call.
 */
#include "lib/wire/chan.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "lib/wire/clock.h"

struct deadline {
	bool never;
	uint64_t at_ms; /* of monotonic_ms() */
};

static struct deadline deadline_in(int timeout_ms)
{
	struct deadline d = {.never = timeout_ms == CHAN_FOREVER};

	/* Any other negative number is a time already past, not forever. */
	d.at_ms = monotonic_ms() + (uint64_t)(timeout_ms > 0 ? timeout_ms : 0);
	return d;
}

static int deadline_left(const struct deadline *d)
{
	uint64_t now;

	if (d->never)
		return -1;
	now = monotonic_ms();
	if (now >= d->at_ms)
		return 0;
	return d->at_ms - now > INT_MAX ? INT_MAX : (int)(d->at_ms - now);
}

/* CHAN_OK: try again. Hang-ups and errors are also "try again": the next call names them. */
static enum chan_result wait_for(int fd, short events, const struct deadline *d)
{
	for (;;) {
		struct pollfd p = {.fd = fd, .events = events};
		int left = deadline_left(d);
		int n = poll(&p, 1, left);

		if (n > 0)
			return CHAN_OK;
		if (n < 0 && errno != EINTR)
			return CHAN_ERROR;
		if (left == 0)
			return CHAN_TIMEOUT;
	}
}

static enum chan_result failed_with(int error)
{
	switch (error) {
	case EPIPE:
	case ECONNRESET:
	case ENOTCONN:
		return CHAN_CLOSED;
	default:
		return CHAN_ERROR;
	}
}

static enum chan_result send_whole(int fd, uint8_t *data, size_t len, const struct deadline *d)
{
	struct iovec part = {.iov_base = data, .iov_len = len};
	struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
	enum chan_result ready = CHAN_OK;

	while (ready == CHAN_OK) {
		ssize_t n = sendmsg(fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n == (ssize_t)len)
			return CHAN_OK;
		if (n >= 0) {
			errno = EMSGSIZE; /* not a socket that keeps datagrams whole */
			return CHAN_ERROR;
		}
		if (errno != EAGAIN && errno != EINTR)
			return failed_with(errno);
		ready = wait_for(fd, POLLOUT, d);
	}
	return ready;
}

/* No room for control data: the kernel closes descriptors that were passed along. */
static enum chan_result receive_whole(
    int fd, uint8_t *data, size_t size, size_t *ret_len, const struct deadline *d)
{
	struct iovec part = {.iov_base = data, .iov_len = size};
	enum chan_result ready = CHAN_OK;

	while (ready == CHAN_OK) {
		struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
		ssize_t n = recvmsg(fd, &header, MSG_DONTWAIT);

		if (n == 0)
			return CHAN_CLOSED;
		if (n > 0 && (header.msg_flags & MSG_TRUNC) != 0)
			return CHAN_GARBAGE;
		if (n > 0) {
			*ret_len = (size_t)n;
			return CHAN_OK;
		}
		if (errno != EAGAIN && errno != EINTR)
			return failed_with(errno);
		ready = wait_for(fd, POLLIN, d);
	}
	return ready;
}

enum chan_result chan_send(int fd, const struct msg *m, int timeout_ms)
{
	struct deadline d = deadline_in(timeout_ms);
	enum chan_result r = CHAN_ERROR;
	uint8_t data[MSG_MAX];
	size_t len = msg_encode(m, data);

	if (len == 0)
		errno = EINVAL;
	else
		r = send_whole(fd, data, len, &d);
	wipe(data, sizeof(data));
	return r;
}

enum chan_result chan_recv(int fd, const uint8_t *session, struct msg *ret_m, int timeout_ms)
{
	struct deadline d = deadline_in(timeout_ms);
	enum chan_result r;
	uint8_t data[MSG_MAX];
	size_t len = 0;

	msg_clear(ret_m);
	r = receive_whole(fd, data, sizeof(data), &len, &d);
	if (r != CHAN_OK)
		goto out;
	if (msg_decode(data, len, ret_m) != 0)
		r = CHAN_GARBAGE;
	else if (session != NULL && !bytes_equal(session, ret_m->session, MSG_SESSION_SIZE))
		r = CHAN_GARBAGE;
out:
	if (r != CHAN_OK)
		msg_clear(ret_m);
	wipe(data, sizeof(data));
	return r;
}
