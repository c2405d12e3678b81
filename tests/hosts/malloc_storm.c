/* SPDX-License-Identifier: BSD-2-Clause */
/* Eight threads that allocate all the time: one of them always holds the allocator's lock. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/hosts/host.h"

#define THREADS 8
#define BLOCKS  64

static atomic_bool stop;

static void *storm(void *data)
{
	unsigned int seed = (unsigned int)(uintptr_t)data;
	void *blocks[BLOCKS];

	while (!atomic_load(&stop)) {
		for (int i = 0; i < BLOCKS; i++)
			blocks[i] = malloc(10 + (size_t)rand_r(&seed) % 5000);
		for (int i = 0; i < BLOCKS; i++)
			free(blocks[i]);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];
	struct host h;
	int r;

	host_start(&h, argc, argv);
	for (uintptr_t i = 0; i < THREADS; i++) {
		if (pthread_create(&threads[i], NULL, storm, (void *)(i + 1)) != 0)
			return 1;
	}
	r = host_run(&h);
	atomic_store(&stop, true);
	for (int i = 0; i < THREADS; i++)
		(void)pthread_join(threads[i], NULL);
	return r;
}
