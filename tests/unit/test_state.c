/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/store/state.c: the rules of the codec, and the two slots: whatever one of them has
 * become, the other's state comes back unchanged and marked torn, or nothing does.
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
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "lib/store/header.h"
#include "lib/store/state.h"

#define NAME "0123"

/* ---- OpenSSL without memory (link option --wrap): the call that has this number, 0 none ----
 */

static unsigned fail_at;

EVP_CIPHER_CTX *__real_EVP_CIPHER_CTX_new(void);
EVP_CIPHER_CTX *__wrap_EVP_CIPHER_CTX_new(void);
EVP_CIPHER_CTX *__wrap_EVP_CIPHER_CTX_new(void)
{
	return fail_at > 0 && --fail_at == 0 ? NULL : __real_EVP_CIPHER_CTX_new();
}

static struct keys keys;

static int make_keys(void **state)
{
	struct host_key host;
	struct header h;

	(void)state;
	if (host_key_create(&host, NULL) != 0)
		return -1;
	return keys_create(&host, 1, &keys, &h, NULL);
}

static struct state sample(void)
{
	struct state s;

	memset(&s, 0, sizeof(s));
	memset(s.incarnation, 0x21, sizeof(s.incarnation));
	s.flags = STATE_FLAGS;
	s.accepted = 1700000000;
	s.last_seen = 1700000001;
	s.recovery_spent = 0x3ff;
	for (unsigned i = 0; i < RECORD_TEMPORARY_MAX; i++)
		s.temporary_uses[i] = (uint16_t)(i + 1);
	for (unsigned i = 0; i < RECORD_TOKENS_MAX; i++) {
		memset(s.counters[i].id, 0x30 + (int)i, TOKEN_ID_SIZE);
		s.counters[i].next = 1000 + i;
		s.counters[i].drift = (int32_t)i - 4;
	}
	for (unsigned i = 0; i < STATE_BUCKETS; i++) {
		struct bucket *b = &s.buckets[i];

		for (unsigned j = 0; j < STATE_FACTORS; j++)
			b->failures[j] = (uint16_t)(10 * i + j);
		b->streak = i;
		memset(b->boot_id, 0x40 + (int)i, BOOT_ID_SIZE);
		b->until_ms = 99999 + i;
	}
	return s;
}

static void round_trip(void **state)
{
	struct state s = sample(), back;
	uint8_t plain[STATE_PLAIN_SIZE], again[STATE_PLAIN_SIZE];

	(void)state;
	assert_int_equal(state_encode(&s, plain), 0);
	assert_int_equal(state_decode(plain, sizeof(plain), "o", &back, NULL), 0);
	assert_int_equal(state_encode(&back, again), 0);
	assert_memory_equal(plain, again, sizeof(plain));
	assert_int_equal(back.counters[0].drift, -4);
	assert_int_equal(back.counters[7].next, 1007);
	assert_int_equal(back.buckets[4].failures[3], 43);
	assert_ptr_equal(state_counter(&back, s.counters[5].id), &back.counters[5]);
	assert_null(state_counter(&back, (const uint8_t[TOKEN_ID_SIZE]){1}));
	memset(&back.counters[2], 0, sizeof(back.counters[2]));
	assert_null(state_counter(&back, (const uint8_t[TOKEN_ID_SIZE]){0}));
	/* what stands behind the last counter is none */
	memcpy(plain, back.buckets, TOKEN_ID_SIZE);
	assert_null(state_counter(&back, plain));
	for (size_t len = 0; len < sizeof(plain); len += 13)
		assert_int_equal(state_decode(plain, len, "o", &back, NULL), -1);
}

static bool break_rule(int n, struct state *s)
{
	switch (n) {
	case 0:
		memset(s->incarnation, 0, sizeof(s->incarnation));
		return true;
	case 1:
		s->flags = 4;
		return true;
	case 2:
		s->accepted = -1;
		return true;
	case 3:
		s->last_seen = 253402300800;
		return true;
	case 4:
		s->recovery_spent = 0x400;
		return true;
	case 5:
		memcpy(s->counters[0].id, s->counters[7].id, TOKEN_ID_SIZE);
		return true;
	case 6:
		memset(s->counters[0].id, 0, TOKEN_ID_SIZE);
		return true;
	case 7:
		s->counters[3].drift = STATE_DRIFT_MAX + 1;
		return true;
	case 8:
		s->counters[3].drift = INT32_MIN;
		return true;
	case 9:
		memset(&s->counters[3], 0, sizeof(s->counters[3]));
		s->counters[3].drift = 1;
		return true;
	case 10:
		memcpy(s->counters[6].id, s->counters[5].id, TOKEN_ID_SIZE);
		return true;
	default:
		return false;
	}
}

