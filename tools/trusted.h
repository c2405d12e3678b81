/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is a certificate good on this terminal, now? By the directories of trust anchors and
 * revocation lists and what sekisho.conf says about lists. Asks nobody.
 */
#ifndef SEKISHO_TRUSTED_H
#define SEKISHO_TRUSTED_H

#include "lib/base/config.h"
#include "lib/cards/trust.h"

#define TRUSTED_ANCHORS SYSCONFDIR "/sekisho/anchors"
#define TRUSTED_CRLS    SYSCONFDIR "/sekisho/crls"

/* NULL: *e says which file or directory cannot be used. */
struct trust *trusted_load(const struct config *c, struct err *e);
/* -1: *e says why; object: the person or reader it is about. */
MUST_CHECK int trusted_check(const struct trust *t, const struct config *c,
    const struct cert *cert, int64_t now, const char *object, struct err *e);

#endif
