/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A shared library that few processes need, loaded when one does: the others would pay for it
 * in the loader, and it may be missing.
 */
#ifndef SEKISHO_LIBRARY_H
#define SEKISHO_LIBRARY_H

#include "lib/wire/bytes.h"

struct library_symbol {
	const char *name;
	size_t at; /* offset of a pointer in the caller's table */
};

/* Loads the library and fills the table with pointers to all symbols. -1: it is not there, or
 * lacks one; the table is of no use then. A library stays until the process ends. */
MUST_CHECK int library_load(
    const char *name, const struct library_symbol *symbols, size_t count, void *ret_table);

#endif
