/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Taking one certificate apart, through OpenSSL. Must not believe a length in it, and must not
 * judge its issuer.
 */
#include "lib/cards/cert.h"

#include <string.h>
#include <time.h>

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

static const struct {
	enum err_number number;
	const char *why;
} results[CERT_RESULTS] = {
#define CERT_RESULT_ROW(name, number, why) [name] = {number, why},
    CERT_RESULT_TABLE(CERT_RESULT_ROW)
#undef CERT_RESULT_ROW
};

const char *cert_result_why(enum cert_result r)
{
	return results[(unsigned)r < CERT_RESULTS ? r : CERT_ERROR].why;
}

int cert_result_err(struct err *e, enum cert_result r, const char *object)
{
	return err_set(e, results[(unsigned)r < CERT_RESULTS ? r : CERT_ERROR].number, object,
	    "%s", cert_result_why(r));
}

/* ---- what is in it ---- */

static int seconds_of(const ASN1_TIME *t, int64_t *ret_seconds)
{
	struct tm tm = {0};

	if (ASN1_TIME_to_tm(t, &tm) != 1)
		return -1;
	*ret_seconds = (int64_t)timegm(&tm);
	return 0;
}

/* What the flags leave unescaped is printable ASCII. */
static int name_of(const X509_NAME *name, char out[CERT_NAME_SIZE])
{
	static const char cut[] = "...";
	BIO *text = BIO_new(BIO_s_mem());
	char *data = NULL;
	long len;
	int r = -1;

	if (text == NULL || X509_NAME_print_ex(text, name, 0, XN_FLAG_RFC2253) < 0)
		goto out;
	len = BIO_get_mem_data(text, &data);
	if (len < 0)
		goto out;
	if ((size_t)len < CERT_NAME_SIZE)
		memcpy(out, data, (size_t)len);
	else {
		memcpy(out, data, CERT_NAME_SIZE - sizeof cut);
		memcpy(out + CERT_NAME_SIZE - sizeof cut, cut, sizeof cut);
	}
	for (char *at = out; *at != '\0'; at++)
		if (*at < 0x20 || *at > 0x7e)
			*at = '?';
	r = 0;
out:
	BIO_free(text);
	return r;
}

/* An extended usage that allows a login: TLS client (what JPKI has), Microsoft's smart card
 * logon, PKINIT, or anything. */
static bool has_login_purpose(X509 *x)
{
	static const char *const purposes[] = {
	    "1.3.6.1.5.5.7.3.2", "1.3.6.1.4.1.311.20.2.2", "1.3.6.1.5.2.3.4", "2.5.29.37.0"};
	EXTENDED_KEY_USAGE *usage = X509_get_ext_d2i(x, NID_ext_key_usage, NULL, NULL);
	bool found = false;

	for (int i = 0; i < sk_ASN1_OBJECT_num(usage); i++) {
		char oid[64];

		if (OBJ_obj2txt(oid, sizeof oid, sk_ASN1_OBJECT_value(usage, i), 1) <= 0)
			continue;
		for (size_t j = 0; j < sizeof purposes / sizeof purposes[0]; j++)
			if (strcmp(oid, purposes[j]) == 0)
				found = true;
	}
	sk_ASN1_OBJECT_pop_free(usage, ASN1_OBJECT_free);
	return found;
}

static bool may_sign_in(X509 *x)
{
	/* UINT32_MAX: no such extension. */
	if ((X509_get_key_usage(x) & KU_DIGITAL_SIGNATURE) == 0)
		return false;
	return X509_get_extended_key_usage(x) == UINT32_MAX || has_login_purpose(x);
}

static enum cert_result take_key(X509 *x, struct cert *c)
{
	uint8_t *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &der);
	enum cert_result r = CERT_KEY;

	if (len > 0 && key_parse(der, (size_t)len, &c->key) == 0)
		r = CERT_OK;
	OPENSSL_free(der);
	return r;
}

static enum cert_result take_apart(X509 *x, struct cert *c)
{
	/* Reads the extensions; some that contradict themselves show only here. */
	if ((X509_get_extension_flags(x) & EXFLAG_INVALID) != 0 ||
	    seconds_of(X509_get0_notBefore(x), &c->not_before) != 0 ||
	    seconds_of(X509_get0_notAfter(x), &c->not_after) != 0)
		return CERT_MALFORMED;
	if (name_of(X509_get_subject_name(x), c->subject) != 0 ||
	    name_of(X509_get_issuer_name(x), c->issuer) != 0)
		return CERT_ERROR;
	c->signs_in = may_sign_in(x);
	return take_key(x, c);
}

enum cert_result cert_parse(const void *data, size_t len, struct cert *ret_c)
{
	const unsigned char *at;
	enum cert_result r;
	X509 *x;

	memset(ret_c, 0, sizeof *ret_c);
	if (len == 0)
		return CERT_MALFORMED;
	if (len > CERT_MAX)
		return CERT_TOO_LONG;
	if (key_start() != 0)
		return CERT_ERROR;
	memcpy(ret_c->der, data, len);
	ret_c->len = len;
	at = ret_c->der;
	x = d2i_X509(NULL, &at, (long)ret_c->len);
	r = x != NULL && at == ret_c->der + ret_c->len ? take_apart(x, ret_c) : CERT_MALFORMED;
	X509_free(x);
	ERR_clear_error();
	if (r != CERT_OK)
		memset(ret_c, 0, sizeof *ret_c);
	return r;
}

enum cert_result cert_check(const struct cert *c, int64_t now)
{
	if (key_properties(c->key.kind) == NULL)
		return CERT_KEY;
	if (now < c->not_before)
		return CERT_EARLY;
	if (now > c->not_after)
		return CERT_EXPIRED;
	return c->signs_in ? CERT_OK : CERT_USAGE;
}
