/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/store/store.c: init, people, decoys, what a crash may leave, bad files in every place.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/safefile.h"
#include "lib/store/field.h"
#include "lib/store/person.h"
#include "lib/wire/secret.h"
#include "tests/unit/tempdir.h"

#define NOW 1700000000

static char top[TEMPDIR_SIZE], var[TEMPDIR_SIZE + 8], etc[TEMPDIR_SIZE + 8];
static struct store store;
static struct keys keys;

static void name_paths(void)
{
	tempdir_make(top);
	(void)snprintf(var, sizeof(var), "%s/var", top);
	(void)snprintf(etc, sizeof(etc), "%s/etc", top);
}

static void open_store(void)
{
	struct err e = {0};

	assert_int_equal(store_open(&store, var, etc, true, &e), 0);
	assert_int_equal(store_unlock(&store, &keys, &e), 0);
}

static void close_store(void)
{
	store_close(&store);
	keys_clear(&keys);
}

static int setup(void **state)
{
	struct err e = {0};

	(void)state;
	name_paths();
	assert_int_equal(store_create(var, etc, true, NOW, &e), 0);
	assert_int_equal(e.number, ERR_NONE);
	open_store();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close_store();
	tempdir_remove(top);
	return 0;
}

static void add_token(struct person *p, const char *label)
{
	struct token *t = &p->record.tokens[p->record.token_count];

	memset(t, 0, sizeof(*t));
	assert_int_equal(crypto_random(t->id, sizeof(t->id)), 0);
	assert_int_equal(crypto_random(t->secret, 20), 0);
	t->kind = TOKEN_TOTP;
	t->algorithm = TOKEN_SHA1;
	t->digits = 6;
	t->period = 30;
	t->secret_len = 20;
	t->created = NOW;
	(void)snprintf(t->label, sizeof(t->label), "%s", label);
	memcpy(p->state.counters[p->record.token_count].id, t->id, sizeof(t->id));
	p->record.token_count++;
}

static void enroll(const char *name)
{
	struct person p;
	struct err e = {0};
	bool found = true;

	assert_int_equal(person_find(&store, &keys, name, &found, &p, &e), 0);
	assert_false(found);
	assert_int_equal(p.state_fd, -1);
	p.record.uid = 1000;
	add_token(&p, "phone");
	assert_int_equal(person_put(&store, &keys, &p, &e), 0);
	assert_true(p.state_fd >= 0);
	assert_int_equal(e.number, ERR_NONE);
	person_close(&p);
}

static void path_of(char *out, size_t size, const char *part, const char *person)
{
	char file[NAME_HEX_SIZE];

	assert_int_equal(keys_file_name(&keys, person, file), 0);
	assert_true((size_t)snprintf(out, size, "%s/%s/%s", var, part, file) < size);
}

static void create_makes_a_whole_store(void **state)
{
	static const struct {
		const char *name;
		mode_t mode;
		off_t size;
	} files[] = {
	    {"etc/host.key", 0400, HOST_KEY_FILE_SIZE},
	    {"var/header", 0600, HEADER_FILE_SIZE},
	    {"var/lock", 0600, 0},
	    {"var/clock", 0600, SLOTS_FILE_SIZE},
	    {"var/decoys/record", 0600, RECORD_FILE_SIZE},
	    {"var/decoys/0000", 0600, STATE_FILE_SIZE},
	    {"var/decoys/1023", 0600, STATE_FILE_SIZE},
	};
	char path[256];
	struct err e = {0};
	struct stat st;

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", top, files[i].name);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, files[i].mode);
		assert_int_equal(st.st_size, files[i].size);
		assert_true(files[i].size == 0 || st.st_blocks > 0);
	}
	(void)snprintf(path, sizeof(path), "%s/decoys/1024", var);
	assert_int_equal(stat(path, &st), -1);
	assert_int_equal(store_create(var, etc, true, NOW, &e), -1);
	assert_int_equal(e.number, ERR_STORE_EXISTS);
	assert_false(keys.header_damaged);
}

static void no_store_is_told(void **state)
{
	struct store s;
	struct keys k;
	struct err e = {0};
	char path[256];

	(void)state;
	assert_int_equal(store_open(&s, "/nonexistent/sekisho", etc, true, &e), -1);
	assert_int_equal(e.number, ERR_NO_STORE);
	store_close(&s);
	(void)snprintf(path, sizeof(path), "%s/header", var);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(store_unlock(&store, &k, &e), -1);
	assert_int_equal(e.number, ERR_NO_STORE);
}

static void host_key_missing_or_foreign(void **state)
{
	struct host_key other;
	uint8_t bytes[HOST_KEY_FILE_SIZE];
	struct keys k;
	struct err e = {0};

	(void)state;
	assert_int_equal(host_key_create(&other, &e), 0);
	assert_int_equal(host_key_encode(&other, bytes), 0);
	assert_int_equal(
	    safefile_replace(store.etc, etc, "host.key", bytes, sizeof(bytes), 0400, &e), 0);
	assert_int_equal(store_unlock(&store, &k, &e), -1);
	assert_int_equal(e.number, ERR_HOST_KEY);
	assert_int_equal(unlinkat(store.etc, "host.key", 0), 0);
	assert_int_equal(store_unlock(&store, &k, &e), -1);
	assert_int_equal(e.number, ERR_HOST_KEY);
}

static void enroll_and_open(void **state)
{
	struct person p;
	struct err e = {0};
	bool found = false;

	(void)state;
	enroll("alice");
	assert_int_equal(person_open(&store, &keys, "alice", &p, &e), 0);
	assert_false(p.decoy);
	assert_string_equal(p.record.name, "alice");
	assert_int_equal(p.record.token_count, 1);
	assert_int_equal(p.generation, 1);
	assert_int_equal(p.file_state.generation, 1);
	assert_false(p.file_state.torn);
	p.state.accepted = NOW;
	p.state.counters[0].next = 77;
	assert_int_equal(person_save_state(&store, &keys, &p, &e), 0);
	assert_int_equal(person_save_state(&store, &keys, &p, &e), 0);
	person_close(&p);
	assert_int_equal(p.state_fd, -1);

	assert_int_equal(person_find(&store, &keys, "alice", &found, &p, &e), 0);
	assert_true(found);
	assert_int_equal(p.file_state.generation, 3);
	assert_int_equal(p.state.counters[0].next, 77);
	add_token(&p, "second");
	assert_int_equal(person_put(&store, &keys, &p, &e), 0);
	person_close(&p);
	assert_int_equal(person_open(&store, &keys, "alice", &p, &e), 0);
	assert_int_equal(p.generation, 2);
	assert_int_equal(p.record.token_count, 2);
	assert_int_equal(p.file_state.generation, 4);
	assert_int_equal(p.state.counters[0].next, 77);
	person_close(&p);
}

