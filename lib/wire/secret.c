/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Copying, comparing and wiping secret bytes. Never prints, stores or sends them.
 */
#include "lib/wire/secret.h"

#include <string.h>

void wipe(void *p, size_t len)
{
	if (p != NULL && len > 0)
		explicit_bzero(p, len);
}

bool bytes_equal(const void *a, const void *b, size_t len)
{
	/* volatile: the compiler may not stop at the first difference. */
	const volatile uint8_t *x = a;
	const volatile uint8_t *y = b;
	uint8_t difference = 0;

	for (size_t i = 0; i < len; i++)
		difference |= (uint8_t)(x[i] ^ y[i]);
	return difference == 0;
}

int secret_set(struct secret *s, const void *data, size_t len)
{
	if (len > SECRET_MAX || (data == NULL && len > 0)) {
		secret_clear(s);
		return -1;
	}
	/* memmove before the wipe: data may lie inside s. */
	if (len > 0)
		memmove(s->data, data, len);
	wipe(s->data + len, SECRET_MAX - len);
	s->len = len;
	return 0;
}

void secret_clear(struct secret *s)
{
	wipe(s, sizeof(*s));
}

bool secret_equal(const struct secret *a, const struct secret *b)
{
	if (a->len != b->len || a->len > SECRET_MAX)
		return false;
	return bytes_equal(a->data, b->data, a->len);
}
