/* SPDX-License-Identifier: BSD-2-Clause */
/* lib/store/certificates.c: every rule of the format, whose they are, and when they go. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/store/certificates.h"
#include "tests/unit/tempdir.h"

#define NOW 1700000000

static char top[TEMPDIR_SIZE], var[TEMPDIR_SIZE + 8], etc[TEMPDIR_SIZE + 8];
static struct store store;
static struct keys keys;
static struct certificates sample, back;
static uint8_t plain[CERTIFICATES_PLAIN_SIZE], again[CERTIFICATES_PLAIN_SIZE];

/* ---- codec ---- */

static void make_sample(unsigned count)
{
	memset(&sample, 0, sizeof(sample));
	memset(sample.incarnation, 0x21, sizeof(sample.incarnation));
	sample.count = count;
	for (unsigned i = 0; i < count && i < RECORD_TOKENS_MAX; i++) {
		struct certificate *x = &sample.entries[i];

		memset(x->id, (int)i + 1, sizeof(x->id));
		x->len = (uint16_t)(i == 0 ? CERTIFICATE_MAX : 100 + i);
		memset(x->der, 0x40 + (int)i, x->len);
	}
}

static void round_trip(void **state)
{
	struct err e = {0};

	(void)state;
	for (unsigned count = 0; count <= RECORD_TOKENS_MAX; count++) {
		make_sample(count);
		assert_int_equal(certificates_encode(&sample, plain), 0);
		assert_int_equal(certificates_decode(plain, sizeof(plain), "o", &back, &e), 0);
		assert_memory_equal(&back, &sample, sizeof(sample));
		assert_int_equal(certificates_encode(&back, again), 0);
		assert_memory_equal(again, plain, sizeof(plain));
	}
	for (size_t len = 0; len < sizeof(plain); len += 997)
		assert_int_equal(certificates_decode(plain, len, "o", &back, &e), -1);
}

static void rules_when_writing(void **state)
{
	(void)state;
	make_sample(RECORD_TOKENS_MAX + 1);
	assert_int_equal(certificates_encode(&sample, plain), -1);
	make_sample(2);
	memset(sample.incarnation, 0, sizeof(sample.incarnation));
	assert_int_equal(certificates_encode(&sample, plain), -1);
	make_sample(2);
	memset(sample.entries[1].id, 0, TOKEN_ID_SIZE);
	assert_int_equal(certificates_encode(&sample, plain), -1);
	make_sample(2);
	memcpy(sample.entries[1].id, sample.entries[0].id, TOKEN_ID_SIZE);
	assert_int_equal(certificates_encode(&sample, plain), -1);
	make_sample(2);
	sample.entries[0].len = 0;
	assert_int_equal(certificates_encode(&sample, plain), -1);
	make_sample(2);
	sample.entries[0].len = CERTIFICATE_MAX + 1;
	assert_int_equal(certificates_encode(&sample, plain), -1);
}

static void rules_when_reading(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
	} cases[] = {
	    {16, 9},                                      /* count */
	    {16, 1},                                      /* an unused entry that is not zero */
	    {16, 3},                                      /* a used one that is */
	    {17, 1},                                      /* zero */
	    {31, 1},                                      /* zero */
	    {32 + 8, 0x11},                               /* length */
	    {32 + 10, 1},                                 /* zero */
	    {32 + CERTIFICATES_ENTRY_SIZE + 8, 0xff},     /* length */
	    {32 + CERTIFICATES_ENTRY_SIZE + 9, 0},        /* length 0, and bytes behind */
	    {32 + CERTIFICATES_ENTRY_SIZE + 16 + 101, 1}, /* behind its length */
	    {CERTIFICATES_PLAIN_SIZE - 1, 1},
	};
	static const struct certificates zero;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err e = {0};

		make_sample(2);
		assert_int_equal(certificates_encode(&sample, plain), 0);
		plain[cases[i].at] = cases[i].value;
		memset(&back, 0xee, sizeof(back));
		if (certificates_decode(plain, sizeof(plain), "o", &back, &e) != -1)
			fail_msg("byte %zu", cases[i].at);
		assert_int_equal(e.number, ERR_CERT_KEPT);
		assert_memory_equal(&back, &zero, sizeof(back));
	}
}

/* ---- files ---- */

static int make_store(void **state)
{
	struct err e = {0};

	(void)state;
	tempdir_make(top);
	(void)snprintf(var, sizeof(var), "%s/var", top);
	(void)snprintf(etc, sizeof(etc), "%s/etc", top);
	return store_create(var, etc, true, NOW, &e) != 0 ||
	       store_open(&store, var, etc, true, &e) != 0 ||
	       store_unlock(&store, &keys, &e) != 0;
}

static int remove_store(void **state)
{
	(void)state;
	store_close(&store);
	keys_clear(&keys);
	tempdir_remove(top);
	return 0;
}

static void find(const char *name, struct person *p)
{
	struct err e = {0};
	bool found;

	assert_int_equal(person_find(&store, &keys, name, &found, p, &e), 0);
}

