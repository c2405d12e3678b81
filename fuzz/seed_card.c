/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes the seeds of the targets tlv, apdu, piv, jpki and cert into DIR/tlv and so on. Run by
 * hand; the seeds are kept with the source.
 */
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "lib/cards/cert.h"
#include "tests/unit/issuer.h"

#define NOW 1700000000

static const char *directory;

struct seed {
	uint8_t bytes[8192];
	size_t len;
};

static void add(struct seed *s, const void *data, size_t len)
{
	issuer_must(len <= sizeof s->bytes - s->len);
	if (len > 0)
		memcpy(s->bytes + s->len, data, len);
	s->len += len;
}

static void add_u8(struct seed *s, uint8_t byte)
{
	add(s, &byte, 1);
}

static void save(const char *name, const struct seed *s)
{
	char path[512];
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/%s", directory, name);
	f = fopen(path, "wb");
	issuer_must(f != NULL && fwrite(s->bytes, 1, s->len, f) == s->len && fclose(f) == 0);
}

/* The answer to one command, as inputcard.h reads it: up to 252 bytes, or all of 258. */
static void answer(struct seed *s, const void *data, size_t len, unsigned sw)
{
	const uint8_t status[] = {(uint8_t)(sw >> 8), (uint8_t)sw};

	issuer_must(len + 2 < 0xfd || len + 2 == 258);
	add_u8(s, len + 2 == 258 ? 0xfe : (uint8_t)(len + 2));
	add(s, data, len);
	add(s, status, sizeof status);
}

static void ok(struct seed *s)
{
	add_u8(s, 0xfd);
}

/* In pieces with 61xx between them. */
static void long_answer(struct seed *s, const uint8_t *data, size_t len)
{
	while (len > 256) {
		size_t rest = len - 256;

		answer(s, data, 256, 0x6100 | (rest < 256 ? (unsigned)rest : 0));
		data += 256;
		len = rest;
	}
	if (len + 2 >= 0xfd && len != 256) {
		answer(s, data, 100, 0x6100 | (unsigned)(len - 100));
		data += 100;
		len -= 100;
	}
	answer(s, data, len, 0x9000);
}

/* Tag and length of up to two bytes before what is there. */
static size_t wrap(uint8_t tag, uint8_t *data, size_t len)
{
	memmove(data + 4, data, len);
	data[0] = tag;
	data[1] = 0x82;
	data[2] = (uint8_t)(len >> 8);
	data[3] = (uint8_t)len;
	return len + 4;
}

static void certificates(EVP_PKEY *key, uint8_t *der, size_t size, size_t *ret_len)
{
	struct issue i = {.subject = "alice",
	    .key = key,
	    .serial = 7,
	    .not_before = NOW - DAY,
	    .not_after = NOW + DAY,
	    .usage = "critical,digitalSignature",
	    .extended = "clientAuth"};
	static struct seed plain, packed, file, list;
	uint8_t crl[2048];
	X509 *x = issuer_issue(&i);
	X509_CRL *l = issuer_crl(x, key, NOW - DAY, NOW + DAY, 7);
	size_t len = issuer_der(x, der, size);
	z_stream z = {.next_in = der,
	    .avail_in = (uInt)len,
	    .next_out = packed.bytes + 1,
	    .avail_out = sizeof packed.bytes - 1};

	add_u8(&plain, 0);
	add(&plain, der, len);
	save("cert/plain", &plain);
	packed.bytes[0] = 1;
	issuer_must(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK &&
	            deflate(&z, Z_FINISH) == Z_STREAM_END && deflateEnd(&z) == Z_OK);
	packed.len = sizeof packed.bytes - z.avail_out;
	save("cert/gzip", &packed);
	add_u8(&file, 2);
	add(&file, der, len);
	save("cert/anchor", &file);
	add_u8(&list, 2);
	add(&list, crl, issuer_crl_der(l, crl, sizeof crl));
	save("cert/list", &list);
	file.len = 1;
	{
		BIO *text = BIO_new(BIO_s_mem());
		int n;

		issuer_must(
		    PEM_write_bio_X509(text, x) == 1 && PEM_write_bio_X509_CRL(text, l) == 1);
		n = BIO_read(text, file.bytes + 1, (int)sizeof file.bytes - 1);
		issuer_must(n > 0);
		file.len += (size_t)n;
		BIO_free(text);
	}
	save("cert/pem", &file);
	X509_CRL_free(l);
	X509_free(x);
	*ret_len = len;
}

static const uint8_t piv_here[] = {0x61, 0x11, 0x4f, 0x06, 0, 0, 0x10, 0, 0x01, 0, 0x79, 0x07,
    0x4f, 0x05, 0xa0, 0, 0, 0x03, 0x08};
