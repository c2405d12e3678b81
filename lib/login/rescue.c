/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Spends the emergency code. Reads no configuration, no key and no record, and counts nothing.
 */
#include "lib/login/rescue.h"

#include <stdio.h>

#include "lib/store/emergency.h"

static void say_which(const struct emergency *em, struct err *e)
{
	char id[2 * sizeof em->id + 1];

	for (size_t i = 0; i < sizeof em->id; i++)
		(void)snprintf(id + 2 * i, 3, "%02x", em->id[i]);
	(void)err_set(e, ERR_EMERGENCY, "emergency", "code %s is spent", id);
}

static enum rescue spend(const struct login_setup *u, const char *code, int64_t now,
    const char **ret_note, struct err *e)
{
	static const char *const notes[EMERGENCY_SPENT + 1] = {
	    [EMERGENCY_ERROR] = "emergency-unreadable",
	    [EMERGENCY_NOT_HIM] = "emergency-not-him",
	    [EMERGENCY_SPENT] = "emergency-spent",
	};
	/* Without an account nobody's uid: not that of root, and no valid file lists it. */
	uid_t uid = u->account->known ? u->account->uid : (uid_t)-1;
	struct emergency em = {0};
	enum emergency_result r =
	    emergency_spend(u->emergency_dir, u->emergency_path, code, uid, now, &em, e);

	if (r == EMERGENCY_OPENED) {
		say_which(&em, e);
		return RESCUE_OPENED;
	}
	*ret_note = notes[r];
	return RESCUE_NO;
}

enum rescue rescue_try(const struct login_setup *u, const struct secret *answer, int64_t now,
    const char **ret_note, struct err *e)
{
	char code[CODE_SIZE];
	enum rescue r = RESCUE_NO;

	*ret_note = NULL;
	if (code_normalize(answer, code) == CODE_EMERGENCY && u->emergency_dir >= 0)
		r = spend(u, code, now, ret_note, e);
	wipe(code, sizeof code);
	return r;
}
