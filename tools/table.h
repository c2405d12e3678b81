/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows and columns that fit each other on the screen. Knows nothing of what is in them.
 */
#ifndef SEKISHO_TABLE_H
#define SEKISHO_TABLE_H

#include <stdio.h>

#include "lib/wire/bytes.h"

#define TABLE_COLUMNS   7
#define TABLE_CELL_SIZE 256

struct table_row {
	char cell[TABLE_COLUMNS][TABLE_CELL_SIZE]; /* as shown: cleaned */
};

struct table {
	const char *const *heads; /* borrowed */
	size_t columns, count;
	struct table_row *rows;
};

/* An empty row at the end, each cell "-"; NULL: out of memory. It moves with the next one. */
struct table_row *table_add(struct table *t);
__attribute__((format(printf, 3, 4))) void table_set(
    struct table_row *row, size_t column, const char *format, ...);
void table_print(const struct table *t, FILE *out);
void table_clear(struct table *t);

#endif
