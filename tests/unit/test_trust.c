/* SPDX-License-Identifier: BSD-2-Clause */
/* Who may issue, and what was taken back: chains and revocation lists, from files alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <string.h>

#include "lib/base/safefile.h"
#include "lib/cards/trust.h"
#include "tests/unit/issuer.h"
#include "tests/unit/tempdir.h"

#define NOW  1700000000
#define LEAF 77

static EVP_PKEY *root_key, *sub_key, *leaf_key;
static X509 *root, *sub;

static X509 *authority(const char *name, EVP_PKEY *key, X509 *issuer, EVP_PKEY *issuer_key,
    int64_t from, int64_t until)
{
	const struct issue i = {.subject = name,
	    .key = key,
	    .issuer = issuer,
	    .issuer_key = issuer_key,
	    .serial = issuer == NULL ? 1 : 2,
	    .not_before = from,
	    .not_after = until,
	    .usage = "critical,keyCertSign,cRLSign",
	    .basic = "critical,CA:TRUE"};

	return issuer_issue(&i);
}

static struct issue leaf_of(X509 *issuer, EVP_PKEY *issuer_key)
{
	return (struct issue){.subject = "alice",
	    .key = leaf_key,
	    .issuer = issuer,
	    .issuer_key = issuer_key,
	    .serial = LEAF,
	    .not_before = NOW - DAY,
	    .not_after = NOW + DAY,
	    .usage = "critical,digitalSignature"};
}

static void take(const struct issue *i, struct cert *ret_c)
{
	uint8_t der[CERT_MAX];
	X509 *x = issuer_issue(i);
	size_t len = issuer_der(x, der, sizeof der);

	X509_free(x);
	assert_int_equal(cert_parse(der, len, ret_c), CERT_OK);
}

static void trust_in(struct trust *t, X509 *x)
{
	uint8_t der[CERT_MAX];
	size_t len = issuer_der(x, der, sizeof der);

	assert_int_equal(trust_add_anchors(t, der, len, "anchor", NULL), 0);
}

static void list_in(
    struct trust *t, X509 *issuer, EVP_PKEY *key, int64_t last, int64_t next, long serial)
{
	uint8_t der[CERT_MAX];
	X509_CRL *l = issuer_crl(issuer, key, last, next, serial);
	size_t len = issuer_crl_der(l, der, sizeof der);

	X509_CRL_free(l);
	assert_int_equal(trust_add_crls(t, der, len, "list", NULL), 0);
}

static struct trust *fresh(X509 *a, X509 *b)
{
	struct trust *t = trust_new();

	assert_non_null(t);
	if (a != NULL)
		trust_in(t, a);
	if (b != NULL)
		trust_in(t, b);
	return t;
}

static void chains_end_at_an_anchor(void **context)
{
	EVP_PKEY *stranger_key = issuer_key(KEY_P256);
	X509 *stranger = authority("root", stranger_key, NULL, NULL, NOW - DAY, NOW + DAY);
	const struct issue by_root = leaf_of(root, root_key), by_sub = leaf_of(sub, sub_key),
	                   by_stranger = leaf_of(stranger, stranger_key),
	                   by_itself = leaf_of(NULL, NULL);
	const struct {
		const struct issue *leaf;
		X509 *a, *b;
		enum cert_result result;
	} rows[] = {
	    {&by_root, root, NULL, CERT_OK}, {&by_sub, root, sub, CERT_OK},
	    {&by_sub, sub, NULL, CERT_OK}, /* the intermediate one alone */
	    {&by_sub, root, NULL, CERT_ISSUER}, {&by_root, NULL, NULL, CERT_ISSUER},
	    {&by_root, sub, NULL, CERT_ISSUER}, {&by_itself, root, sub, CERT_ISSUER},
	    {&by_stranger, root, NULL, CERT_CHAIN}, /* of the same name */
	};

	(void)context;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct trust *t = fresh(rows[i].a, rows[i].b);
		struct cert c;

		take(rows[i].leaf, &c);
		if (trust_check(t, &c, CONFIG_CRL_OFF, NOW) != rows[i].result)
			fail_msg("row %zu: %s", i,
			    cert_result_why(trust_check(t, &c, CONFIG_CRL_OFF, NOW)));
		trust_free(t);
	}
	X509_free(stranger);
	EVP_PKEY_free(stranger_key);
}

