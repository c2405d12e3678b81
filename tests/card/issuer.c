/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loads or makes what a card is personalized with. What the directory holds always wins, so
 * that a card is the same one when it is started again, and a test can put files of its own
 * there.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "tests/card/issuer.h"

static const struct key_type key_types[] = {
    {"rsa2048", EVP_PKEY_RSA, 2048, NULL, 0x07},
    {"rsa1024", EVP_PKEY_RSA, 1024, NULL, 0x06},
    {"rsa3072", EVP_PKEY_RSA, 3072, NULL, 0x05},
    {"p256", EVP_PKEY_EC, 256, "P-256", 0x11},
    {"p384", EVP_PKEY_EC, 384, "P-384", 0x14},
};

const struct key_type *key_type_find(const char *word)
{
	for (size_t i = 0; i < sizeof(key_types) / sizeof(key_types[0]); i++) {
		if (strcmp(key_types[i].word, word) == 0)
			return &key_types[i];
	}
	return NULL;
}

bool key_type_fits(const struct key_type *type, EVP_PKEY *key)
{
	return EVP_PKEY_get_base_id(key) == type->id &&
	       (size_t)EVP_PKEY_get_bits(key) == type->bits;
}

static void *need(void *made, const char *what)
{
	if (made == NULL) {
		ERR_print_errors_fp(stderr);
		errx(1, "%s: OpenSSL cannot", what);
	}
	return made;
}

static void must(int done, const char *what)
{
	if (done <= 0)
		need(NULL, what);
}

EVP_PKEY *key_make(const struct key_type *type)
{
	EVP_PKEY *key = type->id == EVP_PKEY_RSA
	                    ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", type->bits)
	                    : EVP_PKEY_Q_keygen(NULL, NULL, "EC", type->curve);

	return need(key, "a new key");
}

static void path_of(
    char *path, size_t size, const char *directory, const char *kind, const char *name)
{
	if (snprintf(path, size, "%s/%s%s%s", directory, kind, *name == '\0' ? "" : "-",
	        name) >= (int)size)
		errx(1, "%s: too long", directory);
}

/* NULL when the file does not exist. */
static FILE *open_existing(const char *path)
{
	FILE *in = fopen(path, "re");

	if (in == NULL && errno != ENOENT)
		err(1, "%s", path);
	return in;
}

static FILE *create(const char *path)
{
	FILE *out;

	(void)umask(077);
	out = fopen(path, "wxe");
	if (out == NULL)
		err(1, "%s", path);
	return out;
}

static void finish(FILE *out, const char *path)
{
	if (fclose(out) != 0)
		err(1, "%s", path);
}

EVP_PKEY *issuer_key(const char *path, const struct key_type *type)
{
	FILE *file = open_existing(path);
	EVP_PKEY *key;

	if (file != NULL) {
		key = need(PEM_read_PrivateKey(file, NULL, NULL, NULL), path);
		(void)fclose(file);
		return key;
	}
	key = key_make(type);
	file = create(path);
	must(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), path);
	finish(file, path);
	return key;
}

static void set_time(ASN1_TIME *time, const char *words)
{
	char *end = NULL;
	long days = strtol(words, &end, 10);

	if (*end == 'Z' && ASN1_TIME_set_string_X509(time, words) == 1)
		return;
	if (end == words || *end != '\0' || X509_time_adj_ex(time, (int)days, 0, NULL) == NULL)
		errx(1, "%s: neither days nor YYYYMMDDHHMMSSZ", words);
}

/* KEY=VALUE,KEY=VALUE; no escapes. */
static void set_subject(X509_NAME *name, const char *words)
{
	char copy[512], *rest = copy, *part;

	if (snprintf(copy, sizeof(copy), "%s", words) >= (int)sizeof(copy))
		errx(1, "%s: too long", words);
	while ((part = strsep(&rest, ",")) != NULL) {
		char *value = strchr(part, '=');

		if (value == NULL)
			errx(1, "%s: not KEY=VALUE", part);
		*value++ = '\0';
		must(X509_NAME_add_entry_by_txt(
		         name, part, MBSTRING_UTF8, (const unsigned char *)value, -1, -1, 0),
		    part);
	}
}

static void add_extension(X509 *certificate, X509 *ca, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;

	if (*value == '\0')
		return;
	X509V3_set_ctx(&context, ca, certificate, NULL, NULL, 0);
	extension = need(X509V3_EXT_conf_nid(NULL, &context, nid, value), value);
	must(X509_add_ext(certificate, extension, -1), value);
	X509_EXTENSION_free(extension);
}

