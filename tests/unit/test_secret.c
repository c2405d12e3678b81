/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of lib/wire/secret.c: what is copied, what is wiped, what counts as equal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "lib/wire/secret.h"

#include <cmocka.h>

static const struct secret empty;

static void test_set_copies(void **state)
{
	struct secret s;

	(void)state;
	memset(&s, 0xaa, sizeof(s));
	assert_int_equal(secret_set(&s, "492039", 6), 0);
	assert_int_equal(s.len, 6);
	assert_memory_equal(s.data, "492039", 6);
	/* The rest is wiped: a shorter secret must not drag the longer one along. */
	assert_memory_equal(s.data + 6, empty.data, SECRET_MAX - 6);
}

static void test_set_longest(void **state)
{
	uint8_t longest[SECRET_MAX + 1];
	struct secret s;

	(void)state;
	memset(longest, 'x', sizeof(longest));
	assert_int_equal(secret_set(&s, longest, SECRET_MAX), 0);
	assert_int_equal(s.len, SECRET_MAX);
	assert_memory_equal(s.data, longest, SECRET_MAX);
	assert_int_equal(secret_set(&s, longest, SECRET_MAX + 1), -1);
	assert_memory_equal(&s, &empty, sizeof(s));
}

static void test_set_nothing(void **state)
{
	struct secret s;

	(void)state;
	memset(&s, 0xaa, sizeof(s));
	assert_int_equal(secret_set(&s, NULL, 0), 0);
	assert_memory_equal(&s, &empty, sizeof(s));
	memset(&s, 0xaa, sizeof(s));
	assert_int_equal(secret_set(&s, NULL, 1), -1);
	assert_memory_equal(&s, &empty, sizeof(s));
}

static void test_set_from_inside(void **state)
{
	struct secret s;

	(void)state;
	assert_int_equal(secret_set(&s, "password492039", 14), 0);
	assert_int_equal(secret_set(&s, s.data + 8, 6), 0);
	assert_int_equal(s.len, 6);
	assert_memory_equal(s.data, "492039", 6);
	assert_memory_equal(s.data + 6, empty.data, SECRET_MAX - 6);
}

static void test_clear_wipes_all(void **state)
{
	struct secret s;

	(void)state;
	memset(&s, 0xaa, sizeof(s)); /* .len is nonsense: all is wiped all the same */
	secret_clear(&s);
	assert_memory_equal(&s, &empty, sizeof(s));
	secret_clear(NULL);
}

static void test_equal(void **state)
{
	struct secret a;
	struct secret b;

	(void)state;
	assert_int_equal(secret_set(&a, "12345678", 8), 0);
	assert_int_equal(secret_set(&b, "12345678", 8), 0);
	assert_true(secret_equal(&a, &b));
	for (size_t i = 0; i < 8; i++) {
		b.data[i] ^= 1;
		assert_false(secret_equal(&a, &b));
		b.data[i] ^= 1;
	}
	b.len = 7;
	assert_false(secret_equal(&a, &b));
	assert_true(secret_equal(&empty, &empty));
}

static void test_equal_refuses_nonsense_length(void **state)
{
	struct secret a = {.len = SECRET_MAX + 1};
	struct secret b = {.len = SECRET_MAX + 1};

	(void)state;
	assert_false(secret_equal(&a, &b));
}

static void test_bytes_equal(void **state)
{
	uint8_t a[256];
	uint8_t b[256];

	(void)state;
	for (size_t i = 0; i < sizeof(a); i++)
		a[i] = b[i] = (uint8_t)i;
	assert_true(bytes_equal(a, b, sizeof(a)));
	assert_true(bytes_equal(a, b, 0));
	for (size_t i = 0; i < sizeof(a); i++) {
		for (unsigned int bit = 0; bit < 8; bit++) {
			b[i] = (uint8_t)(a[i] ^ 1u << bit);
			assert_false(bytes_equal(a, b, sizeof(a)));
		}
		b[i] = a[i];
	}
	/* Two differences do not cancel each other out. */
	b[3] ^= 1;
	b[9] ^= 1;
	assert_false(bytes_equal(a, b, sizeof(a)));
}

static void test_wipe_stays_inside(void **state)
{
	uint8_t data[6] = {1, 2, 3, 4, 5, 6};

	(void)state;
	wipe(data + 1, 4);
	assert_memory_equal(data, "\1\0\0\0\0\6", sizeof(data));
	wipe(data, 0);
	assert_int_equal(data[0], 1);
	wipe(NULL, 0);
	wipe(NULL, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_set_copies),
	    cmocka_unit_test(test_set_longest),
	    cmocka_unit_test(test_set_nothing),
	    cmocka_unit_test(test_set_from_inside),
	    cmocka_unit_test(test_clear_wipes_all),
	    cmocka_unit_test(test_equal),
	    cmocka_unit_test(test_equal_refuses_nonsense_length),
	    cmocka_unit_test(test_bytes_equal),
	    cmocka_unit_test(test_wipe_stays_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
