/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes a fuzz input apart, from its beginning; behind its end everything is zero. */
#ifndef SEKISHO_FUZZ_CURSOR_H
#define SEKISHO_FUZZ_CURSOR_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct cursor {
	const uint8_t *at;
	size_t left;
};

static inline uint8_t take_u8(struct cursor *c)
{
	if (c->left == 0)
		return 0;
	c->left--;
	return *c->at++;
}

static inline uint16_t take_u16(struct cursor *c)
{
	uint16_t high = take_u8(c);

	return (uint16_t)(high << 8 | take_u8(c));
}

static inline uint32_t take_u32(struct cursor *c)
{
	uint32_t high = take_u16(c);

	return high << 16 | take_u16(c);
}

/* Up to max bytes, as many as the next byte says; returns how many. */
static inline size_t take_bytes(struct cursor *c, uint8_t *out, size_t max)
{
	size_t n = take_u8(c);

	n = n < max ? n : max;
	n = n < c->left ? n : c->left;
	if (n > 0)
		memcpy(out, c->at, n);
	c->at += n;
	c->left -= n;
	return n;
}

#endif
