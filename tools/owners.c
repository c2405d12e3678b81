/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose card is it. Must not take somebody for nobody: whoever cannot be read is an error.
 */
#include "tools/owners.h"

#include <stdlib.h>
#include <string.h>

#include "tools/names.h"

static int add(struct owners *o, const struct record *r, const struct token *t)
{
	struct owner *list = names_grow(o->list, o->count, sizeof(*list));

	if (list == NULL)
		return -1;
	o->list = list;
	memcpy(list[o->count].name, r->name, sizeof(list[0].name));
	list[o->count++].token = *t;
	return 0;
}

static int add_err(struct owners *o, const struct err *e)
{
	struct err *errs = names_grow(o->errs, o->err_count, sizeof(*errs));

	if (errs == NULL)
		return -1;
	o->errs = errs;
	errs[o->err_count++] = *e;
	return 0;
}

static int add_cards(struct owners *o, const struct record *r)
{
	for (unsigned i = 0; i < r->token_count; i++)
		if (r->tokens[i].kind == TOKEN_CARD && add(o, r, &r->tokens[i]) != 0)
			return -1;
	return 0;
}

static int visit_record(
    void *context, const char *file, const struct record *r, const struct err *e)
{
	(void)file; /* e names it */
	return r == NULL ? add_err(context, e) : add_cards(context, r);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct owner *)a)->name, ((const struct owner *)b)->name);
}

static void sort(struct owners *o)
{
	if (o->count > 0)
		qsort(o->list, o->count, sizeof(o->list[0]), by_name);
}

int owners_read(const struct access *a, struct owners *ret_o, struct err *e)
{
	*ret_o = (struct owners){.count = 0};
	err_set(
	    e, ERR_INTERNAL, "owners", "out of memory"); /* stays when the visitor ends it */
	if (store_each(&a->store, &a->keys, visit_record, ret_o, e) != 0)
		return -1;
	sort(ret_o);
	return 0;
}

int owners_renew(struct owners *o, const struct record *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < o->count; i++)
		if (strcmp(o->list[i].name, r->name) != 0)
			o->list[kept++] = o->list[i];
	o->count = kept;
	if (add_cards(o, r) != 0)
		return -1;
	sort(o);
	return 0;
}

void owners_clear(struct owners *o)
{
	free(o->list);
	free(o->errs);
	*o = (struct owners){.count = 0};
}

const struct owner *owners_next(
    const struct owners *o, const struct token *card, const struct owner *last)
{
	const struct owner *end = o->list + o->count;

	for (const struct owner *at = last != NULL ? last + 1 : o->list; at < end; at++)
		if (record_same_secret(&at->token, card))
			return at;
	return NULL;
}

bool owners_names(
    const struct owners *o, const struct token *card, const char *but, char *out, size_t size)
{
	const struct owner *one = NULL;
	size_t used = 0;

	out[0] = '\0';
	while ((one = owners_next(o, card, one)) != NULL && used < size)
		if (but == NULL || strcmp(one->name, but) != 0)
			used += (size_t)snprintf(
			    out + used, size - used, "%s%s", used > 0 ? ", " : "", one->name);
	return used > 0;
}
