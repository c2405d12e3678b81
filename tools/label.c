/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of tokens: what is allowed, and the name of a token nobody named. Pure.
 */
#include "tools/label.h"

#include <stdio.h>
#include <string.h>

/* Strict UTF-8: the length of the character at p, 0 when it is none. */
static size_t decode_utf8(const uint8_t *p, uint32_t *ret_c)
{
	static const struct {
		uint8_t mask, lead;
		uint32_t least;
	} forms[] = {
	    {0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

	for (size_t n = 0; n < sizeof(forms) / sizeof(forms[0]); n++) {
		uint32_t c;

		if ((p[0] & forms[n].mask) != forms[n].lead)
			continue;
		c = p[0] & (uint8_t)~forms[n].mask;
		for (size_t i = 1; i <= n; i++) {
			if ((p[i] & 0xc0) != 0x80) /* also stops at the NUL */
				return 0;
			c = c << 6 | (p[i] & 0x3f);
		}
		if (c < forms[n].least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
			return 0;
		*ret_c = c;
		return n + 1;
	}
	return 0;
}

/* Controls, and characters that are not seen or turn the direction of writing. */
static bool is_unseen(uint32_t c)
{
	static const uint32_t ranges[][2] = {{0x00, 0x1f}, {0x7f, 0x9f}, {0xad, 0xad},
	    {0x61c, 0x61c}, {0x200b, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x206f},
	    {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0xfff0, 0xfffb}, {0xe0000, 0xe0fff}};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (c >= ranges[i][0] && c <= ranges[i][1])
			return true;
	}
	return false;
}

const char *label_problem(const char *label)
{
	const uint8_t *p = (const uint8_t *)label;
	size_t len = strlen(label), n;
	uint32_t c = 0;

	if (len == 0)
		return "a label cannot be empty";
	if (len >= RECORD_LABEL_SIZE)
		return "a label has at most 31 bytes";
	if (label[0] == '-' || label[0] == ' ' || label[len - 1] == ' ')
		return "a label cannot begin with '-' or begin or end with a space";
	for (; *p != '\0'; p += n) {
		n = decode_utf8(p, &c);
		if (n == 0)
			return "a label must be UTF-8";
		if (is_unseen(c))
			return "a label cannot have characters that are not seen";
	}
	return NULL;
}

void label_default(const char *stem, struct record *r, char out[RECORD_LABEL_SIZE])
{
	snprintf(out, RECORD_LABEL_SIZE, "%s", stem);
	for (unsigned n = 2; record_find_label(r, out) != NULL; n++)
		snprintf(out, RECORD_LABEL_SIZE, "%.20s-%u", stem, n);
}
