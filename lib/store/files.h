/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the files of lib/store share among themselves: names and modes of files, a record as a
 * file, small helpers. Not for anybody else: the contract of the store is store.h and person.h.
 */
#ifndef SEKISHO_FILES_H
#define SEKISHO_FILES_H

#include <dirent.h>

#include "lib/store/store.h"

#define DIRECTORY_FORBIDDEN 07077 /* the store: root only */
#define ETC_FORBIDDEN       0022
#define FILE_FORBIDDEN      07177 /* 0600 or 0400 */
#define FILE_MODE           0600
#define HOST_KEY_MODE       0400
#define DECOY_RECORD        "record"
#define PATH_SIZE           160

/* For functions with file-sized buffers: not to be added to the caller's frame. */
#define OWN_FRAME __attribute__((noinline))

/* "path/name", for messages only; cut when absurdly long. */
const char *path_below(char out[PATH_SIZE], const char *path, const char *name);
/* Fills the caller's *e (which a step that is allowed to fail must leave alone); returns -1. */
int err_give(struct err *e, const struct err *why);
/* Closes and sets to -1; errno stays. */
void fd_close(int *fd);
/* True also when it cannot be told: whoever asks then refuses. */
MUST_CHECK bool file_exists(int dirfd, const char *name);
/* Can it be that of a person's file? */
MUST_CHECK bool file_name_ok(const char *name);
/* A stream of its own, to be closed; NULL with errno. */
DIR *dir_list(int dirfd);
/* ".", ".." and what a replacement cut short has left. */
MUST_CHECK bool dir_entry_skipped(const char *name);
/* 1: something besides those is in there; 0: nothing; -1: cannot tell. */
MUST_CHECK int dir_holds_files(int dirfd);
MUST_CHECK int decoy_name(unsigned index, char out[NAME_HEX_SIZE]);

/* Decoded and sure to be what lies under that name. ENOENT in errno when there is no file. */
MUST_CHECK int record_read(const struct keys *k, int dirfd, const char *path, const char *name,
    struct record *ret_r, uint64_t *ret_generation, struct err *e);
MUST_CHECK int record_seal(const struct keys *k, const char *name, uint64_t generation,
    const struct record *record, uint8_t out[RECORD_FILE_SIZE], struct err *e);
/* Both copies, as they stand in the file. */
MUST_CHECK int header_fill(const struct header *h, uint8_t out[HEADER_FILE_SIZE]);
MUST_CHECK int host_key_read(
    int etc, const char *path, struct host_key *ret_host, struct err *e);

/* The two halves of store_open: .path and .etc_path are set, store_close after a failure. */
void store_clear(struct store *s);
MUST_CHECK int store_open_top(struct store *s, bool allow_any_file_system, struct err *e);
MUST_CHECK int store_open_parts(struct store *s, struct err *e);

#endif