static void rules(void **state)
{
	struct state s = sample();
	uint8_t plain[STATE_PLAIN_SIZE];
	int n = 0;

	(void)state;
	for (; break_rule(n, &s); n++, s = sample())
		if (state_encode(&s, plain) != -1)
			fail_msg("rule %d was not enforced", n);
	assert_int_equal(n, 11);
	s.counters[0].drift = STATE_DRIFT_MAX;
	s.counters[1].drift = -STATE_DRIFT_MAX;
	assert_int_equal(state_encode(&s, plain), 0);
}

/* Every byte that no field owns must be zero. */
static void padding_is_checked(void **state)
{
	static const struct {
		size_t from, to;
	} zeros[] = {{20, 24}, {42, 48}, {56, 64}, {84, 96}, {308, 320}, {332, 336}, {360, 384},
	    {616, 640}, {640, STATE_PLAIN_SIZE}};
	static const struct state zero;
	struct state s = sample(), back;
	uint8_t plain[STATE_PLAIN_SIZE];

	(void)state;
	assert_int_equal(state_encode(&s, plain), 0);
	for (size_t i = 0; i < sizeof(zeros) / sizeof(zeros[0]); i++)
		for (size_t at = zeros[i].from; at < zeros[i].to; at++) {
			plain[at] = 1;
			if (state_decode(plain, sizeof(plain), "o", &back, NULL) != -1)
				fail_msg("byte %zu", at);
			assert_memory_equal(&back, &zero, sizeof(back));
			plain[at] = 0;
		}
}

/* ---- the file ---- */

struct file {
	int fd;
	uint8_t bytes[STATE_FILE_SIZE];
};

/* A state file whose counter 0 stands at writes, after that many writes. */
static void file_make(struct file *f, unsigned writes)
{
	struct state s = sample();
	struct slots_file sf;

	s.counters[0].next = 0;
	f->fd = memfd_create("state", MFD_CLOEXEC);
	assert_true(f->fd >= 0);
	/* safefile checks names and owners; a memory file is enough for what is after that */
	assert_int_equal(state_new_file(&keys, NAME, &s, f->bytes, NULL), 0);
	assert_int_equal(pwrite(f->fd, f->bytes, sizeof(f->bytes), 0), sizeof(f->bytes));
	assert_int_equal(state_load(&keys, NAME, "p", f->fd, &sf, &s, NULL), 0);
	for (unsigned i = 1; i <= writes; i++) {
		s.counters[0].next = i;
		assert_int_equal(state_save(&keys, NAME, "p", &sf, &s, NULL), 0);
	}
	assert_int_equal(pread(f->fd, f->bytes, sizeof(f->bytes), 0), sizeof(f->bytes));
}

static int load(const struct file *f, struct slots_file *sf, struct state *s, struct err *e)
{
	return state_load(&keys, NAME, "p", f->fd, sf, s, e);
}

static void slots_alternate(void **state)
{
	(void)state;
	for (unsigned writes = 0; writes < 6; writes++) {
		struct file f;
		struct slots_file sf;
		struct state s;

		file_make(&f, writes);
		assert_int_equal(load(&f, &sf, &s, NULL), 0);
		assert_int_equal(sf.generation, writes + 1);
		assert_int_equal(sf.slot, writes % 2);
		assert_false(sf.torn);
		assert_int_equal(s.counters[0].next, writes);
		close(f.fd);
	}
}

/* The bytes given are in the file; what comes out is the newest state, or the one before marked
 * torn, or an error: never anything else. Returns what came out, -1 for an error. (Its buffers
 * are not to be added to the frame of the caller.) */