static void who_is_no_authority_issues_nothing(void **context)
{
	EVP_PKEY *key = issuer_key(KEY_P256);
	struct issue plain = leaf_of(root, root_key);
	struct trust *t = fresh(root, NULL);
	X509 *bob;
	struct issue i;
	struct cert c;

	(void)context;
	plain.subject = "bob";
	plain.key = key;
	bob = issuer_issue(&plain);
	trust_in(t, bob);
	i = leaf_of(bob, key);
	take(&i, &c);
	assert_int_equal(trust_check(t, &c, CONFIG_CRL_OFF, NOW), CERT_CHAIN);
	trust_free(t);
	X509_free(bob);
	EVP_PKEY_free(key);
}

static void dates_of_everyone_count(void **context)
{
	X509 *old = authority("old", sub_key, root, root_key, NOW - 3 * DAY, NOW - 2 * DAY);
	struct trust *t = fresh(root, old);
	struct issue i = leaf_of(old, sub_key);
	struct cert c;

	(void)context;
	take(&i, &c);
	assert_int_equal(trust_check(t, &c, CONFIG_CRL_OFF, NOW), CERT_ISSUER_DATES);
	i = leaf_of(root, root_key);
	take(&i, &c);
	assert_int_equal(trust_check(t, &c, CONFIG_CRL_OFF, NOW), CERT_OK);
	assert_int_equal(trust_check(t, &c, CONFIG_CRL_OFF, NOW + DAY + 1), CERT_EXPIRED);
	assert_int_equal(trust_check(t, &c, CONFIG_CRL_OFF, NOW - DAY - 1), CERT_EARLY);
	i.usage = "keyEncipherment";
	take(&i, &c);
	assert_int_equal(trust_check(t, &c, CONFIG_CRL_OFF, NOW), CERT_USAGE);
	trust_free(t);
	X509_free(old);
}

static void sha1_and_short_keys_are_weak(void **context)
{
	EVP_PKEY *small = EVP_RSA_gen(1024);
	X509 *weak = authority("weak", small, NULL, NULL, NOW - DAY, NOW + DAY);
	struct issue i = leaf_of(root, root_key);
	struct trust *t = fresh(root, weak);
	struct cert c;

	(void)context;
	i.digest = EVP_sha1();
	take(&i, &c);
	assert_int_equal(trust_check(t, &c, CONFIG_CRL_OFF, NOW), CERT_WEAK);
	i = leaf_of(weak, small);
	take(&i, &c);
	assert_int_equal(trust_check(t, &c, CONFIG_CRL_OFF, NOW), CERT_WEAK);
	trust_free(t);
	X509_free(weak);
	EVP_PKEY_free(small);
}

