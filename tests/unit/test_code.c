/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Codes on paper: every slip of one character or two changed places is caught, whatever way
 * they are typed they are the same, and the random ones are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/code.h"

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
static const enum code_kind both[] = {CODE_PERSONAL, CODE_EMERGENCY};

static enum code_kind normalize(const char *typed, char out[CODE_SIZE])
{
	struct secret s;

	assert_int_equal(secret_set(&s, typed, strlen(typed)), 0);
	return code_normalize(&s, out);
}

static void assert_wiped(const char out[CODE_SIZE])
{
	static const char zeros[CODE_SIZE];

	assert_memory_equal(out, zeros, CODE_SIZE);
}

/* The check characters come from another implementation (multiplication of polynomials, powers
 * of 2 by place), not from this one. */
static const char *const personal[] = {
    "0000000000000000",
    "1000000000000002",
    "000000000000001Z",
    "0123456789ABCDE4",
    "FGHJKMNPQRSTVWX2",
    "ZZZZZZZZZZZZZZZN",
    "7777777777777773",
};
static const char *const emergency[] = {
    "0123456789ABCDEFGHJ4",
    "ZYXWVTSRQPNMKJHGFEDY",
    "000000000000000000Z8",
};

static void known_check_characters(void **context)
{
	char out[CODE_SIZE];

	(void)context;
	for (size_t i = 0; i < sizeof personal / sizeof personal[0]; i++) {
		assert_int_equal(normalize(personal[i], out), CODE_PERSONAL);
		assert_string_equal(out, personal[i]);
	}
	for (size_t i = 0; i < sizeof emergency / sizeof emergency[0]; i++) {
		assert_int_equal(normalize(emergency[i], out), CODE_EMERGENCY);
		assert_string_equal(out, emergency[i]);
	}
}

static void one_wrong_character_is_a_slip(const char *code)
{
	char typed[CODE_SIZE], out[CODE_SIZE];
	size_t len = strlen(code);

	for (size_t place = 0; place < len; place++) {
		for (size_t c = 0; c < strlen(alphabet); c++) {
			if (alphabet[c] == code[place])
				continue;
			memcpy(typed, code, len + 1);
			typed[place] = alphabet[c];
			memset(out, 'x', sizeof out);
			assert_int_equal(normalize(typed, out), CODE_TYPO);
			assert_wiped(out);
		}
	}
}

static void two_changed_places_are_a_slip(const char *code)
{
	char typed[CODE_SIZE], out[CODE_SIZE];
	size_t len = strlen(code);

	for (size_t a = 0; a < len; a++) {
		for (size_t b = a + 1; b < len; b++) {
			if (code[a] == code[b])
				continue;
			memcpy(typed, code, len + 1);
			typed[a] = code[b];
			typed[b] = code[a];
			assert_int_equal(normalize(typed, out), CODE_TYPO);
		}
	}
}

static void every_slip_is_caught(void **context)
{
	char code[CODE_SIZE];

	(void)context;
	for (size_t i = 0; i < sizeof personal / sizeof personal[0]; i++) {
		one_wrong_character_is_a_slip(personal[i]);
		two_changed_places_are_a_slip(personal[i]);
	}
	for (size_t i = 0; i < sizeof emergency / sizeof emergency[0]; i++) {
		one_wrong_character_is_a_slip(emergency[i]);
		two_changed_places_are_a_slip(emergency[i]);
	}
	for (int i = 0; i < 100; i++) {
		assert_int_equal(code_make(both[i % 2], code), 0);
		one_wrong_character_is_a_slip(code);
		two_changed_places_are_a_slip(code);
	}
}

static void the_length_tells_the_kind(void **context)
{
	char typed[2 * CODE_SIZE], out[CODE_SIZE];

	(void)context;
	/* zeros are a code of any length that is one */
	for (size_t len = 0; len < 2 * CODE_EMERGENCY_LEN; len++) {
		enum code_kind want = CODE_NONE;

		if (len == 16)
			want = CODE_PERSONAL;
		if (len == 20)
			want = CODE_EMERGENCY;
		memset(typed, '0', len);
		typed[len] = '\0';
		memset(out, 'x', sizeof out);
		assert_int_equal(normalize(typed, out), want);
		if (want == CODE_NONE)
			assert_wiped(out);
		else
			assert_string_equal(out, typed);
	}
}

