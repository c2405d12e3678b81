/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of lib/wire/chan.c over a socketpair: deadlines, end of file, hostile datagrams,
 * signals. A test that would hang is ended by alarm().
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/wire/chan.h"
#include "lib/wire/clock.h"

#include <cmocka.h>

#define HANG_SECONDS 60

static const struct msg zeroed;
static const uint8_t session[MSG_SESSION_SIZE] = "0123456789abcde";

struct pair {
	int near, far;
};

static int open_pair(void **state)
{
	static struct pair p;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
		return -1;
	p.near = fds[0];
	p.far = fds[1];
	*state = &p;
	(void)alarm(HANG_SECONDS);
	return 0;
}

static int close_pair(void **state)
{
	const struct pair *p = *state;

	(void)alarm(0);
	(void)close(p->near);
	if (p->far >= 0)
		(void)close(p->far);
	return 0;
}

static struct msg answer(void)
{
	struct msg m;

	memset(&m, 0, sizeof(m));
	m.type = MSG_ANSWER;
	m.version = MSG_VERSION;
	memcpy(m.session, session, sizeof(session));
	m.answer.seq = 1;
	m.answer.kind = MSG_ANSWER_TEXT;
	assert_int_equal(secret_set(&m.answer.text, "492039", 6), 0);
	return m;
}

/* Anything but CHAN_OK leaves nothing of what was there or came in. */
static void assert_receives(int fd, int timeout_ms, enum chan_result expected)
{
	struct msg m;

	memset(&m, 0xaa, sizeof(m));
	assert_int_equal(chan_recv(fd, session, &m, timeout_ms), expected);
	assert_memory_equal(&m, &zeroed, sizeof(m));
}

static void test_there_and_back(void **state)
{
	const struct pair *p = *state;
	const struct msg m = answer();
	struct msg out;

	assert_int_equal(chan_send(p->near, &m, 1000), CHAN_OK);
	assert_int_equal(chan_recv(p->far, session, &out, 1000), CHAN_OK);
	assert_memory_equal(&out, &m, sizeof(m));
	assert_int_equal(chan_send(p->far, &m, CHAN_FOREVER), CHAN_OK);
	assert_int_equal(chan_recv(p->near, NULL, &out, CHAN_FOREVER), CHAN_OK);
	assert_memory_equal(&out, &m, sizeof(m));
}

static void test_order_is_kept(void **state)
{
	const struct pair *p = *state;
	struct msg m = answer();

	for (m.answer.seq = 0; m.answer.seq < 5; m.answer.seq++)
		assert_int_equal(chan_send(p->near, &m, 0), CHAN_OK);
	for (uint32_t seq = 0; seq < 5; seq++) {
		struct msg out;

		assert_int_equal(chan_recv(p->far, session, &out, 0), CHAN_OK);
		assert_int_equal(out.answer.seq, seq);
	}
}

static void test_receive_times_out(void **state)
{
	static const int timeouts[] = {0, 30, -2, -1000000};
	const struct pair *p = *state;

	for (size_t i = 0; i < sizeof(timeouts) / sizeof(timeouts[0]); i++)
		assert_receives(p->near, timeouts[i], CHAN_TIMEOUT);
}

static void test_timeout_is_not_early(void **state)
{
	const struct pair *p = *state;
	uint64_t before = monotonic_ms();

	assert_receives(p->near, 60, CHAN_TIMEOUT);
	assert_true(monotonic_ms() - before >= 60);
}

static void fill(int fd)
{
	const struct msg m = answer();

	while (chan_send(fd, &m, 0) == CHAN_OK)
		continue;
}

static void test_send_times_out_when_full(void **state)
{
	const struct pair *p = *state;
	const struct msg m = answer();
	struct msg out;

	fill(p->near);
	assert_int_equal(chan_send(p->near, &m, 0), CHAN_TIMEOUT);
	assert_int_equal(chan_send(p->near, &m, 30), CHAN_TIMEOUT);
	/* what was sent before is whole */
	assert_int_equal(chan_recv(p->far, session, &out, 0), CHAN_OK);
	assert_memory_equal(&out, &m, sizeof(m));
}

