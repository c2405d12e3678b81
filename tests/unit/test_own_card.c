/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finding a person's card among others: whom it asks, in which order, what, and for how long.
 * Over pcscd: tests/system/card_crowd.sh.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "lib/factors/own_card.h"
#include "tests/unit/alice_card.h"

static struct own_cards own;
static struct own_card found;
static struct working_card second;
static struct err e;
static uint64_t wait_until;

static enum card_result find(void)
{
	memset(&found, 0, sizeof found);
	memset(&e, 0, sizeof e);
	memset(readers.order, 0, sizeof readers.order);
	readers.connects = 0;
	return own_card_find(&readers.service, -1, &own,
	    (struct own_card_time){
	        .wait = wait_until, .end = monotonic_ms() + OWN_CARD_VISIT_MS},
	    &found, &e);
}

static void finds(const char *reader)
{
	enum card_result r = find();

	if (r != CARD_OK)
		fail_msg("%s: %s", e.object, card_result_why(r));
	assert_string_equal(found.reader.name, reader);
	assert_int_equal(e.number, ERR_NONE);
}

/* reader NULL: nothing is said. */
static void finds_none(enum card_result want, const char *reader)
{
	enum card_result r = find();

	if (r != want)
		fail_msg("%s; wanted: %s", card_result_why(r), card_result_why(want));
	if (reader != NULL)
		assert_string_equal(e.object, reader);
	else
		assert_int_equal(e.number, ERR_NONE);
}

static void asks(const char *order)
{
	assert_string_equal(readers.order, order);
	assert_int_equal(readers.open, -1);
}

/* A card that is held costs its time: who is in nobody's use comes first. */
static void free_readers_come_first(void **context)
{
	(void)context;
	readers_put(&readers, 0, &stranger);
	readers_put(&readers, 2, &stranger);
	readers.list.readers[0].in_use = true;
	finds("Reader 1");
	asks("1");
	readers.list.readers[1].in_use = true;
	finds("Reader 1");
	asks("201");
	/* what did not come in time before, last of all */
	strcpy(readers.service.slow, "Reader 2");
	finds("Reader 1");
	asks("01");
	readers_put(&readers, 1, NULL);
	finds_none(CARD_NO_CARD, NULL);
	asks("02");
}

/* The share of each is what is left, by how many are left. */
static void everybody_has_his_share(void **context)
{
	(void)context;
	readers_put(&readers, 0, &stranger);
	readers_put(&readers, 2, &stranger);
	readers_put(&readers, 3, &stranger);
	readers_put(&readers, 1, NULL);
	finds_none(CARD_NO_CARD, NULL);
	asks("023");
	assert_in_range(readers.left_ms[0], 1, OWN_CARD_VISIT_MS / 3);
	assert_in_range(readers.left_ms[1], 1, OWN_CARD_VISIT_MS / 2);
	assert_in_range(readers.left_ms[2], 1, OWN_CARD_VISIT_MS);
	/* the certificate that is read off the card next has what is left of all */
	readers_put(&readers, 0, &piv);
	finds("Reader 0");
	assert_true(readers.service.until > monotonic_ms() + 2 * readers.left_ms[0]);
}

/* What goes wrong with one card is not the end of the search, nor is it nothing. */
static void a_card_that_cannot_be_asked(void **context)
{
	static const struct {
		enum card_result fault, told;
	} rows[] = {
	    {CARD_BUSY, CARD_BUSY},
	    {CARD_TIMEOUT, CARD_TIMEOUT},
	    {CARD_GONE, CARD_GONE},
	    {CARD_MALFORMED, CARD_MALFORMED},
	    {CARD_ERROR, CARD_NO_CARD}, /* none: it answers */
	    {CARD_MUTE, CARD_NO_CARD},
	    {CARD_NO_CARD, CARD_NO_CARD},
	    {CARD_NO_APPLET, CARD_NO_CARD},
	    {CARD_NO_OBJECT, CARD_NO_CARD},
	    {CARD_STATUS, CARD_NO_CARD},
	};

	(void)context;
	readers_put(&readers, 0, &stranger);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		readers.connects_to[0] = rows[i].fault;
		readers_put(&readers, 1, &piv);
		finds("Reader 1");
		asks("01");
		readers_put(&readers, 1, NULL);
		finds_none(rows[i].told, rows[i].told == CARD_NO_CARD ? NULL : "Reader 0");
		asks("0");
	}
}

/* It went because of a card, which is what is told. */
static void a_service_that_ends(void **context)
{
	(void)context;
	readers_put(&readers, 0, &stranger);
	readers.connects_to[0] = CARD_BUSY;
	readers.connects_to[1] = CARD_NO_SERVICE;
	readers_put(&readers, 2, &piv);
	readers.list.readers[2].in_use = true;
	finds_none(CARD_BUSY, "Reader 0");
	asks("01");
	readers.connects_to[0] = CARD_ERROR;
	finds_none(CARD_NO_SERVICE, "Reader 1");
	readers.list_result = CARD_NO_SERVICE;
	finds_none(CARD_NO_SERVICE, "readers");
	readers.list_result = CARD_TIMEOUT;
	finds_none(CARD_TIMEOUT, "readers");
	asks("");
}

