/* SPDX-License-Identifier: BSD-2-Clause */
/* One private-key operation. Whether it is allowed is decided elsewhere. */
#include <openssl/rsa.h>

#include "tests/card/sign.h"

bool sign_with(EVP_PKEY *key, bool padded, const unsigned char *input, size_t length,
    struct buf *ret_signature)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
	unsigned char signature[512];
	size_t used = sizeof(signature);
	bool good = context != NULL && EVP_PKEY_sign_init(context) > 0;

	if (good && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
		good = EVP_PKEY_CTX_set_rsa_padding(
		           context, padded ? RSA_PKCS1_PADDING : RSA_NO_PADDING) > 0;
	good = good && EVP_PKEY_sign(context, signature, &used, input, length) > 0;
	if (good)
		buf_put(ret_signature, signature, used);
	EVP_PKEY_CTX_free(context);
	return good;
}
