/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * getpwnam and getgrouplist into the session's struct. Judges nothing.
 */
#include "lib/login/account.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A group without a name is none that a rule could name, but it is also how a group database
 * that does not answer looks: then the list is not to be relied on. */
static void find_groups(const char *whose, gid_t gid, struct login_account *a)
{
	gid_t ids[LOGIN_GROUPS_MAX];
	int count = LOGIN_GROUPS_MAX;

	if (getgrouplist(whose, gid, ids, &count) < 0) {
		a->groups_unsure = true;
		return;
	}
	for (int i = 0; i < count; i++) {
		const struct group *gr = getgrgid(ids[i]);
		char *name = gr != NULL ? strdup(gr->gr_name) : NULL;

		if (name != NULL)
			a->groups[a->group_count++] = name;
		else
			a->groups_unsure = true;
	}
}

/* Looked up and thrown away: the time before the first question must not tell whether there is
 * such an account. root is there everywhere. */
static void find_groups_of_nobody(void)
{
	static struct login_account ignored;

	find_groups("root", 0, &ignored);
	login_account_clear(&ignored);
}

void login_account_find(const char *typed, struct login_account *ret_a)
{
	const struct passwd *pw = getpwnam(typed);

	memset(ret_a, 0, sizeof *ret_a);
	ret_a->groups_unsure = true;
	if (pw == NULL || strlen(pw->pw_name) >= sizeof ret_a->name) {
		snprintf(ret_a->name, sizeof ret_a->name, "%s", typed);
		return;
	}
	ret_a->known = true;
	ret_a->uid = pw->pw_uid;
	ret_a->gid = pw->pw_gid;
	snprintf(ret_a->name, sizeof ret_a->name, "%s", pw->pw_name);
}

void login_account_find_groups(struct login_account *a)
{
	a->groups_unsure = false;
	if (a->known)
		find_groups(a->name, a->gid, a);
	else
		find_groups_of_nobody();
}

void login_account_clear(struct login_account *a)
{
	for (size_t i = 0; i < a->group_count; i++)
		free((void *)(uintptr_t)a->groups[i]); /* the session borrows them as const */
	memset(a, 0, sizeof *a);
}
