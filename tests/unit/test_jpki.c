/* SPDX-License-Identifier: BSD-2-Clause */
/* My Number Card: exactly these commands, and none that concerns the signing key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "tests/unit/fakecard.h"

#define SELECT  "00a4040c 0a d392f000260100000001"
#define EF_CERT "00a4020c 02 000a"
#define EF_KEY  "00a4020c 02 0017"
#define EF_PIN  "00a4020c 02 0018"
#define INFO    "3031300d060960864801650304020105000420"

static const struct applet *const jpki = &applet_jpki;

static void the_application_is_known_by_its_name(void **context)
{
	static const struct {
		const char *answer;
		enum card_result fault, result;
	} rows[] = {
	    {"9000", 0, CARD_OK},
	    {"6a82", 0, CARD_NO_APPLET},
	    {"6e00", 0, CARD_NO_APPLET},
	    {NULL, CARD_GONE, CARD_GONE},
	};

	(void)context;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct exchange_row script[] = {
		    {SELECT, rows[i].answer, rows[i].fault}, {0}};
		struct fakecard f;
		struct card c;

		fakecard_open(&f, script, &c);
		assert_int_equal(jpki->select(&c), rows[i].result);
		fakecard_finish(&f);
	}
}

static void a_card_is_told_by_its_certificates_beginning(void **context)
{
	static const struct {
		struct exchange_row script[3];
		enum card_result result;
	} rows[] = {
	    {{{EF_CERT, "9000", 0}, {"00b00000 00", "30*256 9000", 0}}, CARD_OK},
	    {{{EF_CERT, "9000", 0}, {"00b00000 00", "30*255 9000", 0}}, CARD_MALFORMED},
	    {{{EF_CERT, "9000", 0}, {"00b00000 00", "9000", 0}}, CARD_MALFORMED},
	    {{{EF_CERT, "9000", 0}, {"00b00000 00", "6982", 0}}, CARD_STATUS},
	    {{{EF_CERT, "6a82", 0}}, CARD_NO_OBJECT},
	    {{{EF_CERT, "9000", 0}, {"00b00000 00", NULL, CARD_GONE}}, CARD_GONE},
	};

	(void)context;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint8_t identity[APPLET_IDENTITY_SIZE];
		struct fakecard f;
		struct card c;

		fakecard_open(&f, rows[i].script, &c);
		assert_int_equal(jpki->identify(&c, identity), rows[i].result);
		fakecard_finish(&f);
	}
}

static void tries_are_those_of_the_authentication_pin(void **context)
{
	static const struct {
		struct exchange_row script[3];
		enum card_result result;
		unsigned left;
	} rows[] = {
	    {{{EF_PIN, "9000", 0}, {"00200080", "63c3", 0}}, CARD_OK, 3},
	    {{{EF_PIN, "9000", 0}, {"00200080", "63c0", 0}}, CARD_PIN_BLOCKED, 0},
	    {{{EF_PIN, "9000", 0}, {"00200080", "6983", 0}}, CARD_PIN_BLOCKED, 0},
	    {{{EF_PIN, "9000", 0}, {"00200080", "9000", 0}}, CARD_OK, APPLET_TRIES_UNKNOWN},
	    {{{EF_PIN, "6a82", 0}}, CARD_NO_OBJECT, 77},
	};

	(void)context;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct fakecard f;
		struct card c;
		unsigned left = 77;

		fakecard_open(&f, rows[i].script, &c);
		assert_int_equal(jpki->tries(&c, &left), rows[i].result);
		assert_int_equal(left, rows[i].left);
		fakecard_finish(&f);
	}
}

static void only_four_digits_are_sent(void **context)
{
	static const struct {
		const char *typed;
		const char *answer;
		enum card_result result;
		unsigned left;
	} rows[] = {
	    {"1234", "9000", CARD_OK, APPLET_TRIES_UNKNOWN},
	    {"1234", "63c2", CARD_PIN_WRONG, 2},
	    {"1234", "63c0", CARD_PIN_BLOCKED, 0},
	    {"1234", "6983", CARD_PIN_BLOCKED, 0},
	    {"1234", "6a86", CARD_STATUS, APPLET_TRIES_UNKNOWN},
	    {"123", NULL, CARD_PIN_FORM, APPLET_TRIES_UNKNOWN},
	    {"12345", NULL, CARD_PIN_FORM, APPLET_TRIES_UNKNOWN},
	    {"123456", NULL, CARD_PIN_FORM, APPLET_TRIES_UNKNOWN},
	    {"12a4", NULL, CARD_PIN_FORM, APPLET_TRIES_UNKNOWN},
	    {"", NULL, CARD_PIN_FORM, APPLET_TRIES_UNKNOWN},
	    /* the form of the signing key's password */
	    {"ABC123", NULL, CARD_PIN_FORM, APPLET_TRIES_UNKNOWN},
	};

	(void)context;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const bool sent = rows[i].answer != NULL;
		const struct exchange_row script[] = {{sent ? EF_PIN : NULL, "9000", 0},
		    {sent ? "00200080 04 31323334" : NULL, rows[i].answer, 0}, {0}};
		struct secret pin;
		struct fakecard f;
		struct card c;
		unsigned left = 77;

		assert_int_equal(secret_set(&pin, rows[i].typed, strlen(rows[i].typed)), 0);
		assert_int_equal(jpki->pin_fits(&pin), sent);
		fakecard_open(&f, script, &c);
		assert_int_equal(jpki->verify(&c, &pin, &left), rows[i].result);
		assert_int_equal(left, rows[i].left);
		fakecard_finish(&f);
	}
}

