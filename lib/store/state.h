/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What logins change for one person: counters, used steps, failures. Struct and strict codec of
 * the plaintext, and its two-slot file (slots.h) on an open, locked descriptor. FORMAT.md,
 * "State".
 */
#ifndef SEKISHO_STATE_H
#define SEKISHO_STATE_H

#include "lib/store/record.h"
#include "lib/store/slots.h"
#include "lib/wire/clock.h"

#define STATE_PLAIN_SIZE SLOTS_PLAIN_SIZE
#define STATE_SLOT_SIZE  SLOTS_SLOT_SIZE /* 4096 */
#define STATE_FILE_SIZE  SLOTS_FILE_SIZE
#define STATE_BUCKETS    5
#define STATE_FACTORS    4
#define STATE_DRIFT_MAX  5760 /* steps: a day of the shortest ones */

extern const struct box_type state_box;

/* Where an attempt comes from; each has its own lockout. Values are on disk. */
enum source {
	SOURCE_CONSOLE = 0,
	SOURCE_REMOTE = 1,
	SOURCE_SELF = 2,   /* sudo: the person's own session */
	SOURCE_OTHER = 3,  /* su by somebody else */
	SOURCE_LOCKER = 4, /* the user door */
};

/* What was tried; failures towards suspension are counted per factor. Values are on disk. */
enum factor_kind { FACTOR_OTP = 0, FACTOR_CARD = 1, FACTOR_RECOVERY = 2, FACTOR_RESERVED = 3 };

struct bucket {
	uint16_t failures[STATE_FACTORS]; /* consecutive, towards suspension */
	uint32_t streak;                  /* consecutive, towards the delay */
	uint8_t boot_id[BOOT_ID_SIZE];    /* the boot .until_ms belongs to */
	uint64_t until_ms;                /* CLOCK_BOOTTIME before which nothing is evaluated */
};

struct counter {
	uint8_t id[TOKEN_ID_SIZE]; /* the token's; zeros: unused entry */
	uint64_t next;             /* lowest TOTP step / HOTP counter still acceptable */
	int32_t drift;             /* learned clock offset, steps, +-STATE_DRIFT_MAX */
};

enum state_flags {
	STATE_CODES_HELD = 1u << 0, /* after a torn write: recovery and temporary codes wait for
	                               an administrator */
	STATE_TOTP_UNSURE = 1u << 1, /* likewise: the next right TOTP code is refused, and given
	                                up with all that may have been used before it */
};
#define STATE_FLAGS (STATE_CODES_HELD | STATE_TOTP_UNSURE)

struct state {
	uint8_t incarnation[16]; /* that of the record */
	uint32_t flags;          /* enum state_flags */
	int64_t accepted;  /* time of the latest accepted TOTP, seconds since 1970; 0 none */
	int64_t last_seen; /* time of the latest success; 0 none */
	struct counter counters[RECORD_TOKENS_MAX];
	struct bucket buckets[STATE_BUCKETS];
	uint16_t recovery_spent; /* bit i: recovery[i] of the record is spent */
	uint16_t temporary_uses[RECORD_TEMPORARY_MAX];
};

/* -1: a field is out of its range (a program error). */
MUST_CHECK int state_encode(const struct state *s, uint8_t out[STATE_PLAIN_SIZE]);
/* Strict, as record_decode. ERR_DAMAGED; *ret_s is wiped on failure. */
MUST_CHECK int state_decode(
    const uint8_t *plain, size_t len, const char *object, struct state *ret_s, struct err *e);
/* NULL when the token has no counter (a revoke that was interrupted: deny). */
struct counter *state_counter(struct state *s, const uint8_t id[TOKEN_ID_SIZE]);

/* As slots_load, slots_save and slots_new_file. */
MUST_CHECK int state_load(const struct keys *k, const char *name, const char *path, int fd,
    struct slots_file *ret_f, struct state *ret_s, struct err *e);
MUST_CHECK int state_save(const struct keys *k, const char *name, const char *path,
    struct slots_file *f, const struct state *s, struct err *e);
MUST_CHECK int state_new_file(const struct keys *k, const char *name, const struct state *s,
    uint8_t out[STATE_FILE_SIZE], struct err *e);

#endif
