/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whose card is it. Must not take somebody for nobody: whoever cannot be read is an error.
 */
#include "tools/owners.h"

#include <stdlib.h>
#include <string.h>

#include "tools/names.h"

static int add(struct owners *o, const struct record *r, const struct token *t, struct err *e)
{
	struct owner *list = names_grow(o->list, o->count, sizeof(*list));

	if (list == NULL)
		return err_set(e, ERR_INTERNAL, r->name, "out of memory");
	o->list = list;
	memcpy(list[o->count].name, r->name, sizeof(list[0].name));
	list[o->count++].token = *t;
	return 0;
}

static int add_cards(struct owners *o, const struct record *r, struct err *e)
{
	for (unsigned i = 0; i < r->token_count; i++)
		if (r->tokens[i].kind == TOKEN_CARD && add(o, r, &r->tokens[i], e) != 0)
			return -1;
	return 0;
}

static int add_person(
    struct owners *o, const struct access *a, const char *name, bool held, struct err *e)
{
	struct person p = {.state_fd = -1};
	bool found = false;
	int r = held ? person_find(&a->store, &a->keys, name, &found, &p, e)
	             : access_read(a, name, &found, &p, e);

	if (r == 0 && found)
		r = add_cards(o, &p.record, e);
	else if (r != 0 && access_is_damage(e))
		r = 0;
	person_close(&p);
	return r;
}

int owners_read(const struct access *a, const char *except, struct owners *ret_o, struct err *e)
{
	struct names n = {0};
	int r;

	*ret_o = (struct owners){.count = 0};
	r = names_read(&a->store, &a->keys, &n, e);
	for (size_t i = 0; r == 0 && i < n.err_count; i++)
		if (!access_is_damage(&n.errs[i])) {
			*e = n.errs[i];
			r = -1;
		}
	for (size_t i = 0; r == 0 && i < n.count; i++)
		if (except == NULL || strcmp(n.names[i], except) != 0)
			r = add_person(ret_o, a, n.names[i], except != NULL, e);
	names_clear(&n);
	return r;
}

void owners_clear(struct owners *o)
{
	free(o->list);
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
