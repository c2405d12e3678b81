/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The emergency file: one code, one use. Must not touch a key, the header or the configuration,
 * and must not say "opened" before the mark is durable.
 */
#include "lib/store/emergency.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/crypto.h"
#include "lib/base/safefile.h"
#include "lib/store/field.h"
#include "lib/store/files.h"

#define MAGIC       "SKSHOEMG"
#define MARK_MAGIC  "SKSHOSPT"
#define VERSION     1
#define CHECK_AT    (EMERGENCY_PAGE_SIZE - CRYPTO_HASH_SIZE)
#define MARK_FIELDS 32 /* before the check of the mark */
#define MARK_REST   (EMERGENCY_PAGE_SIZE - MARK_FIELDS - CRYPTO_HASH_SIZE)
#define NOBODY      ((uid_t)-1)

/* What is readable for others harms nothing: there is a hash of 95 random bits in it. The code
 * must open also after somebody has loosened modes, which keeps everybody else out. */
#define FORBIDDEN 0022

#define SPAN(p, n) ((struct span){(p), (n)})

/* ---- codec ---- */

static bool uids_ok(const struct emergency *em)
{
	if (em->uid_count == 0 || em->uid_count > EMERGENCY_UIDS_MAX)
		return false;
	for (unsigned i = 0; i < EMERGENCY_UIDS_MAX; i++) {
		if (i >= em->uid_count && em->uids[i] != 0)
			return false;
		if (i < em->uid_count && em->uids[i] == NOBODY)
			return false;
		for (unsigned j = 0; j < i && i < em->uid_count; j++)
			if (em->uids[i] == em->uids[j])
				return false;
	}
	return true;
}

static void put_mark(struct writer *w, const struct emergency *em)
{
	put_bytes(w, MARK_MAGIC, 8);
	put_u64(w, (uint64_t)em->spent_at);
	put_u32(w, em->spent_uid);
	put_zeros(w, 12);
}

/* The whole page is other than zero, so that no lost sector brings the code back. */
static int mark_encode(const struct emergency *em, uint8_t page[EMERGENCY_PAGE_SIZE])
{
	struct span fields = {page, MARK_FIELDS};
	struct writer w = writer_over(page, MARK_FIELDS);

	memset(page, em->spent ? 0xff : 0, EMERGENCY_PAGE_SIZE);
	if (!em->spent || em->spent_uid == NOBODY)
		return 0;
	put_mark(&w, em);
	if (!writer_full(&w) || !field_time_ok(em->spent_at))
		return -1;
	return crypto_sha256(&fields, 1, page + MARK_FIELDS);
}

/* A mark in every other byte than it should be is a mark, of nobody at no time. */
static void mark_decode(const uint8_t page[EMERGENCY_PAGE_SIZE], struct emergency *em)
{
	struct reader r = reader_over(page, EMERGENCY_PAGE_SIZE);
	uint8_t again[EMERGENCY_PAGE_SIZE];
	struct emergency read = {.spent = true};
	uint8_t magic[8];

	em->spent = !field_is_zero(page, EMERGENCY_PAGE_SIZE);
	em->spent_at = 0;
	em->spent_uid = NOBODY;
	get_bytes(&r, magic, sizeof(magic));
	read.spent_at = (int64_t)get_u64(&r);
	read.spent_uid = get_u32(&r);
	if (!em->spent || read.spent_uid == NOBODY || mark_encode(&read, again) != 0 ||
	    memcmp(page, again, sizeof(again)) != 0)
		return;
	em->spent_at = read.spent_at;
	em->spent_uid = read.spent_uid;
}

int emergency_encode(const struct emergency *em, uint8_t out[EMERGENCY_FILE_SIZE])
{
	struct writer w = writer_over(out, CHECK_AT);
	struct span page = {out, CHECK_AT};

	if (!uids_ok(em) || !field_time_ok(em->created))
		return -1;
	put_bytes(&w, MAGIC, 8);
	put_u16(&w, VERSION);
	put_u8(&w, (uint8_t)em->uid_count);
	put_zeros(&w, 5);
	put_bytes(&w, em->id, sizeof(em->id));
	put_u64(&w, (uint64_t)em->created);
	for (unsigned i = 0; i < EMERGENCY_UIDS_MAX; i++)
		put_u32(&w, em->uids[i]);
	put_bytes(&w, em->salt, sizeof(em->salt));
	put_bytes(&w, em->hash, sizeof(em->hash));
	put_zeros(&w, w.left);
	if (!writer_full(&w) || crypto_sha256(&page, 1, out + CHECK_AT) != 0)
		return -1;
	return mark_encode(em, out + EMERGENCY_PAGE_SIZE);
}

