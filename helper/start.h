/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The helper's first lines: shed everything a caller could have left in this process.
 */
#ifndef SEKISHO_START_H
#define SEKISHO_START_H

#include "lib/wire/bytes.h"

/* Own session, root identity, no environment, descriptors 0-2 valid and nothing else open,
 * default signals, own limits, no core, umask 077, cwd /. -1: not to be trusted to go on. */
MUST_CHECK int start_clean(void);

/* While a human is waited for, the process may be ended by TERM and no clock runs. In machine
 * steps signals wait, and a watchdog ends the process (a denial) after START_WATCHDOG_S. */
#define START_WATCHDOG_S 15
void start_waiting(bool human);

#endif
