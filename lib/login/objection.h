/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What speaks against somebody whatever he answers: the helper refuses for it, the tool tells
 * it beforehand. Pure.
 */
#ifndef SEKISHO_OBJECTION_H
#define SEKISHO_OBJECTION_H

#include "lib/login/login.h"

/* Why a person with a right answer is refused all the same, as a word for the log; NULL when
 * nothing speaks against. header_flags: of the store's keys. */
MUST_CHECK const char *objection_find(const struct login_account *account,
    const struct person *p, uint32_t header_flags, int64_t now);
/* ERR_GROUPS when the account's groups are not sure and a rule asks for one: a rule that is
 * passed by because the group database did not answer could let somebody in. */
MUST_CHECK int objection_to_groups(
    const struct config *c, const struct login_account *account, struct err *e);

#endif