static __attribute__((noinline)) int64_t load_changed(
    const struct file *f, unsigned writes, bool newest_touched)
{
	struct state want = sample(), s;
	struct slots_file sf;
	struct err e = {0};
	uint8_t a[STATE_PLAIN_SIZE], b[STATE_PLAIN_SIZE];

	if (load(f, &sf, &s, &e) != 0) {
		assert_true(e.number == ERR_DAMAGED || e.number == ERR_TOO_NEW ||
		            e.number == ERR_FOREIGN);
		return -1;
	}
	assert_true(sf.torn);
	want.counters[0].next = newest_touched ? writes - 1 : writes;
	assert_int_equal(state_encode(&want, a), 0);
	assert_int_equal(state_encode(&s, b), 0);
	assert_memory_equal(a, b, sizeof(a));
	/* and the next write heals it without touching the good slot first */
	assert_int_not_equal(sf.generation % 2, sf.slot);
	return (int64_t)s.counters[0].next;
}

static void every_byte_flipped(void **state)
{
	const unsigned writes = 4; /* newest in slot 0 */
	struct file f;
	unsigned recovered = 0;

	(void)state;
	file_make(&f, writes);
	for (size_t i = 0; i < sizeof(f.bytes); i++) {
		uint8_t bad = f.bytes[i] ^ (uint8_t)(1u << i % 8);

		assert_int_equal(pwrite(f.fd, &bad, 1, (off_t)i), 1);
		recovered += load_changed(&f, writes, i < STATE_SLOT_SIZE) >= 0;
		assert_int_equal(pwrite(f.fd, &f.bytes[i], 1, (off_t)i), 1);
	}
	assert_true(recovered > sizeof(f.bytes) - 40); /* all but flipped versions */
	close(f.fd);
}

static void every_truncation_refused(void **state)
{
	struct file f;
	struct slots_file sf;
	struct state s;
	struct err e = {0};

	(void)state;
	file_make(&f, 3);
	for (off_t len = STATE_FILE_SIZE - 1; len >= 0; len -= len % 4096 < 20 ? 1 : 17) {
		assert_int_equal(ftruncate(f.fd, len), 0);
		assert_int_equal(load(&f, &sf, &s, &e), -1);
		assert_int_equal(e.number, ERR_DAMAGED);
	}
	close(f.fd);
}

/* A write torn at any sector, over old content. */
static void torn_writes(void **state)
{
	(void)state;
	for (unsigned writes = 1; writes < 5; writes++)
		for (size_t done = 0; done <= STATE_SLOT_SIZE; done += 512) {
			struct file f;
			struct slots_file sf;
			struct state s;
			uint8_t next[STATE_SLOT_SIZE];
			unsigned slot = writes % 2;

			file_make(&f, writes);
			memcpy(next, f.bytes + slot * STATE_SLOT_SIZE, sizeof(next));
			close(f.fd);
			file_make(&f, writes - 1);
			assert_int_equal(
			    pwrite(f.fd, next, done, (off_t)slot * STATE_SLOT_SIZE), done);
			assert_int_equal(load(&f, &sf, &s, NULL), 0);
			assert_int_equal(
			    s.counters[0].next, done == STATE_SLOT_SIZE ? writes : writes - 1);
			assert_int_equal(sf.torn, done != 0 && done != STATE_SLOT_SIZE);
			/* the next write goes over the torn slot and all is well */
			s.counters[0].next = 50;
			assert_int_equal(state_save(&keys, NAME, "p", &sf, &s, NULL), 0);
			assert_int_equal(load(&f, &sf, &s, NULL), 0);
			assert_int_equal(s.counters[0].next, 50);
			assert_false(sf.torn);
			close(f.fd);
		}
}

static void odd_slots(void **state)
{
	static const uint8_t blank[STATE_SLOT_SIZE];
	struct file f;
	struct slots_file sf;
	struct state s;
	struct err e = {0};
	uint8_t old[STATE_SLOT_SIZE];

	(void)state;
	/* blank where there was one: torn */
	file_make(&f, 3);
	assert_int_equal(pwrite(f.fd, blank, sizeof(blank), 0), sizeof(blank));
	assert_int_equal(load(&f, &sf, &s, NULL), 0);
	assert_true(sf.torn);
	assert_int_equal(s.counters[0].next, 3);
	/* both blank: refused */
	assert_int_equal(pwrite(f.fd, blank, sizeof(blank), STATE_SLOT_SIZE), sizeof(blank));
	assert_int_equal(load(&f, &sf, &s, &e), -1);
	assert_int_equal(e.number, ERR_DAMAGED);
	close(f.fd);
	/* a whole box in the other's slot does not count */
	file_make(&f, 3);
	assert_int_equal(pwrite(f.fd, f.bytes + STATE_SLOT_SIZE, STATE_SLOT_SIZE, 0), 4096);
	assert_int_equal(load(&f, &sf, &s, NULL), 0);
	assert_true(sf.torn);
	assert_int_equal(s.counters[0].next, 3);
	assert_int_equal(sf.slot, 1);
	close(f.fd);
	/* slots that are not neighbours: torn */
	file_make(&f, 0);
	memcpy(old, f.bytes, sizeof(old));
	close(f.fd);
	file_make(&f, 5);
	assert_int_equal(pwrite(f.fd, old, sizeof(old), 0), sizeof(old));
	assert_int_equal(load(&f, &sf, &s, NULL), 0);
	assert_int_equal(s.counters[0].next, 5);
	assert_true(sf.torn);
	close(f.fd);
}

