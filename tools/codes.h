/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho code: what its kinds share. Only for cmd_code.c and code_*.c.
 */
#ifndef SEKISHO_CODES_H
#define SEKISHO_CODES_H

#include "tools/command.h"

struct code_request {
	const char *file;   /* as in struct sheet_place */
	const char *reason; /* NULL none */
	int64_t valid;      /* seconds; 0 not given */
	unsigned uses;
	bool remove;
	char **names; /* people, ended by NULL */
	unsigned name_count;
};

/* Ten new recovery codes in place of the old ones. */
enum exit_code code_recovery(
    struct ui *ui, const struct command *self, const struct code_request *q);
/* One more temporary code. */
enum exit_code code_temporary(
    struct ui *ui, const struct command *self, const struct code_request *q);
/* Needs nothing of the store but its directory. */
enum exit_code code_emergency(
    struct ui *ui, const struct command *self, const struct code_request *q);

#endif