static void test_send_waits_for_room(void **state)
{
	const struct pair *p = *state;
	const struct msg m = answer();
	struct msg out;
	pid_t reader;
	int status;

	fill(p->near);
	reader = fork();
	assert_true(reader >= 0);
	if (reader == 0) {
		(void)poll(NULL, 0, 50);
		while (chan_recv(p->far, session, &out, 0) == CHAN_OK)
			continue;
		_exit(0);
	}
	assert_int_equal(chan_send(p->near, &m, CHAN_FOREVER), CHAN_OK);
	assert_int_equal(waitpid(reader, &status, 0), reader);
}

static void test_end_of_file(void **state)
{
	struct pair *p = *state;
	const struct msg m = answer();

	(void)close(p->far);
	p->far = -1;
	assert_receives(p->near, CHAN_FOREVER, CHAN_CLOSED);
	assert_receives(p->near, 0, CHAN_CLOSED);
	assert_int_equal(chan_send(p->near, &m, CHAN_FOREVER), CHAN_CLOSED);
}

/* What was sent before the end is still read, and then comes the end. */
static void test_end_of_file_after_message(void **state)
{
	struct pair *p = *state;
	const struct msg m = answer();
	struct msg out;

	assert_int_equal(chan_send(p->far, &m, 0), CHAN_OK);
	(void)close(p->far);
	p->far = -1;
	assert_int_equal(chan_recv(p->near, session, &out, CHAN_FOREVER), CHAN_OK);
	assert_receives(p->near, CHAN_FOREVER, CHAN_CLOSED);
}

/* The peer closes with our message unread: the kernel says "reset", we say closed. */
static void test_end_of_file_with_unread_data(void **state)
{
	struct pair *p = *state;
	const struct msg m = answer();

	assert_int_equal(chan_send(p->near, &m, 0), CHAN_OK);
	(void)close(p->far);
	p->far = -1;
	assert_receives(p->near, CHAN_FOREVER, CHAN_CLOSED);
}

static void test_end_of_file_wakes_a_waiter(void **state)
{
	struct pair *p = *state;
	pid_t closer = fork();
	int status;

	assert_true(closer >= 0);
	if (closer == 0) {
		(void)poll(NULL, 0, 50);
		_exit(0); /* holds the last copy of far */
	}
	(void)close(p->far);
	p->far = -1;
	assert_receives(p->near, CHAN_FOREVER, CHAN_CLOSED);
	assert_int_equal(waitpid(closer, &status, 0), closer);
}

static void test_empty_datagram_ends_the_session(void **state)
{
	const struct pair *p = *state;

	assert_int_equal(send(p->far, "", 0, 0), 0);
	assert_receives(p->near, 1000, CHAN_CLOSED);
}

static volatile sig_atomic_t pipes;

static void count_pipe(int number)
{
	(void)number;
	pipes++;
}

static void test_no_sigpipe(void **state)
{
	struct pair *p = *state;
	const struct msg m = answer();
	const struct sigaction count = {.sa_handler = count_pipe};
	struct sigaction before;
	int stream[2];

	assert_int_equal(sigaction(SIGPIPE, &count, &before), 0);
	pipes = 0;
	(void)close(p->far);
	p->far = -1;
	for (int i = 0; i < 5; i++)
		assert_int_equal(chan_send(p->near, &m, 0), CHAN_CLOSED);
	/* The kernel raises it for stream sockets only: ask with one, so that this can fail. */
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, stream), 0);
	assert_int_equal(close(stream[1]), 0);
	assert_int_equal(chan_send(stream[0], &m, 0), CHAN_CLOSED);
	assert_int_equal(close(stream[0]), 0);
	assert_int_equal(pipes, 0);
	assert_int_equal(sigaction(SIGPIPE, &before, NULL), 0);
}

