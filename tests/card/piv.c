/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PIV application as SP 800-73 describes it: what a login and the usual tools ask of it. No
 * secure messaging, no key management keys of the past, no writing.
 */
#include <string.h>

#define ZLIB_CONST
#include <zlib.h>

#include "tests/card/card.h"
#include "tests/card/journal.h"
#include "tests/card/sign.h"
#include "tests/card/tlv.h"

#define PIN_LENGTH  8
#define PIN_PERSON  0x80
#define PIN_UNBLOCK 0x81

static const unsigned char piv_aid[] = {
    0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00, 0x01, 0x00};

/* The PIN was typed for the next operation of the signature key. */
static bool fresh;

static void reset(void)
{
	fresh = false;
}

static void select_application(struct card *card, const struct command *c, struct answer *a)
{
	static struct buf body, authority;

	if (c->p1 != 0x04 || c->length < 5 || c->length > sizeof(piv_aid) ||
	    memcmp(c->data, piv_aid, c->length) != 0) {
		a->sw = 0x6A82;
		return;
	}
	/* selecting it once more changes nothing: a verified PIN stays verified */
	card->selected = true;
	body.used = authority.used = 0;
	tlv_put(&authority, 0x4F, piv_aid, 5);
	tlv_put(&body, 0x4F, piv_aid + 5, sizeof(piv_aid) - 5);
	tlv_put_buf(&body, 0x79, &authority);
	tlv_put_buf(&a->data, 0x61, &body);
}

/* ---- data objects */

static void put_chuid(struct card *card, struct buf *b)
{
	static const unsigned char fascn[25] = {0xD4, 0xE7, 0x39, 0xDA, 0x73, 0x9C, 0xED, 0x39,
	    0xCE, 0x73, 0x9D, 0x83, 0x68, 0x58, 0x21, 0x08, 0x42, 0x10, 0x84, 0x21, 0xC8, 0x42,
	    0x10, 0xC3, 0xEB};

	tlv_put(b, 0x30, fascn, sizeof(fascn));
	tlv_put_buf(b, 0x34, &card->guid);
	tlv_put(b, 0x35, "20401231", 8);
	tlv_put(b, 0x3E, NULL, 0);
	tlv_put(b, 0xFE, NULL, 0);
}

static void put_capabilities(struct card *card, struct buf *b)
{
	static const unsigned char one_byte[][2] = {
	    {0xF1, 0x21}, {0xF2, 0x21}, {0xF4, 0x00}, {0xF5, 0x10}};
	static const unsigned char no_byte[] = {0xF3, 0xF6, 0xF7, 0xFA, 0xFB, 0xFC, 0xFD, 0xFE};
	unsigned char identifier[21] = {0xA0, 0x00, 0x00, 0x01, 0x16, 0xFF, 0x02};

	memcpy(identifier + 7, card->guid.data, sizeof(identifier) - 7);
	tlv_put(b, 0xF0, identifier, sizeof(identifier));
	for (size_t i = 0; i < sizeof(one_byte) / sizeof(one_byte[0]); i++)
		tlv_put(b, one_byte[i][0], &one_byte[i][1], 1);
	for (size_t i = 0; i < sizeof(no_byte); i++)
		tlv_put(b, no_byte[i], NULL, 0);
}

