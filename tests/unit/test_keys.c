/* SPDX-License-Identifier: BSD-2-Clause */
/* lib/store/keys.c, header.c and box.c: what is changed by one bit is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lib/store/box.h"
#include "lib/store/header.h"
#include "lib/wire/secret.h"

#define NOW 1700000000

static struct host_key host;
static struct keys keys;
static struct header header;
static const struct box_type type = {.magic = "TESTBOX1", .version = 1};

static int make(void **state)
{
	(void)state;
	return host_key_create(&host, NULL) == 0 &&
	               keys_create(&host, NOW, &keys, &header, NULL) == 0
	           ? 0
	           : -1;
}

static void host_key_round_trip(void **state)
{
	uint8_t file[HOST_KEY_FILE_SIZE];
	struct host_key back;
	struct err e = {0};

	(void)state;
	assert_int_equal(host_key_encode(&host, file), 0);
	assert_int_equal(host_key_decode(file, sizeof(file), "host.key", &back, &e), 0);
	assert_memory_equal(&back, &host, sizeof(host));
	for (size_t bit = 0; bit < 8 * sizeof(file); bit++) {
		file[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(
		    host_key_decode(file, sizeof(file), "host.key", &back, &e), -1);
		assert_true(
		    e.number == ERR_HOST_KEY || (e.number == ERR_TOO_NEW && bit / 8 < 10));
		file[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t len = 0; len < sizeof(file); len++)
		assert_int_equal(host_key_decode(file, len, "host.key", &back, &e), -1);
	assert_memory_equal(&back, &host, sizeof(host));
}

static void header_round_trip(void **state)
{
	uint8_t copy[HEADER_COPY_SIZE], again[HEADER_COPY_SIZE];
	struct header h;
	struct keys k;
	struct err e = {0};

	(void)state;
	assert_int_equal(header_encode(&header, copy), 0);
	assert_int_equal(header_decode(copy, sizeof(copy), "header", &h, &e), 0);
	assert_int_equal(header_encode(&h, again), 0);
	assert_memory_equal(copy, again, sizeof(copy));
	assert_int_equal(keys_unlock(&host, &h, &k, &e), 0);
	assert_true(bytes_equal(k.master, keys.master, sizeof(k.master)));
	assert_true(bytes_equal(k.name_key, keys.name_key, sizeof(k.name_key)));
	assert_true(bytes_equal(k.salt_key, keys.salt_key, sizeof(k.salt_key)));
	assert_memory_equal(k.store_id, header.store_id, STORE_ID_SIZE);
	for (size_t len = 0; len < sizeof(copy); len++)
		assert_int_equal(header_decode(copy, len, "header", &h, &e), -1);
}

/* Each byte in turn, one bit of it: decoding or unlocking refuses. */
static void header_flips_refused(void **state)
{
	uint8_t copy[HEADER_COPY_SIZE];
	struct keys k, untouched;
	struct header h;
	struct err e = {0};

	(void)state;
	memset(&k, 0x55, sizeof(k));
	untouched = k;
	assert_int_equal(header_encode(&header, copy), 0);
	for (size_t bit = 0; bit < 8 * sizeof(copy); bit++) {
		size_t i = bit / 8;
		/* what no field owns needs no second look at each of its bits */
		if (i > 200 && i < HEADER_MAC_AT && bit % 8 != i % 8)
			continue;
		copy[i] ^= (uint8_t)(1u << bit % 8);
		assert_true(header_decode(copy, sizeof(copy), "header", &h, &e) != 0 ||
		            keys_unlock(&host, &h, &k, &e) != 0);
		assert_in_range(e.number, ERR_DAMAGED, ERR_HOST_KEY);
		copy[i] ^= (uint8_t)(1u << bit % 8);
	}
	assert_true(bytes_equal(&k, &untouched, sizeof(k)));
}

static void header_rules(void **state)
{
	uint8_t copy[HEADER_COPY_SIZE];

	(void)state;
	for (int i = 0; i < 11; i++) {
		struct header h = header;

		switch (i) {
		case 0:
			h.sequence = 0;
			break;
		case 1:
			h.created = -1;
			break;
		case 2:
			h.slots[0].type = SLOT_EMPTY;
			break;
		case 3:
			h.slots[0].type = 4;
			break;
		case 4:
			h.slots[0].blob_len = 79;
			break;
		case 5:
			h.slots[0].blob[80] = 1;
			break;
		case 6:
			h.slots[1] = h.slots[0];
			break;
		case 7: /* a gap */
			h.slots[2] = h.slots[0];
			h.slots[2].key_id[0] ^= 1;
			break;
		case 8:
			h.slots[1].created = 5;
			break;
		case 9:
			h.flags = HEADER_SUSPENDED | 2;
			break;
		default:
			h.slots[0].created = 253402300800;
		}
		assert_int_equal(header_encode(&h, copy), -1);
	}
}

