/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kept certificates of one person: codec, and the file they lie in. Must not judge a
 * certificate, and must cost nobody anything who has no card.
 */
#include "lib/store/certificates.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/safefile.h"
#include "lib/store/field.h"
#include "lib/store/files.h"
#include "lib/wire/secret.h"

#define CERTIFICATES_VERSION 1

const struct box_type certificates_box = {.magic = "SKSHOCRT", .version = CERTIFICATES_VERSION};

/* Too large for a stack; one process does one thing at a time. */
static uint8_t plain_bytes[CERTIFICATES_PLAIN_SIZE], box_bytes[CERTIFICATES_FILE_SIZE];
static struct certificates scratch;

/* ---- codec ---- */

static bool entry_ok(const struct certificates *c, unsigned i)
{
	const struct certificate *x = &c->entries[i];

	if (field_is_zero(x->id, sizeof(x->id)) || x->len == 0 || x->len > CERTIFICATE_MAX)
		return false;
	for (unsigned j = 0; j < i; j++)
		if (memcmp(x->id, c->entries[j].id, sizeof(x->id)) == 0)
			return false;
	return true;
}

static bool certificates_ok(const struct certificates *c)
{
	if (c->count > RECORD_TOKENS_MAX ||
	    field_is_zero(c->incarnation, sizeof(c->incarnation)))
		return false;
	for (unsigned i = 0; i < c->count; i++)
		if (!entry_ok(c, i))
			return false;
	return true;
}

int certificates_encode(const struct certificates *c, uint8_t out[CERTIFICATES_PLAIN_SIZE])
{
	struct writer w = writer_over(out, CERTIFICATES_PLAIN_SIZE);

	if (!certificates_ok(c))
		return -1;
	put_bytes(&w, c->incarnation, sizeof(c->incarnation));
	put_u8(&w, (uint8_t)c->count);
	put_zeros(&w, 15);
	for (unsigned i = 0; i < c->count; i++) {
		const struct certificate *x = &c->entries[i];

		put_bytes(&w, x->id, sizeof(x->id));
		put_u16(&w, x->len);
		put_zeros(&w, 6);
		put_bytes(&w, x->der, x->len);
		put_zeros(&w, CERTIFICATE_MAX - x->len);
	}
	put_zeros(&w, w.left);
	return writer_full(&w) ? 0 : -1;
}

static void get_entry(struct reader *r, struct certificate *x)
{
	get_bytes(r, x->id, sizeof(x->id));
	x->len = get_u16(r);
	get_zeros(r, 6);
	if (x->len > CERTIFICATE_MAX) {
		r->bad = true;
		return;
	}
	get_bytes(r, x->der, x->len);
	get_zeros(r, CERTIFICATE_MAX - x->len);
}

int certificates_decode(const uint8_t *plain, size_t len, const char *object,
    struct certificates *ret_c, struct err *e)
{
	struct reader r = reader_over(plain, len);

	memset(ret_c, 0, sizeof(*ret_c));
	get_bytes(&r, ret_c->incarnation, sizeof(ret_c->incarnation));
	ret_c->count = get_u8(&r);
	get_zeros(&r, 15);
	for (unsigned i = 0; i < RECORD_TOKENS_MAX; i++)
		if (i < ret_c->count)
			get_entry(&r, &ret_c->entries[i]);
		else
			get_zeros(&r, CERTIFICATES_ENTRY_SIZE);
	if (reader_finished(&r) && certificates_ok(ret_c))
		return 0;
	wipe(ret_c, sizeof(*ret_c));
	return err_set(e, ERR_CERT_KEPT, object, "a field is out of its range");
}

/* ---- the file ---- */

/* Where it is; the directory is there as soon as anybody has a card. */
struct place {
	int dir; /* -1: there is none */
	char path[PATH_SIZE], object[PATH_SIZE];
	const char *file;
};

static int place_open(
    struct place *w, const struct store *s, const struct person *p, struct err *e)
{
	struct err why;

