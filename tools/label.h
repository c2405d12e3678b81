/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of tokens: what is allowed, what kind they are, and the name of a token nobody named.
 * Pure.
 */
#ifndef SEKISHO_LABEL_H
#define SEKISHO_LABEL_H

#include "lib/store/record.h"

/* "totp", "hotp", "card" */
const char *label_kind(const struct token *t);
/* NULL when label will do, else why not: 1..31 bytes of UTF-8, what a record takes
 * (record_text_ok), no space at either end, no '-' in front (it would read as an option). */
const char *label_problem(const char *label);
/* The first of stem, stem-2, stem-3, ... the record does not have. */
void label_default(const char *stem, struct record *r, char out[RECORD_LABEL_SIZE]);

#endif
