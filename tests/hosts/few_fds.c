/* SPDX-License-Identifier: BSD-2-Clause */
/* A program that may open ten more descriptors and no eleventh. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/hosts/host.h"

#define LEFT 10

int main(int argc, char **argv)
{
	struct rlimit limit;
	struct host h;
	int first;

	host_start(&h, argc, argv);
	first = open("/dev/null", O_RDONLY | O_CLOEXEC);
	(void)close(first);
	limit.rlim_cur = limit.rlim_max = (rlim_t)first + LEFT;
	if (first < 0 || setrlimit(RLIMIT_NOFILE, &limit) != 0)
		return HOST_SKIP;
	return host_run(&h);
}
