/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/store/floor.c: the floor goes up by logins only, waits for nobody, and what a crash or a
 * flipped bit leaves is never another time.
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
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "lib/base/safefile.h"
#include "lib/store/floor.h"
#include "tests/unit/disk.h"
#include "tests/unit/tempdir.h"

#define NOW 1700000000

static char top[TEMPDIR_SIZE], path[TEMPDIR_SIZE + 16];
static struct store store;
static struct keys keys;

static int free_fd;

static int lowest_free_fd(void)
{
	int fd = dup(store.dir);

	if (fd >= 0)
		close(fd);
	return fd;
}

/* Only the top directory: nothing else may be needed. */
static int setup(void **state)
{
	struct host_key host;
	struct header h;

	(void)state;
	tempdir_make(top);
	(void)snprintf(path, sizeof(path), "%s/clock", top);
	store = (struct store){
	    .path = top, .etc_path = top, .records = -1, .states = -1, .decoys = -1, .etc = -1};
	store.dir = open(top, O_RDONLY | O_DIRECTORY);
	if (store.dir < 0 || host_key_create(&host, NULL) != 0 ||
	    keys_create(&host, 1, &keys, &h, NULL) != 0)
		return -1;
	disk_reset();
	free_fd = lowest_free_fd();
	return free_fd < 0 ? -1 : 0;
}

/* Whatever happened, nothing is left open. */
static int teardown(void **state)
{
	(void)state;
	if (lowest_free_fd() != free_fd)
		return -1;
	close(store.dir);
	tempdir_remove(top);
	return 0;
}

static void set(int64_t floor)
{
	struct err e = {0};

	assert_int_equal(floor_set(&store, &keys, floor, &e), 0);
	assert_int_equal(e.number, ERR_NONE);
}

static int64_t floor_now(void)
{
	struct err e = {0};
	int64_t floor = -7;

	assert_int_equal(floor_read(&store, &keys, &floor, &e), 0);
	return floor;
}

static void assert_unreadable(enum err_number number)
{
	struct err e = {0};
	int64_t floor = -7;

	assert_int_equal(floor_read(&store, &keys, &floor, &e), -1);
	assert_int_equal(e.number, number);
	assert_int_equal(floor, -7);
	assert_non_null(strstr(e.object, "/clock"));
}

static void get_file(uint8_t bytes[SLOTS_FILE_SIZE])
{
	int fd = open(path, O_RDONLY);

	assert_int_equal(read(fd, bytes, SLOTS_FILE_SIZE), SLOTS_FILE_SIZE);
	close(fd);
}

static void put_file(const uint8_t *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
}

/* A file whose newest slot says b, the other a. */
static void make_file(int64_t a, int64_t b, uint8_t bytes[SLOTS_FILE_SIZE])
{
	(void)unlink(path);
	set(a);
	set(b);
	get_file(bytes);
}

static void set_and_read(void **state)
{
	struct stat before, after;

	(void)state;
	assert_unreadable(ERR_DAMAGED); /* there is none */
	set(0);
	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(before.st_mode & 07777, 0600);
	assert_int_equal(before.st_size, SLOTS_FILE_SIZE);
	assert_int_equal(floor_now(), 0);
	set(NOW);
	assert_int_equal(floor_now(), NOW);
	set(NOW - 9 * 3600); /* down: that is what an administrator asks for */
	assert_int_equal(floor_now(), NOW - 9 * 3600);
	set(253402300799);
	assert_int_equal(floor_now(), 253402300799);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino); /* in place */
}

static void set_is_durable(void **state)
{
	struct err e = {0};

	(void)state;
	set(1);
	assert_non_null(strchr(disk.events, 'S')); /* a new file, and its directory */
	disk_reset();
	set(2);
	assert_string_equal(disk.events, "ws");
	disk_reset();
	disk.fail_sync = EIO;
	assert_int_equal(floor_set(&store, &keys, 3, &e), -1);
	assert_int_equal(e.number, ERR_IO);
	disk.write_bytes = 0;
	assert_int_equal(floor_set(&store, &keys, 3, &e), -1);
	assert_int_equal(e.number, ERR_IO);
}

