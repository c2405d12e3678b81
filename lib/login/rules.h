/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What sekisho.conf says of one login. The file is read anew for each question that is put
 * here, so that a change needs no restart; between two readings the answers stay the same.
 */
#ifndef SEKISHO_RULES_H
#define SEKISHO_RULES_H

#include "lib/login/login.h"

/* Reads the file; none is a valid configuration, an unreadable one is not. A rule about groups
 * that cannot be followed is an error, too. */
MUST_CHECK int rules_read(const struct login_setup *u, struct err *e);
/* As last read. */
const struct config *rules_config(void);
const struct config_rule *rules_deciding(const struct login_setup *u);
/* Is a card one of the answers of this login? */
MUST_CHECK bool rules_want_card(const struct login_setup *u);
/* The configuration may allow more than a local disk for the store. */
MUST_CHECK int rules_check_file_system(const struct store *store, struct err *e);

/* The following read the file first. */

/* Is there a rule that asks for a group? Where none does, asking a directory for them would
 * only cost the person time. A configuration that cannot be read needs none: nobody is let in.
 */
MUST_CHECK bool rules_need_groups(const struct login_setup *u);
/* Does it ask for a factor at all? True also when it cannot be read. */
MUST_CHECK bool rules_need_factor(const struct login_setup *u);
/* May a card say who logs in, and a My Number Card as well? False also when the configuration
 * cannot be read. */
MUST_CHECK bool rules_identify_by_card(const struct login_setup *u, bool *ret_jpki);
/* rules_want_card; false also when it cannot be read. */
MUST_CHECK bool rules_take_card(const struct login_setup *u);

#endif
