/* SPDX-License-Identifier: BSD-2-Clause */
/* lib/store/cardindex.c: whom a card names, whom it never names, and how the links are mended.
 */
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
#include <sys/stat.h>
#include <unistd.h>

#include "lib/store/cardindex.h"
#include "lib/store/person.h"
#include "tests/unit/disk.h"
#include "tests/unit/tempdir.h"

#define NOW 1700000000

enum { ALICE = 1, BOB = 2 }; /* also the bytes of their cards' identities */

static char top[TEMPDIR_SIZE], var[TEMPDIR_SIZE + 8], etc[TEMPDIR_SIZE + 8];
static struct store store;
static struct keys keys;
static char alice_file[NAME_HEX_SIZE], bob_file[NAME_HEX_SIZE];
static char alice_link[NAME_HEX_SIZE], bob_link[NAME_HEX_SIZE];

static const uint8_t *identity(uint8_t n)
{
	static uint8_t bytes[TOKEN_HASH_SIZE];

	memset(bytes, n, sizeof(bytes));
	return bytes;
}

/* ---- a store with two people, each with a card ---- */

static void enroll(const char *name, uint8_t n, char ret_file[NAME_HEX_SIZE])
{
	struct person p;
	struct err e = {0};
	struct token *t = &p.record.tokens[0];
	bool found;

	assert_int_equal(person_find(&store, &keys, name, &found, &p, &e), 0);
	*t = (struct token){.kind = TOKEN_CARD,
	    .created = NOW,
	    .label = "card",
	    .card = {.applet = "piv", .not_after = NOW, .key_kind = 1}};
	memset(t->id, n, sizeof(t->id));
	memcpy(t->card.identity, identity(n), sizeof(t->card.identity));
	memset(t->card.key_hash, n, sizeof(t->card.key_hash));
	memcpy(p.state.counters[0].id, t->id, sizeof(t->id));
	p.record.token_count = 1;
	assert_int_equal(person_put(&store, &keys, &p, &e), 0);
	memcpy(ret_file, p.file, NAME_HEX_SIZE);
	person_close(&p);
}

static int make_store(void **state)
{
	struct err e = {0};

	(void)state;
	tempdir_make(top);
	(void)snprintf(var, sizeof(var), "%s/var", top);
	(void)snprintf(etc, sizeof(etc), "%s/etc", top);
	if (store_create(var, etc, true, NOW, &e) != 0 ||
	    store_open(&store, var, etc, true, &e) != 0 || store_unlock(&store, &keys, &e) != 0)
		return -1;
	enroll("alice", ALICE, alice_file);
	enroll("bob", BOB, bob_file);
	disk_reset();
	return keys_card_name(&keys, "piv", identity(ALICE), alice_link) != 0 ||
	       keys_card_name(&keys, "piv", identity(BOB), bob_link) != 0;
}

static int remove_store(void **state)
{
	(void)state;
	store_close(&store);
	keys_clear(&keys);
	tempdir_remove(top);
	return 0;
}

/* Good for two at a time. */
static const char *path_of(const char *name)
{
	static char paths[2][256];
	static unsigned turn;
	char *path = paths[turn++ % 2];

	(void)snprintf(path, sizeof(paths[0]), "%s/cards/%s", var, name);
	return path;
}

static const char *record_of(const char *file)
{
	static char paths[2][256];
	static unsigned turn;
	char *path = paths[turn++ % 2];

	(void)snprintf(path, sizeof(paths[0]), "%s/records/%s", var, file);
	return path;
}

static void put_link(const char *name, const char *target)
{
	(void)unlink(path_of(name));
	assert_int_equal(symlink(target, path_of(name)), 0);
}

static const char *target_of(const char *file)
{
	static char target[128];

	(void)snprintf(target, sizeof(target), "../records/%s", file);
	return target;
}

static int update(bool with_alice, bool with_bob, struct err *e)
{
	struct card_link list[2];
	struct card_links l = {.list = list};

	memset(list, 0, sizeof(list));
	if (with_alice) {
		memcpy(list[l.count].name, alice_link, NAME_HEX_SIZE);
		memcpy(list[l.count++].file, alice_file, NAME_HEX_SIZE);
	}
	if (with_bob) {
		memcpy(list[l.count].name, bob_link, NAME_HEX_SIZE);
		memcpy(list[l.count++].file, bob_file, NAME_HEX_SIZE);
	}
	if (l.count == 2 && strcmp(list[0].name, list[1].name) > 0) {
		struct card_link first = list[0];

		list[0] = list[1];
		list[1] = first;
	}
	return cardindex_update(&store, &l, e);
}

