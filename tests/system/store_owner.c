/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What only root can arrange: files and directories of the store that belong to somebody else,
 * a device in place of a file, a memory file system. Each is refused, and again accepted when
 * it is as it was. Skipped (77) without root.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lib/store/person.h"
#include "tests/unit/tempdir.h"

#define STRANGER 65534

static char top[TEMPDIR_SIZE], var[TEMPDIR_SIZE + 8], etc[TEMPDIR_SIZE + 8];
static char file[NAME_HEX_SIZE];

static int make(void **state)
{
	struct store s;
	struct keys k;
	struct person p;
	bool found;
	int r = -1;

	(void)state;
	tempdir_make(top);
	(void)snprintf(var, sizeof(var), "%s/var", top);
	(void)snprintf(etc, sizeof(etc), "%s/etc", top);
	if (store_create(var, etc, true, 1, NULL) == 0 &&
	    store_open(&s, var, etc, true, NULL) == 0) {
		if (store_unlock(&s, &k, NULL) == 0 &&
		    person_find(&s, &k, "alice", &found, &p, NULL) == 0) {
			r = person_put(&s, &k, &p, NULL);
			memcpy(file, p.file, sizeof(file));
			person_close(&p);
		}
		store_close(&s);
	}
	return r;
}

static int clean(void **state)
{
	(void)state;
	tempdir_remove(top);
	return 0;
}

static enum err_number log_in(const char *who)
{
	struct store s;
	struct keys k;
	struct person p;
	struct err e = {0};

	if (store_open(&s, var, etc, true, &e) != 0)
		return e.number;
	if (store_unlock(&s, &k, &e) == 0 && person_open(&s, &k, who, &p, &e) == 0)
		person_close(&p);
	keys_clear(&k);
	store_close(&s);
	return e.number;
}

static void strangers_are_refused(void **state)
{
	static const struct {
		const char *path, *who; /* %s: alice's file name */
	} cases[] = {
	    {"etc", "alice"}, {"etc/host.key", "alice"}, {"var", "alice"},
	    {"var/header", "alice"}, {"var/records", "alice"}, {"var/records/%s", "alice"},
	    {"var/states", "alice"}, {"var/states/%s", "alice"}, {"var/decoys", "alice"},
	    {"var/decoys/record", "nobody"}, {"", "alice"}, /* on the way */
	};

	(void)state;
	assert_int_equal(log_in("alice"), ERR_NONE);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *name = strchr(cases[i].path, '%');
		char path[512];

		(void)snprintf(path, sizeof(path), "%s/%.*s%s", top,
		    name == NULL ? (int)strlen(cases[i].path) : (int)(name - cases[i].path),
		    cases[i].path, name == NULL ? "" : file);
		assert_int_equal(chown(path, STRANGER, 0), 0);
		if (log_in(cases[i].who) != ERR_UNSAFE_FILE)
			fail_msg("%s of a stranger was accepted", path);
		assert_int_equal(chown(path, 0, 0), 0);
		if (log_in(cases[i].who) != ERR_NONE)
			fail_msg("%s is refused although it is as it was", path);
	}
}

static void devices_are_refused(void **state)
{
	char path[512], kept[600];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/records/%s", var, file);
	(void)snprintf(kept, sizeof(kept), "%s/kept", top);
	assert_int_equal(rename(path, kept), 0);
	if (mknod(path, S_IFCHR | 0600, makedev(1, 5)) != 0) /* /dev/zero */
		skip();
	assert_int_equal(log_in("alice"), ERR_UNSAFE_FILE);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rename(kept, path), 0);
	assert_int_equal(log_in("alice"), ERR_NONE);
}

static void no_store_in_memory(void **state)
{
	char there[TEMPDIR_SIZE], mine[TEMPDIR_SIZE + 8];
	struct err e = {0};

	(void)state;
	if (access("/dev/shm", W_OK) != 0)
		skip();
	tempdir_make_in("/dev/shm", there);
	(void)snprintf(mine, sizeof(mine), "%s/var", there);
	assert_int_equal(store_create(mine, etc, false, 1, &e), -1);
	assert_int_equal(e.number, ERR_FILE_SYSTEM);
	tempdir_remove(there);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(strangers_are_refused),
	    cmocka_unit_test(devices_are_refused),
	    cmocka_unit_test(no_store_in_memory),
	};

	if (geteuid() != 0) {
		puts("skipped: needs root to give files away");
		return 77;
	}
	return cmocka_run_group_tests(tests, make, clean);
}
