/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The store-wide clock floor: a time that has passed for sure, because somebody's TOTP was
 * accepted at it. Kept in the file `clock`, two slots like a state (FORMAT.md, "Clock"). What a
 * clock behind it means is decided in lib/factors.
 *
 * Only an accepted TOTP moves it: the person's token has its own clock, and so a boot in 2099
 * does not poison it by itself. Who has his seed in the clear can compute a code of 2099 for a
 * terminal that believes it is then; what everybody has left when its clock is right again is
 * HOTP, codes on paper, and `sekisho clock accept`.
 */
#ifndef SEKISHO_FLOOR_H
#define SEKISHO_FLOOR_H

#include "lib/store/slots.h"
#include "lib/store/store.h"

#define FLOOR_FILE   "clock"
#define FLOOR_STEP_S 3600 /* it is moved lazily: logins write it once in an hour */
/* A clock set right by hand may go back by so much. Logins follow tokens by ten minutes
 * (PERSON_FOLLOWED_S), so a clock may have become that fast without anybody being refused,
 * the window makes it a little more, and the day it is set right must not lock everybody out.
 * It brings no used code back: the counters of the states do not go back with the clock. */
#define FLOOR_TOLERANCE_S 660

extern const struct box_type floor_box;

/* Seconds of *ret_floor: 0 when nobody's TOTP was accepted yet. A torn slot gives the one
 * before. ERR_DAMAGED when the file is missing or neither slot is good (also ERR_TOO_NEW,
 * ERR_FOREIGN): then no TOTP can be judged, and `sekisho clock accept` makes it anew. */
MUST_CHECK int floor_read(
    const struct store *s, const struct keys *k, int64_t *ret_floor, struct err *e);
/* After an accepted TOTP at now, floor being what floor_read gave: writes when the step is
 * full. Does not wait for its own write or for a lock (who finds it locked leaves it to the
 * other), never lowers it, and an error changes nothing: a floor that is too low is only
 * weaker. */
void floor_advance(const struct store *s, const struct keys *k, int64_t floor, int64_t now);
/* By how many seconds now is behind floor; 0 when it is not, or by no more than the tolerance.
 */
int64_t floor_behind(int64_t floor, int64_t now);

/* ---- administrative side (the tool), under store_lock ---- */

/* Durable, may lower it; makes the file when it is missing or unreadable (also for
 * store_create), but for one of a newer version: ERR_TOO_NEW, nothing written. floor: a time
 * that a state can hold. */
MUST_CHECK int floor_set(
    const struct store *s, const struct keys *k, int64_t floor, struct err *e);

/* What a whole file says, for floor_read and the fuzzer. */
MUST_CHECK int floor_decode(const struct keys *k, const uint8_t *data, size_t len,
    const char *object, int64_t *ret_floor, struct slots_file *ret_f, struct err *e);

#endif