static void lists_are_asked_as_the_rule_says(void **context)
{
	enum { NO_LIST, GOOD, REVOKED, OLD, FUTURE, FORGED, KINDS };
	static const enum cert_result want[KINDS][3] = {
	    /* CONFIG_CRL_REQUIRE, CONFIG_CRL_IF_PRESENT, CONFIG_CRL_OFF */
	    [NO_LIST] = {CERT_CRL_MISSING, CERT_OK, CERT_OK},
	    [GOOD] = {CERT_OK, CERT_OK, CERT_OK},
	    [REVOKED] = {CERT_REVOKED, CERT_REVOKED, CERT_OK},
	    [OLD] = {CERT_CRL_DATES, CERT_CRL_DATES, CERT_OK},
	    [FUTURE] = {CERT_CRL_DATES, CERT_CRL_DATES, CERT_OK},
	    [FORGED] = {CERT_CRL_BAD, CERT_CRL_BAD, CERT_OK},
	};
	const struct issue i = leaf_of(root, root_key);
	struct cert c;

	(void)context;
	take(&i, &c);
	for (unsigned kind = 0; kind < KINDS; kind++)
		for (unsigned mode = 0; mode < 3; mode++) {
			struct trust *t = fresh(root, NULL);
			int64_t last = kind == OLD      ? NOW - 3 * DAY
			               : kind == FUTURE ? NOW + DAY
			                                : NOW - DAY;

			if (kind != NO_LIST)
				list_in(t, root, kind == FORGED ? sub_key : root_key, last,
				    last + 2 * DAY, kind == REVOKED ? LEAF : 0);
			if (trust_check(t, &c, (enum config_crl)mode, NOW) != want[kind][mode])
				fail_msg("list %u, mode %u: %s", kind, mode,
				    cert_result_why(
				        trust_check(t, &c, (enum config_crl)mode, NOW)));
			trust_free(t);
		}
}

/* Every authority of the chain needs its list, but the anchor's own. */
static void an_authority_can_be_revoked(void **context)
{
	const struct issue i = leaf_of(sub, sub_key);
	struct trust *t = fresh(root, sub);
	struct cert c;

	(void)context;
	take(&i, &c);
	list_in(t, sub, sub_key, NOW - DAY, NOW + DAY, 0);
	assert_int_equal(trust_check(t, &c, CONFIG_CRL_REQUIRE, NOW), CERT_CRL_MISSING);
	assert_int_equal(trust_check(t, &c, CONFIG_CRL_IF_PRESENT, NOW), CERT_OK);
	list_in(t, root, root_key, NOW - DAY, NOW + DAY, 0);
	assert_int_equal(trust_check(t, &c, CONFIG_CRL_REQUIRE, NOW), CERT_OK);
	trust_free(t);
	t = fresh(root, sub);
	list_in(t, sub, sub_key, NOW - DAY, NOW + DAY, 0);
	list_in(t, root, root_key, NOW - DAY, NOW + DAY, 2);
	assert_int_equal(trust_check(t, &c, CONFIG_CRL_REQUIRE, NOW), CERT_REVOKED);
	assert_int_equal(trust_check(t, &c, CONFIG_CRL_IF_PRESENT, NOW), CERT_REVOKED);
	trust_free(t);
	/* the leaf itself as an anchor does not spare it its list */
	{
		uint8_t der[CERT_MAX];
		X509 *x = issuer_issue(&i);

		t = fresh(x, NULL);
		assert_int_equal(trust_check(t, &c, CONFIG_CRL_OFF, NOW), CERT_OK);
		assert_int_not_equal(trust_check(t, &c, CONFIG_CRL_REQUIRE, NOW), CERT_OK);
		assert_true(issuer_der(x, der, sizeof der) > 0);
		X509_free(x);
		trust_free(t);
	}
}

/* Nobody can keep a list of what is its own issuer: it is trusted by name, itself. */
static void its_own_issuer_is_trusted_as_long_as_it_lies_there(void **context)
{
	static const char *const usages[] = {"critical,digitalSignature", NULL};
	EVP_PKEY *other_key = issuer_key(KEY_P256);

	(void)context;
	for (size_t i = 0; i < sizeof usages / sizeof usages[0]; i++) {
		struct issue own = leaf_of(NULL, NULL), look_alike = own;
		struct trust *t, *none = fresh(root, sub);
		struct cert c, other;
		uint8_t der[CERT_MAX];
		X509 *x;

		own.usage = look_alike.usage = usages[i];
		look_alike.key = other_key;
		take(&look_alike, &other);
		x = issuer_issue(&own);
		assert_int_equal(cert_parse(der, issuer_der(x, der, sizeof der), &c), CERT_OK);
		t = fresh(root, x);
		for (unsigned mode = 0; mode < 3; mode++) {
			const enum config_crl crl = (enum config_crl)mode;

			assert_int_equal(trust_check(t, &c, crl, NOW), CERT_OK);
			assert_int_equal(trust_check(t, &c, crl, NOW + 2 * DAY), CERT_EXPIRED);
			assert_int_equal(trust_check(none, &c, crl, NOW), CERT_ISSUER);
			/* the same name and number, another key */
			assert_int_equal(trust_check(t, &other, crl, NOW), CERT_ISSUER);
		}
		X509_free(x);
		trust_free(t);
		trust_free(none);
	}
	EVP_PKEY_free(other_key);
}

