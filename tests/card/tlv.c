/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes TLV objects and finds one in a command. Not the parser of lib/: what is tested must
 * not be what tests.
 */
#include "tests/card/tlv.h"

static void put_big_endian(struct buf *b, unsigned long value)
{
	for (int shift = 24; shift >= 0; shift -= 8) {
		if (shift == 0 || value >> shift != 0)
			buf_put_byte(b, (unsigned)(value >> shift) & 0xFF);
	}
}

void tlv_put(struct buf *b, unsigned tag, const void *value, size_t length)
{
	put_big_endian(b, tag);
	if (length > 0xFF)
		buf_put_byte(b, 0x82);
	else if (length > 0x7F)
		buf_put_byte(b, 0x81);
	put_big_endian(b, length);
	buf_put(b, value, length);
}

void tlv_put_buf(struct buf *b, unsigned tag, const struct buf *value)
{
	tlv_put(b, tag, value->data, value->used);
}

/* The head of an object: its length of value, and how many bytes the head takes; 0 = none. */
static size_t read_head(const unsigned char *data, size_t length, size_t *ret_value_length)
{
	size_t bytes = 0, value = 0;

	if (length < 2)
		return 0;
	if (data[1] < 0x80) {
		*ret_value_length = data[1];
		return 2;
	}
	bytes = data[1] & 0x7FU;
	if (bytes < 1 || bytes > 2 || length < 2 + bytes)
		return 0;
	for (size_t i = 0; i < bytes; i++)
		value = value << 8 | data[2 + i];
	*ret_value_length = value;
	return 2 + bytes;
}

bool tlv_find(const unsigned char *data, size_t length, unsigned tag,
    const unsigned char **ret_value, size_t *ret_length)
{
	while (length > 0) {
		size_t value_length = 0;
		size_t head = read_head(data, length, &value_length);

		if (head == 0 || value_length > length - head)
			return false;
		if (data[0] == tag) {
			*ret_value = data + head;
			*ret_length = value_length;
			return true;
		}
		data += head + value_length;
		length -= head + value_length;
	}
	return false;
}
