/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys: host.key, the slot that wraps the master key, and all that is derived from it. Must not
 * open a file.
 */
#include "lib/store/keys.h"

#include <string.h>

#include "lib/store/header.h"

#define HOST_MAGIC   "SKSHOKEY"
#define HOST_VERSION 1
#define HOST_HASH_AT (HOST_KEY_FILE_SIZE - CRYPTO_HASH_SIZE)
#define SLOT_LABEL   "sekisho host slot 1"
#define SALT_SIZE    32

#define SPAN(p, n) ((struct span){(p), (n)})

/* ---- host.key ---- */

int host_key_create(struct host_key *ret_host, struct err *e)
{
	struct host_key k;

	if (crypto_random(&k, sizeof(k)) != 0)
		return err_set(e, ERR_INTERNAL, "host.key", "no random numbers");
	*ret_host = k;
	host_key_clear(&k);
	return 0;
}

void host_key_clear(struct host_key *k)
{
	if (k != NULL)
		wipe(k, sizeof(*k));
}

int host_key_encode(const struct host_key *k, uint8_t out[HOST_KEY_FILE_SIZE])
{
	struct writer w = writer_over(out, HOST_HASH_AT);
	struct span all = {out, HOST_HASH_AT};

	put_bytes(&w, HOST_MAGIC, 8);
	put_u16(&w, HOST_VERSION);
	put_zeros(&w, 6);
	put_bytes(&w, k->id, sizeof(k->id));
	put_bytes(&w, k->key, sizeof(k->key));
	if (!writer_full(&w))
		return -1;
	return crypto_sha256(&all, 1, out + HOST_HASH_AT);
}

static bool host_hash_ok(const uint8_t *data)
{
	struct span all = {data, HOST_HASH_AT};
	uint8_t hash[CRYPTO_HASH_SIZE];

	return crypto_sha256(&all, 1, hash) == 0 &&
	       bytes_equal(hash, data + HOST_HASH_AT, sizeof(hash));
}

int host_key_decode(
    const uint8_t *data, size_t len, const char *object, struct host_key *ret_k, struct err *e)
{
	struct reader r = reader_over(data, len);
	struct host_key k;
	uint8_t magic[8];
	uint16_t version;

	if (len != HOST_KEY_FILE_SIZE)
		return err_set(e, ERR_HOST_KEY, object, "wrong size");
	get_bytes(&r, magic, sizeof(magic));
	version = get_u16(&r);
	if (memcmp(magic, HOST_MAGIC, sizeof(magic)) != 0)
		return err_set(e, ERR_HOST_KEY, object, "not a host key");
	if (version > HOST_VERSION)
		return err_set(e, ERR_TOO_NEW, object, "version %u; this program knows %u",
		    version, HOST_VERSION);
	get_zeros(&r, 6);
	get_bytes(&r, k.id, sizeof(k.id));
	get_bytes(&r, k.key, sizeof(k.key));
	if (version != HOST_VERSION || r.bad || !host_hash_ok(data)) {
		host_key_clear(&k);
		return err_set(e, ERR_HOST_KEY, object, "damaged");
	}
	*ret_k = k;
	host_key_clear(&k);
	return 0;
}

/* ---- derived keys ---- */

static int derive(const struct keys *k, const char *label, uint8_t out[CRYPTO_KEY_SIZE])
{
	return crypto_hkdf(SPAN(k->master, sizeof(k->master)),
	    SPAN(k->store_id, sizeof(k->store_id)), SPAN(label, strlen(label)), out,
	    CRYPTO_KEY_SIZE);
}

static int derive_all(struct keys *k)
{
	if (derive(k, "sekisho name key 1", k->name_key) != 0)
		return -1;
	return derive(k, "sekisho salt key 1", k->salt_key);
}

int keys_header_mac(
    const struct keys *k, const uint8_t *copy, size_t len, uint8_t out[CRYPTO_HASH_SIZE])
{
	uint8_t key[CRYPTO_KEY_SIZE];
	struct span all = {copy, len};
	int r = -1;

	if (derive(k, "sekisho header key 1", key) == 0)
		r = crypto_hmac(key, &all, 1, out);
	wipe(key, sizeof(key));
	return r;
}

