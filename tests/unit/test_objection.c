/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What speaks against somebody: each reason alone, and which of two is said.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/login/account.h"
#include "lib/login/objection.h"

#define NOW 1000000

static struct login_account account;
static struct person person;

static int set_up(void **state)
{
	(void)state;
	memset(&account, 0, sizeof(account));
	memset(&person, 0, sizeof(person));
	account.known = true;
	account.uid = 2001;
	person.record.uid = 2001;
	return 0;
}

static const char *find(uint32_t header_flags)
{
	return objection_find(&account, &person, header_flags, NOW);
}

static void test_each_alone(void **state)
{
	(void)state;
	assert_null(find(0));
	assert_string_equal(find(HEADER_SUSPENDED), "all-suspended");
	person.record.not_before = NOW + 1;
	assert_string_equal(find(0), "outside-validity");
	person.record.not_before = NOW;
	assert_null(find(0));
	person.record.not_after = NOW;
	assert_string_equal(find(0), "outside-validity");
	person.record.not_after = NOW + 1;
	assert_null(find(0));
	person.record.uid = 2002;
	assert_string_equal(find(0), "other-uid");
	person.record.flags = RECORD_SUSPENDED;
	assert_string_equal(find(0), "record-suspended");
	person.record.flags = RECORD_TOMBSTONE;
	assert_string_equal(find(0), "revoked");
	account.known = false;
	assert_string_equal(find(0), "unknown-user");
	person.decoy = true;
	assert_string_equal(find(0), "unknown-user");
	account.known = true;
	assert_string_equal(find(0), "not-enrolled");
}

static void test_groups(void **state)
{
	static struct config config;
	struct err e;

	(void)state;
	config_default(&config);
	account.groups_unsure = true;
	assert_int_equal(objection_to_groups(&config, &account, &e), 0);
	config.rules[0].match[CONFIG_MATCH_GROUP].count = 1;
	assert_int_equal(objection_to_groups(&config, &account, &e), -1);
	assert_int_equal(e.number, ERR_GROUPS);
	/* whichever rule it is, of those there are */
	config.rules[0].match[CONFIG_MATCH_GROUP].count = 0;
	config.rules[1].match[CONFIG_MATCH_GROUP].count = 1;
	assert_int_equal(objection_to_groups(&config, &account, &e), 0);
	config.rule_count = 2;
	assert_int_equal(objection_to_groups(&config, &account, &e), -1);
	account.groups_unsure = false;
	assert_int_equal(objection_to_groups(&config, &account, &e), 0);
}

/* root is everywhere, and in a group of his own. */
static void test_account(void **state)
{
	(void)state;
	login_account_find("root", &account);
	login_account_find_groups(&account);
	assert_true(account.known);
	assert_int_equal(account.uid, 0);
	assert_true(account.group_count > 0);
	login_account_clear(&account);
	assert_int_equal(account.group_count, 0);
	login_account_find("no-such-person-here", &account);
	assert_false(account.known);
	assert_string_equal(account.name, "no-such-person-here");
	login_account_clear(&account);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_each_alone, set_up),
	    cmocka_unit_test_setup(test_groups, set_up),
	    cmocka_unit_test_setup(test_account, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