static void the_card_pads_the_signature(void **context)
{
	static const struct {
		enum key_kind kind;
		struct exchange_row script[4];
		enum card_result result;
		size_t len;
	} rows[] = {
	    {KEY_RSA2048,
	        {{EF_KEY, "9000", 0}, {"802a0080 33 " INFO " 5a*32 00", "77*256 9000", 0}},
	        CARD_OK, 256},
	    {KEY_RSA2048, {{EF_KEY, "9000", 0}, {"any", "77*255 9000", 0}}, CARD_MALFORMED, 0},
	    {KEY_RSA2048,
	        {{EF_KEY, "9000", 0}, {"any", "77*256 6101", 0}, {"00c00000 01", "77 9000", 0}},
	        CARD_MALFORMED, 0},
	    {KEY_RSA2048, {{EF_KEY, "9000", 0}, {"any", "6982", 0}}, CARD_STATUS, 0},
	    {KEY_RSA2048, {{EF_KEY, "6a82", 0}}, CARD_NO_OBJECT, 0},
	    {KEY_P256, {{0}}, CARD_KEY, 0},
	    {KEY_RSA3072, {{0}}, CARD_KEY, 0},
	    {KEY_NONE, {{0}}, CARD_KEY, 0},
	};
	uint8_t digest[KEY_DIGEST_MAX];

	(void)context;
	memset(digest, 0x5a, sizeof digest);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct applet_signature s;
		struct fakecard f;
		struct card c;

		fakecard_open(&f, rows[i].script, &c);
		if (jpki->sign(&c, rows[i].kind, digest, &s) != rows[i].result)
			fail_msg("row %zu", i);
		fakecard_finish(&f);
		assert_int_equal(s.len, rows[i].len);
	}
}

static void a_certificate_is_read_in_chunks(void **context)
{
	static const struct {
		struct exchange_row script[6];
		enum card_result result;
		size_t len;
	} rows[] = {
	    {{{EF_CERT, "9000", 0}, {"00b00000 04", "308201fe 9000", 0},
	         {"00b00000 00", "30*256 9000", 0}, {"00b00100 00", "31*256 6282", 0}},
	        CARD_STATUS, 0},
	    {{{EF_CERT, "9000", 0}, {"00b00000 04", "308201fe 9000", 0},
	         {"00b00000 00", "30*256 9000", 0}, {"00b00100 00", "31*256 9000", 0},
	         {"00b00200 02", "32*2 9000", 0}},
	        CARD_OK, 514},
	    /* a card may give less at a time */
	    {{{EF_CERT, "9000", 0}, {"00b00000 04", "30820100 9000", 0},
	         {"00b00000 00", "30*100 9000", 0}, {"00b00064 a0", "31*160 9000", 0}},
	        CARD_OK, 260},
	    {{{EF_CERT, "9000", 0}, {"00b00000 04", "30820100 9000", 0},
	         {"00b00000 00", "9000", 0}},
	        CARD_MALFORMED, 0},
	    {{{EF_CERT, "9000", 0}, {"00b00000 04", "30820100 9000", 0},
	         {"00b00000 00", "30*256 6101", 0}, {"00c00000 01", "30 9000", 0}},
	        CARD_MALFORMED, 0},
	    {{{EF_CERT, "9000", 0}, {"00b00000 04", "3082ffff 9000", 0}}, CARD_MALFORMED, 0},
	    {{{EF_CERT, "9000", 0}, {"00b00000 04", "30821000 9000", 0}}, CARD_MALFORMED, 0},
	    {{{EF_CERT, "9000", 0}, {"00b00000 04", "308180 9000", 0}}, CARD_MALFORMED, 0},
	    {{{EF_CERT, "9000", 0}, {"00b00000 04", "ffffffff 9000", 0}}, CARD_MALFORMED, 0},
	    {{{EF_CERT, "6a82", 0}}, CARD_NO_OBJECT, 0},
	    {{{EF_CERT, "9000", 0}, {"00b00000 04", "30820100 9000", 0},
	         {"00b00000 00", "30*100 9000", 0}, {"00b00064 a0", NULL, CARD_GONE}},
	        CARD_GONE, 0},
	};

	(void)context;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct applet_certificate got;
		struct fakecard f;
		struct card c;

		fakecard_open(&f, rows[i].script, &c);
		if (jpki->certificate(&c, &got) != rows[i].result)
			fail_msg("row %zu", i);
		fakecard_finish(&f);
		assert_int_equal(got.len, rows[i].len);
	}
}