/* ---- files ---- */

static char directory[TEMPDIR_SIZE];

static void write_file(const char *name, const void *data, size_t len, mode_t mode)
{
	char path[TEMPDIR_SIZE + 64];
	FILE *f;

	(void)snprintf(path, sizeof path, "%s/%s", directory, name);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static size_t pem(X509 *a, X509 *b, X509_CRL *l, char *out, size_t size)
{
	BIO *text = BIO_new(BIO_s_mem());
	int len;

	if (a != NULL)
		assert_int_equal(PEM_write_bio_X509(text, a), 1);
	if (b != NULL)
		assert_int_equal(PEM_write_bio_X509(text, b), 1);
	if (l != NULL)
		assert_int_equal(PEM_write_bio_X509_CRL(text, l), 1);
	len = BIO_read(text, out, (int)size);
	assert_true(len > 0 && (size_t)len < size);
	BIO_free(text);
	return (size_t)len;
}

static void directories_are_read_whole(void **context)
{
	const struct issue i = leaf_of(sub, sub_key);
	struct trust *t = trust_new();
	X509_CRL *l = issuer_crl(sub, sub_key, NOW - DAY, NOW + DAY, LEAF);
	char text[4096];
	uint8_t der[CERT_MAX];
	struct err e = {0};
	struct cert c;
	int fd;

	(void)context;
	take(&i, &c);
	tempdir_make(directory);
	write_file("root.der", der, issuer_der(root, der, sizeof der), 0644);
	write_file("more.pem", text, pem(root, sub, NULL, text, sizeof text), 0644);
	write_file(".hidden", "x", 1, 0644);
	fd = open(directory, O_RDONLY | O_DIRECTORY);
	assert_int_equal(trust_load_anchors(t, fd, directory, &e), 0);
	assert_int_equal(trust_check(t, &c, CONFIG_CRL_IF_PRESENT, NOW), CERT_OK);
	/* a directory of lists holds lists */
	assert_int_equal(trust_load_crls(t, fd, directory, &e), -1);
	assert_int_equal(e.number, ERR_CRL);
	close(fd);
	tempdir_remove(directory);
	tempdir_make(directory);
	write_file("list.pem", text, pem(NULL, NULL, l, text, sizeof text), 0600);
	fd = open(directory, O_RDONLY | O_DIRECTORY);
	assert_int_equal(trust_load_crls(t, fd, directory, &e), 0);
	assert_int_equal(trust_check(t, &c, CONFIG_CRL_IF_PRESENT, NOW), CERT_REVOKED);
	assert_int_equal(trust_load_anchors(t, fd, directory, &e), -1);
	assert_int_equal(e.number, ERR_CERT);
	assert_non_null(strstr(e.object, "/list.pem"));
	close(fd);
	tempdir_remove(directory);
	X509_CRL_free(l);
	trust_free(t);
}

static void a_file_that_cannot_be_used_is_an_error(void **context)
{
	uint8_t der[CERT_MAX + 1] = {0};
	char text[4096];
	const size_t len = issuer_der(root, der, sizeof der);
	const size_t text_len = pem(root, NULL, NULL, text, sizeof text);
	const struct {
		const void *data;
		size_t len;
		mode_t mode;
		enum err_number number;
	} rows[] = {
	    {der, len, 0644, ERR_NONE},
	    {text, text_len, 0644, ERR_NONE},
	    {der, len + 1, 0644, ERR_CERT},
	    {der, len - 1, 0644, ERR_CERT},
	    {text, text_len - 40, 0644, ERR_CERT},
	    {"", 0, 0644, ERR_CERT},
	    {"README", 6, 0644, ERR_CERT},
	    {"-----BEGIN CERTIFICATE-----\n", 28, 0644, ERR_CERT},
	    {"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", 54, 0644, ERR_CERT},
	    {der, len, 0664, ERR_UNSAFE_FILE},
	    {der, len, 0646, ERR_UNSAFE_FILE},
	};

	(void)context;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct trust *t = trust_new();
		struct err e = {0};
		int fd, r;

		tempdir_make(directory);
		write_file("anchor", rows[i].data, rows[i].len, rows[i].mode);
		fd = open(directory, O_RDONLY | O_DIRECTORY);
		r = trust_load_anchors(t, fd, directory, &e);
		if (e.number != rows[i].number || (r == 0) != (rows[i].number == ERR_NONE))
			fail_msg("row %zu: S-%02u %s", i, e.number, e.why);
		close(fd);
		tempdir_remove(directory);
		trust_free(t);
	}
}