static void test_garbage(void **state)
{
	const struct pair *p = *state;
	const struct msg m = answer();
	uint8_t data[MSG_MAX + 1];
	size_t size = msg_encode(&m, data);

	/* one byte less, one more, a changed type, plain noise */
	assert_int_equal(send(p->far, data, size - 1, 0), size - 1);
	assert_receives(p->near, 1000, CHAN_GARBAGE);
	data[size] = 0;
	assert_int_equal(send(p->far, data, size + 1, 0), size + 1);
	assert_receives(p->near, 1000, CHAN_GARBAGE);
	data[3] = 0x77;
	assert_int_equal(send(p->far, data, size, 0), size);
	assert_receives(p->near, 1000, CHAN_GARBAGE);
	assert_int_equal(send(p->far, "x", 1, 0), 1);
	assert_receives(p->near, 1000, CHAN_GARBAGE);
}

/* A good message with a tail beyond the receive buffer is cut by the kernel, not by us. */
static void test_oversize_datagram(void **state)
{
	static const size_t sizes[] = {MSG_MAX, MSG_MAX + 1, 65536};
	static uint8_t data[65536];
	const struct pair *p = *state;
	struct msg m = answer();
	struct msg out;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		memset(data, 0, sizeof(data));
		assert_true(msg_encode(&m, data) > 0);
		assert_int_equal(send(p->far, data, sizes[i], 0), sizes[i]);
		assert_receives(p->near, 1000, CHAN_GARBAGE);
		/* nothing of it is left for the next call */
		assert_int_equal(chan_send(p->far, &m, 0), CHAN_OK);
		assert_int_equal(chan_recv(p->near, session, &out, 1000), CHAN_OK);
	}
}

static void test_other_session(void **state)
{
	const struct pair *p = *state;
	struct msg m = answer();
	struct msg out;

	for (size_t i = 0; i < sizeof(m.session); i++) {
		m.session[i] ^= 1;
		assert_int_equal(chan_send(p->far, &m, 0), CHAN_OK);
		assert_receives(p->near, 1000, CHAN_GARBAGE);
		/* the helper's first HELLO may come from anywhere */
		assert_int_equal(chan_send(p->far, &m, 0), CHAN_OK);
		assert_int_equal(chan_recv(p->near, NULL, &out, 1000), CHAN_OK);
		m.session[i] ^= 1;
	}
}

static void test_unencodable_is_not_sent(void **state)
{
	const struct pair *p = *state;
	struct msg m = answer();

	m.answer.kind = MSG_ANSWER_INVALID;
	errno = 0;
	assert_int_equal(chan_send(p->near, &m, 1000), CHAN_ERROR);
	assert_int_equal(errno, EINVAL);
	assert_receives(p->far, 0, CHAN_TIMEOUT);
}

static void test_bad_descriptor(void **state)
{
	const struct msg m = answer();

	(void)state;
	errno = 0;
	assert_receives(-1, 1000, CHAN_ERROR);
	assert_int_equal(errno, EBADF);
	errno = 0;
	assert_int_equal(chan_send(-1, &m, 1000), CHAN_ERROR);
	assert_int_equal(errno, EBADF);
}

static int open_descriptors(void)
{
	int count = 0;

	for (int fd = 0; fd < 256; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

/* One good message with as many descriptors as fit, sent the way an attacker would. */
static void send_with_descriptors(int socket_fd, int passed)
{
	const struct msg m = answer();
	uint8_t data[MSG_MAX];
	int fds[64];
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(fds))];
	} control = {0};
	struct iovec part = {.iov_base = data, .iov_len = msg_encode(&m, data)};
	struct msghdr header = {
	    .msg_iov = &part,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control.bytes),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&header);

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		fds[i] = passed;
	assert_non_null(c);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(fds));
	memcpy(CMSG_DATA(c), fds, sizeof(fds));
	assert_true(sendmsg(socket_fd, &header, 0) > 0);
}

static void test_passed_descriptors_do_not_leak(void **state)
{
	const struct pair *p = *state;
	struct msg out;
	int before;
	int ends[2];
	char byte;

	assert_int_equal(pipe(ends), 0);
	before = open_descriptors();
	send_with_descriptors(p->far, ends[1]);
	assert_int_equal(chan_recv(p->near, session, &out, 1000), CHAN_OK);
	assert_int_equal(open_descriptors(), before);
	/* and the kernel holds none either: without our writer the pipe is at its end */
	assert_int_equal(close(ends[1]), 0);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	assert_int_equal(close(ends[0]), 0);
}

static volatile sig_atomic_t ticks;

