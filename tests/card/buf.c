/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes one after the other, within bounds. Knows nothing of what they mean. */
#include <err.h>
#include <string.h>

#include "tests/card/buf.h"

void buf_put(struct buf *b, const void *bytes, size_t length)
{
	if (length > sizeof(b->data) - b->used)
		errx(1, "%zu bytes do not fit behind %zu others", length, b->used);
	if (length > 0)
		memcpy(b->data + b->used, bytes, length);
	b->used += length;
}

void buf_put_byte(struct buf *b, unsigned byte)
{
	unsigned char c = (unsigned char)byte;

	buf_put(b, &c, 1);
}

void buf_fill(struct buf *b, unsigned byte, size_t count)
{
	while (count-- > 0)
		buf_put_byte(b, byte);
}

static int digit(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	return at == NULL ? -1 : (int)((at - digits) % 16);
}

int buf_put_hex(struct buf *b, const char *hex)
{
	while (*hex != '\0') {
		int high = digit(hex[0]);
		int low = high < 0 ? -1 : digit(hex[1]);

		if (*hex == ' ' || *hex == ':') {
			hex++;
			continue;
		}
		if (low < 0)
			return -1;
		buf_put_byte(b, (unsigned)(high << 4 | low));
		hex += 2;
	}
	return 0;
}
