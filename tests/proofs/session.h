/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The module's side of one login, step by step, with a helper that was started for it: so that
 * a proof decides what happens when. Knows no PAM.
 */
#ifndef SEKISHO_PROOFS_SESSION_H
#define SEKISHO_PROOFS_SESSION_H

#include <sys/types.h>

#include "lib/wire/chan.h"

#define SESSION_PATIENCE_MS 30000

struct session {
	pid_t pid; /* of the helper; 0 behind a door */
	int fd;
	uint8_t id[MSG_SESSION_SIZE];
	uint32_t seq; /* of the question that waits for its answer */
};

/* What came back. */
struct reply {
	enum msg_type type; /* MSG_ASK, MSG_VERDICT; MSG_INVALID: gone */
	enum verdict verdict;
	enum msg_reason reason;
	uint32_t seconds;
};

/* Starts helper by the direct door, or knocks where it is the socket of one, and says HELLO for
 * user; it was greeted back when 0. */
MUST_CHECK int session_start(struct session *s, const char *helper, const char *user);
/* The next ASK or VERDICT (INFO is passed over). */
struct reply session_reply(struct session *s);
MUST_CHECK int session_answer(const struct session *s, const char *code);
/* Hangs up and waits for the helper's end. */
void session_end(struct session *s);
/* "granted", "denied wrong", "asked used", "gone": for messages. */
const char *reply_word(const struct reply *r, char out[48]);

#endif
