/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many sessions one user may keep waiting at a door that others use, too. Nothing to do
 * with guesses (store/lockout.h): this only bounds processes.
 */
#ifndef SEKISHO_LIVE_H
#define SEKISHO_LIVE_H

#include <sys/types.h>

#include "lib/wire/err.h"

#define LIVE_LOCKERS 4  /* at the user door */
#define LIVE_SU      16 /* of a user's su, sudo, ... at the door of root */
#define LIVE_MAX     16

/* Takes one of the places of that kind ("locker", "su") and uid for as long as this process
 * lives. When all are taken, the one that has waited longest is ended (SIGTERM, which it defers
 * while it judges). ERR_BUSY when none gives way. */
MUST_CHECK int live_take(const char *run_path, const char *kind, unsigned places, uid_t uid,
    uint64_t now_ms, struct err *e);

#endif