static void count_tick(int number)
{
	(void)number;
	ticks++;
}

/* A signal every millisecond, without SA_RESTART. Not SIGALRM: that one ends a hang. */
static timer_t storm_begin(void)
{
	const struct sigaction count = {.sa_handler = count_tick};
	const struct itimerspec every = {{0, 1000000}, {0, 1000000}};
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	timer_t timer;

	assert_int_equal(sigaction(SIGUSR1, &count, NULL), 0);
	assert_int_equal(timer_create(CLOCK_MONOTONIC, &event, &timer), 0);
	assert_int_equal(timer_settime(timer, 0, &every, NULL), 0);
	return timer;
}

static void test_signals_do_not_end_or_stretch_a_wait(void **state)
{
	const struct pair *p = *state;
	const struct msg m = answer();
	uint64_t before;
	timer_t timer;

	fill(p->near);
	ticks = 0;
	timer = storm_begin();
	before = monotonic_ms();
	/* that both come back at all is half of the test: a deadline started anew by each
	 * signal would never end */
	assert_receives(p->near, 200, CHAN_TIMEOUT);
	assert_true(monotonic_ms() - before >= 200);
	assert_int_equal(chan_send(p->near, &m, 200), CHAN_TIMEOUT);
	assert_int_equal(timer_delete(timer), 0);
	assert_true(monotonic_ms() - before >= 400);
	assert_true(ticks > 0);
}

static void test_message_arrives_in_a_storm(void **state)
{
	const struct pair *p = *state;
	const struct msg m = answer();
	struct msg out;
	pid_t sender = fork();
	enum chan_result r;
	timer_t timer;
	int status;

	assert_true(sender >= 0);
	if (sender == 0) {
		(void)poll(NULL, 0, 100);
		_exit(chan_send(p->far, &m, CHAN_FOREVER) == CHAN_OK ? 0 : 1);
	}
	timer = storm_begin();
	r = chan_recv(p->near, session, &out, CHAN_FOREVER);
	assert_int_equal(timer_delete(timer), 0);
	assert_int_equal(r, CHAN_OK);
	assert_memory_equal(&out, &m, sizeof(m));
	assert_int_equal(waitpid(sender, &status, 0), sender);
	assert_int_equal(status, 0);
}

static void test_descriptor_flags_are_kept(void **state)
{
	const struct pair *p = *state;
	const struct msg m = answer();
	struct msg out;
	int before = fcntl(p->near, F_GETFL);

	assert_int_equal(chan_send(p->near, &m, 0), CHAN_OK);
	assert_int_equal(chan_send(p->far, &m, 0), CHAN_OK);
	assert_int_equal(chan_recv(p->near, session, &out, 1000), CHAN_OK);
	assert_int_equal(fcntl(p->near, F_GETFL), before);
}

#define WITH_PAIR(test) cmocka_unit_test_setup_teardown(test, open_pair, close_pair)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    WITH_PAIR(test_there_and_back),
	    WITH_PAIR(test_order_is_kept),
	    WITH_PAIR(test_receive_times_out),
	    WITH_PAIR(test_timeout_is_not_early),
	    WITH_PAIR(test_send_times_out_when_full),
	    WITH_PAIR(test_send_waits_for_room),
	    WITH_PAIR(test_end_of_file),
	    WITH_PAIR(test_end_of_file_after_message),
	    WITH_PAIR(test_end_of_file_with_unread_data),
	    WITH_PAIR(test_end_of_file_wakes_a_waiter),
	    WITH_PAIR(test_empty_datagram_ends_the_session),
	    WITH_PAIR(test_no_sigpipe),
	    WITH_PAIR(test_garbage),
	    WITH_PAIR(test_oversize_datagram),
	    WITH_PAIR(test_other_session),
	    WITH_PAIR(test_unencodable_is_not_sent),
	    WITH_PAIR(test_bad_descriptor),
	    WITH_PAIR(test_passed_descriptors_do_not_leak),
	    WITH_PAIR(test_signals_do_not_end_or_stretch_a_wait),
	    WITH_PAIR(test_message_arrives_in_a_storm),
	    WITH_PAIR(test_descriptor_flags_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
