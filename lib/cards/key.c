/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Public keys through EVP. Accepts what the table names and must not widen it.
 */
#include "lib/cards/key.h"

#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#define EXPONENT 65537

static const struct {
	struct key_properties is;
	int bits;
	const char *group; /* of EC */
	/* What stands before the point in the one form. */
	uint8_t prefix[27];
	size_t prefix_len, coordinate;
} kinds[] = {
    [KEY_RSA2048] = {.is = {"RSA-2048", 294, 32, 256, true}, .bits = 2048},
    [KEY_RSA3072] = {.is = {"RSA-3072", 422, 32, 384, true}, .bits = 3072},
    [KEY_P256] =
        {
            .is = {"P-256", 91, 32, 72, false},
            .bits = 256,
            .group = "prime256v1",
            .prefix = {0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
                0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42,
                0x00, 0x04},
            .prefix_len = 27,
            .coordinate = 32,
        },
    [KEY_P384] =
        {
            .is = {"P-384", 120, 48, 104, false},
            .bits = 384,
            .group = "secp384r1",
            .prefix = {0x30, 0x76, 0x30, 0x10, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02,
                0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22, 0x03, 0x62, 0x00, 0x04},
            .prefix_len = 24,
            .coordinate = 48,
        },
};
#define KINDS (sizeof kinds / sizeof kinds[0])

const struct key_properties *key_properties(enum key_kind kind)
{
	return kind > KEY_NONE && (size_t)kind < KINDS ? &kinds[kind].is : NULL;
}

/* The verifier of certificates looks hashes up by name, in a table that is never filled in a
 * process that opened the store first (algorithms.c). SHA-1 is not missed. */
int key_start(void)
{
	return OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1 &&
	               EVP_add_digest(EVP_sha256()) == 1 && EVP_add_digest(EVP_sha384()) == 1 &&
	               EVP_add_digest(EVP_sha512()) == 1
	           ? 0
	           : -1;
}

static bool has_group(const EVP_PKEY *p, const char *group)
{
	char name[32];
	size_t len = 0;

	return EVP_PKEY_get_utf8_string_param(
	           p, OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof name, &len) == 1 &&
	       strcmp(name, group) == 0;
}

static bool has_exponent(const EVP_PKEY *p)
{
	BIGNUM *e = NULL;
	bool is = EVP_PKEY_get_bn_param(p, OSSL_PKEY_PARAM_RSA_E, &e) == 1 &&
	          BN_is_word(e, EXPONENT) == 1;

	BN_free(e);
	return is;
}

static enum key_kind kind_of(const EVP_PKEY *p)
{
	for (size_t i = KEY_NONE + 1; i < KINDS; i++) {
		if (EVP_PKEY_get_base_id(p) != (kinds[i].is.rsa ? EVP_PKEY_RSA : EVP_PKEY_EC) ||
		    EVP_PKEY_get_bits(p) != kinds[i].bits)
			continue;
		if (kinds[i].is.rsa ? has_exponent(p) : has_group(p, kinds[i].group))
			return (enum key_kind)i;
	}
	return KEY_NONE;
}

static int put_coordinate(const EVP_PKEY *p, const char *name, uint8_t *out, size_t len)
{
	BIGNUM *n = NULL;
	int r = -1;

	if (EVP_PKEY_get_bn_param(p, name, &n) == 1 &&
	    BN_bn2binpad(n, out, (int)len) == (int)len)
		r = 0;
	BN_free(n);
	return r;
}

static int put_point(const EVP_PKEY *p, struct public_key *k)
{
	const size_t prefix = kinds[k->kind].prefix_len, size = kinds[k->kind].coordinate;

	memcpy(k->spki, kinds[k->kind].prefix, prefix);
	k->len = prefix + 2 * size;
	if (put_coordinate(p, OSSL_PKEY_PARAM_EC_PUB_X, k->spki + prefix, size) != 0)
		return -1;
	return put_coordinate(p, OSSL_PKEY_PARAM_EC_PUB_Y, k->spki + prefix + size, size);
}

