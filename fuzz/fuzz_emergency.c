/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz target: the bytes as an emergency file, as they are and with both checks made right.
 * What decodes must encode to the very same bytes (but for a mark that cannot be read, which
 * must stay one), and is spent if and only if its second page is not blank.
 */
#include "lib/store/emergency.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/crypto.h"
#include "lib/store/field.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void as_file(const uint8_t *data, size_t size)
{
	static uint8_t again[EMERGENCY_FILE_SIZE];
	struct emergency em;

	if (emergency_decode(data, size, "o", &em, NULL) != 0)
		return;
	if (size != sizeof(again) || emergency_encode(&em, again) != 0 ||
	    memcmp(again, data, EMERGENCY_PAGE_SIZE) != 0)
		abort();
	if (em.spent == field_is_zero(data + EMERGENCY_PAGE_SIZE, EMERGENCY_PAGE_SIZE))
		abort();
	if (em.spent && em.spent_uid == (uid_t)-1) {
		if (em.spent_at != 0 || emergency_decode(again, size, "o", &em, NULL) != 0 ||
		    !em.spent || em.spent_uid != (uid_t)-1)
			abort();
		return;
	}
	if (memcmp(again, data, size) != 0)
		abort();
}

static void with_checks(const uint8_t *data, size_t size)
{
	static uint8_t file[EMERGENCY_FILE_SIZE];
	uint8_t *mark = file + EMERGENCY_PAGE_SIZE;
	struct span page = {file, EMERGENCY_PAGE_SIZE - 32}, fields = {mark, 32};

	if (size != sizeof(file))
		return;
	memcpy(file, data, size);
	if (crypto_sha256(&page, 1, mark - 32) != 0)
		abort();
	as_file(file, size);
	if (crypto_sha256(&fields, 1, mark + 32) != 0)
		abort();
	as_file(file, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	as_file(data, size);
	with_checks(data, size);
	return 0;
}
