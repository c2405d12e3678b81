/* SPDX-License-Identifier: BSD-2-Clause */
/* Public keys: which are taken, that each has one form, and whose signature is whose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include <openssl/core_names.h>

#include "tests/unit/issuer.h"

static const enum key_kind kinds[] = {KEY_RSA2048, KEY_RSA3072, KEY_P256, KEY_P384};
#define KINDS 4

static int parse_pkey(EVP_PKEY *p, struct public_key *ret_k)
{
	uint8_t *der = NULL;
	int len = i2d_PUBKEY(p, &der), r;

	assert_true(len > 0);
	r = key_parse(der, (size_t)len, ret_k);
	OPENSSL_free(der);
	return r;
}

static void keys_of_these_kinds_are_taken(void **context)
{
	static const char *const names[] = {"RSA-2048", "RSA-3072", "P-256", "P-384"};

	(void)context;
	for (size_t i = 0; i < KINDS; i++) {
		EVP_PKEY *p = issuer_key(kinds[i]);
		uint8_t hash[CRYPTO_HASH_SIZE], again[CRYPTO_HASH_SIZE];
		struct public_key k, same;
		struct span form;

		assert_int_equal(parse_pkey(p, &k), 0);
		assert_int_equal(k.kind, kinds[i]);
		assert_string_equal(key_properties(k.kind)->name, names[i]);
		assert_int_equal(k.len, key_properties(k.kind)->spki);
		assert_int_equal(key_parse(k.spki, k.len, &same), 0);
		assert_memory_equal(&k, &same, sizeof k);
		assert_int_equal(key_hash(&k, hash), 0);
		form = (struct span){k.spki, k.len};
		assert_int_equal(crypto_sha256(&form, 1, again), 0);
		assert_memory_equal(hash, again, sizeof hash);
		EVP_PKEY_free(p);
	}
	assert_null(key_properties(KEY_NONE));
	assert_null(key_properties((enum key_kind)(KEY_P384 + 1)));
	assert_null(key_properties((enum key_kind) - 1));
}

static void a_compressed_point_has_the_same_form(void **context)
{
	const enum key_kind curves[] = {KEY_P256, KEY_P384};

	(void)context;
	for (size_t i = 0; i < 2; i++) {
		EVP_PKEY *p = issuer_key(curves[i]);
		struct public_key usual, compressed;

		assert_int_equal(parse_pkey(p, &usual), 0);
		assert_int_equal(EVP_PKEY_set_utf8_string_param(p,
		                     OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "compressed"),
		    1);
		assert_true(i2d_PUBKEY(p, NULL) < (int)usual.len);
		assert_int_equal(parse_pkey(p, &compressed), 0);
		assert_memory_equal(&usual, &compressed, sizeof usual);
		EVP_PKEY_free(p);
	}
}

static EVP_PKEY *rsa_with_another_exponent(void)
{
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, NULL);
	EVP_PKEY *p = NULL;
	BIGNUM *e = BN_new();

	assert_int_equal(BN_set_word(e, 65539), 1);
	assert_int_equal(EVP_PKEY_keygen_init(c), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(c, 2048), 1);
	assert_int_equal(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(c, e), 1);
	assert_int_equal(EVP_PKEY_keygen(c, &p), 1);
	BN_free(e);
	EVP_PKEY_CTX_free(c);
	return p;
}

static void other_keys_are_not(void **context)
{
	EVP_PKEY *others[] = {EVP_RSA_gen(1024), EVP_RSA_gen(2056), rsa_with_another_exponent(),
	    EVP_EC_gen("P-521"), EVP_EC_gen("secp256k1"), EVP_EC_gen("P-224"),
	    EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"), EVP_PKEY_Q_keygen(NULL, NULL, "X25519")};
	static const struct public_key none;

	(void)context;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		struct public_key k;

		assert_non_null(others[i]);
		memset(&k, 0xee, sizeof k);
		if (parse_pkey(others[i], &k) != -1)
			fail_msg("key %zu was taken", i);
		assert_memory_equal(&k, &none, sizeof k);
		EVP_PKEY_free(others[i]);
	}
}

static void only_the_whole_form_is_taken(void **context)
{
	EVP_PKEY *p = issuer_key(KEY_P256);
	uint8_t bytes[KEY_SPKI_MAX + 1] = {0};
	struct public_key k, other;

	(void)context;
	assert_int_equal(parse_pkey(p, &k), 0);
	memcpy(bytes, k.spki, k.len);
	assert_int_equal(key_parse(bytes, k.len, &other), 0);
	assert_int_equal(key_parse(bytes, k.len + 1, &other), -1);
	for (size_t len = 0; len < k.len; len++)
		assert_int_equal(key_parse(bytes, len, &other), -1);
	bytes[k.len - 1] ^= 1; /* not on the curve */
	assert_int_equal(key_parse(bytes, k.len, &other), -1);
	EVP_PKEY_free(p);
}