/* No empty VERIFY, which some cards do not like. */
static void strangers_are_asked_what_they_are(void **context)
{
	(void)context;
	readers_put(&readers, 0, &stranger);
	finds("Reader 1");
	assert_int_equal(stranger.commands, 2);
	assert_int_equal(piv.commands, 3);
	assert_int_equal(found.tries, 3);
	assert_int_equal(readers.resets, 2);
	/* nobody's */
	own_cards_copy(NULL, true, &own);
	finds_none(CARD_NO_CARD, NULL);
	assert_int_equal(stranger.commands, 4);
	assert_int_equal(piv.commands, 5);
}

/* Where My Number Cards are not switched on their application is not even selected. */
static void jpki_is_left_alone(void **context)
{
	(void)context;
	readers_put(&readers, 1, NULL);
	readers_put(&readers, 0, &jpki);
	own.jpki = false;
	finds_none(CARD_NO_CARD, NULL);
	assert_int_equal(jpki.commands, 1); /* PIV's SELECT */
	own.jpki = true;
	finds("Reader 0");
	assert_ptr_equal(found.applet, &applet_jpki);
}

static void a_blocked_card_hides_none(void **context)
{
	(void)context;
	readers_put(&readers, 0, &second);
	second.tries = 0;
	finds("Reader 1");
	asks("01");
	readers_put(&readers, 1, NULL);
	finds("Reader 0");
	assert_int_equal(found.tries, 0);
	/* two of them: one is told */
	readers_put(&readers, 1, &piv);
	piv.tries = 0;
	assert_int_equal(find(), CARD_OK);
	assert_int_equal(found.tries, 0);
}

static void a_card_that_is_not_good_is_dropped(void **context)
{
	struct token first;

	(void)context;
	readers_put(&readers, 0, &second);
	finds("Reader 0");
	first = found.token;
	own_cards_drop(&own, &first);
	finds("Reader 1");
	own_cards_drop(&own, &first);
	finds("Reader 1");
	own_cards_drop(&own, &found.token);
	assert_int_equal(own.count, 1);
	finds_none(CARD_NO_CARD, NULL);
}

/* ---- whoever's they are */

static struct seen {
	unsigned count;
	struct card_sight sights[4];
} seen;

static void see(void *context, const struct card_sight *sight)
{
	assert_ptr_equal(context, &seen);
	assert_in_range(seen.count, 0, 3);
	seen.sights[seen.count++] = *sight;
}

static void look_at_each(bool with_jpki)
{
	memset(&seen, 0, sizeof seen);
	memset(readers.order, 0, sizeof readers.order);
	readers.connects = 0;
	own_card_each(&readers.service, -1, with_jpki, see, &seen);
}

/* In the same order and time; nobody's PIN, nor how many tries it has. */
static void each_card_is_shown_once(void **context)
{
	(void)context;
	readers_put(&readers, 0, &stranger);
	readers_put(&readers, 2, &jpki);
	readers.list.readers[0].in_use = true;
	look_at_each(true);
	asks("120");
	assert_int_equal(seen.count, 3);
	assert_ptr_equal(seen.sights[0].applet, &applet_piv);
	assert_memory_equal(
	    seen.sights[0].identity, piv_token.card.identity, sizeof seen.sights[0].identity);
	assert_ptr_equal(seen.sights[1].applet, &applet_jpki);
	assert_int_equal(piv.commands, 2);
	assert_int_equal(readers.resets, 3);
	/* an application that is switched off is not selected; one that cannot be asked is none
	 */
	jpki.commands = 0;
	readers.connects_to[1] = CARD_BUSY;
	look_at_each(false);
	asks("120");
	assert_int_equal(seen.count, 1);
	assert_int_equal(jpki.commands, 1);
}

static void a_service_that_ends_has_shown_what_it_had(void **context)
{
	(void)context;
	readers_put(&readers, 0, &stranger);
	readers.connects_to[1] = CARD_NO_SERVICE;
	look_at_each(true);
	assert_int_equal(seen.count, 1);
	readers.list_result = CARD_NO_SERVICE;
	look_at_each(true);
	assert_int_equal(seen.count, 0);
}

/* ---- readers that are not all there yet */

static unsigned news;

static enum card_result own_reader_comes(struct readers *r, unsigned timeout_ms)
{
	(void)timeout_ms;
	/* the first piece of news is no card */
	if (news++ == 1) {
		r->list.count = 2;
		r->service.since -= READER_SETTLE_MS;
	}
	return CARD_OK;
}

