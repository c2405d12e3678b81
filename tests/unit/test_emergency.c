/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/store/emergency.c: one code, one use. It opens whatever else is broken, never for
 * another code, never twice, and never before the mark is on the disk.
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
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "lib/base/crypto.h"
#include "lib/base/safefile.h"
#include "lib/store/emergency.h"
#include "lib/store/store.h"
#include "tests/unit/disk.h"
#include "tests/unit/tempdir.h"

#define NOW     1700000000
#define CODE    "0123456789ABCDEFGHJK"
#define ANOTHER "0123456789ABCDEFGHJM"
#define PAGE    EMERGENCY_PAGE_SIZE
#define WHOLE   EMERGENCY_FILE_SIZE

static char top[TEMPDIR_SIZE], path[TEMPDIR_SIZE + 16], other[TEMPDIR_SIZE + 16];
static int dir, free_fd;
static struct emergency em;
static struct err e;

static int lowest_free_fd(void)
{
	int fd = dup(dir);

	if (fd >= 0)
		close(fd);
	return fd;
}

static int setup(void **state)
{
	(void)state;
	tempdir_make(top);
	(void)snprintf(path, sizeof(path), "%s/emergency", top);
	(void)snprintf(other, sizeof(other), "%s/other", top);
	dir = open(top, O_RDONLY | O_DIRECTORY);
	memset(&e, 0, sizeof(e));
	memset(&em, 0, sizeof(em));
	disk_reset();
	free_fd = lowest_free_fd();
	return dir < 0 || free_fd < 0 ? -1 : 0;
}

/* Whatever happened, nothing is left open. */
static int teardown(void **state)
{
	(void)state;
	if (lowest_free_fd() != free_fd)
		return -1;
	close(dir);
	tempdir_remove(top);
	return 0;
}

static void make(const char *code)
{
	static const uid_t uids[] = {0, 1000};

	assert_int_equal(emergency_write(dir, top, code, uids, 2, NOW - 5, &em, &e), 0);
}

static enum emergency_result spend(const char *code, uid_t uid)
{
	memset(&e, 0, sizeof(e));
	return emergency_spend(dir, top, code, uid, NOW, &em, &e);
}

static void get_file(uint8_t bytes[WHOLE])
{
	int fd = open(path, O_RDONLY);

	assert_int_equal(read(fd, bytes, WHOLE), WHOLE);
	close(fd);
}

/* In place, for speed: thousands of them are tried. */
static void put_file(const uint8_t *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	assert_int_equal(ftruncate(fd, (off_t)len), 0);
	close(fd);
}

static void assert_error(enum emergency_result result, enum err_number number)
{
	assert_int_equal(result, EMERGENCY_ERROR);
	assert_int_equal(e.number, number);
	assert_null(strstr(e.why, CODE));
}

/* ---- making ---- */

static void written_and_read(void **state)
{
	struct emergency first, second, read;
	struct stat st;

	(void)state;
	make(CODE);
	first = em;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, WHOLE);
	assert_int_equal(emergency_read(dir, top, &read, &e), 0);
	assert_memory_equal(read.id, first.id, sizeof(read.id));
	assert_memory_equal(read.salt, first.salt, sizeof(read.salt));
	assert_memory_equal(read.hash, first.hash, sizeof(read.hash));
	assert_int_equal(read.created, NOW - 5);
	assert_int_equal(read.uid_count, 2);
	assert_int_equal(read.uids[0], 0);
	assert_int_equal(read.uids[1], 1000);
	assert_false(read.spent);
	assert_int_equal(read.spent_at, 0);
	assert_int_equal(read.spent_uid, (uid_t)-1);
	/* the same code again: nothing is the same, and it can be used again */
	make(CODE);
	second = em;
	assert_memory_not_equal(first.id, second.id, sizeof(first.id));
	assert_memory_not_equal(first.salt, second.salt, sizeof(first.salt));
	assert_memory_not_equal(first.hash, second.hash, sizeof(first.hash));
}