static void too_new_in_either_slot(void **state)
{
	(void)state;
	for (int slot = 0; slot < 2; slot++) {
		struct file f;
		struct slots_file sf;
		struct state s;
		struct err e = {0};

		file_make(&f, 4);
		assert_int_equal(pwrite(f.fd, "\0\2", 2, (off_t)slot * STATE_SLOT_SIZE + 8), 2);
		assert_int_equal(load(&f, &sf, &s, &e), -1);
		assert_int_equal(e.number, ERR_TOO_NEW);
		close(f.fd);
	}
}

/* What could not be looked into is not torn: the slot before would bring used codes back. */
static void no_memory_is_no_damage(void **state)
{
	struct file f;
	struct slots_file sf;
	struct state s;

	(void)state;
	file_make(&f, 4);
	for (unsigned slot = 1; slot <= 2; slot++) {
		struct err e = {0};

		fail_at = slot;
		assert_int_equal(load(&f, &sf, &s, &e), -1);
		assert_int_equal(fail_at, 0);
		assert_int_equal(e.number, ERR_INTERNAL);
	}
	assert_int_equal(load(&f, &sf, &s, NULL), 0);
	assert_false(sf.torn);
	close(f.fd);
}

/* A failed write leaves the struct as it was, so the good slot stays the good one. */
static void failed_save_changes_nothing(void **state)
{
	struct file f;
	struct slots_file sf, before;
	struct state s;
	struct err e = {0};
	int fd;

	(void)state;
	file_make(&f, 4);
	assert_int_equal(load(&f, &sf, &s, NULL), 0);
	fd = sf.fd;
	before = sf;
	sf.fd = before.fd = open("/dev/full", O_RDWR);
	assert_int_equal(state_save(&keys, NAME, "p", &sf, &s, &e), -1);
	assert_int_equal(e.number, ERR_IO);
	assert_int_equal(sf.fd, before.fd);
	assert_int_equal(sf.generation, before.generation);
	assert_int_equal(sf.slot, before.slot);
	assert_int_equal(sf.torn, before.torn);
	close(sf.fd);
	sf.fd = fd;
	s.recovery_spent = 0xffff;
	assert_int_equal(state_save(&keys, NAME, "p", &sf, &s, &e), -1);
	assert_int_equal(e.number, ERR_INTERNAL);
	assert_int_equal(state_new_file(&keys, NAME, &s, f.bytes, &e), -1);
	s.recovery_spent = 0;
	/* no number comes after the last, and the good slot is never written to */
	sf.generation = UINT64_MAX;
	assert_int_equal(state_save(&keys, NAME, "p", &sf, &s, &e), -1);
	assert_int_equal(e.number, ERR_INTERNAL);
	sf = before;
	sf.fd = fd;
	sf.slot = 1 - sf.slot;
	memset(&e, 0, sizeof(e));
	assert_int_equal(state_save(&keys, NAME, "p", &sf, &s, &e), -1);
	assert_int_equal(e.number, ERR_INTERNAL);
	close(f.fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(round_trip),
	    cmocka_unit_test(rules),
	    cmocka_unit_test(padding_is_checked),
	    cmocka_unit_test(slots_alternate),
	    cmocka_unit_test(every_byte_flipped),
	    cmocka_unit_test(every_truncation_refused),
	    cmocka_unit_test(torn_writes),
	    cmocka_unit_test(odd_slots),
	    cmocka_unit_test(too_new_in_either_slot),
	    cmocka_unit_test(no_memory_is_no_damage),
	    cmocka_unit_test(failed_save_changes_nothing),
	};

	return cmocka_run_group_tests(tests, make_keys, NULL);
}
