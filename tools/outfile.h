/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file with a secret in it that the administrator asked for: new, 0600, in a directory nobody
 * else can change. Knows nothing of what is written.
 */
#ifndef SEKISHO_OUTFILE_H
#define SEKISHO_OUTFILE_H

#include "tools/ui.h"

/* The directory is one that nobody but this process and root can change: anybody else could put
 * a file or link of his choice under the name, to be written or removed by root. */
struct outfile {
	int dir;          /* -1 none */
	const char *path; /* borrowed, for messages */
	char name[256];
};

/* Before anything is done: ERR_UNSAFE_FILE names the directory; ERR_INPUT when there is none,
 * or the file is there already. */
MUST_CHECK int outfile_open(const char *path, struct outfile *ret_f, struct err *e);
/* The same, and reports itself. */
MUST_CHECK enum exit_code outfile_prepare(
    struct ui *ui, const char *path, struct outfile *ret_f);
void outfile_close(struct outfile *f);
/* Writes to out; 0, or -1 with errno. */
typedef int (*outfile_writer)(const void *what, FILE *out);
/* Creates the file (it must not exist); it is on the disk when this returns, and on failure
 * nothing is left. */
MUST_CHECK int outfile_save(
    const struct outfile *f, outfile_writer write, const void *what, struct err *e);
int outfile_remove(const struct outfile *f);

#endif
