/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * First matching rule of a checked configuration. Reads no file, asks no account database.
 */
#include "lib/store/policy.h"

#include <string.h>

static const char *terminal_name(const char *tty)
{
	static const char directory[] = "/dev/";
	size_t len = sizeof(directory) - 1;

	return strncmp(tty, directory, len) == 0 ? tty + len : tty;
}

static bool one_matches(const struct config_values *v, const char *text)
{
	for (unsigned i = 0; i < v->count; i++)
		if (strcmp(v->value[i], text) == 0)
			return true;
	return false;
}

static bool terminal_matches(const struct config_values *v, const char *tty)
{
	for (unsigned i = 0; i < v->count; i++)
		if (strcmp(terminal_name(v->value[i]), terminal_name(tty)) == 0)
			return true;
	return false;
}

static bool group_matches(const struct config_values *v, const struct policy_request *q)
{
	for (size_t i = 0; i < q->group_count; i++)
		if (one_matches(v, q->groups[i]))
			return true;
	return false;
}

static bool condition_matches(enum config_condition condition, const struct config_values *v,
    const struct policy_request *q)
{
	if (v->count == 0)
		return true;
	switch (condition) {
	case CONFIG_MATCH_SERVICE:
		return one_matches(v, q->service);
	case CONFIG_MATCH_USER:
		return one_matches(v, q->user);
	case CONFIG_MATCH_GROUP:
		return group_matches(v, q);
	case CONFIG_MATCH_TTY:
		return terminal_matches(v, q->tty);
	case CONFIG_MATCH_RHOST:
		return one_matches(v, q->rhost);
	case CONFIG_CONDITIONS:
		break;
	}
	return false;
}

static bool locality_matches(enum config_locality locality, const char *rhost)
{
	switch (locality) {
	case CONFIG_ANYWHERE:
		return true;
	case CONFIG_LOCAL:
		return *rhost == '\0';
	case CONFIG_REMOTE:
		return *rhost != '\0';
	}
	return false;
}

const char *policy_mismatch(const struct config_rule *r, const struct policy_request *q)
{
	static const char *const words[CONFIG_CONDITIONS] = {
	    [CONFIG_MATCH_SERVICE] = "match-service",
	    [CONFIG_MATCH_USER] = "match-user",
	    [CONFIG_MATCH_GROUP] = "match-group",
	    [CONFIG_MATCH_TTY] = "match-tty",
	    [CONFIG_MATCH_RHOST] = "match-rhost",
	};

	for (int i = 0; i < CONFIG_CONDITIONS; i++)
		if (!condition_matches((enum config_condition)i, &r->match[i], q))
			return words[i];
	return locality_matches(r->locality, q->rhost) ? NULL : "match-from";
}

const struct config_rule *policy_decide(const struct config *c, const struct policy_request *q)
{
	/* what a configuration without a last rule gets, which config_parse does not make */
	static const struct config_rule otp = {
	    .name = "default", .require = CONFIG_REQUIRE_OTP};

	for (unsigned i = 0; i < c->rule_count && i < CONFIG_RULES_MAX; i++)
		if (policy_mismatch(&c->rules[i], q) == NULL)
			return &c->rules[i];
	return &otp;
}
