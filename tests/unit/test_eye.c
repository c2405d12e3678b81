/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * eye.c: what is told about one card among others, and which cards are asked. The readers here
 * change when the eye waits, a step for each wait; after the last one the service is gone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "cardwatch/eye.h"

#define OURS     0x11
#define STRANGER 0x22

struct slot {
	struct card_reader reader;
	uint8_t number;            /* of the card */
	enum card_result connects; /* CARD_OK, or what comes instead */
	enum card_result begins;   /* the same when its time is over, which costs the service */
	unsigned asked;
};

static struct room {
	struct card_service service; /* first */
	unsigned count;
	struct slot slots[3];
	struct slot *connected;
	void (*const *steps)(void);
	char told[16];
	unsigned told_count, lists;
	unsigned waits[16], wait_count;
	unsigned patience; /* how many that do not come in time are borne */
	uint64_t clock;
	enum card_result list_result;
} room;

static uint64_t now(void)
{
	return room.clock;
}

static enum card_result room_list(struct card_service *s, struct card_reader_list *ret_l)
{
	(void)s;
	memset(ret_l, 0, sizeof *ret_l);
	ret_l->count = room.count;
	for (unsigned i = 0; i < room.count; i++)
		ret_l->readers[i] = room.slots[i].reader;
	room.lists++;
	return room.list_result;
}

static enum card_result room_change(
    struct card_service *s, const struct card_reader_list *seen, unsigned timeout_ms)
{
	(void)s, (void)seen;
	assert_true(room.wait_count < 16);
	room.waits[room.wait_count++] = timeout_ms;
	if (*room.steps == NULL || room.patience == 0)
		return CARD_NO_SERVICE;
	(*room.steps++)();
	return CARD_OK;
}

static enum card_result room_connect(struct card_service *s, const char *reader)
{
	if (room.patience == 0)
		return CARD_NO_SERVICE;
	assert_int_equal(s->until, room.clock + EYE_LOOK_MS);
	for (unsigned i = 0; i < room.count; i++) {
		struct slot *slot = &room.slots[i];

		if (strcmp(slot->reader.name, reader) != 0)
			continue;
		assert_true(slot->reader.present);
		slot->asked++;
		room.connected = slot;
		return slot->connects;
	}
	return CARD_GONE;
}

static enum card_result room_begin(struct card_service *s)
{
	(void)s;
	if (room.connected->begins != CARD_OK)
		room.patience--;
	return room.connected->begins;
}

static enum card_result room_transmit(struct card_service *s, const uint8_t *command,
    size_t len, uint8_t *ret_answer, size_t *ret_len)
{
	const uint8_t select[] = {
	    0x61, 0x0b, 0x4f, 0x09, 0xa0, 0, 0, 3, 8, 0, 0, 0x10, 0, 0x90, 0};
	const uint8_t chuid[] = {0x53, 0x02, 0x34, room.connected->number, 0x90, 0};
	const uint8_t tries[] = {0x63, 0xc3};
	const struct {
		uint8_t instruction;
		const uint8_t *answer;
		size_t len;
	} rows[] = {{0xa4, select, sizeof select}, {0xcb, chuid, sizeof chuid},
	    {0x20, tries, sizeof tries}};

	(void)s;
	assert_true(len >= 4);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (rows[i].instruction != command[1])
			continue;
		/* no PIN, ever */
		assert_true(command[1] != 0x20 || len == 4);
		memcpy(ret_answer, rows[i].answer, rows[i].len);
		*ret_len = rows[i].len;
		return CARD_OK;
	}
	fail_msg("command %02x", command[1]);
	return CARD_ERROR;
}

static void room_reset(struct card_service *s)
{
	(void)s;
	room.connected = NULL;
}

static void tell(void *context, enum sight sight)
{
	(void)context;
	assert_true(room.told_count < sizeof room.told - 1);
	room.told[room.told_count++] = sight == SIGHT_THERE ? 'T' : 'G';
}

/* ---- what happens in the room ---- */