/* After magic and version, up to the check. */
static bool get_body(struct reader *r, struct emergency *em)
{
	em->uid_count = get_u8(r);
	get_zeros(r, 5);
	get_bytes(r, em->id, sizeof(em->id));
	em->created = (int64_t)get_u64(r);
	for (unsigned i = 0; i < EMERGENCY_UIDS_MAX; i++)
		em->uids[i] = get_u32(r);
	get_bytes(r, em->salt, sizeof(em->salt));
	get_bytes(r, em->hash, sizeof(em->hash));
	get_zeros(r, r->left);
	return reader_finished(r) && uids_ok(em) && field_time_ok(em->created);
}

static bool check_ok(const uint8_t page[EMERGENCY_PAGE_SIZE])
{
	struct span all = {page, CHECK_AT};
	uint8_t hash[CRYPTO_HASH_SIZE];

	return crypto_sha256(&all, 1, hash) == 0 &&
	       memcmp(hash, page + CHECK_AT, sizeof(hash)) == 0;
}

int emergency_decode(const uint8_t *data, size_t len, const char *object,
    struct emergency *ret_em, struct err *e)
{
	struct reader r = reader_over(data, CHECK_AT);
	struct emergency em;
	uint8_t magic[8];
	uint16_t version;

	memset(&em, 0, sizeof(em));
	if (len != EMERGENCY_FILE_SIZE)
		return err_set(e, ERR_DAMAGED, object, "wrong size");
	get_bytes(&r, magic, sizeof(magic));
	version = get_u16(&r);
	if (memcmp(magic, MAGIC, sizeof(magic)) != 0)
		return err_set(e, ERR_FOREIGN, object, "not an emergency file");
	if (version > VERSION)
		return err_set(e, ERR_TOO_NEW, object, "version %u; this program knows %u",
		    version, VERSION);
	if (version != VERSION || !check_ok(data) || !get_body(&r, &em))
		return err_set(e, ERR_DAMAGED, object, "damaged");
	mark_decode(data + EMERGENCY_PAGE_SIZE, &em);
	*ret_em = em;
	return 0;
}

/* ---- the file ---- */

int emergency_open_dir(const char *store_path, struct err *e)
{
	return safedir_open(store_path, FORBIDDEN, e);
}

/* Open and locked, and still what the name stands for: one that was replaced while the lock was
 * waited for is opened anew. ENOENT in errno when there is none. */
static int open_locked(int dirfd, const char *path, struct err *e)
{
	struct stat st;

	for (int tries = 0; tries < 16; tries++) {
		int fd = safefile_open(dirfd, path, EMERGENCY_FILE, O_RDWR, FORBIDDEN, e);

		if (fd < 0)
			return -1;
		if (safefile_lock(fd, path, EMERGENCY_FILE, STORE_LOCK_WAIT_MS, e) != 0) {
			fd_close(&fd);
			return -1;
		}
		if (fstat(fd, &st) == 0 && st.st_nlink == 1)
			return fd;
		fd_close(&fd);
	}
	errno = 0;
	return err_set(e, ERR_BUSY, EMERGENCY_FILE, "is being replaced again and again");
}

static int load(int fd, const char *path, struct emergency *ret_em, struct err *e)
{
	uint8_t bytes[EMERGENCY_FILE_SIZE];
	char object[PATH_SIZE];
	size_t len = 0;

	if (safefile_read_fd(
	        fd, path, EMERGENCY_FILE, bytes, sizeof(bytes), sizeof(bytes), &len, e) != 0)
		return -1;
	return emergency_decode(
	    bytes, len, path_below(object, path, EMERGENCY_FILE), ret_em, e);
}

static int hash_code(const struct emergency *em, const char *code, uint8_t out[CODE_HASH_SIZE])
{
	return strlen(code) == CODE_EMERGENCY_LEN ? code_hash(em->salt, code, out) : -1;
}

static bool lets_in(const struct emergency *em, uid_t uid)
{
	for (unsigned i = 0; i < em->uid_count; i++)
		if (em->uids[i] == uid)
			return true;
	return false;
}

static int write_mark(
    int fd, const char *path, struct emergency *em, uid_t uid, int64_t now, struct err *e)
{
	uint8_t page[EMERGENCY_PAGE_SIZE];

	em->spent = true;
	em->spent_at = field_time_clamp(now); /* a wrong clock must not stand in the way */
	em->spent_uid = uid;
	if (mark_encode(em, page) != 0)
		return err_set(e, ERR_INTERNAL, EMERGENCY_FILE, "cannot make the mark");
	return safefile_write_at(
	    fd, path, EMERGENCY_FILE, page, sizeof(page), EMERGENCY_PAGE_SIZE, e);
}

static enum emergency_result spend(int fd, const char *path, const char *code, uid_t uid,
    int64_t now, struct emergency *em, struct err *e)
{
	uint8_t hash[CRYPTO_HASH_SIZE];
	bool right;

	if (load(fd, path, em, e) != 0)
		return EMERGENCY_ERROR;
	if (hash_code(em, code, hash) != 0) {
		(void)err_set(e, ERR_INTERNAL, EMERGENCY_FILE, "cannot compare");
		return EMERGENCY_ERROR;
	}
	right = bytes_equal(hash, em->hash, sizeof(hash));
	wipe(hash, sizeof(hash));
	if (!right)
		return EMERGENCY_WRONG;
	if (em->spent)
		return EMERGENCY_SPENT;
	if (!lets_in(em, uid))
		return EMERGENCY_NOT_HIM;
	return write_mark(fd, path, em, uid, now, e) == 0 ? EMERGENCY_OPENED : EMERGENCY_ERROR;
}