static void unknown_gets_a_decoy(void **state)
{
	struct person p, q;
	struct err e = {0};
	bool found = true;

	(void)state;
	enroll("alice");
	assert_int_equal(person_open(&store, &keys, "nobody", &p, &e), 0);
	assert_true(p.decoy);
	assert_int_equal(p.record.token_count, 1);
	assert_non_null(state_counter(&p.state, p.record.tokens[0].id));
	assert_true(p.state_fd >= 0);
	p.state.buckets[0].streak = 3;
	assert_int_equal(person_save_state(&store, &keys, &p, &e), 0);
	assert_int_equal(e.number, ERR_NONE); /* nothing went wrong: nothing to log */
	/* locked like anybody: a second one waits and gives up */
	assert_int_equal(person_open(&store, &keys, "nobody", &q, &e), -1);
	assert_int_equal(e.number, ERR_BUSY);
	assert_null(strstr(e.object, "nobody"));
	person_close(&p);
	assert_int_equal(person_open(&store, &keys, "nobody", &p, &e), 0);
	assert_int_equal(p.state.buckets[0].streak, 3);
	assert_int_equal(person_put(&store, &keys, &p, &e), -1);
	person_close(&p);
	assert_int_equal(person_find(&store, &keys, "nobody", &found, &p, &e), 0);
	assert_false(found);
	person_close(&p);
	/* names far longer than any account, and the empty one */
	char longer[2000];
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(person_open(&store, &keys, longer, &p, &e), 0);
	assert_true(p.decoy);
	person_close(&p);
	assert_int_equal(person_open(&store, &keys, "", &p, &e), 0);
	assert_true(p.decoy);
	person_close(&p);
	assert_int_equal(person_find(&store, &keys, longer, &found, &p, &e), -1);
	assert_int_equal(e.number, ERR_INPUT);
}

static void decoys_spread(void **state)
{
	static bool hit[STORE_DECOYS];
	unsigned distinct = 0;
	struct err e = {0};

	(void)state;
	for (int i = 0; i < 200; i++) {
		struct person p;
		char name[32];
		int n;

		(void)snprintf(name, sizeof(name), "ghost%d", i);
		assert_int_equal(person_open(&store, &keys, name, &p, &e), 0);
		n = atoi(p.state_name);
		assert_in_range(n, 0, STORE_DECOYS - 1);
		distinct += !hit[n];
		hit[n] = true;
		person_close(&p);
	}
	assert_in_range(distinct, 150, 200);
}

static void one_without_the_other_is_refused(void **state)
{
	char path[256];
	struct person p;
	struct err e = {0};
	bool found = true;

	(void)state;
	enroll("alice");
	enroll("bob");
	path_of(path, sizeof(path), "records", "alice");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(person_open(&store, &keys, "alice", &p, &e), -1);
	assert_int_equal(e.number, ERR_DAMAGED);
	/* the tool may enroll anew over it */
	assert_int_equal(person_find(&store, &keys, "alice", &found, &p, &e), 0);
	assert_false(found);
	add_token(&p, "new");
	assert_int_equal(person_put(&store, &keys, &p, &e), 0);
	person_close(&p);
	assert_int_equal(person_open(&store, &keys, "alice", &p, &e), 0);
	assert_string_equal(p.record.tokens[0].label, "new");
	assert_int_equal(p.file_state.generation, 1);
	assert_false(p.file_state.torn);
	person_close(&p);

	path_of(path, sizeof(path), "states", "bob");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(person_open(&store, &keys, "bob", &p, &e), -1);
	assert_int_equal(e.number, ERR_DAMAGED);
	assert_int_equal(person_find(&store, &keys, "bob", &found, &p, &e), -1);
	assert_int_equal(e.number, ERR_DAMAGED);
}

static void leftover_state_of_any_size_is_reused(void **state)
{
	static const off_t sizes[] = {0, 100, STATE_FILE_SIZE, 3 * STATE_FILE_SIZE};
	char path[256];
	struct err e = {0};
	struct person p;

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		char name[16];
		int fd;

		(void)snprintf(name, sizeof(name), "user%zu", i);
		path_of(path, sizeof(path), "states", name);
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
		assert_true(fd >= 0);
		assert_int_equal(ftruncate(fd, sizes[i]), 0);
		close(fd);
		enroll(name);
		assert_int_equal(person_open(&store, &keys, name, &p, &e), 0);
		assert_false(p.file_state.torn);
		person_close(&p);
	}
}

/* Where the new record has no room: an error, and the state is not written either. */
static void put_changes_nothing_without_room(void **state)
{
	char path[256], part[32];
	struct person p;
	struct err e = {0};
	uint64_t generation;
	bool found = false;

	(void)state;
	enroll("alice");
	assert_int_equal(person_find(&store, &keys, "alice", &found, &p, &e), 0);
	generation = p.file_state.generation;
	(void)snprintf(part, sizeof(part), "records/.new-");
	assert_true(
	    (size_t)snprintf(path, sizeof(path), "%s/%s%s", var, part, p.file) < sizeof(path));
	assert_int_equal(mkdir(path, 0700), 0);
	person_bury(&p, NOW);
	assert_int_equal(person_put(&store, &keys, &p, &e), -1);
	assert_int_equal(e.number, ERR_IO);
	person_close(&p);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(person_find(&store, &keys, "alice", &found, &p, &e), 0);
	assert_true(found);
	assert_int_equal(p.file_state.generation, generation);
	assert_int_equal(p.record.token_count, 1);
	assert_non_null(state_counter(&p.state, p.record.tokens[0].id));
	person_close(&p);
}

/* A tombstone takes recovery and temporary codes with it; and where it does not come, for the
 * power failed after the state was written, its state opens nothing of the old record. */
static void bury_leaves_no_code(void **state)
{
	struct person p;
	struct err e = {0};
	bool found = false;

	(void)state;
	enroll("alice");
	assert_int_equal(person_find(&store, &keys, "alice", &found, &p, &e), 0);
	p.record.recovery_count = 1;
	memset(&p.record.recovery[0], 7, sizeof(p.record.recovery[0]));
	p.record.temporary_count = 1;
	p.record.temporary[0] = (struct temporary_code){.not_after = NOW, .uses = 1};
	p.state.recovery_spent = 1;
	p.state.temporary_uses[0] = 1;
	p.state.flags = STATE_FLAGS;
	p.state.accepted = NOW;
	p.state.buckets[0].streak = 3;
	assert_int_equal(person_put(&store, &keys, &p, &e), 0);
	person_bury(&p, NOW);
	assert_int_equal(person_put(&store, &keys, &p, &e), 0);
	person_close(&p);
	assert_int_equal(person_find(&store, &keys, "alice", &found, &p, &e), 0);
	assert_int_equal(p.record.flags, RECORD_TOMBSTONE);
	assert_int_equal(p.record.token_count, 0);
	assert_int_equal(p.record.recovery_count, 0);
	assert_int_equal(p.record.temporary_count, 0);
	assert_int_equal(p.state.flags, STATE_TOTP_UNSURE); /* the secret may come again */
	assert_int_equal(p.state.recovery_spent, (1u << RECORD_RECOVERY_MAX) - 1);
	for (unsigned i = 0; i < RECORD_TEMPORARY_MAX; i++)
		assert_int_equal(p.state.temporary_uses[i], UINT16_MAX);
	/* what was used and guessed is not forgotten */
	assert_int_equal(p.state.accepted, NOW);
	assert_int_equal(p.state.buckets[0].streak, 3);
	person_close(&p);
}

/* The record of before put back beside the state that revoking left: no token has a counter,
 * and one without is denied. */
static void an_old_record_after_revoking_is_dead(void **state)
{
	uint8_t old[RECORD_FILE_SIZE];
	struct person p;
	struct err e = {0};
	bool found = false;
	int fd;

	(void)state;
	enroll("alice");
	assert_int_equal(person_find(&store, &keys, "alice", &found, &p, &e), 0);
	add_token(&p, "second");
	assert_int_equal(person_put(&store, &keys, &p, &e), 0);
	fd = openat(store.records, p.file, O_RDONLY);
	assert_int_equal(read(fd, old, sizeof(old)), sizeof(old));
	close(fd);
	person_bury(&p, NOW);
	assert_int_equal(person_put(&store, &keys, &p, &e), 0);
	fd = openat(store.records, p.file, O_WRONLY | O_TRUNC);
	assert_int_equal(write(fd, old, sizeof(old)), sizeof(old));
	close(fd);
	person_close(&p);
	assert_int_equal(person_find(&store, &keys, "alice", &found, &p, &e), 0);
	assert_int_equal(p.record.token_count, 2);
	for (unsigned i = 0; i < p.record.token_count; i++)
		assert_null(state_counter(&p.state, p.record.tokens[i].id));
	person_close(&p);
}

