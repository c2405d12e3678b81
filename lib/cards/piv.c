/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PIV (NIST SP 800-73): the authentication key 9A with the application's own PIN. Must not use
 * another key, and must not send what is no PIN.
 */
#include "lib/cards/applet.h"

#include <string.h>

#include "lib/cards/tlv.h"

#define PIN_MIN 6
#define PIN_MAX 8

#define INS_SELECT 0xa4
#define INS_VERIFY 0x20
#define INS_GET    0xcb
#define INS_SIGN   0x87 /* GENERAL AUTHENTICATE */
#define PIN_REF    0x80
#define KEY_REF    0x9a

/* Third byte of 5FC1xx. */
#define OBJECT_CHUID       0x02
#define OBJECT_CERTIFICATE 0x05

#define TAG_APPLICATION 0x61
#define TAG_OBJECT      0x53
#define TAG_CERTIFICATE 0x70
#define TAG_INFO        0x71
#define TAG_DYNAMIC     0x7c
#define TAG_CHALLENGE   0x81
#define TAG_RESPONSE    0x82
#define INFO_COMPRESSED 0x01

static enum card_result piv_select(struct card *c)
{
	static const uint8_t aid[] = {0xa0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00};
	const struct apdu select = {0x00, INS_SELECT, 0x04, 0x00, {aid, sizeof aid}, APDU_LE};
	struct span ignored;
	struct answer a;
	enum card_result r = apdu_send(c, &select, &a);

	if (r == CARD_OK)
		r = applet_select_result(a.sw);
	/* Some cards say 9000 to any name. */
	if (r == CARD_OK && !tlv_find((struct span){a.data, a.len}, TAG_APPLICATION, &ignored))
		r = CARD_NO_APPLET;
	return r;
}

/* ret_content points into ret_a. */
static enum card_result get_object(
    struct card *c, uint8_t object, struct answer *ret_a, struct span *ret_content)
{
	const uint8_t name[] = {0x5c, 0x03, 0x5f, 0xc1, object};
	const struct apdu get = {0x00, INS_GET, 0x3f, 0xff, {name, sizeof name}, APDU_LE};
	enum card_result r = apdu_must(c, &get, ret_a);
	struct span rest;
	struct tlv t;

	if (r != CARD_OK)
		return r;
	rest = (struct span){ret_a->data, ret_a->len};
	if (!tlv_next(&rest, &t) || t.tag != TAG_OBJECT || rest.len != 0)
		return CARD_MALFORMED;
	*ret_content = t.value;
	return t.value.len > 0 ? CARD_OK : CARD_NO_OBJECT;
}

/* The CHUID has a number that no other card has. Cards that were never given one are told by
 * their certificate. */
static enum card_result piv_identify(struct card *c, uint8_t ret_identity[APPLET_IDENTITY_SIZE])
{
	struct answer a;
	struct span content;
	enum card_result r = get_object(c, OBJECT_CHUID, &a, &content);

	if (r == CARD_NO_OBJECT)
		r = get_object(c, OBJECT_CERTIFICATE, &a, &content);
	if (r == CARD_OK && crypto_sha256(&content, 1, ret_identity) != 0)
		r = CARD_ERROR;
	return r;
}

static enum card_result piv_tries(struct card *c, unsigned *ret_left)
{
	const struct apdu ask = {0x00, INS_VERIFY, 0x00, PIN_REF, {NULL, 0}, APDU_NO_LE};
	struct answer a;
	enum card_result r = apdu_send(c, &ask, &a);

	return r == CARD_OK ? applet_tries_result(a.sw, ret_left) : r;
}

static bool piv_pin_fits(const struct secret *pin)
{
	return applet_digits(pin, PIN_MIN, PIN_MAX);
}

static enum card_result piv_verify(struct card *c, const struct secret *pin, unsigned *ret_left)
{
	uint8_t padded[PIN_MAX];
	const struct apdu verify = {
	    0x00, INS_VERIFY, 0x00, PIN_REF, {padded, sizeof padded}, APDU_NO_LE};
	struct answer a;
	enum card_result r;

	*ret_left = APPLET_TRIES_UNKNOWN;
	if (!piv_pin_fits(pin))
		return CARD_PIN_FORM;
	memset(padded, 0xff, sizeof padded);
	memcpy(padded, pin->data, pin->len);
	r = apdu_send(c, &verify, &a);
	wipe(padded, sizeof padded);
	return r == CARD_OK ? applet_verify_result(a.sw, ret_left) : r;
}

