/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is in the store, in alphabetical order.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* reallocarray */
#endif
#include "tools/names.h"

#include <stdlib.h>
#include <string.h>

void *names_grow(void *list, size_t count, size_t size)
{
	/* powers of two only, so that it seldom moves */
	if ((count & (count - 1)) != 0)
		return list;
	return reallocarray(list, count == 0 ? 1 : 2 * count, size);
}

int names_add_err(struct names *n, const struct err *e)
{
	struct err *list = names_grow(n->errs, n->err_count, sizeof(*list));

	if (list == NULL)
		return -1;
	n->errs = list;
	n->errs[n->err_count++] = *e;
	return 0;
}

static int visit_record(
    void *context, const char *file, const struct record *r, const struct err *e)
{
	struct names *n = context;
	char(*names)[RECORD_NAME_SIZE];

	(void)file; /* e names it */
	if (r == NULL)
		return names_add_err(n, e);
	names = names_grow(n->names, n->count, sizeof(*names));
	if (names == NULL)
		return -1;
	n->names = names;
	memcpy(n->names[n->count++], r->name, RECORD_NAME_SIZE);
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

int names_read(const struct store *s, const struct keys *k, struct names *ret_n, struct err *e)
{
	*ret_n = (struct names){0};
	err_set(e, ERR_INTERNAL, "list", "out of memory"); /* stays when the visitor ends it */
	if (store_each(s, k, visit_record, ret_n, e) != 0)
		return -1;
	if (ret_n->count > 0)
		qsort(ret_n->names, ret_n->count, sizeof(ret_n->names[0]), compare_names);
	return 0;
}

void names_clear(struct names *n)
{
	free(n->names);
	free(n->errs);
	*n = (struct names){0};
}