/* A token that goes leaves behind how far its codes were used, also where it was fast. */
static void used_codes_are_remembered(void **state)
{
	static const struct {
		uint64_t next;
		int64_t accepted, now, expected;
	} rows[] = {
	    {0, NOW - 9, NOW, NOW - 9},
	    {NOW / 30 + 1, NOW, NOW, NOW}, /* the code of now */
	    {NOW / 30 - 99, NOW, NOW, NOW},
	    {NOW / 30 + 13, NOW, NOW, NOW / 30 * 30 + 360},
	    {NOW / 30 + 13, NOW + 361, NOW, NOW + 361},
	    {NOW / 30 + 13, NOW, NOW + 3600, NOW / 30 * 30 + 360},
	    {NOW / 30 + 2881, NOW, NOW, NOW + PERSON_FOLLOWED_S},
	    {UINT64_MAX, NOW, NOW, NOW + PERSON_FOLLOWED_S},
	    {NOW / 30 + 1, 0, -7, PERSON_FOLLOWED_S},
	    {UINT64_MAX, NOW, FIELD_TIME_MAX - 1, FIELD_TIME_MAX},
	    /* by a clock that is behind them */
	    {NOW / 30 + 13, NOW, NOW - 86400, NOW / 30 * 30 + 360},
	    {NOW / 30 + 2881, NOW, 0, NOW + PERSON_FOLLOWED_S},
	};
	struct person p;
	struct err e = {0};
	bool found = false;

	(void)state;
	enroll("alice");
	assert_int_equal(person_find(&store, &keys, "alice", &found, &p, &e), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		p.state.accepted = rows[i].accepted;
		state_counter(&p.state, p.record.tokens[0].id)->next = rows[i].next;
		person_remember_used(&p, &p.record.tokens[0], rows[i].now);
		assert_int_equal(p.state.accepted, rows[i].expected);
	}
	p.record.tokens[0].kind = TOKEN_HOTP;
	p.state.accepted = NOW;
	person_remember_used(&p, &p.record.tokens[0], NOW);
	assert_int_equal(p.state.accepted, NOW);
	p.record.tokens[0].kind = TOKEN_TOTP;
	person_bury(&p, NOW);
	assert_int_equal(p.state.accepted, NOW + PERSON_FOLLOWED_S);
	person_close(&p);
}

/* After tidy, a token of an older record that is put back has no counter. */
static void tidy_drops_strange_counters(void **state)
{
	uint8_t old[TOKEN_ID_SIZE];
	struct person p;
	struct err e = {0};
	uint64_t generation;
	bool found = false;

	(void)state;
	enroll("alice");
	assert_int_equal(person_find(&store, &keys, "alice", &found, &p, &e), 0);
	generation = p.file_state.generation;
	assert_int_equal(person_tidy(&store, &keys, &p, &e), 0);
	assert_int_equal(p.file_state.generation, generation); /* nothing to do, no write */
	memcpy(old, p.record.tokens[0].id, sizeof(old));
	add_token(&p, "new");
	p.record.tokens[0] = p.record.tokens[1];
	memset(&p.record.tokens[1], 0, sizeof(p.record.tokens[1]));
	p.record.token_count = 1;
	assert_int_equal(person_put(&store, &keys, &p, &e), 0);
	assert_non_null(state_counter(&p.state, old));
	assert_int_equal(person_tidy(&store, &keys, &p, &e), 0);
	person_close(&p);
	assert_int_equal(person_find(&store, &keys, "alice", &found, &p, &e), 0);
	assert_null(state_counter(&p.state, old));
	assert_non_null(state_counter(&p.state, p.record.tokens[0].id));
	person_close(&p);
}

/* Files nobody can read: a tombstone takes their place, and then somebody can enroll. */
static void remake_repairs(void **state)
{
	static const char *const parts[] = {"records", "states"};
	char path[256];
	struct person p;
	struct err e = {0};
	bool found = false;

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(parts) / sizeof(parts[0]); i++) {
		const char *name = i == 0 ? "a" : i == 1 ? "b" : i == 2 ? "c" : "d";

		enroll(name);
		path_of(path, sizeof(path), parts[i % 2], name);
		/* a missing record is a leftover that the next enrolment uses */
		assert_int_equal(i == 3 ? unlink(path) : truncate(path, 100), 0);
		assert_int_equal(person_find(&store, &keys, name, &found, &p, &e), -1);
		assert_int_equal(e.number, ERR_DAMAGED);
		assert_int_equal(person_remake(&store, &keys, name, NOW, &p, &e), 0);
		assert_int_equal(person_put(&store, &keys, &p, &e), 0);
		person_close(&p);
		assert_int_equal(person_find(&store, &keys, name, &found, &p, &e), 0);
		assert_true(found);
		assert_int_equal(p.record.flags, RECORD_TOMBSTONE);
		assert_int_equal(p.state.accepted, NOW + PERSON_FOLLOWED_S);
		add_token(&p, "phone");
		p.record.flags = 0;
		assert_int_equal(person_put(&store, &keys, &p, &e), 0);
		person_close(&p);
		assert_int_equal(person_open(&store, &keys, name, &p, &e), 0);
		assert_false(p.decoy);
		person_close(&p);
	}
}

static void names_are_checked_early(void **state)
{
	struct person p;
	struct err e = {0};
	bool found = false;

	(void)state;
	assert_int_equal(person_find(&store, &keys, "a\nb", &found, &p, &e), -1);
	assert_int_equal(e.number, ERR_INPUT);
}

static void missing_lock_is_made(void **state)
{
	char path[256];
	struct err e = {0};
	int first;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/lock", var);
	assert_int_equal(unlink(path), 0);
	first = store_lock(&store, &e);
	assert_true(first >= 0);
	assert_int_equal(access(path, F_OK), 0);
	close(first);
}

static void people_without_a_header_are_seen(void **state)
{
	(void)state;
	assert_false(store_has_people(&store));
	enroll("alice");
	assert_true(store_has_people(&store));
}

static void put_refuses_what_is_not_its_own(void **state)
{
	struct person p;
	struct err e = {0};
	bool found;

	(void)state;
	enroll("alice");
	for (int i = 0; i < 5; i++) {
		assert_int_equal(person_find(&store, &keys, "alice", &found, &p, &e), 0);
		if (i == 0)
			memcpy(p.record.name, "mallo", 6);
		else if (i == 1)
			p.record.incarnation[0] ^= 1;
		else if (i == 2)
			p.state.incarnation[0] ^= 1;
		else if (i == 3)
			p.record.tokens[0].digits = 9;
		else
			p.state.recovery_spent = 0x8000;
		assert_int_equal(person_put(&store, &keys, &p, &e), -1);
		assert_int_equal(e.number, ERR_INTERNAL);
		person_close(&p);
		assert_int_equal(person_open(&store, &keys, "alice", &p, &e), 0);
		assert_int_equal(p.generation, 1);
		assert_int_equal(p.file_state.generation, 1);
		person_close(&p);
	}
}

