/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A QR code: on a terminal, as PNG, as SVG. Knows nothing of what it encodes, except that it
 * is secret: memory is wiped.
 */
#ifndef SEKISHO_QR_H
#define SEKISHO_QR_H

#include "tools/outfile.h"

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
/* As outfile_save, in the format its name says. */
MUST_CHECK int qr_save(const struct qr *q, const struct outfile *f, struct err *e);

#endif
