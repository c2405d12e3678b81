/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One person in the store: record and state, locked, read, written. Formats are in record.h and
 * state.h, the directories in store.h.
 */
#ifndef SEKISHO_PERSON_H
#define SEKISHO_PERSON_H

#include "lib/store/store.h"

/* A person as found, with the state locked; release with person_close. */
struct person {
	char file[NAME_HEX_SIZE]; /* name of the record, and of the state unless a decoy */
	char state_name[NAME_HEX_SIZE];
	int state_fd; /* locked; -1 none */
	bool decoy;   /* nobody enrolled under this name: record and state are stand-ins */
	uint8_t incarnation[16]; /* as found: it never changes */
	uint64_t generation;     /* of the record */
	struct record record;
	struct slots_file file_state;
	struct state state;
	/* ERR_NONE, or why the last person_put left a certificate of no token behind */
	enum err_number leftover;
};

/* Locks, then reads record and state of pw_name. Somebody without a record gets a decoy chosen
 * by HMAC(name): same work, .decoy set. Record and state must name each other (incarnation)
 * and the person; one without the other is ERR_DAMAGED. Tombstones and suspended records are
 * returned like any other: the caller decides. On an error *ret_p is empty, nothing is locked.
 */
MUST_CHECK int person_open(const struct store *s, const struct keys *k, const char *pw_name,
    struct person *ret_p, struct err *e);
/* Writes .state; returns when it is durable. */
MUST_CHECK int person_save_state(
    const struct store *s, const struct keys *k, struct person *p, struct err *e);
/* For a .file_state.torn, before anything is written: what the lost write recorded is unknown,
 * so every code that could have been spent by now is given up: HOTP the look-ahead, single-use
 * codes until an administrator unlocks, TOTP when a right code comes (STATE_TOTP_UNSURE). Now
 * is no time for them: what cuts a write short may have taken the clock, too. */
void person_distrust(struct person *p, unsigned hotp_look_ahead);
/* A right TOTP code of this person says that now is no time of long ago or far ahead: TOTP is
 * given up to the end of the window (steps on each side, around our clock and around each
 * token's), and the state is sure again. */
void person_settle_totp(
    const struct record *r, struct state *s, int64_t now, unsigned totp_window);
/* Is the counter of a TOTP token more than ahead_s seconds past the end of the window? Codes
 * were used under a clock that was ahead of this one, and those up to there are refused. */
bool person_totp_ahead(const struct token *t, const struct counter *c, int64_t now,
    unsigned totp_window, unsigned ahead_s);
/* The way back when codes were used under a clock that was ahead: TOTP
 * counters more than ahead_s seconds past the end of the window return to it, and the time of
 * the last code, when more than ahead_s past now, to now. True when there was one. Codes used
 * under that clock may be used again when their time comes: for an administrator. ahead_s:
 * PERSON_AHEAD_S for one who unlocks, perhaps under a wrong clock himself; for one who has
 * looked at the clock and accepts it, FLOOR_TOLERANCE_S. */
#define PERSON_AHEAD_S 86400
MUST_CHECK bool person_recover(
    struct person *p, int64_t now, unsigned totp_window, unsigned ahead_s);
/* Unlocks; record and state stay as they were read, to be looked at, not saved. */
void person_unlock(struct person *p);
/* Wipes and unlocks. */
void person_close(struct person *p);

/* ---- administrative side (the tool) ---- */

/* For the tool, under store_lock: like person_open but *ret_found = false instead of a decoy,
 * and a leftover of an interrupted enrolment (state without record) counts as not found. Not
 * found: *ret_p is a new person, name and a fresh incarnation set in record and state, uid
 * unbound, the rest zero; for person_put. */
MUST_CHECK int person_find(const struct store *s, const struct keys *k, const char *pw_name,
    bool *ret_found, struct person *ret_p, struct err *e);
/* Writes .state first, then .record, each durable; creates both for a new person (state_fd -1,
 * then open and locked until person_close). What needs room on the disk comes before that: a
 * full disk changes nothing. Certificates (certificates.h) of cards that are not in the record
 * any more are removed; where that fails (no room to rewrite the file) the record is in place
 * and that is no error: .leftover says why, and the next person_put tries again. After an error
 * a .generation that went on says that the new record is in place all the same, perhaps until
 * the power fails. ERR_INTERNAL, nothing written: name or incarnation are not those person_find
 * gave, or a field is out of its range. */
MUST_CHECK int person_put(
    const struct store *s, const struct keys *k, struct person *p, struct err *e);
/* After a person_put that took a token away: drops the counters of tokens the record does not
 * have, and saves the state if there were any. With its counter, a token of an older record
 * that is put back would work again. */
MUST_CHECK int person_tidy(
    const struct store *s, const struct keys *k, struct person *p, struct err *e);
/* Logins follow a token whose clock is off, or this one, so far: in seconds, for a token's
 * steps may be of 15 to 300. */
#define PERSON_FOLLOWED_S 600
/* Before a token is taken away, while its counter is there: its latest code may lie ahead of
 * the time it was accepted at, for logins follow a token that is fast. .state.accepted moves up
 * to that code, by PERSON_FOLLOWED_S past now at most, or past itself where now is behind it (a
 * clock behind by so much is still no clock trouble), so that it stays used when the same
 * secret comes again. Writes nothing. */
void person_remember_used(struct person *p, const struct token *t, int64_t now);
/* Makes .record a tombstone. In .state the counters of its tokens are gone and all codes on
 * paper spent: with the old record beside it, nothing opens. Who is given new ones frees their
 * places. The failures and the time of the latest accepted code stay. Writes nothing. */
void person_bury(struct person *p, int64_t now);
/* For files person_find refuses as damaged, under store_lock: a new person, a tombstone under
 * that name, whose codes may have been used as far ahead of now as logins follow a token.
 * person_put puts it in their place, and with it everything enrolled is gone. */
MUST_CHECK int person_remake(const struct store *s, const struct keys *k, const char *pw_name,
    int64_t now, struct person *ret_p, struct err *e);

#endif
