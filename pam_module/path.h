/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Could anybody but root have put this file or directory there, or change it?
 */
#ifndef SEKISHO_PATH_H
#define SEKISHO_PATH_H

#include "lib/wire/err.h"

enum path_kind {
	PATH_PROGRAM = 1,   /* regular and executable */
	PATH_DIRECTORY = 2, /* holds the sockets */
};

enum path_state {
	PATH_UNSAFE = 0, /* *e says why */
	PATH_MISSING = 1,
	PATH_SAFE = 2,
};

/* path is absolute and plain (lib/wire/options.c). Every component must belong to root, be no
 * symbolic link, and be writable by root alone; a directory on the way that others may write
 * passes when it is sticky, since what root put there is then safe from them. */
MUST_CHECK enum path_state path_check(const char *path, enum path_kind kind, struct err *e);

#endif
