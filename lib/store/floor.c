/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file `clock`: a time that has passed for sure. Must not judge a clock, and must never
 * keep a login waiting.
 */
#include "lib/store/floor.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "lib/base/safefile.h"
#include "lib/store/field.h"
#include "lib/store/files.h"

#define FLOOR_VERSION 1

const struct box_type floor_box = {.magic = "SKSHOCLK", .version = FLOOR_VERSION};

static int encode(int64_t floor, uint8_t out[SLOTS_PLAIN_SIZE])
{
	struct writer w = writer_over(out, SLOTS_PLAIN_SIZE);

	put_u64(&w, (uint64_t)floor);
	put_zeros(&w, w.left);
	return writer_full(&w) && field_time_ok(floor) ? 0 : -1;
}

static int decode(
    const uint8_t *plain, size_t len, const char *object, void *ret, struct err *e)
{
	struct reader r = reader_over(plain, len);
	int64_t floor = (int64_t)get_u64(&r);

	get_zeros(&r, r.left);
	if (!reader_finished(&r) || !field_time_ok(floor))
		return err_set(e, ERR_DAMAGED, object, "a field is out of its range");
	*(int64_t *)ret = floor;
	return 0;
}

static const struct slots_kind kind = {.box = &floor_box, .decode = decode};

int floor_decode(const struct keys *k, const uint8_t *data, size_t len, const char *object,
    int64_t *ret_floor, struct slots_file *ret_f, struct err *e)
{
	int64_t found[2] = {0, 0};
	void *const values[2] = {&found[0], &found[1]};

	if (len != SLOTS_FILE_SIZE)
		return err_set(e, ERR_DAMAGED, object, "wrong size");
	if (slots_decode(&kind, k, FLOOR_FILE, object, data, values, ret_f, e) != 0)
		return -1;
	*ret_floor = found[ret_f->slot];
	return 0;
}

static int load(const struct store *s, const struct keys *k, int fd, int64_t *ret_floor,
    struct slots_file *ret_f, struct err *e)
{
	int64_t found[2] = {0, 0};
	void *const values[2] = {&found[0], &found[1]};

	if (slots_load(&kind, k, FLOOR_FILE, s->path, fd, values, ret_f, e) != 0)
		return -1;
	*ret_floor = found[ret_f->slot];
	return 0;
}

static int open_file(const struct store *s, int flags, struct err *e)
{
	return safefile_open(s->dir, s->path, FLOOR_FILE, flags, FILE_FORBIDDEN, e);
}

int floor_read(const struct store *s, const struct keys *k, int64_t *ret_floor, struct err *e)
{
	char object[PATH_SIZE];
	struct slots_file f;
	struct err why;
	int fd = open_file(s, O_RDONLY, &why);
	int r;

	if (fd < 0 && errno == ENOENT)
		return err_set(
		    e, ERR_DAMAGED, path_below(object, s->path, FLOOR_FILE), "missing");
	if (fd < 0)
		return err_give(e, &why);
	r = load(s, k, fd, ret_floor, &f, e);
	fd_close(&fd);
	return r;
}

static bool step_is_full(int64_t floor, int64_t now)
{
	return field_time_ok(now) && now - floor >= FLOOR_STEP_S;
}

void floor_advance(const struct store *s, const struct keys *k, int64_t floor, int64_t now)
{
	uint8_t plain[SLOTS_PLAIN_SIZE];
	struct slots_file f;
	int fd;

	if (!field_time_ok(floor) || !step_is_full(floor, now))
		return;
	fd = open_file(s, O_RDWR, NULL);
	/* Read again under the lock: another login may have moved it further. */
	if (fd >= 0 && safefile_lock(fd, s->path, FLOOR_FILE, 0, NULL) == 0 &&
	    load(s, k, fd, &floor, &f, NULL) == 0 && step_is_full(floor, now) &&
	    encode(now, plain) == 0)
		(void)!slots_save_lazily(&kind, k, FLOOR_FILE, s->path, &f, plain, NULL);
	fd_close(&fd);
}

int64_t floor_behind(int64_t floor, int64_t now)
{
	int64_t behind;

	if (now >= floor)
		return 0;
	if (__builtin_sub_overflow(floor, now, &behind))
		return INT64_MAX;
	return behind > FLOOR_TOLERANCE_S ? behind : 0;
}

/* In place, so that a login that holds the file open sees it too. What a newer version wrote
 * is left to it. */
static int set_in_place(const struct store *s, const struct keys *k, int fd,
    const uint8_t *plain, bool *ret_unreadable, struct err *e)
{
	struct slots_file f;
	struct err why;
	int64_t old;

	if (safefile_lock(fd, s->path, FLOOR_FILE, STORE_LOCK_WAIT_MS, e) != 0)
		return -1;
	*ret_unreadable = load(s, k, fd, &old, &f, &why) != 0;
	if (*ret_unreadable)
		return why.number == ERR_TOO_NEW ? err_give(e, &why) : 0;
	return slots_save(&kind, k, FLOOR_FILE, s->path, &f, plain, e);
}

static int make_anew(
    const struct store *s, const struct keys *k, const uint8_t *plain, struct err *e)
{
	uint8_t bytes[SLOTS_FILE_SIZE];

	if (slots_new_file(&kind, k, FLOOR_FILE, plain, bytes, e) != 0)
		return -1;
	return safefile_replace(
	    s->dir, s->path, FLOOR_FILE, bytes, sizeof(bytes), FILE_MODE, e);
}

int floor_set(const struct store *s, const struct keys *k, int64_t floor, struct err *e)
{
	uint8_t plain[SLOTS_PLAIN_SIZE];
	bool unreadable = true;
	struct err why;
	int fd, r;

	if (encode(floor, plain) != 0)
		return err_set(e, ERR_INTERNAL, s->path, "this time cannot be kept");
	fd = open_file(s, O_RDWR, &why);
	if (fd < 0 && errno != ENOENT)
		return err_give(e, &why);
	r = fd < 0 ? 0 : set_in_place(s, k, fd, plain, &unreadable, e);
	if (r == 0 && unreadable)
		r = make_anew(s, k, plain, e);
	fd_close(&fd);
	return r;
}
