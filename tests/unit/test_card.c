/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two visits to a card: the floor of commands, what a PIN is sent to, what counts as proof,
 * and that the card is reset on every way out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "tests/unit/fakecard.h"
#include "tests/unit/issuer.h"

#define PIV_SELECT  "00a40400 09 a00000030800001000 00"
#define PIV_HERE    "6111 4f06 000010000100 7907 4f05 a000000308 9000"
#define PIV_CHUID   "00cb3fff 05 5c035fc102 00"
#define CHUID       "5304 34021122 9000"
#define CHUID_OTHER "5304 34021123 9000"
#define PIV_TRIES   "00200080"
#define PIV_VERIFY  "00200080 08 313233343536ffff"
#define PIV_P256    "any"

#define JPKI_SELECT "00a4040c 0a d392f000260100000001"
#define JPKI_CERT   "00a4020c 02 000a"
#define JPKI_PIN    "00a4020c 02 0018"
#define JPKI_KEY    "00a4020c 02 0017"

static struct challenge challenge = {
    .random = {1, 2, 3}, .purpose = "login", .host = {"host", 4}, .person = "alice"};
static EVP_PKEY *p256, *p256_other, *rsa;

/* ---- the first visit ---- */

/* never: what is not selected. */
static void a_card_tells_what_it_is(void **context)
{
	static const struct {
		struct exchange_row script[5];
		enum card_result result;
		const char *applet;
		const struct applet *never;
	} rows[] = {
	    {{{PIV_SELECT, PIV_HERE, 0}, {PIV_CHUID, CHUID, 0}}, CARD_OK, "piv", NULL},
	    {{{PIV_SELECT, PIV_HERE, 0}, {PIV_CHUID, CHUID, 0}}, CARD_OK, "piv", &applet_jpki},
	    {{{PIV_SELECT, PIV_HERE, 0}, {PIV_CHUID, NULL, CARD_GONE}}, CARD_GONE, NULL, NULL},
	    {{{PIV_SELECT, "6a82", 0}, {JPKI_SELECT, "9000", 0}, {JPKI_CERT, "9000", 0},
	         {"00b00000 00", "30*256 9000", 0}},
	        CARD_OK, "jpki", NULL},
	    {{{PIV_SELECT, "6a82", 0}}, CARD_NO_APPLET, NULL, &applet_jpki},
	    {{{PIV_SELECT, "6a82", 0}, {JPKI_SELECT, "6a82", 0}}, CARD_NO_APPLET, NULL, NULL},
	    {{{PIV_SELECT, NULL, CARD_GONE}}, CARD_GONE, NULL, NULL},
	};

	(void)context;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct card_sight sight = {.tries = 77};
		struct fakecard f;
		struct card c;

		fakecard_open(&f, rows[i].script, &c);
		if (card_identify(&c, rows[i].never, &sight) != rows[i].result)
			fail_msg("row %zu", i);
		fakecard_finish(&f);
		if (rows[i].result != CARD_OK) {
			assert_int_equal(sight.tries, 77);
			continue;
		}
		assert_string_equal(sight.applet->name, rows[i].applet);
		assert_ptr_equal(applet_named(rows[i].applet), sight.applet);
		assert_int_equal(sight.tries, APPLET_TRIES_UNKNOWN);
		assert_int_equal(sight.apdus, f.transmits);
	}
	assert_null(applet_named("openpgp"));
}

static void its_tries_are_counted(void **context)
{
	static const struct {
		struct exchange_row row;
		enum card_result result;
		unsigned tries;
	} rows[] = {
	    {{PIV_TRIES, "63c3", 0}, CARD_OK, 3},
	    {{PIV_TRIES, "6983", 0}, CARD_OK, 0},
	    {{PIV_TRIES, "9000", 0}, CARD_OK, APPLET_TRIES_UNKNOWN},
	    {{PIV_TRIES, "6a80", 0}, CARD_OK, APPLET_TRIES_UNKNOWN},
	    {{PIV_TRIES, NULL, CARD_GONE}, CARD_GONE, APPLET_TRIES_UNKNOWN},
	};

	(void)context;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct exchange_row script[] = {
		    {PIV_SELECT, PIV_HERE, 0}, {PIV_CHUID, CHUID, 0}, rows[i].row, {0}};
		struct card_sight sight;
		struct fakecard f;
		struct card c;

		fakecard_open(&f, script, &c);
		assert_int_equal(card_identify(&c, NULL, &sight), CARD_OK);
		if (card_count_tries(&c, &sight) != rows[i].result)
			fail_msg("row %zu", i);
		fakecard_finish(&f);
		assert_int_equal(sight.tries, rows[i].tries);
		assert_int_equal(sight.apdus, 3);
	}
}

