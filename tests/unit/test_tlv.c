/* SPDX-License-Identifier: BSD-2-Clause */
/* BER-TLV: what is read, what is refused, what is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "lib/cards/tlv.h"

static void elements_are_taken_in_turn(void **context)
{
	static const struct {
		const char *name;
		uint8_t bytes[8];
		size_t len;
		bool good;
		uint16_t tag;
		size_t at, value_len; /* where the value begins */
	} rows[] = {
	    {"empty", {0}, 0, false, 0, 0, 0},
	    {"tag alone", {0x53}, 1, false, 0, 0, 0},
	    {"no value", {0x53, 0x00}, 2, true, 0x53, 2, 0},
	    {"short", {0x53, 0x02, 1, 2}, 4, true, 0x53, 2, 2},
	    {"more behind", {0x53, 0x01, 1, 2}, 4, true, 0x53, 2, 1},
	    {"value cut", {0x53, 0x03, 1, 2}, 4, false, 0, 0, 0},
	    {"81", {0x53, 0x81, 0x02, 1, 2}, 5, true, 0x53, 3, 2},
	    {"82", {0x53, 0x82, 0x00, 0x02, 1, 2}, 6, true, 0x53, 4, 2},
	    {"83", {0x53, 0x83, 0x00, 0x00, 0x02, 1, 2}, 7, true, 0x53, 5, 2},
	    {"84", {0x53, 0x84, 0x00, 0x00, 0x00, 0x00}, 6, false, 0, 0, 0},
	    {"indefinite", {0x53, 0x80, 0x00, 0x00}, 4, false, 0, 0, 0},
	    {"length cut", {0x53, 0x82, 0x00}, 3, false, 0, 0, 0},
	    {"length of 16 MB", {0x53, 0x83, 0xff, 0xff, 0xff, 1}, 6, false, 0, 0, 0},
	    {"two-byte tag", {0x5f, 0x2f, 0x01, 7}, 4, true, 0x5f2f, 3, 1},
	    {"two-byte tag cut", {0x5f}, 1, false, 0, 0, 0},
	    {"three-byte tag", {0x7f, 0xff, 0x01, 0x00}, 4, false, 0, 0, 0},
	};

	(void)context;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct span rest = {rows[i].bytes, rows[i].len};
		struct tlv t = {.tag = 0xeeee};

		if (tlv_next(&rest, &t) != rows[i].good)
			fail_msg("%s", rows[i].name);
		if (!rows[i].good) {
			assert_int_equal(t.tag, 0xeeee);
			assert_ptr_equal(rest.data, rows[i].bytes);
			assert_int_equal(rest.len, rows[i].len);
			continue;
		}
		assert_int_equal(t.tag, rows[i].tag);
		assert_ptr_equal(t.value.data, rows[i].bytes + rows[i].at);
		assert_int_equal(t.value.len, rows[i].value_len);
		assert_int_equal(rest.len, rows[i].len - rows[i].at - rows[i].value_len);
	}
}

static void the_first_of_a_tag_is_found(void **context)
{
	static const uint8_t bytes[] = {
	    0x70, 1, 5, 0x71, 1, 6, 0x71, 1, 7, 0xfe, 9, 0x72, 1, 8};
	const struct span in = {bytes, sizeof bytes};
	struct span value = {NULL, 99};

	(void)context;
	assert_true(tlv_find(in, 0x71, &value));
	assert_ptr_equal(value.data, bytes + 5);
	assert_int_equal(value.len, 1);
	assert_false(tlv_find(in, 0x73, &value));
	/* behind what is malformed nothing counts */
	assert_false(tlv_find(in, 0x72, &value));
}

static void headers_are_of_the_shortest_form(void **context)
{
	static const struct {
		size_t len;
		uint8_t bytes[4];
		size_t size;
	} rows[] = {
	    {0, {0x7c, 0x00}, 2},
	    {0x7f, {0x7c, 0x7f}, 2},
	    {0x80, {0x7c, 0x81, 0x80}, 3},
	    {0xff, {0x7c, 0x81, 0xff}, 3},
	    {0x100, {0x7c, 0x82, 0x01, 0x00}, 4},
	    {0xffff, {0x7c, 0x82, 0xff, 0xff}, 4},
	};

	(void)context;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t out[4] = {0};
		struct writer w = writer_over(out, sizeof out);

		tlv_put_header(&w, 0x7c, rows[i].len);
		assert_false(w.bad);
		assert_int_equal(sizeof out - w.left, rows[i].size);
		assert_int_equal(tlv_header_size(rows[i].len), rows[i].size);
		assert_memory_equal(out, rows[i].bytes, sizeof out);
	}
	{
		uint8_t out[8];
		struct writer w = writer_over(out, sizeof out);

		tlv_put_header(&w, 0x7c, 0x10000);
		assert_true(w.bad);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(elements_are_taken_in_turn),
	    cmocka_unit_test(the_first_of_a_tag_is_found),
	    cmocka_unit_test(headers_are_of_the_shortest_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
