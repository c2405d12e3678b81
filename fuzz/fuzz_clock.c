/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz target: the bytes as a whole file `clock`, and as the plaintext of one of its slots.
 * What decodes must be in the slot its generation names, and be the time that is in the bytes.
 */
#include "lib/store/floor.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/fixed_keys.h"
#include "lib/store/field.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void as_file(const struct keys *k, const uint8_t *data, size_t size)
{
	struct slots_file f;
	int64_t floor = -1;

	if (floor_decode(k, data, size, "o", &floor, &f, NULL) != 0) {
		if (floor != -1)
			abort();
		return;
	}
	if (size != SLOTS_FILE_SIZE || f.generation % 2 == f.slot || !field_time_ok(floor))
		abort();
}

static void as_plaintext(const struct keys *k, const uint8_t *data, size_t size)
{
	static uint8_t file[SLOTS_FILE_SIZE];
	struct reader r = reader_over(data, size);
	int64_t told = (int64_t)get_u64(&r), floor = -1;
	struct slots_file f;
	bool fits;

	if (size != SLOTS_PLAIN_SIZE)
		return;
	if (box_seal(k, &floor_box, 1, FLOOR_FILE, data, size, file, NULL) != 0)
		abort();
	fits = field_time_ok(told) && field_is_zero(data + 8, size - 8);
	if ((floor_decode(k, file, sizeof(file), "o", &floor, &f, NULL) == 0) != fits ||
	    (fits && (floor != told || f.torn)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct keys k;

	fixed_keys(&k);
	as_file(&k, data, size);
	as_plaintext(&k, data, size);
	return 0;
}
