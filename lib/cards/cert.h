/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One X.509 certificate, as it came from a card: whose key, from when until when, for what use.
 * Says nothing about who issued it (trust.h), and nothing about who holds the key: a
 * certificate can be copied.
 */
#ifndef SEKISHO_CARDS_CERT_H
#define SEKISHO_CARDS_CERT_H

#include "lib/cards/key.h"
#include "lib/wire/err.h"

#define CERT_MAX       4096 /* DER; also what a compressed one may grow to */
#define CERT_NAME_SIZE 160

/* Name, number in the table of lib/wire/err.h, why. */
#define CERT_RESULT_TABLE(X)                                                                   \
	X(CERT_ERROR, ERR_INTERNAL, "internal error")                                          \
	X(CERT_OK, ERR_NONE, "")                                                               \
	X(CERT_MALFORMED, ERR_CERT, "not a certificate")                                       \
	X(CERT_TOO_LONG, ERR_CERT, "certificate of more than 4096 bytes")                      \
	X(CERT_KEY, ERR_CARD_KEY, "certificate of a key of another kind or size")              \
	X(CERT_EARLY, ERR_CERT_DATES, "certificate is not valid yet")                          \
	X(CERT_EXPIRED, ERR_CERT_DATES, "certificate has expired")                             \
	X(CERT_USAGE, ERR_CERT_USAGE, "certificate is not for signing in")                     \
	X(CERT_ISSUER, ERR_CERT_ISSUER, "issuer is not among the trust anchors")               \
	X(CERT_ISSUER_DATES, ERR_CERT_ISSUER, "issuer's certificate is not valid now")         \
	X(CERT_WEAK, ERR_CERT_ISSUER, "issued with SHA-1 or with too short a key")             \
	X(CERT_CHAIN, ERR_CERT_ISSUER, "chain to the trust anchor is broken")                  \
	X(CERT_REVOKED, ERR_CERT_REVOKED, "certificate is revoked")                            \
	X(CERT_CRL_MISSING, ERR_CRL, "no revocation list of its issuer")                       \
	X(CERT_CRL_DATES, ERR_CRL, "revocation list is out of date")                           \
	X(CERT_CRL_BAD, ERR_CRL, "revocation list is not by its issuer, or unusable")

enum cert_result {
#define CERT_RESULT_ENUM(name, number, why) name,
	CERT_RESULT_TABLE(CERT_RESULT_ENUM)
#undef CERT_RESULT_ENUM
	    CERT_RESULTS /* how many; no result */
};

struct cert {
	struct public_key key;
	int64_t not_before, not_after; /* seconds since 1970; both are good moments */
	bool signs_in; /* usage allows digital signatures, and logins where it says what for */
	char subject[CERT_NAME_SIZE]; /* RFC 2253, printable ASCII, cut when long */
	char issuer[CERT_NAME_SIZE];
	size_t len;
	uint8_t der[CERT_MAX];
};

/* data: DER. What comes behind is refused. On anything but CERT_OK *ret_c is zeros. */
MUST_CHECK enum cert_result cert_parse(const void *data, size_t len, struct cert *ret_c);
/* The same as it came from a card, through gzip when compressed is set or it looks like it. In
 * a file of its own (cert_packed.c): a login has no use for it, nor for zlib. */
MUST_CHECK enum cert_result cert_parse_packed(
    const void *data, size_t len, bool compressed, struct cert *ret_c);
/* CERT_EARLY, CERT_EXPIRED, CERT_USAGE; what can be told without an issuer. A certificate
 * without key usage or extended key usage is restricted by neither (RFC 5280). */
MUST_CHECK enum cert_result cert_check(const struct cert *c, int64_t now);

/* Static text. */
const char *cert_result_why(enum cert_result r);
/* Fills e (NULL is fine) and returns -1; object: what the certificate is known by. */
int cert_result_err(struct err *e, enum cert_result r, const char *object);

#endif
