/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Letters, digits, check character and hash of codes on paper. Stores and judges nothing.
 */
#include "lib/base/code.h"

#include <string.h>

#include "lib/base/crypto.h"

_Static_assert(CODE_SALT_SIZE == CRYPTO_KEY_SIZE && CODE_HASH_SIZE == CRYPTO_HASH_SIZE,
    "the salt is the key of the HMAC");

#define FIELD_POLYNOMIAL 0x25u /* x^5 + x^2 + 1: 2 generates all 31 powers */
#define FIELD_MASK       0x1fu

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static const struct {
	enum code_kind kind;
	size_t len;
} kinds[] = {
    {CODE_PERSONAL, CODE_PERSONAL_LEN},
    {CODE_EMERGENCY, CODE_EMERGENCY_LEN},
};

/* ---- what was typed ---- */

/* Between the characters, by UTF-8 range: the last byte runs from .first to .last. */
static const struct {
	uint8_t lead[2];
	uint8_t lead_len, first, last;
} separators[] = {
    {{0}, 0, '\t', '\t'}, {{0}, 0, ' ', ' '}, {{0}, 0, '-', '-'},
    {{0xc2}, 1, 0xa0, 0xa0},       /* U+00A0 no-break space */
    {{0xe2, 0x80}, 2, 0x90, 0x95}, /* U+2010-2015 hyphens and dashes */
    {{0xe2, 0x88}, 2, 0x92, 0x92}, /* U+2212 minus */
    {{0xe3, 0x80}, 2, 0x80, 0x80}, /* U+3000 ideographic space */
    {{0xe3, 0x83}, 2, 0xbc, 0xbc}, /* U+30FC what the hyphen key gives with Japanese input */
    {{0xef, 0xbc}, 2, 0x8d, 0x8d}, /* U+FF0D full-width hyphen */
};

static size_t separator_at(const uint8_t *p, size_t left)
{
	for (size_t i = 0; i < sizeof separators / sizeof separators[0]; i++) {
		size_t n = separators[i].lead_len;

		if (left > n && memcmp(p, separators[i].lead, n) == 0 &&
		    p[n] >= separators[i].first && p[n] <= separators[i].last)
			return n + 1;
	}
	return 0;
}

/* U+FF10-FF5A stand for 0x30-0x7A: ef bc 90..bf, ef bd 80..9a. */
static size_t full_width_at(const uint8_t *p, size_t left, char *ret_c)
{
	if (left < 3 || p[0] != 0xef)
		return 0;
	if (p[1] == 0xbc && p[2] >= 0x90 && p[2] <= 0xbf)
		*ret_c = (char)(p[2] - 0x90 + '0');
	else if (p[1] == 0xbd && p[2] >= 0x80 && p[2] <= 0x9a)
		*ret_c = (char)(p[2] - 0x80 + '`');
	else
		return 0;
	return 3;
}

size_t code_character(const uint8_t *p, size_t left, char *ret_c)
{
	size_t n = separator_at(p, left);

	if (n > 0) {
		*ret_c = '\0';
		return n;
	}
	if (left > 0 && *p > ' ' && *p < 0x7f) {
		*ret_c = (char)*p;
		return 1;
	}
	return full_width_at(p, left, ret_c);
}

/* The character as it is hashed, or '\0' when there is none in the alphabet. */
static char fold(char c)
{
	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	if (c == 'O')
		return '0';
	if (c == 'I' || c == 'L')
		return '1';
	return c != '\0' && strchr(alphabet, c) != NULL ? c : '\0';
}

/* ---- check character ---- */

static unsigned value_of(char c)
{
	return (unsigned)(strchr(alphabet, c) - alphabet);
}

static unsigned twice(unsigned v)
{
	v <<= 1;
	return v > FIELD_MASK ? v ^ FIELD_POLYNOMIAL : v;
}

/* Over all characters of code but the last of len: the first times 2, the next times 4, ... */
static char check_character(const char *code, size_t len)
{
	unsigned sum = 0;

	for (size_t i = len - 1; i-- > 0;)
		sum = twice(sum ^ value_of(code[i]));
	return alphabet[sum];
}

/* ---- codes ---- */

/* The folded characters of an answer, or 0 when it has others, or too many. */
static size_t collect(const struct secret *answer, char out[CODE_SIZE])
{
	const uint8_t *p = answer->data;
	size_t left = answer->len, count = 0;

	while (left > 0) {
		char c = '\0';
		size_t n = code_character(p, left, &c);

		if (n == 0)
			return 0;
		p += n;
		left -= n;
		if (c == '\0')
			continue;
		c = fold(c);
		if (c == '\0' || count == CODE_EMERGENCY_LEN)
			return 0;
		out[count++] = c;
	}
	return count;
}

enum code_kind code_normalize(const struct secret *answer, char out[CODE_SIZE])
{
	enum code_kind kind = CODE_NONE;
	size_t len;

	memset(out, 0, CODE_SIZE);
	len = collect(answer, out);
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (len == kinds[i].len)
			kind = kinds[i].kind;
	if (kind != CODE_NONE && out[len - 1] != check_character(out, len))
		kind = CODE_TYPO;
	if (kind != CODE_PERSONAL && kind != CODE_EMERGENCY)
		wipe(out, CODE_SIZE);
	return kind;
}

int code_make(enum code_kind kind, char out[CODE_SIZE])
{
	uint8_t random[CODE_EMERGENCY_LEN];
	size_t len = 0;

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (kinds[i].kind == kind)
			len = kinds[i].len;
	if (len == 0 || crypto_random(random, sizeof random) != 0)
		return -1;
	memset(out, 0, CODE_SIZE);
	/* 32 divides 256: no character is likelier than another. */
	for (size_t i = 0; i + 1 < len; i++)
		out[i] = alphabet[random[i] & FIELD_MASK];
	out[len - 1] = check_character(out, len);
	wipe(random, sizeof random);
	return 0;
}

int code_hash(const uint8_t salt[CODE_SALT_SIZE], const char *code, uint8_t out[CODE_HASH_SIZE])
{
	const struct span text = {.data = code, .len = strlen(code)};

	return crypto_hmac(salt, &text, 1, out);
}

void code_group(const char *code, char out[CODE_GROUPED_SIZE])
{
	size_t n = 0;

	for (size_t i = 0; i < CODE_EMERGENCY_LEN && code[i] != '\0'; i++) {
		if (i > 0 && i % CODE_GROUP == 0)
			out[n++] = '-';
		out[n++] = code[i];
	}
	out[n] = '\0';
}
