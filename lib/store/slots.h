/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two-slot file: how a value is changed in place so that a crash leaves the one before.
 * Knows neither what the value is nor how its file is opened or locked. FORMAT.md,
 * "Two slots".
 *
 * The file is two slots of 4096 bytes, zero-filled at creation, each a box. A write goes to the
 * slot that is not the newest good one, so a torn write leaves the one before. Odd generations
 * live in slot 0, even ones in slot 1. Never renamed.
 */
#ifndef SEKISHO_SLOTS_H
#define SEKISHO_SLOTS_H

#include "lib/store/box.h"

#define SLOTS_PLAIN_SIZE 4024
#define SLOTS_SLOT_SIZE  (SLOTS_PLAIN_SIZE + BOX_OVERHEAD) /* 4096 */
#define SLOTS_FILE_SIZE  (2 * SLOTS_SLOT_SIZE)

struct slots_kind {
	const struct box_type *box;
	/* Strict; ret is one of the two values slots_load was given. */
	int (*decode)(
	    const uint8_t *plain, size_t len, const char *object, void *ret, struct err *e);
};

/* An open file of that kind: what slots_load found. */
struct slots_file {
	int fd;              /* borrowed */
	uint64_t generation; /* of the newest good slot */
	unsigned slot;       /* which that was */
	bool torn; /* the other slot is neither the generation before nor, at generation 1,
	              blank: a write was interrupted */
};

/* Both slots, slot i into values[i] (either may be written, also on failure: wipe them). The
 * value is values[ret_f->slot]. ERR_DAMAGED when neither is good; ERR_TOO_NEW when either was
 * written by a newer version, ERR_INTERNAL when either could not be looked into (taking the
 * other one would bring used codes back). path: the directory's, for messages. */
MUST_CHECK int slots_load(const struct slots_kind *kind, const struct keys *k, const char *name,
    const char *path, int fd, void *const values[2], struct slots_file *ret_f, struct err *e);
/* The same of bytes in memory; ret_f->fd is -1. */
MUST_CHECK int slots_decode(const struct slots_kind *kind, const struct keys *k,
    const char *name, const char *object, const uint8_t bytes[SLOTS_FILE_SIZE],
    void *const values[2], struct slots_file *ret_f, struct err *e);
/* Writes the other slot with generation + 1 and returns after fdatasync; updates *f. plain has
 * SLOTS_PLAIN_SIZE bytes. */
MUST_CHECK int slots_save(const struct slots_kind *kind, const struct keys *k, const char *name,
    const char *path, struct slots_file *f, const uint8_t *plain, struct err *e);
/* The same for a value that may be lost: does not wait for this write, only for the one before
 * (long on the disk), so that a crash can still damage no more than one slot. */
MUST_CHECK int slots_save_lazily(const struct slots_kind *kind, const struct keys *k,
    const char *name, const char *path, struct slots_file *f, const uint8_t *plain,
    struct err *e);
/* The bytes of a new file: slot 0 generation 1, slot 1 blank. */
MUST_CHECK int slots_new_file(const struct slots_kind *kind, const struct keys *k,
    const char *name, const uint8_t *plain, uint8_t out[SLOTS_FILE_SIZE], struct err *e);

#endif
