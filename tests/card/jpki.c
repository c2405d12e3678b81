/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The JPKI application of the My Number Card. Everything of the signing key is there as on the
 * real card; whoever touches it finds that in the log as a violation.
 */
#include <string.h>

#include "tests/card/card.h"
#include "tests/card/journal.h"
#include "tests/card/sign.h"

static const unsigned char jpki_aid[] = {
    0xD3, 0x92, 0xF0, 0x00, 0x26, 0x01, 0x00, 0x00, 0x00, 0x01};

enum content {
	CONTENT_LABEL,
	CONTENT_CERTIFICATE,
	CONTENT_CA,
	CONTENT_KEY,
	CONTENT_PIN,
};

struct file {
	unsigned id;
	enum content content;
	unsigned which; /* 0: user authentication, 1: signing; slots and PINs have this order */
};

static const struct file files[] = {
    {0x0001, CONTENT_CERTIFICATE, 1},
    {0x0002, CONTENT_CA, 1},
    {0x0006, CONTENT_LABEL, 0},
    {0x000A, CONTENT_CERTIFICATE, 0},
    {0x000B, CONTENT_CA, 0},
    {0x0017, CONTENT_KEY, 0},
    {0x0018, CONTENT_PIN, 0},
    {0x001A, CONTENT_KEY, 1},
    {0x001B, CONTENT_PIN, 1},
};

static const struct file *selected; /* NULL: none */

static void reset(void)
{
	selected = NULL;
}

/* Every command on a file of the signing key, too: selecting it is only the first one. */
static void watch(struct card *card, const char *what)
{
	if (selected != NULL && selected->which == 1)
		card_violation(card, what, selected->id);
}

static void select_application(struct card *card, const struct command *c, struct answer *a)
{
	if (c->length != sizeof(jpki_aid) || memcmp(c->data, jpki_aid, sizeof(jpki_aid)) != 0) {
		a->sw = 0x6A82;
		return;
	}
	card_reset(card); /* re-selecting logs out */
	card->selected = true;
}

static void select_file(struct card *card, const struct command *c, struct answer *a)
{
	unsigned id = c->length == 2 ? (unsigned)c->data[0] << 8 | c->data[1] : 0;

	a->sw = 0x6A82;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (files[i].id == id) {
			selected = &files[i];
			a->sw = 0x9000;
			watch(card, "select");
		}
	}
}

static void select_any(struct card *card, const struct command *c, struct answer *a)
{
	if (c->p1 == 0x04)
		select_application(card, c, a);
	else if (c->p1 == 0x02 && card->selected)
		select_file(card, c, a);
	else
		a->sw = card->selected ? 0x6A86 : 0x6A82;
}

/* What READ BINARY sees of the selected file; false when it may not be read. */
static bool file_bytes(struct card *card, const unsigned char **ret_bytes, size_t *ret_length)
{
	static unsigned char ca[BUF_MAX];
	unsigned char *to = ca;
	X509 *certificate;
	int length;

	switch (selected->content) {
	case CONTENT_LABEL:
		*ret_bytes = (const unsigned char *)card->options.token_label;
		*ret_length = strlen(card->options.token_label);
		return true;
	case CONTENT_CERTIFICATE:
		*ret_bytes = card->slots[selected->which].certificate;
		*ret_length = card->slots[selected->which].certificate_length;
		/* the signing certificate holds name, address and birthday: not without its PIN
		 */
		return selected->which == 0 || card->pins[1].verified;
	case CONTENT_CA:
		certificate = issuer_ca(card->options.ca_directory);
		length = i2d_X509(certificate, NULL);
		if (length <= 0 || (size_t)length > sizeof(ca))
			length = 0;
		else
			(void)i2d_X509(certificate, &to);
		X509_free(certificate);
		*ret_bytes = ca;
		*ret_length = (size_t)length;
		return length > 0;
	case CONTENT_KEY:
	case CONTENT_PIN:
		break;
	}
	return false;
}

static void read_binary(struct card *card, const struct command *c, struct answer *a)
{
	size_t offset = (size_t)c->p1 << 8 | c->p2, length = 0;
	const unsigned char *bytes = NULL;

	if (selected == NULL) {
		a->sw = 0x6986;
		return;
	}
	watch(card, "read");
	if (!file_bytes(card, &bytes, &length)) {
		a->sw = 0x6982;
		return;
	}
	if (offset >= length) {
		a->sw = 0x6B00;
		return;
	}
	length -= offset;
	if (c->has_le && length > c->le)
		length = c->le;
	buf_put(&a->data, bytes + offset, length);
}

static void verify(struct card *card, const struct command *c, struct answer *a)
{
	struct pin *pin;

	if (selected == NULL || selected->content != CONTENT_PIN) {
		a->sw = 0x6985;
		return;
	}
	watch(card, "verify");
	pin = &card->pins[selected->which];
	if (c->p1 != 0x00 || c->p2 != 0x80)
		a->sw = 0x6A86;
	else if (c->length == 0)
		/* the counter, also when verified and also when it is 0 */
		a->sw = card->fault.kind == FAULT_VERIFIED  ? 0x9000
		        : card->fault.kind == FAULT_BLOCKED ? 0x63C0
		                                            : 0x63C0 | pin->tries;
	else if (card->fault.kind == FAULT_BLOCKED)
		a->sw = 0x6983;
	else
		a->sw = pin_verify(pin, c->data, c->length);
}

static void compute_signature(struct card *card, const struct command *c, struct answer *a)
{
	if (selected == NULL || selected->content != CONTENT_KEY) {
		a->sw = 0x6985;
		return;
	}
	watch(card, "sign");
	if (c->p1 != 0x00 || c->p2 != 0x80)
		a->sw = 0x6A86;
	else if (!card_pin_verified(card, &card->pins[selected->which]))
		a->sw = 0x6982;
	else if (!sign_with(card_key(card, &card->slots[selected->which]), true, c->data,
	             c->length, &a->data))
		a->sw = 0x6A80;
	else
		journal_note("key %04X used", selected->id);
}

static const struct instruction instructions[] = {
    {0x00, 0xA4, select_any},
    {0x00, 0xB0, read_binary},
    {0x00, 0x20, verify},
    {0x80, 0x2A, compute_signature},
    {0},
};

const struct applet jpki_applet = {
    .kind = "jpki",
    .atr = "3BE000FF8131FE4514",
    .slot_names = {"auth", "sign"},
    .slot_references = {0x17, 0x1A},
    .least_slots = 2,
    .pin_names = {"pin", "sign-pin"},
    .pin_values = {"1234", "ABC123"},
    .pin_tries = {3, 5},
    .instructions = instructions,
    .reset = reset,
};
