/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the eye may still do once the smart card service is open: talk to it, and nothing else.
 */
#ifndef SEKISHO_CARDWATCH_SANDBOX_H
#define SEKISHO_CARDWATCH_SANDBOX_H

#include "lib/wire/bytes.h"

/* Opens, makes and runs nothing from here on; signals nobody. A kernel without seccomp filters
 * confines nothing, and that is no error. */
MUST_CHECK int sandbox_enter(void);

#endif