/* All but names, extensions and signature. */
static X509 *blank(EVP_PKEY *key, const char *not_before, const char *not_after)
{
	X509 *certificate = need(X509_new(), "a certificate");
	BIGNUM *serial = need(BN_new(), "a serial number");

	must(BN_rand(serial, 63, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY), "a serial number");
	need(BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(certificate)), "a serial number");
	BN_free(serial);
	must(X509_set_version(certificate, X509_VERSION_3), "a certificate");
	must(X509_set_pubkey(certificate, key), "a public key");
	set_time(X509_getm_notBefore(certificate), not_before);
	set_time(X509_getm_notAfter(certificate), not_after);
	return certificate;
}

static void write_certificate(const char *path, X509 *certificate)
{
	FILE *out = create(path);

	must(PEM_write_X509(out, certificate), path);
	finish(out, path);
}

static void write_serial(const char *path, X509 *certificate)
{
	BIGNUM *serial = need(
	    ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL), "a serial number");
	char *hex = need(BN_bn2hex(serial), "a serial number");
	FILE *out = create(path);

	(void)fprintf(out, "%s\n", hex);
	finish(out, path);
	OPENSSL_free(hex);
	BN_free(serial);
}

static X509 *load_certificate(const char *path)
{
	FILE *in = open_existing(path);
	X509 *certificate;

	if (in == NULL)
		return NULL;
	certificate = need(PEM_read_X509(in, NULL, NULL, NULL), path);
	(void)fclose(in);
	return certificate;
}

static EVP_PKEY *ca_key(const char *ca_dir)
{
	char path[4096];

	path_of(path, sizeof(path), ca_dir, "ca-key.pem", "");
	return issuer_key(path, key_type_find("rsa2048"));
}

X509 *issuer_ca(const char *ca_dir)
{
	char path[4096];
	X509 *ca;
	EVP_PKEY *key;

	path_of(path, sizeof(path), ca_dir, "ca.pem", "");
	ca = load_certificate(path);
	if (ca != NULL)
		return ca;
	key = ca_key(ca_dir);
	ca = blank(key, "-400", "+4000");
	set_subject(X509_get_subject_name(ca), "C=JP,O=Test card,CN=Test card CA");
	must(X509_set_issuer_name(ca, X509_get_subject_name(ca)), path);
	add_extension(ca, ca, NID_basic_constraints, "critical,CA:TRUE");
	add_extension(ca, ca, NID_key_usage, "critical,keyCertSign,cRLSign");
	add_extension(ca, ca, NID_subject_key_identifier, "hash");
	must(X509_sign(ca, key, EVP_sha256()), path);
	EVP_PKEY_free(key);
	write_certificate(path, ca);
	return ca;
}

static X509 *issue(const char *ca_dir, EVP_PKEY *key, const struct certificate_profile *profile)
{
	X509 *ca = issuer_ca(ca_dir);
	EVP_PKEY *signer = ca_key(ca_dir);
	X509 *certificate = blank(key, profile->not_before, profile->not_after);
	char comment[BUFSIZ] = "";

	set_subject(X509_get_subject_name(certificate), profile->subject);
	must(X509_set_issuer_name(certificate, X509_get_subject_name(ca)), profile->subject);
	add_extension(certificate, ca, NID_basic_constraints, "critical,CA:FALSE");
	add_extension(certificate, ca, NID_key_usage, profile->key_usage);
	add_extension(certificate, ca, NID_ext_key_usage, profile->ext_key_usage);
	add_extension(certificate, ca, NID_subject_key_identifier, "hash");
	add_extension(certificate, ca, NID_authority_key_identifier, "keyid");
	if (profile->padding >= sizeof(comment))
		errx(1, "%lu bytes of comment: too many", profile->padding);
	memset(comment, 'x', profile->padding);
	add_extension(certificate, ca, NID_netscape_comment, comment);
	must(X509_sign(certificate, signer, EVP_sha256()), profile->subject);
	EVP_PKEY_free(signer);
	X509_free(ca);
	return certificate;
}

X509 *issuer_certificate(const char *directory, const char *name, const char *ca_dir,
    EVP_PKEY *key, const struct certificate_profile *profile)
{
	char path[4096], file[32];
	X509 *certificate;

	(void)snprintf(file, sizeof(file), "%s.pem", name);
	path_of(path, sizeof(path), directory, "cert", file);
	certificate = load_certificate(path);
	if (certificate != NULL)
		return certificate;
	certificate = issue(ca_dir, key, profile);
	write_certificate(path, certificate);
	path_of(path, sizeof(path), directory, "serial", name);
	write_serial(path, certificate);
	return certificate;
}
