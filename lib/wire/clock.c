/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's clocks behind struct clock_source. Never sleeps and keeps no state.
 */
#include "lib/wire/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BOOT_ID_PATH "/proc/sys/kernel/random/boot_id"

static uint64_t kernel_ms(clockid_t id)
{
	struct timespec t;

	/* 0 when there is no such clock: every delay then still runs, which denies. */
	if (clock_gettime(id, &t) != 0)
		return 0;
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int64_t system_wall(const struct clock_source *c)
{
	struct timespec t;

	(void)c;
	if (clock_gettime(CLOCK_REALTIME, &t) != 0)
		return -1;
	return t.tv_sec;
}

static uint64_t system_boot_ms(const struct clock_source *c)
{
	(void)c;
	return kernel_ms(CLOCK_BOOTTIME);
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* 32 lower-case hex digits with dashes between them. */
static int boot_id_parse(const char *text, size_t len, uint8_t ret_id[BOOT_ID_SIZE])
{
	uint8_t id[BOOT_ID_SIZE] = {0};
	size_t digits = 0;

	for (size_t i = 0; i < len && text[i] != '\n'; i++) {
		int value = hex_value(text[i]);

		if (text[i] == '-')
			continue;
		if (value < 0 || digits == 2 * sizeof(id))
			return -1;
		id[digits / 2] = (uint8_t)(id[digits / 2] << 4 | value);
		digits++;
	}
	if (digits != 2 * sizeof(id))
		return -1;
	memcpy(ret_id, id, sizeof(id));
	return 0;
}

static int boot_id_read(uint8_t ret_id[BOOT_ID_SIZE])
{
	char text[64];
	ssize_t n;
	int fd = open(BOOT_ID_PATH, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return -1;
	do {
		n = read(fd, text, sizeof(text));
	} while (n < 0 && errno == EINTR);
	(void)close(fd);
	return n < 0 ? -1 : boot_id_parse(text, (size_t)n, ret_id);
}

void clock_system(struct clock_source *c)
{
	memset(c, 0, sizeof(*c));
	c->wall = system_wall;
	c->boot_ms = system_boot_ms;
	if (boot_id_read(c->boot_id) != 0)
		memset(c->boot_id, 0, sizeof(c->boot_id));
}

uint64_t monotonic_ms(void)
{
	return kernel_ms(CLOCK_MONOTONIC);
}