static void tombstone_is_returned(void **state)
{
	struct person p;
	struct err e = {0};
	bool found = false;

	(void)state;
	enroll("alice");
	assert_int_equal(person_find(&store, &keys, "alice", &found, &p, &e), 0);
	p.record.flags = RECORD_TOMBSTONE;
	p.record.token_count = 0;
	memset(p.state.counters, 0, sizeof(p.state.counters));
	assert_int_equal(person_put(&store, &keys, &p, &e), 0);
	person_close(&p);
	assert_int_equal(person_open(&store, &keys, "alice", &p, &e), 0);
	assert_false(p.decoy);
	assert_int_equal(p.record.flags, RECORD_TOMBSTONE);
	person_close(&p);
}

struct seen {
	unsigned people, errors, stop_after;
};

static int count_visits(
    void *context, const char *file, const struct record *r, const struct err *e)
{
	struct seen *s = context;

	assert_non_null(file);
	assert_true((r == NULL) != (e == NULL));
	s->people += r != NULL;
	s->errors += e != NULL;
	return s->stop_after != 0 && s->people + s->errors >= s->stop_after;
}

static void each_visits_all(void **state)
{
	struct seen s = {0};
	char path[256];
	struct err e = {0};
	int fd;

	(void)state;
	for (int i = 0; i < 10; i++) {
		char name[16];

		(void)snprintf(name, sizeof(name), "user%d", i);
		enroll(name);
	}
	path_of(path, sizeof(path), "records", "user3");
	assert_int_equal(truncate(path, 100), 0);
	(void)snprintf(path, sizeof(path), "%s/records/README", var);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	close(fd);
	(void)snprintf(path, sizeof(path), "%s/records/.new-x", var);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	close(fd);
	assert_int_equal(store_each(&store, &keys, count_visits, &s, &e), 0);
	assert_int_equal(s.people, 9);
	assert_int_equal(s.errors, 2);
	s = (struct seen){.stop_after = 4};
	assert_int_equal(store_each(&store, &keys, count_visits, &s, &e), -1);
	assert_int_equal(s.people + s.errors, 4);
}

static void store_lock_excludes(void **state)
{
	struct err e = {0};
	int a, b;

	(void)state;
	a = store_lock(&store, &e);
	assert_true(a >= 0);
	b = store_lock(&store, &e);
	assert_int_equal(b, -1);
	assert_int_equal(e.number, ERR_BUSY);
	close(a);
	b = store_lock(&store, &e);
	assert_true(b >= 0);
	close(b);
}

/* ---- bad files ---- */

static void copy_file(const char *from, const char *to)
{
	uint8_t bytes[STATE_FILE_SIZE];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_TRUNC);
	ssize_t n = read(in, bytes, sizeof(bytes));

	assert_true(n > 0 && out >= 0);
	assert_int_equal(write(out, bytes, (size_t)n), n);
	close(in);
	close(out);
}

static void poke(const char *path, off_t at, const void *bytes, size_t len)
{
	int fd = open(path, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, len, at), len);
	close(fd);
}

static void replace_by_symlink(const char *path)
{
	char moved[300];

	(void)snprintf(moved, sizeof(moved), "%s.moved", path);
	assert_int_equal(rename(path, moved), 0);
	assert_int_equal(symlink(moved, path), 0);
}

static void replace_by_fifo(const char *path)
{
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
}

static void replace_by_directory(const char *path)
{
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
}

static void add_link(const char *path)
{
	char other[300];

	(void)snprintf(other, sizeof(other), "%s.link", path);
	assert_int_equal(link(path, other), 0);
}

static void open_mode(const char *path)
{
	assert_int_equal(chmod(path, 0644), 0);
}

static void make_empty(const char *path)
{
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(truncate(path, 0), 0);
}

static void make_longer(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(truncate(path, st.st_size + 1), 0);
}

static void make_too_new(const char *path)
{
	assert_int_equal(chmod(path, 0600), 0);
	poke(path, 8, "\0\2", 2);
	if (strstr(path, "header") != NULL)
		poke(path, 8 + HEADER_COPY_SIZE, "\0\2", 2);
}

static void make_foreign(const char *path)
{
	assert_int_equal(chmod(path, 0600), 0);
	poke(path, 0, "ELFELFEL", 8);
	if (strstr(path, "header") != NULL)
		poke(path, HEADER_COPY_SIZE, "ELFELFEL", 8);
}

static void make_noise(const char *path)
{
	assert_int_equal(chmod(path, 0600), 0);
	poke(path, 60, "noise", 5);
	if (strstr(path, "host.key") == NULL)
		poke(path, 60 + 4096, "noise", 5);
}

enum victim { HOST_KEY, HEADER, RECORD, STATE, VICTIMS };

/* What a login reads of alice; the error, or ERR_NONE. */
static enum err_number log_in(void)
{
	struct store s;
	struct keys k;
	struct person p;
	struct err e = {0};

	if (store_open(&s, var, etc, true, &e) != 0)
		return e.number;
	if (store_unlock(&s, &k, &e) == 0 && person_open(&s, &k, "alice", &p, &e) == 0) {
		e.number = p.decoy ? ERR_INTERNAL : ERR_NONE;
		person_close(&p);
	}
	keys_clear(&k);
	store_close(&s);
	return e.number;
}

/* Bytes of whatever regular files there are, to see that a refused login changed none. */
struct picture {
	uint8_t hash[VICTIMS][CRYPTO_HASH_SIZE];
};

static void victim_path(enum victim v, char path[256])
{
	if (v == HOST_KEY || v == HEADER)
		(void)snprintf(path, 256, "%s/%s", v == HEADER ? var : etc,
		    v == HEADER ? "header" : "host.key");
	else
		path_of(path, 256, v == RECORD ? "records" : "states", "alice");
}

static void take_picture(struct picture *p)
{
	static uint8_t bytes[3 * STATE_FILE_SIZE];

	memset(p, 0, sizeof(*p));
	for (enum victim v = HOST_KEY; v < VICTIMS; v++) {
		char path[256];
		int fd;
		ssize_t n;

		victim_path(v, path);
		fd = open(path, O_RDONLY | O_NONBLOCK);
		n = fd < 0 ? -1 : read(fd, bytes, sizeof(bytes));
		if (n > 0)
			assert_int_equal(
			    crypto_sha256(&(struct span){bytes, (size_t)n}, 1, p->hash[v]), 0);
		close(fd);
	}
}

static void bad_files_are_refused(void **state)
{
	static const struct {
		const char *what;
		void (*spoil)(const char *path);
		enum err_number want[VICTIMS];
	} cases[] = {
	    {"symlink", replace_by_symlink,
	        {ERR_UNSAFE_FILE, ERR_UNSAFE_FILE, ERR_UNSAFE_FILE, ERR_UNSAFE_FILE}},
	    {"fifo", replace_by_fifo,
	        {ERR_UNSAFE_FILE, ERR_UNSAFE_FILE, ERR_UNSAFE_FILE, ERR_UNSAFE_FILE}},
	    {"directory", replace_by_directory,
	        {ERR_UNSAFE_FILE, ERR_UNSAFE_FILE, ERR_UNSAFE_FILE, ERR_UNSAFE_FILE}},
	    {"link", add_link,
	        {ERR_UNSAFE_FILE, ERR_UNSAFE_FILE, ERR_UNSAFE_FILE, ERR_UNSAFE_FILE}},
	    {"mode", open_mode,
	        {ERR_UNSAFE_FILE, ERR_UNSAFE_FILE, ERR_UNSAFE_FILE, ERR_UNSAFE_FILE}},
	    {"empty", make_empty, {ERR_HOST_KEY, ERR_DAMAGED, ERR_DAMAGED, ERR_DAMAGED}},
	    {"longer", make_longer, {ERR_DAMAGED, ERR_DAMAGED, ERR_DAMAGED, ERR_DAMAGED}},
	    {"too new", make_too_new, {ERR_TOO_NEW, ERR_TOO_NEW, ERR_TOO_NEW, ERR_TOO_NEW}},
	    {"foreign", make_foreign, {ERR_HOST_KEY, ERR_FOREIGN, ERR_FOREIGN, ERR_FOREIGN}},
	    {"noise", make_noise, {ERR_HOST_KEY, ERR_DAMAGED, ERR_DAMAGED, ERR_DAMAGED}},
	};

	for (size_t i = 0; i < VICTIMS * sizeof(cases) / sizeof(cases[0]); i++) {
		enum victim v = (enum victim)(i % VICTIMS);
		struct picture before, after;
		char path[256];
		enum err_number got;

		assert_int_equal(setup(state), 0);
		enroll("alice");
		assert_int_equal(log_in(), ERR_NONE);
		victim_path(v, path);
		cases[i / VICTIMS].spoil(path);
		take_picture(&before);
		got = log_in();
		if (got != cases[i / VICTIMS].want[v])
			fail_msg("%s, victim %d: S-%02d", cases[i / VICTIMS].what, (int)v, got);
		take_picture(&after);
		assert_memory_equal(&before, &after, sizeof(before));
		(void)teardown(state);
	}
}

