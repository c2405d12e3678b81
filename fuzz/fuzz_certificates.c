/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz target: the plaintext of kept certificates. What decodes must encode to the very same
 * bytes; what does not must leave nothing behind. What is in a certificate is fuzz_cert's, what
 * is around the plaintext fuzz_record's.
 *
 * The first byte: bit 0: the rest is the plaintext. Otherwise it is put where the rules look:
 * the head, and the beginning of each entry; a whole plaintext is long and mostly zeros.
 */
#include "lib/store/certificates.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz/cursor.h"

#define HEAD_SIZE  32
#define BEGIN_SIZE 24 /* of an entry: id, length, zeros, eight bytes of the certificate */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void as_plaintext(const uint8_t *data, size_t size)
{
	static const struct certificates none;
	static struct certificates c; /* too large for a stack */
	static uint8_t again[CERTIFICATES_PLAIN_SIZE];
	struct err e = {0};

	if (certificates_decode(data, size, "o", &c, &e) != 0) {
		check(e.number == ERR_CERT_KEPT && memcmp(&c, &none, sizeof(c)) == 0);
		return;
	}
	check(c.count <= RECORD_TOKENS_MAX && size == sizeof(again));
	for (unsigned i = 0; i < c.count; i++)
		check(c.entries[i].len >= 1 && c.entries[i].len <= CERTIFICATE_MAX);
	check(certificates_encode(&c, again) == 0 && memcmp(again, data, size) == 0);
}

static void take(struct cursor *c, uint8_t *out, size_t len)
{
	for (size_t i = 0; i < len; i++)
		out[i] = take_u8(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t plain[CERTIFICATES_PLAIN_SIZE];
	struct cursor c = {data, size};

	if ((take_u8(&c) & 1) != 0) {
		as_plaintext(c.at, c.left);
		return 0;
	}
	memset(plain, 0, sizeof(plain));
	take(&c, plain, HEAD_SIZE);
	for (unsigned i = 0; i < RECORD_TOKENS_MAX; i++)
		take(&c, plain + HEAD_SIZE + (size_t)i * CERTIFICATES_ENTRY_SIZE, BEGIN_SIZE);
	as_plaintext(plain, sizeof(plain));
	return 0;
}