static int make_name(
    const struct keys *k, const struct span *parts, size_t count, char out[NAME_HEX_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t hash[CRYPTO_HASH_SIZE];

	if (crypto_hmac(k->name_key, parts, count, hash) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(hash); i++) {
		out[2 * i] = digits[hash[i] >> 4];
		out[2 * i + 1] = digits[hash[i] & 15];
	}
	out[NAME_HEX_SIZE - 1] = '\0';
	return 0;
}

int keys_file_name(const struct keys *k, const char *pw_name, char out[NAME_HEX_SIZE])
{
	return make_name(k, &SPAN(pw_name, strlen(pw_name)), 1, out);
}

int keys_card_name(const struct keys *k, const char *applet,
    const uint8_t identity[CRYPTO_HASH_SIZE], char out[NAME_HEX_SIZE])
{
	const struct span parts[] = {
	    {"", 1}, {applet, strlen(applet) + 1}, {identity, CRYPTO_HASH_SIZE}};

	return make_name(k, parts, sizeof(parts) / sizeof(parts[0]), out);
}

void keys_clear(struct keys *k)
{
	if (k != NULL)
		wipe(k, sizeof(*k));
}

/* ---- the host slot ---- */

struct wrap {
	uint8_t key_nonce[CRYPTO_KEY_SIZE + CRYPTO_NONCE_SIZE];
	uint8_t aad[HEADER_SLOT_HEAD + STORE_ID_SIZE];
};

/* What seals and opens a host slot: the key is this slot's alone (store, key id, salt). */
static int wrap_prepare(struct wrap *w, const struct host_key *host, const struct slot *s,
    const uint8_t store_id[STORE_ID_SIZE])
{
	uint8_t info[sizeof(SLOT_LABEL) - 1 + STORE_ID_SIZE + sizeof(host->id)];
	struct writer at = writer_over(info, sizeof(info));

	put_bytes(&at, SLOT_LABEL, sizeof(SLOT_LABEL) - 1);
	put_bytes(&at, store_id, STORE_ID_SIZE);
	put_bytes(&at, host->id, sizeof(host->id));
	if (!writer_full(&at) || header_slot_head(s, w->aad) != 0)
		return -1;
	memcpy(w->aad + HEADER_SLOT_HEAD, store_id, STORE_ID_SIZE);
	return crypto_hkdf(SPAN(host->key, sizeof(host->key)), SPAN(s->blob, SALT_SIZE),
	    SPAN(info, sizeof(info)), w->key_nonce, sizeof(w->key_nonce));
}

static int slot_wrap(struct slot *s, const struct host_key *host, const struct keys *k)
{
	struct wrap w;
	int r = -1;

	if (wrap_prepare(&w, host, s, k->store_id) == 0)
		r = crypto_seal(w.key_nonce, w.key_nonce + CRYPTO_KEY_SIZE,
		    SPAN(w.aad, sizeof(w.aad)), SPAN(k->master, sizeof(k->master)),
		    s->blob + SALT_SIZE, s->blob + SALT_SIZE + CRYPTO_KEY_SIZE);
	wipe(&w, sizeof(w));
	return r;
}

static int slot_unwrap(const struct slot *s, const struct host_key *host, struct keys *k)
{
	struct wrap w;
	int r = -1;

	if (wrap_prepare(&w, host, s, k->store_id) == 0)
		r = crypto_open(w.key_nonce, w.key_nonce + CRYPTO_KEY_SIZE,
		    SPAN(w.aad, sizeof(w.aad)), SPAN(s->blob + SALT_SIZE, CRYPTO_KEY_SIZE),
		    s->blob + SALT_SIZE + CRYPTO_KEY_SIZE, k->master);
	wipe(&w, sizeof(w));
	return r;
}

int keys_header_seal(const struct keys *k, struct header *h)
{
	uint8_t copy[HEADER_COPY_SIZE];

	if (header_encode(h, copy) != 0)
		return -1;
	return keys_header_mac(k, copy, HEADER_MAC_AT, h->mac);
}

int keys_create(const struct host_key *host, int64_t now, struct keys *ret_keys,
    struct header *ret_h, struct err *e)
{
	struct header h;
	struct keys k;
	struct slot *s = &h.slots[0];
	int r = -1;

	memset(&h, 0, sizeof(h));
	memset(&k, 0, sizeof(k));
	if (crypto_random(k.master, sizeof(k.master)) != 0 ||
	    crypto_random(k.store_id, sizeof(k.store_id)) != 0 ||
	    crypto_random(s->blob, SALT_SIZE) != 0) {
		(void)err_set(e, ERR_INTERNAL, "header", "no random numbers");
		goto out;
	}
	h.sequence = 1;
	h.created = now;
	memcpy(h.store_id, k.store_id, sizeof(h.store_id));
	s->type = SLOT_HOST;
	s->created = now;
	s->blob_len = HOST_BLOB_SIZE;
	memcpy(s->key_id, host->id, sizeof(s->key_id));
	if (derive_all(&k) != 0 || slot_wrap(s, host, &k) != 0 ||
	    keys_header_seal(&k, &h) != 0) {
		(void)err_set(e, ERR_INTERNAL, "header", "cannot be made");
		goto out;
	}
	*ret_keys = k;
	*ret_h = h;
	r = 0;
out:
	keys_clear(&k);
	return r;
}

static const struct slot *find_slot(const struct header *h, const struct host_key *host)
{
	for (unsigned i = 0; i < HEADER_SLOTS; i++)
		if (h->slots[i].type == SLOT_HOST &&
		    memcmp(h->slots[i].key_id, host->id, sizeof(host->id)) == 0)
			return &h->slots[i];
	return NULL;
}

static bool mac_ok(const struct keys *k, const struct header *h)
{
	uint8_t copy[HEADER_COPY_SIZE], mac[CRYPTO_HASH_SIZE];

	return header_encode(h, copy) == 0 &&
	       keys_header_mac(k, copy, HEADER_MAC_AT, mac) == 0 &&
	       bytes_equal(mac, h->mac, sizeof(mac));
}

int keys_unlock(
    const struct host_key *host, const struct header *h, struct keys *ret_keys, struct err *e)
{
	const struct slot *s = find_slot(h, host);
	struct keys k;
	int r = -1;

	memset(&k, 0, sizeof(k));
	if (s == NULL)
		return err_set(e, ERR_HOST_KEY, "header",
		    "no slot for this host key: it belongs to another store");
	memcpy(k.store_id, h->store_id, sizeof(k.store_id));
	if (slot_unwrap(s, host, &k) != 0 || derive_all(&k) != 0 || !mac_ok(&k, h)) {
		(void)err_set(e, ERR_DAMAGED, "header", "does not verify under host.key");
		goto out;
	}
	k.header_flags = h->flags;
	*ret_keys = k;
	r = 0;
out:
	keys_clear(&k);
	return r;
}