static void flags_reach_the_keys(void **state)
{
	uint8_t copy[HEADER_COPY_SIZE];
	struct header h = header, back;
	struct keys k;
	struct err e = {0};

	(void)state;
	assert_int_equal(keys.header_flags, 0);
	assert_int_equal(keys_unlock(&host, &h, &k, &e), 0);
	assert_int_equal(k.header_flags, 0);
	/* the MAC is over them, too */
	h.flags = HEADER_SUSPENDED;
	assert_int_equal(keys_unlock(&host, &h, &k, &e), -1);
	assert_int_equal(keys_header_seal(&keys, &h), 0);
	assert_int_equal(header_encode(&h, copy), 0);
	assert_int_equal(header_decode(copy, sizeof(copy), "header", &back, &e), 0);
	assert_int_equal(back.flags, HEADER_SUSPENDED);
	assert_int_equal(keys_unlock(&host, &back, &k, &e), 0);
	assert_int_equal(k.header_flags, HEADER_SUSPENDED);
	for (unsigned bit = 1; bit < 32; bit++) {
		copy[15 - bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(header_decode(copy, sizeof(copy), "header", &back, &e), -1);
		assert_int_equal(e.number, ERR_DAMAGED);
		copy[15 - bit / 8] ^= (uint8_t)(1u << bit % 8);
		h.flags = 1u << bit;
		assert_int_equal(header_encode(&h, copy), -1);
		assert_int_equal(keys_header_seal(&keys, &h), -1);
		h.flags = HEADER_SUSPENDED;
		assert_int_equal(header_encode(&h, copy), 0);
	}
}

static void reserved_slots_are_carried(void **state)
{
	uint8_t copy[HEADER_COPY_SIZE];
	struct header h = header, back;

	(void)state;
	h.slots[1].type = SLOT_TPM2;
	h.slots[1].blob_len = HEADER_BLOB_MAX;
	memset(h.slots[1].blob, 9, HEADER_BLOB_MAX);
	h.slots[2].type = SLOT_PASSPHRASE;
	h.slots[2].blob_len = 1;
	assert_int_equal(header_encode(&h, copy), 0);
	assert_int_equal(header_decode(copy, sizeof(copy), "header", &back, NULL), 0);
	assert_int_equal(back.slots[1].blob_len, HEADER_BLOB_MAX);
}

static void another_host_key_is_refused(void **state)
{
	struct host_key other;
	struct keys k;
	struct err e = {0};

	(void)state;
	assert_int_equal(host_key_create(&other, &e), 0);
	assert_int_equal(keys_unlock(&other, &header, &k, &e), -1);
	assert_int_equal(e.number, ERR_HOST_KEY);
	memcpy(other.id, host.id, sizeof(other.id));
	assert_int_equal(keys_unlock(&other, &header, &k, &e), -1);
	assert_int_equal(e.number, ERR_DAMAGED);
}

/* A slot moved into another store's header: the store id is in its key. */
static void slot_is_bound_to_its_store(void **state)
{
	struct header other;
	struct keys k, other_keys;
	struct err e = {0};

	(void)state;
	assert_int_equal(keys_create(&host, NOW, &other_keys, &other, &e), 0);
	other.slots[0] = header.slots[0];
	assert_int_equal(keys_unlock(&host, &other, &k, &e), -1);
	assert_int_equal(e.number, ERR_DAMAGED);
}

static void file_names(void **state)
{
	char a[NAME_HEX_SIZE], b[NAME_HEX_SIZE];

	(void)state;
	assert_int_equal(keys_file_name(&keys, "alice", a), 0);
	assert_int_equal(keys_file_name(&keys, "alice", b), 0);
	assert_string_equal(a, b);
	assert_int_equal(strspn(a, "0123456789abcdef"), 64);
	assert_int_equal(keys_file_name(&keys, "Alice", b), 0);
	assert_string_not_equal(a, b);
	assert_int_equal(keys_file_name(&keys, "../../etc/passwd", b), 0);
	assert_int_equal(strspn(b, "0123456789abcdef"), 64);
}

/* Fixed keys, so that the derivations cannot change unnoticed. The values were computed from
 * FORMAT.md with another implementation of HMAC and HKDF. */
static void derivations_are_those_of_the_document(void **state)
{
	struct keys k;
	uint8_t mac[32];
	char name[NAME_HEX_SIZE];

	(void)state;
	memset(&k, 0, sizeof(k));
	for (unsigned i = 0; i < 32; i++)
		k.master[i] = (uint8_t)i;
	memset(k.store_id, 0xa5, sizeof(k.store_id));
	memset(k.name_key, 0x11, sizeof(k.name_key));
	assert_int_equal(keys_file_name(&k, "alice", name), 0);
	assert_string_equal(
	    name, "ea497bac56964937ed2d5a6a77241026a609b5fd149f6eea3d41316e94983325");
	assert_int_equal(keys_header_mac(&k, (const uint8_t *)"abc", 3, mac), 0);
	for (unsigned i = 0; i < 32; i++) {
		static const char hex[] =
		    "886ee656519cf4718560113db88f0c656cfa81c392baaa3336d8b124decc5b62";

		assert_int_equal("0123456789abcdef"[mac[i] >> 4], hex[2 * i]);
		assert_int_equal("0123456789abcdef"[mac[i] & 15], hex[2 * i + 1]);
	}
}

/* ---- box ---- */

static void box_round_trip(void **state)
{
	static const size_t lens[] = {0, 1, 100, 300};
	uint8_t plain[300], box[300 + BOX_OVERHEAD], back[300];
	uint64_t generation = 0;
	struct err e = {0};

	(void)state;
	memset(plain, 0x77, sizeof(plain));
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		size_t len = lens[i], whole = len + BOX_OVERHEAD;

		assert_int_equal(box_seal(&keys, &type, 7, "name", plain, len, box, &e), 0);
		assert_int_equal(
		    box_open(&keys, &type, "name", "o", box, whole, &generation, back, &e), 0);
		assert_int_equal(generation, 7);
		assert_memory_equal(back, plain, len);
	}
	assert_int_equal(box_seal(&keys, &type, 0, "name", plain, 1, box, &e), -1);
}

