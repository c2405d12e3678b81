/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The links from cards to records: reading one, and making all of them what they should be.
 * Must not follow one, and must not say of anybody that a card is his unless his record says
 * so.
 */
#include "lib/store/cardindex.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/safefile.h"
#include "lib/store/files.h"
#include "lib/wire/secret.h"

#define TARGET_HEAD (sizeof(CARDINDEX_TARGET) - 1)
#define TARGET_SIZE (TARGET_HEAD + NAME_HEX_SIZE) /* with NUL */

/* -1 with ENOENT in errno: there is none. */
static int directory_open(const struct store *s, char path[PATH_SIZE], struct err *e)
{
	path_below(path, s->path, CARDINDEX_DIRECTORY);
	return safedir_open_at(s->dir, s->path, CARDINDEX_DIRECTORY, DIRECTORY_FORBIDDEN, e);
}

/* 0, or errno: EINVAL is no link at all, EBADMSG one to something else than a record. */
static int link_read(int dir, const char *name, char ret_file[NAME_HEX_SIZE])
{
	char target[TARGET_SIZE + 1]; /* one that is longer is cut, and still too long */
	const char *file = target + TARGET_HEAD;
	ssize_t n = readlinkat(dir, name, target, sizeof(target) - 1);

	if (n < 0)
		return errno;
	target[n] = '\0';
	if (strncmp(target, CARDINDEX_TARGET, TARGET_HEAD) != 0 || !file_name_ok(file))
		return EBADMSG;
	memcpy(ret_file, file, NAME_HEX_SIZE);
	return 0;
}

static bool has_card(
    const struct record *r, const char *applet, const uint8_t identity[TOKEN_HASH_SIZE])
{
	if ((r->flags & (RECORD_TOMBSTONE | RECORD_SUSPENDED)) != 0)
		return false;
	for (unsigned i = 0; i < r->token_count; i++) {
		const struct token *t = &r->tokens[i];

		if (t->kind == TOKEN_CARD && (t->flags & TOKEN_SUSPENDED) == 0 &&
		    strcmp(t->card.applet, applet) == 0 &&
		    memcmp(t->card.identity, identity, TOKEN_HASH_SIZE) == 0)
			return true;
	}
	return false;
}

/* The record of that name, which must be the person's own and hold the card. */
static OWN_FRAME int find_owner(const struct store *s, const struct keys *k, const char *file,
    const char *applet, const uint8_t identity[TOKEN_HASH_SIZE],
    char ret_name[RECORD_NAME_SIZE], struct err *e)
{
	char path[PATH_SIZE], object[PATH_SIZE], own[NAME_HEX_SIZE];
	struct record r;
	uint64_t generation;
	int result = -1;

	path_below(object, path_below(path, s->path, "records"), file);
	if (record_read(k, s->records, path, file, &r, &generation, e) != 0)
		return -1;
	if (keys_file_name(k, r.name, own) != 0 || strcmp(own, file) != 0) {
		(void)err_set(e, ERR_FOREIGN, object, "names another person");
	} else if (!has_card(&r, applet, identity)) {
		(void)err_set(e, ERR_NOT_ENROLLED, object, "has not the card");
	} else {
		memcpy(ret_name, r.name, RECORD_NAME_SIZE);
		result = 0;
	}
	wipe(&r, sizeof(r));
	return result;
}

int cardindex_find(const struct store *s, const struct keys *k, const char *applet,
    const uint8_t identity[TOKEN_HASH_SIZE], char ret_name[RECORD_NAME_SIZE], struct err *e)
{
	char path[PATH_SIZE], object[PATH_SIZE], name[NAME_HEX_SIZE], file[NAME_HEX_SIZE];
	struct err why;
	int dir, found;

	if (keys_card_name(k, applet, identity, name) != 0)
		return err_set(e, ERR_INTERNAL, s->path, "cannot make a card's name");
	dir = directory_open(s, path, &why);
	if (dir < 0 && errno == ENOENT)
		return err_set(e, ERR_NOT_ENROLLED, path, "not there");
	if (dir < 0)
		return err_give(e, &why);
	found = link_read(dir, name, file);
	fd_close(&dir);
	path_below(object, path, name);
	if (found == ENOENT)
		return err_set(e, ERR_NOT_ENROLLED, object, "no such card");
	if (found != 0)
		return err_set(e, ERR_STRAY, object, "not a link to a record");
	return find_owner(s, k, file, applet, identity, ret_name, e);
}

/* ---- administrative side ---- */

static int compare_names(const void *name, const void *link)
{
	return strcmp(name, ((const struct card_link *)link)->name);
}

static struct card_link *find_wanted(struct card_links *wanted, const char *name)
{
	return wanted->count == 0 ? NULL
	                          : bsearch(name, wanted->list, wanted->count,
	                                sizeof(wanted->list[0]), compare_names);
}

/* 0: as it should be. */
static int fault_of(int dir, const char *name, struct card_links *wanted)
{
	struct card_link *link = find_wanted(wanted, name);
	char file[NAME_HEX_SIZE];
	int r = link_read(dir, name, file);

	if (link != NULL)
		link->seen = true;
	if (r != 0 && r != EBADMSG)
		return CARDINDEX_STRAY;
	if (link == NULL)
		return CARDINDEX_LEFT;
	return r == 0 && strcmp(file, link->file) == 0 ? 0 : CARDINDEX_WRONG;
}