static int put_rsa(EVP_PKEY *p, struct public_key *k)
{
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(p, &der);

	if (len > 0 && (size_t)len <= sizeof k->spki) {
		k->len = (size_t)len;
		memcpy(k->spki, der, k->len);
	}
	OPENSSL_free(der);
	return 0;
}

/* der as an EVP_PKEY when it is one and nothing else. */
static EVP_PKEY *load(const void *der, size_t len)
{
	const unsigned char *at = der;
	EVP_PKEY *p;

	if (len == 0 || len > 4096 || key_start() != 0)
		return NULL;
	p = d2i_PUBKEY(NULL, &at, (long)len);
	if (p == NULL || at == (const unsigned char *)der + len)
		return p;
	EVP_PKEY_free(p);
	return NULL;
}

int key_parse(const void *der, size_t len, struct public_key *ret_k)
{
	struct public_key k = {.kind = KEY_NONE};
	EVP_PKEY *p = load(der, len);
	int r = -1;

	memset(ret_k, 0, sizeof *ret_k);
	if (p == NULL)
		goto out;
	k.kind = kind_of(p);
	if (k.kind == KEY_NONE)
		goto out;
	if ((kinds[k.kind].is.rsa ? put_rsa(p, &k) : put_point(p, &k)) != 0 ||
	    k.len != kinds[k.kind].is.spki)
		goto out;
	*ret_k = k;
	r = 0;
out:
	EVP_PKEY_free(p);
	ERR_clear_error();
	return r;
}

int key_hash(const struct public_key *k, uint8_t ret_hash[CRYPTO_HASH_SIZE])
{
	const struct span form = {k->spki, k->len};

	if (key_properties(k->kind) == NULL || k->len != key_properties(k->kind)->spki)
		return -1;
	return crypto_sha256(&form, 1, ret_hash);
}

bool key_verify(
    const struct public_key *k, const uint8_t *digest, const uint8_t *signature, size_t len)
{
	const struct key_properties *is = key_properties(k->kind);
	EVP_PKEY_CTX *c = NULL;
	EVP_PKEY *p = NULL;
	bool good = false;

	if (is == NULL || k->len != is->spki || len == 0 || len > is->signature ||
	    (is->rsa && len != is->signature))
		return false;
	p = load(k->spki, k->len);
	if (p == NULL || kind_of(p) != k->kind)
		goto out;
	c = EVP_PKEY_CTX_new(p, NULL);
	if (c == NULL || EVP_PKEY_verify_init(c) != 1)
		goto out;
	if (is->rsa && (EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING) != 1 ||
	                   EVP_PKEY_CTX_set_signature_md(c, EVP_sha256()) != 1))
		goto out;
	good = EVP_PKEY_verify(c, signature, len, digest, is->digest) == 1;
out:
	EVP_PKEY_CTX_free(c);
	EVP_PKEY_free(p);
	ERR_clear_error();
	return good;
}

static int sha384(const struct span *parts, size_t count, uint8_t *ret_digest)
{
	EVP_MD_CTX *c = NULL;
	unsigned len = 0;
	bool ok = key_start() == 0 && (c = EVP_MD_CTX_new()) != NULL &&
	          EVP_DigestInit_ex(c, EVP_sha384(), NULL) == 1;

	for (size_t i = 0; ok && i < count; i++)
		ok = EVP_DigestUpdate(c, parts[i].data, parts[i].len) == 1;
	ok = ok && EVP_DigestFinal_ex(c, ret_digest, &len) == 1 && len == KEY_DIGEST_MAX;
	EVP_MD_CTX_free(c);
	ERR_clear_error();
	return ok ? 0 : -1;
}

int key_digest(enum key_kind kind, const struct span *parts, size_t count, uint8_t *ret_digest)
{
	const struct key_properties *is = key_properties(kind);

	if (is == NULL)
		return -1;
	return is->digest == CRYPTO_HASH_SIZE ? crypto_sha256(parts, count, ret_digest)
	                                      : sha384(parts, count, ret_digest);
}
