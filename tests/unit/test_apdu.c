/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Commands and answers: exactly these bytes on the line, and an end to whatever a card draws
 * out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "tests/unit/fakecard.h"

static void exchanges_are_these(void **context)
{
	static const struct row {
		const char *name;
		const char *data; /* of the command 00 CB 3F FF */
		unsigned le;
		struct exchange_row script[6];
		enum card_result result;
		unsigned sw;
		size_t len; /* of the answer */
	} rows[] = {
	    {"header only", "", APDU_NO_LE, {{"00cb3fff", "9000", 0}}, CARD_OK, 0x9000, 0},
	    {"Le", "", 4, {{"00cb3fff 04", "01020304 9000", 0}}, CARD_OK, 0x9000, 4},
	    {"Le of 256", "", APDU_LE, {{"00cb3fff 00", "aa*256 9000", 0}}, CARD_OK, 0x9000,
	        256},
	    {"data", "5c017e", APDU_NO_LE, {{"00cb3fff 03 5c017e", "63c2", 0}}, CARD_OK, 0x63c2,
	        0},
	    {"data and Le", "5c017e", APDU_LE, {{"00cb3fff 03 5c017e 00", "01 9000", 0}},
	        CARD_OK, 0x9000, 1},
	    {"more to fetch", "", APDU_LE,
	        {{"00cb3fff 00", "aa*256 6110", 0}, {"00c00000 10", "bb*16 9000", 0}}, CARD_OK,
	        0x9000, 272},
	    {"more, unknown how much", "", APDU_LE,
	        {{"00cb3fff 00", "6100", 0}, {"00c00000 00", "aa*256 6105", 0},
	            {"00c00000 05", "01*5 9000", 0}},
	        CARD_OK, 0x9000, 261},
	    {"more, to a command without Le", "01", APDU_NO_LE,
	        {{"00cb3fff 01 01", "6102", 0}, {"00c00000 02", "0102 9000", 0}}, CARD_OK,
	        0x9000, 2},
	    {"wrong Le", "5c017e", APDU_LE,
	        {{"00cb3fff 03 5c017e 00", "6c05", 0},
	            {"00cb3fff 03 5c017e 05", "01*5 9000", 0}},
	        CARD_OK, 0x9000, 5},
	    {"wrong Le of GET RESPONSE", "", APDU_LE,
	        {{"00cb3fff 00", "6120", 0}, {"00c00000 20", "6c03", 0},
	            {"00c00000 03", "01*3 9000", 0}},
	        CARD_OK, 0x9000, 3},
	    /* it could have been a PIN */
	    {"wrong Le, but none was sent", "01", APDU_NO_LE, {{"00cb3fff 01 01", "6c05", 0}},
	        CARD_OK, 0x6c05, 0},
	    {"wrong Le for ever", "", APDU_LE,
	        {{"00cb3fff 00", "6c05", 0}, {"00cb3fff 05", "6c05", 0},
	            {"00cb3fff 05", "6c05", 0}},
	        CARD_MALFORMED, 0, 0},
	    {"refused", "", APDU_LE, {{"00cb3fff 00", "6a82", 0}}, CARD_OK, 0x6a82, 0},
	    {"no status", "", APDU_LE, {{"00cb3fff 00", "90", 0}}, CARD_MALFORMED, 0, 0},
	    {"pulled", "", APDU_LE, {{"00cb3fff 00", NULL, CARD_GONE}}, CARD_GONE, 0, 0},
	    {"pulled later", "", APDU_LE,
	        {{"00cb3fff 00", "aa*256 6110", 0}, {"00c00000 10", NULL, CARD_GONE}},
	        CARD_GONE, 0, 0},
	    {"chained", "11*255 22*11", APDU_LE,
	        {{"10cb3fff ff 11*255", "9000", 0}, {"00cb3fff 0b 22*11 00", "07 9000", 0}},
	        CARD_OK, 0x9000, 1},
	    {"one block exactly", "11*255", APDU_NO_LE, {{"00cb3fff ff 11*255", "9000", 0}},
	        CARD_OK, 0x9000, 0},
	    {"chained in three", "11*255 22*255 33*1", APDU_NO_LE,
	        {{"10cb3fff ff 11*255", "9000", 0}, {"10cb3fff ff 22*255", "9000", 0},
	            {"00cb3fff 01 33", "9000", 0}},
	        CARD_OK, 0x9000, 0},
	    {"chaining refused", "11*256", APDU_LE, {{"10cb3fff ff 11*255", "6883", 0}},
	        CARD_OK, 0x6883, 0},
	    {"answer within the chain", "11*256", APDU_LE,
	        {{"10cb3fff ff 11*255", "01 9000", 0}}, CARD_MALFORMED, 0, 0},
	};

	(void)context;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t data[APDU_DATA_MAX];
		struct apdu a = {0x00, 0xcb, 0x3f, 0xff, {data, 0}, rows[i].le};
		struct fakecard f;
		struct answer got;
		struct card c;

		a.data.len = fakecard_bytes(rows[i].data, data, sizeof data);
		fakecard_open(&f, rows[i].script, &c);
		if (apdu_send(&c, &a, &got) != rows[i].result)
			fail_msg("%s", rows[i].name);
		fakecard_finish(&f);
		assert_int_equal(got.sw, rows[i].sw);
		assert_int_equal(got.len, rows[i].len);
		assert_int_equal(c.apdus, f.transmits);
		card_close(&c);
		assert_int_equal(f.resets, 1);
	}
}

