/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The emergency code: one file, one code, one use. Depends on no key, no header, no
 * configuration, no clock: only on its directory and a disk that can be written. FORMAT.md,
 * "Emergency".
 *
 * The file is two pages of 4096 bytes: the hash of the code, never changed, and the mark.
 * Spending writes the mark, in place and synced, before anybody is let in. Any byte of the mark
 * that is not zero means spent: a torn write never leaves the code usable after a login.
 */
#ifndef SEKISHO_EMERGENCY_H
#define SEKISHO_EMERGENCY_H

#include <sys/types.h>

#include "lib/base/code.h"
#include "lib/wire/err.h"

#define EMERGENCY_FILE      "emergency"
#define EMERGENCY_PAGE_SIZE 4096
#define EMERGENCY_FILE_SIZE (2 * EMERGENCY_PAGE_SIZE)
#define EMERGENCY_UIDS_MAX  8

struct emergency {
	uint8_t id[8];   /* random: which code, for the log and the envelope */
	int64_t created; /* seconds since 1970, by the clock of then */
	unsigned uid_count;
	uid_t uids[EMERGENCY_UIDS_MAX]; /* whom it lets in; all different */
	uint8_t salt[32];
	uint8_t hash[32]; /* HMAC(salt, code) */
	bool spent;
	int64_t spent_at; /* 0 when spent but unreadable */
	uid_t spent_uid;  /* (uid_t)-1 likewise, and when not spent */
};

enum emergency_result {
	EMERGENCY_ERROR = 0, /* *e */
	EMERGENCY_OPENED = 1,
	EMERGENCY_NONE = 2,    /* no file */
	EMERGENCY_WRONG = 3,   /* not this code */
	EMERGENCY_NOT_HIM = 4, /* the right code, but not for this uid: not spent */
	EMERGENCY_SPENT = 5,   /* the right code, used before */
};

/* The directory of the store, for a helper whose store_open failed: owner and write bits are
 * checked, nothing else. -1 with *e. */
MUST_CHECK int emergency_open_dir(const char *store_path, struct err *e);
/* Lock, compare, write the mark, fdatasync. code: normalized, CODE_EMERGENCY_LEN characters.
 * path: of dirfd, for messages. *ret_em is written unless ERROR or NONE is returned.
 * ERR_BUSY: locked for longer than STORE_LOCK_WAIT_MS. After ERR_IO the code may be spent. */
MUST_CHECK enum emergency_result emergency_spend(int dirfd, const char *path, const char *code,
    uid_t uid, int64_t now, struct emergency *ret_em, struct err *e);

/* ---- administrative side (the tool), under store_lock where there is a store ---- */

/* ERR_NOT_ENROLLED with errno ENOENT: there is none. ERR_DAMAGED, ERR_FOREIGN, ERR_TOO_NEW. */
MUST_CHECK int emergency_read(
    int dirfd, const char *path, struct emergency *ret_em, struct err *e);
/* Replaces the file, durably; the code before it no longer opens anything. code: normalized.
 * A uid named twice is kept once; ERR_LIMIT when more than EMERGENCY_UIDS_MAX are left. */
MUST_CHECK int emergency_write(int dirfd, const char *path, const char *code, const uid_t *uids,
    unsigned uid_count, int64_t now, struct emergency *ret_em, struct err *e);
/* The same in two steps: makes the fields, id included, so that it can be written down first;
 * and puts them in place. */
MUST_CHECK int emergency_make(const char *code, const uid_t *uids, unsigned uid_count,
    int64_t now, struct emergency *ret_em, struct err *e);
MUST_CHECK int emergency_put(
    int dirfd, const char *path, const struct emergency *em, struct err *e);
/* Removes it, durably. ERR_NOT_ENROLLED with errno ENOENT when there was none. */
MUST_CHECK int emergency_remove(int dirfd, const char *path, struct err *e);

/* Pure codec, for those above and the fuzzer. encode: -1 when a field is out of its range. A
 * mark that cannot be read (spent, spent_uid -1) is written as another that cannot. */
MUST_CHECK int emergency_encode(const struct emergency *em, uint8_t out[EMERGENCY_FILE_SIZE]);
MUST_CHECK int emergency_decode(const uint8_t *data, size_t len, const char *object,
    struct emergency *ret_em, struct err *e);

#endif
