/* SPDX-License-Identifier: BSD-2-Clause */
/* A program with 2 GiB of touched memory, which a fork would have to copy the tables of. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>

#include "tests/hosts/host.h"

#define RESIDENT (2UL << 30)

static bool memory_for(unsigned long size)
{
	struct sysinfo info;

	return sysinfo(&info) == 0 && info.freeram * (unsigned long)info.mem_unit > size;
}

int main(int argc, char **argv)
{
	struct host h;
	char *p;
	int r;

	host_start(&h, argc, argv);
	if (!memory_for(RESIDENT + (RESIDENT >> 1))) {
		printf("skipped: less than 3 GiB of free memory\n");
		return HOST_SKIP;
	}
	p = mmap(NULL, RESIDENT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return HOST_SKIP;
	/* Small pages: the worst case for whoever copies page tables. */
	(void)madvise(p, RESIDENT, MADV_NOHUGEPAGE);
	memset(p, 1, RESIDENT);
	r = host_run(&h);
	(void)munmap(p, RESIDENT);
	return r;
}