static void add_card(struct person *p, uint8_t n)
{
	struct token *t = &p->record.tokens[p->record.token_count];

	*t = (struct token){.kind = TOKEN_CARD,
	    .created = NOW,
	    .card = {.applet = "piv", .not_after = NOW, .key_kind = 1}};
	memset(t->id, n, sizeof(t->id));
	memset(t->card.identity, n, sizeof(t->card.identity));
	memset(t->card.key_hash, n, sizeof(t->card.key_hash));
	(void)snprintf(t->label, sizeof(t->label), "card %u", n);
	memcpy(p->state.counters[p->record.token_count].id, t->id, sizeof(t->id));
	p->record.token_count++;
}

static void drop_token(struct person *p, unsigned i)
{
	for (; i + 1 < p->record.token_count; i++)
		p->record.tokens[i] = p->record.tokens[i + 1];
	memset(&p->record.tokens[--p->record.token_count], 0, sizeof(struct token));
}

static void keep(struct person *p, uint8_t n)
{
	uint8_t id[TOKEN_ID_SIZE], der[100];
	struct err e = {0};

	memset(id, n, sizeof(id));
	memset(der, 0x80 + n, sizeof(der));
	assert_int_equal(certificates_add(&store, &keys, p, id, der, sizeof(der), &e), 0);
	assert_int_equal(e.number, ERR_NONE);
}

static void put(struct person *p)
{
	struct err e = {0};

	assert_int_equal(person_put(&store, &keys, p, &e), 0);
	assert_int_equal(e.number, ERR_NONE);
}

static enum err_number kept(const struct person *p, uint8_t n)
{
	uint8_t id[TOKEN_ID_SIZE], der[CERTIFICATE_MAX];
	struct err e = {0};
	size_t len = 0;

	memset(id, n, sizeof(id));
	if (certificates_read(&store, &keys, p, id, der, &len, &e) != 0)
		return (enum err_number)e.number;
	assert_int_equal(len, 100);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(der[i], 0x80 + n);
	return ERR_NONE;
}

static void path_of(const struct person *p, char out[256])
{
	(void)snprintf(out, 256, "%s/certificates/%s", var, p->file);
}

static bool has_file(const struct person *p)
{
	char path[256];

	path_of(p, path);
	return access(path, F_OK) == 0;
}

static void kept_with_the_card(void **state)
{
	struct person p;

	(void)state;
	find("alice", &p);
	assert_int_equal(kept(&p, 1), ERR_CERT_KEPT); /* not even a directory */
	keep(&p, 1);
	add_card(&p, 1);
	put(&p);
	assert_int_equal(kept(&p, 1), ERR_NONE);
	assert_int_equal(kept(&p, 2), ERR_CERT_KEPT);
	keep(&p, 2);
	add_card(&p, 2);
	put(&p);
	assert_int_equal(kept(&p, 1), ERR_NONE);
	assert_int_equal(kept(&p, 2), ERR_NONE);
	drop_token(&p, 0);
	put(&p);
	assert_int_equal(kept(&p, 1), ERR_CERT_KEPT);
	assert_int_equal(kept(&p, 2), ERR_NONE);
	drop_token(&p, 0);
	put(&p);
	assert_false(has_file(&p));
	person_close(&p);
}

static void gone_with_the_person(void **state)
{
	struct person p;

	(void)state;
	find("alice", &p);
	keep(&p, 1);
	add_card(&p, 1);
	put(&p);
	person_bury(&p, NOW);
	put(&p);
	assert_false(has_file(&p));
	person_close(&p);
}

/* What an enrollment cut short has left goes with the next change. */
static void leftovers_go(void **state)
{
	struct person p;

	(void)state;
	find("alice", &p);
	keep(&p, 1);
	add_card(&p, 1);
	put(&p);
	keep(&p, 7);
	assert_int_equal(kept(&p, 7), ERR_NONE);
	put(&p);
	assert_int_equal(kept(&p, 7), ERR_CERT_KEPT);
	assert_int_equal(kept(&p, 1), ERR_NONE);
	/* With no place left, they go before. */
	for (uint8_t n = 2; n <= RECORD_TOKENS_MAX; n++)
		keep(&p, n);
	keep(&p, 9);
	assert_int_equal(kept(&p, 9), ERR_NONE);
	assert_int_equal(kept(&p, 2), ERR_CERT_KEPT);
	assert_int_equal(kept(&p, 1), ERR_NONE);
	person_close(&p);
}

/* The card is revoked: that a certificate nobody asks for stays is no reason to say otherwise.
 */
