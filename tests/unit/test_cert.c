/* SPDX-License-Identifier: BSD-2-Clause */
/* One certificate: what is read from it, when it is good and for what, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>
#include <zlib.h>

#include "lib/cards/cert.h"
#include "tests/unit/issuer.h"

#define NOW 1700000000

static EVP_PKEY *key;

static struct issue usual(void)
{
	return (struct issue){.subject = "alice",
	    .key = key,
	    .serial = 7,
	    .not_before = NOW - DAY,
	    .not_after = NOW + DAY,
	    .usage = "critical,digitalSignature"};
}

static size_t make(const struct issue *i, uint8_t *out, size_t size)
{
	X509 *x = issuer_issue(i);
	size_t len = issuer_der(x, out, size);

	X509_free(x);
	return len;
}

static size_t compress_as(int window, const uint8_t *in, size_t len, uint8_t *out, size_t size)
{
	z_stream z = {.avail_in = (uInt)len, .next_out = out, .avail_out = (uInt)size};

	memcpy(&z.next_in, &in, sizeof in);
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	assert_int_equal(deflateEnd(&z), Z_OK);
	return size - z.avail_out;
}

static void what_is_in_it_is_read(void **context)
{
	const struct issue i = usual();
	uint8_t der[CERT_MAX];
	size_t len = make(&i, der, sizeof der);
	struct public_key k;
	struct cert c;

	(void)context;
	issuer_public(key, &k);
	assert_int_equal(cert_parse(der, len, &c), CERT_OK);
	assert_memory_equal(&c.key, &k, sizeof k);
	assert_int_equal(c.not_before, NOW - DAY);
	assert_int_equal(c.not_after, NOW + DAY);
	assert_string_equal(c.subject, "CN=alice");
	assert_string_equal(c.issuer, "CN=alice");
	assert_true(c.signs_in);
	assert_int_equal(c.len, len);
	assert_memory_equal(c.der, der, len);
}

static void names_are_safe_to_show(void **context)
{
	struct issue i = usual();
	uint8_t der[CERT_MAX];
	char long_name[65];
	struct cert c;
	size_t len;

	(void)context;
	i.subject = "a\xc3\xa9\xe2\x80\xae\x1b[2J\nb";
	len = make(&i, der, sizeof der);
	assert_int_equal(cert_parse(der, len, &c), CERT_OK);
	for (const char *at = c.subject; *at != '\0'; at++)
		assert_in_range(*at, 0x20, 0x7e);
	/* 64 characters, each escaped to three */
	memset(long_name, '\x01', 64);
	long_name[64] = '\0';
	i.subject = long_name;
	len = make(&i, der, sizeof der);
	assert_int_equal(cert_parse(der, len, &c), CERT_OK);
	assert_int_equal(strlen(c.subject), CERT_NAME_SIZE - 1);
	assert_string_equal(c.subject + CERT_NAME_SIZE - 4, "...");
}

static void compressed_ones_are_taken_to_the_same(void **context)
{
	const struct issue i = usual();
	uint8_t der[CERT_MAX], packed[CERT_MAX];
	size_t len = make(&i, der, sizeof der), packed_len;
	struct cert c;

	(void)context;
	packed_len = compress_as(15 + 16, der, len, packed, sizeof packed);
	assert_int_equal(cert_parse_packed(packed, packed_len, true, &c), CERT_OK);
	assert_memory_equal(c.der, der, len);
	/* the card forgot to say so */
	assert_int_equal(cert_parse_packed(packed, packed_len, false, &c), CERT_OK);
	/* some write zlib's own form */
	packed_len = compress_as(15, der, len, packed, sizeof packed);
	assert_int_equal(cert_parse_packed(packed, packed_len, true, &c), CERT_OK);
	assert_int_equal(cert_parse_packed(packed, packed_len, false, &c), CERT_MALFORMED);
	/* not compressed at all, cut, with something behind */
	assert_int_equal(cert_parse_packed(der, len, true, &c), CERT_MALFORMED);
	packed_len = compress_as(15 + 16, der, len, packed, sizeof packed);
	assert_int_equal(cert_parse_packed(packed, packed_len - 1, true, &c), CERT_MALFORMED);
	packed[packed_len] = 0;
	assert_int_equal(cert_parse_packed(packed, packed_len + 1, true, &c), CERT_MALFORMED);
	packed[packed_len - 5] ^= 1; /* the checksum */
	assert_int_equal(cert_parse_packed(packed, packed_len, true, &c), CERT_MALFORMED);
}

static void a_bomb_does_not_go_off(void **context)
{
	static uint8_t zeros[4 * 1024 * 1024];
	uint8_t packed[8192];
	size_t len = compress_as(15 + 16, zeros, sizeof zeros, packed, sizeof packed);
	struct cert c;

	(void)context;
	assert_true(len > CERT_MAX);
	assert_int_equal(cert_parse_packed(packed, len, true, &c), CERT_TOO_LONG);
	len = compress_as(15 + 16, zeros, 1024 * 1024, packed, sizeof packed);
	assert_true(len < CERT_MAX);
	assert_int_equal(cert_parse_packed(packed, len, true, &c), CERT_TOO_LONG);
	assert_int_equal(cert_parse_packed(zeros, CERT_MAX + 1, false, &c), CERT_TOO_LONG);
}