static void update_both(void)
{
	struct err e = {0};

	assert_int_equal(update(true, true, &e), 0);
	assert_int_equal(e.number, ERR_NONE);
}

static const char *owner(const char *applet, uint8_t n, enum err_number *ret_number)
{
	static char name[RECORD_NAME_SIZE];
	struct err e = {0};

	memset(name, 0, sizeof(name));
	if (cardindex_find(&store, &keys, applet, identity(n), name, &e) == 0) {
		assert_int_equal(e.number, ERR_NONE);
		*ret_number = ERR_NONE;
		return name;
	}
	assert_string_equal(name, "");
	*ret_number = e.number;
	return NULL;
}

static void assert_owner(uint8_t n, const char *name)
{
	enum err_number number;
	const char *found = owner("piv", n, &number);

	assert_non_null(found);
	assert_string_equal(found, name);
}

static void assert_nobody(uint8_t n, enum err_number why)
{
	enum err_number number;

	assert_null(owner("piv", n, &number));
	assert_int_equal(number, why);
}

/* ---- whom a card names ---- */

static void a_card_names_its_owner(void **state)
{
	enum err_number number;

	(void)state;
	assert_nobody(ALICE, ERR_NOT_ENROLLED); /* not even a directory */
	update_both();
	assert_owner(ALICE, "alice");
	assert_owner(BOB, "bob");
	assert_nobody(3, ERR_NOT_ENROLLED);
	assert_null(owner("jpki", ALICE, &number));
	assert_int_equal(number, ERR_NOT_ENROLLED);
}

/* The value was computed from FORMAT.md with another implementation of HMAC. */
static void the_name_is_that_of_the_document(void **state)
{
	struct keys k = {.name_key = {0}};
	uint8_t bytes[TOKEN_HASH_SIZE];
	char name[NAME_HEX_SIZE];

	(void)state;
	memset(k.name_key, 0x11, sizeof(k.name_key));
	for (unsigned i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	assert_int_equal(keys_card_name(&k, "piv", bytes, name), 0);
	assert_string_equal(
	    name, "83127f6bc1e2e6704e3ff3f1eefa60c2ea23aa3a2a819f3bf1d5ccddc23986f6");
}

static void a_link_of_any_other_form_names_nobody(void **state)
{
	char targets[][200] = {
	    "", /* the first five are made of a good one */
	    "",
	    "",
	    "",
	    "",
	    "../records/",
	    "../records/alice",
	    "alice",
	    "/etc/passwd",
	    ".",
	};

	(void)state;
	update_both();
	(void)snprintf(targets[0], sizeof(targets[0]), "../states/%s", alice_file);
	(void)snprintf(targets[1], sizeof(targets[1]), "../records/%s0", alice_file);
	(void)snprintf(targets[2], sizeof(targets[2]), "../records/%.63s", alice_file);
	(void)snprintf(targets[3], sizeof(targets[3]), "../records//%.63s", alice_file);
	(void)snprintf(targets[4], sizeof(targets[4]), "%s/records/%s", var, alice_file);
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		put_link(alice_link, targets[i]);
		assert_nobody(ALICE, ERR_STRAY);
	}
	for (size_t i = 0; i < strlen(target_of(alice_file)); i++) {
		char target[128];

		(void)snprintf(target, sizeof(target), "%s", target_of(alice_file));
		target[i] = 'A';
		put_link(alice_link, target);
		assert_nobody(ALICE, ERR_STRAY);
	}
	assert_int_equal(unlink(path_of(alice_link)), 0);
	assert_int_equal(link(record_of(alice_file), path_of(alice_link)), 0); /* a file */
	assert_nobody(ALICE, ERR_STRAY);
	assert_int_equal(unlink(path_of(alice_link)), 0);
	assert_int_equal(mkdir(path_of(alice_link), 0700), 0);
	assert_nobody(ALICE, ERR_STRAY);
	assert_int_equal(rmdir(path_of(alice_link)), 0);
	put_link(alice_link, target_of(alice_file));
	assert_owner(ALICE, "alice");
}

static void a_link_to_somebody_else_names_nobody(void **state)
{
	char none[NAME_HEX_SIZE];

	(void)state;
	update_both();
	put_link(alice_link, target_of(bob_file));
	assert_nobody(ALICE, ERR_NOT_ENROLLED);
	assert_owner(BOB, "bob");
	memset(none, '0', sizeof(none) - 1);
	none[sizeof(none) - 1] = '\0';
	put_link(alice_link, target_of(none));
	assert_nobody(ALICE, ERR_IO);
}

