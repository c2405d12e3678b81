/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BER-TLV as cards speak it, read without believing a length. Copies nothing, knows no tag.
 */
#ifndef SEKISHO_CARDS_TLV_H
#define SEKISHO_CARDS_TLV_H

#include "lib/base/crypto.h"

struct tlv {
	uint16_t tag; /* of one byte or two */
	struct span value;
};

/* Takes the first element off *rest. Tags of one or two bytes, lengths of up to three after
 * 81, 82, 83, not necessarily the shortest form; no indefinite length. false, and nothing
 * changed, at the end and for what does not fit into *rest. */
MUST_CHECK bool tlv_next(struct span *rest, struct tlv *ret_t);
/* The first element with this tag at the top of in. false when there is none, or what stands
 * before it is malformed. */
MUST_CHECK bool tlv_find(struct span in, uint16_t tag, struct span *ret_value);
/* Tag (of one byte) and length, in the shortest form; len up to 65535. The value is put by the
 * caller. */
void tlv_put_header(struct writer *w, uint8_t tag, size_t len);
/* How many bytes tlv_put_header writes. */
size_t tlv_header_size(size_t len);

#endif
