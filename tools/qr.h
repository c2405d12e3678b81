/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A QR code: on a terminal, as PNG, as SVG. Knows nothing of what it encodes, except that it
 * is secret: files are new and 0600, memory is wiped.
 */
#ifndef SEKISHO_QR_H
#define SEKISHO_QR_H

#include <stdio.h>

#include "lib/wire/err.h"

enum qr_style {
	QR_ASCII = 0, /* two characters per module, one line per row */
	QR_UTF8 = 1,  /* half blocks: one character per module, two rows per line */
};

struct qr {
	unsigned width;   /* modules, without the quiet zone */
	uint8_t *modules; /* width * width, 1 is dark */
};

/* ERR_INTERNAL when text does not fit a QR code. */
MUST_CHECK int qr_make(const char *text, struct qr *ret_q, struct err *e);
/* Wipes. */
void qr_clear(struct qr *q);

/* What qr_print needs. */
unsigned qr_columns(const struct qr *q, enum qr_style style);
unsigned qr_lines(const struct qr *q, enum qr_style style);
/* color: black on white by escape sequences. Without it light modules are drawn and dark ones
 * left out, which is right on a dark terminal. */
MUST_CHECK int qr_print(const struct qr *q, enum qr_style style, bool color, FILE *out);

/* True when path ends in .png or .svg. */
bool qr_path_valid(const char *path);
/* Where a QR file goes. The directory is one that nobody but this process and root can change:
 * anybody else could put a file or link of his choice under the name, to be written or removed
 * by root. */
struct qr_place {
	int dir;          /* -1 none */
	const char *path; /* borrowed, for messages */
	char name[256];
};
/* ERR_UNSAFE_FILE names the directory; ERR_INPUT when there is none. */
MUST_CHECK int qr_place_open(const char *path, struct qr_place *ret_w, struct err *e);
void qr_place_close(struct qr_place *w);
/* Creates the file (it must not exist, 0600); on failure nothing is left. */
MUST_CHECK int qr_save(const struct qr *q, const struct qr_place *w, struct err *e);
int qr_remove(const struct qr_place *w);

#endif
