/* SPDX-License-Identifier: BSD-2-Clause */
/* BER-TLV as cards write it, and as much reading of it as their commands need. */
#ifndef CARD_TLV_H
#define CARD_TLV_H

#include <stdbool.h>

#include "tests/card/buf.h"

/* Tag of one to three bytes (0x53, 0x5F2F, 0x5FC105), length, value. */
void tlv_put(struct buf *b, unsigned tag, const void *value, size_t length);
void tlv_put_buf(struct buf *b, unsigned tag, const struct buf *value);

/*
 * The first object with this one-byte tag at the top of data; one-byte tags and lengths below
 * 65536 only. false when it is not there or the data are no TLV.
 */
bool tlv_find(const unsigned char *data, size_t length, unsigned tag,
    const unsigned char **ret_value, size_t *ret_length);

#endif
