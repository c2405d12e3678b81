/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What speaks against somebody whatever he answers. Judges no answer and reads no file.
 */
#include "lib/login/objection.h"

const char *objection_find(const struct login_account *account, const struct person *p,
    uint32_t header_flags, int64_t now)
{
	const struct record *r = &p->record;

	if (p->decoy)
		return account->known ? "not-enrolled" : "unknown-user";
	if (!account->known)
		return "unknown-user";
	if ((r->flags & RECORD_TOMBSTONE) != 0)
		return "revoked";
	if ((r->flags & RECORD_SUSPENDED) != 0)
		return "record-suspended";
	if (r->uid != (uint32_t)account->uid)
		return "other-uid";
	if ((r->not_before != 0 && now < r->not_before) ||
	    (r->not_after != 0 && now >= r->not_after))
		return "outside-validity";
	if ((header_flags & HEADER_SUSPENDED) != 0)
		return "all-suspended";
	return NULL;
}

int objection_to_groups(
    const struct config *c, const struct login_account *account, struct err *e)
{
	const struct config_rule *r = config_group_rule(c);

	if (!account->groups_unsure || r == NULL)
		return 0;
	return err_set(e, ERR_GROUPS, account->name, "rule \"%s\" asks for a group", r->name);
}
