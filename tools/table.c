/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows and columns that fit each other on the screen.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* wcswidth */
#endif
#include "tools/table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "tools/names.h"

struct table_row *table_add(struct table *t)
{
	struct table_row *list = names_grow(t->rows, t->count, sizeof(*list)), *row;

	if (list == NULL)
		return NULL;
	t->rows = list;
	row = &t->rows[t->count++];
	for (size_t i = 0; i < TABLE_COLUMNS; i++)
		table_set(row, i, "-");
	return row;
}

void table_set(struct table_row *row, size_t column, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(row->cell[column], TABLE_CELL_SIZE, format, args);
	va_end(args);
}

/* Places on the screen; a Japanese character takes two. */
static size_t text_width(const char *text)
{
	wchar_t wide[TABLE_CELL_SIZE];
	size_t n = mbstowcs(wide, text, TABLE_CELL_SIZE);
	int width;

	if (n == (size_t)-1 || n >= TABLE_CELL_SIZE)
		return strlen(text);
	width = wcswidth(wide, n);
	return width < 0 ? strlen(text) : (size_t)width;
}

/* The last column is not filled up. */
static void print_cell(const char *text, size_t width, bool last, FILE *out)
{
	fputs(text, out);
	if (last) {
		fputc('\n', out);
		return;
	}
	for (size_t n = text_width(text); n < width + 2; n++)
		fputc(' ', out);
}

void table_print(const struct table *t, FILE *out)
{
	size_t widths[TABLE_COLUMNS];

	for (size_t i = 0; i < t->columns; i++) {
		widths[i] = strlen(t->heads[i]);
		for (size_t n = 0; n < t->count; n++) {
			size_t width = text_width(t->rows[n].cell[i]);

			widths[i] = width > widths[i] ? width : widths[i];
		}
	}
	for (size_t i = 0; i < t->columns; i++)
		print_cell(t->heads[i], widths[i], i + 1 == t->columns, out);
	for (size_t n = 0; n < t->count; n++) {
		for (size_t i = 0; i < t->columns; i++)
			print_cell(t->rows[n].cell[i], widths[i], i + 1 == t->columns, out);
	}
}

void table_clear(struct table *t)
{
	free(t->rows);
	t->rows = NULL;
	t->count = 0;
}