	w->file = p->file;
	path_below(w->path, s->path, CERTIFICATES_DIRECTORY);
	path_below(w->object, w->path, w->file);
	w->dir =
	    safedir_open_at(s->dir, s->path, CERTIFICATES_DIRECTORY, DIRECTORY_FORBIDDEN, &why);
	return w->dir >= 0 || errno == ENOENT ? 0 : err_give(e, &why);
}

/* What is not as it was written is told apart from what cannot be read now. */
static int tell_damage(const struct place *w, const struct err *why, struct err *e)
{
	switch (why->number) {
	case ERR_DAMAGED:
	case ERR_FOREIGN:
		return err_set(e, ERR_CERT_KEPT, w->object, "%s", why->why);
	default:
		return err_give(e, why);
	}
}

/* *ret_generation is 0 where there is no file. */
static int load(const struct place *w, const struct keys *k, const struct person *p,
    struct certificates *ret_c, uint64_t *ret_generation, struct err *e)
{
	size_t len = 0;
	struct err why;
	int r = -1;

	memset(ret_c, 0, sizeof(*ret_c));
	*ret_generation = 0;
	if (w->dir < 0)
		return 0;
	if (safefile_read(w->dir, w->path, w->file, FILE_FORBIDDEN, box_bytes,
	        sizeof(box_bytes), sizeof(box_bytes), &len, &why) != 0)
		return errno == ENOENT ? 0 : tell_damage(w, &why, e);
	if (box_open(k, &certificates_box, w->file, w->object, box_bytes, len, ret_generation,
	        plain_bytes, &why) != 0)
		(void)tell_damage(w, &why, e);
	else if (certificates_decode(plain_bytes, sizeof(plain_bytes), w->object, ret_c, e) !=
	         0)
		r = -1;
	else if (memcmp(ret_c->incarnation, p->incarnation, sizeof(p->incarnation)) != 0)
		(void)err_set(e, ERR_CERT_KEPT, w->object, "of an earlier enrollment");
	else
		r = 0;
	wipe(plain_bytes, sizeof(plain_bytes));
	if (r != 0)
		wipe(ret_c, sizeof(*ret_c));
	return r;
}

static int save(const struct place *w, const struct keys *k, const struct certificates *c,
    uint64_t generation, struct err *e)
{
	int r = -1;

	if (certificates_encode(c, plain_bytes) != 0)
		(void)err_set(e, ERR_INTERNAL, w->object, "a field is out of its range");
	else if (box_seal(k, &certificates_box, generation, w->file, plain_bytes,
	             sizeof(plain_bytes), box_bytes, e) == 0)
		r = safefile_replace(
		    w->dir, w->path, w->file, box_bytes, sizeof(box_bytes), FILE_MODE, e);
	wipe(plain_bytes, sizeof(plain_bytes));
	return r;
}

static struct certificate *find(struct certificates *c, const uint8_t id[TOKEN_ID_SIZE])
{
	for (unsigned i = 0; i < c->count; i++)
		if (memcmp(c->entries[i].id, id, TOKEN_ID_SIZE) == 0)
			return &c->entries[i];
	return NULL;
}

int certificates_read(const struct store *s, const struct keys *k, const struct person *p,
    const uint8_t id[TOKEN_ID_SIZE], uint8_t *der, size_t *ret_len, struct err *e)
{
	const struct certificate *x;
	uint64_t generation = 0;
	struct place w;
	int r = -1;

	if (place_open(&w, s, p, e) != 0)
		return -1;
	if (load(&w, k, p, &scratch, &generation, e) != 0)
		goto out;
	x = find(&scratch, id);
	if (x == NULL) {
		(void)err_set(e, ERR_CERT_KEPT, w.object, "no certificate of this card in it");
		goto out;
	}
	memcpy(der, x->der, x->len);
	*ret_len = x->len;
	r = 0;
out:
	wipe(&scratch, sizeof(scratch));
	fd_close(&w.dir);
	return r;
}

/* ---- administrative side ---- */