static void put(unsigned slot, uint8_t number)
{
	room.slots[slot].reader.present = true;
	room.slots[slot].reader.event++;
	room.slots[slot].number = number;
	room.slots[slot].connects = CARD_OK;
	room.slots[slot].begins = CARD_OK;
}

static void take(unsigned slot)
{
	room.slots[slot].reader.present = false;
	room.slots[slot].reader.event++;
}

static void put_ours(void)
{
	put(0, OURS);
}
static void take_ours(void)
{
	take(0);
}
static void put_stranger_in_its_place(void)
{
	take(0);
	put(0, STRANGER);
}
static void swap_and_back(void)
{
	take(0);
	put(0, OURS);
}
static void put_stranger_beside(void)
{
	put(1, STRANGER);
}
static void take_stranger(void)
{
	take(1);
}
static void put_ours_beside(void)
{
	put(1, OURS);
}
static void unplug_first(void)
{
	room.slots[0] = room.slots[1];
	room.count = 1;
}
/* A reader that is not in the list, as pcscd tells it since 2.3. */
static void another_reader_comes_or_goes(void)
{
	for (unsigned i = 0; i < room.count; i++)
		room.slots[i].reader.event += 0x10000;
}
static void replug_with_stranger(void)
{
	another_reader_comes_or_goes();
	room.slots[0].number = STRANGER;
}
static void another_reader_while_held(void)
{
	another_reader_comes_or_goes();
	room.slots[0].connects = CARD_BUSY;
}
static void another_reader_and_the_end(void)
{
	another_reader_comes_or_goes();
	room.slots[0].connects = CARD_NO_SERVICE;
}
static void nothing(void)
{
}
static void free_it(void)
{
	room.slots[0].connects = CARD_OK;
}
static void time_passes(void)
{
	room.clock += READER_SETTLE_MS;
}
static void list_fails(void)
{
	room.list_result = CARD_TIMEOUT;
}

/* Two readers, both empty; a service that has been there for long. */
static void empty_room(void (*const *steps)(void))
{
	memset(&room, 0, sizeof room);
	room.service = (struct card_service){.list = room_list,
	    .change = room_change,
	    .connect = room_connect,
	    .begin = room_begin,
	    .transmit = room_transmit,
	    .reset = room_reset};
	room.steps = steps;
	room.patience = 1;
	room.count = 2;
	memcpy(room.slots[0].reader.name, "Reader 0", 9);
	memcpy(room.slots[1].reader.name, "Reader 1", 9);
	memcpy(room.slots[2].reader.name, "Reader 2", 9);
	room.clock = 100000;
	room.list_result = CARD_OK;
}

static enum card_result follow_after(unsigned turn, uint64_t since)
{
	const uint8_t content[] = {0x34, OURS};
	uint8_t identity[APPLET_IDENTITY_SIZE];
	const struct span span = {content, sizeof content};

	assert_int_equal(crypto_sha256(&span, 1, identity), 0);
	room.service.since = since;
	return eye_follow(&(struct eye){.service = &room.service,
	    .now = now,
	    .identity = identity,
	    .turn = turn,
	    .tell = tell});
}

static enum card_result follow(uint64_t since)
{
	return follow_after(0, since);
}

static void told_is(const char *told)
{
	assert_int_equal(follow(0), CARD_NO_SERVICE);
	assert_string_equal(room.told, told);
}

#define STEPS(...)                                                                             \
	(void (*const[])(void))                                                                \
	{                                                                                      \
		__VA_ARGS__, NULL                                                              \
	}

static void it_leaves_and_comes_back(void **context)
{
	(void)context;
	empty_room(STEPS(take_ours, put_ours));
	put(0, OURS);
	told_is("TGT");
	assert_int_equal(room.slots[0].asked, 2);
}

static void a_card_that_lies_there_is_asked_once(void **context)
{
	(void)context;
	empty_room(STEPS(nothing, take_stranger, put_stranger_beside, nothing));
	put(0, OURS);
	put(1, STRANGER);
	told_is("T");
	assert_int_equal(room.slots[0].asked, 1);
	/* and nobody else's at all */
	assert_int_equal(room.slots[1].asked, 0);
	/* nothing wakes the eye but an event, as long as it is there */
	for (unsigned i = 0; i < room.wait_count; i++)
		assert_int_equal(room.waits[i], EYE_HEARTBEAT_MS);
}

