/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * "Did you mean": the known word nearest to one that was mistyped. Pure.
 */
#ifndef SEKISHO_SIMILAR_H
#define SEKISHO_SIMILAR_H

#include <stddef.h>

/* The candidate at the smallest distance (insert, delete, change or swap neighbours: 1 each),
 * the first of equals, when the distance is at most a third of the longer word; else NULL.
 * Bytes, not characters; a word longer than 64 bytes is near nothing. */
const char *similar_word(const char *word, const char *const *candidates, size_t count);

#endif
