/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A QR code: on a terminal, as PNG, as SVG. Knows nothing of what it encodes, except that it
 * is secret.
 */
#include "tools/qr.h"

#include <png.h>
#include <qrencode.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/secret.h"

#define TERMINAL_QUIET 2 /* modules around the code; phones do with 2, paper gets the 4 */
#define FILE_QUIET     4 /* of the standard */
#define PNG_SCALE      8 /* pixels per module */
#define PNG_ROW_MAX    ((177 + 2 * FILE_QUIET) * PNG_SCALE / 8)

int qr_make(const char *text, struct qr *ret_q, struct err *e)
{
	QRcode *code = QRcode_encodeString(text, 0, QR_ECLEVEL_L, QR_MODE_8, 1);
	size_t count;
	int r = -1;

	if (code == NULL)
		return err_sys(e, ERR_INTERNAL, "QR code", "cannot be made");
	count = (size_t)code->width * (size_t)code->width;
	ret_q->modules = malloc(count);
	if (ret_q->modules == NULL) {
		err_sys(e, ERR_INTERNAL, "QR code", "cannot be made");
	} else {
		for (size_t i = 0; i < count; i++)
			ret_q->modules[i] = code->data[i] & 1;
		ret_q->width = (unsigned)code->width;
		r = 0;
	}
	wipe(code->data, count);
	QRcode_free(code);
	return r;
}

void qr_clear(struct qr *q)
{
	if (q == NULL || q->modules == NULL)
		return;
	wipe(q->modules, (size_t)q->width * q->width);
	free(q->modules);
	*q = (struct qr){0};
}

/* Coordinates count from the upper left of the quiet zone. */
static bool is_dark(const struct qr *q, unsigned quiet, unsigned row, unsigned column)
{
	if (row < quiet || column < quiet || row >= quiet + q->width ||
	    column >= quiet + q->width)
		return false;
	return q->modules[(row - quiet) * q->width + column - quiet] != 0;
}

unsigned qr_columns(const struct qr *q, enum qr_style style)
{
	unsigned side = q->width + 2 * TERMINAL_QUIET;

	return style == QR_UTF8 ? side : 2 * side;
}

unsigned qr_lines(const struct qr *q, enum qr_style style)
{
	unsigned side = q->width + 2 * TERMINAL_QUIET;

	return style == QR_UTF8 ? (side + 1) / 2 : side;
}

/* What is printed is light: blocks are white ink on a black ground. */
static void print_cell_utf8(const struct qr *q, unsigned row, unsigned column, FILE *out)
{
	static const char *const cells[] = {" ", "\u2584", "\u2580", "\u2588"};
	unsigned side = q->width + 2 * TERMINAL_QUIET;
	bool upper = !is_dark(q, TERMINAL_QUIET, row, column);
	bool lower = row + 1 < side && !is_dark(q, TERMINAL_QUIET, row + 1, column);

	fputs(cells[2 * upper + lower], out);
}

static void print_cell_ascii(
    const struct qr *q, unsigned row, unsigned column, bool color, FILE *out)
{
	bool dark = is_dark(q, TERMINAL_QUIET, row, column);

	if (color)
		fputs(dark ? "\033[40m  " : "\033[107m  ", out);
	else
		fputs(dark ? "  " : "##", out);
}

int qr_print(const struct qr *q, enum qr_style style, bool color, FILE *out)
{
	unsigned side = q->width + 2 * TERMINAL_QUIET;
	unsigned step = style == QR_UTF8 ? 2 : 1;

	for (unsigned row = 0; row < side; row += step) {
		if (color && style == QR_UTF8)
			fputs("\033[97;40m", out);
		for (unsigned column = 0; column < side; column++) {
			if (style == QR_UTF8)
				print_cell_utf8(q, row, column, out);
			else
				print_cell_ascii(q, row, column, color, out);
		}
		fputs(color ? "\033[0m\n" : "\n", out);
	}
	return fflush(out) == 0 && !ferror(out) ? 0 : -1;
}

static void fill_png_row(const struct qr *q, unsigned row, uint8_t *pixels, size_t len)
{
	unsigned side = q->width + 2 * FILE_QUIET;

	/* one bit per pixel and PNG_SCALE pixels per module: one byte per module */
	_Static_assert(PNG_SCALE == 8, "a module is one byte of a row");
	for (unsigned column = 0; column < side && column < len; column++)
		pixels[column] = is_dark(q, FILE_QUIET, row, column) ? 0x00 : 0xff;
}

static int write_png(const struct qr *q, FILE *out)
{
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png != NULL ? png_create_info_struct(png) : NULL;
	const unsigned side = q->width + 2 * FILE_QUIET;
	uint8_t pixels[PNG_ROW_MAX];
	volatile int r = -1;

	if (info == NULL || setjmp(png_jmpbuf(png)) != 0)
		goto out;
	png_init_io(png, out);
	png_set_IHDR(png, info, side * PNG_SCALE, side * PNG_SCALE, 1, PNG_COLOR_TYPE_GRAY,
	    PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	png_write_info(png, info);
	for (unsigned y = 0; y < side * PNG_SCALE; y++) {
		fill_png_row(q, y / PNG_SCALE, pixels, sizeof(pixels));
		png_write_row(png, pixels);
	}
	png_write_end(png, info);
	r = 0;
out:
	png_destroy_write_struct(&png, &info);
	wipe(pixels, sizeof(pixels));
	return r;
}

/* One path, one rectangle per run of dark modules in a row. */
static int write_svg(const struct qr *q, FILE *out)
{
	const unsigned side = q->width + 2 * FILE_QUIET;

	fprintf(out,
	    "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" "
	    "viewBox=\"0 0 %u %u\" shape-rendering=\"crispEdges\">\n"
	    "<rect width=\"%u\" height=\"%u\" fill=\"#fff\"/>\n<path fill=\"#000\" d=\"",
	    side * PNG_SCALE, side * PNG_SCALE, side, side, side, side);
	for (unsigned row = 0; row < side; row++) {
		for (unsigned column = 0; column < side; column++) {
			unsigned end = column;

			while (is_dark(q, FILE_QUIET, row, end))
				end++;
			if (end == column)
				continue;
			fprintf(
			    out, "M%u %uh%uv1h-%uz", column, row, end - column, end - column);
			column = end;
		}
	}
	fputs("\"/>\n</svg>\n", out);
	return ferror(out) ? -1 : 0;
}

static const struct {
	const char *ending;
	int (*write)(const struct qr *, FILE *);
} formats[] = {{".png", write_png}, {".svg", write_svg}};

/* NULL when the ending names no format. */
static int (*find_format(const char *path))(const struct qr *, FILE *)
{
	size_t len = strlen(path);

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		size_t n = strlen(formats[i].ending);

		if (len > n && strcasecmp(path + len - n, formats[i].ending) == 0)
			return formats[i].write;
	}
	return NULL;
}

struct drawing {
	const struct qr *qr;
	int (*write)(const struct qr *, FILE *);
};

bool qr_path_valid(const char *path)
{
	return find_format(path) != NULL;
}

static int write_file(const void *what, FILE *out)
{
	const struct drawing *d = what;

	return d->write(d->qr, out);
}

int qr_save(const struct qr *q, const struct outfile *f, struct err *e)
{
	struct drawing d = {q, find_format(f->name)};

	if (d.write == NULL)
		return err_set(e, ERR_INTERNAL, f->path, "no format for a QR code");
	return outfile_save(f, write_file, &d, e);
}
