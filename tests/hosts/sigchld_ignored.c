/* SPDX-License-Identifier: BSD-2-Clause */
/* Ignores SIGCHLD, so that the kernel reaps its children before anybody can wait for them. */
#include <signal.h>

#include "tests/hosts/host.h"

int main(int argc, char **argv)
{
	struct host h;

	host_start(&h, argc, argv);
	(void)signal(SIGCHLD, SIG_IGN);
	return host_run(&h);
}
