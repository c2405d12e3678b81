/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is at this machine: every answer that logind may give, and what counts without one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "helper/seat.h"
#include "lib/base/library.h"

#define PID 4711
#define UID 2001

static struct {
	int session, owner, active, remote, seat, seats; /* what each function returns */
} world;

static int get_session(pid_t pid, char **ret_session)
{
	assert_int_equal(pid, PID);
	if (world.session >= 0)
		*ret_session = strdup("7");
	return world.session;
}

static int get_owner(pid_t pid, uid_t *ret_uid)
{
	assert_int_equal(pid, PID);
	if (world.owner >= 0)
		*ret_uid = UID;
	return world.owner;
}

static int is_active(const char *session)
{
	assert_string_equal(session, "7");
	return world.active;
}

static int is_remote(const char *session)
{
	assert_string_equal(session, "7");
	return world.remote;
}

static int get_seat(const char *session, char **ret_seat)
{
	assert_string_equal(session, "7");
	if (world.seat >= 0)
		*ret_seat = strdup("seat0");
	return world.seat;
}

static int get_seats(uid_t uid, int require_active, char ***ret_seats)
{
	assert_int_equal(uid, UID);
	assert_int_not_equal(require_active, 0);
	assert_null(ret_seats);
	return world.seats;
}

static const struct seat_source fake = {.sd_pid_get_session = get_session,
    .sd_pid_get_owner_uid = get_owner,
    .sd_session_is_active = is_active,
    .sd_session_is_remote = is_remote,
    .sd_session_get_seat = get_seat,
    .sd_uid_get_seats = get_seats};

static bool is_here(bool of_root)
{
	return seat_is_here(&fake, PID, of_root);
}

static void in_a_session(void **state)
{
	(void)state;
	for (int of_root = 0; of_root <= 1; of_root++) {
		world.session = world.seat = world.active = world.remote = 0;
		world.seats = 1; /* counts for nobody who is in a session */
		world.active = 1;
		assert_true(is_here(of_root));
		world.remote = 1;
		assert_false(is_here(of_root));
		world.remote = -ENXIO;
		assert_false(is_here(of_root));
		world.remote = 0;
		world.active = 0;
		assert_false(is_here(of_root));
		world.active = -ENXIO;
		assert_false(is_here(of_root));
		world.active = 1;
		world.seat = -ENODATA;
		assert_false(is_here(of_root));
	}
}

static void under_the_persons_manager(void **state)
{
	(void)state;
	world.session = -ENODATA;
	world.owner = 0;
	for (int of_root = 0; of_root <= 1; of_root++) {
		world.seats = 1;
		assert_true(is_here(of_root));
		world.seats = 0;
		assert_false(is_here(of_root));
		world.seats = -ENXIO;
		assert_false(is_here(of_root));
	}
}

static void of_the_system(void **state)
{
	(void)state;
	world.session = world.owner = -ENODATA;
	world.seats = 1;
	assert_true(is_here(true));
	assert_false(is_here(false));
	assert_true(seat_is_here(NULL, PID, true));
	assert_false(seat_is_here(NULL, PID, false));
}

static void the_real_library(void **state)
{
	const struct seat_source *s = seat_logind();
	uid_t uid;

	(void)state;
	if (s == NULL)
		skip();
	assert_true(s->sd_pid_get_owner_uid(-1, &uid) < 0);
	assert_ptr_equal(s, seat_logind());
}

static void what_cannot_be_loaded(void **state)
{
	static const struct library_symbol none[] = {{"sekisho_has_no_such_function", 0}};
	void *table[1];

	(void)state;
	assert_int_equal(library_load("libsekisho-none.so.0", none, 0, table), -1);
	assert_int_equal(library_load("libc.so.6", none, 1, table), -1);
	assert_int_equal(library_load("libc.so.6", none, 0, table), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(in_a_session),
	    cmocka_unit_test(under_the_persons_manager),
	    cmocka_unit_test(of_the_system),
	    cmocka_unit_test(the_real_library),
	    cmocka_unit_test(what_cannot_be_loaded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