static void what_is_none_is_refused(void **context)
{
	const struct issue i = usual();
	static const struct cert none;
	uint8_t der[CERT_MAX] = {0};
	size_t len = make(&i, der, sizeof der);
	struct cert c;

	(void)context;
	for (size_t cut = 0; cut < len; cut++)
		assert_int_equal(cert_parse(der, cut, &c), CERT_MALFORMED);
	assert_int_equal(cert_parse(der, len + 1, &c), CERT_MALFORMED);
	assert_memory_equal(&c, &none, sizeof c);
}

static void keys_of_other_kinds_are_refused(void **context)
{
	EVP_PKEY *others[] = {EVP_RSA_gen(1024), EVP_EC_gen("P-521"), EVP_EC_gen("secp256k1")};

	(void)context;
	for (size_t n = 0; n < sizeof others / sizeof others[0]; n++) {
		struct issue i = usual();
		uint8_t der[CERT_MAX];
		struct cert c;
		size_t len;

		i.key = others[n];
		len = make(&i, der, sizeof der);
		assert_int_equal(cert_parse(der, len, &c), CERT_KEY);
		EVP_PKEY_free(others[n]);
	}
}

static void it_is_good_between_two_moments(void **context)
{
	const struct issue i = usual();
	uint8_t der[CERT_MAX];
	size_t len = make(&i, der, sizeof der);
	struct cert c;

	(void)context;
	assert_int_equal(cert_parse(der, len, &c), CERT_OK);
	assert_int_equal(cert_check(&c, NOW - DAY - 1), CERT_EARLY);
	assert_int_equal(cert_check(&c, NOW - DAY), CERT_OK);
	assert_int_equal(cert_check(&c, NOW + DAY), CERT_OK);
	assert_int_equal(cert_check(&c, NOW + DAY + 1), CERT_EXPIRED);
	assert_int_equal(cert_check(&c, 0), CERT_EARLY);
	memset(&c, 0, sizeof c);
	assert_int_equal(cert_check(&c, NOW), CERT_KEY);
}

static void it_is_for_signing_in(void **context)
{
	static const struct {
		const char *usage, *extended;
		enum cert_result result;
	} rows[] = {
	    {"digitalSignature", NULL, CERT_OK},
	    {"critical,digitalSignature,keyEncipherment", NULL, CERT_OK},
	    {NULL, NULL, CERT_OK},
	    {"keyEncipherment", NULL, CERT_USAGE},
	    {"nonRepudiation", NULL, CERT_USAGE}, /* what a signing certificate has */
	    {"keyCertSign,cRLSign", NULL, CERT_USAGE},
	    {"digitalSignature", "clientAuth", CERT_OK},
	    {"digitalSignature", "emailProtection,clientAuth", CERT_OK},
	    {"digitalSignature", "msSmartcardLogin", CERT_OK},
	    {"digitalSignature", "1.3.6.1.5.2.3.4", CERT_OK},
	    {"digitalSignature", "anyExtendedKeyUsage", CERT_OK},
	    {"digitalSignature", "serverAuth", CERT_USAGE},
	    {"digitalSignature", "emailProtection,codeSigning", CERT_USAGE},
	    {NULL, "serverAuth", CERT_USAGE},
	    {"keyEncipherment", "clientAuth", CERT_USAGE},
	};

	(void)context;
	for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
		struct issue i = usual();
		uint8_t der[CERT_MAX];
		struct cert c;
		size_t len;

		i.usage = rows[n].usage;
		i.extended = rows[n].extended;
		len = make(&i, der, sizeof der);
		assert_int_equal(cert_parse(der, len, &c), CERT_OK);
		if (cert_check(&c, NOW) != rows[n].result)
			fail_msg("row %zu", n);
	}
}

static void results_have_words(void **context)
{
	(void)context;
	for (unsigned i = 0; i < CERT_RESULTS + 2; i++) {
		struct err e = {0};

		assert_int_equal(cert_result_err(&e, (enum cert_result)i, "CN=alice"), -1);
		assert_string_equal(e.object, "CN=alice");
		assert_string_equal(e.why, cert_result_why((enum cert_result)i));
		if (i != CERT_OK)
			assert_string_not_equal(e.why, "");
		if (i != CERT_OK && i != CERT_ERROR && i < CERT_RESULTS)
			assert_int_not_equal(e.number, ERR_INTERNAL);
	}
}

static int make_key(void **context)
{
	(void)context;
	key = issuer_key(KEY_P256);
	return 0;
}

static int free_key(void **context)
{
	(void)context;
	EVP_PKEY_free(key);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_in_it_is_read),
	    cmocka_unit_test(names_are_safe_to_show),
	    cmocka_unit_test(compressed_ones_are_taken_to_the_same),
	    cmocka_unit_test(a_bomb_does_not_go_off),
	    cmocka_unit_test(what_is_none_is_refused),
	    cmocka_unit_test(keys_of_other_kinds_are_refused),
	    cmocka_unit_test(it_is_good_between_two_moments),
	    cmocka_unit_test(it_is_for_signing_in),
	    cmocka_unit_test(results_have_words),
	};

	return cmocka_run_group_tests(tests, make_key, free_key);
}
