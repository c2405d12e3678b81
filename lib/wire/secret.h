/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The type for bytes that must not outlive their use: codes, PINs, seeds, keys.
 * Whether such a value is wiped is a question about its type, not about each caller.
 */
#ifndef SEKISHO_SECRET_H
#define SEKISHO_SECRET_H

#include "lib/wire/bytes.h"

#define SECRET_MAX 128 /* longest answer, seed or key, in bytes */

struct secret {
	size_t len; /* 0..SECRET_MAX */
	uint8_t data[SECRET_MAX];
};

/* Copies; len over SECRET_MAX gives -1 and an empty secret. */
MUST_CHECK int secret_set(struct secret *s, const void *data, size_t len);
/* Wipes all of it, used or not. NULL is fine. */
void secret_clear(struct secret *s);
/* Constant time in the contents (not in the lengths). */
MUST_CHECK bool secret_equal(const struct secret *a, const struct secret *b);
/* For memory of other types: wipe that the compiler may not drop; constant-time compare. */
void wipe(void *p, size_t len);
MUST_CHECK bool bytes_equal(const void *a, const void *b, size_t len);

#endif
