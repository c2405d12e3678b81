/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is it, where the program has named nobody: a session of its own with the helper, before
 * that of the login. Knows no card and believes no name: the login begins anew with it.
 */
#ifndef SEKISHO_IDENTIFY_H
#define SEKISHO_IDENTIFY_H

#include "pam_module/door.h"

/* asking: as the login would say HELLO, in a session of its own. False: nobody is named, or
 * nobody could be asked, which the login will say if it is worth saying. */
MUST_CHECK bool identify_by_card(
    const struct door_setup *s, struct msg *asking, char ret_user[MSG_USER_SIZE]);

#endif