enum emergency_result emergency_spend(int dirfd, const char *path, const char *code, uid_t uid,
    int64_t now, struct emergency *ret_em, struct err *e)
{
	enum emergency_result result;
	struct emergency em;
	struct err why;
	int fd = open_locked(dirfd, path, &why);

	if (fd < 0 && errno == ENOENT)
		return EMERGENCY_NONE;
	if (fd < 0) {
		(void)err_give(e, &why);
		return EMERGENCY_ERROR;
	}
	result = spend(fd, path, code, uid, now, &em, e);
	fd_close(&fd);
	if (result != EMERGENCY_ERROR)
		*ret_em = em;
	return result;
}

/* ---- administrative side ---- */

static int no_file(const char *path, struct err *e)
{
	char object[PATH_SIZE];

	errno = ENOENT;
	return err_set(e, ERR_NOT_ENROLLED, path_below(object, path, EMERGENCY_FILE),
	    "there is no emergency code");
}

int emergency_read(int dirfd, const char *path, struct emergency *ret_em, struct err *e)
{
	struct err why;
	int fd = safefile_open(dirfd, path, EMERGENCY_FILE, O_RDONLY, FORBIDDEN, &why);
	int r;

	if (fd < 0)
		return errno == ENOENT ? no_file(path, e) : err_give(e, &why);
	r = load(fd, path, ret_em, e);
	fd_close(&fd);
	errno = 0; /* read is read: not an ENOENT for the caller */
	return r;
}

/* Nobody spends the old code while it is replaced or removed: who waits for this lock finds the
 * name changed. One that cannot be opened opens nothing either. */
static int hold_old(int dirfd, const char *path, int *ret_fd, struct err *e)
{
	struct err why;

	*ret_fd = open_locked(dirfd, path, &why);
	return *ret_fd < 0 && why.number == ERR_BUSY ? err_give(e, &why) : 0;
}

static int fill(struct emergency *em, const char *code, const uid_t *uids, unsigned uid_count,
    int64_t now, struct err *e)
{
	memset(em, 0, sizeof(*em));
	em->created = field_time_clamp(now);
	em->spent_uid = NOBODY;
	for (unsigned i = 0; i < uid_count; i++) {
		if (lets_in(em, uids[i]))
			continue;
		if (em->uid_count == EMERGENCY_UIDS_MAX)
			return err_set(e, ERR_LIMIT, EMERGENCY_FILE, "not for more than %d",
			    EMERGENCY_UIDS_MAX);
		em->uids[em->uid_count++] = uids[i];
	}
	if (crypto_random(em->id, sizeof(em->id)) != 0 ||
	    crypto_random(em->salt, sizeof(em->salt)) != 0 ||
	    hash_code(em, code, em->hash) != 0)
		return err_set(e, ERR_INTERNAL, EMERGENCY_FILE, "cannot be made");
	return 0;
}

int emergency_make(const char *code, const uid_t *uids, unsigned uid_count, int64_t now,
    struct emergency *ret_em, struct err *e)
{
	struct emergency em;

	if (fill(&em, code, uids, uid_count, now, e) != 0)
		return -1;
	*ret_em = em;
	return 0;
}

int emergency_put(int dirfd, const char *path, const struct emergency *em, struct err *e)
{
	uint8_t bytes[EMERGENCY_FILE_SIZE];
	int old = -1, r;

	if (emergency_encode(em, bytes) != 0)
		return err_set(e, ERR_INTERNAL, EMERGENCY_FILE, "a field is out of its range");
	if (hold_old(dirfd, path, &old, e) != 0)
		return -1;
	r = safefile_replace(dirfd, path, EMERGENCY_FILE, bytes, sizeof(bytes), FILE_MODE, e);
	fd_close(&old);
	return r;
}

int emergency_write(int dirfd, const char *path, const char *code, const uid_t *uids,
    unsigned uid_count, int64_t now, struct emergency *ret_em, struct err *e)
{
	struct emergency em;

	if (emergency_make(code, uids, uid_count, now, &em, e) != 0 ||
	    emergency_put(dirfd, path, &em, e) != 0)
		return -1;
	*ret_em = em;
	return 0;
}

int emergency_remove(int dirfd, const char *path, struct err *e)
{
	struct err why;
	int old = -1, r;

	if (hold_old(dirfd, path, &old, e) != 0)
		return -1;
	r = safefile_remove(dirfd, path, EMERGENCY_FILE, &why);
	if (r != 0)
		r = errno == ENOENT ? no_file(path, e) : err_give(e, &why);
	fd_close(&old);
	return r;
}