/* The links that are there. */
static int compare_present(int dir, const char *path, struct card_links *wanted,
    cardindex_visitor each, void *context, struct err *e)
{
	DIR *d = dir_list(dir);
	const struct dirent *entry;
	int fault, r = -1;

	if (d == NULL)
		return err_sys(e, ERR_IO, path, "cannot be listed");
	for (;;) {
		errno = 0;
		entry = readdir(d);
		if (entry == NULL)
			break;
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		fault = fault_of(dir, entry->d_name, wanted);
		if (fault != 0)
			each(context, (enum cardindex_fault)fault, entry->d_name);
	}
	if (errno != 0)
		(void)err_sys(e, ERR_IO, path, "cannot be listed");
	else
		r = 0;
	closedir(d);
	return r;
}

/* dir -1: there is none. */
static int compare(int dir, const char *path, struct card_links *wanted, cardindex_visitor each,
    void *context, struct err *e)
{
	for (size_t i = 0; i < wanted->count; i++)
		wanted->list[i].seen = false;
	if (dir >= 0 && compare_present(dir, path, wanted, each, context, e) != 0)
		return -1;
	for (size_t i = 0; i < wanted->count; i++)
		if (!wanted->list[i].seen)
			each(context, CARDINDEX_MISSING, wanted->list[i].name);
	return 0;
}

int cardindex_compare(const struct store *s, struct card_links *wanted, cardindex_visitor each,
    void *context, struct err *e)
{
	char path[PATH_SIZE];
	struct err why;
	int r, dir = directory_open(s, path, &why);

	if (dir < 0 && errno != ENOENT)
		return err_give(e, &why);
	r = compare(dir, path, wanted, each, context, e);
	fd_close(&dir);
	return r;
}

/* One change of the directory, and what it met first. */
struct update {
	int dir;
	char path[PATH_SIZE];
	struct card_links *wanted;
	bool failed;
	struct err *e;
};

static void update_fails(struct update *u, const char *name, const char *why)
{
	char object[PATH_SIZE];

	if (!u->failed)
		(void)err_sys(u->e, ERR_IO, path_below(object, u->path, name), "%s", why);
	u->failed = true;
}

/* In place of another one at one stroke: a card never names nobody in between. */
static void link_put(struct update *u, const struct card_link *link)
{
	char temporary[sizeof(".new-") + NAME_HEX_SIZE], target[TARGET_SIZE];

	(void)snprintf(temporary, sizeof(temporary), ".new-%s", link->name);
	(void)snprintf(target, sizeof(target), CARDINDEX_TARGET "%s", link->file);
	if (unlinkat(u->dir, temporary, 0) != 0 && errno != ENOENT)
		update_fails(u, temporary, "cannot remove a leftover");
	else if (symlinkat(target, u->dir, temporary) != 0)
		update_fails(u, temporary, "cannot make a link");
	else if (renameat(u->dir, temporary, u->dir, link->name) != 0)
		update_fails(u, link->name, "cannot put a link in place");
}

static void mend(void *context, enum cardindex_fault fault, const char *name)
{
	struct update *u = context;
	const struct card_link *link;

	switch (fault) {
	case CARDINDEX_MISSING:
	case CARDINDEX_WRONG:
		link = find_wanted(u->wanted, name);
		if (link != NULL)
			link_put(u, link);
		return;
	case CARDINDEX_LEFT:
		if (unlinkat(u->dir, name, 0) != 0 && errno != ENOENT)
			update_fails(u, name, "cannot remove a link");
		return;
	case CARDINDEX_STRAY:
		return;
	}
}

static int directory_make(const struct store *s, char path[PATH_SIZE], struct err *e)
{
	int dir;

	if (mkdirat(s->dir, CARDINDEX_DIRECTORY, 0700) != 0 && errno != EEXIST)
		return err_sys(e, ERR_IO, path, "cannot make the directory");
	dir = directory_open(s, path, e);
	if (dir >= 0 && fsync(s->dir) != 0) {
		(void)err_sys(e, ERR_IO, path, "cannot make the directory durable");
		fd_close(&dir);
	}
	return dir;
}

int cardindex_update(const struct store *s, struct card_links *wanted, struct err *e)
{
	struct update u = {.wanted = wanted, .e = e};
	struct err why;
	int r = -1;

	u.dir = directory_open(s, u.path, &why);
	if (u.dir < 0 && errno != ENOENT)
		return err_give(e, &why);
	if (u.dir < 0 && wanted->count == 0)
		return 0;
	if (u.dir < 0)
		u.dir = directory_make(s, u.path, e);
	if (u.dir < 0)
		return -1;
	if (compare(u.dir, u.path, wanted, mend, &u, e) != 0)
		u.failed = true;
	/* also where nothing is to be done: an earlier run may have failed here */
	if (fsync(u.dir) != 0)
		update_fails(&u, "", "cannot make the links durable");
	if (!u.failed)
		r = 0;
	fd_close(&u.dir);
	return r;
}