/* A stranger's card in the reader that pcscd finds first is not the end of the search. */
static void a_young_service_is_given_time(void **context)
{
	(void)context;
	news = 0;
	readers.list.count = 1;
	readers_put(&readers, 0, &stranger);
	readers.service.since = monotonic_ms();
	readers.on_change = own_reader_comes;
	finds("Reader 1");
	asks("01"); /* and nobody twice */
	assert_int_equal(news, 2);
}

/* Who is settled is not waited for. */
static void an_old_service_is_not(void **context)
{
	(void)context;
	readers_put(&readers, 1, NULL);
	readers.service.since = monotonic_ms() - READER_SETTLE_MS;
	finds_none(CARD_NO_CARD, NULL);
	assert_int_equal(readers.waits, 0);
	readers.service.since = monotonic_ms() - READER_SETTLE_MS + 50;
	finds_none(CARD_NO_CARD, NULL);
	assert_true(readers.waits > 0);
}

/* Whoever leaves meanwhile wants none. */
static void a_leash_ends_it(void **context)
{
	int fds[2];

	(void)context;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(close(fds[1]), 0);
	readers_put(&readers, 0, &stranger);
	readers.connects_to[0] = CARD_BUSY;
	piv.tries = 0;
	readers.service.since = monotonic_ms();
	assert_int_equal(
	    own_card_find(&readers.service, fds[0], &own,
	        (struct own_card_time){.end = monotonic_ms() + OWN_CARD_VISIT_MS}, &found, &e),
	    CARD_LEFT);
	assert_int_equal(e.number, ERR_CONVERSATION);
	assert_int_equal(close(fds[0]), 0);
}

static void swap_cards(struct readers *r)
{
	readers_put(r, 0, &piv);
}

/* Another card in a reader that was asked is asked as well. */
static void a_card_that_comes_meanwhile(void **context)
{
	(void)context;
	readers_put(&readers, 0, &stranger);
	readers_put(&readers, 1, &stranger);
	readers.at = INS_GET;
	readers.at_hook = swap_cards;
	readers.at_result = CARD_GONE;
	finds("Reader 0");
	asks("00");
}

static int fresh_search(void **context)
{
	static const uint8_t number[] = {0x34, 0x02, 0x11, 0x24};

	(void)context;
	fresh_readers();
	second =
	    (struct working_card){.number = 0x24, .key = other_key, .pin = PIN, .tries = 3};
	own = (struct own_cards){.jpki = true, .count = 3, .tokens = {piv_token, jpki_token}};
	own.tokens[2] =
	    card_token("piv", 23, other_key, KEY_P256, (struct span){number, sizeof number});
	return 0;
}

static int begin(void **context)
{
	(void)context;
	make_cards();
	return 0;
}

static int end(void **context)
{
	(void)context;
	free_cards();
	return 0;
}

/* A token is reader and card in one: another in its place begins with the same count. */
static enum card_result token_is_swapped(struct readers *r, unsigned timeout_ms)
{
	(void)timeout_ms;
	switch (r->waits) {
	case 1:
		r->list.count = 0;
		break;
	case 2:
		r->list.count = 1;
		readers_put(r, 0, &piv);
		r->list.readers[0].event = 0;
		break;
	default:
		return CARD_TIMEOUT;
	}
	return CARD_OK;
}

static void a_swapped_token(void **context)
{
	(void)context;
	readers.list.count = 1;
	readers_put(&readers, 0, &stranger);
	readers.list.readers[0].event = 0;
	wait_until = monotonic_ms() + 1500;
	readers.on_change = token_is_swapped;
	finds("Reader 0");
	wait_until = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(free_readers_come_first, fresh_search),
	    cmocka_unit_test_setup(everybody_has_his_share, fresh_search),
	    cmocka_unit_test_setup(a_card_that_cannot_be_asked, fresh_search),
	    cmocka_unit_test_setup(a_service_that_ends, fresh_search),
	    cmocka_unit_test_setup(strangers_are_asked_what_they_are, fresh_search),
	    cmocka_unit_test_setup(jpki_is_left_alone, fresh_search),
	    cmocka_unit_test_setup(a_blocked_card_hides_none, fresh_search),
	    cmocka_unit_test_setup(a_card_that_is_not_good_is_dropped, fresh_search),
	    cmocka_unit_test_setup(each_card_is_shown_once, fresh_search),
	    cmocka_unit_test_setup(a_service_that_ends_has_shown_what_it_had, fresh_search),
	    cmocka_unit_test_setup(a_young_service_is_given_time, fresh_search),
	    cmocka_unit_test_setup(an_old_service_is_not, fresh_search),
	    cmocka_unit_test_setup(a_leash_ends_it, fresh_search),
	    cmocka_unit_test_setup(a_card_that_comes_meanwhile, fresh_search),
	    cmocka_unit_test_setup(a_swapped_token, fresh_search),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
