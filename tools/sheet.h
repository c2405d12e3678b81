/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sheet of paper with somebody's codes: its words, and where it goes. Makes no code and
 * stores none. It is shown once, on the terminal unless a file is named.
 */
#ifndef SEKISHO_SHEET_H
#define SEKISHO_SHEET_H

#include "lib/base/code.h"
#include "lib/store/record.h"
#include "tools/outfile.h"

/* Where it goes. */
struct sheet_place {
	const char *file; /* NULL: the terminal; "-": stdout; else a path, not there yet */
	struct outfile outfile;
};

/* On paper (in a file) before it is stored: a full disk then leaves what was stored before.
 * What is shown is stored first: nobody is given a code that does not open. */
MUST_CHECK bool sheet_comes_first(const struct sheet_place *p);
/* Is there a terminal, a directory? Before anything is stored; reports itself. */
MUST_CHECK enum exit_code sheet_prepare(
    struct ui *ui, const char *file, struct sheet_place *ret_p);
void sheet_close(struct sheet_place *p);

#define SHEET_HOST_SIZE   65
#define SHEET_FOR_SIZE    512
#define SHEET_NUMBER_SIZE 17

/* What stands on it. */
struct sheet {
	enum sheet_kind { SHEET_RECOVERY = 1, SHEET_TEMPORARY, SHEET_EMERGENCY } kind;
	const char *whom; /* name of a person; of those an emergency code lets in */
	const char *reason, *issuer;
	char host[SHEET_HOST_SIZE];
	char number[SHEET_NUMBER_SIZE]; /* of an emergency code, as in the log */
	int64_t made, until;
	unsigned uses;
	unsigned count;
	char codes[RECORD_RECOVERY_MAX][CODE_SIZE]; /* normalized */
};

/* The name of this terminal, as it can be shown. */
void sheet_name_host(const struct ui *ui, struct sheet *s);
/* Random ones. -1: no random numbers. */
MUST_CHECK int sheet_make_codes(struct sheet *s, enum code_kind kind, unsigned count);
/* For sheet_print and outfile_save; 0, or -1 with errno. */
MUST_CHECK int sheet_write(const void *sheet, FILE *out);
/* Takes a saved one back, for it was not stored; says so when it cannot. */
void sheet_withdraw(struct ui *ui, const struct sheet_place *p);
/* Shows or saves it. */
MUST_CHECK int sheet_print(
    struct ui *ui, const struct sheet_place *p, const struct sheet *s, struct err *e);

#endif
