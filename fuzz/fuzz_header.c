/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz target: the bytes as one copy of the header, unlocked with a fixed host key, and as
 * host.key. What decodes must encode to the very same bytes.
 */
#include "lib/store/header.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/fixed_keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void as_header(const uint8_t *data, size_t size)
{
	uint8_t again[HEADER_COPY_SIZE], mac[CRYPTO_HASH_SIZE];
	struct host_key host;
	struct header h;
	struct keys k;

	if (header_decode(data, size, "o", &h, NULL) != 0)
		return;
	if (size != sizeof(again) || header_encode(&h, again) != 0 ||
	    memcmp(again, data, size) != 0)
		abort();
	fixed_host_key(&host);
	if (keys_unlock(&host, &h, &k, NULL) != 0)
		return;
	if (keys_header_mac(&k, data, HEADER_MAC_AT, mac) != 0 ||
	    memcmp(mac, data + HEADER_MAC_AT, sizeof(mac)) != 0)
		abort();
}

static void as_host_key(const uint8_t *data, size_t size)
{
	uint8_t again[HOST_KEY_FILE_SIZE];
	struct host_key host;

	if (host_key_decode(data, size, "o", &host, NULL) != 0)
		return;
	if (size != sizeof(again) || host_key_encode(&host, again) != 0 ||
	    memcmp(again, data, size) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	as_header(data, size);
	as_host_key(data, size);
	return 0;
}
