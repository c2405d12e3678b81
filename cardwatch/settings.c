/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of options, and the variables. Believes the environment no more than it must: what
 * the login puts there is checked for its form, nothing else is read.
 */
#include "cardwatch/settings.h"

#include <stdlib.h>
#include <string.h>

#define SESSION_CHARS "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define HEX           "0123456789abcdef"

static const char *const removal_words[] = {
    [REMOVAL_NONE] = "none", [REMOVAL_LOCK] = "lock", [REMOVAL_LOGOUT] = "logout"};
#define REMOVALS (sizeof removal_words / sizeof removal_words[0])

const char *settings_removal_word(enum removal removal)
{
	return (unsigned)removal < REMOVALS ? removal_words[removal] : "none";
}

static int set_removal(struct settings *s, const char *value)
{
	for (size_t i = 0; i < REMOVALS; i++) {
		if (strcmp(removal_words[i], value) == 0) {
			s->removal = (enum removal)i;
			return 0;
		}
	}
	return -1;
}

static int set_grace(struct settings *s, const char *value)
{
	size_t digits = strspn(value, "0123456789");
	unsigned long n = strtoul(value, NULL, 10);

	if (digits == 0 || digits > 4 || value[digits] != '\0' || n > SETTINGS_GRACE_MAX)
		return -1;
	s->grace = (unsigned)n;
	return 0;
}

static int set_command(struct settings *s, const char *value)
{
	if (value[0] != '/')
		return -1;
	s->command = value;
	return 0;
}

static const struct option_row {
	const char *name;
	int (*set)(struct settings *s, const char *value);
	const char *wants;
} rows[] = {
    {"--on-removal=", set_removal, "must be lock, logout or none"},
    {"--grace=", set_grace, "must be 0 to 3600 seconds"},
    {"--command=", set_command, "must be an absolute path"},
};
#define ROWS (sizeof rows / sizeof rows[0])

static int take_option(struct settings *s, const char *word, bool seen[ROWS], struct err *e)
{
	for (size_t i = 0; i < ROWS; i++) {
		size_t len = strlen(rows[i].name);

		if (strncmp(word, rows[i].name, len) != 0)
			continue;
		if (seen[i])
			return err_set(e, ERR_WATCH, word, "option given twice");
		seen[i] = true;
		if (rows[i].set(s, word + len) != 0)
			return err_set(e, ERR_WATCH, word, "%s", rows[i].wants);
		return 0;
	}
	return err_set(e, ERR_WATCH, word, "unknown option");
}

static int take_identity(struct settings *s, const char *hex, struct err *e)
{
	if (strspn(hex, HEX) != 2 * sizeof s->identity || hex[2 * sizeof s->identity] != '\0')
		return err_set(e, ERR_WATCH, "SEKISHO_CARD", "not the identity of a card");
	for (size_t i = 0; i < 2 * sizeof s->identity; i++)
		s->identity[i / 2] = (uint8_t)(s->identity[i / 2] << 4 |
		                               (strchr(HEX, hex[i]) - (const char *)HEX));
	s->has_card = true;
	return 0;
}

/* Whoever demands a lock where nothing locks would have nothing, and never notice. */
static int check_session(const struct settings *s, const char *type, struct err *e)
{
	size_t len = s->session != NULL ? strspn(s->session, SESSION_CHARS) : 0;

	if (s->session == NULL)
		return err_set(e, ERR_WATCH, "XDG_SESSION_ID",
		    "not set; the line must stand behind pam_systemd.so");
	if (len == 0 || len >= SETTINGS_SESSION_SIZE || s->session[len] != '\0')
		return err_set(e, ERR_WATCH, "XDG_SESSION_ID", "not the name of a session");
	if (s->command == NULL && s->removal == REMOVAL_LOCK && type != NULL &&
	    strcmp(type, "tty") == 0)
		return err_set(e, ERR_WATCH, "--on-removal=lock",
		    "a text console has no screen lock; logout, or --command");
	return 0;
}

int settings_read(
    int argc, char *const *argv, settings_lookup *lookup, struct settings *ret_s, struct err *e)
{
	struct settings s = {.removal = REMOVAL_LOCK, .grace = SETTINGS_GRACE_DEFAULT};
	const char *card = lookup("SEKISHO_CARD");
	const char *phase = lookup("PAM_TYPE");
	bool seen[ROWS] = {false};

	for (int i = 1; i < argc; i++)
		if (take_option(&s, argv[i], seen, e) != 0)
			return -1;
	if (card != NULL && take_identity(&s, card, e) != 0)
		return -1;
	s.from_pam = phase != NULL;
	s.session = lookup("XDG_SESSION_ID");
	if (s.from_pam) {
		s.user = lookup("PAM_USER");
		if (s.user == NULL)
			return err_set(e, ERR_WATCH, "PAM_USER", "not set");
		/* pam_exec runs it at the end of the session, too. */
		if (strcmp(phase, "open_session") != 0)
			s.removal = REMOVAL_NONE;
	}
	if (s.has_card && s.removal != REMOVAL_NONE &&
	    check_session(&s, lookup("XDG_SESSION_TYPE"), e) != 0)
		return -1;
	*ret_s = s;
	return 0;
}
