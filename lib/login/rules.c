/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration, and the rule in it that decides a login. Judges nobody.
 */
#include "lib/login/rules.h"

#include <errno.h>
#include <sys/stat.h>

#include "lib/base/safefile.h"
#include "lib/login/objection.h"
#include "lib/store/policy.h"

static struct config config; /* too large for a stack */

const struct config_rule *rules_deciding(const struct login_setup *u)
{
	const struct login_account *a = u->account;
	const struct policy_request q = {
	    .user = a->known ? a->name : "",
	    .service = u->hello->hello.service,
	    .tty = u->hello->hello.tty,
	    .rhost = u->hello->hello.rhost,
	    .groups = a->groups,
	    .group_count = a->group_count,
	};

	return policy_decide(&config, &q);
}

/* No file is a valid configuration; an unreadable one is not. */
static int load_config(const struct login_setup *u, struct err *e)
{
	static uint8_t text[CONFIG_FILE_MAX];
	size_t len = 0;
	struct err why;

	if (u->store == NULL) {
		*e = *u->store_err;
		return -1;
	}
	if (safefile_read(u->store->etc, u->store->etc_path, u->config_name, S_IWGRP | S_IWOTH,
	        text, 0, sizeof text, &len, &why) != 0) {
		if (errno != ENOENT) {
			*e = why;
			return -1;
		}
		config_default(&config);
		return 0;
	}
	return config_parse((const char *)text, len, u->config_name, &config, e);
}

int rules_read(const struct login_setup *u, struct err *e)
{
	return load_config(u, e) == 0 ? objection_to_groups(&config, u->account, e) : -1;
}

bool rules_identify_by_card(const struct login_setup *u, bool *ret_jpki)
{
	struct err ignored; /* the login itself will say it */

	if (load_config(u, &ignored) != 0)
		return false;
	*ret_jpki = config.jpki;
	return config.identify_by_card;
}

bool rules_need_groups(const struct login_setup *u)
{
	struct err ignored; /* the first answer will say it */

	return load_config(u, &ignored) == 0 && config_group_rule(&config) != NULL;
}

const struct config *rules_config(void)
{
	return &config;
}

/* A card in a reader of this machine says nothing about somebody who is at another. */
bool rules_want_card(const struct login_setup *u)
{
	return u->hello->version >= MSG_CARDS_SINCE &&
	       (u->hello->hello.flags & (MSG_HELLO_COMBINED | MSG_HELLO_NO_PIN)) == 0 &&
	       u->hello->hello.rhost[0] == '\0' && config_takes_card(rules_deciding(u));
}

bool rules_take_card(const struct login_setup *u)
{
	struct err ignored; /* the first answer will say it */

	return load_config(u, &ignored) == 0 && rules_want_card(u);
}

bool rules_need_factor(const struct login_setup *u)
{
	struct err ignored; /* the first answer will say it */

	return rules_read(u, &ignored) != 0 ||
	       rules_deciding(u)->require != CONFIG_REQUIRE_NONE;
}

int rules_check_file_system(const struct store *store, struct err *e)
{
	return config.allow_any_file_system
	           ? 0
	           : safedir_check_file_system(store->dir, store->path, e);
}
