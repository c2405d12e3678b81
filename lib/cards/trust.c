/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Chains and revocation lists through OpenSSL's verifier, from files alone. Must not use an
 * anchor or a file that the administrator did not put there.
 */
#include "lib/cards/trust.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include "lib/base/safefile.h"

#define FORBIDDEN_MODE 0022
#define SECURITY_LEVEL 2 /* 112 bits: no SHA-1, no RSA below 2048 */
#define CHAIN_MAX      8

struct trust {
	X509_STORE *store;
};

struct trust *trust_new(void)
{
	struct trust *t = calloc(1, sizeof *t);

	if (t == NULL)
		return NULL;
	if (key_start() == 0)
		t->store = X509_STORE_new();
	if (t->store != NULL)
		return t;
	ERR_clear_error();
	free(t);
	return NULL;
}

void trust_free(struct trust *t)
{
	if (t == NULL)
		return;
	X509_STORE_free(t->store);
	free(t);
}

/* ---- what goes in ---- */

/* Nobody is asked for a passphrase of a certificate. */
static int no_passphrase(char *buf, int size, int writing, void *context)
{
	(void)buf, (void)size, (void)writing, (void)context;
	return -1;
}

static int add_one_anchor(struct trust *t, BIO *in, bool pem)
{
	X509 *x =
	    pem ? PEM_read_bio_X509(in, NULL, no_passphrase, NULL) : d2i_X509_bio(in, NULL);
	int r = x != NULL && X509_STORE_add_cert(t->store, x) == 1 ? 0 : -1;

	X509_free(x);
	return r;
}

static int add_one_crl(struct trust *t, BIO *in, bool pem)
{
	X509_CRL *x = pem ? PEM_read_bio_X509_CRL(in, NULL, no_passphrase, NULL)
	                  : d2i_X509_CRL_bio(in, NULL);
	int r = x != NULL && X509_STORE_add_crl(t->store, x) == 1 ? 0 : -1;

	X509_CRL_free(x);
	return r;
}

/* What there is two kinds of. */
struct kind {
	int (*add_one)(struct trust *t, BIO *in, bool pem);
	enum err_number number;
	const char *why;
	size_t max;
};

static const struct kind anchors = {
    add_one_anchor, ERR_CERT, "not a certificate in PEM or DER", TRUST_ANCHOR_MAX};
static const struct kind crls = {
    add_one_crl, ERR_CRL, "not a revocation list in PEM or DER", TRUST_CRL_MAX};

/* A PEM file ends where no further block begins. */
static bool at_end(void)
{
	unsigned long last = ERR_peek_last_error();

	return ERR_GET_LIB(last) == ERR_LIB_PEM && ERR_GET_REASON(last) == PEM_R_NO_START_LINE;
}

static int add_pem(struct trust *t, const struct kind *k, BIO *in)
{
	unsigned count = 0;

	ERR_clear_error();
	while (k->add_one(t, in, true) == 0)
		count++;
	return count > 0 && at_end() ? 0 : -1;
}

static int add(struct trust *t, const struct kind *k, const void *data, size_t len,
    const char *name, struct err *e)
{
	static const char begin[] = "-----BEGIN ";
	BIO *in = NULL;
	int r = -1;

	if (len > 0 && len <= k->max)
		in = BIO_new_mem_buf(data, (int)len);
	if (in == NULL)
		r = -1;
	else if (memmem(data, len, begin, sizeof begin - 1) != NULL)
		r = add_pem(t, k, in);
	else if (k->add_one(t, in, false) == 0 && BIO_pending(in) == 0)
		r = 0;
	BIO_free(in);
	ERR_clear_error();
	return r == 0 ? 0 : err_set(e, k->number, name, "%s", k->why);
}

int trust_add_anchors(
    struct trust *t, const void *data, size_t len, const char *name, struct err *e)
{
	return add(t, &anchors, data, len, name, e);
}

int trust_add_crls(
    struct trust *t, const void *data, size_t len, const char *name, struct err *e)
{
	return add(t, &crls, data, len, name, e);
}

/* ---- directories ---- */

static int add_file(struct trust *t, const struct kind *k, int dirfd, const char *path,
    const char *name, struct err *e)
{
	char full[SAFEFILE_NAME_SIZE];
	uint8_t *data = NULL;
	struct stat st;
	size_t len = 0;
	int fd = safefile_open(dirfd, path, name, O_RDONLY, FORBIDDEN_MODE, e);
	int r = -1;

	if (fd < 0)
		return -1;
	(void)snprintf(full, sizeof full, "%s/%s", path, name);
	if (fstat(fd, &st) != 0) {
		(void)err_sys(e, ERR_IO, full, "cannot examine");
		goto out;
	}
	if (st.st_size <= 0 || (size_t)st.st_size > k->max) {
		(void)err_set(e, k->number, full, "empty, or longer than %zu bytes", k->max);
		goto out;
	}
	data = malloc((size_t)st.st_size);
	if (data == NULL) {
		(void)err_set(e, ERR_INTERNAL, full, "no memory");
		goto out;
	}
	if (safefile_read_fd(fd, path, name, data, 1, (size_t)st.st_size, &len, e) == 0)
		r = add(t, k, data, len, full, e);
out:
	free(data);
	(void)close(fd);
	return r;
}

