/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whom does a card in a reader name? Asked before a login, where the program has named nobody;
 * what is answered is a hint, and the login begins anew with it. Sends no PIN, judges nobody,
 * counts nothing, logs nothing.
 */
#ifndef SEKISHO_NAMING_H
#define SEKISHO_NAMING_H

#include "lib/login/login.h"

/* Is it wanted here (identify-by-card)? False also when the configuration cannot be read. */
MUST_CHECK bool naming_is_wanted(const struct login_setup *s);
/* Looks and answers: one name, or nobody, which is also the answer where cards of two people
 * are in the readers, where .cards is NULL, and to whatever goes wrong. */
void naming_run(const struct login_setup *s);
/* Nobody, without a look. */
void naming_refuse(const struct login_setup *s);

#endif
