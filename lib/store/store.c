/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The secrets store: which file is where, and in which order they are locked, read and written.
 * Must not know a byte of a format, must not decide who may log in.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* syncfs */
#endif
#include "lib/store/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/safefile.h"
#include "lib/wire/secret.h"

#define DIRECTORY_FORBIDDEN 07077 /* the store: root only */
#define ETC_FORBIDDEN       0022
#define FILE_FORBIDDEN      07177 /* 0600 or 0400 */
#define FILE_MODE           0600
#define HOST_KEY_MODE       0400
#define DECOY_RECORD        "record"
#define PATH_SIZE           160

/* For functions with file-sized buffers: not to be added to the caller's frame. */
#define OWN_FRAME __attribute__((noinline))

/* "path/name", for messages only; cut when absurdly long. */
static const char *below(char out[PATH_SIZE], const char *path, const char *name)
{
	if (snprintf(out, PATH_SIZE, "%s/%s", path, name) < 0)
		out[0] = '\0';
	return out;
}

/* For the caller's *e, which a step that is allowed to fail must leave alone. */
static int give(struct err *e, const struct err *why)
{
	if (e != NULL)
		*e = *why;
	return -1;
}

static void close_fd(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

/* ---- the store ---- */

static void store_clear(struct store *s)
{
	memset(s, 0, sizeof(*s));
	s->dir = s->records = s->states = s->decoys = s->etc = -1;
}

void store_close(struct store *s)
{
	if (s == NULL)
		return;
	close_fd(&s->dir);
	close_fd(&s->records);
	close_fd(&s->states);
	close_fd(&s->decoys);
	close_fd(&s->etc);
	store_clear(s);
}

/* An ENOENT here means init did not run, or not to its end. */
static int no_store(const char *path, struct err *e)
{
	return err_set(e, ERR_NO_STORE, path, "there is none, or its making was cut short");
}

static int open_top(struct store *s, bool allow_any_file_system, struct err *e)
{
	s->dir = safedir_open(s->path, DIRECTORY_FORBIDDEN, e);
	if (s->dir < 0)
		return errno == ENOENT ? no_store(s->path, e) : -1;
	if (!allow_any_file_system && safedir_check_file_system(s->dir, s->path, e) != 0)
		return -1;
	s->etc = safedir_open(s->etc_path, ETC_FORBIDDEN, e);
	return s->etc < 0 ? -1 : 0;
}

static int open_parts(struct store *s, struct err *e)
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
		if (*parts[i].fd < 0)
			return errno == ENOENT ? no_store(s->path, e) : -1;
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
	if (open_top(&s, allow_any_file_system, e) != 0 || open_parts(&s, e) != 0) {
		store_close(&s);
		return -1;
	}
	*ret_s = s;
	return 0;
}

static int host_key_read(int etc, const char *path, struct host_key *ret_host, struct err *e)
{
	uint8_t bytes[HOST_KEY_FILE_SIZE];
	char object[PATH_SIZE];
	size_t len = 0;
	int r = -1;

	if (safefile_read(
	        etc, path, "host.key", FILE_FORBIDDEN, bytes, 0, sizeof(bytes), &len, e) == 0)
		r = host_key_decode(bytes, len, below(object, path, "host.key"), ret_host, e);
	else if (errno == ENOENT)
		(void)err_set(
		    e, ERR_HOST_KEY, below(object, path, "host.key"), "the file is missing");
	wipe(bytes, sizeof(bytes));
	return r;
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
		return give(e, &why);
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
	r = unlock_header(&host, bytes, below(object, s->path, "header"), &k, e);
	if (r == 0)
		*ret_k = k;
	keys_clear(&k);
	host_key_clear(&host);
	return r;
}

/* ---- records ---- */

/* Decoded and sure to be what lies under that name. */
static int record_read(const struct keys *k, int dirfd, const char *path, const char *name,
    struct record *ret_r, uint64_t *ret_generation, struct err *e)
{
	uint8_t box[RECORD_FILE_SIZE], plain[RECORD_PLAIN_SIZE];
	char object[PATH_SIZE];
	size_t len = 0;
	int r = -1;

