/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz target: code_normalize and otp_normalize, on whatever a person types. What they accept
 * has the promised form and means itself when it is typed again; what they refuse leaves
 * nothing behind; nothing is both.
 */
#include "lib/base/code.h"
#include "lib/factors/otp.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static bool all_zero(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i] != '\0')
			return false;
	return true;
}

/* a times b in GF(32), bit by bit. */
static unsigned multiply(unsigned a, unsigned b)
{
	unsigned product = 0;

	for (unsigned bit = 0; bit < 5; bit++)
		if ((b & 1u << bit) != 0)
			product ^= a << bit;
	for (unsigned bit = 9; bit >= 5; bit--)
		if ((product & 1u << bit) != 0)
			product ^= 0x25u << (bit - 5);
	return product;
}

/* All characters but the last, times 2 to the power of their place, give the last. */
static void check_sum(const char *code, size_t len)
{
	static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	unsigned sum = 0, power = 1;

	for (size_t i = 0; i < len; i++) {
		const char *at = memchr(alphabet, code[i], 32);

		check(at != NULL);
		power = multiply(power, 2);
		if (i + 1 < len)
			sum ^= multiply((unsigned)(at - alphabet), power);
		else
			check(sum == (unsigned)(at - alphabet));
	}
}

static enum code_kind check_code(const struct secret *typed)
{
	char code[CODE_SIZE], again[CODE_SIZE], grouped[CODE_GROUPED_SIZE];
	enum code_kind kind;
	struct secret s;
	size_t len;

	memset(code, 'x', sizeof code);
	kind = code_normalize(typed, code);
	if (kind != CODE_PERSONAL && kind != CODE_EMERGENCY) {
		check(kind == CODE_NONE || kind == CODE_TYPO);
		check(all_zero(code, sizeof code));
		return kind;
	}
	len = kind == CODE_PERSONAL ? 16 : 20;
	check(strnlen(code, sizeof code) == len && all_zero(code + len, sizeof code - len));
	check_sum(code, len);
	code_group(code, grouped);
	check(strlen(grouped) == len + len / 4 - 1);
	check(secret_set(&s, grouped, strlen(grouped)) == 0);
	check(code_normalize(&s, again) == kind && memcmp(code, again, sizeof code) == 0);
	check(secret_set(&s, code, len) == 0);
	check(code_normalize(&s, again) == kind && memcmp(code, again, sizeof code) == 0);
	return kind;
}

static size_t check_otp(const struct secret *typed)
{
	char code[OTP_DIGITS_MAX + 1], again[OTP_DIGITS_MAX + 1];
	struct secret s;
	size_t digits;

	memset(code, 'x', sizeof code);
	digits = otp_normalize(typed, code);
	if (digits == 0) {
		check(all_zero(code, sizeof code));
		return 0;
	}
	check(digits >= 6 && digits <= 8);
	check(all_zero(code + digits, sizeof code - digits));
	for (size_t i = 0; i < digits; i++)
		check(code[i] >= '0' && code[i] <= '9');
	check(secret_set(&s, code, digits) == 0);
	check(otp_normalize(&s, again) == digits && memcmp(code, again, sizeof code) == 0);
	return digits;
}

/* The very end of the input is the end of an allocation of its size in the fuzzer. */
static void check_characters(const uint8_t *p, size_t left)
{
	while (left > 0) {
		char c = 'x';
		size_t n = code_character(p, left, &c);

		check(n <= left && n <= 3);
		if (n == 0)
			return;
		check(c == '\0' || (c > ' ' && c < 0x7f));
		p += n;
		left -= n;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct secret typed;
	enum code_kind kind;

	check_characters(data, size);
	if (secret_set(&typed, data, size) != 0)
		return 0;
	kind = check_code(&typed);
	if (check_otp(&typed) > 0)
		check(kind == CODE_NONE);
	return 0;
}
