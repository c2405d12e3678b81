/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sheds what the process inherited. Reads no file of ours and talks to nobody.
 */
#include "helper/start.h"

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

/* A state slot must fit below the file size limit, or no failure would ever be counted. */
#define FILE_SIZE_NEEDED (64 * 1024)

static int become_root(void)
{
	uid_t r, e, s;
	gid_t rg, eg, sg;

	if (setresgid(0, 0, 0) != 0 || setgroups(0, NULL) != 0 || setresuid(0, 0, 0) != 0)
		return -1;
	if (getresuid(&r, &e, &s) != 0 || getresgid(&rg, &eg, &sg) != 0)
		return -1;
	return (r | e | s) == 0 && (rg | eg | sg) == 0 ? 0 : -1;
}

/* 0 must be the socket; 1 and 2 are filled so that no later open lands on them. */
static int tidy_descriptors(void)
{
	if (fcntl(0, F_GETFD) < 0)
		return -1;
	for (int fd = 1; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			return -1;
	if (close_range(3, ~0U, 0) == 0)
		return 0;
	for (int fd = 3; fd < 65536; fd++) /* Linux before 5.9 */
		(void)close(fd);
	return 0;
}

/* By the kernel's own call: the C library leaves out two signals of its threads. Zeros, in a
 * struct at least as large as the kernel's, mean SIG_DFL. */
static void default_signals(void)
{
	static const struct itimerval off;
	static const uint64_t deflt[8];
	sigset_t none;

	for (int sig = 1; sig < NSIG; sig++)
		(void)syscall(SYS_rt_sigaction, sig, deflt, NULL, NSIG / 8);
	(void)signal(SIGXFSZ, SIG_IGN); /* the write's error is what we want */
	(void)setitimer(ITIMER_REAL, &off, NULL);
	(void)setitimer(ITIMER_VIRTUAL, &off, NULL);
	(void)setitimer(ITIMER_PROF, &off, NULL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Limits are the caller's to lower (`ulimit -f 0` before su): set our own, and go on only when
 * the one that guards the failure count could be. */
static int own_limits(void)
{
	static const struct {
		int resource;
		rlim_t value;
	} limits[] = {
	    {RLIMIT_CORE, 0},
	    {RLIMIT_FSIZE, RLIM_INFINITY},
	    {RLIMIT_CPU, RLIM_INFINITY},
	    {RLIMIT_AS, RLIM_INFINITY},
	    {RLIMIT_DATA, RLIM_INFINITY},
	    {RLIMIT_STACK, 8UL * 1024 * 1024},
	    {RLIMIT_NOFILE, 256},
	    {RLIMIT_MEMLOCK, RLIM_INFINITY},
	    {RLIMIT_RTTIME, RLIM_INFINITY},
	};
	struct rlimit now;

	for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
		struct rlimit want = {limits[i].value, limits[i].value};

		(void)setrlimit((__rlimit_resource_t)limits[i].resource, &want);
	}
	if (getrlimit(RLIMIT_FSIZE, &now) != 0)
		return -1;
	return now.rlim_cur == RLIM_INFINITY || now.rlim_cur >= FILE_SIZE_NEEDED ? 0 : -1;
}

/* A caller may have made itself slow or first in line for the OOM killer. */
static void own_priority(void)
{
	static const struct sched_param normal;
	int fd;

	cpu_set_t all;

	memset(&all, 0xff, sizeof all);
	(void)sched_setaffinity(0, sizeof all, &all);
	(void)prctl(PR_SET_TIMERSLACK, 0, 0, 0, 0);
	(void)sched_setscheduler(0, SCHED_OTHER, &normal);
	(void)setpriority(PRIO_PROCESS, 0, 0);
	(void)syscall(SYS_ioprio_set, 1, 0, 0); /* IOPRIO_WHO_PROCESS, class none: by nice */
	fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		if (write(fd, "0", 1) != 1)
			(void)0; /* best effort: without /proc there is nothing to set */
		(void)close(fd);
	}
}

int start_clean(void)
{
	(void)setsid(); /* fails when we lead a session already, which is as good */
	if (become_root() != 0 || clearenv() != 0 || tidy_descriptors() != 0)
		return -1;
	default_signals();
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (own_limits() != 0)
		return -1;
	own_priority();
	(void)umask(077);
	return chdir("/");
}

void start_waiting(bool human)
{
	sigset_t blocked;

	sigemptyset(&blocked);
	if (!human) {
		sigfillset(&blocked);
		sigdelset(&blocked, SIGALRM);
		sigdelset(&blocked, SIGVTALRM); /* ends a wait for pcscd: lib/cards/reader.h */
	}
	(void)alarm(human ? 0 : START_WATCHDOG_S);
	(void)sigprocmask(SIG_SETMASK, &blocked, NULL);
}
