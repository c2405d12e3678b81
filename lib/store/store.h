/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The secrets store: directories, the files in them, and who may change them when.
 * Formats are in header.h, record.h, state.h; checks and durable writes in safefile.h.
 *
 * Locks: a login holds the person's state file. The tool holds `lock` of the store and the
 * person's state file while it writes (never while a human is asked).
 * *e is written on failure only. Messages name files, never people: a name nobody has may be a
 * typed password.
 */
#ifndef SEKISHO_STORE_H
#define SEKISHO_STORE_H

#include "lib/store/header.h"
#include "lib/store/state.h"

#define STORE_DECOYS       1024
#define STORE_LOCK_WAIT_MS 3000

struct store {
	const char *path;                      /* /var/lib/sekisho */
	const char *etc_path;                  /* /etc/sekisho */
	int dir, records, states, decoys, etc; /* directory descriptors */
};

/* Opens and checks the directories; no key, no record. allow_any_file_system: tests and the
 * configuration may waive safedir_check_file_system. ERR_NO_STORE when there is none. */
MUST_CHECK int store_open(struct store *ret_s, const char *path, const char *etc_path,
    bool allow_any_file_system, struct err *e);
void store_close(struct store *s);
/* host.key and header, either copy. ERR_NO_STORE without a header, ERR_HOST_KEY without a
 * usable host.key. ret_k->header_damaged tells that the two copies are not equal. */
MUST_CHECK int store_unlock(const struct store *s, struct keys *ret_k, struct err *e);

/* ---- administrative side (the tool) ---- */

/* Creates directories, host.key, header, decoys. The header is written last, so a run cut short
 * is simply run again; a host.key without a store is used, not replaced. ERR_STORE_EXISTS when
 * there is a header, or a record or state without one (its header is to be restored). */
MUST_CHECK int store_create(const char *path, const char *etc_path, bool allow_any_file_system,
    int64_t now, struct err *e);
/* Is anybody in there? Asked when there is no header; true also when it cannot be told. */
MUST_CHECK bool store_has_people(const struct store *s);
/* The store's own lock, bounded wait; a descriptor to close. */
MUST_CHECK int store_lock(const struct store *s, struct err *e);
/* Rewrites the header with other flags (enum header_flags), durably, under store_lock;
 * k->header_flags follows. Both copies are whole then. */
MUST_CHECK int store_set_flags(
    const struct store *s, struct keys *k, uint32_t flags, struct err *e);
/* Calls each for every record, in no order. each gets the decoded record, or the error of a
 * damaged one (record NULL), and returns 0 to go on. -1: the directory cannot be read, or each
 * returned something else (*e is then untouched). */
typedef int (*record_visitor)(
    void *context, const char *file, const struct record *r, const struct err *e);
MUST_CHECK int store_each(const struct store *s, const struct keys *k, record_visitor each,
    void *context, struct err *e);

#endif
