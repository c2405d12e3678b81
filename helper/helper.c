/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The life of one helper, in order: shed what was inherited, greet, find the account, decide
 * about the caller, open what must be open, close the sandbox, run the session.
 */
#include "helper/helper.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "helper/live.h"
#include "helper/sandbox.h"
#include "helper/seat.h"
#include "helper/start.h"
#include "lib/cards/reader.h"
#include "lib/login/account.h"
#include "lib/login/login.h"
#include "lib/login/naming.h"
#include "lib/login/rules.h"
#include "lib/store/emergency.h"

#define SOCKET           0
#define HELLO_TIMEOUT_MS 2000
#define LEAVE_TIMEOUT_MS 1000

static enum door door_of(int argc, char **argv)
{
	static const struct {
		const char *word;
		enum door door;
	} doors[] = {
	    {"--door=direct", DOOR_DIRECT},
	    {"--door=root", DOOR_ROOT},
	    {"--door=user", DOOR_USER},
	};

	for (size_t i = 0; argc == 2 && i < sizeof doors / sizeof doors[0]; i++)
		if (strcmp(argv[1], doors[i].word) == 0)
			return doors[i].door;
	return DOOR_NONE;
}

static int greet(struct msg *ret_hello)
{
	struct msg welcome;

	if (chan_recv(SOCKET, NULL, ret_hello, HELLO_TIMEOUT_MS) != CHAN_OK ||
	    ret_hello->type != MSG_HELLO)
		return -1;
	memset(&welcome, 0, sizeof welcome);
	welcome.type = MSG_WELCOME;
	welcome.version = ret_hello->version;
	memcpy(welcome.session, ret_hello->session, MSG_SESSION_SIZE);
	return chan_send(SOCKET, &welcome, HELLO_TIMEOUT_MS) == CHAN_OK ? 0 : -1;
}