static void a_signature_is_of_one_key_and_one_digest(void **context)
{
	(void)context;
	for (size_t i = 0; i < KINDS; i++) {
		const size_t digest_len = key_properties(kinds[i])->digest;
		EVP_PKEY *p = issuer_key(kinds[i]), *q = issuer_key(kinds[i]);
		uint8_t digest[KEY_DIGEST_MAX], signature[KEY_SIGNATURE_MAX + 1] = {0};
		struct public_key k, other;
		size_t len;

		memset(digest, 0x5a, sizeof digest);
		issuer_public(p, &k);
		issuer_public(q, &other);
		len = issuer_sign_digest(p, digest, digest_len, signature, sizeof signature);
		assert_true(key_verify(&k, digest, signature, len));
		assert_false(key_verify(&other, digest, signature, len));
		assert_false(key_verify(&k, digest, signature, len - 1));
		assert_false(key_verify(&k, digest, signature, len + 1));
		assert_false(key_verify(&k, digest, signature, 0));
		signature[len / 2] ^= 1;
		assert_false(key_verify(&k, digest, signature, len));
		signature[len / 2] ^= 1;
		digest[digest_len - 1] ^= 1;
		assert_false(key_verify(&k, digest, signature, len));
		digest[digest_len - 1] ^= 1;
		/* a key that is none */
		other = k;
		other.kind = KEY_NONE;
		assert_false(key_verify(&other, digest, signature, len));
		other.kind = kinds[(i + 1) % KINDS];
		assert_false(key_verify(&other, digest, signature, len));
		memset(&other, 0, sizeof other);
		assert_false(key_verify(&other, digest, signature, len));
		assert_int_equal(key_hash(&other, digest), -1);
		EVP_PKEY_free(p);
		EVP_PKEY_free(q);
	}
}

/* The hash of the DigestInfo is part of the signature: one of SHA-1 is none. */
static void a_signature_of_sha1_is_none(void **context)
{
	EVP_PKEY *p = issuer_key(KEY_RSA2048);
	EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(p, NULL);
	uint8_t digest[KEY_DIGEST_MAX] = {0}, signature[256];
	size_t len = sizeof signature;
	struct public_key k;

	(void)context;
	issuer_public(p, &k);
	assert_int_equal(EVP_PKEY_sign_init(c), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING), 1);
	assert_int_equal(EVP_PKEY_CTX_set_signature_md(c, EVP_sha1()), 1);
	assert_int_equal(EVP_PKEY_sign(c, signature, &len, digest, 20), 1);
	assert_false(key_verify(&k, digest, signature, len));
	EVP_PKEY_CTX_free(c);
	EVP_PKEY_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keys_of_these_kinds_are_taken),
	    cmocka_unit_test(a_compressed_point_has_the_same_form),
	    cmocka_unit_test(other_keys_are_not),
	    cmocka_unit_test(only_the_whole_form_is_taken),
	    cmocka_unit_test(a_signature_is_of_one_key_and_one_digest),
	    cmocka_unit_test(a_signature_of_sha1_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