static void set_refuses_no_time(void **state)
{
	static const int64_t times[] = {-1, INT64_MIN, 253402300800, INT64_MAX};

	(void)state;
	set(5);
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		struct err e = {0};

		assert_int_equal(floor_set(&store, &keys, times[i], &e), -1);
		assert_int_equal(e.number, ERR_INTERNAL);
	}
	assert_int_equal(floor_now(), 5);
}

static void moves_by_full_steps(void **state)
{
	static const struct {
		int64_t floor, now, after;
	} cases[] = {
	    {0, NOW, NOW},
	    {NOW, NOW, NOW},
	    {NOW, NOW + 3599, NOW},
	    {NOW, NOW + 3600, NOW + 3600},
	    {NOW, NOW + 999999, NOW + 999999},
	    {NOW, NOW - 1, NOW},
	    {NOW, NOW - 999999, NOW},
	    {NOW, 0, NOW},
	    {NOW, -1, NOW},
	    {NOW, INT64_MIN, NOW},
	    {NOW, INT64_MAX, NOW},
	    {NOW, 253402300799, 253402300799},
	    {NOW, 253402300800, NOW},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		set(cases[i].floor);
		floor_advance(&store, &keys, cases[i].floor, cases[i].now);
		assert_int_equal(floor_now(), cases[i].after);
	}
	/* a floor nobody has read */
	set(NOW);
	floor_advance(&store, &keys, INT64_MIN, NOW + 7200);
	floor_advance(&store, &keys, -1, NOW + 7200);
	floor_advance(&store, &keys, INT64_MAX, NOW + 7200);
	assert_int_equal(floor_now(), NOW);
}

/* The other login was faster; what this one has read is old. */
static void never_lowers(void **state)
{
	(void)state;
	set(NOW + 7200);
	disk_reset();
	floor_advance(&store, &keys, 0, NOW);
	floor_advance(&store, &keys, NOW, NOW + 3600);
	floor_advance(&store, &keys, NOW, NOW + 7200);
	floor_advance(&store, &keys, NOW, NOW + 7200 + 3599);
	assert_int_equal(disk.count, 0);
	assert_int_equal(floor_now(), NOW + 7200);
}

/* Synced is what was written before, not what is written now. */
static void advance_does_not_wait(void **state)
{
	(void)state;
	set(NOW);
	disk_reset();
	floor_advance(&store, &keys, NOW, NOW + 10);
	assert_string_equal(disk.events, "");
	floor_advance(&store, &keys, NOW, NOW + 3600);
	assert_string_equal(disk.events, "sw");
	assert_int_equal(disk.write_at, 4096); /* generation 2 */
	disk_reset();
	floor_advance(&store, &keys, NOW, NOW + 7200);
	assert_string_equal(disk.events, "sw");
	assert_int_equal(disk.write_at, 0);
	/* what was before cannot be made durable: leave it alone */
	disk_reset();
	disk.fail_sync = EIO;
	floor_advance(&store, &keys, NOW, NOW + 99999);
	assert_string_equal(disk.events, "x");
	assert_int_equal(floor_now(), NOW + 7200);
	disk.write_bytes = 100;
	floor_advance(&store, &keys, NOW, NOW + 99999);
	assert_int_equal(floor_now(), NOW + 7200);
	/* the next one heals it */
	floor_advance(&store, &keys, NOW, NOW + 99999);
	assert_int_equal(floor_now(), NOW + 99999);
}

static void locked_is_left_alone(void **state)
{
	struct err e = {0};
	int fd;

	(void)state;
	set(NOW);
	fd = open(path, O_RDWR);
	assert_int_equal(safefile_lock(fd, top, "clock", 0, &e), 0);
	disk_reset();
	floor_advance(&store, &keys, NOW, NOW + 7200);
	assert_int_equal(disk.pauses, 0);
	assert_int_equal(disk.count, 0);
	assert_int_equal(floor_now(), NOW); /* reading needs no lock */
	assert_int_equal(floor_set(&store, &keys, 5, &e), -1);
	assert_int_equal(e.number, ERR_BUSY);
	assert_true(disk.pauses > 10);
	close(fd);
	assert_int_equal(floor_now(), NOW);
	floor_advance(&store, &keys, NOW, NOW + 7200);
	assert_int_equal(floor_now(), NOW + 7200);
}

