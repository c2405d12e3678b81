/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The process around an eye, and the pipe between. A byte for each sight, nothing else; the
 * result is the exit status.
 */
#include "cardwatch/lookout.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cardwatch/sandbox.h"
#include "lib/base/crypto.h"
#include "lib/wire/clock.h"

#define PIPE 3 /* of the child, which has nothing else */

static void tell(void *context, enum sight sight)
{
	const uint8_t byte = (uint8_t)sight;

	(void)context;
	/* Nobody listens any more: nothing is left to do. */
	if (write(PIPE, &byte, 1) != 1)
		_exit(CARD_LEFT);
}

static enum card_result look_out(lookout_open *open, const uint8_t *identity, unsigned turn)
{
	struct eye eye = {
	    .identity = identity, .turn = turn, .tell = tell, .now = monotonic_ms};
	enum card_result r = open(&eye.service);

	if (r != CARD_OK)
		return r;
	if (crypto_start() != 0 || sandbox_enter() != 0)
		return CARD_ERROR;
	return eye_follow(&eye);
}

static void __attribute__((noreturn))
child(int out, pid_t parent, lookout_open *open, const uint8_t *identity, unsigned turn)
{
	/* The one who acts is gone, then: so is whoever would be told. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(CARD_LEFT);
	if ((out != PIPE && dup2(out, PIPE) != PIPE) || close_range(PIPE + 1, ~0U, 0) != 0)
		_exit(CARD_ERROR);
	_exit((int)look_out(open, identity, turn));
}

int lookout_begin(struct lookout *l, lookout_open *open,
    const uint8_t identity[APPLET_IDENTITY_SIZE], unsigned turn, struct err *e)
{
	const pid_t self = getpid();
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return err_sys(e, ERR_WATCH, "pipe", "not made");
	pid = fork();
	if (pid < 0) {
		int r = err_sys(e, ERR_WATCH, "process", "not made");

		(void)close(ends[0]);
		(void)close(ends[1]);
		return r;
	}
	if (pid == 0)
		child(ends[1], self, open, identity, turn);
	(void)close(ends[1]);
	l->pid = pid;
	l->fd = ends[0];
	return 0;
}

bool lookout_read(const struct lookout *l, enum sight *ret_sight)
{
	uint8_t byte;
	ssize_t n;

	do {
		n = read(l->fd, &byte, 1);
	} while (n < 0 && errno == EINTR);
	if (n != 1 || byte > SIGHT_THERE)
		return false;
	*ret_sight = (enum sight)byte;
	return true;
}

enum card_result lookout_end(struct lookout *l)
{
	siginfo_t info = {0};

	(void)kill(l->pid, SIGKILL);
	while (waitid(P_PID, (id_t)l->pid, &info, WEXITED) != 0 && errno == EINTR)
		;
	(void)close(l->fd);
	*l = (struct lookout)LOOKOUT_HOME;
	return info.si_code == CLD_EXITED && info.si_status < (int)CARD_RESULTS
	           ? (enum card_result)info.si_status
	           : CARD_ERROR;
}

bool lookout_was_blind(enum card_result r)
{
	return r == CARD_NO_SERVICE || r == CARD_NO_LIBRARY || r == CARD_REFUSED ||
	       r == CARD_TIMEOUT || r == CARD_BUSY;
}