static void a_stranger_is_asked_once_and_is_not_it(void **context)
{
	(void)context;
	empty_room(STEPS(nothing, take_ours, nothing, put_ours));
	put(0, OURS);
	put(1, STRANGER);
	told_is("TGT");
	assert_int_equal(room.slots[1].asked, 1);
}

static void another_in_its_place_is_not_it(void **context)
{
	(void)context;
	empty_room(STEPS(put_stranger_in_its_place, nothing));
	put(0, OURS);
	told_is("TG");
	assert_int_equal(room.slots[0].asked, 2);
}

static void out_and_in_between_two_looks(void **context)
{
	(void)context;
	empty_room(STEPS(swap_and_back));
	put(0, OURS);
	/* it was away, be it for a moment; the grace time is for that */
	told_is("TGT");
}

static void it_may_come_back_into_another_reader(void **context)
{
	(void)context;
	empty_room(STEPS(take_ours, put_ours_beside));
	put(0, OURS);
	told_is("TGT");
}

static void a_reader_that_is_unplugged_takes_it_along(void **context)
{
	(void)context;
	empty_room(STEPS(unplug_first, nothing));
	put(0, OURS);
	told_is("TG");
}

static void a_reader_beside_takes_nothing_along(void **context)
{
	(void)context;
	empty_room(STEPS(another_reader_comes_or_goes, nothing, another_reader_comes_or_goes));
	put(1, OURS);
	put(0, STRANGER);
	told_is("T");
	/* its own first, and no other */
	assert_int_equal(room.slots[1].asked, 3);
	assert_int_equal(room.slots[0].asked, 1);
	/* and then it leaves */
	empty_room(STEPS(another_reader_comes_or_goes, take_ours));
	put(0, OURS);
	told_is("TG");
	/* or is another by now: its reader went and came */
	empty_room(STEPS(replug_with_stranger, nothing));
	put(0, OURS);
	told_is("TG");
	assert_int_equal(room.slots[0].asked, 2);
	/* what is held all the time it may take is not there */
	empty_room(STEPS(another_reader_while_held, free_it));
	put(0, OURS);
	told_is("TGT");
	/* nobody can tell */
	empty_room(STEPS(another_reader_and_the_end, nothing));
	put(0, OURS);
	told_is("T");
}

static void never_seen_is_gone(void **context)
{
	(void)context;
	empty_room(STEPS(nothing));
	told_is("G");
}

static void a_young_service_is_given_time(void **context)
{
	(void)context;
	empty_room(STEPS(nothing, put_ours));
	assert_int_equal(follow(room.clock), CARD_NO_SERVICE);
	assert_string_equal(room.told, "T");
	assert_int_equal(room.waits[0], READER_SETTLE_MS);
	empty_room(STEPS(nothing, time_passes));
	assert_int_equal(follow(room.clock), CARD_NO_SERVICE);
	assert_string_equal(room.told, "G");
}

static void a_card_that_another_program_has_is_asked_again(void **context)
{
	(void)context;
	empty_room(STEPS(nothing, nothing, free_it));
	put(0, OURS);
	room.slots[0].connects = CARD_BUSY;
	told_is("GT");
	assert_int_equal(room.slots[0].asked, 4);
	/* ever more seldom, then not at all */
	assert_int_equal(room.waits[1], 2 * room.waits[0]);
	assert_int_equal(room.waits[2], 4 * room.waits[0]);
	assert_int_equal(room.waits[3], EYE_HEARTBEAT_MS);
}

static void one_that_is_mute_is_left_alone(void **context)
{
	(void)context;
	empty_room(STEPS(nothing, nothing));
	put(0, OURS);
	room.slots[0].connects = CARD_MUTE;
	told_is("G");
	assert_int_equal(room.slots[0].asked, 1);
}

