/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A provider of four algorithms, in front of OpenSSL's default one. Implements none itself.
 *
 * A first fetch makes OpenSSL register everything its provider has of that kind: a hundred and
 * thirty ciphers for the one that is wanted, which costs a login more than all it computes. The
 * provider here asks the default one and passes on what is on its list.
 */
#include "lib/base/algorithms.h"

#include <string.h>

#include <openssl/core_dispatch.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/provider.h>

enum { SHA256, HMAC, HKDF, GCM, WANTED };

/* name: the first of those the default provider knows it by */
static const struct {
	int operation;
	const char *name;
} wanted[WANTED] = {
    [SHA256] = {OSSL_OP_DIGEST, "SHA2-256"},
    [HMAC] = {OSSL_OP_MAC, "HMAC"},
    [HKDF] = {OSSL_OP_KDF, "HKDF"},
    [GCM] = {OSSL_OP_CIPHER, "AES-256-GCM"},
};

static struct {
	OSSL_PROVIDER *whole, *few;
	OSSL_LIB_CTX *context;                 /* of few */
	OSSL_ALGORITHM offered[WANTED + 1][2]; /* each with its end mark; the last: nothing */
	struct algorithms fetched;
} open;

/* Names of one algorithm are separated by colons. */
static bool is_named(const OSSL_ALGORITHM *a, const char *name)
{
	size_t len = strlen(name);

	return strncmp(a->algorithm_names, name, len) == 0 &&
	       (a->algorithm_names[len] == '\0' || a->algorithm_names[len] == ':');
}

static const OSSL_ALGORITHM *query(void *context, int operation, int *no_cache)
{
	const OSSL_ALGORITHM *a;
	size_t i = 0;

	(void)context;
	*no_cache = 0;
	while (i < WANTED && wanted[i].operation != operation)
		i++;
	if (i == WANTED)
		return open.offered[WANTED];
	a = OSSL_PROVIDER_query_operation(open.whole, operation, no_cache);
	for (; a != NULL && a->algorithm_names != NULL; a++)
		if (is_named(a, wanted[i].name))
			open.offered[i][0] = *a;
	return open.offered[i];
}

static void teardown(void *context)
{
	(void)context; /* the default provider's own */
}

static int start_few(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *core,
    const OSSL_DISPATCH **ret_functions, void **ret_context)
{
	static const OSSL_DISPATCH functions[] = {
	    {OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query},
	    {OSSL_FUNC_PROVIDER_TEARDOWN, (void (*)(void))teardown},
	    {0, NULL},
	};

	(void)handle;
	(void)core;
	*ret_functions = functions;
	*ret_context = OSSL_PROVIDER_get0_provider_ctx(open.whole);
	return 1;
}

void algorithms_stop(void)
{
	EVP_MD_free(open.fetched.sha256);
	EVP_MAC_free(open.fetched.hmac);
	EVP_KDF_free(open.fetched.hkdf);
	EVP_CIPHER_free(open.fetched.gcm);
	if (open.few != NULL)
		OSSL_PROVIDER_unload(open.few);
	OSSL_LIB_CTX_free(open.context);
	if (open.whole != NULL)
		OSSL_PROVIDER_unload(open.whole);
	memset(&open, 0, sizeof(open));
}

/* No configuration file, and none of the tables for looking names up by number. */
static int start_providers(void)
{
	static const uint64_t without =
	    OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_ADD_ALL_CIPHERS |
	    OPENSSL_INIT_NO_ADD_ALL_DIGESTS | OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS;

	if (OPENSSL_init_crypto(without, NULL) != 1)
		return -1;
	open.whole = OSSL_PROVIDER_load(NULL, "default");
	open.context = OSSL_LIB_CTX_new();
	if (open.whole == NULL || open.context == NULL ||
	    OSSL_PROVIDER_add_builtin(open.context, "few", start_few) != 1)
		return -1;
	open.few = OSSL_PROVIDER_load(open.context, "few");
	return open.few != NULL ? 0 : -1;
}

const struct algorithms *algorithms_start(void)
{
	struct algorithms *f = &open.fetched;

	if (f->gcm != NULL)
		return f;
	if (start_providers() == 0) {
		f->sha256 = EVP_MD_fetch(open.context, wanted[SHA256].name, NULL);
		f->hmac = EVP_MAC_fetch(open.context, wanted[HMAC].name, NULL);
		f->hkdf = EVP_KDF_fetch(open.context, wanted[HKDF].name, NULL);
		f->gcm = EVP_CIPHER_fetch(open.context, wanted[GCM].name, NULL);
		if (f->sha256 != NULL && f->hmac != NULL && f->hkdf != NULL && f->gcm != NULL)
			return f;
	}
	algorithms_stop();
	ERR_clear_error();
	return NULL;
}
