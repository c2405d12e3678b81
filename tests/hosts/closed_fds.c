/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs without standard descriptors, as a carelessly started daemon. Speaks by exit status. */
#include <unistd.h>

#include "tests/hosts/host.h"

int main(int argc, char **argv)
{
	struct host h;

	host_start(&h, argc, argv);
	for (int fd = 0; fd <= 2; fd++)
		(void)close(fd);
	return host_run(&h);
}
