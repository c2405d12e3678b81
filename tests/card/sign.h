/* SPDX-License-Identifier: BSD-2-Clause */
/* What a card's processor computes with a key. */
#ifndef CARD_SIGN_H
#define CARD_SIGN_H

#include <stdbool.h>

#include <openssl/evp.h>

#include "tests/card/buf.h"

/*
 * RSA: input to the power of d, as it stands (padded false: it must be as long as the modulus)
 * or behind PKCS #1 padding; EC: ECDSA over the input, in DER. false when the key does not take
 * it.
 */
bool sign_with(EVP_PKEY *key, bool padded, const unsigned char *input, size_t length,
    struct buf *ret_signature);

#endif
