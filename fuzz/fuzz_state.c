/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz target: the bytes as the plaintext of a state, and as a whole state file. What decodes
 * must encode to the very same bytes; what loads must be in the slot its generation names, and
 * must load again, newer, after a save.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memfd_create */
#endif
#include "lib/store/state.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/fixed_keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void as_plaintext(const uint8_t *data, size_t size)
{
	static const struct state empty;
	uint8_t again[STATE_PLAIN_SIZE];
	struct state s;

	if (state_decode(data, size, "o", &s, NULL) != 0) {
		if (memcmp(&s, &empty, sizeof(s)) != 0)
			abort();
		return;
	}
	if (size != sizeof(again) || state_encode(&s, again) != 0 ||
	    memcmp(again, data, size) != 0)
		abort();
}

static void as_file(const uint8_t *data, size_t size)
{
	static int fd = -1;
	struct slots_file f, g;
	struct state s;
	struct keys k;

	if (fd < 0)
		fd = memfd_create("state", MFD_CLOEXEC);
	if (fd < 0 || ftruncate(fd, 0) != 0 || pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	fixed_keys(&k);
	if (state_load(&k, FIXED_NAME, "p", fd, &f, &s, NULL) != 0)
		return;
	if (size != STATE_FILE_SIZE || f.generation % 2 == f.slot)
		abort();
	if (f.generation == UINT64_MAX)
		return;
	if (state_save(&k, FIXED_NAME, "p", &f, &s, NULL) != 0 ||
	    state_load(&k, FIXED_NAME, "p", fd, &g, &s, NULL) != 0)
		abort();
	if (g.generation != f.generation || g.slot != f.slot || g.torn)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	as_plaintext(data, size);
	as_file(data, size);
	return 0;
}