static void typed_forms(void **context)
{
	static const char *const same[] = {
	    "0123-4567-89AB-CDE@", "0123456789abcde@", " 0123 4567 89ab cde@ ",
	    "o123-4567-89ab-cde@", "OI23-4567-89AB-CDE@", "0l23456789ABCDE@",
	    "0L23456789ABCDE@", "oi23456789ABCDE@", "\t0123\t456789ABCDE@",
	    "0123\xc2\xa0"
	    "4567\xe2\x80\x90"
	    "89AB\xe2\x80\x91"
	    "CDE@", /* U+00A0, U+2010, U+2011 */
	    "0123\xe2\x80\x92"
	    "4567\xe2\x80\x93"
	    "89AB\xe2\x80\x94"
	    "CDE@", /* U+2012-2014 */
	    "0123\xe2\x80\x95"
	    "4567\xe2\x88\x92"
	    "89AB\xe3\x83\xbc"
	    "CDE@", /* U+2015, U+2212, U+30FC */
	    "0123\xe3\x80\x80"
	    "4567\xef\xbc\x8d"
	    "89AB CDE@", /* U+3000, U+FF0D */
	    "\xef\xbc\x90\xef\xbc\x91\xef\xbc\x92\xef\xbc\x93"
	    "45678\xef\xbc\x99\xef\xbc\xa1"
	    "BCD\xef\xbd\x85@", /* full-width 0123, 9, A, e */
	    "\xef\xbc\xaf\xef\xbc\xa9"
	    "23456789ABCDE@", /* full-width O, I */
	    "\xef\xbd\x8f\xef\xbd\x8c"
	    "23456789ABCDE@", /* full-width o, l */
	};
	char typed[64], out[CODE_SIZE];
	const char check = personal[3][15];

	(void)context;
	for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
		snprintf(typed, sizeof typed, "%s", same[i]);
		*strchr(typed, '@') = check;
		assert_int_equal(normalize(typed, out), CODE_PERSONAL);
		assert_string_equal(out, personal[3]);
	}
}

static void what_is_no_code(void **context)
{
	static const char *const none[] = {"U123456789ABCDEF", "u123456789ABCDEF",
	    "0123456789ABCDE\n", "0123456789ABCDE.", "0123456789ABCDE_",
	    "\xef\xbc\xb5 123456789ABCDEF", /* U full-width */
	    "0123456789ABCDE\xef\xbc\x9a", "0123456789ABCDE\xc3\x84", "0123456789ABCDE\xff",
	    "0123456789ABCDE\xef\xbc", "\xef", "123456", "12345678", "hunter2 is my password",
	    "----------------", "                    "};
	char out[CODE_SIZE];
	struct secret nul = {.len = 16,
	    .data = "0000000\0"
	            "00000000"};

	(void)context;
	for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
		memset(out, 'x', sizeof out);
		assert_int_equal(normalize(none[i], out), CODE_NONE);
		assert_wiped(out);
	}
	assert_int_equal(code_normalize(&nul, out), CODE_NONE);
}

static void made_codes_are_good(void **context)
{
	static char seen[2000][CODE_SIZE];
	bool at[CODE_EMERGENCY_LEN][sizeof alphabet] = {{false}};
	char out[CODE_SIZE];

	(void)context;
	for (size_t i = 0; i < 2000; i++) {
		memset(seen[i], 'x', CODE_SIZE);
		assert_int_equal(code_make(both[i % 2], seen[i]), 0);
		assert_int_equal(normalize(seen[i], out), both[i % 2]);
		assert_string_equal(out, seen[i]);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(seen[i], seen[j]);
		for (size_t place = 0; seen[i][place] != '\0'; place++)
			at[place][strchr(alphabet, seen[i][place]) - alphabet] = true;
	}
	/* Every place has seen every character: by chance one would be missing once in 10^10
	 * runs. */
	for (size_t place = 0; place < CODE_EMERGENCY_LEN; place++)
		for (size_t c = 0; c < strlen(alphabet); c++)
			assert_true(at[place][c]);
}

static void no_such_kind_is_not_made(void **context)
{
	char out[CODE_SIZE] = "untouched";

	(void)context;
	assert_int_equal(code_make(CODE_NONE, out), -1);
	assert_int_equal(code_make(CODE_TYPO, out), -1);
	assert_int_equal(code_make((enum code_kind)4, out), -1);
	assert_int_equal(code_make((enum code_kind) - 1, out), -1);
	assert_string_equal(out, "untouched");
}