static void what_went_over_the_line_is_counted(void **context)
{
	static const struct exchange_row script[] = {
	    {"00cb3fff 00", "aa*256 6110", 0}, {"00c00000 10", "bb*16 9000", 0}, {0}};
	const struct apdu a = {0x00, 0xcb, 0x3f, 0xff, {NULL, 0}, APDU_LE};
	struct fakecard f;
	struct answer got;
	struct card c;

	(void)context;
	fakecard_open(&f, script, &c);
	assert_int_equal(apdu_send(&c, &a, &got), CARD_OK);
	assert_int_equal(c.apdus, 2);
	assert_int_equal(c.bytes, 5 + 258 + 5 + 18);
}

static enum card_result endless(struct card_service *s, const uint8_t *command, size_t len,
    uint8_t *ret_answer, size_t *ret_len)
{
	struct fakecard *f = fakecard_of(s);
	const size_t size = f->at;

	(void)command, (void)len;
	f->transmits++;
	memset(ret_answer, 0xaa, size);
	ret_answer[size] = 0x61;
	ret_answer[size + 1] = 0x00;
	*ret_len = size + 2;
	return CARD_OK;
}

/* Whether the card gives nothing, one byte or as much as it can each time. */
static void an_endless_answer_ends(void **context)
{
	static const struct {
		unsigned size, most;
	} rows[] = {
	    {0, APDU_ROUNDS_MAX}, {1, APDU_ROUNDS_MAX}, {256, APDU_ANSWER_MAX / 256 + 1}};
	const struct apdu a = {0x00, 0xcb, 0x3f, 0xff, {NULL, 0}, APDU_LE};

	(void)context;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct fakecard f;
		struct answer got;
		struct card c;

		fakecard_open(&f, NULL, &c);
		f.service.transmit = endless;
		f.at = rows[i].size;
		assert_int_equal(apdu_send(&c, &a, &got), CARD_MALFORMED);
		assert_int_equal(f.transmits, rows[i].most);
		assert_int_equal(got.len, 0);
	}
}

static void too_long_a_command_is_not_sent(void **context)
{
	static const uint8_t data[APDU_DATA_MAX + 1];
	const struct apdu rows[] = {
	    {0x00, 0xcb, 0x3f, 0xff, {data, sizeof data}, APDU_LE},
	    {0x00, 0xcb, 0x3f, 0xff, {NULL, 0}, APDU_LE + 1},
	};
	static const struct exchange_row nothing[] = {{0}};

	(void)context;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct fakecard f;
		struct answer got;
		struct card c;

		fakecard_open(&f, nothing, &c);
		assert_int_equal(apdu_send(&c, &rows[i], &got), CARD_ERROR);
		assert_int_equal(f.transmits, 0);
	}
}

static void what_must_succeed_says_why_not(void **context)
{
	static const struct {
		struct exchange_row script[2];
		enum card_result result;
	} rows[] = {
	    {{{"00cb3fff 00", "9000", 0}}, CARD_OK},
	    {{{"00cb3fff 00", "6a82", 0}}, CARD_NO_OBJECT},
	    {{{"00cb3fff 00", "6a88", 0}}, CARD_NO_OBJECT},
	    {{{"00cb3fff 00", "6982", 0}}, CARD_STATUS},
	    {{{"00cb3fff 00", "6282", 0}}, CARD_STATUS},
	    {{{"00cb3fff 00", NULL, CARD_TIMEOUT}}, CARD_TIMEOUT},
	};
	const struct apdu a = {0x00, 0xcb, 0x3f, 0xff, {NULL, 0}, APDU_LE};

	(void)context;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct fakecard f;
		struct answer got;
		struct card c;

		fakecard_open(&f, rows[i].script, &c);
		assert_int_equal(apdu_must(&c, &a, &got), rows[i].result);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(exchanges_are_these),
	    cmocka_unit_test(what_went_over_the_line_is_counted),
	    cmocka_unit_test(an_endless_answer_ends),
	    cmocka_unit_test(too_long_a_command_is_not_sent),
	    cmocka_unit_test(what_must_succeed_says_why_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