static const uint8_t chuid[] = {0x53, 0x04, 0x34, 0x02, 0x11, 0x22};

static void piv(const uint8_t *der, size_t der_len)
{
	static struct seed s;
	uint8_t data[4096];
	size_t len;

	answer(&s, piv_here, sizeof piv_here, 0x9000);
	answer(&s, chuid, sizeof chuid, 0x9000);
	answer(&s, NULL, 0, 0x63c3);
	ok(&s);
	for (unsigned bytes = 256; bytes <= 384; bytes += 128) { /* RSA, chained */
		ok(&s);
		memset(data, 0x77, bytes);
		len = wrap(0x7c, data, wrap(0x82, data, bytes));
		long_answer(&s, data, len);
	}
	for (unsigned bytes = 70; bytes <= 102; bytes += 32) {
		memset(data, 0x30, bytes);
		len = wrap(0x7c, data, wrap(0x82, data, bytes));
		answer(&s, data, len, 0x9000);
	}
	memcpy(data, der, der_len);
	len = wrap(0x70, data, der_len);
	memcpy(data + len, "\x71\x01\x00\xfe\x00", 5);
	len = wrap(0x53, data, len + 5);
	long_answer(&s, data, len);
	save("piv/all", &s);
	s.len = 0;
	answer(&s, piv_here, sizeof piv_here, 0x9000);
	answer(&s, NULL, 0, 0x6a82); /* no CHUID */
	long_answer(&s, data, len);
	answer(&s, NULL, 0, 0x6983);
	save("piv/no_chuid", &s);
}

static void jpki(const uint8_t *der, size_t der_len)
{
	static const uint8_t padding[512];
	static struct seed s;
	uint8_t signature[256];

	memset(signature, 0x77, sizeof signature);
	ok(&s);
	ok(&s);
	answer(&s, der, 256, 0x9000);
	ok(&s);
	answer(&s, NULL, 0, 0x63c3);
	ok(&s);
	ok(&s);
	ok(&s);
	answer(&s, signature, sizeof signature, 0x9000);
	ok(&s);
	issuer_must(der_len > 256 && der[1] == 0x82);
	answer(&s, der, 4, 0x9000);
	answer(&s, der, 256, 0x9000);
	answer(&s, der + 256, (der_len < 500 ? der_len : 500) - 256, 0x9000);
	answer(&s, padding, 100, 0x9000);
	save("jpki/all", &s);
}

static void visits(void)
{
	static const uint8_t ecdsa[] = {
	    0x7c, 0x0a, 0x82, 0x08, 0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01};
	static struct seed s;

	for (uint8_t event = 0; event < 2; event++) {
		s.len = 0;
		add_u8(&s, 1);
		add_u8(&s, event);
		answer(&s, piv_here, sizeof piv_here, 0x9000);
		answer(&s, chuid, sizeof chuid, 0x9000);
		answer(&s, NULL, 0, 0x63c3);
		answer(&s, piv_here, sizeof piv_here, 0x9000);
		if (event == 0)
			answer(&s, chuid, sizeof chuid, 0x9000);
		ok(&s);
		answer(&s, ecdsa, sizeof ecdsa, 0x9000);
		save(event == 0 ? "apdu/moved" : "apdu/login", &s);
	}
	s.len = 0;
	add(&s, "\x00\x01\x2c\xcb\x3f\x01\x00", 7); /* 300 bytes, Le 256 */
	ok(&s);
	answer(&s, NULL, 0, 0x6c10);
	ok(&s);
	answer(&s, ecdsa, sizeof ecdsa, 0x6104);
	answer(&s, ecdsa, 4, 0x9000);
	save("apdu/chained", &s);
}

static void elements(const uint8_t *der, size_t der_len)
{
	static struct seed s;

	add(&s, piv_here, sizeof piv_here);
	add(&s, "\x7e\x12\x4f\x0b\xa0\0\0\x03\x08\0\0\x10\0\x01\0\x5f\x2f\x02\x40\0", 20);
	save("tlv/piv", &s);
	s.len = 0;
	add(&s, der, der_len);
	save("tlv/der", &s);
	s.len = 0;
	add(&s, "\x53\x83\0\0\x02\x70\0\xff", 8);
	save("tlv/lengths", &s);
}

int main(int argc, char **argv)
{
	uint8_t der[CERT_MAX];
	EVP_PKEY *key = issuer_key(KEY_P256);
	size_t len = 0;

	if (argc != 2) {
		fputs("usage: seed_card DIR\n", stderr);
		return 2;
	}
	directory = argv[1];
	certificates(key, der, sizeof der, &len);
	piv(der, len);
	jpki(der, len);
	visits();
	elements(der, len);
	EVP_PKEY_free(key);
	return 0;
}