/* The audit login uid of the process at the other end: who acts, where su shows only root. */
static uint32_t login_uid_of(pid_t pid)
{
	char path[64], text[16] = "";
	unsigned long v = UINT32_MAX;
	char *end = text;
	int fd;

	snprintf(path, sizeof path, "/proc/%d/loginuid", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return UINT32_MAX;
	if (read(fd, text, sizeof text - 1) > 0)
		v = strtoul(text, &end, 10);
	(void)close(fd);
	return end != text && v <= UINT32_MAX ? (uint32_t)v : UINT32_MAX;
}

static struct caller caller_of(const struct ucred *peer, enum door door,
    const struct msg *hello, const struct login_account *account)
{
	return (struct caller){
	    .door = door,
	    .peer_known = true,
	    .peer_uid = peer->uid,
	    .ruid = hello->hello.ruid,
	    .remote = hello->hello.rhost[0] != '\0',
	    .terminal = hello->hello.tty[0] != '\0',
	    .target_known = account->known,
	    .target_uid = account->uid,
	};
}

static int admit(const struct helper_deps *deps, const struct caller *c, struct login_setup *s)
{
	struct err e = {0};

	if (authority_decide(c, &s->source) != AUTHORITY_GRANTED) {
		err_set(&e, ERR_CALLER, "caller",
		    "uid %u at this door may not verify this person", (unsigned)c->peer_uid);
		goto refused;
	}
	/* A user's su's must not fill the door of root. A direct start has no door to fill. */
	if (c->door == DOOR_ROOT && c->ruid != 0 &&
	    live_take(deps->run_path, "su", LIVE_SU, c->ruid, monotonic_ms(), &e) != 0)
		goto refused;
	return 0;
refused:
	login_refuse(s, &e);
	return -1;
}

/* Who is at the other end. At the user door he also takes a place, before he may keep this
 * process waiting for as much as a HELLO. */
static int identify(const struct helper_deps *deps, enum door door, struct ucred *ret_peer)
{
	socklen_t len = sizeof *ret_peer;

	if (getsockopt(SOCKET, SOL_SOCKET, SO_PEERCRED, ret_peer, &len) != 0 ||
	    len != sizeof *ret_peer)
		return -1;
	return door == DOOR_USER ? live_take(deps->run_path, "locker", LIVE_LOCKERS,
	                               ret_peer->uid, monotonic_ms(), NULL)
	                         : 0;
}

/* Whether any file system will do says the configuration, which the session reads. Where the
 * store is broken, its directory alone is opened: the emergency code must still be found. */
static void open_store(const struct helper_deps *deps, struct store *store,
    struct err *store_err, struct login_setup *s)
{
	struct err ignored; /* why the store could not be opened tells more */

	s->emergency_path = deps->store_path;
	s->store_err = store_err;
	if (store_open(store, deps->store_path, deps->etc_path, true, store_err) == 0) {
		s->store = store;
		s->emergency_dir = store->dir;
	} else {
		s->emergency_dir = emergency_open_dir(deps->store_path, &ignored);
	}
}

/* While sockets can still be made, and only where it is wanted. A pcscd that does not run is no
 * reason to refuse anybody: whoever has no card uses a code. */
static void open_cards(struct login_setup *s, const struct ucred *peer, bool wanted)
{
	/* At no terminal and no display root may ask for somebody who is anywhere (polkit). */
	bool of_root =
	    peer->uid == 0 && s->hello->hello.ruid == 0 && s->hello->hello.tty[0] != '\0';

	s->cards_wanted = wanted && seat_is_here(seat_logind(), peer->pid, of_root);
	s->cards_elsewhere = wanted && !s->cards_wanted;
	if (!s->cards_wanted)
		return;
	s->cards_result = reader_pcsc_open(&s->cards);
	if (s->cards_result != CARD_OK)
		s->cards = NULL;
}

/* The end of this process, with a library's worth of pages to give back, takes about as long as
 * judging, and often runs on the processor the other side was woken on: it waits until the
 * other side has its verdict and closed. */
static void let_go_first(void)
{
	static struct msg nothing;

	if (chan_recv(SOCKET, NULL, &nothing, LEAVE_TIMEOUT_MS) == CHAN_OK)
		msg_clear(&nothing);
}

/* A HELLO without a user is no login: nobody is looked up, nothing is counted or logged. */
static int name_person(const struct helper_deps *deps, const struct caller *c,
    const struct ucred *peer, struct login_setup *s)
{
	struct store store;
	struct err store_err = {0};

	if (authority_may_ask_name(c))
		open_store(deps, &store, &store_err, s);
	if (s->store == NULL || !naming_is_wanted(s)) {
		naming_refuse(s);
		return 1;
	}
	open_cards(s, peer, true);
	if (sandbox_enter(store.etc, store.dir, s->cards != NULL) == 0)
		naming_run(s);
	let_go_first();
	_exit(1);
}

int helper_run(const struct helper_deps *deps, int argc, char **argv)
{
	static struct msg hello;
	static struct login_account account;
	static struct clock_source clock;
	struct store store;
	struct err store_err = {0};
	struct login_setup s = {.fd = SOCKET,
	    .hello = &hello,
	    .account = &account,
	    .emergency_dir = -1,
	    .config_name = "sekisho.conf",
	    .clock = &clock,
	    .audit = deps->audit,
	    .waiting = start_waiting};
	enum door door = door_of(argc, argv);
	struct caller caller;
	struct ucred peer;
	bool granted;

	if (door == DOOR_NONE || start_clean() != 0)
		return 2;
	/* Nothing is held yet: up to the HELLO a newcomer may end this process. */
	if (identify(deps, door, &peer) != 0 || greet(&hello) != 0)
		return 1;
	start_waiting(false);
	deps->clock(&clock);
	if ((hello.hello.flags & MSG_HELLO_NO_USER) != 0) {
		caller = caller_of(&peer, door, &hello, &account);
		return name_person(deps, &caller, &peer, &s);
	}
	login_account_find(hello.hello.user, &account);
	audit_open();
	caller = caller_of(&peer, door, &hello, &account);
	s.actor = login_uid_of(peer.pid);
	if (admit(deps, &caller, &s) != 0)
		return 1;
	open_store(deps, &store, &store_err, &s);
	if (rules_need_groups(&s))
		login_account_find_groups(&account);
	login_lock_memory();
	open_cards(&s, &peer, rules_take_card(&s));
	if (sandbox_enter(s.store != NULL ? store.etc : -1, s.emergency_dir, s.cards != NULL) !=
	    0) {
		err_set(&store_err, ERR_INTERNAL, "sandbox", "cannot confine the helper");
		login_refuse(&s, &store_err);
		return 1;
	}
	granted = login_run(&s) == VERDICT_GRANTED;
	let_go_first();
	/* _exit: nothing is left to flush, and libraries' exit handlers only cost time. */
	_exit(granted ? 0 : 1);
}
