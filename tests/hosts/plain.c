/* SPDX-License-Identifier: BSD-2-Clause */
/* A login program without any peculiarity: the yardstick for the others. */
#include "tests/hosts/host.h"

int main(int argc, char **argv)
{
	struct host h;

	host_start(&h, argc, argv);
	return host_run(&h);
}