static int add_directory(
    struct trust *t, const struct kind *k, int dirfd, const char *path, struct err *e)
{
	/* Of its own: reading moves the place in it. */
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;
	unsigned count = 0;
	int r = 0;

	if (d == NULL) {
		(void)err_sys(e, ERR_IO, path, "cannot list");
		if (fd >= 0)
			(void)close(fd);
		return -1;
	}
	for (errno = 0; r == 0 && (entry = readdir(d)) != NULL; errno = 0) {
		if (entry->d_name[0] == '.')
			continue;
		if (++count > TRUST_FILES_MAX)
			r = err_set(e, k->number, path, "more than %d files", TRUST_FILES_MAX);
		else
			r = add_file(t, k, dirfd, path, entry->d_name, e);
	}
	if (r == 0 && errno != 0)
		r = err_sys(e, ERR_IO, path, "cannot list");
	(void)closedir(d);
	return r;
}

int trust_load_anchors(struct trust *t, int dirfd, const char *path, struct err *e)
{
	return add_directory(t, &anchors, dirfd, path, e);
}

int trust_load_crls(struct trust *t, int dirfd, const char *path, struct err *e)
{
	return add_directory(t, &crls, dirfd, path, e);
}

static int open_directory(struct trust *t, int etc, const char *etc_path, const char *name,
    int (*load)(struct trust *, int, const char *, struct err *), struct err *e)
{
	char path[256];
	struct err why;
	int r = -1, dir;

	if ((size_t)snprintf(path, sizeof path, "%s/%s", etc_path, name) >= sizeof path)
		return err_set(e, ERR_INTERNAL, etc_path, "path is too long");
	dir = safedir_open_at(etc, etc_path, name, S_IWGRP | S_IWOTH, &why);
	if (dir < 0 && errno == ENOENT)
		return 0;
	if (dir < 0) {
		if (e != NULL)
			*e = why;
		return -1;
	}
	r = load(t, dir, path, e);
	(void)close(dir);
	return r;
}

struct trust *trust_open(int etc, const char *etc_path, enum config_crl mode, struct err *e)
{
	struct trust *t = trust_new();

	if (t == NULL) {
		(void)err_set(e, ERR_INTERNAL, "certificates", "out of memory");
		return NULL;
	}
	if (open_directory(t, etc, etc_path, TRUST_ANCHORS, trust_load_anchors, e) == 0 &&
	    (mode == CONFIG_CRL_OFF ||
	        open_directory(t, etc, etc_path, TRUST_CRLS, trust_load_crls, e) == 0))
		return t;
	trust_free(t);
	return NULL;
}

int trust_err(struct err *e, enum cert_result r, const struct cert *c, const char *object)
{
	if (r == CERT_ISSUER)
		return err_set(
		    e, ERR_CERT_ISSUER, object, "%s: %s", cert_result_why(r), c->issuer);
	return cert_result_err(e, r, object);
}

/* ---- what comes out ---- */

/* Where the chain ends nobody above can take it back but who put the file there. A card's own
 * certificate is such an end only when it is its own issuer, too. */
static bool is_anchor(X509_STORE_CTX *c)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(c);
	const int depth = X509_STORE_CTX_get_error_depth(c);

	return depth == sk_X509_num(chain) - 1 &&
	       (depth > 0 || X509_self_signed(sk_X509_value(chain, 0), 1) == 1);
}

/* Only a list that is not there may be done without, and only where the rule says so. */
static int forgive(int ok, X509_STORE_CTX *c)
{
	const enum config_crl *mode = X509_STORE_CTX_get_app_data(c);

	if (ok == 1)
		return 1;
	if (X509_STORE_CTX_get_error(c) != X509_V_ERR_UNABLE_TO_GET_CRL ||
	    (*mode != CONFIG_CRL_IF_PRESENT && !is_anchor(c)))
		return 0;
	X509_STORE_CTX_set_error(c, X509_V_OK);
	return 1;
}

