/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * dlopen, and pointers into a table. Calls nothing of what it loads.
 */
#include "lib/base/library.h"

#include <dlfcn.h>
#include <string.h>

int library_load(
    const char *name, const struct library_symbol *symbols, size_t count, void *ret_table)
{
	void *library = dlopen(name, RTLD_NOW | RTLD_LOCAL);

	if (library == NULL)
		return -1;
	for (size_t i = 0; i < count; i++) {
		void *found = dlsym(library, symbols[i].name);

		if (found == NULL)
			return -1;
		memcpy((char *)ret_table + symbols[i].at, &found, sizeof found);
	}
	return 0;
}
