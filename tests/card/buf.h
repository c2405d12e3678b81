/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A bounded row of bytes, the one container of the test card. Running over is a mistake of the
 * card or of a test and ends the program: a card that answers short in silence would be
 * believed.
 */
#ifndef CARD_BUF_H
#define CARD_BUF_H

#include <stddef.h>

#define BUF_MAX 6144

struct buf {
	size_t used;
	unsigned char data[BUF_MAX];
};

void buf_put(struct buf *b, const void *bytes, size_t length);
void buf_put_byte(struct buf *b, unsigned byte);
void buf_fill(struct buf *b, unsigned byte, size_t count);

/* Hexadecimal with blanks or colons between bytes. 0, or -1 when it is something else. */
int buf_put_hex(struct buf *b, const char *hex);

#endif
