/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The secrets store as a whole: its directories, its key, its lock, the list of its records.
 * Must not know a byte of a format.
 */
#include "lib/store/files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/safefile.h"
#include "lib/wire/secret.h"

void store_clear(struct store *s)
{
	memset(s, 0, sizeof(*s));
	s->dir = s->records = s->states = s->decoys = s->etc = -1;
}

void store_close(struct store *s)
{
	if (s == NULL)
		return;
	fd_close(&s->dir);
	fd_close(&s->records);
	fd_close(&s->states);
	fd_close(&s->decoys);
	fd_close(&s->etc);
	store_clear(s);
}

/* An ENOENT here means init did not run, or not to its end. */
static int no_store(const char *path, struct err *e)
{
	return err_set(e, ERR_NO_STORE, path, "no store, or one whose making was cut short");
}

int store_open_top(struct store *s, bool allow_any_file_system, struct err *e)
{
	s->dir = safedir_open(s->path, DIRECTORY_FORBIDDEN, e);
	if (s->dir < 0)
		return errno == ENOENT ? no_store(s->path, e) : -1;
	if (!allow_any_file_system && safedir_check_file_system(s->dir, s->path, e) != 0)
		return -1;
	s->etc = safedir_open(s->etc_path, ETC_FORBIDDEN, e);
	return s->etc < 0 ? -1 : 0;
}

int store_open_parts(struct store *s, struct err *e)
{
	const struct {
		const char *name;
		int *fd;
	} parts[] = {
	    {"records", &s->records},
	    {"states", &s->states},
	    {"decoys", &s->decoys},
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		*parts[i].fd =
		    safedir_open_at(s->dir, s->path, parts[i].name, DIRECTORY_FORBIDDEN, e);
		if (*parts[i].fd < 0 && errno == ENOENT && !file_exists(s->dir, "header"))
			return no_store(s->path, e);
		if (*parts[i].fd < 0)
			return -1;
	}
	return 0;
}

int store_open(struct store *ret_s, const char *path, const char *etc_path,
    bool allow_any_file_system, struct err *e)
{
	struct store s;

	store_clear(&s);
	store_clear(ret_s);
	s.path = path;
	s.etc_path = etc_path;
	if (store_open_top(&s, allow_any_file_system, e) != 0 || store_open_parts(&s, e) != 0) {
		store_close(&s);
		return -1;
	}
	*ret_s = s;
	return 0;
}

static OWN_FRAME int unlock_copy(const struct host_key *host, const uint8_t *copy,
    const char *object, struct keys *ret_k, struct err *e)
{
	struct header h;

	if (header_decode(copy, HEADER_COPY_SIZE, object, &h, e) != 0)
		return -1;
	return keys_unlock(host, &h, ret_k, e);
}

/* The first copy that verifies; the message is that of the first copy. */
static OWN_FRAME int unlock_header(const struct host_key *host, const uint8_t *bytes,
    const char *object, struct keys *ret_k, struct err *e)
{
	const uint8_t *second = bytes + HEADER_COPY_SIZE;
	struct err why;

	if (unlock_copy(host, bytes, object, ret_k, &why) != 0 &&
	    unlock_copy(host, second, object, ret_k, NULL) != 0)
		return err_give(e, &why);
	ret_k->header_damaged = memcmp(bytes, second, HEADER_COPY_SIZE) != 0;
	return 0;
}

int store_unlock(const struct store *s, struct keys *ret_k, struct err *e)
{
	uint8_t bytes[HEADER_FILE_SIZE];
	char object[PATH_SIZE];
	struct host_key host;
	struct keys k;
	size_t len = 0;
	int r = -1;

	memset(&k, 0, sizeof(k));
	if (safefile_read(s->dir, s->path, "header", FILE_FORBIDDEN, bytes, sizeof(bytes),
	        sizeof(bytes), &len, e) != 0)
		return errno == ENOENT ? no_store(s->path, e) : -1;
	if (host_key_read(s->etc, s->etc_path, &host, e) != 0)
		return -1;
	r = unlock_header(&host, bytes, path_below(object, s->path, "header"), &k, e);
	if (r == 0)
		*ret_k = k;
	keys_clear(&k);
	host_key_clear(&host);
	return r;
}

/* A copy that these keys made, whatever host.key says. */
static OWN_FRAME int verify_copy(const struct keys *k, const uint8_t *copy, const char *object,
    struct header *ret_h, struct err *e)
{
	uint8_t mac[CRYPTO_HASH_SIZE];