static void write_is_durable(void **state)
{
	(void)state;
	make(CODE);
	assert_string_equal(disk.events, "wSS");
	disk_reset();
	make(ANOTHER);
	assert_string_equal(disk.events, "wSS");
	/* no room: the code before it stays */
	disk.write_bytes = 17;
	assert_int_equal(emergency_write(dir, top, CODE, &(uid_t){0}, 1, NOW, &em, &e), -1);
	assert_int_equal(e.number, ERR_IO);
	assert_int_equal(spend(ANOTHER, 0), EMERGENCY_OPENED);
}

static void whom_it_lets_in(void **state)
{
	static const uid_t many[] = {5, 5, 0, 1, 2, 3, 5, 4, 6, 7};
	static const uid_t more[] = {5, 5, 0, 1, 2, 3, 5, 4, 6, 7, 8};
	static const uid_t nobody[] = {0, (uid_t)-1};

	(void)state;
	assert_int_equal(emergency_write(dir, top, CODE, many, 10, NOW, &em, &e), 0);
	assert_int_equal(em.uid_count, 8);
	assert_int_equal(spend(CODE, 8), EMERGENCY_NOT_HIM);
	assert_int_equal(spend(CODE, (uid_t)-1), EMERGENCY_NOT_HIM);
	assert_int_equal(emergency_write(dir, top, ANOTHER, more, 11, NOW, &em, &e), -1);
	assert_int_equal(e.number, ERR_LIMIT);
	assert_int_equal(emergency_write(dir, top, ANOTHER, nobody, 2, NOW, &em, &e), -1);
	assert_int_equal(e.number, ERR_INTERNAL);
	assert_int_equal(emergency_write(dir, top, ANOTHER, many, 0, NOW, &em, &e), -1);
	assert_int_equal(e.number, ERR_INTERNAL);
	assert_int_equal(spend(CODE, 7), EMERGENCY_OPENED); /* still the first */
	/* uid 0 is not there because unused entries are zero */
	assert_int_equal(emergency_write(dir, top, CODE, &(uid_t){5}, 1, NOW, &em, &e), 0);
	assert_int_equal(spend(CODE, 0), EMERGENCY_NOT_HIM);
	assert_int_equal(spend(CODE, 5), EMERGENCY_OPENED);
}

static void code_must_be_one(void **state)
{
	static const char *const codes[] = {"", "0123456789ABCDEFGHJ", CODE "N", "A"};

	(void)state;
	make(CODE);
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		assert_int_equal(
		    emergency_write(dir, top, codes[i], &(uid_t){0}, 1, NOW, &em, &e), -1);
		assert_int_equal(e.number, ERR_INTERNAL);
		assert_error(spend(codes[i], 0), ERR_INTERNAL);
	}
	assert_int_equal(spend(CODE, 0), EMERGENCY_OPENED);
}

/* Clocks that are off: it opens all the same. */
static void any_clock(void **state)
{
	static const struct {
		int64_t now, kept;
	} cases[] = {
	    {0, 0},
	    {-1, 0},
	    {INT64_MIN, 0},
	    {1, 1},
	    {253402300799, 253402300799},
	    {253402300800, 253402300799},
	    {INT64_MAX, 253402300799},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(
		    emergency_write(dir, top, CODE, &(uid_t){3}, 1, cases[i].now, &em, &e), 0);
		assert_int_equal(em.created, cases[i].kept);
		assert_int_equal(emergency_spend(dir, top, CODE, 3, cases[i].now, &em, &e),
		    EMERGENCY_OPENED);
		assert_int_equal(emergency_read(dir, top, &em, &e), 0);
		assert_true(em.spent);
		assert_int_equal(em.spent_at, cases[i].kept);
		assert_int_equal(em.spent_uid, 3);
	}
}

/* ---- spending ---- */