static void every_record_byte_and_length_refused(void **state)
{
	uint8_t bytes[RECORD_FILE_SIZE];
	struct person p;
	struct err e = {0};
	char path[256];
	int fd;

	(void)state;
	enroll("alice");
	path_of(path, sizeof(path), "records", "alice");
	fd = open(path, O_RDWR);
	assert_int_equal(pread(fd, bytes, sizeof(bytes), 0), sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes); i++) {
		uint8_t bad = bytes[i] ^ (uint8_t)(1u << i % 8);

		assert_int_equal(pwrite(fd, &bad, 1, (off_t)i), 1);
		assert_int_equal(person_open(&store, &keys, "alice", &p, &e), -1);
		assert_in_range(e.number, ERR_DAMAGED, ERR_TOO_NEW);
		assert_int_equal(p.state_fd, -1);
		assert_int_equal(pwrite(fd, &bytes[i], 1, (off_t)i), 1);
	}
	assert_int_equal(person_open(&store, &keys, "alice", &p, &e), 0);
	person_close(&p);
	for (off_t len = sizeof(bytes) - 1; len >= 0; len--) {
		assert_int_equal(ftruncate(fd, len), 0);
		assert_int_equal(person_open(&store, &keys, "alice", &p, &e), -1);
		assert_int_equal(e.number, ERR_DAMAGED);
	}
	close(fd);
}

static void every_header_and_key_length_refused(void **state)
{
	static const struct {
		const char *name;
		off_t size;
	} files[] = {{"var/header", HEADER_FILE_SIZE}, {"etc/host.key", HOST_KEY_FILE_SIZE}};

	for (size_t i = 0; i < 2; i++) {
		struct keys k;
		struct err e = {0};
		char path[256];

		assert_int_equal(setup(state), 0);
		(void)snprintf(path, sizeof(path), "%s/%s", top, files[i].name);
		assert_int_equal(chmod(path, 0600), 0);
		for (off_t len = files[i].size - 1; len >= 0; len--) {
			assert_int_equal(truncate(path, len), 0);
			assert_int_equal(store_unlock(&store, &k, &e), -1);
			assert_int_equal(e.number, i == 0 ? ERR_DAMAGED : ERR_HOST_KEY);
		}
		(void)teardown(state);
	}
}

/* A decoy that is damaged says so: it is not taken for one that is missing. */
static void damaged_decoy_is_told(void **state)
{
	struct person p;
	struct err e = {0};
	char path[256];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/decoys/record", var);
	poke(path, 100, "noise", 5);
	assert_int_equal(person_open(&store, &keys, "nobody", &p, &e), -1);
	assert_int_equal(e.number, ERR_DAMAGED);
	assert_null(strstr(e.why, "missing"));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(person_open(&store, &keys, "nobody", &p, &e), -1);
	assert_int_equal(e.number, ERR_DAMAGED);
	assert_non_null(strstr(e.why, "missing"));
}

static void swapped_files_are_refused(void **state)
{
	char a[256], b[256];

	for (int i = 0; i < 2; i++) {
		const char *part = i == 0 ? "records" : "states";

		assert_int_equal(setup(state), 0);
		enroll("alice");
		enroll("bob");
		path_of(a, sizeof(a), part, "alice");
		path_of(b, sizeof(b), part, "bob");
		copy_file(b, a);
		assert_int_equal(log_in(), ERR_DAMAGED);
		(void)teardown(state);
	}
	/* both of bob's, and then a decoy's pair */
	assert_int_equal(setup(state), 0);
	enroll("alice");
	enroll("bob");
	path_of(a, sizeof(a), "records", "alice");
	path_of(b, sizeof(b), "records", "bob");
	copy_file(b, a);
	path_of(a, sizeof(a), "states", "alice");
	path_of(b, sizeof(b), "states", "bob");
	copy_file(b, a);
	assert_int_equal(log_in(), ERR_DAMAGED);
	path_of(a, sizeof(a), "records", "alice");
	(void)snprintf(b, sizeof(b), "%s/decoys/record", var);
	copy_file(b, a);
	assert_int_equal(log_in(), ERR_DAMAGED);
	(void)teardown(state);
}

static void foreign_store_is_refused(void **state)
{
	char other[TEMPDIR_SIZE], from[256], to[256];
	static const char *const files[] = {"var/header", "etc/host.key"};
	static const enum err_number want[] = {ERR_HOST_KEY, ERR_HOST_KEY};
	struct err e = {0};

	for (int i = 0; i < 2; i++) {
		char other_var[TEMPDIR_SIZE + 8], other_etc[TEMPDIR_SIZE + 8];

		assert_int_equal(setup(state), 0);
		enroll("alice");
		tempdir_make(other);
		(void)snprintf(other_var, sizeof(other_var), "%s/var", other);
		(void)snprintf(other_etc, sizeof(other_etc), "%s/etc", other);
		assert_int_equal(store_create(other_var, other_etc, true, NOW, &e), 0);
		(void)snprintf(from, sizeof(from), "%s/%s", other, files[i]);
		(void)snprintf(to, sizeof(to), "%s/%s", top, files[i]);
		assert_int_equal(chmod(to, 0600), 0);
		copy_file(from, to);
		assert_int_equal(log_in(), want[i]);
		tempdir_remove(other);
		(void)teardown(state);
	}
}

/* An old record put back is whole and opens: its incarnation is that of an enrolment. */
static void record_of_an_earlier_enrolment_is_refused(void **state)
{
	char path[256], kept[300];

	(void)state;
	enroll("alice");
	path_of(path, sizeof(path), "records", "alice");
	(void)snprintf(kept, sizeof(kept), "%s/kept", top);
	assert_int_equal(rename(path, kept), 0);
	enroll("alice");
	assert_int_equal(log_in(), ERR_NONE);
	assert_int_equal(rename(kept, path), 0);
	assert_int_equal(log_in(), ERR_DAMAGED);
}