/* A stranger is not asked for his tries, and gets his card back with a reset. */
static void a_look_asks_no_more_than_that(void **context)
{
	static const struct exchange_row script[] = {
	    {PIV_SELECT, PIV_HERE, 0}, {PIV_CHUID, CHUID, 0}, {0}};
	static const struct exchange_row gone[] = {{PIV_SELECT, NULL, CARD_GONE}, {0}};
	struct card_sight sight = {.tries = 77};
	struct fakecard f;

	(void)context;
	fakecard_init(&f, gone);
	assert_int_equal(card_look(&f.service, "Reader 0", &sight), CARD_GONE);
	assert_int_equal(f.resets, 1);
	assert_int_equal(sight.tries, 77);
	fakecard_init(&f, script);
	assert_int_equal(card_look(&f.service, "Reader 0", &sight), CARD_OK);
	fakecard_finish(&f);
	assert_int_equal(f.resets, 1);
	assert_false(f.in_transaction);
	assert_int_equal(sight.tries, APPLET_TRIES_UNKNOWN);
}

static void the_certificate_is_read_in_the_same_visit(void **context)
{
	static const char get[] = "00cb3fff 05 5c035fc105 00";
	static const struct {
		struct exchange_row script[5];
		enum card_result result;
	} rows[] = {
	    {{{PIV_SELECT, PIV_HERE, 0}, {PIV_CHUID, CHUID, 0}, {PIV_TRIES, "63c3", 0},
	         {get, "530a 7003 303132 710100 fe00 9000", 0}},
	        CARD_OK},
	    {{{PIV_SELECT, PIV_HERE, 0}, {PIV_CHUID, CHUID, 0}, {PIV_TRIES, "63c3", 0},
	         {get, "6a82", 0}},
	        CARD_NO_OBJECT},
	    {{{PIV_SELECT, PIV_HERE, 0}, {PIV_CHUID, CHUID, 0}, {PIV_TRIES, "63c3", 0},
	         {get, NULL, CARD_GONE}},
	        CARD_GONE},
	    {{{PIV_SELECT, PIV_HERE, 0}, {PIV_CHUID, NULL, CARD_GONE}}, CARD_GONE},
	};

	(void)context;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct applet_certificate certificate;
		struct card_sight sight = {.tries = 77};
		struct fakecard f;

		fakecard_init(&f, rows[i].script);
		if (card_read(&f.service, "Reader 0", &sight, &certificate) != rows[i].result)
			fail_msg("row %zu", i);
		fakecard_finish(&f);
		assert_int_equal(f.connects, 1);
		assert_int_equal(f.resets, 1);
		if (rows[i].result != CARD_OK) {
			assert_int_equal(sight.tries, 77);
			continue;
		}
		assert_int_equal(sight.tries, 3);
		assert_int_equal(sight.apdus, f.transmits);
		assert_int_equal(certificate.len, 3);
		assert_memory_equal(certificate.data, "012", 3);
	}
}

static void a_card_that_cannot_be_had_is_left_alone(void **context)
{
	struct card_sight sight;
	struct fakecard f;

	(void)context;
	fakecard_init(&f, NULL);
	f.connect_result = CARD_NO_CARD;
	assert_int_equal(card_look(&f.service, "Reader 0", &sight), CARD_NO_CARD);
	fakecard_init(&f, NULL);
	f.begin_result = CARD_BUSY;
	assert_int_equal(card_look(&f.service, "Reader 0", &sight), CARD_BUSY);
	assert_false(f.connected);
	assert_int_equal(f.transmits, 0);
}

