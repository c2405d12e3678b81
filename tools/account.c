/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of people: which account is meant, and which was probably meant.
 */
#include "tools/account.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/similar.h"

int account_find(const char *typed, struct account *ret_a, struct err *e)
{
	const struct passwd *pw;

	errno = 0;
	pw = getpwnam(typed);
	/* ENOENT and the like mean "unknown" in some modules; only these are failures. */
	if (pw == NULL &&
	    (errno == EIO || errno == EMFILE || errno == ENFILE || errno == ENOMEM))
		return err_sys(e, ERR_IO, typed, "the account database cannot be read");
	if (pw == NULL || typed[0] == '\0')
		return err_set(e, ERR_ACCOUNT, typed, "no such account");
	if (strlen(pw->pw_name) >= sizeof(ret_a->name))
		return err_set(e, ERR_ACCOUNT, typed, "account name too long");
	*ret_a = (struct account){.uid = pw->pw_uid};
	memcpy(ret_a->name, pw->pw_name, strlen(pw->pw_name) + 1);
	return 0;
}

void account_suggest(const char *typed, char *out, size_t size)
{
	char best[RECORD_NAME_SIZE] = "";
	const struct passwd *pw;

	setpwent();
	while ((pw = getpwent()) != NULL) {
		/* the best so far stands first: it wins over its equals */
		const char *const pair[] = {best, pw->pw_name};

		if (strlen(pw->pw_name) < sizeof(best) &&
		    similar_word(typed, pair, 2) == pw->pw_name)
			memcpy(best, pw->pw_name, strlen(pw->pw_name) + 1);
	}
	endpwent();
	if (best[0] != '\0')
		snprintf(out, size, "did you mean %s?", best);
	else if (size > 0)
		out[0] = '\0';
}