static enum cert_result result_of(int error, int depth)
{
	static const struct {
		int error;
		enum cert_result holder, issuer;
	} rows[] = {
	    {X509_V_ERR_CERT_NOT_YET_VALID, CERT_EARLY, CERT_ISSUER_DATES},
	    {X509_V_ERR_CERT_HAS_EXPIRED, CERT_EXPIRED, CERT_ISSUER_DATES},
	    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, CERT_ISSUER, CERT_ISSUER},
	    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, CERT_ISSUER, CERT_ISSUER},
	    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, CERT_ISSUER, CERT_ISSUER},
	    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, CERT_ISSUER, CERT_ISSUER},
	    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, CERT_ISSUER, CERT_ISSUER},
	    {X509_V_ERR_CERT_UNTRUSTED, CERT_ISSUER, CERT_ISSUER},
	    {X509_V_ERR_EE_KEY_TOO_SMALL, CERT_WEAK, CERT_WEAK},
	    {X509_V_ERR_CA_KEY_TOO_SMALL, CERT_WEAK, CERT_WEAK},
	    {X509_V_ERR_CA_MD_TOO_WEAK, CERT_WEAK, CERT_WEAK},
	    {X509_V_ERR_CERT_REVOKED, CERT_REVOKED, CERT_REVOKED},
	    {X509_V_ERR_UNABLE_TO_GET_CRL, CERT_CRL_MISSING, CERT_CRL_MISSING},
	    {X509_V_ERR_CRL_NOT_YET_VALID, CERT_CRL_DATES, CERT_CRL_DATES},
	    {X509_V_ERR_CRL_HAS_EXPIRED, CERT_CRL_DATES, CERT_CRL_DATES},
	    {X509_V_ERR_UNABLE_TO_GET_CRL_ISSUER, CERT_CRL_BAD, CERT_CRL_BAD},
	    {X509_V_ERR_UNABLE_TO_DECRYPT_CRL_SIGNATURE, CERT_CRL_BAD, CERT_CRL_BAD},
	    {X509_V_ERR_CRL_SIGNATURE_FAILURE, CERT_CRL_BAD, CERT_CRL_BAD},
	    {X509_V_ERR_ERROR_IN_CRL_LAST_UPDATE_FIELD, CERT_CRL_BAD, CERT_CRL_BAD},
	    {X509_V_ERR_ERROR_IN_CRL_NEXT_UPDATE_FIELD, CERT_CRL_BAD, CERT_CRL_BAD},
	    {X509_V_ERR_KEYUSAGE_NO_CRL_SIGN, CERT_CRL_BAD, CERT_CRL_BAD},
	    {X509_V_ERR_UNHANDLED_CRITICAL_CRL_EXTENSION, CERT_CRL_BAD, CERT_CRL_BAD},
	    {X509_V_ERR_DIFFERENT_CRL_SCOPE, CERT_CRL_BAD, CERT_CRL_BAD},
	    {X509_V_ERR_CRL_PATH_VALIDATION_ERROR, CERT_CRL_BAD, CERT_CRL_BAD},
	    {X509_V_ERR_OUT_OF_MEM, CERT_ERROR, CERT_ERROR},
	    {X509_V_ERR_UNSPECIFIED, CERT_ERROR, CERT_ERROR},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].error == error)
			return depth == 0 ? rows[i].holder : rows[i].issuer;
	return CERT_CHAIN;
}

static int set_parameters(
    X509_STORE_CTX *c, unsigned long flags, enum config_crl mode, int64_t now)
{
	X509_VERIFY_PARAM *p = X509_STORE_CTX_get0_param(c);

	if (mode != CONFIG_CRL_OFF)
		flags |= X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL;
	X509_VERIFY_PARAM_set_time(p, (time_t)now);
	X509_VERIFY_PARAM_set_depth(p, CHAIN_MAX);
	X509_VERIFY_PARAM_set_auth_level(p, SECURITY_LEVEL);
	return X509_VERIFY_PARAM_set_flags(p, flags) == 1 ? 0 : -1;
}

static enum cert_result verify(
    const struct trust *t, X509 *x, unsigned long flags, enum config_crl mode, int64_t now)
{
	X509_STORE_CTX *c = X509_STORE_CTX_new();
	enum cert_result r = CERT_ERROR;

	if (c == NULL || X509_STORE_CTX_init(c, t->store, x, NULL) != 1 ||
	    X509_STORE_CTX_set_app_data(c, &mode) != 1 ||
	    set_parameters(c, flags, mode, now) != 0)
		goto out;
	X509_STORE_CTX_set_verify_cb(c, forgive);
	if (X509_verify_cert(c) == 1)
		r = X509_STORE_CTX_get_error(c) == X509_V_OK ? CERT_OK : CERT_ERROR;
	else
		r = result_of(X509_STORE_CTX_get_error(c), X509_STORE_CTX_get_error_depth(c));
out:
	X509_STORE_CTX_free(c);
	return r;
}

/* Up to a root, so that whatever stands below it can be revoked; where there is none, as far as
 * the directory goes. */
static enum cert_result verify_chain(
    const struct trust *t, X509 *x, enum config_crl mode, int64_t now)
{
	enum cert_result r = verify(t, x, 0, mode, now);

	return r == CERT_ISSUER ? verify(t, x, X509_V_FLAG_PARTIAL_CHAIN, mode, now) : r;
}

enum cert_result trust_check(
    const struct trust *t, const struct cert *c, enum config_crl mode, int64_t now)
{
	const unsigned char *at = c->der;
	enum cert_result r = cert_check(c, now);
	X509 *x;

	if (r != CERT_OK)
		return r;
	x = d2i_X509(NULL, &at, (long)c->len);
	r = x != NULL ? verify_chain(t, x, mode, now) : CERT_MALFORMED;
	X509_free(x);
	ERR_clear_error();
	return r;
}
