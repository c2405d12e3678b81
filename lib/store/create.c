/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The making of a store, once: directories, host key, decoys, clock, and last the header.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* syncfs */
#endif
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/safefile.h"
#include "lib/store/files.h"
#include "lib/store/floor.h"
#include "lib/wire/secret.h"

static int make_directory(const char *path, mode_t mode, struct err *e)
{
	if (mkdir(path, mode) != 0 && errno != EEXIST)
		return err_sys(e, ERR_IO, path, "cannot make the directory");
	return 0;
}

/* btrfs: in-place writes then need no new block, so a full disk does not stop a login.
 * Elsewhere the flag does not exist, and nothing is lost. Files made in the directory inherit
 * it. */
static void ask_for_nocow(int dirfd)
{
	int flags = 0;

	if (ioctl(dirfd, FS_IOC_GETFLAGS, &flags) == 0) {
		flags |= FS_NOCOW_FL;
		(void)ioctl(dirfd, FS_IOC_SETFLAGS, &flags);
	}
}

static int make_parts(struct store *s, struct err *e)
{
	static const char *const names[] = {"records", "states", "decoys"};
	/* The top for `clock` and `emergency`; new files and directories below inherit it. */
	const int *const changed[] = {&s->dir, &s->states, &s->decoys};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (mkdirat(s->dir, names[i], 0700) != 0 && errno != EEXIST)
			return err_sys(
			    e, ERR_IO, s->path, "cannot make the directory %s", names[i]);
	if (store_open_parts(s, e) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(changed) / sizeof(changed[0]); i++)
		ask_for_nocow(*changed[i]);
	return 0;
}

/* A header, or people without one: not ours to start over. */
static int check_vacant(const struct store *s, struct err *e)
{
	const int parts[] = {s->records, s->states};

	if (file_exists(s->dir, "header"))
		return err_set(e, ERR_STORE_EXISTS, s->path, "there is a store already");
	for (size_t i = 0; i < 2; i++) {
		int r = dir_holds_files(parts[i]);

		if (r < 0)
			return err_sys(e, ERR_IO, s->path, "cannot list what is there");
		if (r > 0)
			return err_set(e, ERR_STORE_EXISTS, s->path,
			    "people are enrolled here, but the header is missing: restore it");
	}
	return 0;
}

static int obtain_host_key(const struct store *s, struct host_key *ret_host, struct err *e)
{
	uint8_t bytes[HOST_KEY_FILE_SIZE];
	int r = -1;

	if (file_exists(s->etc, "host.key")) /* of a run cut short, or put there on purpose */
		return host_key_read(s->etc, s->etc_path, ret_host, e);
	if (host_key_create(ret_host, e) != 0)
		return -1;
	if (host_key_encode(ret_host, bytes) != 0)
		(void)err_set(e, ERR_INTERNAL, s->etc_path, "cannot encode host.key");
	else
		r = safefile_create(
		    s->etc, s->etc_path, "host.key", bytes, sizeof(bytes), HOST_KEY_MODE, e);
	wipe(bytes, sizeof(bytes));
	return r;
}

/* Not durable by itself: one syncfs follows the last of them. What an earlier run left is
 * sealed under a key nobody has, so it goes first. */
