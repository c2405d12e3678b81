/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys that the fuzz targets and their seeds share. They protect nothing. */
#ifndef SEKISHO_FUZZ_FIXED_KEYS_H
#define SEKISHO_FUZZ_FIXED_KEYS_H

#include <string.h>

#include "lib/store/keys.h"

#define FIXED_NAME "0123"

static inline void fixed_host_key(struct host_key *h)
{
	memset(h->id, 0x01, sizeof(h->id));
	memset(h->key, 0x02, sizeof(h->key));
}

static inline void fixed_keys(struct keys *k)
{
	memset(k, 0, sizeof(*k));
	memset(k->store_id, 0x03, sizeof(k->store_id));
	memset(k->master, 0x04, sizeof(k->master));
	memset(k->name_key, 0x05, sizeof(k->name_key));
	memset(k->salt_key, 0x06, sizeof(k->salt_key));
}

#endif
