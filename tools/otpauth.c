/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a secret is handed to a phone: the otpauth:// URI and the key to type. Pure.
 */
#include "tools/otpauth.h"

#include <liboath/oath.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define URI_SECRET_SIZE 112 /* 64 bytes in base32, NUL, room */

/* RFC 3986: everything but the unreserved characters. */
static void put_percent(struct writer *w, const char *text)
{
	static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	                           "0123456789-._~";
	char hex[4];

	for (; *text != '\0'; text++) {
		if (strchr(safe, *text) != NULL) {
			put_u8(w, (uint8_t)*text);
			continue;
		}
		snprintf(hex, sizeof(hex), "%%%02X", (unsigned)(uint8_t)*text);
		put_bytes(w, hex, 3);
	}
}

static void put_word(struct writer *w, const char *text)
{
	put_bytes(w, text, strlen(text));
}

static void put_number(struct writer *w, uint64_t n)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	put_word(w, text);
}

/* Without padding; out has URI_SECRET_SIZE bytes. */
static int encode_base32(const struct token *t, char *out)
{
	char *text = NULL;
	size_t len = 0;
	int r = -1;

	if (oath_base32_encode((const char *)t->secret, t->secret_len, &text, &len) != OATH_OK)
		return -1;
	while (len > 0 && text[len - 1] == '=')
		len--;
	if (len < URI_SECRET_SIZE) {
		memcpy(out, text, len);
		out[len] = '\0';
		r = 0;
	}
	wipe(text, strlen(text));
	free(text);
	return r;
}

static const char *algorithm_word(unsigned algorithm)
{
	static const char *const words[] = {
	    [TOKEN_SHA1] = "SHA1", [TOKEN_SHA256] = "SHA256", [TOKEN_SHA512] = "SHA512"};

	return algorithm < sizeof(words) / sizeof(words[0]) ? words[algorithm] : NULL;
}

static void put_options(
    struct writer *w, const struct token *t, const char *algorithm, uint64_t counter)
{
	if (t->algorithm != TOKEN_SHA1) {
		put_word(w, "&algorithm=");
		put_word(w, algorithm);
	}
	if (t->digits != 6) {
		put_word(w, "&digits=");
		put_number(w, t->digits);
	}
	if (t->kind == TOKEN_HOTP) {
		put_word(w, "&counter=");
		put_number(w, counter);
	} else if (t->period != 30) {
		put_word(w, "&period=");
		put_number(w, t->period);
	}
}

int otpauth_uri(const struct token *t, uint64_t counter, const char *issuer,
    const char *account, char *out, size_t size)
{
	struct writer w = writer_over(out, size);
	const char *algorithm = algorithm_word(t->algorithm);
	char secret[URI_SECRET_SIZE];
	int r = -1;

	if (algorithm == NULL || encode_base32(t, secret) != 0)
		goto out;
	put_word(&w, t->kind == TOKEN_HOTP ? "otpauth://hotp/" : "otpauth://totp/");
	put_percent(&w, issuer);
	put_u8(&w, ':');
	put_percent(&w, account);
	put_word(&w, "?secret=");
	put_word(&w, secret);
	put_word(&w, "&issuer=");
	put_percent(&w, issuer);
	put_options(&w, t, algorithm, counter);
	put_u8(&w, '\0');
	r = w.bad ? -1 : 0;
out:
	wipe(secret, sizeof(secret));
	if (r != 0)
		wipe(out, size);
	return r;
}

int otpauth_key(const struct token *t, char *out, size_t size)
{
	struct writer w = writer_over(out, size);
	char secret[URI_SECRET_SIZE] = "";
	int r = encode_base32(t, secret);

	for (size_t i = 0; r == 0 && secret[i] != '\0'; i++) {
		if (i > 0 && i % 4 == 0)
			put_u8(&w, ' ');
		put_u8(&w, (uint8_t)secret[i]);
	}
	put_u8(&w, '\0');
	wipe(secret, sizeof(secret));
	if (r == 0 && !w.bad)
		return 0;
	wipe(out, size);
	return -1;
}
