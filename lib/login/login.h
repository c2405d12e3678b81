/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The conversation of one login, from the first question to the verdict: the only code that
 * sends one. Waits for the human without holding anything. Opens no door and starts no process.
 */
#ifndef SEKISHO_LOGIN_H
#define SEKISHO_LOGIN_H

#include "lib/base/config.h"
#include "lib/cards/reader.h"
#include "lib/login/authority.h"
#include "lib/store/audit.h"
#include "lib/store/person.h"
#include "lib/wire/chan.h"

#define LOGIN_ASKS_MAX   3 /* the first question and two more after a refusal */
#define LOGIN_GROUPS_MAX 256

/* Who logs in, found before the sandbox closed. */
struct login_account {
	bool known; /* getpwnam found it */
	char
	    name[RECORD_NAME_SIZE]; /* pw_name when known, else what was typed (never logged) */
	uid_t uid;
	gid_t gid;
	size_t group_count;
	bool groups_unsure; /* there may be more: rules about groups cannot be followed */
	const char *groups[LOGIN_GROUPS_MAX]; /* borrowed names */
};

struct login_setup {
	int fd; /* the socket */
	const struct msg *hello;
	const struct login_account *account;
	enum source source;
	const struct store *store; /* NULL when it could not be opened: store_err says why */
	const struct err *store_err;
	int emergency_dir; /* of the file `emergency`, also where the store is broken; -1 none
	                    */
	const char *emergency_path;
	const char *config_name; /* "sekisho.conf", in store->etc */
	const struct clock_source *clock;
	const struct audit_sink *audit;
	bool cards_wanted;          /* a card is one of the answers of this login */
	bool cards_elsewhere;       /* it would be, were the person at this machine */
	struct card_service *cards; /* NULL: not wanted, or .cards_result */
	enum card_result cards_result;
	uint32_t actor; /* audit login uid of the caller */
	/* Called when a human is waited for (true) and when machine steps begin (false):
	 * signals, watchdog. May be NULL. */
	void (*waiting)(bool human);
};

/* Keeps the memory that will hold secrets out of swap and core dumps. Best effort. */
void login_lock_memory(void);
/* Runs to the verdict and sends it. Returns what was sent, VERDICT_ERROR when the caller went
 * away before. */
enum verdict login_run(const struct login_setup *s);

/* Ends a login before its session: e says why (ERR_CALLER, ERR_BUSY, else an internal error).
 */
void login_refuse(const struct login_setup *s, const struct err *e);

#endif