static void opens_once(void **state)
{
	static uint8_t before[WHOLE], after[WHOLE];
	struct emergency made;

	(void)state;
	assert_int_equal(spend(CODE, 0), EMERGENCY_NONE);
	make(CODE);
	made = em;
	get_file(before);
	assert_int_equal(spend(ANOTHER, 0), EMERGENCY_WRONG);
	assert_memory_equal(em.id, made.id, sizeof(made.id));
	assert_int_equal(spend(CODE, 1001), EMERGENCY_NOT_HIM);
	get_file(after);
	assert_memory_equal(before, after, WHOLE);
	assert_int_equal(spend(CODE, 1000), EMERGENCY_OPENED);
	assert_memory_equal(em.id, made.id, sizeof(made.id));
	assert_true(em.spent);
	assert_int_equal(em.spent_at, NOW);
	assert_int_equal(em.spent_uid, 1000);
	get_file(after);
	assert_memory_equal(before, after, PAGE);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(spend(CODE, 1000), EMERGENCY_SPENT);
		assert_int_equal(spend(CODE, 0), EMERGENCY_SPENT);
		assert_int_equal(spend(CODE, 1001), EMERGENCY_SPENT);
		assert_int_equal(spend(ANOTHER, 0), EMERGENCY_WRONG);
	}
	get_file(before);
	assert_memory_equal(before, after, WHOLE);
	assert_int_equal(emergency_read(dir, top, &em, &e), 0);
	assert_true(em.spent);
	assert_int_equal(em.spent_at, NOW);
	assert_int_equal(em.spent_uid, 1000);
	/* a new one */
	make(ANOTHER);
	assert_int_equal(spend(CODE, 0), EMERGENCY_WRONG);
	assert_int_equal(spend(ANOTHER, 0), EMERGENCY_OPENED);
}

static void mark_is_durable_first(void **state)
{
	(void)state;
	make(CODE);
	disk_reset();
	assert_int_equal(spend(ANOTHER, 0), EMERGENCY_WRONG);
	assert_int_equal(spend(CODE, 99), EMERGENCY_NOT_HIM);
	assert_string_equal(disk.events, "");
	assert_int_equal(spend(CODE, 0), EMERGENCY_OPENED);
	assert_string_equal(disk.events, "ws");
	assert_int_equal(disk.write_at, PAGE);
	disk_reset();
	assert_int_equal(spend(CODE, 0), EMERGENCY_SPENT);
	assert_string_equal(disk.events, "");
	/* the disk does not say that it has it: nobody is let in */
	make(CODE);
	disk_reset();
	disk.fail_sync = EIO;
	assert_error(spend(CODE, 0), ERR_IO);
	assert_string_equal(disk.events, "wx");
	assert_int_equal(spend(CODE, 0), EMERGENCY_SPENT);
}

/* A write that fails after any number of bytes lets nobody in; the next try may, if nothing of
 * it is there. */
static void torn_marks(void **state)
{
	static uint8_t fresh[WHOLE], spent[WHOLE], bytes[WHOLE];

	(void)state;
	make(CODE);
	get_file(fresh);
	assert_int_equal(spend(CODE, 0), EMERGENCY_OPENED);
	get_file(spent);
	for (ssize_t done = 0; done <= PAGE; done++) {
		put_file(fresh, WHOLE);
		disk_reset();
		disk.write_bytes = done;
		assert_error(spend(CODE, 0), ERR_IO);
		assert_int_equal(
		    spend(CODE, 0), done == 0 ? EMERGENCY_OPENED : EMERGENCY_SPENT);
	}
	/* any of its sectors may be the one that reached the disk */
	for (unsigned sectors = 1; sectors < 256; sectors++) {
		memcpy(bytes, fresh, WHOLE);
		for (unsigned i = 0; i < 8; i++)
			if ((sectors >> i & 1) != 0)
				memcpy(bytes + PAGE + i * 512, spent + PAGE + i * 512, 512);
		put_file(bytes, WHOLE);
		assert_int_equal(spend(CODE, 0), EMERGENCY_SPENT);
		assert_int_equal(em.spent_uid, sectors == 255 ? 0 : (uid_t)-1);
	}
}

/* A hash that is another in one bit is the hash of another code. */
static void all_of_the_hash_counts(void **state)
{
	uint8_t bytes[WHOLE];

	(void)state;
	make(CODE);
	for (size_t i = 0; i < sizeof(em.hash); i++) {
		struct emergency nearly = em;

		nearly.hash[i] ^= 1;
		assert_int_equal(emergency_encode(&nearly, bytes), 0);
		put_file(bytes, WHOLE);
		assert_int_equal(
		    emergency_spend(dir, top, CODE, 0, NOW, &nearly, &e), EMERGENCY_WRONG);
	}
	assert_int_equal(emergency_encode(&em, bytes), 0);
	put_file(bytes, WHOLE);
	assert_int_equal(spend(CODE, 0), EMERGENCY_OPENED);
}

