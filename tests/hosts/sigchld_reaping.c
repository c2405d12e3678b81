/* SPDX-License-Identifier: BSD-2-Clause */
/* Waits for every child it hears of, whoever started it, and hears of none it did not start. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "tests/hosts/host.h"

static volatile sig_atomic_t announced, stolen;

static void reap_all(int number)
{
	int saved = errno;

	(void)number;
	announced++;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		stolen++;
	errno = saved;
}

int main(int argc, char **argv)
{
	struct sigaction action;
	struct host h;
	int r;

	host_start(&h, argc, argv);
	memset(&action, 0, sizeof(action));
	action.sa_handler = reap_all;
	action.sa_flags = SA_RESTART;
	(void)sigaction(SIGCHLD, &action, NULL);
	r = host_run(&h);
	if (announced != 0 || stolen != 0) {
		printf("heard of %d children, reaped %d\n", (int)announced, (int)stolen);
		return 1;
	}
	return r;
}
