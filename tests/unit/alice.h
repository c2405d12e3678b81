/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A store in a temporary directory with alice in it, and a clock and a log for the tests of
 * lib/login. Included once in a program.
 */
#ifndef SEKISHO_TEST_ALICE_H
#define SEKISHO_TEST_ALICE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/safefile.h"
#include "lib/factors/otp.h"
#include "lib/factors/recovery.h"
#include "lib/login/login.h"
#include "lib/store/emergency.h"
#include "lib/store/floor.h"
#include "lib/store/lockout.h"
#include "tests/unit/tempdir.h"

#define NOW  ((int64_t)1700000010)
#define STEP ((uint64_t)NOW / 30)
#define UID  4242

static char dir_path[TEMPDIR_SIZE], store_path[TEMPDIR_SIZE + 8], etc_path[TEMPDIR_SIZE + 8];
static int64_t wall_now = NOW;
static unsigned wall_reads;
static uint64_t boot_now = 1000000;
static struct store store;
static struct keys keys;
static int log_lines, log_priority;
static char log_line[1024];

static inline int64_t wall(const struct clock_source *c)
{
	(void)c;
	wall_reads++;
	return wall_now;
}

static inline uint64_t boot(const struct clock_source *c)
{
	(void)c;
	return boot_now;
}

static const struct clock_source clk = {.wall = wall, .boot_ms = boot, .boot_id = "b"};

static inline void keep_line(void *context, int priority, const char *line)
{
	(void)context;
	log_priority = priority;
	log_lines++;
	snprintf(log_line, sizeof log_line, "%s", line);
}

static const struct audit_sink sink = {keep_line, NULL};

static inline struct token phone(const char *label)
{
	struct token t = {.kind = TOKEN_TOTP,
	    .algorithm = TOKEN_SHA1,
	    .digits = 6,
	    .period = 30,
	    .secret_len = 20,
	    .created = NOW,
	    .id = {1, 2, 3, 4, 5, 6, 7, 8}};

	memcpy(t.secret, "12345678901234567890", 20);
	snprintf(t.label, sizeof t.label, "%s", label);
	return t;
}

static inline struct token key_fob(const char *label)
{
	struct token t = phone(label);

	t.kind = TOKEN_HOTP;
	t.period = 0;
	t.id[0] = 2;
	memcpy(t.secret, "09876543210987654321", 20);
	return t;
}

static inline void code_at(uint64_t step, char out[OTP_DIGITS_MAX + 1])
{
	struct token t = phone("x");

	assert_int_equal(otp_totp_at(&t, step, out), 0);
}

static inline void counter_code(uint64_t counter, char out[OTP_DIGITS_MAX + 1])
{
	struct token t = key_fob("x");

	assert_int_equal(otp_hotp_at(&t, counter, out), 0);
}

/* A fresh alice for each test, changed by the caller before it is written. */
static inline void enroll_with(void (*change)(struct record *))
{
	struct person p;
	struct err e = {0};
	bool found;
	int lock = store_lock(&store, &e);

	assert_true(lock >= 0);
	assert_int_equal(person_find(&store, &keys, "alice", &found, &p, &e), 0);
	memset(&p.record, 0, sizeof p.record);
	memset(&p.state, 0, sizeof p.state);
	snprintf(p.record.name, sizeof p.record.name, "alice");
	p.record.uid = UID;
	p.record.created = p.record.changed = NOW;
	p.record.token_count = 1;
	p.record.tokens[0] = phone("phone");
	if (change != NULL)
		change(&p.record);
	memcpy(p.record.incarnation, p.incarnation, sizeof p.incarnation);
	memcpy(p.state.incarnation, p.incarnation, sizeof p.incarnation);
	for (unsigned i = 0; i < p.record.token_count; i++)
		memcpy(p.state.counters[i].id, p.record.tokens[i].id, TOKEN_ID_SIZE);
	if (person_put(&store, &keys, &p, &e) != 0)
		fail_msg("%s: %s", e.object, e.why);
	person_close(&p);
	close(lock);
}

