/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who the typed name is, by NSS: the account a login is about, and its groups. In the helper it
 * runs before the sandbox: NSS loads the site's modules, which may open sockets and files of
 * their own.
 */
#ifndef SEKISHO_LOGIN_ACCOUNT_H
#define SEKISHO_LOGIN_ACCOUNT_H

#include "lib/login/login.h"

/* Fills *ret_a; a name that is not known, or cannot be looked up, gives .known = false. The
 * groups are not looked up: none, and .groups_unsure. */
void login_account_find(const char *typed, struct login_account *ret_a);
/* The groups of an account that login_account_find filled. */
void login_account_find_groups(struct login_account *a);
/* Frees the names of the groups. The helper need not: its one login is its life. */
void login_account_clear(struct login_account *a);

#endif