/* ---- the second visit ---- */

struct proving {
	struct card_proof p;
	struct public_key key;
	struct secret pin;
	struct card_reader reader;
	uint8_t identity[APPLET_IDENTITY_SIZE];
	char answer[2048]; /* to the last command: a signature */
};

static void hex(char *out, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		(void)sprintf(out + 2 * i, "%02x", data[i]);
}

static void prepare(struct proving *v, const struct fakecard *f, EVP_PKEY *enrolled,
    EVP_PKEY *signs, const char *pin)
{
	static const uint8_t object[] = {0x34, 0x02, 0x11, 0x22};
	const struct span chuid = {object, sizeof object};
	uint8_t digest[KEY_DIGEST_MAX], signature[KEY_SIGNATURE_MAX];
	size_t len;

	memset(v, 0, sizeof *v);
	issuer_public(enrolled, &v->key);
	assert_int_equal(secret_set(&v->pin, pin, strlen(pin)), 0);
	assert_int_equal(crypto_sha256(&chuid, 1, v->identity), 0);
	v->reader = f->readers.readers[0];
	assert_int_equal(challenge_digest(&challenge, v->key.kind, digest), 0);
	len = issuer_sign_digest(signs, digest, 32, signature, sizeof signature);
	if (v->key.kind == KEY_RSA2048)
		hex(v->answer, signature, len);
	else {
		(void)sprintf(v->answer, "7c%02zx82%02zx", len + 2, len);
		hex(v->answer + 8, signature, len);
	}
	(void)strcat(v->answer, "9000");
	v->p = (struct card_proof){.reader = &v->reader,
	    .applet = &applet_piv,
	    .identity = v->identity,
	    .key = &v->key,
	    .challenge = &challenge,
	    .pin = &v->pin};
}

static void the_floor_for_p256(void **context)
{
	struct proving v;
	struct fakecard f;
	const struct exchange_row script[] = {
	    {PIV_SELECT, PIV_HERE, 0}, {PIV_VERIFY, "9000", 0}, {PIV_P256, v.answer, 0}, {0}};

	(void)context;
	fakecard_init(&f, script);
	prepare(&v, &f, p256, p256, "123456");
	assert_int_equal(card_prove(&f.service, &v.p), CARD_OK);
	fakecard_finish(&f);
	assert_int_equal(v.p.apdus, 3);
	assert_int_equal(f.connects, 1);
	assert_int_equal(f.resets, 1);
	assert_true(v.p.pin_sent);
}

static void the_floor_for_rsa(void **context)
{
	struct proving v;
	struct fakecard f;
	char first[1024], second[64];
	struct exchange_row script[] = {{PIV_SELECT, PIV_HERE, 0}, {PIV_VERIFY, "9000", 0},
	    {"any", "9000", 0}, {"any", first, 0}, {"00c00000 08", second, 0}, {0}};

	(void)context;
	fakecard_init(&f, script);
	prepare(&v, &f, rsa, rsa, "123456");
	(void)sprintf(first, "7c820104 82820100 %.496s 6108", v.answer);
	(void)sprintf(second, "%.16s 9000", v.answer + 496);
	assert_int_equal(card_prove(&f.service, &v.p), CARD_OK);
	fakecard_finish(&f);
	assert_int_equal(v.p.apdus, 5);
	/* this PIV_HERE is 105 bytes shorter than that of the card of CARDS.md */
	assert_int_equal(v.p.bytes, 708 - 126 + 21);
	assert_int_equal(f.resets, 1);
}

static void the_floor_for_jpki(void **context)
{
	struct proving v;
	struct fakecard f;
	const struct exchange_row script[] = {{JPKI_SELECT, "9000", 0}, {JPKI_PIN, "9000", 0},
	    {"00200080 04 31323334", "9000", 0}, {JPKI_KEY, "9000", 0}, {"any", v.answer, 0},
	    {0}};

	(void)context;
	fakecard_init(&f, script);
	prepare(&v, &f, rsa, rsa, "1234");
	v.p.applet = &applet_jpki;
	assert_int_equal(card_prove(&f.service, &v.p), CARD_OK);
	fakecard_finish(&f);
	assert_int_equal(v.p.apdus, 5);
	assert_int_equal(v.p.bytes, 361);
	assert_int_equal(f.resets, 1);
}

