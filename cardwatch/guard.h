/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guards one session: keeps a lookout, acts when the card was away for too long, ends with the
 * program that opened the session. Sleeps until one of them has something to say.
 */
#ifndef SEKISHO_GUARD_H
#define SEKISHO_GUARD_H

#include "cardwatch/lookout.h"
#include "cardwatch/settings.h"
#include "lib/store/audit.h"
#include "lib/wire/clock.h"

/* Between two lookouts; doubles while they come back without having seen the card. */
#define GUARD_PAUSE_MIN_MS 250
#define GUARD_PAUSE_MAX_MS 4000

struct guard {
	const struct settings *settings;
	const struct clock_source *clock;
	const struct audit_sink *log;
	lookout_open *open;
	const char *user;
	int leash; /* readable when the session has ended */
};

/* Comes back when the session has ended. */
void guard_run(const struct guard *g);

#endif
