/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A secret somebody brings along: as vendors print it, from a file, stdin or a hidden prompt.
 * Says where a character is wrong, never which one it is.
 */
#ifndef SEKISHO_SEED_H
#define SEKISHO_SEED_H

#include "lib/store/record.h"
#include "tools/ui.h"

#define SEED_MIN      10  /* bytes */
#define SEED_TEXT_MAX 512 /* longest file */

/* Base32 (any case, spaces and hyphens anywhere, padding at the end), or hex after "hex:".
 * Sets t->secret and t->secret_len. ERR_INPUT: anything else, or not 10..64 bytes. */
MUST_CHECK int seed_parse(
    const char *text, size_t len, const char *object, struct token *t, struct err *e);
/* path "-": stdin, or a hidden prompt when stdin is a terminal. Reports itself; returns an exit
 * code. */
MUST_CHECK enum exit_code seed_read(struct ui *ui, const char *path, struct token *t);

#endif
