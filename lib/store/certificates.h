/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The certificates of one person's cards, as they were when the cards were enrolled: kept so
 * that a login checks them without reading them off the card. Knows X.509 as little as it knows
 * cards: bytes, and whose they are. FORMAT.md, "Certificates".
 *
 * One file for each person, an entry for each card that has one kept; not every card has
 * (JPKI: the law). Replaced as a whole like a record, under store_lock; a login only reads it.
 */
#ifndef SEKISHO_CERTIFICATES_H
#define SEKISHO_CERTIFICATES_H

#include "lib/store/person.h"

#define CERTIFICATES_DIRECTORY  "certificates"
#define CERTIFICATE_MAX         4096 /* DER */
#define CERTIFICATES_ENTRY_SIZE (TOKEN_ID_SIZE + 2 + 6 + CERTIFICATE_MAX)
#define CERTIFICATES_PLAIN_SIZE (32 + RECORD_TOKENS_MAX * CERTIFICATES_ENTRY_SIZE)
#define CERTIFICATES_FILE_SIZE  (CERTIFICATES_PLAIN_SIZE + BOX_OVERHEAD)

extern const struct box_type certificates_box;

struct certificates {
	uint8_t incarnation[16]; /* that of the record */
	unsigned count;          /* used entries, which come first */
	struct certificate {
		uint8_t id[TOKEN_ID_SIZE]; /* the token's, no two the same */
		uint16_t len;              /* 1..CERTIFICATE_MAX */
		uint8_t der[CERTIFICATE_MAX];
	} entries[RECORD_TOKENS_MAX];
};

/* -1: a field is out of its range (a program error). */
MUST_CHECK int certificates_encode(
    const struct certificates *c, uint8_t out[CERTIFICATES_PLAIN_SIZE]);
/* Strict, as record_decode; ERR_CERT_KEPT, and *ret_c is wiped. */
MUST_CHECK int certificates_decode(const uint8_t *plain, size_t len, const char *object,
    struct certificates *ret_c, struct err *e);

/* For a login: the certificate of one of the person's tokens; der has CERTIFICATE_MAX bytes.
 * ERR_CERT_KEPT when there is none, or the file is damaged or another person's; ERR_TOO_NEW;
 * what safefile has. */
MUST_CHECK int certificates_read(const struct store *s, const struct keys *k,
    const struct person *p, const uint8_t id[TOKEN_ID_SIZE], uint8_t *der, size_t *ret_len,
    struct err *e);

/* ---- administrative side (the tool), under store_lock ---- */

/* Keeps the certificate of a token that person_put is about to write, durably; in place of one
 * under the same id. Before person_put: cut short in between, there is a certificate of no
 * token, which the next person_put removes. A file that cannot be read is made anew. */
MUST_CHECK int certificates_add(const struct store *s, const struct keys *k,
    const struct person *p, const uint8_t id[TOKEN_ID_SIZE], const uint8_t *der, size_t len,
    struct err *e);

/* ---- for person.c ---- */

/* Removes the certificates of tokens that .record does not have; the file when none is left.
 * A file that cannot be read stays, as long as there is a card. */
MUST_CHECK int certificates_prune(
    const struct store *s, const struct keys *k, const struct person *p, struct err *e);
/* Needs no room on the disk. */
MUST_CHECK int certificates_remove(
    const struct store *s, const struct person *p, struct err *e);

#endif
