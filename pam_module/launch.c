/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two clones, one inside the other. The first child shares memory and descriptors with the
 * host, makes the second and exits; the second becomes the helper. Both run while the calling
 * thread is suspended, on stacks of their own, and take no lock of the C library: other threads
 * of the host may hold any. Talks to nobody; the protocol is not known here.
 *
 * In a set-id host both children still have the caller's real uid, so the caller may stop or
 * kill them, blocked signals or not. A first child killed early wakes the host while the second
 * still runs on this memory. So nothing is given back before both are known to be gone.
 */
#include "pam_module/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/wire/clock.h"

/* What the kernel takes, not the C library's types: its sigset_t is larger and its calls leave
 * out the two signals that threads use among themselves. */
#define KERNEL_SIGSET_SIZE 8
#define SIGNALS            64
#define STACK_SIZE         (64 * 1024)
#define GUARD_SIZE         (64 * 1024) /* both: multiples of every page size in use */
#define HALF               (GUARD_SIZE + STACK_SIZE)
#define JOB_SIZE           128 /* a multiple of what stacks must be aligned to */
#define REAP_WAIT_MS       2000
#define END_WAIT_MS        5000

/* The children run with the instrumentation's idea of the host's stack. */
#if defined(__has_attribute)
#if __has_attribute(no_sanitize)
#define IN_CHILD __attribute__((no_sanitize("address", "undefined")))
#endif
#endif
#ifndef IN_CHILD
#define IN_CHILD
#endif

struct job {
	const char *path;
	const char *const *argv;
	const char *const *envp;
	int end;
	char *inner_stack; /* its top */
	/* Written by the children through the shared memory. */
	int pidfd;          /* -1: no helper; the kernel stores it before the helper runs */
	int error;          /* errno of what failed, or 0 */
	volatile bool done; /* the helper has left this memory: by exec or by its end */
};

_Static_assert(sizeof(struct job) <= JOB_SIZE, "the job must fit above the stack");

struct signal_mask {
	uint8_t bits[KERNEL_SIGSET_SIZE];
};

/* Larger than the kernel's struct sigaction anywhere; zeros mean SIG_DFL, no flags. */
struct default_action {
	uint64_t zeros[8];
};

IN_CHILD static void reset_signals(void)
{
	static const struct default_action deflt;
	static const struct signal_mask none;

	for (int n = 1; n <= SIGNALS; n++)
		(void)syscall(SYS_rt_sigaction, n, &deflt, NULL, KERNEL_SIGSET_SIZE);
	(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, KERNEL_SIGSET_SIZE);
}

/* The socket on 0, /dev/null on 1 and 2, nothing else. */
IN_CHILD static int arrange_descriptors(int end)
{
	long null;

	if (syscall(SYS_dup3, end, 0, 0) < 0)
		return -1;
	/* Best effort: the helper closes what it finds, should a sandbox not know this call. */
	(void)syscall(SYS_close_range, 3U, ~0U, 0U);
	null = syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR, 0);
	if (null < 0)
		return -1;
	for (int fd = 1; fd <= 2; fd++) {
		if (null != fd && syscall(SYS_dup3, null, fd, 0) < 0)
			return -1;
	}
	if (null > 2)
		(void)syscall(SYS_close, null);
	return 0;
}

/* The later helper. dup3 refuses equal descriptors: launch_helper() takes care that end > 2. */
IN_CHILD static int run_inner(void *data)
{
	struct job *job = data;

	/* While all signals are blocked: a dying handler of the host's must not run here. */
	if (arrange_descriptors(job->end) == 0 && syscall(SYS_setsid) >= 0) {
		reset_signals();
		(void)syscall(SYS_execve, job->path, job->argv, job->envp);
	}
	job->error = errno;
	(void)syscall(SYS_exit, 127);
	return 127;
}

/* Its table of descriptors is the host's, so the pidfd it gets is the host's too. */
IN_CHILD static int run_outer(void *data)
{
	struct job *job = data;

	if (clone(run_inner, job->inner_stack, CLONE_VM | CLONE_VFORK | CLONE_PIDFD, job,
	        &job->pidfd) < 0)
		job->error = errno;
	job->done = true;
	(void)syscall(SYS_exit, 0);
	return 0;
}

/* Not a cancellation point, as waitid() would be. No child: the host's own handler was first,
 * or the kernel reaped it; both are fine. */
static void reap(int pidfd)
{
	siginfo_t info;

	while (syscall(SYS_waitid, P_PIDFD, pidfd, &info, WEXITED | __WALL, NULL) < 0 &&
	       errno == EINTR)
		;
}

/* Somebody killed the first child, so the second may still be here: it has to end. A stopped
 * process dies of SIGKILL, too. -1: it did not, and what it runs on must stay. */
