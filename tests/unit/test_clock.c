/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tests of lib/wire/clock.c against the kernel's own answers. Bounds are wide: the machine
 * may stand still between two lines.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/wire/clock.h"

#include <cmocka.h>

static uint64_t ms_of(clockid_t id)
{
	struct timespec t;

	assert_int_equal(clock_gettime(id, &t), 0);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void test_wall(void **state)
{
	struct clock_source c;
	time_t before;
	int64_t now;

	(void)state;
	clock_system(&c);
	before = time(NULL);
	now = c.wall(&c);
	/* time() may be a tick behind, and someone may set the clock: a minute is enough
	 * to tell seconds since 1970 from anything else. */
	assert_true(now >= before - 60 && now <= time(NULL) + 60);
}

static void test_boot_ms(void **state)
{
	struct clock_source c;
	uint64_t before, now, after;

	(void)state;
	clock_system(&c);
	before = ms_of(CLOCK_BOOTTIME);
	now = c.boot_ms(&c);
	after = ms_of(CLOCK_BOOTTIME);
	assert_true(before <= now && now <= after);
}

static void test_monotonic_ms(void **state)
{
	uint64_t before = ms_of(CLOCK_MONOTONIC);
	uint64_t now = monotonic_ms();
	uint64_t after = ms_of(CLOCK_MONOTONIC);

	(void)state;
	assert_true(before <= now && now <= after);
}

static void test_boot_id(void **state)
{
	static const uint8_t zeros[BOOT_ID_SIZE];
	struct clock_source c;
	char text[64] = "";
	char printed[64];
	size_t at = 0;
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "r");

	(void)state;
	memset(&c, 0xaa, sizeof(c));
	clock_system(&c);
	if (f == NULL) {
		assert_memory_equal(c.boot_id, zeros, sizeof(zeros));
		return;
	}
	assert_non_null(fgets(text, sizeof(text), f));
	(void)fclose(f);
	for (size_t i = 0; i < BOOT_ID_SIZE; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			printed[at++] = '-';
		(void)snprintf(
		    printed + at, sizeof(printed) - at, "%02x", (unsigned int)c.boot_id[i]);
		at += 2;
	}
	(void)snprintf(printed + at, sizeof(printed) - at, "\n");
	assert_string_equal(printed, text);
	assert_null(c.context);
}

struct fake {
	int64_t wall;
	uint64_t boot_ms;
};

static int64_t fake_wall(const struct clock_source *c)
{
	const struct fake *f = c->context;

	return f->wall;
}

static uint64_t fake_boot_ms(const struct clock_source *c)
{
	const struct fake *f = c->context;

	return f->boot_ms;
}

static void test_replaceable(void **state)
{
	struct fake f = {.wall = 59, .boot_ms = 1000};
	struct clock_source c = {.wall = fake_wall, .boot_ms = fake_boot_ms, .context = &f};

	(void)state;
	assert_int_equal(c.wall(&c), 59);
	f.boot_ms += 500;
	assert_int_equal(c.boot_ms(&c), 1500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_wall),
	    cmocka_unit_test(test_boot_ms),
	    cmocka_unit_test(test_monotonic_ms),
	    cmocka_unit_test(test_boot_id),
	    cmocka_unit_test(test_replaceable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
