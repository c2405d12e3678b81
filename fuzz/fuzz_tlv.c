/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz target: elements of BER-TLV, and those inside them. Every value lies within the input,
 * every step takes something, and what is written is read again.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/cards/tlv.h"

#define DEPTH_MAX 6

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static bool within(struct span inner, const uint8_t *begin, const uint8_t *end)
{
	const uint8_t *at = inner.data;

	return at >= begin && at <= end && inner.len <= (size_t)(end - at);
}

static void written_again(const struct tlv *t)
{
	uint8_t out[4];
	struct writer w = writer_over(out, sizeof out);
	struct span rest;
	struct tlv again;

	if (t->tag > 0xff || (t->tag & 0x1f) == 0x1f)
		return;
	tlv_put_header(&w, (uint8_t)t->tag, t->value.len);
	check(w.bad == (t->value.len > 0xffff));
	if (w.bad)
		return;
	check(sizeof out - w.left == tlv_header_size(t->value.len));
	rest = (struct span){out, sizeof out - w.left};
	/* the value is missing, unless it is empty */
	check(tlv_next(&rest, &again) == (t->value.len == 0));
}

static void walk(struct span in, unsigned depth)
{
	const uint8_t *begin = in.data, *end = begin + in.len;
	struct span rest = in, found;
	struct tlv t;

	while (tlv_next(&rest, &t)) {
		check(within(t.value, begin, end) && within(rest, begin, end));
		check((const uint8_t *)rest.data >= begin + 2);
		check((const uint8_t *)t.value.data + t.value.len == rest.data);
		check(tlv_find(in, t.tag, &found) && within(found, begin, end));
		written_again(&t);
		if (depth < DEPTH_MAX)
			walk(t.value, depth + 1);
		begin = rest.data;
		in = rest;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	walk((struct span){data, size}, 0);
	return 0;
}