/* ---- signature ---- */

static uint8_t algorithm_of(enum key_kind kind)
{
	static const uint8_t algorithms[] = {
	    [KEY_RSA2048] = 0x07, [KEY_RSA3072] = 0x05, [KEY_P256] = 0x11, [KEY_P384] = 0x14};

	return (size_t)kind < sizeof algorithms ? algorithms[kind] : 0;
}

/* EMSA-PKCS1-v1_5 (RFC 8017, 9.2): the card computes only the power. */
static void put_padded(struct writer *w, const uint8_t *digest, size_t len)
{
	put_u8(w, 0x00);
	put_u8(w, 0x01);
	for (size_t i = APPLET_DIGEST_INFO_SIZE + CRYPTO_HASH_SIZE + 3; i < len; i++)
		put_u8(w, 0xff);
	put_u8(w, 0x00);
	put_bytes(w, applet_digest_info, APPLET_DIGEST_INFO_SIZE);
	put_bytes(w, digest, CRYPTO_HASH_SIZE);
}

/* 7C { 82: empty, what is asked for; 81: what is signed }. Returns its length, 0: no room. */
static size_t build_challenge(
    const struct key_properties *is, const uint8_t *digest, uint8_t *out, size_t size)
{
	const size_t len = is->rsa ? is->signature : is->digest;
	struct writer w = writer_over(out, size);

	tlv_put_header(&w, TAG_DYNAMIC, 2 + tlv_header_size(len) + len);
	tlv_put_header(&w, TAG_RESPONSE, 0);
	tlv_put_header(&w, TAG_CHALLENGE, len);
	if (is->rsa)
		put_padded(&w, digest, len);
	else
		put_bytes(&w, digest, len);
	return w.bad ? 0 : size - w.left;
}

static enum card_result take_signature(
    const struct answer *a, size_t max, struct applet_signature *ret_s)
{
	struct span dynamic, signature;

	if (!tlv_find((struct span){a->data, a->len}, TAG_DYNAMIC, &dynamic) ||
	    !tlv_find(dynamic, TAG_RESPONSE, &signature) || signature.len == 0 ||
	    signature.len > max || signature.len > sizeof ret_s->data)
		return CARD_MALFORMED;
	memcpy(ret_s->data, signature.data, signature.len);
	ret_s->len = signature.len;
	return CARD_OK;
}

static enum card_result piv_sign(
    struct card *c, enum key_kind kind, const uint8_t *digest, struct applet_signature *ret_s)
{
	const struct key_properties *is = key_properties(kind);
	uint8_t challenge[KEY_SIGNATURE_MAX + 16];
	struct apdu sign = {
	    0x00, INS_SIGN, algorithm_of(kind), KEY_REF, {challenge, 0}, APDU_LE};
	struct answer a;
	enum card_result r;

	memset(ret_s, 0, sizeof *ret_s);
	if (is == NULL || sign.p1 == 0)
		return CARD_KEY;
	sign.data.len = build_challenge(is, digest, challenge, sizeof challenge);
	if (sign.data.len == 0)
		return CARD_ERROR;
	r = apdu_must(c, &sign, &a);
	return r == CARD_OK ? take_signature(&a, is->signature, ret_s) : r;
}

/* ---- certificate ---- */

static enum card_result piv_certificate(struct card *c, struct applet_certificate *ret_c)
{
	struct answer a;
	struct span content, certificate, info = {NULL, 0};
	enum card_result r = get_object(c, OBJECT_CERTIFICATE, &a, &content);

	memset(ret_c, 0, sizeof *ret_c);
	if (r != CARD_OK)
		return r;
	if (!tlv_find(content, TAG_CERTIFICATE, &certificate) || certificate.len == 0 ||
	    certificate.len > sizeof ret_c->data)
		return CARD_MALFORMED;
	ret_c->compressed = tlv_find(content, TAG_INFO, &info) && info.len > 0 &&
	                    (*(const uint8_t *)info.data & INFO_COMPRESSED) != 0;
	memcpy(ret_c->data, certificate.data, certificate.len);
	ret_c->len = certificate.len;
	return CARD_OK;
}

const struct applet applet_piv = {
    .name = "piv",
    .kept = true,
    .select = piv_select,
    .identify = piv_identify,
    .tries = piv_tries,
    .pin_fits = piv_pin_fits,
    .verify = piv_verify,
    .sign = piv_sign,
    .certificate = piv_certificate,
};
