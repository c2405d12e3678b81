/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A user who stops and kills the children of a set-id login program while it starts the helper.
 *
 * held_launch HELPER TRIES. As root: each try runs the launch in a process whose real uid is
 * 2002 and effective uid 0, as su's, while an attacker with uid 2002 stops the second child and
 * kills the first. Afterwards that process must not share its memory with a child any more.
 * Exit 0: never shared; 1: shared; 77: the attack never hit, so nothing was shown.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pam_module/launch.h"

#define ATTACKER 2002
#define LOOKS    400000

enum { KCMP_VM_TYPE = 1 };

/* The set-id host. Exit 0: helper started; 1: not started; 3: a child still shares our memory.
 */
static int host(const char *helper, int go)
{
	pid_t me = getpid();
	struct err e = {0};
	int ends[2], pidfd = -1, theirs;
	char c;

	if (setresuid(ATTACKER, 0, 0) != 0 || read(go, &c, 1) != 1)
		return 9;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		return 9;
	theirs = fcntl(ends[1], F_DUPFD_CLOEXEC, 10);
	if (launch_helper(helper, theirs, &pidfd, &e) == 0)
		return 0;
	for (pid_t pid = me + 1; pid <= me + 4; pid++)
		if (syscall(SYS_kcmp, me, pid, KCMP_VM_TYPE, 0, 0) == 0)
			return 3;
	return 1;
}

/* In a pid namespace of few processes the host's children get the next two ids. */
static void attack(pid_t last, int go)
{
	if (setresgid(ATTACKER, ATTACKER, ATTACKER) != 0 ||
	    setresuid(ATTACKER, ATTACKER, ATTACKER) != 0 || write(go, "x", 1) != 1)
		_exit(9);
	for (long i = 0; i < LOOKS; i++) {
		for (pid_t outer = last + 1; outer <= last + 2; outer++) {
			if (kill(outer + 1, SIGSTOP) != 0)
				continue;
			if (kill(outer, SIGKILL) == 0)
				_exit(0);
			(void)kill(outer + 1, SIGCONT);
		}
	}
	_exit(1);
}

static int try_once(const char *helper)
{
	int go[2], status = 0;
	pid_t attacker, victim;

	if (pipe(go) != 0)
		exit(9);
	victim = fork();
	if (victim == 0)
		_exit(host(helper, go[0]));
	attacker = fork();
	if (attacker == 0)
		attack(getpid(), go[1]); /* forked last: the host's children come next */
	(void)waitpid(victim, &status, 0);
	(void)kill(attacker, SIGKILL);
	(void)waitpid(attacker, NULL, 0);
	close(go[0]);
	close(go[1]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 9;
}

int main(int argc, char **argv)
{
	int counts[16] = {0};

	if (argc != 3 || getuid() != 0)
		return 2;
	for (int i = atoi(argv[2]); i > 0; i--)
		counts[try_once(argv[1]) & 15]++;
	printf("started %d, refused %d, still shared %d, other %d\n", counts[0], counts[1],
	    counts[3], counts[9]);
	if (counts[3] != 0)
		return 1;
	return counts[1] != 0 ? 0 : 77;
}
