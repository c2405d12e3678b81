/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The six entry points of the PAM module; authentication is the only one with something to do.
 * Collects what the helper must know, opens a door, lets the dialogue run, logs what failed.
 * Reads no file and no environment, and logs no user name: people type passwords there.
 */
#include <errno.h>
#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <string.h>
#include <sys/random.h>
#include <syslog.h>
#include <unistd.h>

#include "pam_module/card.h"
#include "pam_module/dialogue.h"
#include "pam_module/door.h"
#include "pam_module/identify.h"
#include "lib/wire/options.h"
#include "pam_module/verdict.h"

static int text_put(char *out, size_t size, const char *text, const char *name, struct err *e)
{
	if (text == NULL)
		text = "";
	if (strlen(text) >= size)
		return err_set(e, ERR_INPUT, name, "longer than %zu bytes; refused", size - 1);
	memcpy(out, text, strlen(text) + 1);
	return 0;
}

static int item_put(
    pam_handle_t *pamh, int item, char *out, size_t size, const char *name, struct err *e)
{
	const void *value = NULL;

	if (pam_get_item(pamh, item, &value) != PAM_SUCCESS)
		return err_set(e, ERR_INTERNAL, name, "not to be had from libpam");
	return text_put(out, size, value, name, e);
}

static int session_put(struct msg *hello, struct err *e)
{
	ssize_t n;

	do {
		n = getrandom(hello->session, sizeof(hello->session), 0);
	} while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof(hello->session))
		return err_sys(e, ERR_INTERNAL, "getrandom", "no random bytes");
	return 0;
}

/* What is known before anybody is named. hello is zeroed. Returns a PAM code. */
static int hello_fill(
    pam_handle_t *pamh, const struct options *o, struct msg *hello, struct err *e)
{
	hello->type = MSG_HELLO;
	hello->version = MSG_VERSION;
	hello->hello.flags =
	    (o->combined ? MSG_HELLO_COMBINED : 0) | (o->use_first_pass ? MSG_HELLO_NO_PIN : 0);
	hello->hello.ruid = getuid();
	if (item_put(pamh, PAM_SERVICE, hello->hello.service, sizeof(hello->hello.service),
	        "PAM_SERVICE", e) != 0 ||
	    item_put(pamh, PAM_TTY, hello->hello.tty, sizeof(hello->hello.tty), "PAM_TTY", e) !=
	        0 ||
	    item_put(pamh, PAM_RHOST, hello->hello.rhost, sizeof(hello->hello.rhost),
	        "PAM_RHOST", e) != 0)
		return verdict_pam_code(VERDICT_DENIED);
	if (session_put(hello, e) != 0)
		return verdict_pam_code(VERDICT_ERROR);
	return PAM_SUCCESS;
}

static bool is_nameless(pam_handle_t *pamh)
{
	const void *user = NULL;

	return pam_get_item(pamh, PAM_USER, &user) == PAM_SUCCESS &&
	       (user == NULL || *(const char *)user == '\0');
}

/* The login goes on as if the card's owner had typed his name. */
static void take_card_name(
    pam_handle_t *pamh, const struct door_setup *setup, const struct msg *hello)
{
	struct msg asking = *hello; /* a session of its own */
	char name[MSG_USER_SIZE];
	struct err ignored;

	if (session_put(&asking, &ignored) == 0 && identify_by_card(setup, &asking, name))
		(void)pam_set_item(pamh, PAM_USER, name);
}

/* A card, where there is one that names somebody; else the program's own prompt; and where
 * Enter alone was typed there, a card that was put in meanwhile. Returns a PAM code. */
static int name_user(
    pam_handle_t *pamh, const struct door_setup *setup, struct msg *hello, struct err *e)
{
	const char *user = NULL;
	int code;

	if (is_nameless(pamh))
		take_card_name(pamh, setup, hello);
	code = pam_get_user(pamh, &user, NULL);
	if (code == PAM_SUCCESS && is_nameless(pamh)) {
		take_card_name(pamh, setup, hello);
		code = pam_get_user(pamh, &user, NULL);
	}
	if (code != PAM_SUCCESS || user == NULL) {
		(void)err_set(e, ERR_CONVERSATION, "PAM_USER", "nobody named");
		return PAM_CONV_ERR;
	}
	return text_put(hello->hello.user, sizeof(hello->hello.user), user, "PAM_USER", e) == 0
	           ? PAM_SUCCESS
	           : verdict_pam_code(VERDICT_DENIED);
}

static void tell_log(const pam_handle_t *pamh, const struct err *e)
{
	char line[512];

	if (e->number == ERR_NONE)
		return;
	err_format(e, line, sizeof(line));
	pam_syslog(pamh, LOG_ERR, "%s", line);
}

static int authenticate(pam_handle_t *pamh, int flags, const struct options *o, struct err *e)
{
	const struct door_setup setup = {.euid = geteuid(),
	    .ruid = getuid(),
	    .socket_dir = o->socket_dir,
	    .helper = o->helper};
	struct door door = DOOR_CLOSED;
	struct msg hello;
	int code;

	msg_clear(&hello);
	card_forget(pamh);
	code = hello_fill(pamh, o, &hello, e);
	if (code == PAM_SUCCESS)
		code = name_user(pamh, &setup, &hello, e);
	if (code != PAM_SUCCESS)
		goto out;
	if (door_open(&setup, &hello, &door, e) != 0) {
		code = verdict_pam_code(VERDICT_UNAVAILABLE);
		goto out;
	}
	/* Doors passed by on the way are no error. */
	e->number = ERR_NONE;
	code = dialogue_run(&(struct dialogue){.pamh = pamh,
	                        .options = o,
	                        .hello = &hello,
	                        .door = &door,
	                        .silent = ((unsigned int)flags & PAM_SILENT) != 0},
	    e);
out:
	door_close(&door);
	msg_clear(&hello);
	return code;
}

int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct err e = {.number = ERR_NONE};
	int code = PAM_SERVICE_ERR;
	int saved_errno = errno;
	struct options o;

	if (options_parse(argc, argv, &o, &e) == 0)
		code = authenticate(pamh, flags, &o, &e);
	tell_log(pamh, &e);
	errno = saved_errno;
	return code;
}

/* There are no credentials to set. Not PAM_IGNORE: hosts that ask for this phase alone would
 * find a stack in which nobody agreed. */
int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_SUCCESS;
}

/* Not our phases. PAM_IGNORE takes no part in the decision; a stack of nothing else is denied
 * by libpam, so that a line in the wrong place opens nothing. */
int pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_IGNORE;
}

int pam_sm_open_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_IGNORE;
}

int pam_sm_close_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_IGNORE;
}

int pam_sm_chauthtok(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_IGNORE;
}