static void behind(void **state)
{
	static const struct {
		int64_t floor, now, behind;
	} cases[] = {
	    {0, 0, 0},
	    {0, NOW, 0},
	    {NOW, NOW, 0},
	    {NOW, NOW + 1, 0},
	    {NOW, NOW - 1, 0},
	    {NOW, NOW - 660, 0},
	    {NOW, NOW - 661, 661},
	    {NOW, NOW - 33120, 33120},
	    {NOW, 0, NOW},
	    {NOW, -5, NOW + 5},
	    {0, -661, 661},
	    {NOW, INT64_MIN, INT64_MAX},
	    {0, INT64_MAX, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(floor_behind(cases[i].floor, cases[i].now), cases[i].behind);
}

/* ---- damage ---- */

static void every_bit_flipped(void **state)
{
	uint8_t bytes[SLOTS_FILE_SIZE];
	unsigned newest = 0, before = 0, refused = 0;

	(void)state;
	make_file(NOW - 7200, NOW, bytes); /* newest in slot 1 */
	for (size_t bit = 0; bit < 8 * sizeof(bytes); bit++) {
		struct slots_file f;
		struct err e = {0};
		int64_t floor = -7;
		int r;

		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		r = floor_decode(&keys, bytes, sizeof(bytes), "o", &floor, &f, &e);
		if (r == 0) {
			assert_true(f.torn);
			assert_int_equal(floor, bit / 8 < SLOTS_SLOT_SIZE ? NOW : NOW - 7200);
		} else {
			assert_int_equal(floor, -7);
			assert_int_equal(e.number, ERR_TOO_NEW);
		}
		newest += r == 0 && floor == NOW;
		before += r == 0 && floor != NOW;
		refused += r != 0;
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	/* all but the bits of a version that make it higher: 15 each */
	assert_int_equal(refused, 30);
	assert_int_equal(newest, 8 * SLOTS_SLOT_SIZE - 15);
	assert_int_equal(before, 8 * SLOTS_SLOT_SIZE - 15);
}

static void every_length_refused(void **state)
{
	uint8_t bytes[SLOTS_FILE_SIZE + 1] = {0};
	struct slots_file f;
	struct err e = {0};
	int64_t floor = -7;

	(void)state;
	make_file(NOW - 7200, NOW, bytes);
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		if (len == SLOTS_FILE_SIZE)
			continue;
		assert_int_equal(floor_decode(&keys, bytes, len, "o", &floor, &f, &e), -1);
		assert_int_equal(e.number, ERR_DAMAGED);
		if (len % 512 > 1)
			continue;
		put_file(bytes, len);
		assert_unreadable(ERR_DAMAGED);
	}
	assert_int_equal(floor, -7);
}

/* A write cut short after any byte, and with any sectors of it missing. */
static void torn_writes(void **state)
{
	static uint8_t old[SLOTS_FILE_SIZE], next[SLOTS_FILE_SIZE], bytes[SLOTS_FILE_SIZE];
	struct slots_file f;
	int64_t floor;

	(void)state;
	make_file(NOW - 7200, NOW, old);
	floor_advance(&store, &keys, NOW, NOW + 3600);
	get_file(next); /* slot 0 */
	assert_memory_equal(old + SLOTS_SLOT_SIZE, next + SLOTS_SLOT_SIZE, SLOTS_SLOT_SIZE);
	for (size_t done = 0; done <= SLOTS_SLOT_SIZE; done++) {
		memcpy(bytes, old, sizeof(bytes));
		memcpy(bytes, next, done);
		assert_int_equal(
		    floor_decode(&keys, bytes, sizeof(bytes), "o", &floor, &f, NULL), 0);
		assert_int_equal(floor, done == SLOTS_SLOT_SIZE ? NOW + 3600 : NOW);
	}
	for (unsigned sectors = 0; sectors < 256; sectors++) {
		memcpy(bytes, old, sizeof(bytes));
		for (unsigned i = 0; i < 8; i++)
			if ((sectors >> i & 1) != 0)
				memcpy(bytes + i * 512, next + i * 512, 512);
		assert_int_equal(
		    floor_decode(&keys, bytes, sizeof(bytes), "o", &floor, &f, NULL), 0);
		assert_int_equal(floor, sectors == 255 ? NOW + 3600 : NOW);
	}
}

static void unreadable_is_made_anew(void **state)
{
	static const uint8_t zeros[SLOTS_FILE_SIZE];
	static uint8_t bytes[SLOTS_FILE_SIZE], bad[SLOTS_FILE_SIZE];
	struct keys mine = keys;

	(void)state;
	make_file(NOW - 7200, NOW, bytes);
	/* both slots damaged */
	memcpy(bad, bytes, sizeof(bad));
	bad[100] ^= 1;
	bad[5000] ^= 1;
	put_file(bad, sizeof(bad));
	assert_unreadable(ERR_DAMAGED);
	floor_advance(&store, &keys, 0, NOW); /* not by a login */
	assert_unreadable(ERR_DAMAGED);
	set(NOW);
	assert_int_equal(floor_now(), NOW);
	/* empty, blank */
	put_file(bytes, 0);
	assert_unreadable(ERR_DAMAGED);
	set(NOW);
	assert_int_equal(floor_now(), NOW);
	put_file(zeros, sizeof(zeros));
	assert_unreadable(ERR_DAMAGED);
	set(NOW);
	assert_int_equal(floor_now(), NOW);
	/* of another store */
	keys.master[0] ^= 1;
	assert_unreadable(ERR_DAMAGED);
	keys = mine;
	assert_int_equal(floor_now(), NOW);
}

/* Either slot: what it says is for that version to know. */
static void newer_is_left_alone(void **state)
{
	static uint8_t bytes[SLOTS_FILE_SIZE], after[SLOTS_FILE_SIZE];

	(void)state;
	for (unsigned slot = 0; slot < 2; slot++) {
		struct err e = {0};

		make_file(NOW - 7200, NOW, bytes);
		bytes[slot * SLOTS_SLOT_SIZE + 9] = 2;
		put_file(bytes, sizeof(bytes));
		assert_unreadable(ERR_TOO_NEW);
		disk_reset();
		assert_int_equal(floor_set(&store, &keys, NOW, &e), -1);
		assert_int_equal(e.number, ERR_TOO_NEW);
		assert_non_null(strstr(e.object, "/clock"));
		floor_advance(&store, &keys, 0, NOW);
		assert_int_equal(disk.count, 0);
		get_file(after);
		assert_memory_equal(bytes, after, sizeof(bytes));
	}
}

/* A whole box of another kind, or under another name. */
static void is_bound_to_its_place(void **state)
{
	uint8_t bytes[SLOTS_FILE_SIZE] = {0}, plain[SLOTS_PLAIN_SIZE] = {0};
	struct box_type type = floor_box;

	(void)state;
	assert_int_equal(
	    box_seal(&keys, &type, 1, "clock", plain, sizeof(plain), bytes, NULL), 0);
	put_file(bytes, sizeof(bytes));
	assert_int_equal(floor_now(), 0);
	assert_int_equal(
	    box_seal(&keys, &type, 1, "clack", plain, sizeof(plain), bytes, NULL), 0);
	put_file(bytes, sizeof(bytes));
	assert_unreadable(ERR_DAMAGED);
	assert_int_equal(
	    box_seal(&keys, &state_box, 1, "clock", plain, sizeof(plain), bytes, NULL), 0);
	put_file(bytes, sizeof(bytes));
	assert_unreadable(ERR_FOREIGN);
}

static void times_are_checked(void **state)
{
	static const uint8_t tops[] = {0x80, 0x01};
	uint8_t bytes[SLOTS_FILE_SIZE] = {0}, plain[SLOTS_PLAIN_SIZE] = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(tops); i++) {
		plain[0] = tops[i];
		assert_int_equal(
		    box_seal(&keys, &floor_box, 1, "clock", plain, sizeof(plain), bytes, NULL),
		    0);
		put_file(bytes, sizeof(bytes));
		assert_unreadable(ERR_DAMAGED);
	}
}

static void unsafe_files(void **state)
{
	char other[TEMPDIR_SIZE + 16];
	struct err e = {0};

	(void)state;
	(void)snprintf(other, sizeof(other), "%s/other", top);
	set(NOW);
	assert_int_equal(link(path, other), 0);
	assert_unreadable(ERR_UNSAFE_FILE);
	floor_advance(&store, &keys, NOW, NOW + 7200);
	assert_int_equal(floor_set(&store, &keys, NOW, &e), -1);
	assert_int_equal(e.number, ERR_UNSAFE_FILE);
	assert_int_equal(unlink(other), 0);
	assert_int_equal(floor_now(), NOW);
	assert_int_equal(chmod(path, 0640), 0);
	assert_unreadable(ERR_UNSAFE_FILE);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(symlink(other, path), 0);
	assert_unreadable(ERR_UNSAFE_FILE);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_unreadable(ERR_UNSAFE_FILE);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_unreadable(ERR_UNSAFE_FILE);
}

/* ---- with a whole store ---- */

static ino_t asked[16];
static unsigned asked_count;

/* What would be asked of btrfs. */
int ioctl(int fd, unsigned long request, ...)
{
	struct stat st;
	va_list more;
	int *flags;

	va_start(more, request);
	flags = va_arg(more, int *);
	va_end(more);
	if (request == FS_IOC_GETFLAGS) {
		*flags = FS_NOATIME_FL;
		return 0;
	}
	if (request != FS_IOC_SETFLAGS || *flags != (FS_NOATIME_FL | FS_NOCOW_FL) ||
	    fstat(fd, &st) != 0 || asked_count == 16)
		return -1;
	asked[asked_count++] = st.st_ino;
	return 0;
}

static void assert_asked(const char *directory)
{
	struct stat st;

	assert_int_equal(stat(directory, &st), 0);
	for (unsigned i = 0; i < asked_count; i++)
		if (asked[i] == st.st_ino)
			return;
	fail_msg("%s", directory);
}

static void init_makes_it(void **state)
{
	char var[TEMPDIR_SIZE + 8], etc[TEMPDIR_SIZE + 8], name[TEMPDIR_SIZE + 24];
	struct store s;
	struct keys k;
	struct err e = {0};
	int64_t floor = -1;
	int fd;

	(void)state;
	(void)snprintf(var, sizeof(var), "%s/var", top);
	(void)snprintf(etc, sizeof(etc), "%s/etc", top);
	/* what a run cut short has left, sealed under keys that are gone */
	assert_int_equal(mkdir(var, 0700), 0);
	(void)snprintf(name, sizeof(name), "%s/clock", var);
	set(NOW);
	assert_int_equal(rename(path, name), 0);
	assert_int_equal(store_create(var, etc, true, NOW, &e), 0);
	assert_int_equal(store_open(&s, var, etc, true, &e), 0);
	assert_int_equal(store_unlock(&s, &k, &e), 0);
	assert_int_equal(floor_read(&s, &k, &floor, &e), 0);
	assert_int_equal(floor, 0);
	store_close(&s);
	assert_asked(var);
	(void)snprintf(name, sizeof(name), "%s/states", var);
	assert_asked(name);
	(void)snprintf(name, sizeof(name), "%s/decoys", var);
	assert_asked(name);
	/* without it the store cannot be made, and there is no header then */
	assert_int_equal(unlinkat(AT_FDCWD, name, 0), -1);
	(void)snprintf(name, sizeof(name), "%s/header", var);
	assert_int_equal(unlink(name), 0);
	(void)snprintf(name, sizeof(name), "%s/clock", var);
	fd = open(name, O_RDWR);
	assert_int_equal(safefile_lock(fd, var, "clock", 0, &e), 0);
	assert_int_equal(store_create(var, etc, true, NOW, &e), -1);
	assert_int_equal(e.number, ERR_BUSY);
	(void)snprintf(name, sizeof(name), "%s/header", var);
	assert_int_equal(access(name, F_OK), -1);
	close(fd);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(set_and_read),
	    TEST(set_is_durable),
	    TEST(set_refuses_no_time),
	    TEST(moves_by_full_steps),
	    TEST(never_lowers),
	    TEST(advance_does_not_wait),
	    TEST(locked_is_left_alone),
	    TEST(behind),
	    TEST(every_bit_flipped),
	    TEST(every_length_refused),
	    TEST(torn_writes),
	    TEST(unreadable_is_made_anew),
	    TEST(newer_is_left_alone),
	    TEST(is_bound_to_its_place),
	    TEST(times_are_checked),
	    TEST(unsafe_files),
	    TEST(init_makes_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
