/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sealing and opening one box. Must not know what is inside.
 */
#include "lib/store/box.h"

#include <string.h>

#define LABEL     "sekisho box 1"
#define SALT_AT   24
#define SALT_SIZE 32
#define NAME_MAX_ NAME_HEX_SIZE /* no name is longer than that of a person */

#define SPAN(p, n) ((struct span){(p), (n)})

struct lock {
	uint8_t key_nonce[CRYPTO_KEY_SIZE + CRYPTO_NONCE_SIZE];
	uint8_t aad[BOX_HEADER_SIZE + NAME_MAX_];
	size_t aad_len;
};

/* Everything but the salt. */
static void put_header(
    uint8_t out[BOX_HEADER_SIZE], const struct box_type *t, size_t len, uint64_t generation)
{
	struct writer w = writer_over(out, SALT_AT);

	put_bytes(&w, t->magic, BOX_MAGIC_SIZE);
	put_u16(&w, t->version);
	put_zeros(&w, 2);
	put_u32(&w, (uint32_t)len);
	put_u64(&w, generation);
}

/* Key, nonce and associated data of the box whose header is given. */
static int lock_make(struct lock *l, const struct keys *k, const struct box_type *t,
    uint64_t generation, const char *name, const uint8_t *box)
{
	uint8_t info[sizeof(LABEL) - 1 + BOX_MAGIC_SIZE + 8 + NAME_MAX_];
	struct writer w = writer_over(info, sizeof(info));
	size_t name_len = strlen(name);

	put_bytes(&w, LABEL, sizeof(LABEL) - 1);
	put_bytes(&w, t->magic, BOX_MAGIC_SIZE);
	put_u64(&w, generation);
	put_bytes(&w, name, name_len);
	if (w.bad || name_len > NAME_MAX_)
		return -1;
	memcpy(l->aad, box, BOX_HEADER_SIZE);
	memcpy(l->aad + BOX_HEADER_SIZE, name, name_len);
	l->aad_len = BOX_HEADER_SIZE + name_len;
	return crypto_hkdf(SPAN(k->master, sizeof(k->master)), SPAN(box + SALT_AT, SALT_SIZE),
	    SPAN(info, sizeof(info) - w.left), l->key_nonce, sizeof(l->key_nonce));
}

static int make_salt(const struct keys *k, struct span plain, uint8_t out[SALT_SIZE])
{
	uint8_t fresh[32];
	struct span parts[2] = {{fresh, sizeof(fresh)}, plain};
	int r = -1;

	if (crypto_random(fresh, sizeof(fresh)) == 0)
		r = crypto_hmac(k->salt_key, parts, 2, out);
	wipe(fresh, sizeof(fresh));
	return r;
}

int box_seal(const struct keys *k, const struct box_type *t, uint64_t generation,
    const char *name, const void *plain, size_t len, uint8_t *out, struct err *e)
{
	struct lock l;
	int r = -1;

	if (len > UINT32_MAX || generation == 0)
		return err_set(e, ERR_INTERNAL, name, "cannot be sealed: out of range");
	put_header(out, t, len, generation);
	if (make_salt(k, SPAN(plain, len), out + SALT_AT) == 0 &&
	    lock_make(&l, k, t, generation, name, out) == 0)
		r = crypto_seal(l.key_nonce, l.key_nonce + CRYPTO_KEY_SIZE,
		    SPAN(l.aad, l.aad_len), SPAN(plain, len), out + BOX_HEADER_SIZE,
		    out + BOX_HEADER_SIZE + len);
	wipe(&l, sizeof(l));
	if (r != 0) {
		wipe(out, len + BOX_OVERHEAD);
		(void)err_set(e, ERR_INTERNAL, name, "cannot be sealed");
	}
	return r;
}

/* What can be told without a key. */
static int check_header(const struct box_type *t, const char *object, const uint8_t *box,
    size_t len, uint64_t *ret_generation, struct err *e)
{
	struct reader r = reader_over(box, len);
	uint8_t magic[BOX_MAGIC_SIZE];
	uint16_t version;
	uint32_t length;

	get_bytes(&r, magic, sizeof(magic));
	version = get_u16(&r);
	get_zeros(&r, 2);
	length = get_u32(&r);
	*ret_generation = get_u64(&r);
	if (len < BOX_OVERHEAD)
		return err_set(e, ERR_DAMAGED, object, "too short");
	if (memcmp(magic, t->magic, sizeof(magic)) != 0)
		return err_set(
		    e, ERR_FOREIGN, object, "not a file of the kind \"%s\"", t->magic);
	if (version > t->version)
		return err_set(e, ERR_TOO_NEW, object, "version %u; this program knows %u",
		    version, t->version);
	if (version != t->version || r.bad || length != len - BOX_OVERHEAD ||
	    *ret_generation == 0)
		return err_set(e, ERR_DAMAGED, object, "a field is out of its range");
	return 0;
}

int box_open(const struct keys *k, const struct box_type *t, const char *name,
    const char *object, const uint8_t *box, size_t len, uint64_t *ret_generation,
    uint8_t *plain, struct err *e)
{
	struct lock l;
	uint64_t generation = 0;
	size_t plain_len = len < BOX_OVERHEAD ? 0 : len - BOX_OVERHEAD;
	int r = -1;

	wipe(plain, plain_len);
	if (check_header(t, object, box, len, &generation, e) != 0)
		return -1;
	if (lock_make(&l, k, t, generation, name, box) == 0)
		r = crypto_open(l.key_nonce, l.key_nonce + CRYPTO_KEY_SIZE,
		    SPAN(l.aad, l.aad_len), SPAN(box + BOX_HEADER_SIZE, plain_len),
		    box + BOX_HEADER_SIZE + plain_len, plain);
	wipe(&l, sizeof(l));
	if (r == CRYPTO_FORGED)
		return err_set(
		    e, ERR_DAMAGED, object, "damaged, or belongs to another person or store");
	if (r != 0)
		return err_set(e, ERR_INTERNAL, object, "cannot be opened now");
	*ret_generation = generation;
	return 0;
}
