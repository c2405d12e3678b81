/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The links there should be, from who has which card. Must not keep a command from ending well:
 * without its link a card names nobody, and opens as before.
 */
#include "tools/links.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/names.h"

int links_add(
    struct card_links *l, const struct keys *k, const char *user, const struct token *card)
{
	struct card_link *list = names_grow(l->list, l->count, sizeof(*list));
	struct card_link link = {.seen = false};

	if (list == NULL)
		return -1;
	l->list = list;
	if (keys_card_name(k, card->card.applet, card->card.identity, link.name) != 0 ||
	    keys_file_name(k, user, link.file) != 0)
		return -1;
	list[l->count++] = link;
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct card_link *)a)->name, ((const struct card_link *)b)->name);
}

void links_settle(struct card_links *l)
{
	size_t kept = 0, next;

	if (l->count > 0)
		qsort(l->list, l->count, sizeof(l->list[0]), by_name);
	for (size_t i = 0; i < l->count; i = next) {
		for (next = i + 1; next < l->count && by_name(&l->list[i], &l->list[next]) == 0;
		     next++)
			;
		if (next == i + 1)
			l->list[kept++] = l->list[i];
	}
	l->count = kept;
}

void links_clear(struct card_links *l)
{
	free(l->list);
	*l = (struct card_links){.count = 0};
}

int links_update(
    const struct access *a, const struct owners *o, size_t *ret_count, struct err *e)
{
	struct owners read = {.count = 0};
	struct card_links l = {.count = 0};
	int r = 0;

	if (o == NULL)
		r = owners_read(a, &read, e);
	if (o == NULL)
		o = &read;
	for (size_t i = 0; r == 0 && i < o->count; i++)
		if (links_add(&l, &a->keys, o->list[i].name, &o->list[i].token) != 0)
			r = err_set(e, ERR_INTERNAL, "card index", "out of memory");
	links_settle(&l);
	if (r == 0)
		r = cardindex_update(&a->store, &l, e);
	if (ret_count != NULL)
		*ret_count = l.count;
	links_clear(&l);
	owners_clear(&read);
	return r;
}

void links_warn(struct ui *ui, const struct err *e)
{
	char line[400];

	err_format(e, line, sizeof(line));
	ui_warn(ui, "cards may not name their owners: %s; sekisho card index", line);
}

enum exit_code links_make(struct ui *ui, const struct access *a)
{
	size_t count = 0;
	struct err e;
	int lock, r = -1;

	ui_hold_signals(ui);
	lock = store_lock(&a->store, &e);
	if (lock >= 0) {
		r = links_update(a, NULL, &count, &e);
		close(lock);
	}
	ui_release_signals(ui);
	if (r != 0)
		return ui_fail(ui, &e, NULL);
	json_doc_set_number(&ui->json, "cards", (int64_t)count);
	ui_say(ui, "%zu %s", count,
	    count == 1 ? "card names its owner" : "cards name their owners");
	return EXIT_DONE;
}
