/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * LD_PRELOAD: moves the wall clock of one program by $CLOCKSHIFT seconds, or sets it to
 * $CLOCKSET seconds since 1970 at its start; and the time since the machine was started by
 * $BOOTSHIFT seconds. Read at once: the helper clears its environment.
 */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long shift, boot_shift;

__attribute__((constructor)) static void take_shift(void)
{
	const char *by = getenv("CLOCKSHIFT"), *to = getenv("CLOCKSET");
	const char *boot = getenv("BOOTSHIFT");
	struct timespec t;

	if (by != NULL)
		shift = strtol(by, NULL, 10);
	if (boot != NULL)
		boot_shift = strtol(boot, NULL, 10);
	if (to != NULL && syscall(SYS_clock_gettime, CLOCK_REALTIME, &t) == 0)
		shift = strtol(to, NULL, 10) - t.tv_sec;
}

int clock_gettime(clockid_t id, struct timespec *t)
{
	int r = (int)syscall(SYS_clock_gettime, id, t);

	if (r == 0 && id == CLOCK_REALTIME)
		t->tv_sec += shift;
	if (r == 0 && id == CLOCK_BOOTTIME)
		t->tv_sec += boot_shift;
	return r;
}
