/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The list of findings. Inspects nothing itself.
 */
#include "tools/check.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/cards/trust.h"

void check_fail(struct check *c, const struct err *e)
{
	if (!c->incomplete)
		c->incomplete_err = *e;
	c->incomplete = true;
}

void check_add_err(
    struct check *c, enum check_severity severity, const struct err *e, const char *hint)
{
	struct check_finding *list = names_grow(c->findings, c->count, sizeof(*list));
	struct err lost;

	if (list == NULL) {
		err_set(&lost, ERR_INTERNAL, "check", "out of memory");
		check_fail(c, &lost);
		return;
	}
	c->findings = list;
	list[c->count] = (struct check_finding){.severity = severity, .err = *e};
	(void)snprintf(list[c->count].hint, sizeof(list[0].hint), "%s",
	    hint != NULL ? hint : err_hint(e->number));
	c->count++;
}

void check_add(struct check *c, enum check_severity severity, enum err_number number,
    const char *object, const char *hint, const char *format, ...)
{
	char why[256];
	struct err e;
	va_list args;

	va_start(args, format);
	(void)vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	err_set(&e, number, object, "%s", why);
	check_add_err(c, severity, &e, hint);
}

void check_words_add(struct check_words *w, const char *word)
{
	int n;

	w->count++;
	if (w->used + 1 >= sizeof(w->text) || strlen(word) + 8 > sizeof(w->text) - w->used) {
		if (w->used + 6 <= sizeof(w->text))
			(void)snprintf(w->text + w->used, sizeof(w->text) - w->used, ", ...");
		w->used = sizeof(w->text) - 1;
		return;
	}
	n = snprintf(w->text + w->used, sizeof(w->text) - w->used, "%s%s",
	    w->used > 0 ? ", " : "", word);
	w->used += n > 0 ? (size_t)n : 0;
}

int check_read_person(
    struct check *c, const char *name, bool *ret_found, struct person *ret_p, struct err *e)
{
	int lock = store_lock(&c->store, e), r;

	if (lock < 0)
		return -1;
	r = person_find(&c->store, &c->keys, name, ret_found, ret_p, e);
	if (r == 0)
		person_unlock(ret_p);
	close(lock);
	return r;
}

void check_clear(struct check *c)
{
	pam_names_clear(&c->asking);
	pam_files_close(&c->pam);
	names_clear(&c->people);
	links_clear(&c->links);
	ways_end(&c->ways);
	free(c->findings);
	keys_clear(&c->keys);
	if (c->store_opened)
		store_close(&c->store);
}