	below(object, path, name);
	if (safefile_read(
	        dirfd, path, name, FILE_FORBIDDEN, box, sizeof(box), sizeof(box), &len, e) != 0)
		return -1;
	if (box_open(k, &record_box, name, object, box, len, ret_generation, plain, e) == 0)
		r = record_decode(plain, sizeof(plain), object, ret_r, e);
	wipe(plain, sizeof(plain));
	errno = 0; /* read is read: not an ENOENT for the caller */
	return r;
}

static int record_seal(const struct keys *k, const char *name, uint64_t generation,
    const struct record *record, uint8_t out[RECORD_FILE_SIZE], struct err *e)
{
	uint8_t plain[RECORD_PLAIN_SIZE];
	int r = -1;

	if (record_encode(record, plain) != 0)
		(void)err_set(e, ERR_INTERNAL, name, "a field is out of its range");
	else
		r = box_seal(k, &record_box, generation, name, plain, sizeof(plain), out, e);
	wipe(plain, sizeof(plain));
	return r;
}

/* True also when it cannot be told: whoever asks then refuses. */
static bool exists(int dirfd, const char *name)
{
	struct stat st;

	return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

/* ---- a person ---- */

static void person_empty(struct person *p)
{
	wipe(p, sizeof(*p));
	p->state_fd = -1;
	p->file_state.fd = -1;
}

void person_close(struct person *p)
{
	if (p == NULL)
		return;
	close_fd(&p->state_fd);
	person_empty(p);
}

/* Where a person's two files are: their own, or those of a decoy. */
struct place {
	int records, states;
	char record_path[PATH_SIZE], state_path[PATH_SIZE];
	const char *record_name, *state_name;
};

static void place_own(struct place *w, const struct store *s, const struct person *p)
{
	w->records = s->records;
	w->states = s->states;
	w->record_name = p->file;
	w->state_name = p->file;
	below(w->record_path, s->path, "records");
	below(w->state_path, s->path, "states");
}

static void place_decoy(struct place *w, const struct store *s, const struct person *p)
{
	w->records = s->decoys;
	w->states = s->decoys;
	w->record_name = DECOY_RECORD;
	w->state_name = p->state_name;
	below(w->record_path, s->path, "decoys");
	below(w->state_path, s->path, "decoys");
}

static int decoy_name(unsigned index, char out[NAME_HEX_SIZE])
{
	int n = snprintf(out, NAME_HEX_SIZE, "%04u", index);

	return n == 4 ? 0 : -1;
}

/* The file name is the HMAC of the name: its first digits choose evenly among 1024. */
static int choose_decoy(struct person *p)
{
	unsigned index = 0;

	for (unsigned i = 0; i < 4; i++) {
		char c = p->file[i];

		index = index * 16 + (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return decoy_name(index % STORE_DECOYS, p->state_name);
}

static int state_open(const struct place *w, struct err *e)
{
	return safefile_open(
	    w->states, w->state_path, w->state_name, O_RDWR, FILE_FORBIDDEN, e);
}

static int lock_and_read(
    const struct keys *k, const struct place *w, struct person *p, struct err *e)
{
	char object[PATH_SIZE];

	if (safefile_lock(p->state_fd, w->state_path, w->state_name, STORE_LOCK_WAIT_MS, e) !=
	    0)
		return -1;
	if (record_read(k, w->records, w->record_path, w->record_name, &p->record,
	        &p->generation, e) != 0) {
		if (errno == ENOENT)
			return err_set(e, ERR_DAMAGED,
			    below(object, w->record_path, w->record_name),
			    "missing, but its state is there");
		return -1;
	}
	if (state_load(k, w->state_name, w->state_path, p->state_fd, &p->file_state, &p->state,
	        e) != 0)
		return -1;
	if (memcmp(p->record.incarnation, p->state.incarnation, sizeof(p->incarnation)) != 0)
		return err_set(e, ERR_DAMAGED, below(object, w->record_path, w->record_name),
		    "record and state do not belong together");
	memcpy(p->incarnation, p->record.incarnation, sizeof(p->incarnation));
	return 0;
}

static int read_own(const struct keys *k, const struct place *w, const char *pw_name,
    struct person *p, struct err *e)
{
	char object[PATH_SIZE];

	if (lock_and_read(k, w, p, e) != 0)
		return -1;
	if (strcmp(p->record.name, pw_name) != 0)
		return err_set(e, ERR_FOREIGN, below(object, w->record_path, w->record_name),
		    "names another person");
	return 0;
}

/* Opens the state of somebody enrolled; *ret_nobody when neither file is there. Looked at
 * twice, for an enrolment may run between the two looks: it makes the state first. */
static int open_own_state(
    const struct place *w, struct person *p, bool *ret_nobody, struct err *e)
{
	char object[PATH_SIZE];
	struct err why;

	for (int look = 0; look < 2; look++) {
		p->state_fd = state_open(w, &why);
		if (p->state_fd >= 0)
			return 0;
		if (errno != ENOENT)
			return give(e, &why);
		if (!exists(w->records, w->record_name)) {
			*ret_nobody = true;
			return 0;
		}
	}
	return err_set(e, ERR_DAMAGED, below(object, w->state_path, w->state_name),
	    "missing, but its record is there");
}

static int open_decoy(
    const struct store *s, const struct keys *k, struct person *p, struct err *e)
{
	struct place w;

	p->decoy = true;
	if (choose_decoy(p) != 0)
		return err_set(e, ERR_INTERNAL, s->path, "cannot choose a decoy");
	place_decoy(&w, s, p);
	p->state_fd = state_open(&w, e);
	if (p->state_fd < 0)
		return -1;
	return lock_and_read(k, &w, p, e);
}

static int name_person(const struct keys *k, const char *pw_name, struct person *p)
{
	if (keys_file_name(k, pw_name, p->file) != 0)
		return -1;
	memcpy(p->state_name, p->file, sizeof(p->state_name));
	return 0;
}

int person_open(const struct store *s, const struct keys *k, const char *pw_name,
    struct person *ret_p, struct err *e)
{
	struct place w;
	bool nobody = false;

	person_empty(ret_p);
	if (name_person(k, pw_name, ret_p) != 0) {
		(void)err_set(e, ERR_INTERNAL, s->path, "cannot make a file name");
		goto fail;
	}
	place_own(&w, s, ret_p);
	if (open_own_state(&w, ret_p, &nobody, e) != 0)
		goto fail;
	if (nobody ? open_decoy(s, k, ret_p, e) != 0 : read_own(k, &w, pw_name, ret_p, e) != 0)
		goto fail;
	return 0;
fail:
	person_close(ret_p);
	return -1;
}

int person_save_state(
    const struct store *s, const struct keys *k, struct person *p, struct err *e)
{
	char path[PATH_SIZE];

	if (p->state_fd < 0 ||
	    memcmp(p->state.incarnation, p->incarnation, sizeof(p->incarnation)) != 0)
		return err_set(e, ERR_INTERNAL, s->path, "this state cannot be saved");
	below(path, s->path, p->decoy ? "decoys" : "states");
	return state_save(k, p->state_name, path, &p->file_state, &p->state, e);
}

void person_distrust(struct person *p, int64_t now, unsigned totp_window)
{
	p->state.flags |= STATE_CODES_HELD;
	for (unsigned i = 0; i < p->record.token_count; i++) {
		const struct token *t = &p->record.tokens[i];
		struct counter *c = state_counter(&p->state, t->id);
		uint64_t past;

		if (t->kind != TOKEN_TOTP || c == NULL || now < 0)
			continue;
		past = (uint64_t)now / t->period + totp_window + 1;
		if (c->next < past)
			c->next = past;
	}
}

/* ---- administrative side ---- */

int store_lock(const struct store *s, struct err *e)
{
	int fd = safefile_open(s->dir, s->path, "lock", O_RDWR, FILE_FORBIDDEN, e);

	if (fd >= 0 && safefile_lock(fd, s->path, "lock", STORE_LOCK_WAIT_MS, e) != 0)
		close_fd(&fd);
	return fd;
}

static int person_new(const char *pw_name, struct person *p, struct err *e)
{
	size_t len = strlen(pw_name);

	if (len >= sizeof(p->record.name))
		return err_set(e, ERR_INPUT, "user name", "longer than %zu bytes",
		    sizeof(p->record.name) - 1);
	if (crypto_random(p->incarnation, sizeof(p->incarnation)) != 0)
		return err_set(e, ERR_INTERNAL, "incarnation", "no random numbers");
	memcpy(p->record.name, pw_name, len + 1);
	p->record.uid = RECORD_UID_UNBOUND;
	memcpy(p->record.incarnation, p->incarnation, sizeof(p->incarnation));
	memcpy(p->state.incarnation, p->incarnation, sizeof(p->incarnation));
	return 0;
}

static int find_own(const struct store *s, const struct keys *k, const char *pw_name,
    bool *ret_found, struct person *p, struct err *e)
{
	struct place w;
	bool nobody = false;

	if (name_person(k, pw_name, p) != 0)
		return err_set(e, ERR_INTERNAL, s->path, "cannot make a file name");
	place_own(&w, s, p);
	*ret_found = exists(s->records, p->file);
	if (!*ret_found)
		return person_new(pw_name, p, e);
	if (open_own_state(&w, p, &nobody, e) != 0)
		return -1;
	if (nobody) /* the record went away: somebody works without the lock */
		return err_set(e, ERR_BUSY, s->path, "is being changed by something else");
	return read_own(k, &w, pw_name, p, e);
}

int person_find(const struct store *s, const struct keys *k, const char *pw_name,
    bool *ret_found, struct person *ret_p, struct err *e)
{
	bool found = false;

	person_empty(ret_p);
	if (find_own(s, k, pw_name, &found, ret_p, e) != 0) {
		person_close(ret_p);
		return -1;
	}
	*ret_found = found;
	return 0;
}

/* The leftover of an interrupted enrolment: no record refers to it, so nothing in it counts. It
 * is made new in place, for a login may hold it open. */
static int reuse_leftover(const struct place *w, const uint8_t bytes[STATE_FILE_SIZE],
    struct person *p, struct err *e)
{
	char object[PATH_SIZE];

	p->state_fd = state_open(w, e);
	if (p->state_fd < 0 || safefile_lock(p->state_fd, w->state_path, w->state_name,
	                           STORE_LOCK_WAIT_MS, e) != 0)
		return -1;
	if (ftruncate(p->state_fd, STATE_FILE_SIZE) != 0)
		return err_sys(e, ERR_IO, below(object, w->state_path, w->state_name),
		    "cannot set its size");
	return safefile_write_at(
	    p->state_fd, w->state_path, w->state_name, bytes, STATE_FILE_SIZE, 0, e);
}

static int make_state(
    const struct keys *k, const struct place *w, struct person *p, struct err *e)
{
	uint8_t bytes[STATE_FILE_SIZE];
	struct err why;
	int r;

	if (state_new_file(k, p->file, &p->state, bytes, e) != 0)
		return -1;
	r = safefile_create(
	    w->states, w->state_path, p->file, bytes, sizeof(bytes), FILE_MODE, &why);
	if (r != 0 && errno != EEXIST)
		return give(e, &why);
	if (r != 0) {
		r = reuse_leftover(w, bytes, p, e);
	} else {
		p->state_fd = state_open(w, e);
		r = p->state_fd < 0 ? -1
		                    : safefile_lock(p->state_fd, w->state_path, w->state_name,
		                          STORE_LOCK_WAIT_MS, e);
	}
	if (r != 0) {
		close_fd(&p->state_fd);
		return -1;
	}
	p->file_state = (struct state_file){.fd = p->state_fd, .generation = 1, .slot = 0};
	return 0;
}

static int check_put(const struct keys *k, const struct person *p, struct err *e)
{
	char file[NAME_HEX_SIZE];

	if (p->decoy || keys_file_name(k, p->record.name, file) != 0 ||
	    strcmp(file, p->file) != 0 || strcmp(file, p->state_name) != 0)
		return err_set(e, ERR_INTERNAL, "record", "not that of this person");
	if (memcmp(p->record.incarnation, p->incarnation, sizeof(p->incarnation)) != 0 ||
	    memcmp(p->state.incarnation, p->incarnation, sizeof(p->incarnation)) != 0)
		return err_set(e, ERR_INTERNAL, "record", "incarnation was changed");
	return 0;
}

/*
 * State first, then record. Cut short in between:
 * - a new person: a state without a record. A login is denied, the next enrolment starts anew.
 * - a token more: its counter waits for nothing; the old record counts. Logins as before.
 * - a token less (revoke, replace): the old record still lists it, but it has no counter, and a
 *   token without a counter is denied. It never works longer than the command says.
 * - failures reset: they are, whatever became of the record.
 * Record first would leave tokens whose spent codes nobody has counted, or, for a new person, a
 * record that the next enrolment takes for the real one. The incarnation never changes, so the
 * two always belong together.
 */
int person_put(const struct store *s, const struct keys *k, struct person *p, struct err *e)
{
	uint8_t box[RECORD_FILE_SIZE];
	struct place w;
	bool is_new = p->state_fd < 0;

	if (check_put(k, p, e) != 0 ||
	    record_seal(k, p->file, p->generation + 1, &p->record, box, e) != 0)
		return -1;
	place_own(&w, s, p);
	if (is_new ? make_state(k, &w, p, e) != 0 : person_save_state(s, k, p, e) != 0)
		return -1;
	if (safefile_replace(
	        s->records, w.record_path, p->file, box, sizeof(box), FILE_MODE, e) != 0) {
		if (is_new)
			close_fd(&p->state_fd); /* still new: put it again */
		return -1;
	}
	p->generation++;
	return 0;
}

static bool is_file_name(const char *name)
{
	return strlen(name) == NAME_HEX_SIZE - 1 &&
	       strspn(name, "0123456789abcdef") == NAME_HEX_SIZE - 1;
}

static bool is_skipped(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	       strncmp(name, ".new-", 5) == 0;
}

static int visit(const struct store *s, const struct keys *k, const char *name,
    record_visitor each, void *context)
{
	char path[PATH_SIZE], object[PATH_SIZE], file[NAME_HEX_SIZE];
	struct record r;
	struct err why = {0};
	uint64_t generation;
	int result;

	below(path, s->path, "records");
	below(object, path, name);
	if (!is_file_name(name)) {
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

static DIR *list_directory(int dirfd)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (d == NULL)
		close_fd(&fd);
	return d;
}

int store_each(const struct store *s, const struct keys *k, record_visitor each, void *context,
    struct err *e)
{
	DIR *d = list_directory(s->records);
	struct dirent *entry;
	int r = -1;

	if (d == NULL)
		return err_sys(e, ERR_IO, s->path, "cannot list the records");
	for (;;) {
		errno = 0;
		entry = readdir(d);
		if (entry == NULL)
			break;
		if (!is_skipped(entry->d_name) &&
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

/* ---- creation ---- */

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

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (mkdirat(s->dir, names[i], 0700) != 0 && errno != EEXIST)
			return err_sys(
			    e, ERR_IO, s->path, "cannot make the directory %s", names[i]);
	if (open_parts(s, e) != 0)
		return -1;
	ask_for_nocow(s->states);
	ask_for_nocow(s->decoys);
	return 0;
}

/* The lock file is there from the first run on, and never removed. */
static int make_lock(const struct store *s, struct err *e)
{
	struct err why;

	if (safefile_create(s->dir, s->path, "lock", "", 0, FILE_MODE, &why) != 0 &&
	    errno != EEXIST)
		return give(e, &why);
	return store_lock(s, e);
}

/* 1: something besides leftovers is in there; 0: nothing; -1: cannot tell. */
static int holds_files(int dirfd)
{
	DIR *d = list_directory(dirfd);
	struct dirent *entry;
	int r = 0;

	if (d == NULL)
		return -1;
	errno = 0;
	while (r == 0 && (entry = readdir(d)) != NULL)
		r = !is_skipped(entry->d_name);
	if (r == 0 && errno != 0)
		r = -1;
	closedir(d);
	return r;
}

/* A header, or people without one: not ours to start over. */
static int check_vacant(const struct store *s, struct err *e)
{
	const int parts[] = {s->records, s->states};

	if (exists(s->dir, "header"))
		return err_set(e, ERR_STORE_EXISTS, s->path, "there is a store already");
	for (size_t i = 0; i < 2; i++) {
		int r = holds_files(parts[i]);

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

	if (exists(s->etc, "host.key")) /* of a run cut short, or put there on purpose */
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

	below(object, below(path, s->path, "decoys"), name);
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

	if (header_encode(h, bytes) != 0)
		return err_set(e, ERR_INTERNAL, s->path, "cannot encode the header");
	memcpy(bytes + HEADER_COPY_SIZE, bytes, HEADER_COPY_SIZE);
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
	    make_decoys(s, &k, now, e) != 0)
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
	    open_top(&s, allow_any_file_system, e) != 0)
		goto out;
	lock = make_lock(&s, e);
	if (lock >= 0 && make_parts(&s, e) == 0 && check_vacant(&s, e) == 0)
		r = fill_store(&s, now, e);
out:
	close_fd(&lock);
	store_close(&s);
	return r;
}
