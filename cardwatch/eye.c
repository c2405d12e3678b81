/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From events in readers to "there" and "gone". Must not take another card for the one it
 * follows, and must not let a card that says nothing, or is held, stand before it for good.
 */
#include "cardwatch/eye.h"

#include <string.h>

/* What was made of the card in a reader. It holds for as long as its event does. */
enum face {
	FACE_UNKNOWN = 0, /* not looked at, or to be looked at again */
	FACE_OURS = 1,
	FACE_STRANGER = 2, /* left alone until it moves */
	FACE_NONE = 3,     /* an empty reader */
	FACE_LIKELY = 4,   /* ours, if it was not its reader that came or went */
};

struct place {
	struct card_reader reader;
	enum face face;
	unsigned looks; /* that told nothing */
};

struct view {
	const struct eye *eye;
	enum sight told;
	bool late;      /* a card took all its time, and perhaps the service with it */
	bool last_turn; /* each card has been the first to be asked by now */
	unsigned count;
	struct place places[READER_LIST_MAX];
};

static void tell(struct view *v, enum sight sight)
{
	if (v->told == sight)
		return;
	v->told = sight;
	v->eye->tell(v->eye->context, sight);
}

/* The reader of that name, as it was before. */
static const struct place *place_of(const struct view *v, const struct card_reader *now)
{
	for (unsigned i = 0; i < v->count; i++)
		if (strcmp(v->places[i].reader.name, now->name) == 0)
			return &v->places[i];
	return NULL;
}

/* What is still known of it. Readers that come or go are counted for all of them at once. */
static enum face face_now(const struct place *before, const struct card_reader *now)
{
	uint32_t moved = before->reader.event ^ now->event;

	if (!before->reader.present)
		return FACE_UNKNOWN;
	if (moved == 0)
		return before->face;
	return before->face == FACE_OURS && (moved & READER_EVENT_CARDS) == 0 ? FACE_LIKELY
	                                                                      : FACE_UNKNOWN;
}

/* Takes over what is known of cards that did not move. */
static void update(struct view *v, const struct card_reader_list *l)
{
	struct view next = {.eye = v->eye, .told = v->told, .late = v->late, .count = l->count};

	for (unsigned i = 0; i < l->count; i++) {
		const struct card_reader *now = &l->readers[i];
		const struct place *before = place_of(v, now);
		struct place *p = &next.places[i];

		if (!now->present)
			p->face = FACE_NONE;
		else if (before != NULL)
			p->face = face_now(before, now);
		if (before != NULL && before->reader.event == now->event)
			p->looks = before->looks;
		p->reader = *now;
	}
	*v = next;
}

static bool has_face(const struct view *v, enum face face)
{
	for (unsigned i = 0; i < v->count; i++)
		if (v->places[i].face == face)
			return true;
	return false;
}

/* Results that say more about the moment than about the card. */
static bool is_passing(enum card_result r)
{
	return r == CARD_BUSY || r == CARD_TIMEOUT || r == CARD_GONE || r == CARD_NO_READER ||
	       r == CARD_MALFORMED || r == CARD_STATUS;
}

/* What is mute, of another kind or another's is a stranger. */
static enum card_result look(struct view *v, struct place *p)
{
	struct card_sight sight;
	enum card_result r;

	v->eye->service->until = v->eye->now() + EYE_LOOK_MS;
	r = card_look(v->eye->service, p->reader.name, &sight);
	if (r == CARD_NO_SERVICE || r == CARD_ERROR)
		return r;
	v->late |= r == CARD_BUSY || r == CARD_TIMEOUT;
	p->looks++;
	if (r == CARD_OK &&
	    memcmp(sight.identity, v->eye->identity, sizeof sight.identity) == 0)
		p->face = FACE_OURS;
	else if (!is_passing(r))
		p->face = FACE_STRANGER;
	return CARD_OK;
}

/* Asked once, and before it is said to be gone. One that does not tell is as any other. */
static enum card_result make_sure(struct view *v)
{
	enum card_result r = CARD_OK;

	for (unsigned i = 0; i < v->count && r == CARD_OK; i++) {
		struct place *p = &v->places[i];

		if (p->face != FACE_LIKELY)
			continue;
		p->face = FACE_UNKNOWN;
		r = look(v, p);
	}
	return r;
}

/* All of them, as long as the service bears it. */
static enum card_result search(struct view *v)
{
	struct place *unknown[READER_LIST_MAX];
	enum card_result r = CARD_OK;
	unsigned n = 0;

	for (unsigned i = 0; i < v->count; i++)
		if (v->places[i].face == FACE_UNKNOWN)
			unknown[n++] = &v->places[i];
	for (unsigned i = 0; i < n && r == CARD_OK && !has_face(v, FACE_OURS); i++)
		r = look(v, unknown[(v->eye->turn + i) % n]);
	v->last_turn = v->eye->turn + 1 >= n;
	return r;
}

/* A service that was just started does not know all readers yet: that no card is seen in it
 * is news only after READER_SETTLE_MS. An eye that comes after another has waited, whatever
 * the clock makes of the time the service was started at. */
static unsigned unsettled(const struct eye *eye)
{
	uint64_t age = eye->now() - eye->service->since;

	return eye->turn == 0 && age < READER_SETTLE_MS ? (unsigned)(READER_SETTLE_MS - age)
	                                                : 0;
}

static void tell_result(struct view *v, enum card_result r, bool settled)
{
	if (has_face(v, FACE_OURS))
		tell(v, SIGHT_THERE);
	else if (settled && (r == CARD_OK || (r == CARD_NO_SERVICE && v->late && v->last_turn)))
		tell(v, SIGHT_GONE);
}

static enum card_result look_around(struct view *v, struct card_reader_list *ret_l)
{
	const bool settled = unsettled(v->eye) == 0; /* when it was listed */
	enum card_result r = v->eye->service->list(v->eye->service, ret_l);

	if (r != CARD_OK)
		return r;
	update(v, ret_l);
	r = make_sure(v);
	if (r == CARD_OK && !has_face(v, FACE_OURS)) {
		/* It was there and is not: told before anybody else's card is asked, which may
		 * take its time. */
		if (v->told == SIGHT_THERE)
			tell(v, SIGHT_GONE);
		r = search(v);
	}
	if (has_face(v, FACE_OURS))
		v->late = false;
	tell_result(v, r, settled);
	return r;
}

/* For how long nothing is to be done unless something happens. */
static unsigned pause_of(const struct view *v)
{
	unsigned pause = EYE_HEARTBEAT_MS;

	if (v->told == SIGHT_THERE)
		return pause;
	if (v->told == SIGHT_BLIND)
		pause = unsettled(v->eye);
	for (unsigned i = 0; i < v->count; i++) {
		const struct place *p = &v->places[i];
		unsigned again = EYE_AGAIN_MS << (p->looks < 10 ? p->looks : 10);

		if (p->face == FACE_UNKNOWN && again < pause)
			pause = again;
	}
	return pause;
}

static enum card_result follow(struct view *v)
{
	struct card_reader_list l;
	enum card_result r;

	do {
		r = look_around(v, &l);
		if (r != CARD_OK)
			return r;
		r = v->eye->service->change(v->eye->service, &l, pause_of(v));
	} while (r == CARD_OK || r == CARD_TIMEOUT);
	return r;
}

enum card_result eye_follow(const struct eye *eye)
{
	struct view v = {.eye = eye, .told = SIGHT_BLIND};
	enum card_result r = follow(&v);

	return r == CARD_NO_SERVICE && v.late ? CARD_BUSY : r;
}
