/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which accounts of this system somebody could log in with.
 */
#include "tools/logins.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tools/names.h"

#define LOGIN_DEFS "/etc/login.defs"

/* The number behind word, as shadow's programs read it: decimal, octal or hexadecimal. */
static void take_uid(const char *line, const char *word, uid_t *ret_uid)
{
	size_t len = strlen(word);
	unsigned long n;
	char *end;

	line += strspn(line, " \t");
	if (strncmp(line, word, len) != 0 || strspn(line + len, " \t") == 0)
		return;
	line += len + strspn(line + len, " \t");
	errno = 0;
	n = strtoul(line, &end, 0);
	if (*line >= '0' && *line <= '9' && errno == 0 && n < UINT32_MAX &&
	    strspn(end, " \t\n") == strlen(end))
		*ret_uid = (uid_t)n;
}

void logins_range(FILE *login_defs, struct logins_range *ret_r)
{
	char line[256];

	*ret_r = (struct logins_range){.least = 1000, .most = 60000};
	while (login_defs != NULL && fgets(line, sizeof(line), login_defs) != NULL) {
		take_uid(line, "UID_MIN", &ret_r->least);
		take_uid(line, "UID_MAX", &ret_r->most);
	}
}

bool logins_possible(const struct passwd *pw, const struct logins_range *r)
{
	const char *slash = strrchr(pw->pw_shell, '/');
	const char *shell = slash != NULL ? slash + 1 : pw->pw_shell;

	return (pw->pw_uid == 0 || (pw->pw_uid >= r->least && pw->pw_uid <= r->most)) &&
	       strcmp(shell, "nologin") != 0 && strcmp(shell, "false") != 0;
}

static int add(struct logins *l, const struct passwd *pw)
{
	struct account *list = names_grow(l->list, l->count, sizeof(*list));

	if (list == NULL)
		return -1;
	l->list = list;
	list[l->count] = (struct account){.uid = pw->pw_uid};
	snprintf(list[l->count].name, sizeof(list[0].name), "%s", pw->pw_name);
	l->count++;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct account *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* A name in two databases is one account: the system takes the first. */
static void drop_repeats(struct logins *l)
{
	size_t kept = 0;

	for (size_t i = 0; i < l->count; i++) {
		if (kept == 0 || strcmp(l->list[kept - 1].name, l->list[i].name) != 0)
			l->list[kept++] = l->list[i];
	}
	l->count = kept;
}

int logins_read(struct logins *ret_l)
{
	FILE *defs = fopen(LOGIN_DEFS, "re");
	const struct passwd *pw;
	struct logins_range range;
	int r = 0;

	*ret_l = (struct logins){0};
	logins_range(defs, &range);
	if (defs != NULL)
		fclose(defs);
	setpwent();
	while (r == 0 && (pw = getpwent()) != NULL) {
		if (logins_possible(pw, &range) &&
		    strlen(pw->pw_name) < sizeof(ret_l->list->name))
			r = add(ret_l, pw);
	}
	endpwent();
	if (r == 0 && ret_l->count > 0) {
		qsort(ret_l->list, ret_l->count, sizeof(ret_l->list[0]), compare);
		drop_repeats(ret_l);
	}
	return r;
}

void logins_clear(struct logins *l)
{
	free(l->list);
	*l = (struct logins){0};
}
