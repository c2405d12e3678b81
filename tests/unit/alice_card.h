/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Alice with cards, a PIV card and a My Number Card, in the store of alice.h, and the authority
 * that issued them. Included once in a program.
 */
#ifndef SEKISHO_TEST_ALICE_CARD_H
#define SEKISHO_TEST_ALICE_CARD_H

#include "lib/cards/trust.h"
#include "lib/store/certificates.h"
#include "tests/unit/alice.h"
#include "tests/unit/readers.h"

#define PIN        "123456"
#define JPKI_PIN   "1234"
#define CARD_BEGIN (NOW - 10 * DAY)
#define CARD_END   (NOW + 10 * DAY)
#define CRL_NEVER  "crl = off\n"
/* What is there counts; tests that wait say so. */
#define CARD_RULE "card-wait = 0\nrule \"r\" { require = \"card or otp\" }\n"

static EVP_PKEY *authority_key, *piv_key, *jpki_key, *other_key;
static X509 *authority;
static uint8_t piv_der[CERTIFICATE_MAX], jpki_der[CERTIFICATE_MAX], other_der[CERTIFICATE_MAX];
static size_t piv_der_len, jpki_der_len, other_der_len;
static struct token piv_token, jpki_token;
static struct working_card piv, jpki, stranger;
static struct readers readers;

static inline size_t issue_card(const char *subject, EVP_PKEY *key, long serial, uint8_t *out)
{
	const struct issue i = {.subject = subject,
	    .key = key,
	    .issuer = authority,
	    .issuer_key = authority_key,
	    .serial = serial,
	    .not_before = CARD_BEGIN,
	    .not_after = CARD_END,
	    .usage = "critical,digitalSignature",
	    .extended = "clientAuth"};
	X509 *x = issuer_issue(&i);
	size_t len = issuer_der(x, out, CERTIFICATE_MAX);

	X509_free(x);
	return len;
}

static inline struct token card_token(
    const char *applet, uint8_t id, EVP_PKEY *key, enum key_kind kind, struct span identity)
{
	struct token t = {.id = {id},
	    .kind = TOKEN_CARD,
	    .created = NOW,
	    .card = {
	        .not_before = CARD_BEGIN, .not_after = CARD_END, .key_kind = (uint8_t)kind}};
	struct public_key public;

	snprintf(t.label, sizeof t.label, "%s-card", applet);
	snprintf(t.card.applet, sizeof t.card.applet, "%s", applet);
	issuer_public(key, &public);
	issuer_must(key_hash(&public, t.card.key_hash) == 0);
	issuer_must(crypto_sha256(&identity, 1, t.card.identity) == 0);
	return t;
}

static inline void make_cards(void)
{
	static const uint8_t piv_number[] = {0x34, 0x02, 0x11, 0x22};
	struct issue root = {.subject = "authority",
	    .serial = 1,
	    .not_before = CARD_BEGIN,
	    .not_after = NOW + 1000 * DAY,
	    .usage = "critical,keyCertSign,cRLSign",
	    .basic = "critical,CA:TRUE"};

	authority_key = root.key = issuer_key(KEY_P256);
	authority = issuer_issue(&root);
	piv_key = issuer_key(KEY_P256);
	other_key = issuer_key(KEY_P256);
	jpki_key = issuer_key(KEY_RSA2048);
	piv_der_len = issue_card("alice", piv_key, 2, piv_der);
	other_der_len = issue_card("alice", other_key, 3, other_der);
	jpki_der_len = issue_card("alice of the municipality", jpki_key, 4, jpki_der);
	piv_token = card_token(
	    "piv", 21, piv_key, KEY_P256, (struct span){piv_number, sizeof piv_number});
	jpki_token =
	    card_token("jpki", 22, jpki_key, KEY_RSA2048, (struct span){jpki_der, 256});
}

static inline void write_file(
    const char *directory, const char *name, const void *data, size_t len)
{
	char path[sizeof etc_path + 64];
	int fd;

	snprintf(path, sizeof path, "%s/%s", etc_path, directory);
	(void)mkdir(path, 0700);
	snprintf(path, sizeof path, "%s/%s/%s", etc_path, directory, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	issuer_must(fd >= 0 && write(fd, data, len) == (ssize_t)len && close(fd) == 0);
}

static inline void remove_file(const char *directory, const char *name)
{
	char path[sizeof etc_path + 64];

	snprintf(path, sizeof path, "%s/%s/%s", etc_path, directory, name);
	(void)unlink(path);
}

static inline void trust_the_authority(void)
{
	uint8_t der[4096];

	write_file(TRUST_ANCHORS, "authority", der, issuer_der(authority, der, sizeof der));
}

/* serial: revoked; 0 none */
static inline void write_crl(int64_t next, long serial)
{
	uint8_t der[4096];
	X509_CRL *l = issuer_crl(authority, authority_key, CARD_BEGIN, next, serial);

	write_file(TRUST_CRLS, "list", der, issuer_crl_der(l, der, sizeof der));
	X509_CRL_free(l);
}

static inline void with_cards(struct record *r)
{
	r->token_count = 3;
	r->tokens[1] = piv_token;
	r->tokens[2] = jpki_token;
}

/* der NULL: none is kept. */
static inline void keep_certificate(const uint8_t *der, size_t len)
{
	struct person p;
	struct err e = {0};
	bool found;
	int lock = store_lock(&store, &e);

	assert_true(lock >= 0);
	assert_int_equal(person_find(&store, &keys, "alice", &found, &p, &e), 0);
	if (der == NULL)
		assert_int_equal(certificates_remove(&store, &p, &e), 0);
	else if (certificates_add(&store, &keys, &p, piv_token.id, der, len, &e) != 0)
		fail_msg("%s: %s", e.object, e.why);
	person_close(&p);
	close(lock);
}

static inline void enroll_cards_with(void (*change)(struct record *))
{
	enroll_with(change);
	keep_certificate(piv_der, piv_der_len);
}

static inline int make_store_and_cards(void **context)
{
	make_cards();
	return make_store(context);
}

static inline void free_cards(void)
{
	EVP_PKEY_free(authority_key);
	EVP_PKEY_free(piv_key);
	EVP_PKEY_free(jpki_key);
	EVP_PKEY_free(other_key);
	X509_free(authority);
}

static inline int remove_store_and_cards(void **context)
{
	free_cards();
	return remove_store(context);
}

/* Her PIV card in the second reader, the others are empty. */
static inline void fresh_readers(void)
{
	piv = (struct working_card){.number = 0x22, .key = piv_key, .pin = PIN, .tries = 3};
	stranger =
	    (struct working_card){.number = 0x23, .key = other_key, .pin = PIN, .tries = 3};
	jpki = (struct working_card){.jpki = true,
	    .certificate = jpki_der,
	    .certificate_len = jpki_der_len,
	    .key = jpki_key,
	    .pin = JPKI_PIN,
	    .tries = 3};
	readers_init(&readers);
	readers_put(&readers, 1, &piv);
}

static inline int fresh_cards(void **context)
{
	(void)fresh_alice(context);
	boot_now += 3600 * 1000;
	write_config(CRL_NEVER CARD_RULE);
	trust_the_authority();
	remove_file(TRUST_CRLS, "list");
	enroll_cards_with(with_cards);
	fresh_readers();
	return 0;
}

#endif
