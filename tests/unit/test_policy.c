/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which rule decides: every combination of set and unset conditions against every combination
 * of matching and other requests, compared with a plain restatement of sekisho.conf(5).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lib/store/policy.h"

static struct config config;

static void set_values(struct config_values *v, const char *a, const char *b)
{
	v->count = 2;
	snprintf(v->value[0], CONFIG_WORD_SIZE, "%s", a);
	snprintf(v->value[1], CONFIG_WORD_SIZE, "%s", b);
}

/* Rule 0: the conditions of the mask; rule 1: everything else. */
static void set_rules(unsigned mask, enum config_locality locality)
{
	static const char *const values[CONFIG_CONDITIONS][2] = {
	    [CONFIG_MATCH_SERVICE] = {"login", "su"},
	    [CONFIG_MATCH_USER] = {"alice", "bob"},
	    [CONFIG_MATCH_GROUP] = {"kaikei", "keiri"},
	    [CONFIG_MATCH_TTY] = {"tty1", "pts/0"},
	    [CONFIG_MATCH_RHOST] = {"192.0.2.1", "host.example"},
	};

	config_default(&config);
	config.rules[1] = config.rules[0];
	config.rule_count = 2;
	memset(&config.rules[0], 0, sizeof(config.rules[0]));
	config.rules[0].locality = locality;
	config.rules[0].require = CONFIG_REQUIRE_NONE;
	for (unsigned i = 0; i < CONFIG_CONDITIONS; i++)
		if (mask & 1u << i)
			set_values(&config.rules[0].match[i], values[i][0], values[i][1]);
}

/* What a request says in each condition: unset, the first value, the second, another. */
enum { UNSET, FIRST, SECOND, OTHER, ANSWERS };

static const char *const services[] = {"", "login", "su", "login2"};
static const char *const users[] = {"", "alice", "bob", "Alice"};
static const char *const ttys[] = {"", "/dev/tty1", "pts/0", "tty10"};
static const char *const rhosts[] = {"", "192.0.2.1", "host.example", "192.0.2.10"};
static const char *const none_groups[] = {"users", "kaike"};
static const char *const first_groups[] = {"users", "kaikei"};
static const char *const second_groups[] = {"keiri"};
static const struct {
	const char *const *names;
	size_t count;
} groups[] = {{NULL, 0}, {first_groups, 2}, {second_groups, 1}, {none_groups, 2}};

static bool expected(unsigned mask, enum config_locality locality, const unsigned answer[])
{
	for (unsigned i = 0; i < CONFIG_CONDITIONS; i++)
		if ((mask & 1u << i) && answer[i] != FIRST && answer[i] != SECOND)
			return false;
	if (locality == CONFIG_LOCAL)
		return answer[CONFIG_MATCH_RHOST] == UNSET;
	if (locality == CONFIG_REMOTE)
		return answer[CONFIG_MATCH_RHOST] != UNSET;
	return true;
}

static void check_request(unsigned mask, enum config_locality locality, unsigned number)
{
	unsigned answer[CONFIG_CONDITIONS];
	struct policy_request q;

	for (unsigned i = 0; i < CONFIG_CONDITIONS; i++, number /= ANSWERS)
		answer[i] = number % ANSWERS;
	q = (struct policy_request){
	    .user = users[answer[CONFIG_MATCH_USER]],
	    .service = services[answer[CONFIG_MATCH_SERVICE]],
	    .tty = ttys[answer[CONFIG_MATCH_TTY]],
	    .rhost = rhosts[answer[CONFIG_MATCH_RHOST]],
	    .groups = groups[answer[CONFIG_MATCH_GROUP]].names,
	    .group_count = groups[answer[CONFIG_MATCH_GROUP]].count,
	};
	if (policy_decide(&config, &q) !=
	    &config.rules[expected(mask, locality, answer) ? 0 : 1])
		fail_msg("mask %u locality %d: user %s service %s tty %s rhost %s groups %u",
		    mask, (int)locality, q.user, q.service, q.tty, q.rhost,
		    answer[CONFIG_MATCH_GROUP]);
}