static void box_refuses_changes(void **state)
{
	static const uint8_t zeros[64];
	uint8_t plain[64], box[64 + BOX_OVERHEAD], back[64];
	uint64_t generation = 99;
	struct err e = {0};

	(void)state;
	memset(plain, 0x77, sizeof(plain));
	assert_int_equal(box_seal(&keys, &type, 7, "name", plain, sizeof(plain), box, &e), 0);
	for (size_t bit = 0; bit < 8 * sizeof(box); bit++) {
		box[bit / 8] ^= (uint8_t)(1u << bit % 8);
		memset(back, 1, sizeof(back));
		assert_int_equal(box_open(&keys, &type, "name", "o", box, sizeof(box),
		                     &generation, back, &e),
		    -1);
		assert_memory_equal(back, zeros, sizeof(back));
		assert_in_range(e.number, ERR_DAMAGED, ERR_TOO_NEW);
		box[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t len = 0; len < sizeof(box); len++)
		assert_int_equal(
		    box_open(&keys, &type, "name", "o", box, len, &generation, back, &e), -1);
	assert_int_equal(generation, 99);
}

static void box_is_bound_to_its_place(void **state)
{
	static const struct box_type other_kind = {.magic = "TESTBOX2", .version = 1};
	static const struct box_type newer = {.magic = "TESTBOX1", .version = 2};
	uint8_t box[10 + BOX_OVERHEAD], back[10];
	struct keys other_keys;
	struct header h;
	uint64_t g;
	struct err e = {0};

	(void)state;
	assert_int_equal(box_seal(&keys, &type, 7, "name", "0123456789", 10, box, &e), 0);
	assert_int_equal(
	    box_open(&keys, &type, "other", "o", box, sizeof(box), &g, back, &e), -1);
	assert_int_equal(e.number, ERR_DAMAGED);
	assert_non_null(strstr(e.why, "another person or store"));
	assert_int_equal(
	    box_open(&keys, &other_kind, "name", "o", box, sizeof(box), &g, back, &e), -1);
	assert_int_equal(e.number, ERR_FOREIGN);
	assert_int_equal(keys_create(&host, NOW, &other_keys, &h, &e), 0);
	assert_int_equal(
	    box_open(&other_keys, &type, "name", "o", box, sizeof(box), &g, back, &e), -1);
	assert_int_equal(e.number, ERR_DAMAGED);
	assert_int_equal(box_seal(&keys, &newer, 7, "name", "0123456789", 10, box, &e), 0);
	assert_int_equal(
	    box_open(&keys, &type, "name", "o", box, sizeof(box), &g, back, &e), -1);
	assert_int_equal(e.number, ERR_TOO_NEW);
}

static void boxes_never_repeat_a_salt(void **state)
{
	uint8_t a[10 + BOX_OVERHEAD], b[10 + BOX_OVERHEAD];

	(void)state;
	assert_int_equal(box_seal(&keys, &type, 7, "name", "0123456789", 10, a, NULL), 0);
	assert_int_equal(box_seal(&keys, &type, 7, "name", "0123456789", 10, b, NULL), 0);
	assert_memory_not_equal(a + 24, b + 24, 32);
	assert_memory_not_equal(a + 56, b + 56, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(host_key_round_trip),
	    cmocka_unit_test(header_round_trip),
	    cmocka_unit_test(header_flips_refused),
	    cmocka_unit_test(header_rules),
	    cmocka_unit_test(flags_reach_the_keys),
	    cmocka_unit_test(reserved_slots_are_carried),
	    cmocka_unit_test(another_host_key_is_refused),
	    cmocka_unit_test(slot_is_bound_to_its_store),
	    cmocka_unit_test(file_names),
	    cmocka_unit_test(derivations_are_those_of_the_document),
	    cmocka_unit_test(box_round_trip),
	    cmocka_unit_test(box_refuses_changes),
	    cmocka_unit_test(box_is_bound_to_its_place),
	    cmocka_unit_test(boxes_never_repeat_a_salt),
	};

	return cmocka_run_group_tests(tests, make, NULL);
}
