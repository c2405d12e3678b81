/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many sessions one user may keep waiting at the user door. Nothing to do with guesses
 * (store/lockout.h): this only bounds processes.
 */
#ifndef SEKISHO_LIVE_H
#define SEKISHO_LIVE_H

#include <sys/types.h>

#include "lib/wire/err.h"

#define LIVE_PER_UID 4

/* Takes one of the uid's places for as long as this process lives. When all are taken, the one
 * that has waited longest is ended (SIGTERM, which it defers while it judges). */
MUST_CHECK int live_take(const char *run_path, uid_t uid, uint64_t now_ms, struct err *e);

#endif