/* Stores made before there were cards have none. */
static int place_make(
    struct place *w, const struct store *s, const struct person *p, struct err *e)
{
	if (place_open(w, s, p, e) != 0)
		return -1;
	if (w->dir >= 0)
		return 0;
	if (mkdirat(s->dir, CERTIFICATES_DIRECTORY, 0700) != 0 && errno != EEXIST)
		return err_sys(e, ERR_IO, w->path, "cannot make the directory");
	w->dir =
	    safedir_open_at(s->dir, s->path, CERTIFICATES_DIRECTORY, DIRECTORY_FORBIDDEN, e);
	if (w->dir >= 0 && fsync(s->dir) != 0)
		return err_sys(e, ERR_IO, w->path, "cannot make the directory durable");
	return w->dir >= 0 ? 0 : -1;
}

/* Only entries of tokens in the record stay; whether one went. */
static bool drop_strangers(struct certificates *c, const struct record *r)
{
	unsigned kept = 0;
	bool dropped;

	for (unsigned i = 0; i < c->count; i++)
		if (record_find_id(r, c->entries[i].id) != NULL)
			c->entries[kept++] = c->entries[i];
	dropped = kept < c->count;
	c->count = kept;
	return dropped;
}

/* The token that is replaced keeps its certificate until the record is written, if there is
 * room for both. */
static int add(struct certificates *c, const struct person *p, const uint8_t id[TOKEN_ID_SIZE],
    const uint8_t *der, size_t len)
{
	struct certificate *x = find(c, id);

	if (x == NULL && c->count == RECORD_TOKENS_MAX)
		(void)drop_strangers(c, &p->record);
	if (x == NULL && c->count == RECORD_TOKENS_MAX)
		return -1;
	if (x == NULL)
		x = &c->entries[c->count++];
	memset(x, 0, sizeof(*x));
	memcpy(x->id, id, TOKEN_ID_SIZE);
	memcpy(x->der, der, len);
	x->len = (uint16_t)len;
	memcpy(c->incarnation, p->incarnation, sizeof(c->incarnation));
	return 0;
}

int certificates_add(const struct store *s, const struct keys *k, const struct person *p,
    const uint8_t id[TOKEN_ID_SIZE], const uint8_t *der, size_t len, struct err *e)
{
	uint64_t generation = 0;
	struct err why = {0};
	struct place w;
	int r = -1;

	if (len == 0 || len > CERTIFICATE_MAX)
		return err_set(
		    e, ERR_INTERNAL, "certificate", "cannot be kept: %zu bytes", len);
	if (place_make(&w, s, p, e) != 0)
		goto out;
	if (load(&w, k, p, &scratch, &generation, &why) != 0 && why.number != ERR_CERT_KEPT)
		(void)err_give(e, &why);
	else if (add(&scratch, p, id, der, len) != 0)
		(void)err_set(e, ERR_LIMIT, w.object, "no room for another certificate");
	else
		r = save(&w, k, &scratch, generation + 1, e);
out:
	wipe(&scratch, sizeof(scratch));
	fd_close(&w.dir);
	return r;
}

static int remove_file(const struct place *w, struct err *e)
{
	struct err why;

	if (w->dir < 0 || safefile_remove(w->dir, w->path, w->file, &why) == 0 ||
	    errno == ENOENT)
		return 0;
	return err_give(e, &why);
}

int certificates_prune(
    const struct store *s, const struct keys *k, const struct person *p, struct err *e)
{
	uint64_t generation = 0;
	struct err why = {0};
	struct place w;
	int r = 0;

	if (place_open(&w, s, p, e) != 0)
		return -1;
	if (load(&w, k, p, &scratch, &generation, &why) != 0)
		r = why.number == ERR_CERT_KEPT ? 0 : err_give(e, &why);
	else if (drop_strangers(&scratch, &p->record))
		r = scratch.count > 0 ? save(&w, k, &scratch, generation + 1, e)
		                      : remove_file(&w, e);
	wipe(&scratch, sizeof(scratch));
	fd_close(&w.dir);
	return r;
}

int certificates_remove(const struct store *s, const struct person *p, struct err *e)
{
	struct place w;
	int r = -1;

	if (place_open(&w, s, p, e) == 0)
		r = remove_file(&w, e);
	fd_close(&w.dir);
	return r;
}
