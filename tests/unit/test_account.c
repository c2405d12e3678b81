/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/login/account.c, with a name service made for it (link option --wrap): who is known,
 * under which name, and when the groups are not to be relied on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <grp.h>
#include <pwd.h>
#include <string.h>

#include "lib/login/account.h"

static struct passwd person;
static const char *asked; /* whose groups were asked for last */
static int group_count;   /* -1: the database does not answer */
static bool group_without_name;

struct passwd *__wrap_getpwnam(const char *name);
struct passwd *__wrap_getpwnam(const char *name)
{
	(void)name;
	return person.pw_name != NULL ? &person : NULL;
}

int __wrap_getgrouplist(const char *user, gid_t group, gid_t *groups, int *count);
int __wrap_getgrouplist(const char *user, gid_t group, gid_t *groups, int *count)
{
	asked = user;
	if (group_count < 0 || group_count > *count)
		return -1;
	for (int i = 0; i < group_count; i++)
		groups[i] = group + (gid_t)i;
	*count = group_count;
	return group_count;
}

struct group *__wrap_getgrgid(gid_t gid);
struct group *__wrap_getgrgid(gid_t gid)
{
	static char name[] = "kaikei", other[] = "soumu";
	static struct group g;

	if (group_without_name && gid == 101)
		return NULL;
	g = (struct group){.gr_name = gid == 100 ? name : other, .gr_gid = gid};
	return &g;
}

static int setup(void **state)
{
	static char name[] = "alice";

	(void)state;
	person = (struct passwd){.pw_name = name, .pw_uid = 2001, .pw_gid = 100};
	asked = NULL;
	group_count = 2;
	group_without_name = false;
	return 0;
}

/* The name is the one the system answers, never what was typed. */
static void known(void **state)
{
	struct login_account a;

	(void)state;
	login_account_find("Alice", &a);
	assert_true(a.known);
	/* nobody asked for groups: there may be some */
	assert_true(a.groups_unsure);
	assert_null(asked);
	login_account_find_groups(&a);
	assert_string_equal(a.name, "alice");
	assert_int_equal(a.uid, 2001);
	assert_false(a.groups_unsure);
	assert_int_equal(a.group_count, 2);
	assert_string_equal(a.groups[0], "kaikei");
	assert_string_equal(a.groups[1], "soumu");
	login_account_clear(&a);
	assert_int_equal(a.group_count, 0);
}

/* A name nobody has costs a look at groups, too. */
static void unknown(void **state)
{
	struct login_account a;

	(void)state;
	person.pw_name = NULL;
	login_account_find("stranger", &a);
	assert_false(a.known);
	login_account_find_groups(&a);
	assert_string_equal(a.name, "stranger");
	assert_int_equal(a.group_count, 0);
	assert_string_equal(asked, "root");
}

static void a_name_that_fits_nowhere(void **state)
{
	struct login_account a;
	char name[sizeof a.name + 1];

	(void)state;
	memset(name, 'x', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	person.pw_name = name;
	login_account_find("alice", &a);
	assert_false(a.known);
	assert_string_equal(a.name, "alice");
	name[sizeof a.name - 1] = '\0';
	login_account_find("alice", &a);
	assert_true(a.known);
	login_account_clear(&a);
}

static void groups_that_cannot_be_told(void **state)
{
	struct login_account a;

	(void)state;
	group_without_name = true;
	login_account_find("alice", &a);
	login_account_find_groups(&a);
	assert_true(a.known && a.groups_unsure);
	assert_int_equal(a.group_count, 1);
	login_account_clear(&a);
	group_count = -1;
	login_account_find("alice", &a);
	login_account_find_groups(&a);
	assert_true(a.known && a.groups_unsure);
	assert_int_equal(a.group_count, 0);
	login_account_clear(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(known, setup),
	    cmocka_unit_test_setup(unknown, setup),
	    cmocka_unit_test_setup(a_name_that_fits_nowhere, setup),
	    cmocka_unit_test_setup(groups_that_cannot_be_told, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
