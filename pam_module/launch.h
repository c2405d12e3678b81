/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starts the helper as a grandchild that the host program never notices: no SIGCHLD, nothing
 * to reap, no copy of the host's memory, no lock of the host's that could be held forever.
 */
#ifndef SEKISHO_LAUNCH_H
#define SEKISHO_LAUNCH_H

#include "lib/wire/err.h"

/* path: a checked program (path.h). end: becomes the helper's fd 0; stays the caller's to
 * close. On success *ret_pidfd refers to the helper itself; the caller closes it.
 * The host's signals, handlers, descriptors and children are as before. */
MUST_CHECK int launch_helper(const char *path, int end, int *ret_pidfd, struct err *e);
/* SIGKILL, for a helper that is silent or talks nonsense. */
void launch_kill(int pidfd);
/* A host that is PID 1 or a subreaper inherits the helper when it ends: then wait for that,
 * shortly, and reap it, so that no zombie is left there. Does nothing in any other host. */
void launch_reap(int pidfd);

#endif
