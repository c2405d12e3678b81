/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plaintext of a state to struct and back. Must not open, lock or create a file; how its file
 * is written is slots.c's.
 */
#include "lib/store/state.h"

#include <string.h>

#include "lib/store/field.h"
#include "lib/wire/secret.h"

#define STATE_VERSION 1

const struct box_type state_box = {.magic = "SKSHOSTA", .version = STATE_VERSION};

/* ---- codec ---- */

static bool counters_ok(const struct state *s)
{
	for (unsigned i = 0; i < RECORD_TOKENS_MAX; i++) {
		const struct counter *c = &s->counters[i];

		if (field_is_zero(c->id, sizeof(c->id))) {
			if (c->next != 0 || c->drift != 0)
				return false;
			continue;
		}
		if (c->drift < -STATE_DRIFT_MAX || c->drift > STATE_DRIFT_MAX)
			return false;
		for (unsigned j = 0; j < i; j++)
			if (memcmp(c->id, s->counters[j].id, sizeof(c->id)) == 0)
				return false;
	}
	return true;
}

static bool state_ok(const struct state *s)
{
	return !field_is_zero(s->incarnation, sizeof(s->incarnation)) &&
	       (s->flags & ~(uint32_t)STATE_FLAGS) == 0 && field_time_ok(s->accepted) &&
	       field_time_ok(s->last_seen) && s->recovery_spent >> RECORD_RECOVERY_MAX == 0 &&
	       counters_ok(s);
}

static void put_counter(struct writer *w, const struct counter *c)
{
	put_bytes(w, c->id, sizeof(c->id));
	put_u64(w, c->next);
	put_u32(w, (uint32_t)c->drift);
	put_zeros(w, 12);
}

static void put_bucket(struct writer *w, const struct bucket *b)
{
	for (unsigned i = 0; i < STATE_FACTORS; i++)
		put_u16(w, b->failures[i]);
	put_u32(w, b->streak);
	put_zeros(w, 4);
	put_bytes(w, b->boot_id, sizeof(b->boot_id));
	put_u64(w, b->until_ms);
	put_zeros(w, 24);
}

int state_encode(const struct state *s, uint8_t out[STATE_PLAIN_SIZE])
{
	struct writer w = writer_over(out, STATE_PLAIN_SIZE);

	if (!state_ok(s))
		return -1;
	put_bytes(&w, s->incarnation, sizeof(s->incarnation));
	put_u32(&w, s->flags);
	put_zeros(&w, 4);
	put_u64(&w, (uint64_t)s->accepted);
	put_u64(&w, (uint64_t)s->last_seen);
	put_u16(&w, s->recovery_spent);
	put_zeros(&w, 6);
	for (unsigned i = 0; i < RECORD_TEMPORARY_MAX; i++)
		put_u16(&w, s->temporary_uses[i]);
	put_zeros(&w, 8);
	for (unsigned i = 0; i < RECORD_TOKENS_MAX; i++)
		put_counter(&w, &s->counters[i]);
	for (unsigned i = 0; i < STATE_BUCKETS; i++)
		put_bucket(&w, &s->buckets[i]);
	put_zeros(&w, w.left);
	return writer_full(&w) ? 0 : -1;
}

static void get_counter(struct reader *r, struct counter *c)
{
	get_bytes(r, c->id, sizeof(c->id));
	c->next = get_u64(r);
	c->drift = (int32_t)get_u32(r);
	get_zeros(r, 12);
}

static void get_bucket(struct reader *r, struct bucket *b)
{
	for (unsigned i = 0; i < STATE_FACTORS; i++)
		b->failures[i] = get_u16(r);
	b->streak = get_u32(r);
	get_zeros(r, 4);
	get_bytes(r, b->boot_id, sizeof(b->boot_id));
	b->until_ms = get_u64(r);
	get_zeros(r, 24);
}

static void get_state(struct reader *r, struct state *s)
{
	get_bytes(r, s->incarnation, sizeof(s->incarnation));
	s->flags = get_u32(r);
	get_zeros(r, 4);
	s->accepted = (int64_t)get_u64(r);
	s->last_seen = (int64_t)get_u64(r);
	s->recovery_spent = get_u16(r);
	get_zeros(r, 6);
	for (unsigned i = 0; i < RECORD_TEMPORARY_MAX; i++)
		s->temporary_uses[i] = get_u16(r);
	get_zeros(r, 8);
	for (unsigned i = 0; i < RECORD_TOKENS_MAX; i++)
		get_counter(r, &s->counters[i]);
	for (unsigned i = 0; i < STATE_BUCKETS; i++)
		get_bucket(r, &s->buckets[i]);
	get_zeros(r, r->left);
}

int state_decode(
    const uint8_t *plain, size_t len, const char *object, struct state *ret_s, struct err *e)
{
	struct reader r = reader_over(plain, len);

	memset(ret_s, 0, sizeof(*ret_s));
	get_state(&r, ret_s);
	if (len == STATE_PLAIN_SIZE && reader_finished(&r) && state_ok(ret_s))
		return 0;
	wipe(ret_s, sizeof(*ret_s));
	return err_set(e, ERR_DAMAGED, object, "a field is out of its range");
}

struct counter *state_counter(struct state *s, const uint8_t id[TOKEN_ID_SIZE])
{
	if (field_is_zero(id, TOKEN_ID_SIZE))
		return NULL;
	for (unsigned i = 0; i < RECORD_TOKENS_MAX; i++)
		if (memcmp(s->counters[i].id, id, TOKEN_ID_SIZE) == 0)
			return &s->counters[i];
	return NULL;
}

/* ---- its file ---- */

static int decode_value(
    const uint8_t *plain, size_t len, const char *object, void *ret, struct err *e)
{
	return state_decode(plain, len, object, ret, e);
}

static const struct slots_kind kind = {.box = &state_box, .decode = decode_value};

int state_load(const struct keys *k, const char *name, const char *path, int fd,
    struct slots_file *ret_f, struct state *ret_s, struct err *e)
{
	struct state found[2];
	void *const values[2] = {&found[0], &found[1]};
	int r = slots_load(&kind, k, name, path, fd, values, ret_f, e);

	if (r == 0)
		*ret_s = found[ret_f->slot];
	wipe(found, sizeof(found));
	return r;
}

static int encode(
    const char *name, const struct state *s, uint8_t out[STATE_PLAIN_SIZE], struct err *e)
{
	if (state_encode(s, out) != 0)
		return err_set(e, ERR_INTERNAL, name, "a field is out of its range");
	return 0;
}

int state_save(const struct keys *k, const char *name, const char *path, struct slots_file *f,
    const struct state *s, struct err *e)
{
	uint8_t plain[STATE_PLAIN_SIZE];
	int r = -1;

	if (encode(name, s, plain, e) == 0)
		r = slots_save(&kind, k, name, path, f, plain, e);
	wipe(plain, sizeof(plain));
	return r;
}

int state_new_file(const struct keys *k, const char *name, const struct state *s,
    uint8_t out[STATE_FILE_SIZE], struct err *e)
{
	uint8_t plain[STATE_PLAIN_SIZE];
	int r = -1;

	if (encode(name, s, plain, e) == 0)
		r = slots_new_file(&kind, k, name, plain, out, e);
	wipe(plain, sizeof(plain));
	return r;
}
