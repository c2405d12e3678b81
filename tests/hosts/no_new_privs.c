/* SPDX-License-Identifier: BSD-2-Clause */
/* A sandboxed program: whatever it starts can gain no privilege. */
#include <stdio.h>
#include <sys/prctl.h>

#include "tests/hosts/host.h"

int main(int argc, char **argv)
{
	struct host h;

	host_start(&h, argc, argv);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return HOST_SKIP;
	return host_run(&h);
}