	if (header_decode(copy, HEADER_COPY_SIZE, object, ret_h, e) != 0)
		return -1;
	if (keys_header_mac(k, copy, HEADER_MAC_AT, mac) != 0 ||
	    !bytes_equal(mac, ret_h->mac, sizeof(mac)))
		return err_set(e, ERR_DAMAGED, object, "does not verify");
	return 0;
}

/* The header with other flags, as it is to be written over bytes. */
static OWN_FRAME int change_flags(const struct keys *k, uint32_t flags, const char *object,
    uint8_t bytes[HEADER_FILE_SIZE], struct err *e)
{
	struct header h;
	struct err why;

	if (verify_copy(k, bytes, object, &h, &why) != 0 &&
	    verify_copy(k, bytes + HEADER_COPY_SIZE, object, &h, NULL) != 0)
		return err_give(e, &why);
	h.flags = flags;
	h.sequence++;
	if (keys_header_seal(k, &h) != 0 || header_fill(&h, bytes) != 0)
		return err_set(e, ERR_INTERNAL, object, "cannot encode the header");
	return 0;
}

int store_set_flags(const struct store *s, struct keys *k, uint32_t flags, struct err *e)
{
	uint8_t bytes[HEADER_FILE_SIZE];
	char object[PATH_SIZE];
	size_t len = 0;

	path_below(object, s->path, "header");
	if (safefile_read(s->dir, s->path, "header", FILE_FORBIDDEN, bytes, sizeof(bytes),
	        sizeof(bytes), &len, e) != 0 ||
	    change_flags(k, flags, object, bytes, e) != 0 ||
	    safefile_replace(s->dir, s->path, "header", bytes, sizeof(bytes), FILE_MODE, e) !=
	        0)
		return -1;
	k->header_flags = flags;
	k->header_damaged = false;
	return 0;
}

/* It holds nothing that could be read, and the emergency code is to be made also after somebody
 * has loosened modes. */
#define LOCK_FORBIDDEN 0022

int store_lock(const struct store *s, struct err *e)
{
	struct err why;
	int fd = safefile_open(s->dir, s->path, "lock", O_RDWR, LOCK_FORBIDDEN, &why);

	/* It holds nothing: a backup may have left it out. */
	if (fd < 0 && errno == ENOENT &&
	    (safefile_create(s->dir, s->path, "lock", "", 0, FILE_MODE, &why) == 0 ||
	        errno == EEXIST))
		fd = safefile_open(s->dir, s->path, "lock", O_RDWR, LOCK_FORBIDDEN, &why);
	if (fd < 0)
		return err_give(e, &why);
	if (safefile_lock(fd, s->path, "lock", STORE_LOCK_WAIT_MS, e) != 0)
		fd_close(&fd);
	return fd;
}

bool store_has_people(const struct store *s)
{
	return dir_holds_files(s->records) != 0 || dir_holds_files(s->states) != 0;
}

static int visit(const struct store *s, const struct keys *k, const char *name,
    record_visitor each, void *context)
{
	char path[PATH_SIZE], object[PATH_SIZE], file[NAME_HEX_SIZE];
	struct record r;
	struct err why = {0};
	uint64_t generation;
	int result;

	path_below(path, s->path, "records");
	path_below(object, path, name);
	if (!file_name_ok(name)) {
		(void)err_set(&why, ERR_FOREIGN, object, "not a file of the store");
		return each(context, name, NULL, &why);
	}
	if (record_read(k, s->records, path, name, &r, &generation, &why) != 0)
		return errno == ENOENT ? 0 : each(context, name, NULL, &why);
	if (keys_file_name(k, r.name, file) != 0 || strcmp(file, name) != 0) {
		(void)err_set(&why, ERR_FOREIGN, object, "names another person");
		result = each(context, name, NULL, &why);
	} else {
		result = each(context, name, &r, NULL);
	}
	wipe(&r, sizeof(r));
	return result;
}

int store_each(const struct store *s, const struct keys *k, record_visitor each, void *context,
    struct err *e)
{
	DIR *d = dir_list(s->records);
	struct dirent *entry;
	int r = -1;

	if (d == NULL)
		return err_sys(e, ERR_IO, s->path, "cannot list the records");
	for (;;) {
		errno = 0;
		entry = readdir(d);
		if (entry == NULL)
			break;
		if (!dir_entry_skipped(entry->d_name) &&
		    visit(s, k, entry->d_name, each, context) != 0)
			goto out;
	}
	if (errno != 0)
		(void)err_sys(e, ERR_IO, s->path, "cannot list the records");
	else
		r = 0;
out:
	closedir(d);
	return r;
}