/* ---- damage ---- */

/* One bit in the first page: refused. */
static void every_bit_of_the_hash(void **state)
{
	uint8_t bytes[WHOLE];

	(void)state;
	make(CODE);
	get_file(bytes);
	for (size_t bit = 0; bit < 8 * PAGE; bit++) {
		struct emergency out;

		memset(&out, 0x77, sizeof(out));
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(emergency_decode(bytes, WHOLE, "o", &out, &e), -1);
		if (bit < 64)
			assert_int_equal(e.number, ERR_FOREIGN);
		else
			assert_true(e.number == ERR_DAMAGED || e.number == ERR_TOO_NEW);
		assert_int_equal(out.created, 0x7777777777777777);
		if (bit % 8 == bit / 8 % 8) {
			put_file(bytes, WHOLE);
			assert_int_equal(spend(CODE, 0), EMERGENCY_ERROR);
			assert_int_equal(spend(ANOTHER, 0), EMERGENCY_ERROR);
		}
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

/* One bit in the second page, blank or marked: spent, or spent by who knows. */
static void every_bit_of_the_mark(void **state)
{
	uint8_t bytes[WHOLE];
	struct emergency out;

	(void)state;
	make(CODE);
	for (int marked = 0; marked < 2; marked++) {
		get_file(bytes);
		for (size_t bit = 8 * PAGE; bit < 8 * WHOLE; bit++) {
			bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
			assert_int_equal(emergency_decode(bytes, WHOLE, "o", &out, &e), 0);
			assert_true(out.spent);
			assert_int_equal(out.spent_at, 0);
			assert_int_equal(out.spent_uid, (uid_t)-1);
			if (bit % 8 == bit / 8 % 8) {
				put_file(bytes, WHOLE);
				assert_int_equal(spend(CODE, 0), EMERGENCY_SPENT);
				assert_int_equal(spend(ANOTHER, 0), EMERGENCY_WRONG);
			}
			bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		put_file(bytes, WHOLE);
		assert_int_equal(spend(CODE, 0), marked ? EMERGENCY_SPENT : EMERGENCY_OPENED);
	}
}

static void every_length(void **state)
{
	uint8_t bytes[WHOLE + 1] = {0};

	(void)state;
	make(CODE);
	get_file(bytes);
	for (size_t len = 0; len <= WHOLE + 1; len++) {
		if (len == WHOLE)
			continue;
		assert_int_equal(emergency_decode(bytes, len, "o", &em, &e), -1);
		assert_int_equal(e.number, ERR_DAMAGED);
		if (len % 64 > 1)
			continue;
		put_file(bytes, len);
		assert_error(spend(CODE, 0), ERR_DAMAGED);
		assert_int_equal(emergency_read(dir, top, &em, &e), -1);
		assert_int_equal(e.number, ERR_DAMAGED);
	}
	put_file(bytes, WHOLE);
	assert_int_equal(spend(CODE, 0), EMERGENCY_OPENED);
}

/* With the right check, so that the rules themselves refuse. */
static void rules(void **state)
{
	uint8_t out[WHOLE];

	(void)state;
	make(CODE);
	for (int i = 0; i < 8; i++) {
		struct emergency bad = em;

		switch (i) {
		case 0:
			bad.uid_count = 0;
			break;
		case 1:
			bad.uid_count = 9;
			break;
		case 2:
			bad.uid_count = 3; /* its third is the first again */
			break;
		case 3:
			bad.uids[7] = 9;
			break;
		case 4:
			bad.created = -1;
			break;
		case 5:
			bad.created = 253402300800;
			break;
		case 6:
			bad.uids[1] = (uid_t)-1;
			break;
		default:
			bad.spent = true;
			bad.spent_uid = 0;
			bad.spent_at = 253402300800;
		}
		if (emergency_encode(&bad, out) != -1)
			fail_msg("rule %d was not enforced", i);
	}
	assert_int_equal(emergency_encode(&em, out), 0);
}

static void rules_hold_for_the_bytes(void **state)
{
	static const struct {
		size_t at;
		uint8_t value;
		enum err_number number;
	} changes[] = {
	    {9, 2, ERR_TOO_NEW},
	    {8, 1, ERR_TOO_NEW},
	    {9, 0, ERR_DAMAGED},
	    {10, 0, ERR_DAMAGED},
	    {10, 1, ERR_DAMAGED},
	    {10, 3, ERR_DAMAGED},
	    {10, 9, ERR_DAMAGED},
	    {10, 255, ERR_DAMAGED},
	    {11, 1, ERR_DAMAGED},
	    {24, 0x80, ERR_DAMAGED},
	    {24, 1, ERR_DAMAGED},
	    {63, 1, ERR_DAMAGED},
	    {128, 1, ERR_DAMAGED},
	    {4063, 1, ERR_DAMAGED},
	};
	uint8_t bytes[WHOLE];

	(void)state;
	make(CODE);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		struct span page = {bytes, PAGE - 32};

		assert_int_equal(emergency_encode(&em, bytes), 0);
		bytes[changes[i].at] = changes[i].value;
		assert_int_equal(crypto_sha256(&page, 1, bytes + PAGE - 32), 0);
		assert_int_equal(emergency_decode(bytes, WHOLE, "o", &em, &e), -1);
		assert_int_equal(e.number, changes[i].number);
	}
}

/* Any mark at all stands, and stands again when it is written by a program. */
static void unknown_marks_stay(void **state)
{
	static uint8_t bytes[WHOLE], again[WHOLE];
	struct emergency out;

	(void)state;
	make(CODE);
	get_file(bytes);
	bytes[WHOLE - 1] = 1;
	assert_int_equal(emergency_decode(bytes, WHOLE, "o", &out, &e), 0);
	assert_int_equal(emergency_encode(&out, again), 0);
	assert_memory_equal(bytes, again, PAGE);
	assert_int_equal(emergency_decode(again, WHOLE, "o", &out, &e), 0);
	assert_true(out.spent);
	assert_int_equal(out.spent_at, 0);
	assert_int_equal(out.spent_uid, (uid_t)-1);
}

/* ---- the file and its directory ---- */

static void modes(void **state)
{
	static const struct {
		mode_t mode;
		bool opens;
	} cases[] = {
	    {0600, true},
	    {0400, true},
	    {0640, true},
	    {0644, true},
	    {0755, true},
	    {0620, false},
	    {0602, false},
	    {0666, false},
	    {0777, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		make(CODE);
		assert_int_equal(chmod(path, cases[i].mode), 0);
		if (cases[i].mode == 0400 && geteuid() != 0)
			continue; /* root reads what it likes */
		if (cases[i].opens)
			assert_int_equal(spend(CODE, 0), EMERGENCY_OPENED);
		else
			assert_error(spend(CODE, 0), ERR_UNSAFE_FILE);
	}
}

static void other_kinds_of_file(void **state)
{
	(void)state;
	make(CODE);
	assert_int_equal(link(path, other), 0);
	assert_error(spend(CODE, 0), ERR_UNSAFE_FILE);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink(other, path), 0);
	assert_error(spend(CODE, 0), ERR_UNSAFE_FILE);
	assert_int_equal(emergency_read(dir, top, &em, &e), -1);
	assert_int_equal(e.number, ERR_UNSAFE_FILE);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_error(spend(CODE, 0), ERR_UNSAFE_FILE);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_error(spend(CODE, 0), ERR_UNSAFE_FILE);
	assert_int_equal(rmdir(path), 0);
	/* a new code takes the place of a link, not of what it leads to */
	assert_int_equal(symlink(other, path), 0);
	make(ANOTHER);
	assert_int_equal(spend(ANOTHER, 0), EMERGENCY_OPENED);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rename(other, path), 0);
	assert_int_equal(spend(CODE, 0), EMERGENCY_OPENED);
	if (geteuid() == 0) {
		make(CODE);
		assert_int_equal(chown(path, 1, (gid_t)-1), 0);
		assert_error(spend(CODE, 0), ERR_UNSAFE_FILE);
	}
}

static void directory(void **state)
{
	static const struct {
		mode_t mode;
		bool opens;
	} cases[] = {
	    {0700, true},
	    {0755, true},
	    {01755, true},
	    {0770, false},
	    {0702, false},
	    {0777, false},
	    {01777, false},
	};
	struct store s;
	int fd;

	(void)state;
	make(CODE);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(chmod(top, cases[i].mode), 0);
		fd = emergency_open_dir(top, &e);
		assert_int_equal(fd >= 0, cases[i].opens);
		if (fd < 0)
			assert_int_equal(e.number, ERR_UNSAFE_FILE);
		else
			close(fd);
	}
	/* where the store does not open */
	assert_int_equal(chmod(top, 0755), 0);
	assert_int_equal(store_open(&s, top, top, true, &e), -1);
	fd = emergency_open_dir(top, &e);
	assert_int_equal(emergency_spend(fd, top, CODE, 0, NOW, &em, &e), EMERGENCY_OPENED);
	close(fd);
	assert_int_equal(symlink(top, other), 0);
	assert_int_equal(emergency_open_dir(other, &e), -1);
	assert_int_equal(e.number, ERR_UNSAFE_FILE);
	assert_int_equal(unlink(other), 0);
	assert_int_equal(emergency_open_dir(other, &e), -1);
	assert_int_equal(errno, ENOENT);
	if (geteuid() == 0) {
		assert_int_equal(chown(top, 1, (gid_t)-1), 0);
		assert_int_equal(emergency_open_dir(top, &e), -1);
		assert_int_equal(e.number, ERR_UNSAFE_FILE);
	}
}