static void a_service_that_ends_is_no_news_of_the_card(void **context)
{
	(void)context;
	empty_room(STEPS(nothing));
	put(0, OURS);
	told_is("T");
	/* also where it ends in the middle of a look */
	empty_room(STEPS(nothing));
	put(0, OURS);
	room.slots[0].connects = CARD_NO_SERVICE;
	told_is("");
}

/* Two strangers before ours, each taking all of its time. */
static void held_room(unsigned patience, enum card_result how)
{
	static void (*const steps[])(void) = {nothing, NULL};

	empty_room(steps);
	room.count = 3;
	room.patience = patience;
	put(0, STRANGER);
	put(1, STRANGER);
	put(2, OURS);
	room.slots[0].begins = how;
	room.slots[1].begins = how;
}

static void a_stranger_that_takes_its_time_does_not_hide_it(void **context)
{
	static const enum card_result ways[] = {CARD_BUSY, CARD_TIMEOUT};

	(void)context;
	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
		held_room(1, ways[i]);
		assert_int_equal(follow_after(0, 0), CARD_BUSY);
		assert_string_equal(room.told, "");
		held_room(1, ways[i]);
		assert_int_equal(follow_after(1, 0), CARD_BUSY);
		assert_string_equal(room.told, "");
		held_room(1, ways[i]);
		(void)follow_after(2, 0);
		assert_string_equal(room.told, "T");
		/* one that is borne costs no turn */
		held_room(2, ways[i]);
		(void)follow_after(1, 0);
		assert_string_equal(room.told, "T");
		held_room(3, ways[i]);
		(void)follow_after(0, 0);
		assert_string_equal(room.told, "T");
	}
}

static void what_cannot_be_seen_is_gone_when_each_had_its_turn(void **context)
{
	(void)context;
	for (unsigned turn = 0; turn < 5; turn++) {
		held_room(1, CARD_BUSY);
		room.slots[2].begins = CARD_BUSY;
		assert_int_equal(follow_after(turn, 0), CARD_BUSY);
		assert_string_equal(room.told, turn < 2 ? "" : "G");
	}
	/* alone it needs no other turn, but a young service may not know all of them yet */
	for (unsigned turn = 0; turn < 2; turn++) {
		empty_room(STEPS(nothing));
		put(0, OURS);
		room.slots[0].begins = CARD_TIMEOUT;
		assert_int_equal(follow_after(turn, room.clock), CARD_BUSY);
		assert_string_equal(room.told, turn == 0 ? "" : "G");
	}
	empty_room(STEPS(nothing));
	put(0, OURS);
	room.slots[0].begins = CARD_TIMEOUT;
	assert_int_equal(follow(0), CARD_BUSY);
	assert_string_equal(room.told, "G");
}

static void a_list_that_fails_ends_it(void **context)
{
	(void)context;
	empty_room(STEPS(list_fails, nothing, nothing));
	put(0, OURS);
	assert_int_equal(follow(0), CARD_TIMEOUT);
	assert_string_equal(room.told, "T");
	assert_int_equal(room.lists, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_leaves_and_comes_back),
	    cmocka_unit_test(a_card_that_lies_there_is_asked_once),
	    cmocka_unit_test(a_stranger_is_asked_once_and_is_not_it),
	    cmocka_unit_test(another_in_its_place_is_not_it),
	    cmocka_unit_test(out_and_in_between_two_looks),
	    cmocka_unit_test(it_may_come_back_into_another_reader),
	    cmocka_unit_test(a_reader_that_is_unplugged_takes_it_along),
	    cmocka_unit_test(a_reader_beside_takes_nothing_along),
	    cmocka_unit_test(never_seen_is_gone),
	    cmocka_unit_test(a_young_service_is_given_time),
	    cmocka_unit_test(a_card_that_another_program_has_is_asked_again),
	    cmocka_unit_test(one_that_is_mute_is_left_alone),
	    cmocka_unit_test(a_service_that_ends_is_no_news_of_the_card),
	    cmocka_unit_test(a_stranger_that_takes_its_time_does_not_hide_it),
	    cmocka_unit_test(what_cannot_be_seen_is_gone_when_each_had_its_turn),
	    cmocka_unit_test(a_list_that_fails_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
