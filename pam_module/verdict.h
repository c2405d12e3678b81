/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one translation of a verdict into what PAM is told.
 */
#ifndef SEKISHO_VERDICT_H
#define SEKISHO_VERDICT_H

#include "lib/wire/msg.h"

/* Never PAM_IGNORE: an ignored module lets the rest of the stack decide alone. A verdict that
 * is not in the table is PAM_SYSTEM_ERR. */
MUST_CHECK int verdict_pam_code(unsigned int verdict);

#endif
