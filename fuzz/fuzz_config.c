/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho.conf: any bytes give either a configuration that keeps every promise of config.h, or
 * an error on a line the text has and a result left alone.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/store/policy.h"

#define PATH "c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct config config;

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void check_word(const char *word)
{
	size_t len = strnlen(word, CONFIG_WORD_SIZE);

	check(len != 0 && len < CONFIG_WORD_SIZE && memchr(word, '\n', len) == NULL);
}

static bool check_rule(const struct config_rule *r, int lines)
{
	bool conditions = r->locality != CONFIG_ANYWHERE;

	check_word(r->name);
	check(r->line >= 1 && r->line <= lines);
	check(r->locality <= CONFIG_REMOTE && r->require <= CONFIG_REQUIRE_CARD_OR_OTP);
	check(!r->no_recovery || r->require != CONFIG_REQUIRE_NONE);
	for (size_t i = 0; i < CONFIG_CONDITIONS; i++) {
		check(r->match[i].count <= CONFIG_VALUES_MAX);
		conditions = conditions || r->match[i].count != 0;
		for (unsigned k = 0; k < r->match[i].count; k++)
			check_word(r->match[i].value[k]);
	}
	return conditions;
}

static void check_config(int lines)
{
	static const struct policy_request nobody = {
	    .user = "", .service = "", .tty = "", .rhost = ""};
	unsigned last = config.rule_count - 1;

	check(config.totp_window <= 10);
	check(config.hotp_look_ahead >= 1 && config.hotp_look_ahead <= 100);
	check(config.crl <= CONFIG_CRL_OFF);
	check(config.rule_count >= 1 && config.rule_count <= CONFIG_RULES_MAX);
	if (config.rules[0].line == 0) /* the default rule */
		config.rules[0].line = 1;
	for (unsigned i = 0; i < config.rule_count; i++) {
		check(check_rule(&config.rules[i], lines) == (i != last));
		for (unsigned k = 0; k < i; k++)
			check(strcmp(config.rules[k].name, config.rules[i].name) != 0);
	}
	check(policy_decide(&config, &nobody) != NULL);
}

static void check_error(const struct err *e, int lines)
{
	long line;
	char *end;

	check(e->number == ERR_CONFIG && e->why[0] != '\0');
	check(strncmp(e->object, PATH ":", 2) == 0);
	line = strtol(e->object + 2, &end, 10);
	check(*end == '\0' && line >= 1 && line <= lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = {0};
	int lines = 1;

	if (size > CONFIG_FILE_MAX)
		return 0;
	for (size_t i = 0; i < size; i++)
		lines += data[i] == '\n';
	config.totp_window = 99;
	if (config_parse((const char *)data, size, PATH, &config, &e) == 0) {
		check_config(lines);
	} else {
		check(config.totp_window == 99);
		check_error(&e, lines);
	}
	return 0;
}
