/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Hash, HMAC, HKDF and AES-256-GCM through EVP. Must not know what the bytes mean.
 */
#include "lib/base/crypto.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "lib/base/algorithms.h"

void crypto_stop(void)
{
	algorithms_stop();
}

int crypto_start(void)
{
	return algorithms_start() != NULL ? 0 : -1;
}

int crypto_random(void *out, size_t len)
{
	uint8_t *at = out;
	size_t left = len;

	while (left > 0) {
		ssize_t n = getrandom(at, left, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			wipe(out, len);
			return -1;
		}
		at += n;
		left -= (size_t)n;
	}
	return 0;
}

/* One exit for all: what OpenSSL queued is of no use to anybody, a half-made output less. */
static int finish(int ok, void *out, size_t len)
{
	if (ok)
		return 0;
	ERR_clear_error();
	wipe(out, len);
	return -1;
}

int crypto_sha256(const struct span *parts, size_t count, uint8_t out[CRYPTO_HASH_SIZE])
{
	const struct algorithms *f = algorithms_start();
	EVP_MD_CTX *c = NULL;
	unsigned len = 0;
	int ok;

	ok = f != NULL && (c = EVP_MD_CTX_new()) != NULL &&
	     EVP_DigestInit_ex2(c, f->sha256, NULL) == 1;
	for (size_t i = 0; ok && i < count; i++)
		ok = parts[i].len == 0 || EVP_DigestUpdate(c, parts[i].data, parts[i].len) == 1;
	ok = ok && EVP_DigestFinal_ex(c, out, &len) == 1 && len == CRYPTO_HASH_SIZE;
	EVP_MD_CTX_free(c);
	return finish(ok, out, CRYPTO_HASH_SIZE);
}

static char digest_name[] = "SHA256"; /* OSSL_PARAM wants it writable; nobody writes */

int crypto_hmac(const uint8_t key[CRYPTO_KEY_SIZE], const struct span *parts, size_t count,
    uint8_t out[CRYPTO_HASH_SIZE])
{
	const OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest_name, 0),
	    OSSL_PARAM_construct_end(),
	};
	const struct algorithms *f = algorithms_start();
	EVP_MAC_CTX *c = NULL;
	size_t len = 0;
	int ok;

	ok = f != NULL && (c = EVP_MAC_CTX_new(f->hmac)) != NULL &&
	     EVP_MAC_init(c, key, CRYPTO_KEY_SIZE, params) == 1;
	for (size_t i = 0; ok && i < count; i++)
		ok = parts[i].len == 0 || EVP_MAC_update(c, parts[i].data, parts[i].len) == 1;
	ok =
	    ok && EVP_MAC_final(c, out, &len, CRYPTO_HASH_SIZE) == 1 && len == CRYPTO_HASH_SIZE;
	EVP_MAC_CTX_free(c);
	return finish(ok, out, CRYPTO_HASH_SIZE);
}

/* OSSL_PARAM carries a plain pointer for both directions; for a KDF's input it is only read. */
static OSSL_PARAM octets(const char *name, struct span s)
{
	static uint8_t none;
	void *data = &none;

	if (s.len > 0)
		memcpy(&data, &s.data, sizeof(data));
	return OSSL_PARAM_construct_octet_string(name, data, s.len);
}

int crypto_hkdf(
    struct span key, struct span salt, struct span info, uint8_t *out, size_t out_len)
{
	const OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest_name, 0),
	    octets(OSSL_KDF_PARAM_KEY, key),
	    octets(OSSL_KDF_PARAM_SALT, salt),
	    octets(OSSL_KDF_PARAM_INFO, info),
	    OSSL_PARAM_construct_end(),
	};
	const struct algorithms *f = algorithms_start();
	EVP_KDF_CTX *c = NULL;
	int ok;

	ok = f != NULL && (c = EVP_KDF_CTX_new(f->hkdf)) != NULL &&
	     EVP_KDF_derive(c, out, out_len, params) == 1;
	EVP_KDF_CTX_free(c);
	return finish(ok, out, out_len);
}

/* EVP counts in int; a part of no bytes must not reach it, for a NULL output means "AAD". */
static int gcm_update(EVP_CIPHER_CTX *c, uint8_t *out, struct span in)
{
	int n = 0;

	if (in.len == 0)
		return 1;
	return in.len <= INT_MAX && EVP_CipherUpdate(c, out, &n, in.data, (int)in.len) == 1 &&
	       (size_t)n == in.len;
}

static int gcm_final(EVP_CIPHER_CTX *c)
{
	uint8_t none[CRYPTO_TAG_SIZE];
	int n = 0;

	return EVP_CipherFinal_ex(c, none, &n) == 1 && n == 0;
}

int crypto_seal(const uint8_t key[CRYPTO_KEY_SIZE], const uint8_t nonce[CRYPTO_NONCE_SIZE],
    struct span aad, struct span plain, uint8_t *cipher, uint8_t tag[CRYPTO_TAG_SIZE])
{
	const struct algorithms *f = algorithms_start();
	EVP_CIPHER_CTX *c = NULL;
	int ok;

	ok = f != NULL && (c = EVP_CIPHER_CTX_new()) != NULL &&
	     EVP_CipherInit_ex2(c, f->gcm, key, nonce, 1, NULL) == 1 &&
	     gcm_update(c, NULL, aad) && gcm_update(c, cipher, plain) && gcm_final(c) &&
	     EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, CRYPTO_TAG_SIZE, tag) == 1;
	EVP_CIPHER_CTX_free(c);
	return finish(ok, cipher, plain.len);
}

int crypto_open(const uint8_t key[CRYPTO_KEY_SIZE], const uint8_t nonce[CRYPTO_NONCE_SIZE],
    struct span aad, struct span cipher, const uint8_t tag[CRYPTO_TAG_SIZE], uint8_t *plain)
{
	uint8_t expected[CRYPTO_TAG_SIZE];
	const struct algorithms *f = algorithms_start();
	EVP_CIPHER_CTX *c = NULL;
	int ok, genuine;

	memcpy(expected, tag, sizeof(expected));
	ok = f != NULL && (c = EVP_CIPHER_CTX_new()) != NULL &&
	     EVP_CipherInit_ex2(c, f->gcm, key, nonce, 0, NULL) == 1 &&
	     EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, CRYPTO_TAG_SIZE, expected) == 1 &&
	     gcm_update(c, NULL, aad) && gcm_update(c, plain, cipher);
	genuine = ok && gcm_final(c);
	EVP_CIPHER_CTX_free(c);
	return finish(genuine, plain, cipher.len) == 0 ? 0 : ok ? CRYPTO_FORGED : -1;
}