static int write_decoy(
    const struct store *s, const char *name, const uint8_t *bytes, size_t len, struct err *e)
{
	char path[PATH_SIZE], object[PATH_SIZE];
	ssize_t n;
	int fd;

	path_below(object, path_below(path, s->path, "decoys"), name);
	if (unlinkat(s->decoys, name, 0) != 0 && errno != ENOENT)
		return err_sys(e, ERR_IO, object, "cannot remove a leftover");
	fd =
	    openat(s->decoys, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(e, ERR_IO, object, "cannot create");
	n = fchmod(fd, FILE_MODE) != 0 ? -1 : write(fd, bytes, len);
	if (n < 0)
		(void)err_sys(e, ERR_IO, object, "cannot write");
	else if ((size_t)n != len)
		(void)err_set(e, ERR_IO, object, "cannot write: disk full?");
	close(fd);
	return n >= 0 && (size_t)n == len ? 0 : -1;
}

/* A person with one token that no phone has. */
static int invent(struct record *r, struct state *st, int64_t now)
{
	struct token *t = &r->tokens[0];

	memset(r, 0, sizeof(*r));
	memset(st, 0, sizeof(*st));
	memcpy(r->name, "decoy", sizeof("decoy"));
	r->uid = RECORD_UID_UNBOUND;
	r->created = r->changed = t->created = now;
	r->token_count = 1;
	*t = (struct token){.kind = TOKEN_TOTP,
	    .algorithm = TOKEN_SHA1,
	    .digits = 6,
	    .period = 30,
	    .secret_len = 20,
	    .created = now,
	    .label = "decoy"};
	if (crypto_random(t->id, sizeof(t->id)) != 0 ||
	    crypto_random(t->secret, t->secret_len) != 0 ||
	    crypto_random(r->incarnation, sizeof(r->incarnation)) != 0)
		return -1;
	memcpy(st->incarnation, r->incarnation, sizeof(st->incarnation));
	memcpy(st->counters[0].id, t->id, sizeof(t->id));
	return 0;
}

static OWN_FRAME int make_decoy_states(
    const struct store *s, const struct keys *k, const struct state *st, struct err *e)
{
	uint8_t bytes[STATE_FILE_SIZE];
	char name[NAME_HEX_SIZE];

	for (unsigned i = 0; i < STORE_DECOYS; i++) {
		if (decoy_name(i, name) != 0)
			return err_set(e, ERR_INTERNAL, s->path, "cannot name a decoy");
		if (state_new_file(k, name, st, bytes, e) != 0 ||
		    write_decoy(s, name, bytes, sizeof(bytes), e) != 0)
			return -1;
	}
	return 0;
}

static int make_decoys(const struct store *s, const struct keys *k, int64_t now, struct err *e)
{
	uint8_t box[RECORD_FILE_SIZE];
	struct record r;
	struct state st;
	int result = -1;

	if (invent(&r, &st, now) != 0)
		(void)err_set(e, ERR_INTERNAL, s->path, "no random numbers");
	else if (record_seal(k, DECOY_RECORD, 1, &r, box, e) == 0 &&
	         write_decoy(s, DECOY_RECORD, box, sizeof(box), e) == 0)
		result = make_decoy_states(s, k, &st, e);
	wipe(&r, sizeof(r));
	wipe(&st, sizeof(st));
	return result;
}

static OWN_FRAME int write_header(const struct store *s, const struct header *h, struct err *e)
{
	uint8_t bytes[HEADER_FILE_SIZE];

	if (header_fill(h, bytes) != 0)
		return err_set(e, ERR_INTERNAL, s->path, "cannot encode the header");
	return safefile_create(s->dir, s->path, "header", bytes, sizeof(bytes), FILE_MODE, e);
}

/* Everything else durable, then the header: with it the store exists. */
static int fill_store(const struct store *s, int64_t now, struct err *e)
{
	struct host_key host;
	struct keys k;
	struct header h;
	int r = -1;

	memset(&host, 0, sizeof(host));
	memset(&k, 0, sizeof(k));
	if (obtain_host_key(s, &host, e) != 0 || keys_create(&host, now, &k, &h, e) != 0 ||
	    make_decoys(s, &k, now, e) != 0 || floor_set(s, &k, 0, e) != 0)
		goto out;
	if (syncfs(s->etc) != 0 || syncfs(s->dir) != 0)
		(void)err_sys(e, ERR_IO, s->path, "cannot make it durable");
	else
		r = write_header(s, &h, e);
out:
	host_key_clear(&host);
	keys_clear(&k);
	return r;
}

int store_create(const char *path, const char *etc_path, bool allow_any_file_system,
    int64_t now, struct err *e)
{
	struct store s;
	int lock = -1, r = -1;

	store_clear(&s);
	s.path = path;
	s.etc_path = etc_path;
	if (make_directory(etc_path, 0755, e) != 0 || make_directory(path, 0700, e) != 0 ||
	    store_open_top(&s, allow_any_file_system, e) != 0)
		goto out;
	lock = store_lock(&s, e); /* the file is there from the first run on */
	if (lock >= 0 && make_parts(&s, e) == 0 && check_vacant(&s, e) == 0)
		r = fill_store(&s, now, e);
out:
	fd_close(&lock);
	store_close(&s);
	return r;
}
