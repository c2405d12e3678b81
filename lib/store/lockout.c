/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Delay and suspension arithmetic on one bucket. No clock of its own, no file, no policy.
 */
#include "lib/store/lockout.h"

#include <string.h>

/* Sum 100: what SP 800-63B-4 3.2.2 allows per authenticator, split so that nobody at another
 * place can use up the console's share. */
static const uint16_t budgets[STATE_BUCKETS] = {
    [SOURCE_CONSOLE] = 40,
    [SOURCE_REMOTE] = 15,
    [SOURCE_SELF] = 15,
    [SOURCE_OTHER] = 15,
    [SOURCE_LOCKER] = 15,
};

unsigned lockout_budget(enum source source)
{
	return (unsigned)source < STATE_BUCKETS ? budgets[source] : 0;
}

/* The delay that follows a streak of failures, seconds. */
static uint32_t delay_after(uint32_t streak)
{
	uint32_t seconds = LOCKOUT_FIRST_S;

	if (streak < LOCKOUT_FREE_TRIES)
		return 0;
	for (uint32_t n = LOCKOUT_FREE_TRIES; n < streak && seconds < LOCKOUT_LONGEST_S; n++)
		seconds *= 2;
	return seconds < LOCKOUT_LONGEST_S ? seconds : LOCKOUT_LONGEST_S;
}

/* Milliseconds still to wait. After a reboot the old boot time means nothing, so the whole
 * delay of the streak starts at boot: rebooting is no way around it. */
static uint64_t wait_ms(const struct bucket *b, const struct clock_source *clock)
{
	uint64_t now = clock->boot_ms(clock);
	uint64_t longest = (uint64_t)delay_after(b->streak) * 1000;
	uint64_t until = b->until_ms;

	if (longest == 0)
		return 0;
	if (memcmp(b->boot_id, clock->boot_id, BOOT_ID_SIZE) != 0)
		until = longest;
	if (until <= now)
		return 0;
	return until - now < longest ? until - now : longest;
}

enum lockout lockout_check(const struct bucket *b, enum source source, enum factor_kind factor,
    const struct clock_source *clock, uint32_t *ret_seconds)
{
	uint64_t ms;

	if ((unsigned)factor >= STATE_FACTORS || b->failures[factor] >= lockout_budget(source))
		return LOCKOUT_SUSPENDED;
	ms = wait_ms(b, clock);
	if (ms == 0)
		return LOCKOUT_OPEN;
	*ret_seconds = (uint32_t)((ms + 999) / 1000);
	return LOCKOUT_WAIT;
}

void lockout_failed(struct bucket *b, enum factor_kind factor, enum lockout_event event,
    const struct clock_source *clock)
{
	if (event == LOCKOUT_GUESS && b->failures[factor] < UINT16_MAX)
		b->failures[factor]++;
	if (b->streak < UINT32_MAX)
		b->streak++;
	memcpy(b->boot_id, clock->boot_id, BOOT_ID_SIZE);
	b->until_ms = clock->boot_ms(clock) + (uint64_t)delay_after(b->streak) * 1000;
}

void lockout_reset(struct bucket *b)
{
	memset(b, 0, sizeof *b);
}
