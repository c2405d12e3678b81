/* SPDX-License-Identifier: BSD-2-Clause */
/* Inherits orphans, as a session manager does: it may hear of the helper, but must be left no
 * zombie and lose no child of its own. */
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/hosts/host.h"

int main(int argc, char **argv)
{
	struct host h;
	int status = 0;
	pid_t pid;
	int r;

	host_start(&h, argc, argv);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0)
		return HOST_SKIP;
	pid = fork();
	if (pid == 0) {
		(void)pause();
		_exit(1);
	}
	r = host_run(&h);
	if (pid < 0 || kill(pid, SIGTERM) != 0 || waitpid(pid, &status, 0) != pid ||
	    !WIFSIGNALED(status)) {
		printf("its own child is gone\n");
		return 1;
	}
	return r;
}