/* Rule: a card is reset on every way out, and whatever goes wrong, nothing but a denial comes
 * of it. Every kind of failure at every command. */
static void a_failure_anywhere_denies_and_resets(void **context)
{
	static const struct exchange_row bad[] = {
	    {"any", NULL, CARD_GONE},
	    {"any", NULL, CARD_TIMEOUT},
	    {"any", NULL, CARD_NO_SERVICE},
	    {"any", "6f00", 0},
	    {"any", "6982", 0},
	    {"any", "63c2", 0},
	    {"any", "6983", 0},
	    {"any", "6a82", 0},
	    {"any", "00", 0},
	    {"any", "7c83ffffff 9000", 0},
	};

	(void)context;
	for (unsigned at = 0; at < 4; at++)
		for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
			struct proving v;
			struct fakecard f;
			struct exchange_row script[] = {{PIV_SELECT, PIV_HERE, 0},
			    {PIV_CHUID, CHUID, 0}, {PIV_VERIFY, "9000", 0},
			    {PIV_P256, v.answer, 0}, {0}};

			/* VERIFY is judged by its status alone. */
			if (at == 2 && i == 9)
				continue;
			script[at] = bad[i];
			/* A CHUID that is not there: the certificate is asked for. */
			if (at == 1 && i == 7)
				script[2] = (struct exchange_row){"any", "6a82", 0};
			fakecard_init(&f, script);
			prepare(&v, &f, p256, p256, "123456");
			v.reader.event++; /* so that it is identified again */
			if (card_prove(&f.service, &v.p) == CARD_OK)
				fail_msg("failure %zu at command %u", i, at);
			assert_int_equal(f.resets, 1);
			assert_false(f.connected);
			assert_int_equal(f.transmits, at == 1 && i == 7 ? 3 : at + 1);
			assert_int_equal(v.p.pin_sent, at >= 2);
		}
}

/* Rule: a PIN goes to the card that was identified, and to no other. */
static void a_stranger_gets_no_pin(void **context)
{
	static const struct exchange_row other[] = {
	    {PIV_SELECT, PIV_HERE, 0}, {PIV_CHUID, CHUID_OTHER, 0}, {0}};
	static const struct exchange_row another_kind[] = {{PIV_SELECT, "6a82", 0}, {0}};
	static const struct exchange_row nothing[] = {{0}};
	struct proving v;
	struct fakecard f;

	(void)context;
	fakecard_init(&f, other);
	prepare(&v, &f, p256, p256, "123456");
	f.readers.readers[0].event += 2; /* pulled, and another one put in */
	assert_int_equal(card_prove(&f.service, &v.p), CARD_OTHER);
	fakecard_finish(&f);
	assert_false(v.p.pin_sent);
	assert_int_equal(f.resets, 1);

	fakecard_init(&f, another_kind);
	assert_int_equal(card_prove(&f.service, &v.p), CARD_NO_APPLET);
	assert_false(v.p.pin_sent);

	fakecard_init(&f, nothing);
	f.readers.readers[0].present = false;
	assert_int_equal(card_prove(&f.service, &v.p), CARD_GONE);
	f.readers.count = 0;
	assert_int_equal(card_prove(&f.service, &v.p), CARD_NO_READER);
	assert_int_equal(f.transmits, 0);
}