/* One copy of the header is enough, whichever byte of the other is wrong. */
static void header_survives_one_copy(void **state)
{
	uint8_t bytes[HEADER_FILE_SIZE];
	size_t len = 0;
	struct err e = {0};

	(void)state;
	assert_int_equal(safefile_read(store.dir, var, "header", 07177, bytes, sizeof(bytes),
	                     sizeof(bytes), &len, &e),
	    0);
	for (size_t i = 0; i < sizeof(bytes); i += i % 4096 < 80 ? 1 : 37) {
		int fd = openat(store.dir, "header", O_WRONLY);
		uint8_t bad = bytes[i] ^ 0x10;
		struct keys k;

		assert_int_equal(pwrite(fd, &bad, 1, (off_t)i), 1);
		assert_int_equal(store_unlock(&store, &k, &e), 0);
		assert_int_equal(e.number, ERR_NONE);
		assert_true(k.header_damaged);
		assert_true(bytes_equal(k.master, keys.master, sizeof(k.master)));
		assert_int_equal(pwrite(fd, &bytes[i], 1, (off_t)i), 1);
		close(fd);
		keys_clear(&k);
	}
}

/* ---- flags of the header ---- */

static void get_header(uint8_t bytes[HEADER_FILE_SIZE], struct header *ret_h)
{
	size_t len = 0;
	struct err e = {0};

	assert_int_equal(safefile_read(store.dir, var, "header", 07177, bytes, HEADER_FILE_SIZE,
	                     HEADER_FILE_SIZE, &len, &e),
	    0);
	assert_int_equal(header_decode(bytes, HEADER_COPY_SIZE, "o", ret_h, &e), 0);
}

static uint32_t flags_on_disk(void)
{
	struct keys k;
	struct err e = {0};
	uint32_t flags;

	assert_int_equal(store_unlock(&store, &k, &e), 0);
	flags = k.header_flags;
	keys_clear(&k);
	return flags;
}

static void flags_are_set_and_cleared(void **state)
{
	static uint8_t before[HEADER_FILE_SIZE], after[HEADER_FILE_SIZE];
	struct header a, b;
	struct err e = {0};
	struct stat st;

	(void)state;
	get_header(before, &a);
	assert_int_equal(a.sequence, 1);
	assert_int_equal(flags_on_disk(), 0);
	assert_int_equal(store_set_flags(&store, &keys, HEADER_SUSPENDED, &e), 0);
	assert_int_equal(keys.header_flags, HEADER_SUSPENDED);
	assert_int_equal(flags_on_disk(), HEADER_SUSPENDED);
	get_header(after, &b);
	assert_int_equal(fstatat(store.dir, "header", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_memory_equal(after, after + HEADER_COPY_SIZE, HEADER_COPY_SIZE);
	assert_int_equal(b.sequence, 2);
	assert_int_equal(b.flags, HEADER_SUSPENDED);
	/* nothing else is another */
	b.sequence = a.sequence;
	b.flags = a.flags;
	memcpy(b.mac, a.mac, sizeof(b.mac));
	assert_int_equal(header_encode(&b, after), 0);
	assert_memory_equal(before, after, HEADER_COPY_SIZE);
	assert_int_equal(store_set_flags(&store, &keys, 0, &e), 0);
	assert_int_equal(keys.header_flags, 0);
	assert_int_equal(flags_on_disk(), 0);
	get_header(after, &b);
	assert_int_equal(b.sequence, 3);
}

static void put_header(const uint8_t bytes[HEADER_FILE_SIZE])
{
	int fd = openat(store.dir, "header", O_WRONLY);

	assert_int_equal(pwrite(fd, bytes, HEADER_FILE_SIZE, 0), HEADER_FILE_SIZE);
	close(fd);
}

static void flags_that_cannot_be_set(void **state)
{
	static const uint32_t unknown[] = {2, 3, 0x80000000, UINT32_MAX};
	static uint8_t before[HEADER_FILE_SIZE], bytes[HEADER_FILE_SIZE];
	struct header h;
	struct keys other = keys;
	struct err e = {0};

	(void)state;
	get_header(before, &h);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		assert_int_equal(store_set_flags(&store, &keys, unknown[i], &e), -1);
		assert_int_equal(e.number, ERR_INTERNAL);
	}
	/* keys of another store */
	other.master[5] ^= 1;
	assert_int_equal(store_set_flags(&store, &other, HEADER_SUSPENDED, &e), -1);
	assert_int_equal(e.number, ERR_DAMAGED);
	assert_int_equal(other.header_flags, 0);
	assert_int_equal(keys.header_flags, 0);
	get_header(bytes, &h);
	assert_memory_equal(before, bytes, sizeof(bytes));
	/* a sequence at its end */
	h.sequence = UINT64_MAX;
	assert_int_equal(keys_header_seal(&keys, &h), 0);
	assert_int_equal(header_encode(&h, bytes), 0);
	memcpy(bytes + HEADER_COPY_SIZE, bytes, HEADER_COPY_SIZE);
	put_header(bytes);
	assert_int_equal(store_set_flags(&store, &keys, HEADER_SUSPENDED, &e), -1);
	assert_int_equal(e.number, ERR_INTERNAL);
	/* no header */
	assert_int_equal(unlinkat(store.dir, "header", 0), 0);
	assert_int_equal(store_set_flags(&store, &keys, HEADER_SUSPENDED, &e), -1);
	assert_int_equal(faccessat(store.dir, "header", F_OK, 0), -1);
	assert_int_equal(keys.header_flags, 0);
}

/* Either copy damaged anywhere: the other one counts, and both are whole afterwards. */
static void flags_heal_the_header(void **state)
{
	uint8_t bytes[HEADER_FILE_SIZE];
	struct header h;
	struct err e = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i += i % 4096 < 80 ? 1 : 61) {
		uint32_t flags = i % 2 == 0 ? HEADER_SUSPENDED : 0;
		uint64_t sequence;

		get_header(bytes, &h);
		sequence = h.sequence;
		bytes[i] ^= 0x10;
		put_header(bytes);
		keys.header_damaged = true;
		assert_int_equal(store_set_flags(&store, &keys, flags, &e), 0);
		assert_false(keys.header_damaged);
		get_header(bytes, &h);
		assert_int_equal(h.sequence, sequence + 1);
		assert_memory_equal(bytes, bytes + HEADER_COPY_SIZE, HEADER_COPY_SIZE);
		assert_int_equal(flags_on_disk(), flags);
	}
	bytes[100] ^= 1;
	bytes[5000] ^= 1;
	put_header(bytes);
	assert_int_equal(store_set_flags(&store, &keys, 0, &e), -1);
	assert_int_equal(e.number, ERR_DAMAGED);
}

/* ---- codes given up, and given back ---- */

#define WINDOW 2
#define STEP   ((uint64_t)NOW / 30)

/* In memory: TOTP of 30 and 60 seconds, HOTP. */
static void make_person(struct person *p)
{
	memset(p, 0, sizeof(*p));
	add_token(p, "a");
	add_token(p, "b");
	add_token(p, "c");
	p->record.tokens[1].period = 60;
	p->record.tokens[2].kind = TOKEN_HOTP;
	p->record.tokens[2].period = 0;
}

