/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From what pam_exec or a shell starts to a process of the user that watches: who it is, what
 * it may, what it sheds. Reads no card.
 */
#ifndef SEKISHO_CARDWATCH_START_H
#define SEKISHO_CARDWATCH_START_H

#include "cardwatch/settings.h"

#define START_USER_SIZE 256 /* with NUL */

/* A descriptor that becomes readable when the program that started this one ends. */
MUST_CHECK int start_leash(struct err *e);
/* For good: no way back to root, no capability, no set-id program, no look into its memory. A
 * user who is nobody's root must be the one settings name. Sets the environment anew, for the
 * command; strings of the old one stay where they are. */
MUST_CHECK int start_as_user(
    const struct settings *s, char ret_user[START_USER_SIZE], struct err *e);
/* 0 in the process that goes on, without a terminal; the caller's own ends with success. */
MUST_CHECK int start_background(struct err *e);

#endif
