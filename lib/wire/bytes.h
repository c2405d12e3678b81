/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Big-endian cursors over a byte buffer. They know no message and no file format.
 *
 * Both cursors are sticky: the first access past the end sets .bad, later reads give zeros
 * and later writes do nothing, so a codec checks once, at the end, instead of at each field.
 */
#ifndef SEKISHO_BYTES_H
#define SEKISHO_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_CHECK __attribute__((warn_unused_result))

struct reader {
	const uint8_t *at; /* borrowed */
	size_t left;
	bool bad;
};

struct writer {
	uint8_t *at; /* borrowed */
	size_t left;
	bool bad;
};

struct reader reader_over(const void *data, size_t len);
uint8_t get_u8(struct reader *r);
uint16_t get_u16(struct reader *r);
uint32_t get_u32(struct reader *r);
uint64_t get_u64(struct reader *r);
void get_bytes(struct reader *r, void *out, size_t len); /* zero-fills out when short */
/* len bytes that must all be zero; anything else sets .bad. */
void get_zeros(struct reader *r, size_t len);
/* A field of len bytes holding a NUL-terminated string, every byte after the NUL zero;
 * out has len bytes. A missing NUL or a non-zero tail sets .bad. */
void get_text(struct reader *r, char *out, size_t len);
/* True when nothing was bad and nothing is left over. */
MUST_CHECK bool reader_finished(const struct reader *r);

struct writer writer_over(void *data, size_t len);
void put_u8(struct writer *w, uint8_t v);
void put_u16(struct writer *w, uint16_t v);
void put_u32(struct writer *w, uint32_t v);
void put_u64(struct writer *w, uint64_t v);
void put_bytes(struct writer *w, const void *data, size_t len);
void put_zeros(struct writer *w, size_t len);
/* text must fit len with its NUL, else .bad; the rest of the field is zeros. */
void put_text(struct writer *w, const char *text, size_t len);
/* True when everything fitted and the buffer is exactly full. */
MUST_CHECK bool writer_full(const struct writer *w);

#endif