static void distrust_passes_both_windows(void **state)
{
	static const struct {
		int32_t drift;
		uint64_t next, after;
	} cases[] = {
	    {0, 0, STEP + WINDOW + 1},
	    {0, STEP + WINDOW, STEP + WINDOW + 1},
	    {0, STEP + WINDOW + 1, STEP + WINDOW + 1},
	    {0, STEP + 500, STEP + 500},
	    {0, UINT64_MAX, UINT64_MAX},
	    {1, 0, STEP + WINDOW + 2},
	    {20, 0, STEP + WINDOW + 21},
	    {20, STEP + WINDOW + 21, STEP + WINDOW + 21},
	    {5760, STEP, STEP + WINDOW + 5761},
	    {-1, 0, STEP + WINDOW + 1}, /* our clock's own window is the later one */
	    {-5760, 0, STEP + WINDOW + 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct person p;

		make_person(&p);
		p.state.counters[0].drift = cases[i].drift;
		p.state.counters[0].next = cases[i].next;
		/* until a right code comes, only marked */
		person_distrust(&p, 10);
		assert_int_equal(p.state.counters[0].next, cases[i].next);
		assert_int_equal(p.state.flags, STATE_FLAGS);
		person_settle_totp(&p.record, &p.state, NOW, WINDOW);
		assert_int_equal(p.state.counters[0].next, cases[i].after);
		assert_int_equal(p.state.counters[0].drift, cases[i].drift);
		assert_int_equal(p.state.counters[1].next, NOW / 60 + WINDOW + 1);
		assert_int_equal(p.state.flags, STATE_CODES_HELD);
	}
}

static void distrust_never_wraps(void **state)
{
	static const struct {
		uint64_t next;
		unsigned look_ahead;
		uint64_t after;
	} cases[] = {
	    {0, 10, 11},
	    {7, 0, 8},
	    {UINT64_MAX - 12, 10, UINT64_MAX - 1},
	    {UINT64_MAX - 11, 10, UINT64_MAX},
	    {UINT64_MAX - 10, 10, UINT64_MAX},
	    {UINT64_MAX, 10, UINT64_MAX},
	    {UINT64_MAX, UINT32_MAX, UINT64_MAX},
	    {0, UINT32_MAX, (uint64_t)UINT32_MAX + 1},
	};
	struct person p;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		make_person(&p);
		p.state.counters[2].next = cases[i].next;
		person_distrust(&p, cases[i].look_ahead);
		assert_int_equal(p.state.counters[2].next, cases[i].after);
	}
	/* any clock */
	make_person(&p);
	person_settle_totp(&p.record, &p.state, INT64_MIN, WINDOW);
	assert_int_equal(p.state.counters[0].next, WINDOW + 1);
	person_settle_totp(&p.record, &p.state, INT64_MAX, WINDOW);
	assert_int_equal(p.state.counters[0].next, 253402300799 / 30 + WINDOW + 1);
	/* a token without a counter, and a counter without a token */
	make_person(&p);
	memset(p.state.counters[0].id, 0, TOKEN_ID_SIZE);
	p.record.token_count = 2;
	person_distrust(&p, 10);
	person_settle_totp(&p.record, &p.state, NOW, WINDOW);
	assert_int_equal(p.state.counters[0].next, 0);
	assert_int_equal(p.state.counters[2].next, 0);
}

static void recover_finds_back(void **state)
{
	static const struct {
		int32_t drift;
		unsigned ahead;
		uint64_t next, after;
	} cases[] = {
	    {0, 120, STEP + WINDOW + 1, 0},
	    {0, 120, STEP + WINDOW + 1 + 4, 0},
	    {0, 120, STEP + WINDOW + 1 + 5, STEP + WINDOW + 1},
	    {0, 86400, STEP + WINDOW + 1 + 2880, 0},
	    {0, 86400, STEP + WINDOW + 1 + 2881, STEP + WINDOW + 1},
	    {0, 86400, UINT64_MAX, STEP + WINDOW + 1},
	    {0, 0, STEP + WINDOW + 2, STEP + WINDOW + 1},
	    {0, 0, 0, 0},
	    {100, 120, STEP + WINDOW + 1 + 104, 0},
	    {100, 120, STEP + WINDOW + 1 + 105, STEP + WINDOW + 101},
	    {-100, 120, STEP + WINDOW + 1 + 4, 0},
	    {-100, 120, STEP + WINDOW + 1 + 5, STEP + WINDOW + 1},
	    {5760, 86400, STEP + 9000, STEP + WINDOW + 5761},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct person p;
		uint64_t after = cases[i].after != 0 ? cases[i].after : cases[i].next;

		make_person(&p);
		p.state.counters[0].drift = cases[i].drift;
		p.state.counters[0].next = cases[i].next;
		p.state.counters[2].next = UINT64_MAX; /* HOTP knows no clock */
		p.state.flags = STATE_CODES_HELD;
		assert_int_equal(
		    person_recover(&p, NOW, WINDOW, cases[i].ahead), cases[i].after != 0);
		assert_int_equal(p.state.counters[0].next, after);
		assert_int_equal(p.state.counters[2].next, UINT64_MAX);
		assert_int_equal(p.state.accepted, 0);
		assert_int_equal(p.state.flags, STATE_CODES_HELD);
		assert_false(person_recover(&p, NOW, WINDOW, cases[i].ahead));
	}
}

static void recover_sets_the_time_back(void **state)
{
	static const struct {
		int64_t accepted, now;
		unsigned ahead;
		int64_t after;
	} cases[] = {
	    {NOW, NOW, 120, -1},
	    {NOW + 120, NOW, 120, -1},
	    {NOW + 121, NOW, 120, NOW},
	    {NOW + 86400, NOW, 86400, -1},
	    {NOW + 86401, NOW, 86400, NOW},
	    {NOW + 36000, NOW, 120, NOW},
	    {NOW + 36000, NOW, 86400, -1},
	    {NOW - 1, NOW, 0, -1},
	    {253402300799, NOW, 86400, NOW},
	    {NOW, 0, 120, 0},
	    {NOW, -1, 120, 0},
	    {NOW, INT64_MIN, 120, 0},
	    {NOW, INT64_MAX, 0, -1},
	    {253402300799, INT64_MAX, 0, -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t plain[STATE_PLAIN_SIZE];
		struct person p;

		make_person(&p);
		p.state.accepted = cases[i].accepted;
		assert_int_equal(person_recover(&p, cases[i].now, WINDOW, cases[i].ahead),
		    cases[i].after != -1);
		assert_int_equal(p.state.accepted,
		    cases[i].after != -1 ? cases[i].after : cases[i].accepted);
		/* whatever the clock: it can be saved */
		memset(p.state.incarnation, 1, sizeof(p.state.incarnation));
		assert_int_equal(state_encode(&p.state, plain), 0);
	}
}

/* ---- init cut short, people without a header ---- */

static void create_again_after_a_kill(void **state)
{
	struct err e = {0};
	unsigned completed = 0;

	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		struct timespec pause = {.tv_nsec = (long)(i * 2500000)};
		int status;
		pid_t pid;

		name_paths();
		pid = fork();
		assert_true(pid >= 0); /* kill(-1) would be everybody */
		if (pid == 0)
			_exit(store_create(var, etc, true, NOW, NULL) == 0 ? 0 : 1);
		(void)nanosleep(&pause, NULL);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (store_create(var, etc, true, NOW, &e) != 0) {
			assert_int_equal(e.number, ERR_STORE_EXISTS);
			completed++;
		}
		open_store();
		enroll("alice");
		assert_int_equal(log_in(), ERR_NONE);
		(void)teardown(state);
	}
	assert_true(completed < 40);
}

static void create_does_not_start_over_people(void **state)
{
	struct err e = {0};
	char path[256];

	(void)state;
	enroll("alice");
	(void)snprintf(path, sizeof(path), "%s/header", var);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(store_create(var, etc, true, NOW, &e), -1);
	assert_int_equal(e.number, ERR_STORE_EXISTS);
	assert_non_null(strstr(e.why, "restore"));
}

