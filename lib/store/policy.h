/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which rule of the configuration decides a login. Pure.
 */
#ifndef SEKISHO_POLICY_H
#define SEKISHO_POLICY_H

#include "lib/base/config.h"

struct policy_request {
	const char *user, *service, *tty, *rhost; /* "" when unset */
	const char *const *groups;                /* names the person is a member of */
	size_t group_count;
};

/* The first condition of a rule that does not match, in the words of sekisho.conf
 * ("match-service"), or NULL when all do. Values match whole words, case-sensitive; a tty value
 * matches with or without "/dev/". */
MUST_CHECK const char *policy_mismatch(
    const struct config_rule *r, const struct policy_request *q);
/* First rule whose conditions all match; never NULL, for the last one has none. */
const struct config_rule *policy_decide(const struct config *c, const struct policy_request *q);

#endif
