/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz target: the bytes as the plaintext of a record, and as a whole record file. What decodes
 * must encode to the very same bytes; what does not must leave nothing behind.
 */
#include "lib/store/record.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/fixed_keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void as_plaintext(const uint8_t *data, size_t size)
{
	static const struct record empty;
	uint8_t again[RECORD_PLAIN_SIZE];
	struct record r;

	if (record_decode(data, size, "o", &r, NULL) != 0) {
		if (memcmp(&r, &empty, sizeof(r)) != 0)
			abort();
		return;
	}
	if (size != sizeof(again) || record_encode(&r, again) != 0 ||
	    memcmp(again, data, size) != 0)
		abort();
	for (unsigned i = 0; i < r.token_count; i++)
		if (record_find_label(&r, r.tokens[i].label) != &r.tokens[i])
			abort();
}

static void as_file(const uint8_t *data, size_t size)
{
	uint8_t plain[RECORD_PLAIN_SIZE];
	uint64_t generation = 0;
	struct keys k;

	if (size > RECORD_FILE_SIZE)
		return;
	fixed_keys(&k);
	if (box_open(&k, &record_box, FIXED_NAME, "o", data, size, &generation, plain, NULL) !=
	    0)
		return;
	if (generation == 0)
		abort();
	as_plaintext(plain, size - BOX_OVERHEAD);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	as_plaintext(data, size);
	as_file(data, size);
	return 0;
}