static enum card_result one_byte(struct card_service *s, const uint8_t *command, size_t len,
    uint8_t *ret_answer, size_t *ret_len)
{
	static const uint8_t header[] = {0x30, 0x82, 0x0f, 0x00, 0x90, 0x00};
	static const uint8_t byte[] = {0x30, 0x90, 0x00}, none[] = {0x90, 0x00};
	const bool read = command[1] == 0xb0, first = read && command[len - 1] == 4;
	const uint8_t *answer = first ? header : read ? byte : none;

	fakecard_of(s)->transmits++;
	*ret_len = first ? sizeof header : read ? sizeof byte : sizeof none;
	memcpy(ret_answer, answer, *ret_len);
	return CARD_OK;
}

static void a_certificate_byte_by_byte_ends(void **context)
{
	struct applet_certificate got;
	struct fakecard f;
	struct card c;

	(void)context;
	fakecard_open(&f, NULL, &c);
	f.service.transmit = one_byte;
	assert_int_equal(jpki->certificate(&c, &got), CARD_MALFORMED);
	assert_int_equal(f.transmits, 34);
	assert_int_equal(got.len, 0);
}

static unsigned asked_for_forbidden;

/* Says yes to everything, and looks for the files nobody may select. */
static enum card_result watchful(struct card_service *s, const uint8_t *command, size_t len,
    uint8_t *ret_answer, size_t *ret_len)
{
	static const uint8_t header[] = {0x30, 0x82, 0x01, 0x00};
	size_t n = 0;

	if (command[1] == 0xa4 && command[2] == 0x02) {
		const unsigned file = (unsigned)command[5] << 8 | command[6];

		if (file != 0x000a && file != 0x0017 && file != 0x0018)
			asked_for_forbidden++;
	} else if (command[1] == 0xb0) {
		n = command[len - 1] == 0 ? 256 : command[len - 1];
		memset(ret_answer, 0x30, n);
		if (n == sizeof header)
			memcpy(ret_answer, header, n);
	} else if (command[1] == 0x2a) {
		n = 256;
		memset(ret_answer, 0, n);
	}
	ret_answer[n] = 0x90;
	ret_answer[n + 1] = 0x00;
	*ret_len = n + 2;
	fakecard_of(s)->transmits++;
	return CARD_OK;
}

static void the_signing_key_is_left_alone(void **context)
{
	uint8_t identity[APPLET_IDENTITY_SIZE], digest[KEY_DIGEST_MAX] = {0};
	struct applet_certificate got;
	struct applet_signature signature;
	struct secret pin;
	struct fakecard f;
	struct card c;
	unsigned left;

	(void)context;
	assert_int_equal(secret_set(&pin, "1234", 4), 0);
	fakecard_open(&f, NULL, &c);
	f.service.transmit = watchful;
	assert_int_equal(jpki->select(&c), CARD_OK);
	assert_int_equal(jpki->identify(&c, identity), CARD_OK);
	assert_int_equal(jpki->tries(&c, &left), CARD_OK);
	assert_int_equal(jpki->verify(&c, &pin, &left), CARD_OK);
	assert_int_equal(jpki->sign(&c, KEY_RSA2048, digest, &signature), CARD_OK);
	assert_int_equal(jpki->certificate(&c, &got), CARD_OK);
	assert_true(f.transmits > 10);
	assert_int_equal(asked_for_forbidden, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_application_is_known_by_its_name),
	    cmocka_unit_test(a_card_is_told_by_its_certificates_beginning),
	    cmocka_unit_test(tries_are_those_of_the_authentication_pin),
	    cmocka_unit_test(only_four_digits_are_sent),
	    cmocka_unit_test(the_card_pads_the_signature),
	    cmocka_unit_test(a_certificate_is_read_in_chunks),
	    cmocka_unit_test(a_certificate_byte_by_byte_ends),
	    cmocka_unit_test(the_signing_key_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
