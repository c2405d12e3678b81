/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plaintext of a state to struct and back, and the two slots of its file. Must not open, lock
 * or create a file, and must never write over the only good slot.
 */
#include "lib/store/state.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/safefile.h"
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
	       (s->flags & ~(uint32_t)STATE_CODES_HELD) == 0 && field_time_ok(s->accepted) &&
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

/* ---- the two slots ---- */

/* Where a generation belongs. */
static unsigned slot_of(uint64_t generation)
{
	return generation % 2 == 1 ? 0 : 1;
}

struct found {
	bool good;
	uint64_t generation;
	struct state state;
};

static void look_at_slot(const struct keys *k, const char *name, const char *object,
    unsigned slot, const uint8_t *bytes, struct found *f, struct err *e)
{
	uint8_t plain[STATE_PLAIN_SIZE];

	f->good = false;
	if (field_is_zero(bytes, STATE_SLOT_SIZE)) {
		(void)err_set(e, ERR_DAMAGED, object, "slot %u is blank", slot);
		return;
	}
	if (box_open(k, &state_box, name, object, bytes, STATE_SLOT_SIZE, &f->generation, plain,
	        e) == 0 &&
	    state_decode(plain, sizeof(plain), object, &f->state, e) == 0) {
		f->good = slot_of(f->generation) == slot;
		if (!f->good)
			(void)err_set(
			    e, ERR_DAMAGED, object, "slot %u holds the other's", slot);
	}
	wipe(plain, sizeof(plain));
}

/* The slot beside the newest one is as a finished write leaves it. */
static bool other_is_whole(
    const struct found *newest, const struct found *other, const uint8_t *other_bytes)
{
	if (newest->generation == 1)
		return field_is_zero(other_bytes, STATE_SLOT_SIZE);
	return other->good && other->generation == newest->generation - 1;
}

int state_load(const struct keys *k, const char *name, const char *path, int fd,
    struct state_file *ret_f, struct state *ret_s, struct err *e)
{
	uint8_t bytes[STATE_FILE_SIZE];
	char object[sizeof(e->object)];
	struct found slots[2];
	struct err why[2];
	size_t len = 0;
	unsigned newest;
	int r = -1;

	memset(slots, 0, sizeof(slots));
	memset(why, 0, sizeof(why));
	(void)snprintf(object, sizeof(object), "%s/%s", path, name);
	if (safefile_read_fd(fd, path, name, bytes, sizeof(bytes), sizeof(bytes), &len, e) != 0)
		return -1;
	for (unsigned i = 0; i < 2; i++)
		look_at_slot(
		    k, name, object, i, bytes + i * STATE_SLOT_SIZE, &slots[i], &why[i]);
	newest = slots[1].good && (!slots[0].good || slots[1].generation > slots[0].generation);
	if (!slots[newest].good || why[1 - newest].number == ERR_TOO_NEW) {
		if (e != NULL)
			*e = why[why[1].number == ERR_TOO_NEW];
		goto out;
	}
	*ret_f = (struct state_file){.fd = fd,
	    .generation = slots[newest].generation,
	    .slot = newest,
	    .torn = !other_is_whole(
	        &slots[newest], &slots[1 - newest], bytes + (1 - newest) * STATE_SLOT_SIZE)};
	*ret_s = slots[newest].state;
	r = 0;
out:
	wipe(slots, sizeof(slots));
	return r;
}

static int seal(const struct keys *k, const char *name, uint64_t generation,
    const struct state *s, uint8_t out[STATE_SLOT_SIZE], struct err *e)
{
	uint8_t plain[STATE_PLAIN_SIZE];
	int r = -1;

	if (state_encode(s, plain) != 0)
		(void)err_set(e, ERR_INTERNAL, name, "a field is out of its range");
	else
		r = box_seal(k, &state_box, generation, name, plain, sizeof(plain), out, e);
	wipe(plain, sizeof(plain));
	return r;
}

int state_save(const struct keys *k, const char *name, const char *path, struct state_file *f,
    const struct state *s, struct err *e)
{
	uint8_t box[STATE_SLOT_SIZE];
	uint64_t generation = f->generation + 1;
	unsigned slot = slot_of(generation);

	if (generation == 0 || slot == f->slot)
		return err_set(e, ERR_INTERNAL, name, "no slot to write to");
	if (seal(k, name, generation, s, box, e) != 0)
		return -1;
	if (safefile_write_at(
	        f->fd, path, name, box, sizeof(box), (off_t)slot * STATE_SLOT_SIZE, e) != 0)
		return -1;
	f->generation = generation;
	f->slot = slot;
	return 0;
}

int state_new_file(const struct keys *k, const char *name, const struct state *s,
    uint8_t out[STATE_FILE_SIZE], struct err *e)
{
	memset(out, 0, STATE_FILE_SIZE);
	return seal(k, name, 1, s, out, e);
}
