/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system calls of lib/cards/reader.h, and those of a process that tells and ends. No file
 * can be opened, so that Landlock has nothing to add.
 */
#include "cardwatch/sandbox.h"

#include <errno.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>

static const int allowed[] = {
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(sendto),
    SCMP_SYS(close),
    SCMP_SYS(shutdown),
    SCMP_SYS(fcntl),
    SCMP_SYS(newfstatat),
    SCMP_SYS(timer_settime),
    SCMP_SYS(timer_delete),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(futex),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getrandom),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(madvise),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* What is not listed does not exist (ENOSYS): a newer library takes its older way. */
int sandbox_enter(void)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int r = -1;

	if (f == NULL || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		goto out;
	for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++) {
		int added = seccomp_rule_add(f, SCMP_ACT_ALLOW, allowed[i], 0);

		if (added != 0 && added != -EDOM) /* EDOM: not on this architecture */
			goto out;
	}
	if (seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
	        SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) != 0)
		goto out;
	r = seccomp_load(f);
	if (r == -EINVAL || r == -ENOSYS)
		r = 0;
out:
	seccomp_release(f);
	return r == 0 ? 0 : -1;
}