static inline struct state state_of(const char *name)
{
	struct person p;
	struct state s;
	struct err e = {0};

	if (person_open(&store, &keys, name, &p, &e) != 0)
		fail_msg("%s: %s", e.object, e.why);
	s = p.state;
	person_close(&p);
	return s;
}

static inline struct state state_of_alice(void)
{
	return state_of("alice");
}

static inline void change_state(void (*change)(struct state *))
{
	struct person p;
	struct err e = {0};

	assert_int_equal(person_open(&store, &keys, "alice", &p, &e), 0);
	change(&p.state);
	assert_int_equal(person_save_state(&store, &keys, &p, &e), 0);
	person_close(&p);
}

static inline void tear_slot(const char *name, bool newest)
{
	struct person p;
	struct err e = {0};
	off_t at;

	assert_int_equal(person_open(&store, &keys, name, &p, &e), 0);
	at = (off_t)((newest ? p.file_state.slot : 1 - p.file_state.slot) * STATE_SLOT_SIZE) +
	     2000;
	assert_int_equal(pwrite(p.state_fd, "torn", 4, at), 4);
	person_close(&p);
}

/* As a write leaves it that was cut short. */
static inline void tear_other_slot(void)
{
	tear_slot("alice", false);
}

/* And one that was told of before. */
static inline void tear_newest_slot(void)
{
	tear_slot("alice", true);
}

/* The test's directory may be a tmpfs. */
#define ANYWHERE "allow-any-file-system = yes\n"

static inline void write_config(const char *text)
{
	int fd = openat(store.etc, "sekisho.conf", O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, ANYWHERE, strlen(ANYWHERE)), (ssize_t)strlen(ANYWHERE));
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
}

static inline void set_flags(uint32_t flags)
{
	struct err e = {0};
	int lock = store_lock(&store, &e);

	assert_true(lock >= 0);
	if (store_set_flags(&store, &keys, flags, &e) != 0)
		fail_msg("%s: %s", e.object, e.why);
	close(lock);
}

static inline void spoil_floor(void)
{
	int fd = openat(store.dir, "clock", O_WRONLY | O_TRUNC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "garbage", 7), 7);
	close(fd);
}

static inline void set_floor(int64_t floor)
{
	struct err e = {0};
	int lock = store_lock(&store, &e);

	assert_true(lock >= 0);
	if (floor_set(&store, &keys, floor, &e) != 0)
		fail_msg("%s: %s", e.object, e.why);
	close(lock);
}

static inline int64_t floor_now(void)
{
	int64_t floor = -1;
	struct err e = {0};

	assert_int_equal(floor_read(&store, &keys, &floor, &e), 0);
	return floor;
}

static inline int make_store(void **context)
{
	struct err e = {0};

	(void)context;
	tempdir_make(dir_path);
	snprintf(store_path, sizeof store_path, "%s/store", dir_path);
	snprintf(etc_path, sizeof etc_path, "%s/etc", dir_path);
	if (store_create(store_path, etc_path, true, NOW, &e) != 0 ||
	    store_open(&store, store_path, etc_path, true, &e) != 0 ||
	    store_unlock(&store, &keys, &e) != 0) {
		fprintf(stderr, "%s: %s\n", e.object, e.why);
		return -1;
	}
	return 0;
}

static inline int remove_store(void **context)
{
	(void)context;
	store_close(&store);
	tempdir_remove(dir_path);
	return 0;
}

static inline int fresh_alice(void **context)
{
	(void)context;
	(void)unlinkat(store.etc, "sekisho.conf", 0);
	(void)unlinkat(store.dir, EMERGENCY_FILE, 0);
	write_config("");
	wall_now = NOW;
	set_flags(0);
	set_floor(0);
	enroll_with(NULL);
	return 0;
}

#endif