static void test_truth_table(void **state)
{
	unsigned requests = 1;

	(void)state;
	for (unsigned i = 0; i < CONFIG_CONDITIONS; i++)
		requests *= ANSWERS;
	for (unsigned mask = 0; mask < 1u << CONFIG_CONDITIONS; mask++)
		for (int locality = CONFIG_ANYWHERE; locality <= CONFIG_REMOTE; locality++) {
			set_rules(mask, (enum config_locality)locality);
			for (unsigned n = 0; n < requests; n++)
				check_request(mask, (enum config_locality)locality, n);
		}
}

static const struct policy_request plain = {
    .user = "alice", .service = "login", .tty = "tty1", .rhost = ""};

static void test_first_match_wins(void **state)
{
	(void)state;
	set_rules(1u << CONFIG_MATCH_USER, CONFIG_ANYWHERE);
	config.rules[2] = config.rules[1];
	config.rules[1] = config.rules[0];
	config.rule_count = 3;
	assert_ptr_equal(policy_decide(&config, &plain), &config.rules[0]);
	set_values(&config.rules[0].match[CONFIG_MATCH_USER], "carol", "dave");
	assert_ptr_equal(policy_decide(&config, &plain), &config.rules[1]);
	set_values(&config.rules[1].match[CONFIG_MATCH_USER], "carol", "dave");
	assert_ptr_equal(policy_decide(&config, &plain), &config.rules[2]);
}

static void test_terminal_forms(void **state)
{
	static const struct {
		const char *value, *tty;
		bool match;
	} forms[] = {
	    {"tty1", "tty1", true},
	    {"tty1", "/dev/tty1", true},
	    {"/dev/tty1", "tty1", true},
	    {"/dev/tty1", "/dev/tty1", true},
	    {"tty1", "/dev/dev/tty1", false},
	    {"tty1", "dev/tty1", false},
	    {"tty1", "tty", false},
	    {":0", ":0", true},
	    {"tty1", "/dev/", false},
	    {"tty1", "", false},
	};

	(void)state;
	set_rules(1u << CONFIG_MATCH_TTY, CONFIG_ANYWHERE);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct policy_request q = plain;

		set_values(&config.rules[0].match[CONFIG_MATCH_TTY], forms[i].value, "zz");
		q.tty = forms[i].tty;
		if ((policy_decide(&config, &q) == &config.rules[0]) != forms[i].match)
			fail_msg("%s against %s", forms[i].value, forms[i].tty);
	}
}

static void test_mismatch_is_named(void **state)
{
	static const char *const words[CONFIG_CONDITIONS] = {
	    "match-service", "match-user", "match-group", "match-tty", "match-rhost"};

	(void)state;
	for (unsigned i = 0; i < CONFIG_CONDITIONS; i++) {
		set_rules(1u << i, CONFIG_ANYWHERE);
		set_values(&config.rules[0].match[i], "zz", "zzz");
		assert_string_equal(policy_mismatch(&config.rules[0], &plain), words[i]);
	}
	set_rules(0, CONFIG_REMOTE);
	assert_string_equal(policy_mismatch(&config.rules[0], &plain), "match-from");
	set_rules(0, CONFIG_LOCAL);
	assert_null(policy_mismatch(&config.rules[0], &plain));
}

/* Structs no parser makes: the answer is then a rule that requires a code. */
static void test_broken_struct(void **state)
{
	(void)state;
	config_default(&config);
	config.rule_count = 0;
	assert_non_null(policy_decide(&config, &plain));
	assert_int_equal(policy_decide(&config, &plain)->require, CONFIG_REQUIRE_OTP);

	set_rules(1u << CONFIG_MATCH_USER, (enum config_locality)7);
	assert_ptr_equal(policy_decide(&config, &plain), &config.rules[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_truth_table),
	    cmocka_unit_test(test_first_match_wins),
	    cmocka_unit_test(test_terminal_forms),
	    cmocka_unit_test(test_mismatch_is_named),
	    cmocka_unit_test(test_broken_struct),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