static void there_is_an_end_to_files(void **context)
{
	struct trust *t = trust_new();
	uint8_t der[CERT_MAX];
	const size_t len = issuer_der(root, der, sizeof der);
	struct err e = {0};
	char name[16];
	int fd;

	(void)context;
	tempdir_make(directory);
	for (unsigned i = 0; i <= TRUST_FILES_MAX; i++) {
		(void)snprintf(name, sizeof name, "%u", i);
		write_file(name, der, len, 0644);
	}
	fd = open(directory, O_RDONLY | O_DIRECTORY);
	assert_int_equal(trust_load_anchors(t, fd, directory, &e), -1);
	assert_int_equal(e.number, ERR_CERT);
	(void)snprintf(name, sizeof name, "%u", TRUST_FILES_MAX);
	assert_int_equal(unlinkat(fd, name, 0), 0);
	assert_int_equal(trust_load_anchors(t, fd, directory, &e), 0);
	/* a link out of it is not followed */
	assert_int_equal(unlinkat(fd, "0", 0), 0);
	assert_int_equal(symlinkat("1", fd, "0"), 0);
	assert_int_equal(trust_load_anchors(t, fd, directory, &e), -1);
	assert_int_equal(e.number, ERR_UNSAFE_FILE);
	close(fd);
	tempdir_remove(directory);
	trust_free(t);
	trust_free(NULL);
}

static int make_authorities(void **context)
{
	(void)context;
	/* as in every program: certificates come after the store */
	if (crypto_start() != 0)
		return -1;
	root_key = issuer_key(KEY_P256);
	sub_key = issuer_key(KEY_RSA2048);
	leaf_key = issuer_key(KEY_P384);
	root = authority("root", root_key, NULL, NULL, NOW - 9 * DAY, NOW + 9 * DAY);
	sub = authority("sub", sub_key, root, root_key, NOW - 9 * DAY, NOW + 9 * DAY);
	return 0;
}

static int free_authorities(void **context)
{
	(void)context;
	X509_free(root);
	X509_free(sub);
	EVP_PKEY_free(root_key);
	EVP_PKEY_free(sub_key);
	EVP_PKEY_free(leaf_key);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(chains_end_at_an_anchor),
	    cmocka_unit_test(who_is_no_authority_issues_nothing),
	    cmocka_unit_test(dates_of_everyone_count),
	    cmocka_unit_test(sha1_and_short_keys_are_weak),
	    cmocka_unit_test(lists_are_asked_as_the_rule_says),
	    cmocka_unit_test(an_authority_can_be_revoked),
	    cmocka_unit_test(its_own_issuer_is_trusted_as_long_as_it_lies_there),
	    cmocka_unit_test(directories_are_read_whole),
	    cmocka_unit_test(a_file_that_cannot_be_used_is_an_error),
	    cmocka_unit_test(there_is_an_end_to_files),
	};

	return cmocka_run_group_tests(tests, make_authorities, free_authorities);
}
