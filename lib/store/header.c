/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bytes of the store's header to struct and back. Must not touch a key: the MAC is keys.c's.
 */
#include "lib/store/header.h"

#include <string.h>

#include "lib/store/field.h"
#include "lib/wire/secret.h"

#define MAGIC "SKSHOHDR"

static bool blob_len_ok(uint8_t type, uint16_t len)
{
	switch ((enum slot_type)type) {
	case SLOT_EMPTY:
		return len == 0;
	case SLOT_HOST:
		return len == HOST_BLOB_SIZE;
	case SLOT_TPM2:
	case SLOT_PASSPHRASE:
		return len >= 1 && len <= HEADER_BLOB_MAX;
	}
	return false;
}

static bool slot_ok(const struct slot *s)
{
	if (!blob_len_ok(s->type, s->blob_len))
		return false;
	if (!field_is_zero(s->blob + s->blob_len, sizeof(s->blob) - s->blob_len))
		return false;
	if (s->type == SLOT_EMPTY)
		return field_is_zero(s->key_id, sizeof(s->key_id)) && s->created == 0;
	return field_time_ok(s->created);
}

static unsigned slots_used(const struct header *h)
{
	unsigned n = 0;

	while (n < HEADER_SLOTS && h->slots[n].type != SLOT_EMPTY)
		n++;
	return n;
}

/* Everything the bytes alone do not enforce; one function for both directions. */
static bool header_ok(const struct header *h)
{
	unsigned used = slots_used(h);

	if ((h->flags & ~(uint32_t)HEADER_SUSPENDED) != 0)
		return false;
	if (h->sequence == 0 || !field_time_ok(h->created) || used == 0)
		return false;
	for (unsigned i = 0; i < HEADER_SLOTS; i++) {
		const struct slot *s = &h->slots[i];

		if (!slot_ok(s) || (s->type != SLOT_EMPTY) != (i < used))
			return false;
		for (unsigned j = 0; j < i && i < used; j++)
			if (s->type == h->slots[j].type &&
			    memcmp(s->key_id, h->slots[j].key_id, sizeof(s->key_id)) == 0)
				return false;
	}
	return true;
}

static void put_slot_head(struct writer *w, const struct slot *s)
{
	put_u8(w, s->type);
	put_zeros(w, 1);
	put_u16(w, s->blob_len);
	put_zeros(w, 4);
	put_bytes(w, s->key_id, sizeof(s->key_id));
	put_u64(w, (uint64_t)s->created);
}

int header_slot_head(const struct slot *s, uint8_t out[HEADER_SLOT_HEAD])
{
	struct writer w = writer_over(out, HEADER_SLOT_HEAD);

	put_slot_head(&w, s);
	return writer_full(&w) ? 0 : -1;
}

int header_encode(const struct header *h, uint8_t out[HEADER_COPY_SIZE])
{
	struct writer w = writer_over(out, HEADER_COPY_SIZE);

	if (!header_ok(h))
		return -1;
	put_bytes(&w, MAGIC, 8);
	put_u16(&w, HEADER_VERSION);
	put_u16(&w, (uint16_t)slots_used(h));
	put_u32(&w, h->flags);
	put_u64(&w, h->sequence);
	put_bytes(&w, h->store_id, sizeof(h->store_id));
	put_u64(&w, (uint64_t)h->created);
	put_zeros(&w, 16);
	for (unsigned i = 0; i < HEADER_SLOTS; i++) {
		put_slot_head(&w, &h->slots[i]);
		put_bytes(&w, h->slots[i].blob, sizeof(h->slots[i].blob));
	}
	put_zeros(&w, 160);
	put_bytes(&w, h->mac, sizeof(h->mac));
	return writer_full(&w) ? 0 : -1;
}

/* A time beyond what int64_t holds comes out negative, which field_time_ok refuses. */
static void get_slot(struct reader *r, struct slot *s)
{
	s->type = get_u8(r);
	get_zeros(r, 1);
	s->blob_len = get_u16(r);
	get_zeros(r, 4);
	get_bytes(r, s->key_id, sizeof(s->key_id));
	s->created = (int64_t)get_u64(r);
	get_bytes(r, s->blob, sizeof(s->blob));
	if (s->blob_len > sizeof(s->blob))
		r->bad = true; /* before anybody uses it as an index */
}

static bool get_body(struct reader *r, struct header *h)
{
	uint16_t used = get_u16(r);

	h->flags = get_u32(r);
	h->sequence = get_u64(r);
	get_bytes(r, h->store_id, sizeof(h->store_id));
	h->created = (int64_t)get_u64(r);
	get_zeros(r, 16);
	for (unsigned i = 0; i < HEADER_SLOTS; i++)
		get_slot(r, &h->slots[i]);
	get_zeros(r, 160);
	get_bytes(r, h->mac, sizeof(h->mac));
	return reader_finished(r) && header_ok(h) && slots_used(h) == used;
}

int header_decode(
    const uint8_t *copy, size_t len, const char *object, struct header *ret_h, struct err *e)
{
	struct reader r = reader_over(copy, len);
	struct header h;
	uint8_t magic[8];
	uint16_t version;

	memset(&h, 0, sizeof(h));
	if (len != HEADER_COPY_SIZE)
		return err_set(e, ERR_DAMAGED, object, "wrong size");
	get_bytes(&r, magic, sizeof(magic));
	version = get_u16(&r);
	if (memcmp(magic, MAGIC, sizeof(magic)) != 0)
		return err_set(e, ERR_FOREIGN, object, "not a header of a sekisho store");
	if (version > HEADER_VERSION)
		return err_set(e, ERR_TOO_NEW, object, "version %u; this program knows %u",
		    version, HEADER_VERSION);
	if (version != HEADER_VERSION || !get_body(&r, &h))
		return err_set(e, ERR_DAMAGED, object, "a field is out of its range");
	*ret_h = h;
	return 0;
}
