/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time as the rest of the program sees it, replaceable in tests. Never sleeps.
 */
#ifndef SEKISHO_CLOCK_H
#define SEKISHO_CLOCK_H

#include "lib/wire/bytes.h"

#define BOOT_ID_SIZE 16

struct clock_source {
	/* seconds since 1970, may jump; -1 when there is no clock: no record takes it, and by
	 * it no TOTP is right */
	int64_t (*wall)(const struct clock_source *);
	uint64_t (*boot_ms)(const struct clock_source *); /* CLOCK_BOOTTIME, never jumps */
	uint8_t boot_id[BOOT_ID_SIZE]; /* changes with each boot; zeros when unknown */
	void *context;
};

/* Fills *c with the kernel's clocks. Reads /proc/sys/kernel/random/boot_id, so call it before
 * a sandbox closes; an unreadable boot id leaves zeros. */
void clock_system(struct clock_source *c);

/* Milliseconds of CLOCK_MONOTONIC, for deadlines of machine steps (not replaceable). */
uint64_t monotonic_ms(void);

#endif
