/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sticky big-endian cursors. No message and no file format is known here.
 */
#include "lib/wire/bytes.h"

#include <string.h>

struct reader reader_over(const void *data, size_t len)
{
	return (struct reader){.at = data, .left = len};
}

struct writer writer_over(void *data, size_t len)
{
	return (struct writer){.at = data, .left = len};
}

/* The next len bytes, or NULL (and bad from then on). An empty request moves nothing: the
 * buffer may be NULL then, and NULL + 0 is not C. */
static const uint8_t *take(struct reader *r, size_t len)
{
	const uint8_t *p = r->at;

	if (r->bad || len > r->left) {
		r->bad = true;
		return NULL;
	}
	if (len > 0) {
		r->at += len;
		r->left -= len;
	}
	return p;
}

static uint8_t *room(struct writer *w, size_t len)
{
	uint8_t *p = w->at;

	if (w->bad || len > w->left) {
		w->bad = true;
		return NULL;
	}
	if (len > 0) {
		w->at += len;
		w->left -= len;
	}
	return p;
}

static uint64_t get_number(struct reader *r, size_t len)
{
	const uint8_t *p = take(r, len);
	uint64_t v = 0;

	for (size_t i = 0; p != NULL && i < len; i++)
		v = v << 8 | p[i];
	return v;
}

uint8_t get_u8(struct reader *r)
{
	return (uint8_t)get_number(r, 1);
}

uint16_t get_u16(struct reader *r)
{
	return (uint16_t)get_number(r, 2);
}

uint32_t get_u32(struct reader *r)
{
	return (uint32_t)get_number(r, 4);
}

uint64_t get_u64(struct reader *r)
{
	return get_number(r, 8);
}

void get_bytes(struct reader *r, void *out, size_t len)
{
	const uint8_t *p = take(r, len);

	if (len == 0)
		return;
	if (p == NULL)
		memset(out, 0, len);
	else
		memcpy(out, p, len);
}

void get_zeros(struct reader *r, size_t len)
{
	const uint8_t *p = take(r, len);
	uint8_t any = 0;

	for (size_t i = 0; p != NULL && i < len; i++)
		any |= p[i];
	if (any != 0)
		r->bad = true;
}

void get_text(struct reader *r, char *out, size_t len)
{
	size_t used;

	get_bytes(r, out, len);
	used = strnlen(out, len);
	if (used == len) {
		/* No terminator: never hand on something that is not a string. */
		r->bad = true;
		if (len > 0)
			out[0] = '\0';
		return;
	}
	for (size_t i = used; i < len; i++) {
		if (out[i] != '\0')
			r->bad = true;
	}
}

bool reader_finished(const struct reader *r)
{
	return !r->bad && r->left == 0;
}

static void put_number(struct writer *w, uint64_t v, size_t len)
{
	uint8_t *p = room(w, len);

	for (size_t i = len; p != NULL && i > 0; i--) {
		p[i - 1] = (uint8_t)(v & 0xff);
		v >>= 8;
	}
}

void put_u8(struct writer *w, uint8_t v)
{
	put_number(w, v, 1);
}

void put_u16(struct writer *w, uint16_t v)
{
	put_number(w, v, 2);
}

void put_u32(struct writer *w, uint32_t v)
{
	put_number(w, v, 4);
}

void put_u64(struct writer *w, uint64_t v)
{
	put_number(w, v, 8);
}

void put_bytes(struct writer *w, const void *data, size_t len)
{
	uint8_t *p = room(w, len);

	if (p != NULL && len > 0)
		memcpy(p, data, len);
}

void put_zeros(struct writer *w, size_t len)
{
	uint8_t *p = room(w, len);

	if (p != NULL && len > 0)
		memset(p, 0, len);
}

void put_text(struct writer *w, const char *text, size_t len)
{
	size_t used = strnlen(text, len);

	if (used == len) {
		w->bad = true;
		return;
	}
	put_bytes(w, text, used);
	put_zeros(w, len - used);
}

bool writer_full(const struct writer *w)
{
	return !w->bad && w->left == 0;
}