static void a_directory_others_can_change_is_not_read(void **state)
{
	(void)state;
	update_both();
	assert_int_equal(chmod(path_of(""), 0750), 0);
	assert_nobody(ALICE, ERR_UNSAFE_FILE);
	assert_int_equal(chmod(path_of(""), 0700), 0);
	assert_owner(ALICE, "alice");
}

static void a_damaged_record_names_nobody(void **state)
{
	int fd;

	(void)state;
	update_both();
	fd = open(record_of(alice_file), O_WRONLY);
	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, "x", 1, 100), 1);
	close(fd);
	assert_nobody(ALICE, ERR_DAMAGED);
	/* that of somebody else in its place: it opens only under its own name */
	assert_int_equal(rename(record_of(bob_file), record_of("bob")), 0);
	assert_int_equal(unlink(record_of(alice_file)), 0);
	assert_int_equal(rename(record_of("bob"), record_of(alice_file)), 0);
	assert_nobody(ALICE, ERR_DAMAGED);
	assert_nobody(BOB, ERR_IO);
}

static void change(void (*how)(struct person *p))
{
	struct person p;
	struct err e = {0};
	bool found;

	assert_int_equal(person_find(&store, &keys, "alice", &found, &p, &e), 0);
	assert_true(found);
	how(&p);
	assert_int_equal(person_put(&store, &keys, &p, &e), 0);
	person_close(&p);
}

static void suspend(struct person *p)
{
	p->record.flags |= RECORD_SUSPENDED;
}

static void suspend_token(struct person *p)
{
	p->record.tokens[0].flags |= TOKEN_SUSPENDED;
}

static void bury(struct person *p)
{
	person_bury(p, NOW);
}

static void enroll_another(struct person *p)
{
	memset(p->record.tokens[0].card.identity, 9, TOKEN_HASH_SIZE);
}

static void use_phone(struct person *p)
{
	struct token *t = &p->record.tokens[0];

	t->kind = TOKEN_TOTP;
	t->algorithm = TOKEN_SHA1;
	t->digits = 6;
	t->period = 30;
	t->secret_len = 20;
	memset(t->secret, 7, 20);
	memset(&t->card, 0, sizeof(t->card));
}

static void use_jpki(struct person *p)
{
	(void)snprintf(p->record.tokens[0].card.applet, TOKEN_APPLET_SIZE, "jpki");
}

/* The link stays: it is the record that says whose the card is. */
static void a_record_without_the_card_names_nobody(void **state)
{
	static void (*const changes[])(struct person *) = {
	    suspend, suspend_token, bury, enroll_another, use_phone, use_jpki};

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		if (i > 0) {
			(void)remove_store(state);
			assert_int_equal(make_store(state), 0);
		}
		update_both();
		assert_owner(ALICE, "alice");
		change(changes[i]);
		assert_nobody(ALICE, ERR_NOT_ENROLLED);
		assert_owner(BOB, "bob");
	}
}

/* ---- the links are made what they should be ---- */

static struct {
	unsigned count;
	enum cardindex_fault fault[8];
	char name[8][NAME_HEX_SIZE + 8];
} seen;

static void note(void *context, enum cardindex_fault fault, const char *name)
{
	(void)context;
	assert_in_range(seen.count, 0, 7);
	seen.fault[seen.count] = fault;
	(void)snprintf(seen.name[seen.count++], sizeof(seen.name[0]), "%s", name);
}

/* Of alice's link alone. */
static void look(void)
{
	struct card_link list[1];
	struct card_links l = {.count = 1, .list = list};
	struct err e = {0};

	memset(&seen, 0, sizeof(seen));
	memset(list, 0, sizeof(list));
	memcpy(list[0].name, alice_link, NAME_HEX_SIZE);
	memcpy(list[0].file, alice_file, NAME_HEX_SIZE);
	assert_int_equal(cardindex_compare(&store, &l, note, NULL, &e), 0);
}

static void assert_seen(enum cardindex_fault fault, const char *name)
{
	look();
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.fault[0], fault);
	assert_string_equal(seen.name[0], name);
}

