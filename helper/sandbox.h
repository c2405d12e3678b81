/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Confinement of everything that parses: no capabilities, Landlock for files, seccomp for
 * system calls, none of which makes or connects a socket. Takes what the kernel offers; what it
 * lacks is no reason to refuse a login.
 */
#ifndef SEKISHO_SANDBOX_H
#define SEKISHO_SANDBOX_H

#include "lib/wire/bytes.h"

/* etc: may be read below; store: may be read and written below (never created in), also
 * where nothing but its emergency code can be used. Descriptors
 * of directories, -1 for none. -1 when a step the kernel offers failed: do not go on. */
MUST_CHECK int sandbox_enter(int etc, int store, bool cards);

#endif
