/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One datagram, one deadline, over a SEQPACKET socket. Knows messages, no meanings.
 * Never raises SIGPIPE, never accepts descriptors, survives EINTR.
 */
#ifndef SEKISHO_CHAN_H
#define SEKISHO_CHAN_H

#include "lib/wire/msg.h"

#define CHAN_FOREVER (-1)

enum chan_result {
	CHAN_OK = 0,
	CHAN_TIMEOUT = -1,
	CHAN_CLOSED = -2, /* end of file: the other side is gone */
	CHAN_GARBAGE =
	    -3,          /* a datagram that does not decode, is cut, or is of another session */
	CHAN_ERROR = -4, /* errno says */
};

/* timeout_ms from now, or CHAN_FOREVER. The encoded copy is wiped. */
MUST_CHECK enum chan_result chan_send(int fd, const struct msg *m, int timeout_ms);
/* session: what the message must carry, NULL to accept any (the helper's first HELLO).
 * Anything but CHAN_OK leaves *ret_m cleared. */
MUST_CHECK enum chan_result chan_recv(
    int fd, const uint8_t *session, struct msg *ret_m, int timeout_ms);

#endif
