/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The command that locks or ends a session: begun, waited for, ended when it takes too long.
 * Decides nothing and uses no shell.
 */
#ifndef SEKISHO_HAND_H
#define SEKISHO_HAND_H

#include <sys/types.h>

#include "cardwatch/settings.h"

#define HAND_LIMIT_MS 10000

struct hand {
	pid_t pid; /* 0: none runs */
	int pidfd; /* readable when it has ended; -1 */
	uint64_t deadline;
};

#define HAND_IDLE                                                                              \
	{                                                                                      \
		.pid = 0, .pidfd = -1                                                          \
	}

/* environ is what the command gets. -1: it does not even start. */
MUST_CHECK int hand_begin(
    struct hand *h, const struct settings *s, uint64_t now, struct err *e);
/* When pidfd is readable or the deadline has passed: 0 done, -1 failed or killed as too slow.
 * h is idle then. */
MUST_CHECK int hand_end(struct hand *h, const struct settings *s, struct err *e);

#endif
