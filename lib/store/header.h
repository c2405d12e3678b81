/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The store's header: who this store is, and the slots that wrap its master key. Pure codec;
 * the MAC is made and checked by keys.c. FORMAT.md, "Header".
 *
 * The file is two equal copies of 4096 bytes, each closed by its MAC; the first that verifies
 * counts. Used slots come first; no two have the same type and key id.
 */
#ifndef SEKISHO_HEADER_H
#define SEKISHO_HEADER_H

#include "lib/wire/err.h"

#define HEADER_COPY_SIZE 4096
#define HEADER_FILE_SIZE (2 * HEADER_COPY_SIZE)
#define HEADER_MAC_AT    4064
#define HEADER_SLOTS     4
#define HEADER_SLOT_SIZE 960
#define HEADER_SLOT_HEAD 32 /* the fixed fields of a slot, before the blob */
#define HEADER_BLOB_MAX  928
#define HEADER_VERSION   1
#define HOST_BLOB_SIZE   80 /* salt 32 | wrapped master key 32 | tag 16 */

enum slot_type {
	SLOT_EMPTY = 0,
	SLOT_HOST = 1,       /* wrapped by /etc/sekisho/host.key */
	SLOT_TPM2 = 2,       /* reserved: sealed by the TPM, combined with host */
	SLOT_PASSPHRASE = 3, /* reserved: scrypt, for recovery */
};

struct slot {
	uint8_t type; /* enum slot_type */
	uint8_t key_id[16];
	int64_t created;
	uint16_t blob_len;
	uint8_t blob[HEADER_BLOB_MAX];
};

enum header_flags {
	HEADER_SUSPENDED = 1u << 0, /* everybody is: sekisho suspend --all */
};

struct header {
	uint32_t flags;    /* enum header_flags */
	uint64_t sequence; /* grows by one with each administrative change of the header */
	uint8_t store_id[16];
	int64_t created;
	struct slot slots[HEADER_SLOTS];
	uint8_t mac[32]; /* as read; header_encode writes it as given */
};

/* -1: a field is out of its range (a program error). */
MUST_CHECK int header_encode(const struct header *h, uint8_t out[HEADER_COPY_SIZE]);
/* One copy. Strict: unknown version ERR_TOO_NEW, anything else wrong ERR_DAMAGED or
 * ERR_FOREIGN. */
MUST_CHECK int header_decode(
    const uint8_t *copy, size_t len, const char *object, struct header *ret_h, struct err *e);
/* The fixed fields of a slot as they stand in the file: associated data of its blob. */
MUST_CHECK int header_slot_head(const struct slot *s, uint8_t out[HEADER_SLOT_HEAD]);

#endif