/* The hashes come from another implementation (Python's hmac). */
static void hashes(void **context)
{
	static const struct {
		const char *code, *hash;
	} known[] = {
	    {"0123456789ABCDE4",
	        "837067332cf1f539360b703476bb6afbb4f4b65e06dd1ffa057017f5f059b32b"},
	    {"0123456789ABCDEFGHJ4",
	        "7814ad7d45cc8b3142facde0d9f8a87798153bb0e398de2035023a474def0c25"},
	};
	uint8_t salt[CODE_SALT_SIZE], hash[CODE_HASH_SIZE];
	char hex[2 * sizeof hash + 1];

	(void)context;
	for (size_t i = 0; i < sizeof salt; i++)
		salt[i] = (uint8_t)i;
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		assert_int_equal(code_hash(salt, known[i].code, hash), 0);
		for (size_t b = 0; b < sizeof hash; b++)
			(void)snprintf(hex + 2 * b, 3, "%02x", hash[b]);
		assert_string_equal(hex, known[i].hash);
	}
}

static void groups_for_paper(void **context)
{
	char out[CODE_GROUPED_SIZE], code[CODE_SIZE], again[CODE_SIZE];

	(void)context;
	code_group("0123456789ABCDEF", out);
	assert_string_equal(out, "0123-4567-89AB-CDEF");
	code_group("0123456789ABCDEFGHJK", out);
	assert_string_equal(out, "0123-4567-89AB-CDEF-GHJK");
	code_group("", out);
	assert_string_equal(out, "");
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(code_make(both[i], code), 0);
		code_group(code, out);
		assert_int_equal(normalize(out, again), both[i]);
		assert_string_equal(again, code);
	}
}

static size_t encode(unsigned u, uint8_t out[4])
{
	if (u < 0x80)
		return out[0] = (uint8_t)u, 1;
	if (u < 0x800)
		return out[0] = (uint8_t)(0xc0 | u >> 6), out[1] = (uint8_t)(0x80 | (u & 0x3f)),
		       2;
	out[0] = (uint8_t)(0xe0 | u >> 12);
	out[1] = (uint8_t)(0x80 | (u >> 6 & 0x3f));
	out[2] = (uint8_t)(0x80 | (u & 0x3f));
	return 3;
}

/* What code.h says about a code point: a character, '\0' for a separator, -1 for neither. */
static int promised(unsigned u)
{
	if (u == ' ' || u == '\t' || u == 0xa0 || u == 0x3000 || u == '-' || u == 0x2212 ||
	    u == 0xff0d || u == 0x30fc || (u >= 0x2010 && u <= 0x2015))
		return '\0';
	if (u > ' ' && u < 0x7f)
		return (int)u;
	if (u >= 0xff10 && u <= 0xff5a)
		return (int)(u - 0xff10 + '0');
	return -1;
}

static void every_character_of_the_plane(void **context)
{
	(void)context;
	for (unsigned u = 0; u < 0x10000; u++) {
		uint8_t bytes[4];
		size_t n = encode(u, bytes);
		int want = promised(u);
		char c = 'x';

		assert_int_equal(code_character(bytes, n, &c), want < 0 ? 0 : n);
		assert_int_equal(c, want < 0 ? 'x' : want);
		bytes[n] = 'A'; /* what follows is not looked at */
		assert_int_equal(
		    code_character(bytes, n + 1 > 4 ? 4 : n + 1, &c), want < 0 ? 0 : n);
		for (size_t cut = 0; cut < n; cut++)
			assert_int_equal(code_character(bytes, cut, &c), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(known_check_characters),
	    cmocka_unit_test(every_slip_is_caught),
	    cmocka_unit_test(the_length_tells_the_kind),
	    cmocka_unit_test(typed_forms),
	    cmocka_unit_test(what_is_no_code),
	    cmocka_unit_test(made_codes_are_good),
	    cmocka_unit_test(no_such_kind_is_not_made),
	    cmocka_unit_test(hashes),
	    cmocka_unit_test(groups_for_paper),
	    cmocka_unit_test(every_character_of_the_plane),
	};

	return cmocka_run_group_tests_name("code", tests, NULL, NULL);
}
