/* SPDX-License-Identifier: BSD-2-Clause */
/* The authority behind the card: keys, a CA and certificates, as PEM files in a directory. */
#ifndef CARD_ISSUER_H
#define CARD_ISSUER_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/evp.h>
#include <openssl/x509.h>

struct key_type {
	const char *word; /* for the command line */
	int id;           /* EVP_PKEY_RSA, EVP_PKEY_EC */
	size_t bits;
	const char *curve;
	unsigned piv; /* algorithm reference in PIV */
};

/* NULL when there is no such type. */
const struct key_type *key_type_find(const char *word);
bool key_type_fits(const struct key_type *type, EVP_PKEY *key);
EVP_PKEY *key_make(const struct key_type *type);

/* What a new certificate says. Times: days from now (-1, +365) or YYYYMMDDHHMMSSZ. */
struct certificate_profile {
	const char *subject; /* C=JP,O=Test,CN=alice */
	const char *not_before, *not_after;
	const char *key_usage, *ext_key_usage; /* as in openssl.cnf; "" for none */
	unsigned long padding; /* bytes of comment, for a certificate of a wanted size */
};

/* The key in the file; where there is no file it is made and written. Ends the program on
 * errors. */
EVP_PKEY *issuer_key(const char *path, const struct key_type *type);

/*
 * The certificate in the file; where there is none it is issued by the CA below ca_dir (ca.pem,
 * ca-key.pem: made when missing), written, and its serial number put beside it.
 */
X509 *issuer_certificate(const char *directory, const char *name, const char *ca_dir,
    EVP_PKEY *key, const struct certificate_profile *profile);

/* The certificate of the CA. */
X509 *issuer_ca(const char *ca_dir);

#endif
