/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Landlock by its ABI number, then seccomp. Opens no file.
 */
#include "helper/sandbox.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than Debian 12's headers; the kernel's ABI number tells which it knows. */
struct ruleset {
	uint64_t handled_fs;
	uint64_t handled_net; /* ABI 4 */
	uint64_t scoped;      /* ABI 6 */
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define FS_ALL_ABI1 ((1ULL << 13) - 1)
#define FS_REFER    (1ULL << 13) /* ABI 2 */
#define FS_TRUNCATE (1ULL << 14) /* ABI 3 */
#define FS_IOCTL    (1ULL << 15) /* ABI 5 */
/* A directory may be opened, so that one in place of a file can be told apart; it cannot be
 * listed. */
#define FS_READ   (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define NET_ALL   3ULL /* bind and connect TCP */
#define SCOPE_ALL 3ULL /* abstract sockets, signals */

static int allow_below(int ruleset, int dir, uint64_t access)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = access, .parent_fd = dir};

	if (dir < 0)
		return 0;
	return (int)syscall(
	    SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
}

static int landlock(int etc, int store)
{
	long abi =
	    syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct ruleset r = {
	    .handled_fs = FS_ALL_ABI1 | (abi >= 2 ? FS_REFER : 0) |
	                  (abi >= 3 ? FS_TRUNCATE : 0) | (abi >= 5 ? FS_IOCTL : 0),
	    .handled_net = abi >= 4 ? NET_ALL : 0,
	    .scoped = abi >= 6 ? SCOPE_ALL : 0,
	};
	size_t size = abi >= 6 ? sizeof r : abi >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
	int fd, result = -1;

	if (abi < 1)
		return 0; /* a kernel without Landlock */
	fd = (int)syscall(SYS_landlock_create_ruleset, &r, size, 0);
	if (fd < 0)
		return -1;
	if (allow_below(fd, etc, FS_READ) == 0 &&
	    allow_below(fd, store, FS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE) == 0)
		result = (int)syscall(SYS_landlock_restrict_self, fd, 0);
	(void)close(fd);
	return result;
}

static const int allowed[] = {
    SCMP_SYS(read),
    SCMP_SYS(pread64),
    SCMP_SYS(write),
    SCMP_SYS(pwrite64),
    SCMP_SYS(openat),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(fstatfs),
    SCMP_SYS(fcntl),
    SCMP_SYS(fdatasync),
    SCMP_SYS(fsync),
    SCMP_SYS(lseek),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(recvmsg),
    SCMP_SYS(sendmsg),
    SCMP_SYS(sendto),
    SCMP_SYS(getsockopt),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(getrandom),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(brk),
    SCMP_SYS(madvise),
    SCMP_SYS(mlock),
    SCMP_SYS(munlock),
    SCMP_SYS(futex),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(alarm),
    SCMP_SYS(setitimer),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getuid),
    SCMP_SYS(sched_yield),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* Where a card may be asked: the service of lib/cards/reader.h that is open already, the
 * directories of certificates and revocation lists, and the links from cards to their owners.
 */
static const int allowed_cards[] = {
    SCMP_SYS(shutdown),
    SCMP_SYS(timer_settime),
    SCMP_SYS(getdents64),
    SCMP_SYS(readlinkat),
};

/* mmap and mprotect without PROT_EXEC; abort() may signal this process and no other. No
 * socket() and no connect(): with them a parser's bug could talk to every daemon that trusts
 * root. */
static int allow_with_conditions(scmp_filter_ctx f)
{
	const struct {
		int call;
		struct scmp_arg_cmp condition;
	} rules[] = {
	    {SCMP_SYS(mmap), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)},
	    {SCMP_SYS(mprotect), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)},
	    {SCMP_SYS(tgkill), SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0)},
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (seccomp_rule_add(f, SCMP_ACT_ALLOW, rules[i].call, 1, rules[i].condition) !=
		    0)
			return -1;
	return 0;
}

static int allow(scmp_filter_ctx f, const int *calls, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int r = seccomp_rule_add(f, SCMP_ACT_ALLOW, calls[i], 0);

		if (r != 0 && r != -EDOM) /* EDOM: this architecture has no such call */
			return -1;
	}
	return 0;
}

/* What is not listed does not exist (ENOSYS): libraries then take their older way, and a new
 * libc's new call costs no login, while nothing is executed that is not listed. */
static int seccomp(bool cards)
{
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
	int result = -1;

	if (f == NULL)
		return -1;
	if (allow(f, allowed, COUNT(allowed)) != 0 || allow_with_conditions(f) != 0)
		goto out;
	if (cards && allow(f, allowed_cards, COUNT(allowed_cards)) != 0)
		goto out;
	result = seccomp_load(f);
	if (result == -EINVAL || result == -ENOSYS)
		result = 0; /* a kernel without seccomp filters */
out:
	seccomp_release(f);
	return result == 0 ? 0 : -1;
}

/* Root's files are opened as their owner; nothing left to do needs a capability. */
static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};

	return (int)syscall(SYS_capset, &header, none);
}

int sandbox_enter(int etc, int store, bool cards)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
	return landlock(etc, store) == 0 && drop_capabilities() == 0 ? seccomp(cards) : -1;
}
