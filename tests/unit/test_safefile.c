/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/base/safefile.c: each check refuses what it is there for, in bounded time; writes are
 * whole or absent. What only root can arrange (a foreign owner) is in tests/system.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/safefile.h"
#include "lib/wire/clock.h"
#include "tests/unit/tempdir.h"

#define FORBIDDEN 07177

static char dir[TEMPDIR_SIZE];
static int dirfd_;

static int setup(void **state)
{
	(void)state;
	tempdir_make_on_disk(dir);
	dirfd_ = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return dirfd_ < 0 ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	close(dirfd_);
	tempdir_remove(dir);
	return 0;
}

static void put(const char *name, const char *text, mode_t mode)
{
	int fd = openat(dirfd_, name, O_WRONLY | O_CREAT | O_EXCL, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

static void assert_content(const char *name, const char *text)
{
	uint8_t buf[256];
	size_t len = 0;
	struct err e = {0};

	assert_int_equal(
	    safefile_read(dirfd_, dir, name, FORBIDDEN, buf, 0, sizeof(buf), &len, &e), 0);
	assert_int_equal(len, strlen(text));
	assert_memory_equal(buf, text, len);
}

static void assert_absent(const char *name)
{
	struct stat st;

	assert_int_equal(fstatat(dirfd_, name, &st, AT_SYMLINK_NOFOLLOW), -1);
	assert_int_equal(errno, ENOENT);
}

static void make_symlink(void)
{
	put("target", "x", 0600);
	assert_int_equal(symlinkat("target", dirfd_, "f"), 0);
}

static void make_dangling(void)
{
	assert_int_equal(symlinkat("nowhere", dirfd_, "f"), 0);
}

static void make_fifo(void)
{
	assert_int_equal(mkfifoat(dirfd_, "f", 0600), 0);
}

static void make_directory(void)
{
	assert_int_equal(mkdirat(dirfd_, "f", 0700), 0);
}

static void make_socket(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%s/f", dir);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	close(fd);
	assert_int_equal(fchmodat(dirfd_, "f", 0600, 0), 0);
}

static void make_linked(void)
{
	put("f", "x", 0600);
	assert_int_equal(linkat(dirfd_, "f", dirfd_, "g", 0), 0);
}

static void make_group_readable(void)
{
	put("f", "x", 0640);
}

static void make_world_writable(void)
{
	put("f", "x", 0602);
}

static void make_executable(void)
{
	put("f", "x", 0700);
}

static void unsafe_files_refused(void **state)
{
	static const struct {
		void (*make)(void);
		const char *why;
	} cases[] = {
	    {make_symlink, "symbolic link"},
	    {make_dangling, "symbolic link"},
	    {make_fifo, "not a regular file"},
	    {make_directory, "directory"},
	    {make_socket, "socket"},
	    {make_linked, "2 links"},
	    {make_group_readable, "mode 0640"},
	    {make_world_writable, "mode 0602"},
	    {make_executable, "mode 0700"},
	};
	static const int flags[] = {O_RDWR, O_RDONLY};

	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		struct err e = {0};

		assert_int_equal(setup(state), 0);
		cases[i / 2].make();
		assert_int_equal(
		    safefile_open(dirfd_, dir, "f", flags[i % 2], FORBIDDEN, &e), -1);
		assert_int_equal(e.number, ERR_UNSAFE_FILE);
		if (i % 2 == 0 || cases[i / 2].make != make_directory)
			assert_non_null(strstr(e.why, cases[i / 2].why));
		assert_non_null(strstr(e.object, "/f"));
		(void)teardown(state);
	}
}

static void missing_file_is_enoent(void **state)
{
	struct err e = {0};

	(void)state;
	errno = 0;
	assert_int_equal(safefile_open(dirfd_, dir, "f", O_RDONLY, FORBIDDEN, &e), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(e.number, ERR_IO);
}

static void size_is_checked(void **state)
{
	uint8_t buf[8];
	size_t len = 99;
	struct err e = {0};

	(void)state;
	put("f", "12345", 0600);
	assert_int_equal(safefile_read(dirfd_, dir, "f", FORBIDDEN, buf, 6, 8, &len, &e), -1);
	assert_int_equal(e.number, ERR_DAMAGED);
	assert_int_equal(safefile_read(dirfd_, dir, "f", FORBIDDEN, buf, 1, 4, &len, &e), -1);
	assert_int_equal(e.number, ERR_DAMAGED);
	assert_int_equal(len, 99);
	assert_int_equal(safefile_read(dirfd_, dir, "f", FORBIDDEN, buf, 5, 5, &len, &e), 0);
	assert_int_equal(len, 5);
	assert_memory_equal(buf, "12345", 5);
}

static void replace_and_create(void **state)
{
	struct err e = {0};
	struct stat st;
	mode_t old = umask(0777); /* must not matter */

	(void)state;
	assert_int_equal(safefile_create(dirfd_, dir, "f", "one", 3, 0600, &e), 0);
	assert_content("f", "one");
	errno = 0;
	assert_int_equal(safefile_create(dirfd_, dir, "f", "two", 3, 0600, &e), -1);
	assert_int_equal(errno, EEXIST);
	assert_content("f", "one");
	assert_int_equal(safefile_replace(dirfd_, dir, "f", "three", 5, 0400, &e), 0);
	assert_content("f", "three");
	assert_int_equal(fstatat(dirfd_, "f", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0400);
	assert_int_equal(safefile_replace(dirfd_, dir, "g", "", 0, 0600, &e), 0);
	assert_content("g", "");
	assert_absent(".new-f");
	(void)umask(old);
}

static void leftover_is_cleared(void **state)
{
	struct err e = {0};

	(void)state;
	put(".new-f", "half", 0600);
	assert_int_equal(safefile_replace(dirfd_, dir, "f", "whole", 5, 0600, &e), 0);
	assert_content("f", "whole");
	assert_absent(".new-f");
	/* something that cannot be unlinked: an error, nothing lost */
	assert_int_equal(mkdirat(dirfd_, ".new-f", 0700), 0);
	assert_int_equal(safefile_replace(dirfd_, dir, "f", "other", 5, 0600, &e), -1);
	assert_int_equal(e.number, ERR_IO);
	assert_content("f", "whole");
}

/* A directory in place of the target makes the rename fail after everything else worked. */
static void nothing_changes_before_commit(void **state)
{
	struct safefile_draft d;
	struct err e;

	(void)state;
	put("f", "old", 0600);
	assert_int_equal(safefile_prepare(dirfd_, dir, "f", "new", 3, 0600, &d, &e), 0);
	assert_content("f", "old");
	assert_content(".new-f", "new");
	safefile_discard(&d);
	assert_content("f", "old");
	assert_absent(".new-f");
	assert_int_equal(safefile_prepare(dirfd_, dir, "f", "new", 3, 0600, &d, &e), 0);
	assert_int_equal(safefile_commit(&d, dir, &e), 0);
	assert_content("f", "new");
	assert_absent(".new-f");
	/* a commit that fails leaves nothing either */
	assert_int_equal(mkdirat(dirfd_, "d", 0700), 0);
	assert_int_equal(safefile_prepare(dirfd_, dir, "d", "new", 3, 0600, &d, &e), 0);
	assert_int_equal(safefile_commit(&d, dir, &e), -1);
	assert_int_equal(e.number, ERR_IO);
	assert_absent(".new-d");
}

static void failed_replace_leaves_nothing(void **state)
{
	struct err e = {0};

	(void)state;
	assert_int_equal(mkdirat(dirfd_, "f", 0700), 0);
	assert_int_equal(safefile_replace(dirfd_, dir, "f", "x", 1, 0600, &e), -1);
	assert_int_equal(e.number, ERR_IO);
	assert_absent(".new-f");
}

/* RLIMIT_FSIZE, as an unprivileged caller of su could set it, in a child of our own. */
static void file_size_limit_is_an_error(void **state)
{
	static const uint8_t block[8192];
	uint8_t buf[8192];
	int status = 0;
	size_t len = 0;
	struct err e = {0};
	pid_t pid;

	(void)state;
	assert_int_equal(safefile_create(dirfd_, dir, "f", block, sizeof(block), 0600, &e), 0);
	pid = fork();
	if (pid == 0) {
		struct rlimit none = {.rlim_cur = 4096, .rlim_max = 4096};
		int fd, bad = 0;

		memset(buf, 7, sizeof(buf));
		(void)signal(SIGXFSZ, SIG_IGN);
		(void)setrlimit(RLIMIT_FSIZE, &none);
		fd = safefile_open(dirfd_, dir, "f", O_RDWR, FORBIDDEN, &e);
		bad |= fd < 0;
		bad |= safefile_write_at(fd, dir, "f", buf, 4096, 4096, &e) == 0;
		bad |= e.number != ERR_IO || errno != EFBIG;
		bad |= safefile_replace(dirfd_, dir, "f", buf, sizeof(buf), 0600, &e) == 0;
		bad |= safefile_create(dirfd_, dir, "n", buf, sizeof(buf), 0600, &e) == 0;
		_exit(bad);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(
	    safefile_read(dirfd_, dir, "f", FORBIDDEN, buf, 8192, 8192, &len, &e), 0);
	assert_memory_equal(buf, block, sizeof(block));
	assert_absent("n");
	assert_absent(".new-f");
	assert_absent(".new-n");
}

static void write_at_changes_only_its_place(void **state)
{
	struct err e = {0};
	int fd;

	(void)state;
	put("f", "0123456789", 0600);
	fd = safefile_open(dirfd_, dir, "f", O_RDWR, FORBIDDEN, &e);
	assert_true(fd >= 0);
	assert_int_equal(safefile_write_at(fd, dir, "f", "abc", 3, 4, &e), 0);
	assert_content("f", "0123abc789");
	close(fd);
	fd = safefile_open(dirfd_, dir, "f", O_RDONLY, FORBIDDEN, &e);
	assert_int_equal(safefile_write_at(fd, dir, "f", "abc", 3, 4, &e), -1);
	assert_int_equal(e.number, ERR_IO);
	close(fd);
}

static void lock_is_bounded_and_released_by_close(void **state)
{
	struct err e = {0};
	uint64_t start;
	int a, b;

	(void)state;
	put("f", "x", 0600);
	a = safefile_open(dirfd_, dir, "f", O_RDWR, FORBIDDEN, &e);
	b = safefile_open(dirfd_, dir, "f", O_RDWR, FORBIDDEN, &e);
	assert_int_equal(safefile_lock(a, dir, "f", 0, &e), 0);
	start = monotonic_ms();
	assert_int_equal(safefile_lock(b, dir, "f", 50, &e), -1);
	assert_int_equal(e.number, ERR_BUSY);
	assert_true(monotonic_ms() - start >= 50);
	close(a);
	assert_int_equal(safefile_lock(b, dir, "f", 0, &e), 0);
	close(b);
}

static void directories_are_checked(void **state)
{
	char path[TEMPDIR_SIZE + 64];
	struct err e = {0};
	int fd;

	(void)state;
	fd = safedir_open(dir, 077, &e);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(mkdirat(dirfd_, "d", 0700), 0);
	assert_int_equal(mkdirat(dirfd_, "d/inner", 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/d//inner/", dir);
	fd = safedir_open(path, 077, &e);
	assert_true(fd >= 0);
	close(fd);
	/* too open itself, then on the way, then sticky on the way */
	(void)snprintf(path, sizeof(path), "%s/d/inner", dir);
	assert_int_equal(fchmodat(dirfd_, "d/inner", 0750, 0), 0);
	assert_int_equal(safedir_open(path, 077, &e), -1);
	assert_int_equal(e.number, ERR_UNSAFE_FILE);
	assert_int_equal(fchmodat(dirfd_, "d/inner", 0700, 0), 0);
	assert_int_equal(fchmodat(dirfd_, "d", 0770, 0), 0);
	assert_int_equal(safedir_open(path, 077, &e), -1);
	assert_int_equal(e.number, ERR_UNSAFE_FILE);
	assert_int_equal(fchmodat(dirfd_, "d", 0702, 0), 0);
	assert_int_equal(safedir_open(path, 077, &e), -1);
	assert_int_equal(fchmodat(dirfd_, "d", 01777, 0), 0);
	fd = safedir_open(path, 077, &e);
	assert_true(fd >= 0);
	close(fd);
}

static void directories_are_not_links_or_files(void **state)
{
	static const char *const below[] = {
	    "link", "link/inner", "f", "f/x", "d/..", "d/./inner", "d/../d"};
	char path[TEMPDIR_SIZE + 64];
	struct err e = {0};

	(void)state;
	assert_int_equal(mkdirat(dirfd_, "d", 0700), 0);
	assert_int_equal(mkdirat(dirfd_, "d/inner", 0700), 0);
	assert_int_equal(symlinkat("d", dirfd_, "link"), 0);
	assert_int_equal(mkfifoat(dirfd_, "f", 0600), 0);
	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++) {
		memset(&e, 0, sizeof(e));
		(void)snprintf(path, sizeof(path), "%s/%s", dir, below[i]);
		assert_int_equal(safedir_open(path, 077, &e), -1);
		assert_int_equal(e.number, ERR_UNSAFE_FILE);
	}
	assert_int_equal(safedir_open_at(dirfd_, dir, "link", 077, &e), -1);
	assert_int_equal(e.number, ERR_UNSAFE_FILE);
	assert_int_equal(safedir_open_at(dirfd_, dir, "f", 077, &e), -1);
	assert_int_equal(e.number, ERR_UNSAFE_FILE);
	(void)snprintf(path, sizeof(path), "%s/none/inner", dir);
	assert_int_equal(safedir_open(path, 077, &e), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(safedir_open("relative", 077, &e), -1);
	assert_int_equal(safedir_open("", 077, &e), -1);
	assert_int_equal(safedir_open("/", 0, &e), -1);
}

static void memory_file_systems_refused(void **state)
{
	struct err e = {0};
	int fd = open("/dev/shm", O_RDONLY | O_DIRECTORY);

	(void)state;
	if (fd < 0)
		skip();
	if (safedir_check_file_system(fd, "/dev/shm", &e) == 0) {
		close(fd);
		skip();
	}
	assert_int_equal(e.number, ERR_FILE_SYSTEM);
	assert_non_null(strstr(e.why, "tmpfs"));
	close(fd);
}

/* Readers never see anything but a whole old or a whole new file, and never an error. */
static void readers_during_replace(void **state)
{
	uint8_t buf[4096];
	struct err e = {0};
	int status = 0;
	pid_t pid;

	(void)state;
	memset(buf, 'a', sizeof(buf));
	assert_int_equal(safefile_create(dirfd_, dir, "f", buf, sizeof(buf), 0600, &e), 0);
	pid = fork();
	if (pid == 0) {
		for (int i = 0; i < 300; i++) {
			memset(buf, 'a' + i % 26, sizeof(buf));
			if (safefile_replace(dirfd_, dir, "f", buf, sizeof(buf), 0600, &e) != 0)
				_exit(1);
		}
		_exit(0);
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		size_t len = 0;

		assert_int_equal(safefile_read(dirfd_, dir, "f", FORBIDDEN, buf, sizeof(buf),
		                     sizeof(buf), &len, &e),
		    0);
		for (size_t i = 1; i < len; i++)
			assert_int_equal(buf[i], buf[0]);
	}
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(unsafe_files_refused),
	    cmocka_unit_test_setup_teardown(missing_file_is_enoent, setup, teardown),
	    cmocka_unit_test_setup_teardown(size_is_checked, setup, teardown),
	    cmocka_unit_test_setup_teardown(replace_and_create, setup, teardown),
	    cmocka_unit_test_setup_teardown(leftover_is_cleared, setup, teardown),
	    cmocka_unit_test_setup_teardown(nothing_changes_before_commit, setup, teardown),
	    cmocka_unit_test_setup_teardown(failed_replace_leaves_nothing, setup, teardown),
	    cmocka_unit_test_setup_teardown(file_size_limit_is_an_error, setup, teardown),
	    cmocka_unit_test_setup_teardown(write_at_changes_only_its_place, setup, teardown),
	    cmocka_unit_test_setup_teardown(
	        lock_is_bounded_and_released_by_close, setup, teardown),
	    cmocka_unit_test_setup_teardown(directories_are_checked, setup, teardown),
	    cmocka_unit_test_setup_teardown(
	        directories_are_not_links_or_files, setup, teardown),
	    cmocka_unit_test(memory_file_systems_refused),
	    cmocka_unit_test_setup_teardown(readers_during_replace, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
