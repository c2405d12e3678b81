/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The JPKI application of the Japanese My Number Card: the key for user authentication, with
 * its PIN of four digits. Must not touch the signing key, its certificates or its password
 * (files 0001, 0002, 001A, 001B): a login needs none of them, and a signature with that key
 * binds its holder in law.
 */
#include "lib/cards/applet.h"

#include <string.h>

#define PIN_DIGITS 4

#define INS_SELECT 0xa4
#define INS_VERIFY 0x20
#define INS_READ   0xb0
#define INS_SIGN   0x2a
#define PIN_REF    0x80

#define FILE_CERTIFICATE 0x000a
#define FILE_KEY         0x0017
#define FILE_PIN         0x0018

#define CHUNK  256u
#define HEADER 4u /* 30 82 and the length: no certificate is shorter than 256 bytes */
#define CHUNKS_MAX                                                                             \
	32u /* of a certificate, also where a card gives less than it is asked for             \
	     */

static enum card_result jpki_select(struct card *c)
{
	static const uint8_t aid[] = {
	    0xd3, 0x92, 0xf0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01};
	const struct apdu select = {
	    0x00, INS_SELECT, 0x04, 0x0c, {aid, sizeof aid}, APDU_NO_LE};
	struct answer a;
	enum card_result r = apdu_send(c, &select, &a);

	return r == CARD_OK ? applet_select_result(a.sw) : r;
}

static enum card_result select_file(struct card *c, uint16_t file)
{
	const uint8_t id[] = {(uint8_t)(file >> 8), (uint8_t)file};
	const struct apdu select = {0x00, INS_SELECT, 0x02, 0x0c, {id, sizeof id}, APDU_NO_LE};
	struct answer a;

	return apdu_must(c, &select, &a);
}

/* Up to len bytes; CARD_MALFORMED for more, or none. */
static enum card_result read_chunk(
    struct card *c, size_t offset, size_t len, struct answer *ret_a)
{
	const struct apdu read = {0x00, INS_READ, (uint8_t)(offset >> 8 & 0x7f),
	    (uint8_t)offset, {NULL, 0}, (unsigned)len};
	enum card_result r = apdu_must(c, &read, ret_a);

	if (r == CARD_OK && (ret_a->len == 0 || ret_a->len > len))
		r = CARD_MALFORMED;
	return r;
}

/* The beginning of the certificate has its serial number and its issuer. */
static enum card_result jpki_identify(
    struct card *c, uint8_t ret_identity[APPLET_IDENTITY_SIZE])
{
	struct answer a;
	struct span chunk;
	enum card_result r = select_file(c, FILE_CERTIFICATE);

	if (r == CARD_OK)
		r = read_chunk(c, 0, CHUNK, &a);
	if (r != CARD_OK)
		return r;
	/* Half of it would be common to many cards. */
	if (a.len != CHUNK)
		return CARD_MALFORMED;
	chunk = (struct span){a.data, a.len};
	return crypto_sha256(&chunk, 1, ret_identity) == 0 ? CARD_OK : CARD_ERROR;
}

static enum card_result jpki_tries(struct card *c, unsigned *ret_left)
{
	const struct apdu ask = {0x00, INS_VERIFY, 0x00, PIN_REF, {NULL, 0}, APDU_NO_LE};
	struct answer a;
	enum card_result r = select_file(c, FILE_PIN);

	if (r == CARD_OK)
		r = apdu_send(c, &ask, &a);
	return r == CARD_OK ? applet_tries_result(a.sw, ret_left) : r;
}

static bool jpki_pin_fits(const struct secret *pin)
{
	return applet_digits(pin, PIN_DIGITS, PIN_DIGITS);
}

static enum card_result jpki_verify(
    struct card *c, const struct secret *pin, unsigned *ret_left)
{
	const struct apdu verify = {
	    0x00, INS_VERIFY, 0x00, PIN_REF, {pin->data, PIN_DIGITS}, APDU_NO_LE};
	struct answer a;
	enum card_result r;

	*ret_left = APPLET_TRIES_UNKNOWN;
	if (!jpki_pin_fits(pin))
		return CARD_PIN_FORM;
	r = select_file(c, FILE_PIN);
	if (r == CARD_OK)
		r = apdu_send(c, &verify, &a);
	return r == CARD_OK ? applet_verify_result(a.sw, ret_left) : r;
}

static enum card_result jpki_sign(
    struct card *c, enum key_kind kind, const uint8_t *digest, struct applet_signature *ret_s)
{
	const struct key_properties *is = key_properties(kind);
	uint8_t info[APPLET_DIGEST_INFO_SIZE + CRYPTO_HASH_SIZE];
	const struct apdu sign = {0x80, INS_SIGN, 0x00, 0x80, {info, sizeof info}, APDU_LE};
	struct answer a;
	enum card_result r;

	memset(ret_s, 0, sizeof *ret_s);
	if (kind != KEY_RSA2048)
		return CARD_KEY;
	memcpy(info, applet_digest_info, APPLET_DIGEST_INFO_SIZE);
	memcpy(info + APPLET_DIGEST_INFO_SIZE, digest, CRYPTO_HASH_SIZE);
	r = select_file(c, FILE_KEY);
	if (r == CARD_OK)
		r = apdu_must(c, &sign, &a);
	if (r != CARD_OK)
		return r;
	if (a.len != is->signature)
		return CARD_MALFORMED;
	memcpy(ret_s->data, a.data, a.len);
	ret_s->len = a.len;
	return CARD_OK;
}

/* What the first bytes of the file say about its length. */
static enum card_result certificate_size(struct card *c, size_t *ret_size)
{
	struct answer a;
	enum card_result r = read_chunk(c, 0, HEADER, &a);

	if (r != CARD_OK)
		return r;
	if (a.len != HEADER || a.data[0] != 0x30 || a.data[1] != 0x82)
		return CARD_MALFORMED;
	*ret_size = HEADER + ((size_t)a.data[2] << 8 | a.data[3]);
	return *ret_size <= APPLET_CERT_MAX ? CARD_OK : CARD_MALFORMED;
}

static enum card_result jpki_certificate(struct card *c, struct applet_certificate *ret_c)
{
	struct answer a;
	size_t size = 0;
	enum card_result r = select_file(c, FILE_CERTIFICATE);

	memset(ret_c, 0, sizeof *ret_c);
	if (r == CARD_OK)
		r = certificate_size(c, &size);
	for (unsigned i = 0; r == CARD_OK && ret_c->len < size; i++) {
		const size_t rest = size - ret_c->len;

		r = i < CHUNKS_MAX ? read_chunk(c, ret_c->len, rest < CHUNK ? rest : CHUNK, &a)
		                   : CARD_MALFORMED;
		if (r != CARD_OK)
			break;
		memcpy(ret_c->data + ret_c->len, a.data, a.len);
		ret_c->len += a.len;
	}
	if (r != CARD_OK)
		memset(ret_c, 0, sizeof *ret_c);
	return r;
}

const struct applet applet_jpki = {
    .name = "jpki",
    .kept = false,
    .select = jpki_select,
    .identify = jpki_identify,
    .tries = jpki_tries,
    .pin_fits = jpki_pin_fits,
    .verify = jpki_verify,
    .sign = jpki_sign,
    .certificate = jpki_certificate,
};
