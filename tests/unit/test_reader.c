/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Waiting for a card: as long as it takes, and no longer than somebody waits for it. Over
 * pcscd: tests/system/card_talk.sh.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/wire/clock.h"
#include "tests/unit/fakecard.h"

static void a_wait_ends_with_a_change(void **context)
{
	struct fakecard f;

	(void)context;
	fakecard_init(&f, NULL);
	f.changes[0] = CARD_TIMEOUT;
	f.changes[1] = CARD_TIMEOUT;
	f.changes[2] = CARD_OK;
	assert_int_equal(reader_wait(&f.service, &f.readers, -1, 60000), CARD_OK);
	assert_int_equal(f.change_at, 3);
}

static void a_wait_ends_in_time(void **context)
{
	struct fakecard f;

	(void)context;
	fakecard_init(&f, NULL);
	assert_int_equal(reader_wait(&f.service, &f.readers, -1, 0), CARD_TIMEOUT);
	/* the fake does not sleep: many slices, one end */
	assert_int_equal(reader_wait(&f.service, &f.readers, -1, 300), CARD_TIMEOUT);
	f.changes[0] = CARD_NO_SERVICE;
	assert_int_equal(reader_wait(&f.service, &f.readers, -1, 60000), CARD_NO_SERVICE);
}

static void a_wait_ends_when_the_peer_leaves(void **context)
{
	struct fakecard f;
	int pair[2];

	(void)context;
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	fakecard_init(&f, NULL);
	assert_int_equal(reader_wait(&f.service, &f.readers, pair[0], 10), CARD_TIMEOUT);
	assert_int_equal(send(pair[1], "x", 1, 0), 1);
	assert_int_equal(reader_wait(&f.service, &f.readers, pair[0], 60000), CARD_LEFT);
	assert_int_equal(recv(pair[0], &(char){0}, 1, 0), 1);
	assert_int_equal(close(pair[1]), 0);
	assert_int_equal(reader_wait(&f.service, &f.readers, pair[0], 60000), CARD_LEFT);
	assert_int_equal(close(pair[0]), 0);
}

static enum card_result reader_comes(
    struct card_service *s, const struct card_reader_list *seen, unsigned timeout_ms)
{
	(void)seen, (void)timeout_ms;
	fakecard_of(s)->readers.count = 2;
	s->since -= READER_SETTLE_MS;
	return CARD_OK;
}

/* A card that is seen is no reason to stop: another may be in a reader that comes yet. */
static void a_young_service_is_given_time(void **context)
{
	struct card_reader_list l;
	struct fakecard f;
	uint64_t now;

	(void)context;
	fakecard_init(&f, NULL);
	f.service.since = monotonic_ms();
	f.service.change = reader_comes;
	assert_in_range(reader_unsettled(&f.service), 1, READER_SETTLE_MS);
	assert_int_equal(reader_list_settled(&f.service, -1, &l), CARD_OK);
	assert_int_equal(l.count, 2);
	/* old enough: what it says counts, also that there is nothing */
	fakecard_init(&f, NULL);
	f.readers.count = 0;
	f.service.since = monotonic_ms() - READER_SETTLE_MS;
	f.service.change = NULL;
	assert_int_equal(reader_unsettled(&f.service), 0);
	assert_int_equal(reader_list_settled(&f.service, -1, &l), CARD_OK);
	assert_int_equal(l.count, 0);
	/* nothing comes: an end all the same */
	fakecard_init(&f, NULL);
	now = monotonic_ms();
	f.service.since = now - READER_SETTLE_MS + 100;
	assert_int_equal(reader_list_settled(&f.service, -1, &l), CARD_OK);
	assert_true(monotonic_ms() - now >= 100);
	/* pcscd leaves */
	fakecard_init(&f, NULL);
	f.service.since = monotonic_ms();
	f.changes[0] = CARD_NO_SERVICE;
	assert_int_equal(reader_list_settled(&f.service, -1, &l), CARD_NO_SERVICE);
}

static void a_reader_is_found_by_its_name(void **context)
{
	struct fakecard f;

	(void)context;
	fakecard_init(&f, NULL);
	assert_ptr_equal(reader_find(&f.readers, "Reader 0"), &f.readers.readers[0]);
	assert_null(reader_find(&f.readers, "Reader"));
}

static void results_have_words(void **context)
{
	(void)context;
	for (unsigned i = 0; i < CARD_RESULTS + 2; i++) {
		struct err e = {0};

		assert_int_equal(card_result_err(&e, (enum card_result)i, "Reader 0"), -1);
		assert_string_equal(e.object, "Reader 0");
		assert_string_equal(e.why, card_result_why((enum card_result)i));
		if (i == CARD_OK)
			continue;
		assert_string_not_equal(e.why, "");
		if (i != CARD_ERROR && i < CARD_RESULTS)
			assert_int_not_equal(e.number, ERR_INTERNAL);
		else
			assert_int_equal(e.number, ERR_INTERNAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_wait_ends_with_a_change),
	    cmocka_unit_test(a_wait_ends_in_time),
	    cmocka_unit_test(a_wait_ends_when_the_peer_leaves),
	    cmocka_unit_test(a_young_service_is_given_time),
	    cmocka_unit_test(a_reader_is_found_by_its_name),
	    cmocka_unit_test(results_have_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
