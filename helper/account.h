/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who the typed name is, by NSS. Runs before the sandbox: NSS loads the site's modules, which
 * may open sockets and files of their own.
 */
#ifndef SEKISHO_ACCOUNT_H
#define SEKISHO_ACCOUNT_H

#include "lib/login/login.h"

/* Fills *ret_a; a name that is not known, or cannot be looked up, gives .known = false. */
void account_find(const char *typed, struct login_account *ret_a);

#endif
