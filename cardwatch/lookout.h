/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An eye in a process of its own: what a card says is parsed where nothing can be opened or
 * run. It lives for one life of the smart card service; when to send out another is the
 * caller's affair.
 */
#ifndef SEKISHO_LOOKOUT_H
#define SEKISHO_LOOKOUT_H

#include <sys/types.h>

#include "cardwatch/eye.h"

struct lookout {
	pid_t pid; /* 0: none is out */
	int fd;    /* readable when it told something or has ended; -1 */
};

#define LOOKOUT_HOME                                                                           \
	{                                                                                      \
		.pid = 0, .fd = -1                                                             \
	}

typedef enum card_result lookout_open(struct card_service **ret_s);

/* turn: of eye.h. */
MUST_CHECK int lookout_begin(struct lookout *l, lookout_open *open,
    const uint8_t identity[APPLET_IDENTITY_SIZE], unsigned turn, struct err *e);
/* When fd is readable: true, and what it told; false when it has ended. Takes one sight a time.
 */
MUST_CHECK bool lookout_read(const struct lookout *l, enum sight *ret_sight);
/* Ends it where it has not ended itself. What ended it; CARD_ERROR for a crash. */
enum card_result lookout_end(struct lookout *l);
/* Is this the end of a service, rather than of an eye? Then it is no news of the card. */
bool lookout_was_blind(enum card_result r);

#endif
