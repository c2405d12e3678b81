/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The two slots of a file that is changed in place. Must not open, lock or create a file, and
 * must never write over the only good slot.
 */
#include "lib/store/slots.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/safefile.h"
#include "lib/store/field.h"
#include "lib/wire/secret.h"

/* Where a generation belongs. */
static unsigned slot_of(uint64_t generation)
{
	return generation % 2 == 1 ? 0 : 1;
}

struct found {
	bool good;
	uint64_t generation;
	struct err why; /* unless good */
};

static void look_at_slot(const struct slots_kind *kind, const struct keys *k, const char *name,
    const char *object, unsigned slot, const uint8_t *bytes, void *value, struct found *f)
{
	uint8_t plain[SLOTS_PLAIN_SIZE];

	if (field_is_zero(bytes, SLOTS_SLOT_SIZE)) {
		(void)err_set(&f->why, ERR_DAMAGED, object, "slot %u is blank", slot);
		return;
	}
	if (box_open(k, kind->box, name, object, bytes, SLOTS_SLOT_SIZE, &f->generation, plain,
	        &f->why) == 0 &&
	    kind->decode(plain, sizeof(plain), object, value, &f->why) == 0) {
		f->good = slot_of(f->generation) == slot;
		if (!f->good)
			(void)err_set(
			    &f->why, ERR_DAMAGED, object, "slot %u holds the other's", slot);
	}
	wipe(plain, sizeof(plain));
}

/* Neither good nor damaged: nobody knows what it holds. To take the other one instead could
 * bring used codes back. */
static bool is_undecided(const struct found *f)
{
	return f->why.number == ERR_TOO_NEW || f->why.number == ERR_INTERNAL;
}

/* The slot beside the newest one is as a finished write leaves it. */
static bool other_is_whole(
    const struct found *newest, const struct found *other, const uint8_t *other_bytes)
{
	if (newest->generation == 1)
		return field_is_zero(other_bytes, SLOTS_SLOT_SIZE);
	return other->good && other->generation == newest->generation - 1;
}

int slots_decode(const struct slots_kind *kind, const struct keys *k, const char *name,
    const char *object, const uint8_t bytes[SLOTS_FILE_SIZE], void *const values[2],
    struct slots_file *ret_f, struct err *e)
{
	struct found slots[2];
	unsigned newest;

	memset(slots, 0, sizeof(slots));
	for (unsigned i = 0; i < 2; i++)
		look_at_slot(kind, k, name, object, i, bytes + i * SLOTS_SLOT_SIZE, values[i],
		    &slots[i]);
	newest = slots[1].good && (!slots[0].good || slots[1].generation > slots[0].generation);
	if (!slots[newest].good || is_undecided(&slots[1 - newest])) {
		if (e != NULL)
			*e = slots[is_undecided(&slots[1])].why;
		return -1;
	}
	*ret_f = (struct slots_file){.fd = -1,
	    .generation = slots[newest].generation,
	    .slot = newest,
	    .torn = !other_is_whole(
	        &slots[newest], &slots[1 - newest], bytes + (1 - newest) * SLOTS_SLOT_SIZE)};
	return 0;
}

int slots_load(const struct slots_kind *kind, const struct keys *k, const char *name,
    const char *path, int fd, void *const values[2], struct slots_file *ret_f, struct err *e)
{
	uint8_t bytes[SLOTS_FILE_SIZE];
	char object[sizeof(e->object)];
	struct slots_file f;
	size_t len = 0;

	(void)snprintf(object, sizeof(object), "%s/%s", path, name);
	if (safefile_read_fd(fd, path, name, bytes, sizeof(bytes), sizeof(bytes), &len, e) !=
	        0 ||
	    slots_decode(kind, k, name, object, bytes, values, &f, e) != 0)
		return -1;
	*ret_f = f;
	ret_f->fd = fd;
	return 0;
}

typedef int (*slot_writer)(int fd, const char *path, const char *name, const void *data,
    size_t len, off_t offset, struct err *e);

static int save(const struct slots_kind *kind, const struct keys *k, const char *name,
    const char *path, struct slots_file *f, const uint8_t *plain, slot_writer write_slot,
    struct err *e)
{
	uint8_t box[SLOTS_SLOT_SIZE];
	uint64_t generation = f->generation + 1;
	unsigned slot = slot_of(generation);

	if (generation == 0 || slot == f->slot)
		return err_set(e, ERR_INTERNAL, name, "no slot to write to");
	if (box_seal(k, kind->box, generation, name, plain, SLOTS_PLAIN_SIZE, box, e) != 0)
		return -1;
	if (write_slot(f->fd, path, name, box, sizeof(box), (off_t)slot * SLOTS_SLOT_SIZE, e) !=
	    0)
		return -1;
	f->generation = generation;
	f->slot = slot;
	return 0;
}

int slots_save(const struct slots_kind *kind, const struct keys *k, const char *name,
    const char *path, struct slots_file *f, const uint8_t *plain, struct err *e)
{
	return save(kind, k, name, path, f, plain, safefile_write_at, e);
}

int slots_save_lazily(const struct slots_kind *kind, const struct keys *k, const char *name,
    const char *path, struct slots_file *f, const uint8_t *plain, struct err *e)
{
	return save(kind, k, name, path, f, plain, safefile_write_lazily, e);
}

int slots_new_file(const struct slots_kind *kind, const struct keys *k, const char *name,
    const uint8_t *plain, uint8_t out[SLOTS_FILE_SIZE], struct err *e)
{
	memset(out, 0, SLOTS_FILE_SIZE);
	return box_seal(k, kind->box, 1, name, plain, SLOTS_PLAIN_SIZE, out, e);
}
