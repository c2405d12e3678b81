/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hash of a challenge: a pure function. Makes no random bytes and keeps nothing.
 */
#include "lib/cards/challenge.h"

#include <string.h>

static const char label[] = "sekisho card challenge 1";

int challenge_digest(
    const struct challenge *c, enum key_kind kind, uint8_t ret_digest[KEY_DIGEST_MAX])
{
	const struct span parts[] = {
	    {c->purpose, strlen(c->purpose)},
	    c->host,
	    {c->person, strlen(c->person)},
	    c->session,
	    {c->random, sizeof c->random},
	};
	enum { PARTS = sizeof parts / sizeof parts[0] };
	struct span all[1 + 2 * PARTS];
	uint8_t lengths[PARTS][2];

	memset(ret_digest, 0, KEY_DIGEST_MAX);
	all[0] = (struct span){label, sizeof label};
	for (size_t i = 0; i < PARTS; i++) {
		if (parts[i].len > UINT16_MAX)
			return -1;
		lengths[i][0] = (uint8_t)(parts[i].len >> 8);
		lengths[i][1] = (uint8_t)parts[i].len;
		all[1 + 2 * i] = (struct span){lengths[i], sizeof lengths[i]};
		all[2 + 2 * i] = parts[i];
	}
	return key_digest(kind, all, sizeof all / sizeof all[0], ret_digest);
}
