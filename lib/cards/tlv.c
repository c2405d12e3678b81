/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Taking BER-TLV apart and writing its headers. Never reads past the span it was given.
 */
#include "lib/cards/tlv.h"

#define LONG_TAG    0x1fu /* in the first byte: another one follows */
#define TAG_GOES_ON 0x80u /* in the second byte: a third one */
#define LONG_LENGTH 0x80u
#define LENGTH_MAX  3u /* bytes after the first */

static uint16_t get_tag(struct reader *r)
{
	uint8_t first = get_u8(r), second;

	if ((first & LONG_TAG) != LONG_TAG)
		return first;
	second = get_u8(r);
	if ((second & TAG_GOES_ON) != 0)
		r->bad = true;
	return (uint16_t)(first << 8 | second);
}

static size_t get_length(struct reader *r)
{
	uint8_t first = get_u8(r);
	size_t len = 0;

	if ((first & LONG_LENGTH) == 0)
		return first;
	first = (uint8_t)(first & ~LONG_LENGTH);
	if (first == 0 || first > LENGTH_MAX) {
		r->bad = true;
		return 0;
	}
	for (unsigned i = 0; i < first; i++)
		len = len << 8 | get_u8(r);
	return len;
}

bool tlv_next(struct span *rest, struct tlv *ret_t)
{
	struct reader r = reader_over(rest->data, rest->len);
	struct tlv t;

	t.tag = get_tag(&r);
	t.value.len = get_length(&r);
	if (r.bad || t.value.len > r.left)
		return false;
	t.value.data = r.at;
	rest->data = r.at + t.value.len;
	rest->len = r.left - t.value.len;
	*ret_t = t;
	return true;
}

bool tlv_find(struct span in, uint16_t tag, struct span *ret_value)
{
	struct tlv t;

	while (tlv_next(&in, &t))
		if (t.tag == tag) {
			*ret_value = t.value;
			return true;
		}
	return false;
}

size_t tlv_header_size(size_t len)
{
	return len < 0x80 ? 2 : len <= 0xff ? 3 : 4;
}

void tlv_put_header(struct writer *w, uint8_t tag, size_t len)
{
	put_u8(w, tag);
	if (len > 0xffff)
		w->bad = true;
	else if (len > 0xff) {
		put_u8(w, 0x82);
		put_u16(w, (uint16_t)len);
	} else {
		if (len >= 0x80)
			put_u8(w, 0x81);
		put_u8(w, (uint8_t)len);
	}
}
