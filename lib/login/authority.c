/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The authority of a caller: pure, no system call.
 */
#include "lib/login/authority.h"

static enum authority grant(enum source source, enum source *ret_source)
{
	*ret_source = source;
	return AUTHORITY_GRANTED;
}

static enum source root_source(const struct caller *c)
{
	if (c->remote)
		return SOURCE_REMOTE;
	if (c->ruid == 0)
		return c->terminal ? SOURCE_CONSOLE : SOURCE_OTHER;
	return c->target_known && c->ruid == c->target_uid ? SOURCE_SELF : SOURCE_OTHER;
}

enum authority authority_decide(const struct caller *c, enum source *ret_source)
{
	if (!c->peer_known)
		return AUTHORITY_REFUSED;
	switch (c->door) {
	case DOOR_DIRECT:
	case DOOR_ROOT:
		return c->peer_uid == 0 ? grant(root_source(c), ret_source) : AUTHORITY_REFUSED;
	case DOOR_USER:
		return c->target_known && c->peer_uid == c->target_uid
		           ? grant(SOURCE_LOCKER, ret_source)
		           : AUTHORITY_REFUSED;
	case DOOR_NONE:
	default:
		return AUTHORITY_REFUSED;
	}
}

bool authority_may_ask_name(const struct caller *c)
{
	return c->peer_known && (c->door == DOOR_DIRECT || c->door == DOOR_ROOT) &&
	       c->peer_uid == 0 && c->ruid == 0 && !c->remote;
}
