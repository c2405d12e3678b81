/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz target: msg_decode. What decodes must encode to the very same bytes, and what does not
 * must leave nothing behind.
 */
#include "lib/wire/msg.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct msg empty;
	uint8_t again[MSG_MAX];
	struct msg m;

	if (msg_decode(data, size, &m) != 0) {
		if (memcmp(&m, &empty, sizeof(m)) != 0)
			abort();
		return 0;
	}
	if (msg_encode(&m, again) != size || memcmp(again, data, size) != 0)
		abort();
	return 0;
}