static int end_inner(const struct job *job)
{
	struct pollfd p = {.fd = job->pidfd, .events = POLLIN};
	uint64_t until = monotonic_ms() + END_WAIT_MS;

	if (job->pidfd < 0 || syscall(SYS_pidfd_send_signal, job->pidfd, SIGKILL, NULL, 0) != 0)
		return 0; /* there is none, or no more */
	for (;;) {
		uint64_t now = monotonic_ms();
		int n = poll(&p, 1, now < until ? (int)(until - now) : 0);

		if (n > 0)
			return 0;
		if (now >= until)
			return -1;
	}
}

/* -1: the memory is still in use. */
static int run_job(struct job *job, char *outer_stack)
{
	struct signal_mask all, before;
	int pidfd = -1, r = 0;

	memset(&all, 0xff, sizeof(all));
	if (syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, KERNEL_SIGSET_SIZE) < 0) {
		job->error = errno;
		return 0;
	}
	/* Exit signal 0: neither SIGCHLD nor a plain wait() in the host sees this child. */
	if (clone(run_outer, outer_stack, CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_PIDFD,
	        job, &pidfd) < 0) {
		job->error = errno;
	} else {
		reap(pidfd);
		(void)syscall(SYS_close, pidfd);
		if (!job->done) {
			job->error = EINTR;
			r = end_inner(job);
		}
	}
	(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, KERNEL_SIGSET_SIZE);
	return r;
}

/* Two stacks, each above its guard; the job lies at the very top. NULL on failure. */
static char *stacks_new(void)
{
	char *p = mmap(NULL, (size_t)2 * HALF, PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	if (mprotect(p + GUARD_SIZE, STACK_SIZE, PROT_READ | PROT_WRITE) != 0 ||
	    mprotect(p + HALF + GUARD_SIZE, STACK_SIZE, PROT_READ | PROT_WRITE) != 0) {
		(void)munmap(p, (size_t)2 * HALF);
		return NULL;
	}
	return p;
}

/* The result of a job whose memory is about to go. */
static int finish_job(const struct job *job, int *ret_pidfd, struct err *e)
{
	if (job->error == 0 && job->pidfd >= 0) {
		*ret_pidfd = job->pidfd;
		return 0;
	}
	/* Where the first child was killed the number may be nobody's, or already another's. */
	if (job->pidfd >= 0 && job->done)
		(void)close(job->pidfd);
	errno = job->error;
	return err_sys(e, ERR_NO_HELPER, job->path, "cannot be started");
}

int launch_helper(const char *path, int end, int *ret_pidfd, struct err *e)
{
	static const char *const argv[] = {"sekisho-auth", "--door=direct", NULL};
	static const char *const envp[] = {NULL};
	int saved_errno = errno;
	struct job *job;
	char *stacks;
	int r;

	if (end <= 2)
		return err_set(e, ERR_INTERNAL, path, "socket on a standard descriptor");
	stacks = stacks_new();
	if (stacks == NULL)
		return err_sys(e, ERR_NO_HELPER, path, "no memory to start it");
	job = (struct job *)(void *)(stacks + 2 * HALF - JOB_SIZE);
	*job = (struct job){.path = path, .argv = argv, .envp = envp, .end = end, .pidfd = -1};
	job->inner_stack = (char *)job;
	if (run_job(job, stacks + HALF) != 0)
		/* Lost memory is the lesser harm. */
		return err_set(e, ERR_NO_HELPER, path, "its beginning was held up and lost");
	r = finish_job(job, ret_pidfd, e);
	(void)munmap(stacks, (size_t)2 * HALF);
	if (r == 0)
		errno = saved_errno;
	return r;
}

void launch_kill(int pidfd)
{
	(void)syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, NULL, 0);
}

static bool host_inherits_orphans(void)
{
	int subreaper = 0;

	return getpid() == 1 ||
	       (prctl(PR_GET_CHILD_SUBREAPER, &subreaper, 0, 0, 0) == 0 && subreaper != 0);
}

void launch_reap(int pidfd)
{
	uint64_t until = monotonic_ms() + REAP_WAIT_MS;
	struct pollfd p = {.fd = pidfd, .events = POLLIN};
	siginfo_t info;
	uint64_t now;

	if (!host_inherits_orphans())
		return;
	for (now = monotonic_ms(); now < until; now = monotonic_ms()) {
		int n = poll(&p, 1, (int)(until - now));

		if (n > 0 || (n < 0 && errno != EINTR))
			break;
	}
	(void)syscall(SYS_waitid, P_PIDFD, pidfd, &info, WEXITED | WNOHANG | __WALL, NULL);
}
