/* SPDX-License-Identifier: BSD-2-Clause */
/* A program that may write no file at all, as an unprivileged caller of su can arrange. */
#include <stdio.h>
#include <sys/resource.h>

#include "tests/hosts/host.h"

int main(int argc, char **argv)
{
	const struct rlimit none = {0, 0};
	struct host h;

	host_start(&h, argc, argv);
	if (setrlimit(RLIMIT_FSIZE, &none) != 0)
		return HOST_SKIP;
	return host_run(&h);
}
