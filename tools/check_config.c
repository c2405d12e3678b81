/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho check: sekisho.conf, and whether what its rules name is there.
 */
#include <grp.h>
#include <pwd.h>

#include "tools/check.h"

#define CONFIG_PATH ACCESS_ETC "/sekisho.conf"

static const char *rule_place(const struct config_rule *r, char out[160])
{
	(void)snprintf(out, 160, "%s:%d", CONFIG_PATH, r->line);
	return out;
}

static bool service_exists(struct check *c, const char *name)
{
	const struct pam_source source = pam_files_source(&c->pam);
	struct pam_text t;

	/* with pam.conf alone, nobody says which services there are: it then is all of them */
	return source.load(source.context, name, &t) == 0 ||
	       source.load(source.context, NULL, &t) == 0;
}

static bool user_exists(struct check *c, const char *name)
{
	(void)c;
	return getpwnam(name) != NULL;
}

static bool group_exists(struct check *c, const char *name)
{
	(void)c;
	return getgrnam(name) != NULL;
}

static void check_names(struct check *c, const struct config_rule *r)
{
	static const struct {
		enum config_condition condition;
		bool (*exists)(struct check *, const char *);
		const char *what;
	} rows[] = {
	    {CONFIG_MATCH_SERVICE, service_exists, "no PAM service"},
	    {CONFIG_MATCH_USER, user_exists, "no account"},
	    {CONFIG_MATCH_GROUP, group_exists, "no group"},
	};
	char place[160];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct config_values *v = &r->match[rows[i].condition];

		for (unsigned n = 0; n < v->count; n++)
			if (!rows[i].exists(c, v->value[n]))
				check_add(c, CHECK_WARNING, ERR_DEAD_RULE, rule_place(r, place),
				    NULL, "rule \"%s\" names %s, which is %s here", r->name,
				    v->value[n], rows[i].what);
	}
}

static bool has_conditions(const struct config_rule *r)
{
	for (int i = 0; i < CONFIG_CONDITIONS; i++)
		if (r->match[i].count > 0)
			return true;
	return r->locality != CONFIG_ANYWHERE;
}

void check_config(struct check *c)
{
	char place[160];
	struct err e;

	if (access_config(&c->config, &e) != 0) {
		check_add_err(c, CHECK_DANGER, &e, NULL);
		return;
	}
	c->config_read = true;
	for (unsigned i = 0; i < c->config.rule_count; i++) {
		const struct config_rule *r = &c->config.rules[i];

		if (r->require == CONFIG_REQUIRE_NONE)
			check_add(c, has_conditions(r) ? CHECK_NOTE : CHECK_WARNING,
			    ERR_OPEN_RULE, rule_place(r, place), NULL,
			    "rule \"%s\" lets in without a code%s", r->name,
			    has_conditions(r) ? "" : ", everybody no earlier rule takes");
		check_names(c, r);
	}
}