/* The same card, taken out and put back: known again, and then asked. */
static void a_card_that_was_moved_is_identified_again(void **context)
{
	struct proving v;
	struct fakecard f;
	const struct exchange_row script[] = {{PIV_SELECT, PIV_HERE, 0}, {PIV_CHUID, CHUID, 0},
	    {PIV_VERIFY, "9000", 0}, {PIV_P256, v.answer, 0}, {0}};

	(void)context;
	fakecard_init(&f, script);
	prepare(&v, &f, p256, p256, "123456");
	f.readers.readers[0].event += 2;
	assert_int_equal(card_prove(&f.service, &v.p), CARD_OK);
	fakecard_finish(&f);
	/* nor is one known of which pcscd counts nothing: with its reader another may have come
	 */
	fakecard_init(&f, script);
	f.readers.readers[0].event = v.reader.event = 0;
	assert_int_equal(card_prove(&f.service, &v.p), CARD_OK);
	fakecard_finish(&f);
	v.reader.event = 1;
	/* one that was not there when it was looked for is not known either */
	fakecard_init(&f, script);
	v.reader.event = f.readers.readers[0].event;
	v.reader.present = false;
	assert_int_equal(card_prove(&f.service, &v.p), CARD_OK);
	fakecard_finish(&f);
}

/* Rule (CVE-2025-24032): a PIN that is right is no proof; only a signature by the enrolled key
 * over this challenge is. */
static void a_right_pin_without_the_key_is_nothing(void **context)
{
	struct proving v;
	struct fakecard f;
	struct exchange_row script[] = {
	    {PIV_SELECT, PIV_HERE, 0}, {PIV_VERIFY, "9000", 0}, {PIV_P256, v.answer, 0}, {0}};

	(void)context;
	/* by another key: a copied certificate */
	fakecard_init(&f, script);
	prepare(&v, &f, p256, p256_other, "123456");
	assert_int_equal(card_prove(&f.service, &v.p), CARD_FORGED);
	assert_int_equal(f.resets, 1);
	/* by the key, of another time */
	fakecard_init(&f, script);
	prepare(&v, &f, p256, p256, "123456");
	challenge.random[0] ^= 1;
	assert_int_equal(card_prove(&f.service, &v.p), CARD_FORGED);
	challenge.random[0] ^= 1;
	fakecard_init(&f, script);
	assert_int_equal(card_prove(&f.service, &v.p), CARD_OK);
	/* zeros */
	script[2].answer = "7c48 8246 00*70 9000";
	fakecard_init(&f, script);
	assert_int_equal(card_prove(&f.service, &v.p), CARD_FORGED);
}

/* Rule: tries are told, and a blocked PIN is an end, not a loop. */
static void tries_are_told(void **context)
{
	static const struct {
		const char *answer;
		enum card_result result;
		unsigned tries;
	} rows[] = {
	    {"63c2", CARD_PIN_WRONG, 2},
	    {"63c1", CARD_PIN_WRONG, 1},
	    {"63c0", CARD_PIN_BLOCKED, 0},
	    {"6983", CARD_PIN_BLOCKED, 0},
	};

	(void)context;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct exchange_row script[] = {
		    {PIV_SELECT, PIV_HERE, 0}, {PIV_VERIFY, rows[i].answer, 0}, {0}};
		struct proving v;
		struct fakecard f;

		fakecard_init(&f, script);
		prepare(&v, &f, p256, p256, "123456");
		assert_int_equal(card_prove(&f.service, &v.p), rows[i].result);
		assert_int_equal(v.p.tries, rows[i].tries);
		assert_int_equal(f.transmits, 2);
		assert_int_equal(f.resets, 1);
	}
}

/* Rule: nobody's tries are spent below what the person was told: others may have spent some
 * since. */