static void put_gzip(struct buf *b, const unsigned char *plain, size_t length)
{
	z_stream z = {0};

	/* 16: a gzip header instead of zlib's own */
	if (deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return;
	z.next_in = plain;
	z.avail_in = (uInt)length;
	z.next_out = b->data + b->used;
	z.avail_out = (uInt)(sizeof(b->data) - b->used);
	if (deflate(&z, Z_FINISH) == Z_STREAM_END)
		b->used += z.total_out;
	(void)deflateEnd(&z);
}

static void put_certificate(struct card *card, const struct slot *slot, struct buf *b)
{
	static struct buf packed;
	unsigned char info = card->options.gzip ? 1 : 0;

	packed.used = 0;
	if (card->options.gzip)
		put_gzip(&packed, slot->certificate, slot->certificate_length);
	else
		buf_put(&packed, slot->certificate, slot->certificate_length);
	tlv_put_buf(b, 0x70, &packed);
	tlv_put(b, 0x71, &info, 1);
	tlv_put(b, 0xFE, NULL, 0);
}

/* The certificates' objects, by the key they belong to. */
static const struct {
	unsigned char object;
	unsigned key;
} certificates[] = {{0x05, 0x9A}, {0x0A, 0x9C}, {0x0B, 0x9D}, {0x01, 0x9E}};

static bool put_object(struct card *card, unsigned object, struct buf *b)
{
	if (object == 0x02) {
		put_chuid(card, b);
		return true;
	}
	if (object == 0x07) {
		put_capabilities(card, b);
		return true;
	}
	for (size_t i = 0; i < sizeof(certificates) / sizeof(certificates[0]); i++) {
		const struct slot *slot = card_slot(card, certificates[i].key);

		if (certificates[i].object == object && slot != NULL) {
			put_certificate(card, slot, b);
			return true;
		}
	}
	return false;
}

static void put_discovery(struct buf *b)
{
	static const unsigned char policy[] = {0x40, 0x00};
	static struct buf body;

	body.used = 0;
	tlv_put(&body, 0x4F, piv_aid, sizeof(piv_aid));
	tlv_put(&body, 0x5F2F, policy, sizeof(policy));
	tlv_put_buf(b, 0x7E, &body);
}

static void get_data(struct card *card, const struct command *c, struct answer *a)
{
	static const unsigned char data_object[] = {0x5F, 0xC1};
	const unsigned char *tag = NULL;
	size_t length = 0;
	static struct buf body;

	if (c->p1 != 0x3F || c->p2 != 0xFF) {
		a->sw = 0x6A86;
		return;
	}
	if (!tlv_find(c->data, c->length, 0x5C, &tag, &length)) {
		a->sw = 0x6A80;
		return;
	}
	body.used = 0;
	if (length == 1 && tag[0] == 0x7E)
		put_discovery(&a->data);
	else if (length == 3 && memcmp(tag, data_object, 2) == 0 &&
	         put_object(card, tag[2], &body))
		tlv_put_buf(&a->data, 0x53, &body);
	else
		a->sw = 0x6A82;
}

/* ---- PINs */

static size_t without_padding(const unsigned char *pin)
{
	size_t length = PIN_LENGTH;

	while (length > 0 && pin[length - 1] == 0xFF)
		length--;
	return length;
}

static void verify(struct card *card, const struct command *c, struct answer *a)
{
	struct pin *pin = &card->pins[0];

	if (c->p2 != PIN_PERSON) {
		a->sw = 0x6A88;
	} else if (c->p1 == 0xFF && c->length == 0) {
		pin->verified = false;
	} else if (c->p1 != 0x00) {
		a->sw = 0x6A86;
	} else if (card->fault.kind == FAULT_BLOCKED) {
		a->sw = 0x6983;
	} else if (c->length == 0) {
		if (!card_pin_verified(card, pin))
			a->sw = pin_status(pin);
	} else if (c->length != PIN_LENGTH) {
		a->sw = 0x6A80;
	} else {
		a->sw = pin_verify(pin, c->data, without_padding(c->data));
		fresh = pin->verified;
	}
}

/* CHANGE REFERENCE DATA: the old one, the new one; RESET RETRY COUNTER: the PUK, the new PIN.
 */
static void change(struct card *card, const struct command *c, struct answer *a)
{
	bool of_puk = c->ins == 0x24 && c->p2 == PIN_UNBLOCK;
	struct pin *shown = &card->pins[of_puk || c->ins == 0x2C ? 1 : 0];
	struct pin *changed = &card->pins[of_puk ? 1 : 0];

	if (c->p1 != 0x00 || (c->p2 != PIN_PERSON && !of_puk)) {
		a->sw = 0x6A88;
		return;
	}
	if (c->length != (size_t)2 * PIN_LENGTH) {
		a->sw = 0x6A80;
		return;
	}
	a->sw = pin_verify(shown, c->data, without_padding(c->data));
	if (a->sw == 0x9000)
		a->sw = pin_replace(
		    changed, c->data + PIN_LENGTH, without_padding(c->data + PIN_LENGTH));
}

/* ---- keys */

/* 9A and 9D: once; 9C: each time; 9E: never. */
static bool pin_given(struct card *card, const struct slot *slot)
{
	if (slot->reference == 0x9E)
		return true;
	if (!card_pin_verified(card, &card->pins[0]))
		return false;
	return slot->reference != 0x9C || fresh || card->fault.kind == FAULT_VERIFIED;
}

/* As long as the modulus, or as a hash that fits the curve. */
static size_t input_length(const struct key_type *type)
{
	return type->bits / 8;
}

static void general_authenticate(struct card *card, const struct command *c, struct answer *a)
{
	const struct key_type *type = card->options.key_type;
	struct slot *slot = card_slot(card, c->p2);
	const unsigned char *template = NULL, *challenge = NULL;
	size_t template_length = 0, length = 0;
	static struct buf signature, body;

	if (slot == NULL || c->p1 != type->piv) {
		a->sw = slot == NULL ? 0x6A88 : 0x6A86;
		return;
	}
	if (!tlv_find(c->data, c->length, 0x7C, &template, &template_length) ||
	    !tlv_find(template, template_length, 0x81, &challenge, &length) ||
	    length != input_length(type)) {
		a->sw = 0x6A80;
		return;
	}
	if (!pin_given(card, slot)) {
		a->sw = 0x6982;
		return;
	}
	fresh = false;
	journal_note("key %02X used", slot->reference);
	signature.used = body.used = 0;
	if (!sign_with(card_key(card, slot), false, challenge, length, &signature)) {
		a->sw = 0x6A80;
		return;
	}
	tlv_put_buf(&body, 0x82, &signature);
	tlv_put_buf(&a->data, 0x7C, &body);
}

/* ---- what only YubiKeys answer */

static void get_version(struct card *card, const struct command *c, struct answer *a)
{
	static const unsigned char version[] = {4, 3, 7};

	(void)c;
	if (card->options.yubikey)
		buf_put(&a->data, version, sizeof(version));
	else
		a->sw = 0x6D00;
}

static const struct instruction instructions[] = {
    {0x00, 0xA4, select_application},
    {0x00, 0xCB, get_data},
    {0x00, 0x20, verify},
    {0x00, 0x24, change},
    {0x00, 0x2C, change},
    {0x00, 0x87, general_authenticate},
    {0x00, 0xFD, get_version},
    {0},
};

const struct applet piv_applet = {
    .kind = "piv",
    .atr = "3B88800174657374636172640B",
    .slot_names = {"9A", "9C", "9D", "9E"},
    .slot_references = {0x9A, 0x9C, 0x9D, 0x9E},
    .least_slots = 1,
    .pin_names = {"pin", "puk"},
    .pin_values = {"123456", "12345678"},
    .pin_tries = {3, 3},
    .instructions = instructions,
    .reset = reset,
};
