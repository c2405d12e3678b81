/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a command gets at the store, and leaves its mark in the audit log: root, memory that
 * stays here, configuration, store, keys. Changes nothing itself.
 */
#ifndef SEKISHO_ACCESS_H
#define SEKISHO_ACCESS_H

#include "lib/base/config.h"
#include "lib/store/audit.h"
#include "lib/store/person.h"
#include "tools/account.h"
#include "tools/ui.h"

#define ACCESS_ETC   SYSCONFDIR "/sekisho"
#define ACCESS_STORE LOCALSTATEDIR "/lib/sekisho"

struct access {
	struct ui *ui;
	struct store store;
	struct keys keys;
	struct clock_source clock;
	/* of logins; the widest there is when sekisho.conf is broken */
	unsigned totp_window, hotp_look_ahead;
};

/* No core dump, no swap, nobody who attaches. Before any secret. */
void access_seal_memory(struct ui *ui);
/* Root? what: the command, for the message. */
MUST_CHECK enum exit_code access_check_root(struct ui *ui, const char *what);
/* Can the time be kept in a file? For every command that does so; reports itself. */
MUST_CHECK enum exit_code access_check_clock(struct ui *ui, const struct clock_source *clock);
MUST_CHECK enum exit_code access_check_time(struct ui *ui, int64_t now);
/* sekisho.conf, or its defaults where there is none. -1: logins are denied, *e says why. */
MUST_CHECK int access_config(struct config *ret_c, struct err *e);
struct access_settings {
	bool broken; /* the others are then only guessed */
	bool any_file_system;
	unsigned totp_window, hotp_look_ahead;
};
/* What sekisho.conf says; a broken file is a warning here, for the tool must be able to revoke
 * while logins are denied. */
void access_settings(struct ui *ui, struct access_settings *ret_s);
/* Tells when the emergency code was used, or cannot be. dir: of the store. */
void access_warn_emergency(struct ui *ui, int dir);
/* Root, store, keys. Reports itself, and warns of a used emergency code. access_close in any
 * case. With a broken sekisho.conf any file system will do: a store that is there was made
 * where it is on purpose. */
MUST_CHECK enum exit_code access_open(struct ui *ui, const char *what, struct access *ret_a);
void access_close(struct access *a);

/* A person of the store by the name typed. An account that is gone (a leaver) is looked for
 * under that very name. *ret_lock is the store's lock, to be closed after the person. Signals
 * are held then, too: ui_release_signals when the audit line is written. Says nothing; on an
 * error nothing is held that was not before: ERR_ACCOUNT (neither account nor record),
 * ERR_NOT_ENROLLED, ERR_DAMAGED... */
MUST_CHECK int access_find(const struct access *a, const char *typed, struct person *ret_p,
    int *ret_lock, struct err *e);
/* Reports why access_find failed. */
enum exit_code access_refuse_person(struct ui *ui, const char *typed, const struct err *e);
/* The same two in one. */
MUST_CHECK enum exit_code access_person(struct ui *ui, const struct access *a,
    const char *typed, struct person *ret_p, int *ret_lock);
/* A person of the store by his own name, locked only while he is read; *ret_found as
 * person_find. */
MUST_CHECK int access_read(const struct access *a, const char *name, bool *ret_found,
    struct person *ret_p, struct err *e);
/* Can only a backup or revoke help? */
bool access_is_damage(const struct err *e);
/* The hint for a record that is met by the name of its file, and is not that of the USER of the
 * command; NULL: that of the number. */
const char *access_record_hint(const struct err *e);
/* Releases both, before anything that can take its time: a terminal, the log. Not the signals.
 */
void access_release(struct person *p, int *lock);
/* Before a command writes: a write would cover up that an earlier one was lost. True: one was;
 * then access_note_torn and access_tell_torn when the locks are gone. */
bool access_distrust_torn(const struct access *a, struct person *p);
/* Gives the audit line its S-32. */
void access_note_torn(const char *name, struct err *ret_e);
/* And warns, when no signal is held any more. */
void access_tell_torn(struct ui *ui, const char *name);
/* Warns of what person_put has left behind; why: .leftover. */
void access_warn_leftover(struct ui *ui, const char *name, enum err_number why);
/* Warns that what was given to this person does not open yet. suspended: he is by himself. */
void access_warn_suspended(const struct access *a, const char *name, bool suspended);
/* ERR_ACCOUNT with a guess at what was meant; reports itself. */
MUST_CHECK enum exit_code access_account(
    struct ui *ui, const char *typed, struct account *ret_a);

/* Who is behind this root shell: the audit login uid, else SUDO_UID, else (uint32_t)-1. */
uint32_t access_actor(void);
/* That person's name as it can be shown, "uid N" for one who is gone, "-" for nobody. Asks the
 * account database: not while a lock is held. */
void access_actor_name(const struct ui *ui, uint32_t uid, char *out, size_t size);
/* One line about one administrative act. token, reason and e may be NULL. */
void access_audit(enum audit_event event, const char *result, const char *user,
    const char *token, const char *reason, const struct err *e);

#endif