static void tries_are_asked_for_again(void **context)
{
	static const struct {
		const char *answer;
		unsigned min_tries;
		enum card_result result;
		unsigned tries;
	} rows[] = {
	    {"63c3", 2, CARD_OK, APPLET_TRIES_UNKNOWN},
	    {"63c2", 2, CARD_OK, APPLET_TRIES_UNKNOWN},
	    {"63c1", 2, CARD_LAST, 1},
	    {"63c1", 1, CARD_OK, APPLET_TRIES_UNKNOWN},
	    {"63c2", 3, CARD_LAST, 2},
	    {"63c0", 1, CARD_PIN_BLOCKED, 0},
	    {"6983", 2, CARD_PIN_BLOCKED, 0},
	    {"9000", 3, CARD_OK, APPLET_TRIES_UNKNOWN},
	    {"6a80", 3, CARD_OK, APPLET_TRIES_UNKNOWN},
	};

	(void)context;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct proving v;
		struct fakecard f;
		const struct exchange_row script[] = {{PIV_SELECT, PIV_HERE, 0},
		    {PIV_TRIES, rows[i].answer, 0}, {PIV_VERIFY, "9000", 0},
		    {PIV_P256, v.answer, 0}, {0}};

		fakecard_init(&f, script);
		prepare(&v, &f, p256, p256, "123456");
		v.p.min_tries = rows[i].min_tries;
		if (card_prove(&f.service, &v.p) != rows[i].result)
			fail_msg("row %zu", i);
		assert_int_equal(f.transmits, rows[i].result == CARD_OK ? 4 : 2);
		assert_int_equal(v.p.pin_sent, rows[i].result == CARD_OK);
		assert_int_equal(v.p.tries, rows[i].tries);
		assert_int_equal(f.resets, 1);
	}
}

/* Rule: what is not a PIN does not even get near a card. */
static void a_password_never_reaches_a_card(void **context)
{
	static const char *const typed[] = {"", "secret", "12345", "123456789", "hunter2"};

	(void)context;
	for (size_t i = 0; i < sizeof typed / sizeof typed[0]; i++) {
		struct proving v;
		struct fakecard f;

		fakecard_init(&f, NULL);
		prepare(&v, &f, p256, p256, typed[i]);
		v.p.tries = 77;
		v.p.pin_sent = true;
		assert_int_equal(card_prove(&f.service, &v.p), CARD_PIN_FORM);
		assert_int_equal(f.connects, 0);
		assert_false(v.p.pin_sent);
		assert_int_equal(v.p.tries, APPLET_TRIES_UNKNOWN);
	}
}

static void a_key_the_card_cannot_have_is_refused(void **context)
{
	static const struct exchange_row script[] = {{JPKI_SELECT, "9000", 0},
	    {JPKI_PIN, "9000", 0}, {"00200080 04 31323334", "9000", 0}, {0}};
	struct proving v;
	struct fakecard f;

	(void)context;
	fakecard_init(&f, script);
	prepare(&v, &f, p256, p256, "1234");
	v.p.applet = &applet_jpki;
	assert_int_equal(card_prove(&f.service, &v.p), CARD_KEY);
	assert_int_equal(f.resets, 1);
	v.key.kind = KEY_NONE;
	assert_int_equal(card_prove(&f.service, &v.p), CARD_ERROR);
}

static int make_keys(void **context)
{
	(void)context;
	p256 = issuer_key(KEY_P256);
	p256_other = issuer_key(KEY_P256);
	rsa = issuer_key(KEY_RSA2048);
	return 0;
}

static int free_keys(void **context)
{
	(void)context;
	EVP_PKEY_free(p256);
	EVP_PKEY_free(p256_other);
	EVP_PKEY_free(rsa);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_card_tells_what_it_is),
	    cmocka_unit_test(its_tries_are_counted),
	    cmocka_unit_test(a_look_asks_no_more_than_that),
	    cmocka_unit_test(the_certificate_is_read_in_the_same_visit),
	    cmocka_unit_test(a_card_that_cannot_be_had_is_left_alone),
	    cmocka_unit_test(the_floor_for_p256),
	    cmocka_unit_test(the_floor_for_rsa),
	    cmocka_unit_test(the_floor_for_jpki),
	    cmocka_unit_test(a_failure_anywhere_denies_and_resets),
	    cmocka_unit_test(a_stranger_gets_no_pin),
	    cmocka_unit_test(a_card_that_was_moved_is_identified_again),
	    cmocka_unit_test(a_right_pin_without_the_key_is_nothing),
	    cmocka_unit_test(tries_are_told),
	    cmocka_unit_test(tries_are_asked_for_again),
	    cmocka_unit_test(a_password_never_reaches_a_card),
	    cmocka_unit_test(a_key_the_card_cannot_have_is_refused),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