static void what_cannot_be_removed_is_no_failure(void **state)
{
	char path[256], away[300];
	struct person p;
	FILE *f;

	(void)state;
	find("alice", &p);
	keep(&p, 1);
	keep(&p, 2);
	add_card(&p, 1);
	add_card(&p, 2);
	put(&p);
	assert_int_equal(p.leftover, ERR_NONE);
	(void)snprintf(path, sizeof(path), "%s/certificates", var);
	(void)snprintf(away, sizeof(away), "%s.away", path);
	assert_int_equal(rename(path, away), 0);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fclose(f), 0);
	drop_token(&p, 0);
	put(&p);
	assert_int_not_equal(p.leftover, ERR_NONE);
	person_close(&p);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rename(away, path), 0);
	find("alice", &p);
	assert_int_equal(p.record.token_count, 1);
	assert_int_equal(kept(&p, 1), ERR_NONE);
	put(&p);
	assert_int_equal(p.leftover, ERR_NONE);
	assert_int_equal(kept(&p, 1), ERR_CERT_KEPT);
	assert_int_equal(kept(&p, 2), ERR_NONE);
	person_close(&p);
}

static void no_room(void **state)
{
	static const uint8_t id[TOKEN_ID_SIZE] = {9}, der[CERTIFICATE_MAX + 1] = {1};
	struct err e = {0};
	struct person p;

	(void)state;
	find("alice", &p);
	for (uint8_t n = 1; n <= RECORD_TOKENS_MAX; n++) {
		keep(&p, n);
		add_card(&p, n);
	}
	put(&p);
	assert_int_equal(certificates_add(&store, &keys, &p, id, der, 1, &e), -1);
	assert_int_equal(e.number, ERR_LIMIT);
	assert_int_equal(certificates_add(&store, &keys, &p, id, der, sizeof(der), &e), -1);
	assert_int_equal(certificates_add(&store, &keys, &p, id, der, 0, &e), -1);
	for (uint8_t n = 1; n <= RECORD_TOKENS_MAX; n++)
		assert_int_equal(kept(&p, n), ERR_NONE);
	person_close(&p);
}

static void copy_file(const struct person *from, const struct person *to)
{
	static uint8_t bytes[CERTIFICATES_FILE_SIZE];
	char path[256];
	FILE *f;

	path_of(from, path);
	f = fopen(path, "rb");
	assert_non_null(f);
	assert_int_equal(fread(bytes, 1, sizeof(bytes), f), sizeof(bytes));
	(void)fclose(f);
	path_of(to, path);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, sizeof(bytes), f), sizeof(bytes));
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, 0600), 0);
}

/* Damaged, cut, another person's, of an earlier enrollment: each is S-96, and made anew by the
 * next card that is enrolled. */
static void damage_is_told(void **state)
{
	struct person alice, bob, stranger;
	char path[256];
	uint8_t byte;
	int fd;

	(void)state;
	find("alice", &alice);
	keep(&alice, 1);
	add_card(&alice, 1);
	put(&alice);
	find("bob", &bob);
	keep(&bob, 2);
	add_card(&bob, 2);
	put(&bob);
	path_of(&alice, path);

	fd = open(path, O_RDWR);
	assert_true(fd >= 0);
	for (off_t at = 0; at < CERTIFICATES_FILE_SIZE; at += 211) {
		assert_int_equal(pread(fd, &byte, 1, at), 1);
		byte ^= 0x40;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		assert_int_equal(kept(&alice, 1), ERR_CERT_KEPT);
		byte ^= 0x40;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	}
	assert_int_equal(kept(&alice, 1), ERR_NONE);
	assert_int_equal(ftruncate(fd, CERTIFICATES_FILE_SIZE - 1), 0);
	assert_int_equal(kept(&alice, 1), ERR_CERT_KEPT);
	close(fd);
	put(&alice); /* a damaged file is in nobody's way */
	keep(&alice, 1);
	assert_int_equal(kept(&alice, 1), ERR_NONE);

	copy_file(&bob, &alice);
	assert_int_equal(kept(&alice, 2), ERR_CERT_KEPT);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(kept(&alice, 1), ERR_CERT_KEPT);

	stranger = bob;
	stranger.incarnation[0] ^= 1;
	assert_int_equal(kept(&stranger, 2), ERR_CERT_KEPT);
	person_close(&alice);
	person_close(&bob);
}

static void loosened_modes_are_unsafe(void **state)
{
	struct person p;
	char path[256];

	(void)state;
	find("alice", &p);
	keep(&p, 1);
	add_card(&p, 1);
	put(&p);
	path_of(&p, path);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(kept(&p, 1), ERR_UNSAFE_FILE);
	assert_int_equal(chmod(path, 0600), 0);
	(void)snprintf(path, sizeof(path), "%s/certificates", var);
	assert_int_equal(chmod(path, 0755), 0);
	assert_int_equal(kept(&p, 1), ERR_UNSAFE_FILE);
	person_close(&p);
}

#define WITH_STORE(f) cmocka_unit_test_setup_teardown(f, make_store, remove_store)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(round_trip),
	    cmocka_unit_test(rules_when_writing),
	    cmocka_unit_test(rules_when_reading),
	    WITH_STORE(kept_with_the_card),
	    WITH_STORE(gone_with_the_person),
	    WITH_STORE(leftovers_go),
	    WITH_STORE(what_cannot_be_removed_is_no_failure),
	    WITH_STORE(no_room),
	    WITH_STORE(damage_is_told),
	    WITH_STORE(loosened_modes_are_unsafe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
