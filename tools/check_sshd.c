/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho check: does sshd ask PAM, and can a key alone let in? Judges what sshd_config says,
 * for the service sshd, and only when its PAM stack has pam_sekisho.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/check.h"
#include "tools/sshd_config.h"

#define SSHD_CONFIG "/etc/ssh/sshd_config"

struct look {
	struct check *check;
	const struct sshd_config *config;
	unsigned block;
	bool combined; /* the password method can carry a code, too */
};

static bool says(const struct look *l, enum sshd_keyword keyword, const char *word)
{
	return strcmp(sshd_config_value(l->config, l->block, keyword).text, word) == 0;
}

static void add(const struct look *l, enum check_severity severity, enum err_number number,
    enum sshd_keyword keyword, const char *why)
{
	struct sshd_value v = sshd_config_value(l->config, l->block, keyword);
	const struct sshd_block *b = &l->config->blocks[l->block];

	if (l->block > 0 && !b->values[keyword].set)
		check_add(l->check, severity, number, b->place, NULL, "in this Match: %s", why);
	else
		check_add(l->check, severity, number, v.place, NULL, "%s", why);
}

/* A Match that says "any" itself may hold together with another one that lets a method in: how
 * conditions overlap is not judged. */
static bool is_let_in(const struct look *l, enum sshd_keyword keyword)
{
	if (!says(l, keyword, "no"))
		return true;
	for (unsigned i = 1; l->block > 0 && i < l->config->count; i++)
		if (l->config->blocks[l->block].values[SSHD_METHODS].set &&
		    l->config->blocks[i].values[keyword].set &&
		    strcmp(l->config->blocks[i].values[keyword].text, "no") != 0)
			return true;
	return false;
}

static void check_any(const struct look *l)
{
	static const struct {
		enum sshd_keyword keyword;
		const char *why;
	} rows[] = {
	    {SSHD_PUBLIC_KEY, "a public key alone lets in: AuthenticationMethods is any"},
	    {SSHD_HOST_BASED,
	        "another host's word alone lets in: AuthenticationMethods is any"},
	    {SSHD_GSSAPI, "a Kerberos ticket alone lets in: AuthenticationMethods is any"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (is_let_in(l, rows[i].keyword))
			add(l, CHECK_DANGER, ERR_SSHD_METHODS, SSHD_METHODS, rows[i].why);
}

/* "publickey,keyboard-interactive:pam": is there such a method in the list? */
static bool list_has(const char *list, size_t len, const char *method)
{
	size_t method_len = strlen(method);

	while (len > 0) {
		size_t n = 0;

		while (n < len && list[n] != ',')
			n++;
		if (n >= method_len && strncmp(list, method, method_len) == 0 &&
		    (n == method_len || list[method_len] == ':'))
			return true;
		n += n < len;
		list += n;
		len -= n;
	}
	return false;
}

/* Each list is a way in of its own. *ret_password: one asks for a password without a dialogue.
 */
static void check_lists(const struct look *l, bool *ret_password, bool *ret_keyboard)
{
	struct sshd_value v = sshd_config_value(l->config, l->block, SSHD_METHODS);
	char why[160];

	*ret_password = *ret_keyboard = false;
	for (const char *at = v.text; *at != '\0'; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");
		bool keyboard = list_has(at, len, "keyboard-interactive");
		bool password = list_has(at, len, "password");

		if (!keyboard && !password) {
			(void)snprintf(why, sizeof(why),
			    "%.*s lets in without a code: keyboard-interactive is not with it",
			    (int)(len < 80 ? len : 80), at);
			add(l, CHECK_DANGER, ERR_SSHD_METHODS, SSHD_METHODS, why);
		}
		*ret_password |= password && !keyboard;
		*ret_keyboard |= keyboard;
		at += len;
	}
}

static void check_block(const struct look *l)
{
	bool password = true, keyboard = true;

	if (says(l, SSHD_METHODS, "any"))
		check_any(l);
	else
		check_lists(l, &password, &keyboard);
	if (keyboard && says(l, SSHD_KEYBOARD, "no"))
		add(l, CHECK_WARNING, ERR_SSHD_DIALOGUE, SSHD_KEYBOARD,
		    "KbdInteractiveAuthentication is no: nobody can be asked for a code");
	/* sshd asks Kerberos before PAM */
	if (password && !says(l, SSHD_PASSWORD, "no") && !says(l, SSHD_KERBEROS, "no"))
		add(l, CHECK_DANGER, ERR_SSHD_METHODS, SSHD_KERBEROS,
		    "KerberosAuthentication: sshd lets in by the password alone");
	else if (password && !l->combined && !says(l, SSHD_PASSWORD, "no"))
		add(l, CHECK_WARNING, ERR_SSHD_PASSWORD, SSHD_PASSWORD,
		    "PasswordAuthentication is yes: that way a code cannot be typed");
}

/* A Match without any of the keywords changes nothing. */
static bool is_relevant(const struct sshd_block *b)
{
	for (size_t i = 0; i < SSHD_KEYWORDS; i++)
		if (b->values[i].set)
			return true;
	return false;
}

static bool is_combined(struct check *c)
{
	const struct pam_source source = pam_files_source(&c->pam);
	struct pam_stack *stack = malloc(sizeof(*stack));
	struct options o;
	bool combined = stack != NULL &&
	                pam_stack_read(&source, "sshd", PAM_TYPE_AUTH, stack, NULL) == 0 &&
	                pam_stack_options(stack, &o) && o.combined;

	free(stack);
	return combined;
}

static void check_config_of(struct check *c, const struct sshd_config *config)
{
	struct look l = {.check = c, .config = config, .combined = is_combined(c)};

	if (says(&l, SSHD_USE_PAM, "no")) {
		add(&l, CHECK_DANGER, ERR_SSHD_PAM, SSHD_USE_PAM,
		    "UsePAM is no: sshd never asks for a code");
		return;
	}
	for (; l.block < config->count; l.block++)
		if (l.block == 0 || is_relevant(&config->blocks[l.block]))
			check_block(&l);
}

static bool sshd_asks(const struct check *c)
{
	for (size_t i = 0; i < c->asking.count; i++)
		if (strcmp(c->asking.names[i], "sshd") == 0)
			return true;
	return false;
}

void check_sshd(struct check *c)
{
	struct sshd_config *config;
	struct err e;

	if (!sshd_asks(c))
		return;
	config = malloc(sizeof(*config));
	if (config == NULL) {
		err_set(&e, ERR_INTERNAL, "check", "out of memory");
		check_fail(c, &e);
		return;
	}
	if (sshd_config_read(c->root, SSHD_CONFIG, config, &e) == 0)
		check_config_of(c, config);
	else
		check_add(c, CHECK_WARNING, ERR_SSHD_UNSURE, e.object, NULL, "%s", e.why);
	free(config);
}
