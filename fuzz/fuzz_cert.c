/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz target: a certificate from a card, and files of anchors and lists. What is taken is
 * taken to the same twice; nothing is trusted that no anchor issued.
 *
 * The first byte: bit 0: compressed, as the card says; bit 1: the rest is a file of anchors and
 * of lists instead.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/cards/trust.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_name(const char *name)
{
	size_t len = strnlen(name, CERT_NAME_SIZE);

	check(len < CERT_NAME_SIZE);
	for (size_t i = 0; i < len; i++)
		check(name[i] >= 0x20 && name[i] <= 0x7e);
}

static void as_certificate(const uint8_t *data, size_t size, bool compressed)
{
	static const struct cert none;
	static struct cert c, again;
	struct trust *nobody;
	enum cert_result r = cert_parse_packed(data, size, compressed, &c);

	if (r != CERT_OK) {
		check(memcmp(&c, &none, sizeof c) == 0);
		return;
	}
	check(key_properties(c.key.kind) != NULL && c.len > 0 && c.len <= CERT_MAX);
	check_name(c.subject);
	check_name(c.issuer);
	check(cert_parse(c.der, c.len, &again) == CERT_OK);
	check(memcmp(&c, &again, sizeof c) == 0);
	nobody = trust_new();
	check(
	    nobody == NULL || trust_check(nobody, &c, CONFIG_CRL_OFF, c.not_before) != CERT_OK);
	trust_free(nobody);
}

/* Taken, or refused with a reason. */
static void check_words(int r, const struct err *e, enum err_number number)
{
	check(r == 0 ? e->number == ERR_NONE : r == -1 && e->number == number);
}

static void as_file(const uint8_t *data, size_t size)
{
	struct trust *t = trust_new();
	struct err e = {0};

	if (t == NULL)
		return;
	check_words(trust_add_anchors(t, data, size, "file", &e), &e, ERR_CERT);
	e = (struct err){0};
	check_words(trust_add_crls(t, data, size, "file", &e), &e, ERR_CRL);
	trust_free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 1)
		return 0;
	if ((data[0] & 2) != 0)
		as_file(data + 1, size - 1);
	else
		as_certificate(data + 1, size - 1, (data[0] & 1) != 0);
	return 0;
}
