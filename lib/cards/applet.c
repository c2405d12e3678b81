/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of applets, and what they share. Knows no command.
 */
#include "lib/cards/applet.h"

#include <string.h>

/* In this order cards are asked. */
static const struct applet *const applets[] = {&applet_piv, &applet_jpki};
#define APPLETS (sizeof applets / sizeof applets[0])

const uint8_t applet_digest_info[APPLET_DIGEST_INFO_SIZE] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09,
    0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};

const struct applet *applet_named(const char *name)
{
	for (size_t i = 0; i < APPLETS; i++)
		if (strcmp(applets[i]->name, name) == 0)
			return applets[i];
	return NULL;
}

enum card_result applet_find(
    struct card *c, const struct applet *never, const struct applet **ret_a)
{
	for (size_t i = 0; i < APPLETS; i++) {
		enum card_result r =
		    applets[i] != never ? applets[i]->select(c) : CARD_NO_APPLET;

		if (r == CARD_OK)
			*ret_a = applets[i];
		if (r != CARD_NO_APPLET)
			return r;
	}
	return CARD_NO_APPLET;
}

enum card_result applet_select_result(uint16_t sw)
{
	return sw == SW_OK ? CARD_OK : CARD_NO_APPLET;
}

enum card_result applet_verify_result(uint16_t sw, unsigned *ret_left)
{
	*ret_left = APPLET_TRIES_UNKNOWN;
	if (sw == SW_OK)
		return CARD_OK;
	if (sw == SW_BLOCKED || sw == SW_PIN_INVALID ||
	    (SW_IS_TRIES(sw) && SW_TRIES(sw) == 0)) {
		*ret_left = 0;
		return CARD_PIN_BLOCKED;
	}
	if (SW_IS_TRIES(sw)) {
		*ret_left = SW_TRIES(sw);
		return CARD_PIN_WRONG;
	}
	/* 6300 tells no number. */
	return sw == 0x6300 ? CARD_PIN_WRONG : CARD_STATUS;
}

enum card_result applet_tries_result(uint16_t sw, unsigned *ret_left)
{
	enum card_result r = applet_verify_result(sw, ret_left);

	/* Verified already, or a card that does not like the question. */
	return r == CARD_PIN_BLOCKED ? CARD_PIN_BLOCKED : CARD_OK;
}

bool applet_digits(const struct secret *pin, size_t min, size_t max)
{
	bool digits = pin->len >= min && pin->len <= max && pin->len <= SECRET_MAX;

	for (size_t i = 0; digits && i < pin->len; i++)
		digits = pin->data[i] >= '0' && pin->data[i] <= '9';
	return digits;
}