static void removed(void **state)
{
	(void)state;
	assert_int_equal(emergency_remove(dir, top, &e), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(e.number, ERR_NOT_ENROLLED);
	assert_int_equal(emergency_read(dir, top, &em, &e), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(e.number, ERR_NOT_ENROLLED);
	make(CODE);
	disk_reset();
	assert_int_equal(emergency_remove(dir, top, &e), 0);
	assert_string_equal(disk.events, "S");
	assert_int_equal(spend(CODE, 0), EMERGENCY_NONE);
	make(CODE);
	disk.fail_fsync = EIO;
	assert_int_equal(emergency_remove(dir, top, &e), -1);
	assert_int_equal(e.number, ERR_IO);
	/* also what cannot be opened */
	make(CODE);
	assert_int_equal(chmod(path, 0666), 0);
	assert_int_equal(emergency_remove(dir, top, &e), 0);
	assert_int_equal(access(path, F_OK), -1);
}

/* ---- two at a time ---- */

static int held = -1;

static void hold(void)
{
	held = open(path, O_RDWR);
	assert_int_equal(safefile_lock(held, top, "emergency", 0, &e), 0);
}

static void release(void)
{
	close(held);
	held = -1;
}

static void locks_are_waited_for(void **state)
{
	(void)state;
	make(CODE);
	hold();
	disk_reset();
	disk.pause = release;
	assert_int_equal(spend(CODE, 0), EMERGENCY_OPENED);
	assert_int_equal(disk.pauses, 1);
	hold();
	disk.pause = release;
	make(CODE);
	hold();
	disk.pause = release;
	assert_int_equal(emergency_remove(dir, top, &e), 0);
	assert_int_equal(disk.pauses, 3);
	/* but not for ever */
	make(CODE);
	hold();
	assert_error(spend(CODE, 0), ERR_BUSY);
	assert_int_equal(emergency_write(dir, top, ANOTHER, &(uid_t){0}, 1, NOW, &em, &e), -1);
	assert_int_equal(e.number, ERR_BUSY);
	assert_int_equal(emergency_remove(dir, top, &e), -1);
	assert_int_equal(e.number, ERR_BUSY);
	assert_int_equal(emergency_read(dir, top, &em, &e), 0); /* reading waits for nobody */
	release();
	assert_int_equal(spend(CODE, 0), EMERGENCY_OPENED);
}

static void replace_and_release(void)
{
	struct emergency next = em;
	uint8_t bytes[WHOLE];

	next.salt[0] ^= 1; /* the old code is not its code */
	assert_int_equal(emergency_encode(&next, bytes), 0);
	assert_int_equal(
	    safefile_replace(dir, top, "emergency", bytes, sizeof(bytes), 0600, &e), 0);
	release();
}

static void remove_and_release(void)
{
	assert_int_equal(unlink(path), 0);
	release();
}

/* The file is open already, and another takes its name before the lock is free. */
static void replaced_while_waiting(void **state)
{
	(void)state;
	make(CODE);
	hold();
	disk.pause = replace_and_release;
	assert_int_equal(spend(CODE, 0), EMERGENCY_WRONG);
	make(CODE);
	hold();
	disk.pause = remove_and_release;
	assert_int_equal(spend(CODE, 0), EMERGENCY_NONE);
}

static void keep_replacing(void)
{
	struct emergency next = em;
	uint8_t bytes[WHOLE];
	int fresh;

	assert_int_equal(emergency_encode(&next, bytes), 0);
	assert_int_equal(
	    safefile_replace(dir, top, "emergency", bytes, sizeof(bytes), 0600, &e), 0);
	fresh = open(path, O_RDWR);
	assert_int_equal(safefile_lock(fresh, top, "emergency", 0, &e), 0);
	release();
	held = fresh;
	disk.pause = keep_replacing;
}

static void replaced_again_and_again(void **state)
{
	(void)state;
	make(CODE);
	hold();
	disk.pause = keep_replacing;
	assert_error(spend(CODE, 0), ERR_BUSY);
	disk.pause = NULL;
	release();
	assert_int_equal(spend(CODE, 0), EMERGENCY_OPENED);
}

#define RACERS 8

static void only_one_of_many(void **state)
{
	(void)state;
	for (int round = 0; round < 20; round++) {
		int go[2], opened = 0, spent = 0;

		make(CODE);
		assert_int_equal(pipe(go), 0);
		for (int i = 0; i < RACERS; i++) {
			pid_t pid = fork();
			char c;

			assert_true(pid >= 0);
			if (pid > 0)
				continue;
			disk.real_sleep = true;
			close(go[1]);
			(void)!read(go[0], &c, 1); /* all at once, when it is closed */
			_exit(100 + (int)spend(CODE, 0));
		}
		close(go[0]);
		close(go[1]);
		for (int i = 0; i < RACERS; i++) {
			int status = 0;

			assert_true(wait(&status) > 0);
			assert_true(WIFEXITED(status));
			opened += WEXITSTATUS(status) == 100 + EMERGENCY_OPENED;
			spent += WEXITSTATUS(status) == 100 + EMERGENCY_SPENT;
		}
		assert_int_equal(opened, 1);
		assert_int_equal(spent, RACERS - 1);
	}
}

/* Killed anywhere: whoever was let in, nobody is after him. */
static void killed_at_any_point(void **state)
{
	volatile int *opened = mmap(
	    NULL, sizeof(*opened), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	(void)state;
	assert_ptr_not_equal(opened, MAP_FAILED);
	for (int round = 0; round < 300; round++) {
		struct timespec t = {.tv_nsec = round * 2000};
		enum emergency_result later;
		pid_t pid;

		*opened = 0;
		make(CODE);
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			*opened = spend(CODE, 0) == EMERGENCY_OPENED;
			_exit(0);
		}
		(void)syscall(SYS_nanosleep, &t, NULL);
		(void)kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		later = spend(CODE, 0);
		assert_true(later == EMERGENCY_SPENT || later == EMERGENCY_OPENED);
		if (*opened)
			assert_int_equal(later, EMERGENCY_SPENT);
	}
	(void)munmap((void *)(uintptr_t)opened, sizeof(*opened));
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(written_and_read),
	    TEST(write_is_durable),
	    TEST(whom_it_lets_in),
	    TEST(code_must_be_one),
	    TEST(any_clock),
	    TEST(opens_once),
	    TEST(mark_is_durable_first),
	    TEST(torn_marks),
	    TEST(all_of_the_hash_counts),
	    TEST(every_bit_of_the_hash),
	    TEST(every_bit_of_the_mark),
	    TEST(every_length),
	    TEST(rules),
	    TEST(rules_hold_for_the_bytes),
	    TEST(unknown_marks_stay),
	    TEST(modes),
	    TEST(other_kinds_of_file),
	    TEST(directory),
	    TEST(removed),
	    TEST(locks_are_waited_for),
	    TEST(replaced_while_waiting),
	    TEST(replaced_again_and_again),
	    TEST(only_one_of_many),
	    TEST(killed_at_any_point),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