static void every_difference_is_told_and_ended(void **state)
{
	struct err e = {0};
	struct stat st;
	char name[NAME_HEX_SIZE + 8];

	(void)state;
	assert_seen(CARDINDEX_MISSING, alice_link); /* without a directory */
	assert_int_equal(update(true, false, &e), 0);
	look();
	assert_int_equal(seen.count, 0);
	assert_int_equal(stat(path_of(""), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);

	assert_int_equal(unlink(path_of(alice_link)), 0);
	assert_seen(CARDINDEX_MISSING, alice_link);
	assert_int_equal(update(true, false, &e), 0);

	put_link(alice_link, target_of(bob_file));
	assert_seen(CARDINDEX_WRONG, alice_link);
	assert_int_equal(update(true, false, &e), 0);
	put_link(alice_link, "/etc/passwd");
	assert_seen(CARDINDEX_WRONG, alice_link);
	assert_int_equal(update(true, false, &e), 0);

	put_link(bob_link, target_of(bob_file));
	assert_seen(CARDINDEX_LEFT, bob_link);
	assert_int_equal(update(true, false, &e), 0);

	/* cut short between making a link and putting it in place */
	(void)snprintf(name, sizeof(name), ".new-%s", alice_link);
	put_link(name, target_of(bob_file));
	assert_seen(CARDINDEX_LEFT, name);
	assert_int_equal(update(true, false, &e), 0);
	put_link(name, target_of(bob_file));
	assert_int_equal(unlink(path_of(alice_link)), 0);
	assert_int_equal(update(true, false, &e), 0);

	/* with a link to be replaced, whichever of the two is met first */
	for (int i = 0; i < 2; i++) {
		put_link(i == 0 ? name : alice_link, target_of(bob_file));
		put_link(i == 0 ? alice_link : name, target_of(bob_file));
		assert_int_equal(update(true, false, &e), 0);
		look();
		assert_int_equal(seen.count, 0);
	}

	look();
	assert_int_equal(seen.count, 0);
	assert_owner(ALICE, "alice");
	assert_int_equal(update(false, false, &e), 0);
	assert_nobody(ALICE, ERR_NOT_ENROLLED);
	assert_int_equal(e.number, ERR_NONE);
}

static void what_is_no_link_stays(void **state)
{
	struct err e = {0};

	(void)state;
	update_both();
	tempdir_put(var, "cards/note", "mine");
	assert_int_equal(update(true, false, &e), 0);
	assert_seen(CARDINDEX_STRAY, "note");
	assert_int_equal(access(path_of("note"), F_OK), 0);
	/* in the way: nothing is thrown away for it, and nobody is named */
	assert_int_equal(rename(path_of("note"), path_of(alice_link)), 0);
	assert_int_equal(update(true, false, &e), 0);
	assert_seen(CARDINDEX_STRAY, alice_link);
	assert_nobody(ALICE, ERR_STRAY);
}

static void a_store_without_cards_gets_no_directory(void **state)
{
	struct err e = {0};

	(void)state;
	assert_int_equal(update(false, false, &e), 0);
	assert_int_equal(access(path_of(""), F_OK), -1);
	assert_string_equal(disk.events, "");
}

/* It is the directories that have to reach the disk: once, and before anything is told. */
static void links_are_durable(void **state)
{
	struct err e = {0};

	(void)state;
	assert_int_equal(update(true, true, &e), 0);
	assert_string_equal(disk.events, "SS");
	disk_reset();
	disk.fail_fsync = EIO;
	assert_int_equal(update(true, false, &e), -1);
	assert_int_equal(e.number, ERR_IO);
	assert_non_null(strstr(e.object, "cards"));
	disk_reset();
	e = (struct err){0};
	assert_int_equal(update(true, false, &e), 0); /* nothing to do but that */
	assert_string_equal(disk.events, "S");
}

static void one_failure_does_not_hide_the_rest(void **state)
{
	struct err e = {0};
	char name[NAME_HEX_SIZE + 16];

	(void)state;
	update_both();
	assert_int_equal(update(false, false, &e), 0);
	(void)snprintf(name, sizeof(name), "cards/.new-%s", alice_link);
	tempdir_make_directory(var, name); /* nothing that can be unlinked */
	assert_int_equal(update(true, true, &e), -1);
	assert_int_equal(e.number, ERR_IO);
	assert_nobody(ALICE, ERR_NOT_ENROLLED);
	assert_owner(BOB, "bob");
}

#define IN_A_STORE(test) cmocka_unit_test_setup_teardown(test, make_store, remove_store)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_name_is_that_of_the_document),
	    IN_A_STORE(a_card_names_its_owner),
	    IN_A_STORE(a_link_of_any_other_form_names_nobody),
	    IN_A_STORE(a_link_to_somebody_else_names_nobody),
	    IN_A_STORE(a_directory_others_can_change_is_not_read),
	    IN_A_STORE(a_damaged_record_names_nobody),
	    IN_A_STORE(a_record_without_the_card_names_nobody),
	    IN_A_STORE(every_difference_is_told_and_ended),
	    IN_A_STORE(what_is_no_link_stays),
	    IN_A_STORE(a_store_without_cards_gets_no_directory),
	    IN_A_STORE(links_are_durable),
	    IN_A_STORE(one_failure_does_not_hide_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
