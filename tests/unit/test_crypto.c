/* SPDX-License-Identifier: BSD-2-Clause */
/* lib/base/crypto.c against published vectors: FIPS 180-4, RFC 4231, RFC 5869, GCM. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/provider.h>

#include "lib/base/algorithms.h"
#include "lib/base/crypto.h"

#define SPAN(p, n) ((struct span){(p), (n)})

static size_t from_hex(const char *hex, uint8_t *out)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = 0;

	for (; hex[0] != '\0'; hex += 2, n++) {
		const char *hi = strchr(digits, hex[0]), *lo = strchr(digits, hex[1]);

		assert_true(hi != NULL && lo != NULL && hex[1] != '\0');
		out[n] = (uint8_t)((hi - digits) << 4 | (lo - digits));
	}
	return n;
}

static void assert_hex(const uint8_t *got, const char *hex)
{
	uint8_t want[256];
	size_t n = from_hex(hex, want);

	assert_memory_equal(got, want, n);
}

static void sha256_known(void **state)
{
	static const struct {
		const char *text, *hash;
	} cases[] = {
	    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
	};
	uint8_t out[CRYPTO_HASH_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = strlen(cases[i].text), cut = len / 3;
		struct span parts[] = {
		    SPAN(cases[i].text, cut), SPAN(cases[i].text + cut, len - cut)};

		assert_int_equal(crypto_sha256(parts, 2, out), 0);
		assert_hex(out, cases[i].hash);
	}
}

/* RFC 4231 cases whose key fits; HMAC pads a short key with zeros itself. */
static void hmac_known(void **state)
{
	static const struct {
		const char *key, *data, *mac;
	} cases[] = {
	    {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "4869205468657265",
	        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
	    {"4a656665", "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
	        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
	    {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	        "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
	        "dddddddddddddddddddddd",
	        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
	    {"0102030405060708090a0b0c0d0e0f10111213141516171819",
	        "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
	        "cdcdcdcdcdcdcdcdcdcdcd",
	        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
	};
	uint8_t key[CRYPTO_KEY_SIZE], data[64], out[CRYPTO_HASH_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len, cut;

		memset(key, 0, sizeof(key));
		(void)from_hex(cases[i].key, key);
		len = from_hex(cases[i].data, data);
		cut = len / 2;
		struct span parts[] = {
		    SPAN(data, cut), SPAN(NULL, 0), SPAN(data + cut, len - cut)};
		assert_int_equal(crypto_hmac(key, parts, 3, out), 0);
		assert_hex(out, cases[i].mac);
	}
}

static void hkdf_known(void **state)
{
	static const struct {
		const char *key, *salt, *info, *okm;
	} cases[] = {
	    {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c",
	        "f0f1f2f3f4f5f6f7f8f9",
	        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
	        "34007208d5b887185865"},
	    {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
	     "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f"
	     "404142434445464748494a4b4c4d4e4f",
	        "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f"
	        "808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"
	        "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf",
	        "b0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
	        "d0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeef"
	        "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff",
	        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
	        "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
	        "cc30c58179ec3e87c14c01d5c1f3434f1d87"},
	    {"0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
	        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
	        "9d201395faa4b61a96c8"},
	};
	uint8_t key[80], salt[80], info[80], want[96], out[96];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t kl = from_hex(cases[i].key, key), sl = from_hex(cases[i].salt, salt);
		size_t il = from_hex(cases[i].info, info), len = from_hex(cases[i].okm, want);

		assert_int_equal(
		    crypto_hkdf(SPAN(key, kl), SPAN(salt, sl), SPAN(info, il), out, len), 0);
		assert_memory_equal(out, want, len);
	}
}

/* The AES-256 cases of the GCM specification (McGrew, Viega), 96-bit nonce. */
static const struct {
	const char *key, *nonce, *aad, *plain, *cipher, *tag;
} gcm_cases[] = {
    {"0000000000000000000000000000000000000000000000000000000000000000",
        "000000000000000000000000", "", "", "", "530f8afbc74536b9a963b4f1c4cb738b"},
    {"0000000000000000000000000000000000000000000000000000000000000000",
        "000000000000000000000000", "", "00000000000000000000000000000000",
        "cea7403d4d606b6e074ec5d3baf39d18", "d0d1c8a799996bf0265b98b5d48ab919"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
        "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
        "76fc6ece0f4e1768cddf8853bb2d551b"},
};

static void gcm_known(void **state)
{
	uint8_t key[32], nonce[12], aad[32], plain[64], want[64], out[64], tag[16];

	(void)state;
	for (size_t i = 0; i < sizeof(gcm_cases) / sizeof(gcm_cases[0]); i++) {
		size_t al = from_hex(gcm_cases[i].aad, aad);
		size_t pl = from_hex(gcm_cases[i].plain, plain);

		(void)from_hex(gcm_cases[i].key, key);
		(void)from_hex(gcm_cases[i].nonce, nonce);
		(void)from_hex(gcm_cases[i].cipher, want);
		assert_int_equal(
		    crypto_seal(key, nonce, SPAN(aad, al), SPAN(plain, pl), out, tag), 0);
		assert_memory_equal(out, want, pl);
		assert_hex(tag, gcm_cases[i].tag);
		/* in place, both ways */
		assert_int_equal(
		    crypto_open(key, nonce, SPAN(aad, al), SPAN(out, pl), tag, out), 0);
		assert_memory_equal(out, plain, pl);
		assert_int_equal(
		    crypto_seal(key, nonce, SPAN(aad, al), SPAN(out, pl), out, tag), 0);
		assert_memory_equal(out, want, pl);
	}
}

static void gcm_refuses_changes(void **state)
{
	static const uint8_t zeros[64];
	uint8_t key[32] = {1}, nonce[12] = {2}, aad[8] = {3}, plain[24] = {4}, tag[16];
	uint8_t cipher[24], out[24];
	uint8_t *const parts[] = {key, nonce, aad, cipher, tag};
	const size_t lens[] = {sizeof(key), sizeof(nonce), sizeof(aad), sizeof(cipher), 16};

	(void)state;
	assert_int_equal(
	    crypto_seal(key, nonce, SPAN(aad, 8), SPAN(plain, 24), cipher, tag), 0);
	for (size_t p = 0; p < 5; p++) {
		for (size_t bit = 0; bit < 8 * lens[p]; bit++) {
			parts[p][bit / 8] ^= (uint8_t)(1u << bit % 8);
			memset(out, 0xee, sizeof(out));
			assert_int_equal(
			    crypto_open(key, nonce, SPAN(aad, 8), SPAN(cipher, 24), tag, out),
			    CRYPTO_FORGED);
			assert_memory_equal(out, zeros, sizeof(out));
			parts[p][bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	}
	assert_int_equal(
	    crypto_open(key, nonce, SPAN(aad, 7), SPAN(cipher, 24), tag, out), CRYPTO_FORGED);
	assert_int_equal(crypto_open(key, nonce, SPAN(aad, 8), SPAN(cipher, 24), tag, out), 0);
	assert_memory_equal(out, plain, sizeof(out));
}

static void hkdf_refuses_too_much(void **state)
{
	static uint8_t out[255 * 32 + 1];
	uint8_t key[32] = {7};

	(void)state;
	assert_int_equal(
	    crypto_hkdf(SPAN(key, 32), SPAN(NULL, 0), SPAN(NULL, 0), out, sizeof(out)), -1);
	assert_int_equal(
	    crypto_hkdf(SPAN(key, 32), SPAN(NULL, 0), SPAN(NULL, 0), out, sizeof(out) - 1), 0);
}

static void random_differs(void **state)
{
	uint8_t a[32] = {0}, b[32] = {0};

	(void)state;
	assert_int_equal(crypto_random(a, sizeof(a)), 0);
	assert_int_equal(crypto_random(b, sizeof(b)), 0);
	assert_memory_not_equal(a, b, sizeof(a));
	assert_int_equal(crypto_random(a, 0), 0);
}

static void stop_and_start_again(void **state)
{
	uint8_t out[CRYPTO_HASH_SIZE];

	(void)state;
	assert_int_equal(crypto_start(), 0);
	assert_int_equal(crypto_start(), 0);
	crypto_stop();
	crypto_stop();
	assert_int_equal(crypto_sha256(NULL, 0, out), 0);
	crypto_stop();
}

static void assert_few(const OSSL_PROVIDER *p)
{
	assert_non_null(p);
	assert_string_equal(OSSL_PROVIDER_get0_name(p), "few");
}

/* A fetch anywhere else registers everything OpenSSL has, which costs more than a login. */
static void nothing_else_is_registered(void **state)
{
	const struct algorithms *f = algorithms_start();

	(void)state;
	assert_non_null(f);
	assert_few(EVP_MD_get0_provider(f->sha256));
	assert_few(EVP_MAC_get0_provider(f->hmac));
	assert_few(EVP_KDF_get0_provider(f->hkdf));
	assert_few(EVP_CIPHER_get0_provider(f->gcm));
	crypto_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sha256_known),
	    cmocka_unit_test(hmac_known),
	    cmocka_unit_test(hkdf_known),
	    cmocka_unit_test(gcm_known),
	    cmocka_unit_test(gcm_refuses_changes),
	    cmocka_unit_test(hkdf_refuses_too_much),
	    cmocka_unit_test(random_differs),
	    cmocka_unit_test(stop_and_start_again),
	    cmocka_unit_test(nothing_else_is_registered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
