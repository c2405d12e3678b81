/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was enrolled for one person: struct and strict codec of the plaintext inside the box.
 * Written by the admin tool only; what logins change is in state.h. FORMAT.md, "Record".
 */
#ifndef SEKISHO_RECORD_H
#define SEKISHO_RECORD_H

#include "lib/store/box.h"

#define RECORD_PLAIN_SIZE    4024 /* fixed, so that size says nothing; with box: 4096 */
#define RECORD_FILE_SIZE     (RECORD_PLAIN_SIZE + BOX_OVERHEAD)
#define RECORD_TOKENS_MAX    8
#define RECORD_RECOVERY_MAX  10
#define RECORD_TEMPORARY_MAX 4
#define RECORD_NAME_SIZE     256 /* with NUL */
#define RECORD_LABEL_SIZE    32  /* with NUL */
#define RECORD_REASON_SIZE   64  /* with NUL */
#define TOKEN_ID_SIZE        8
#define TOKEN_SECRET_MAX     64
#define TOKEN_SECRET_MIN     10
#define TOKEN_APPLET_SIZE    16 /* with NUL */
#define TOKEN_HASH_SIZE      32
#define RECORD_UID_UNBOUND   0xffffffffu

extern const struct box_type record_box;

enum token_kind { TOKEN_NONE = 0, TOKEN_TOTP = 1, TOKEN_HOTP = 2, TOKEN_CARD = 3 };
enum token_algorithm { TOKEN_SHA1 = 1, TOKEN_SHA256 = 2, TOKEN_SHA512 = 3 };

enum record_flags {
	RECORD_TOMBSTONE = 1u << 0, /* revoked: no tokens, no codes, never "unenrolled" */
	RECORD_SUSPENDED = 1u << 1,
};
enum token_flags {
	TOKEN_SUSPENDED = 1u << 0,
};

/* What a card is known by, and what its key is. Nothing of it is secret. */
struct token_card {
	char applet[TOKEN_APPLET_SIZE];    /* its name: lower-case letters and digits */
	uint8_t identity[TOKEN_HASH_SIZE]; /* which card it is, as the applet tells */
	uint8_t key_hash[TOKEN_HASH_SIZE]; /* SHA-256 of the key's SubjectPublicKeyInfo */
	int64_t not_before, not_after;     /* of its certificate, when it was enrolled */
	uint8_t key_kind;                  /* a number of lib/cards/key.h; not 0 */
};

/* .algorithm to .secret are those of one-time codes; a card has zeros there. */
struct token {
	uint8_t id[TOKEN_ID_SIZE]; /* random; ties it to its counters in the state */
	uint8_t kind;              /* enum token_kind */
	uint8_t algorithm;         /* enum token_algorithm; HOTP: SHA-1 */
	uint8_t digits;            /* 6, 7, 8 */
	uint8_t flags;             /* enum token_flags */
	uint16_t period;           /* seconds per step, 15..300; HOTP: 0 */
	uint16_t secret_len;       /* 10..64 */
	uint8_t secret[TOKEN_SECRET_MAX];
	int64_t created;
	char label[RECORD_LABEL_SIZE]; /* unique in the record, printable UTF-8 */
	struct token_card card;        /* TOKEN_CARD; else zeros */
};

/* Single-use code kept as HMAC-SHA-256(salt, code); spent or not is in the state. */
struct stored_code {
	uint8_t salt[16];
	uint8_t hash[32];
};

struct temporary_code {
	struct stored_code code;
	int64_t not_before, not_after;
	uint16_t uses;
	uint32_t issuer; /* audit login uid */
	char reason[RECORD_REASON_SIZE];
};

struct record {
	char name[RECORD_NAME_SIZE]; /* pw_name */
	uint32_t uid;                /* or RECORD_UID_UNBOUND until first use */
	uint32_t flags;              /* enum record_flags */
	uint8_t incarnation[16];     /* shared with the state it belongs to */
	int64_t created, changed;
	int64_t not_before, not_after; /* 0: no limit */
	uint8_t token_count, recovery_count, temporary_count;
	struct token tokens[RECORD_TOKENS_MAX];
	struct stored_code recovery[RECORD_RECOVERY_MAX];
	struct temporary_code temporary[RECORD_TEMPORARY_MAX];
};

/* Rules beyond the ranges above: token ids, labels and secrets are unique in the record, and
 * so are a card's identity and its key; ids, incarnation and the two hashes of a card are not
 * all zero, entries past a count are zero, a tombstone has no entry and no other flag, a
 * temporary code has an end and at least one use. A card has a counter in the state like any
 * other token, of which only the id means anything: without it the card opens nothing. */

/* -1: a field is out of its range (a program error, not an input error). */
MUST_CHECK int record_encode(const struct record *r, uint8_t out[RECORD_PLAIN_SIZE]);
/* Strict: ranges, padding, unused entries zero. ERR_DAMAGED. *ret_r is wiped on failure. */
MUST_CHECK int record_decode(
    const uint8_t *plain, size_t len, const char *object, struct record *ret_r, struct err *e);
/* Printable UTF-8 that fits a field of size bytes with its NUL: no control, no direction
 * override, nothing overlong. May be empty. */
MUST_CHECK bool record_text_ok(const char *text, size_t size);
/* An account name that fits a record: 1..255 bytes in any encoding, no control characters. */
MUST_CHECK bool record_name_ok(const char *name);
/* Two secrets that make the same codes: HMAC pads its key with zeros, so trailing zeros are no
 * difference. Of cards: the same card, or the same key. */
MUST_CHECK bool record_same_secret(const struct token *a, const struct token *b);
/* NULL when there is none. */
struct token *record_find_label(struct record *r, const char *label);
const struct token *record_find_id(const struct record *r, const uint8_t id[TOKEN_ID_SIZE]);
MUST_CHECK bool record_has_card(const struct record *r);

#endif
