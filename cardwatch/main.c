/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho-cardwatch with its real surroundings: reads what it was told, becomes the user,
 * guards the session until that ends. sekisho-cardwatch(8).
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cardwatch/guard.h"
#include "cardwatch/start.h"
#include "lib/cards/reader.h"

static const char *look_up(const char *name)
{
	return getenv(name);
}

/* To the log, and to whoever started it by hand. */
static int refuse(const struct settings *s, const struct err *e)
{
	char line[sizeof e->object + sizeof e->why + 16];

	err_format(e, line, sizeof line);
	(void)fprintf(stderr, "sekisho-cardwatch: %s\nhint: %s\n", line, err_hint(e->number));
	audit_write(&audit_syslog, &(struct audit_entry){.event = AUDIT_CARD_WATCH,
	                               .result = "not-watched",
	                               .session = s->session,
	                               .actor = UINT32_MAX,
	                               .err = e});
	return 1;
}

/* An ignored one would be inherited by the command, and SIGCHLD's would lose its status. */
static void default_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		(void)signal(number, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

int main(int argc, char **argv)
{
	struct settings settings = {.removal = REMOVAL_NONE};
	char user[START_USER_SIZE];
	struct clock_source clock;
	struct err e = {0};
	int leash;

	default_signals();
	(void)close_range(3, ~0U, 0);
	audit_open();
	if (settings_read(argc, argv, look_up, &settings, &e) != 0)
		return refuse(&settings, &e);
	if (!settings.has_card || settings.removal == REMOVAL_NONE)
		return 0;
	leash = start_leash(&e);
	if (leash < 0 || start_as_user(&settings, user, &e) != 0 ||
	    (settings.from_pam && start_background(&e) != 0))
		return refuse(&settings, &e);
	clock_system(&clock);
	guard_run(&(struct guard){.settings = &settings,
	    .clock = &clock,
	    .log = &audit_syslog,
	    .open = reader_pcsc_open,
	    .user = user,
	    .leash = leash});
	return 0;
}
