/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of lib/wire/bytes.c: byte order, bounds, stickiness, text fields.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "lib/wire/bytes.h"

#include <cmocka.h>

static void test_numbers_are_big_endian(void **state)
{
	static const uint8_t expected[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
	uint8_t data[sizeof(expected)];
	struct writer w = writer_over(data, sizeof(data));
	struct reader r;

	(void)state;
	put_u8(&w, 0x01);
	put_u16(&w, 0x0203);
	put_u32(&w, 0x04050607);
	put_u64(&w, 0x08090a0b0c0d0e0f);
	assert_true(writer_full(&w));
	assert_memory_equal(data, expected, sizeof(data));
	r = reader_over(data, sizeof(data));
	assert_int_equal(get_u8(&r), 0x01);
	assert_int_equal(get_u16(&r), 0x0203);
	assert_int_equal(get_u32(&r), 0x04050607);
	assert_true(get_u64(&r) == 0x08090a0b0c0d0e0f);
	assert_true(reader_finished(&r));
}

static void test_largest_numbers(void **state)
{
	uint8_t data[15];
	struct writer w = writer_over(data, sizeof(data));
	struct reader r = reader_over(data, sizeof(data));

	(void)state;
	put_u8(&w, UINT8_MAX);
	put_u16(&w, UINT16_MAX);
	put_u32(&w, UINT32_MAX);
	put_u64(&w, UINT64_MAX);
	assert_true(writer_full(&w));
	assert_int_equal(get_u8(&r), UINT8_MAX);
	assert_int_equal(get_u16(&r), UINT16_MAX);
	assert_int_equal(get_u32(&r), UINT32_MAX);
	assert_true(get_u64(&r) == UINT64_MAX);
	assert_true(reader_finished(&r));
}

static void test_read_past_end_is_sticky(void **state)
{
	static const uint8_t data[] = {1, 2, 3};
	struct reader r = reader_over(data, sizeof(data));
	uint8_t out[2] = {7, 7};

	(void)state;
	assert_int_equal(get_u16(&r), 0x0102);
	assert_int_equal(get_u32(&r), 0); /* one byte is left */
	assert_true(r.bad);
	assert_int_equal(get_u8(&r), 0); /* although one byte is left */
	get_bytes(&r, out, sizeof(out));
	assert_int_equal(out[0], 0);
	assert_int_equal(out[1], 0);
	assert_false(reader_finished(&r));
}

static void test_each_size_at_the_end(void **state)
{
	static const uint8_t data[8] = {0};

	(void)state;
	for (size_t len = 0; len <= sizeof(data); len++) {
		struct reader r8 = reader_over(data, len);
		struct reader r16 = r8;
		struct reader r32 = r8;
		struct reader r64 = r8;

		(void)get_u8(&r8);
		(void)get_u16(&r16);
		(void)get_u32(&r32);
		(void)get_u64(&r64);
		assert_int_equal(r8.bad, len < 1);
		assert_int_equal(r16.bad, len < 2);
		assert_int_equal(r32.bad, len < 4);
		assert_int_equal(r64.bad, len < 8);
	}
}

static void test_bytes_left_over_are_not_finished(void **state)
{
	static const uint8_t data[] = {1, 2};
	struct reader r = reader_over(data, sizeof(data));

	(void)state;
	(void)get_u8(&r);
	assert_false(r.bad);
	assert_false(reader_finished(&r));
}

static void test_write_past_end_is_sticky(void **state)
{
	uint8_t data[4] = {9, 9, 9, 9};
	struct writer w = writer_over(data, 3);

	(void)state;
	put_u16(&w, 0x0102);
	put_u32(&w, 0x03040506);
	put_u8(&w, 8);
	put_bytes(&w, "x", 1);
	put_zeros(&w, 1);
	assert_true(w.bad);
	assert_false(writer_full(&w));
	assert_int_equal(data[0], 1);
	assert_int_equal(data[1], 2);
	assert_int_equal(data[2], 9);
	assert_int_equal(data[3], 9);
}

static void test_half_full_is_not_full(void **state)
{
	uint8_t data[2];
	struct writer w = writer_over(data, sizeof(data));

	(void)state;
	put_u8(&w, 1);
	assert_false(w.bad);
	assert_false(writer_full(&w));
}

static void test_zeros(void **state)
{
	static const uint8_t good[3] = {0, 0, 0};
	struct reader r = reader_over(good, sizeof(good));

	(void)state;
	get_zeros(&r, sizeof(good));
	assert_true(reader_finished(&r));
	for (size_t i = 0; i < sizeof(good); i++) {
		uint8_t damaged[3] = {0, 0, 0};

		damaged[i] = 0x80;
		r = reader_over(damaged, sizeof(damaged));
		get_zeros(&r, sizeof(damaged));
		assert_true(r.bad);
	}
	r = reader_over(good, sizeof(good));
	get_zeros(&r, sizeof(good) + 1);
	assert_true(r.bad);
}

static void test_text_round_trip(void **state)
{
	static const char *const texts[] = {"", "a", "alice", "seven77"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		uint8_t data[8];
		char out[8];
		struct writer w = writer_over(data, sizeof(data));
		struct reader r = reader_over(data, sizeof(data));

		memset(data, 0xff, sizeof(data));
		put_text(&w, texts[i], sizeof(data));
		assert_true(writer_full(&w));
		get_text(&r, out, sizeof(out));
		assert_true(reader_finished(&r));
		assert_string_equal(out, texts[i]);
	}
}

static void test_text_too_long(void **state)
{
	uint8_t data[8];
	struct writer w = writer_over(data, sizeof(data));

	(void)state;
	put_text(&w, "eight888", sizeof(data));
	assert_true(w.bad);
}

static void test_text_without_nul(void **state)
{
	struct reader r = reader_over("eight888", 8);
	char out[8];

	(void)state;
	get_text(&r, out, sizeof(out));
	assert_true(r.bad);
	assert_string_equal(out, ""); /* never an unterminated string */
}

static void test_text_with_tail(void **state)
{
	struct reader r = reader_over("abc\0\0\0x", 8);
	char out[8];

	(void)state;
	get_text(&r, out, sizeof(out));
	assert_true(r.bad);
}

static void test_text_cut(void **state)
{
	struct reader r = reader_over("abc", 4);
	char out[8];

	(void)state;
	get_text(&r, out, sizeof(out));
	assert_true(r.bad);
	assert_string_equal(out, "");
}

static void test_nothing_at_all(void **state)
{
	struct reader r = reader_over(NULL, 0);
	struct writer w = writer_over(NULL, 0);

	(void)state;
	get_bytes(&r, NULL, 0);
	get_zeros(&r, 0);
	put_bytes(&w, NULL, 0);
	put_zeros(&w, 0);
	assert_true(reader_finished(&r));
	assert_true(writer_full(&w));
	assert_int_equal(get_u8(&r), 0);
	put_u8(&w, 1);
	assert_true(r.bad);
	assert_true(w.bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_numbers_are_big_endian),
	    cmocka_unit_test(test_largest_numbers),
	    cmocka_unit_test(test_read_past_end_is_sticky),
	    cmocka_unit_test(test_each_size_at_the_end),
	    cmocka_unit_test(test_bytes_left_over_are_not_finished),
	    cmocka_unit_test(test_write_past_end_is_sticky),
	    cmocka_unit_test(test_half_full_is_not_full),
	    cmocka_unit_test(test_zeros),
	    cmocka_unit_test(test_text_round_trip),
	    cmocka_unit_test(test_text_too_long),
	    cmocka_unit_test(test_text_without_nul),
	    cmocka_unit_test(test_text_with_tail),
	    cmocka_unit_test(test_text_cut),
	    cmocka_unit_test(test_nothing_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
