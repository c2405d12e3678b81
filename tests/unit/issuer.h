/* SPDX-License-Identifier: BSD-2-Clause */
/* Keys, certificates and revocation lists that a test makes for itself. */
#ifndef SEKISHO_TEST_ISSUER_H
#define SEKISHO_TEST_ISSUER_H

#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "lib/cards/key.h"

#define DAY 86400

static inline void issuer_must(bool holds)
{
	if (!holds)
		abort();
}

static inline EVP_PKEY *issuer_key(enum key_kind kind)
{
	EVP_PKEY *p = kind == KEY_P256      ? EVP_EC_gen("P-256")
	              : kind == KEY_P384    ? EVP_EC_gen("P-384")
	              : kind == KEY_RSA3072 ? EVP_RSA_gen(3072)
	                                    : EVP_RSA_gen(2048);

	issuer_must(key_start() == 0 && p != NULL);
	return p;
}

/* Its form as the library has it. */
static inline void issuer_public(EVP_PKEY *p, struct public_key *ret_k)
{
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(p, &der);

	issuer_must(len > 0 && key_parse(der, (size_t)len, ret_k) == 0);
	OPENSSL_free(der);
}

/* Over a digest of the length the kind asks for, as a card does. */
static inline size_t issuer_sign_digest(
    EVP_PKEY *p, const uint8_t *digest, size_t digest_len, uint8_t *out, size_t size)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(p, NULL);
	size_t len = size;

	issuer_must(c != NULL && EVP_PKEY_sign_init(c) == 1);
	if (EVP_PKEY_is_a(p, "RSA"))
		issuer_must(EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING) == 1 &&
		            EVP_PKEY_CTX_set_signature_md(c, EVP_sha256()) == 1);
	issuer_must(EVP_PKEY_sign(c, out, &len, digest, digest_len) == 1);
	EVP_PKEY_CTX_free(c);
	return len;
}

struct issue {
	const char *subject;
	EVP_PKEY *key;        /* the subject's */
	X509 *issuer;         /* NULL: self-signed */
	EVP_PKEY *issuer_key; /* NULL: key */
	long serial;
	int64_t not_before, not_after;
	const char *usage; /* NULL: none; as in openssl's configuration */
	const char *extended;
	const char *basic;    /* "critical,CA:TRUE" */
	const EVP_MD *digest; /* NULL: SHA-256 */
};

static inline void issuer_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *e;
	X509V3_CTX c;

	if (value == NULL)
		return;
	X509V3_set_ctx(&c, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &c, nid, value);
	issuer_must(e != NULL && X509_add_ext(x, e, -1) == 1);
	X509_EXTENSION_free(e);
}

static inline X509 *issuer_issue(const struct issue *i)
{
	X509 *x = X509_new();
	X509_NAME *name = X509_NAME_new();
	X509 *by = i->issuer != NULL ? i->issuer : x;

	issuer_must(x != NULL && name != NULL && X509_set_version(x, X509_VERSION_3) == 1);
	issuer_must(ASN1_INTEGER_set(X509_get_serialNumber(x), i->serial) == 1);
	issuer_must(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
	                (const unsigned char *)i->subject, -1, -1, 0) == 1);
	issuer_must(X509_set_subject_name(x, name) == 1 &&
	            X509_set_issuer_name(x, X509_get_subject_name(by)) == 1);
	issuer_must(ASN1_TIME_set(X509_getm_notBefore(x), (time_t)i->not_before) != NULL &&
	            ASN1_TIME_set(X509_getm_notAfter(x), (time_t)i->not_after) != NULL);
	issuer_must(X509_set_pubkey(x, i->key) == 1);
	issuer_extension(x, by, NID_basic_constraints, i->basic);
	issuer_extension(x, by, NID_key_usage, i->usage);
	issuer_extension(x, by, NID_ext_key_usage, i->extended);
	issuer_must(X509_sign(x, i->issuer_key != NULL ? i->issuer_key : i->key,
	                i->digest != NULL ? i->digest : EVP_sha256()) > 0);
	X509_NAME_free(name);
	return x;
}

/* serial 0: nothing is revoked. */
static inline X509_CRL *issuer_crl(
    X509 *issuer, EVP_PKEY *key, int64_t last, int64_t next, long serial)
{
	X509_CRL *l = X509_CRL_new();
	ASN1_TIME *t = ASN1_TIME_new();

	issuer_must(l != NULL && t != NULL && X509_CRL_set_version(l, X509_CRL_VERSION_2) == 1);
	issuer_must(X509_CRL_set_issuer_name(l, X509_get_subject_name(issuer)) == 1);
	issuer_must(
	    ASN1_TIME_set(t, (time_t)last) != NULL && X509_CRL_set1_lastUpdate(l, t) == 1);
	if (serial != 0) {
		X509_REVOKED *r = X509_REVOKED_new();
		ASN1_INTEGER *n = ASN1_INTEGER_new();

		issuer_must(r != NULL && n != NULL && ASN1_INTEGER_set(n, serial) == 1 &&
		            X509_REVOKED_set_serialNumber(r, n) == 1 &&
		            X509_REVOKED_set_revocationDate(r, t) == 1 &&
		            X509_CRL_add0_revoked(l, r) == 1);
		ASN1_INTEGER_free(n);
	}
	issuer_must(
	    ASN1_TIME_set(t, (time_t)next) != NULL && X509_CRL_set1_nextUpdate(l, t) == 1);
	issuer_must(X509_CRL_sign(l, key, EVP_sha256()) > 0);
	ASN1_TIME_free(t);
	return l;
}

/* Into out; returns the length. */
static inline size_t issuer_der(X509 *x, uint8_t *out, size_t size)
{
	uint8_t *der = NULL;
	int len = i2d_X509(x, &der);

	issuer_must(len > 0 && (size_t)len <= size);
	memcpy(out, der, (size_t)len);
	OPENSSL_free(der);
	return (size_t)len;
}

static inline size_t issuer_crl_der(X509_CRL *l, uint8_t *out, size_t size)
{
	uint8_t *der = NULL;
	int len = i2d_X509_CRL(l, &der);

	issuer_must(len > 0 && (size_t)len <= size);
	memcpy(out, der, (size_t)len);
	OPENSSL_free(der);
	return (size_t)len;
}

#endif
