/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The emergency code of a login. It is looked at before configuration, keys and records are
 * read, for it is to open when they are what is broken.
 */
#ifndef SEKISHO_RESCUE_H
#define SEKISHO_RESCUE_H

#include "lib/login/login.h"

enum rescue {
	RESCUE_NO = 0,     /* judge the answer like any other */
	RESCUE_OPENED = 1, /* spent, durably: *e says which code, for the log */
};

/* *ret_note: a fixed word for the log when it was the code of an emergency and opened nothing,
 * with *e where there is one; else NULL. Who has no account is let in by no code. */
enum rescue rescue_try(const struct login_setup *u, const struct secret *answer, int64_t now,
    const char **ret_note, struct err *e);

#endif