static void create_keeps_a_host_key(void **state)
{
	struct host_key host;
	uint8_t bytes[HOST_KEY_FILE_SIZE], after[HOST_KEY_FILE_SIZE];
	struct err e = {0};
	char path[256];
	int fd;

	(void)state;
	name_paths();
	assert_int_equal(mkdir(etc, 0755), 0);
	assert_int_equal(host_key_create(&host, &e), 0);
	assert_int_equal(host_key_encode(&host, bytes), 0);
	(void)snprintf(path, sizeof(path), "%s/host.key", etc);
	fd = open(path, O_WRONLY | O_CREAT, 0400);
	assert_int_equal(write(fd, bytes, 50), 50);
	close(fd);
	assert_int_equal(store_create(var, etc, true, NOW, &e), -1);
	assert_int_equal(e.number, ERR_HOST_KEY);
	assert_int_equal(unlink(path), 0);
	fd = open(path, O_RDWR | O_CREAT, 0400);
	assert_int_equal(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
	assert_int_equal(store_create(var, etc, true, NOW, &e), 0);
	assert_int_equal(pread(fd, after, sizeof(after), 0), sizeof(after));
	assert_memory_equal(after, bytes, sizeof(bytes));
	close(fd);
	open_store();
	(void)teardown(state);
}

/* ---- kill -9 at any point ---- */

/* Counts each finished write in *finished, which the parent sees. */
static void work_until_killed(unsigned seed, volatile unsigned *finished)
{
	for (unsigned i = seed;; i++) {
		struct person p;
		struct err e = {0};
		bool found = false;

		if (person_find(&store, &keys, "alice", &found, &p, &e) != 0 || !found)
			_exit(10);
		p.state.counters[0].next++;
		if (i % 3 == 0) {
			p.record.changed++;
			if (person_put(&store, &keys, &p, &e) != 0)
				_exit(11);
		} else if (person_save_state(&store, &keys, &p, &e) != 0) {
			_exit(12);
		}
		person_close(&p);
		(*finished)++;
	}
}

static void kill_at_any_point(void **state)
{
	uint64_t last = 0;
	volatile unsigned *finished = mmap(
	    NULL, sizeof(*finished), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_true(finished != MAP_FAILED);
	(void)state;
	enroll("alice");
	for (unsigned i = 0; i < 200; i++) {
		struct timespec pause = {.tv_nsec = (long)(i * 7919 % 4000) * 1000};
		struct person p;
		struct err e = {0};
		int status = 0;
		pid_t pid;

		*finished = 0;
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			work_until_killed(i, finished);
		/* however slow the machine: at least one write, then any moment of another */
		while (*finished == 0 && waitpid(pid, &status, WNOHANG) == 0)
			(void)nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
		(void)nanosleep(&pause, NULL);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
		if (person_open(&store, &keys, "alice", &p, &e) != 0)
			fail_msg("%s: %s", e.object, e.why);
		assert_true(p.state.counters[0].next >= last);
		last = p.state.counters[0].next;
		person_close(&p);
	}
	assert_true(last >= 200);
	(void)munmap((void *)(uintptr_t)finished, sizeof(*finished));
}

static void enroll_until_killed(void)
{
	for (unsigned i = 0;; i++) {
		struct person p;
		struct err e = {0};
		bool found = false;
		char name[16];

		(void)snprintf(name, sizeof(name), "user%u", i);
		if (person_find(&store, &keys, name, &found, &p, &e) != 0)
			_exit(10);
		if (!found) {
			add_token(&p, "phone");
			if (person_put(&store, &keys, &p, &e) != 0)
				_exit(11);
		}
		person_close(&p);
	}
}

static void kill_enrolment_at_any_point(void **state)
{
	struct seen s = {0};
	struct err e = {0};

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		struct timespec pause = {.tv_nsec = (long)(i * 7919 % 6000) * 1000};
		int status = 0;
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid == 0)
			enroll_until_killed();
		(void)nanosleep(&pause, NULL);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
	}
	assert_int_equal(store_each(&store, &keys, count_visits, &s, &e), 0);
	assert_int_equal(s.errors, 0);
	for (unsigned i = 0; i < s.people; i++) {
		struct person p;
		char name[16];

		(void)snprintf(name, sizeof(name), "user%u", i);
		assert_int_equal(person_open(&store, &keys, name, &p, &e), 0);
		assert_false(p.decoy);
		person_close(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(create_makes_a_whole_store, setup, teardown),
	    cmocka_unit_test_setup_teardown(no_store_is_told, setup, teardown),
	    cmocka_unit_test_setup_teardown(host_key_missing_or_foreign, setup, teardown),
	    cmocka_unit_test_setup_teardown(enroll_and_open, setup, teardown),
	    cmocka_unit_test_setup_teardown(unknown_gets_a_decoy, setup, teardown),
	    cmocka_unit_test_setup_teardown(decoys_spread, setup, teardown),
	    cmocka_unit_test_setup_teardown(one_without_the_other_is_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(
	        leftover_state_of_any_size_is_reused, setup, teardown),
	    cmocka_unit_test_setup_teardown(put_changes_nothing_without_room, setup, teardown),
	    cmocka_unit_test_setup_teardown(bury_leaves_no_code, setup, teardown),
	    cmocka_unit_test_setup_teardown(
	        an_old_record_after_revoking_is_dead, setup, teardown),
	    cmocka_unit_test_setup_teardown(used_codes_are_remembered, setup, teardown),
	    cmocka_unit_test_setup_teardown(tidy_drops_strange_counters, setup, teardown),
	    cmocka_unit_test_setup_teardown(remake_repairs, setup, teardown),
	    cmocka_unit_test_setup_teardown(names_are_checked_early, setup, teardown),
	    cmocka_unit_test_setup_teardown(missing_lock_is_made, setup, teardown),
	    cmocka_unit_test_setup_teardown(people_without_a_header_are_seen, setup, teardown),
	    cmocka_unit_test_setup_teardown(put_refuses_what_is_not_its_own, setup, teardown),
	    cmocka_unit_test_setup_teardown(tombstone_is_returned, setup, teardown),
	    cmocka_unit_test_setup_teardown(each_visits_all, setup, teardown),
	    cmocka_unit_test_setup_teardown(store_lock_excludes, setup, teardown),
	    cmocka_unit_test(bad_files_are_refused),
	    cmocka_unit_test_setup_teardown(
	        every_record_byte_and_length_refused, setup, teardown),
	    cmocka_unit_test(every_header_and_key_length_refused),
	    cmocka_unit_test_setup_teardown(damaged_decoy_is_told, setup, teardown),
	    cmocka_unit_test(swapped_files_are_refused),
	    cmocka_unit_test(foreign_store_is_refused),
	    cmocka_unit_test_setup_teardown(
	        record_of_an_earlier_enrolment_is_refused, setup, teardown),
	    cmocka_unit_test_setup_teardown(header_survives_one_copy, setup, teardown),
	    cmocka_unit_test_setup_teardown(flags_are_set_and_cleared, setup, teardown),
	    cmocka_unit_test_setup_teardown(flags_that_cannot_be_set, setup, teardown),
	    cmocka_unit_test_setup_teardown(flags_heal_the_header, setup, teardown),
	    cmocka_unit_test(distrust_passes_both_windows),
	    cmocka_unit_test(distrust_never_wraps),
	    cmocka_unit_test(recover_finds_back),
	    cmocka_unit_test(recover_sets_the_time_back),
	    cmocka_unit_test(create_again_after_a_kill),
	    cmocka_unit_test_setup_teardown(create_does_not_start_over_people, setup, teardown),
	    cmocka_unit_test(create_keeps_a_host_key),
	    cmocka_unit_test_setup_teardown(kill_at_any_point, setup, teardown),
	    cmocka_unit_test_setup_teardown(kill_enrolment_at_any_point, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
