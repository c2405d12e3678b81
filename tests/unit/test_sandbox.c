/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the confined helper can still do, and what it cannot: each try in a child of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "helper/sandbox.h"
#include "tests/unit/tempdir.h"

static char base[TEMPDIR_SIZE];
static int base_fd, etc, store;
static bool has_landlock;
static int log_socket, stream; /* made before the sandbox */

/* A try: 0 when it worked, else errno. */
typedef int (*attempt)(void);

static int result_of(int r)
{
	return r < 0 ? errno : 0;
}

static int read_etc(void)
{
	return result_of(openat(etc, "file", O_RDONLY));
}

static int write_etc(void)
{
	return result_of(openat(etc, "file", O_WRONLY));
}

static int write_store(void)
{
	int fd = openat(store, "file", O_RDWR);

	return result_of(fd < 0 ? fd : (int)pwrite(fd, "x", 1, 0));
}

static int write_below_store(void)
{
	return result_of(openat(store, "sub/file", O_RDWR));
}

static int create_in_store(void)
{
	return result_of(openat(store, "new", O_WRONLY | O_CREAT, 0600));
}

static int remove_from_store(void)
{
	return result_of(unlinkat(store, "file", 0));
}

static int rename_in_store(void)
{
	return result_of(renameat(store, "file", store, "other"));
}

static int list_store(void)
{
	char names[1024];

	return result_of((int)syscall(SYS_getdents64, store, names, sizeof names));
}

static int read_link(void)
{
	char target[64];

	return result_of((int)readlinkat(store, "link", target, sizeof target));
}

static int follow_link(void)
{
	return result_of(openat(store, "link", O_RDONLY));
}

static int read_elsewhere(void)
{
	return result_of(openat(base_fd, "outside", O_RDONLY));
}

static int read_passwd(void)
{
	return result_of(open("/etc/passwd", O_RDONLY));
}

static int inet_socket(void)
{
	return result_of(socket(AF_INET, SOCK_STREAM, 0));
}

static int inet6_socket(void)
{
	return result_of(socket(AF_INET6, SOCK_DGRAM, 0));
}

static int netlink_socket(void)
{
	return result_of(socket(AF_NETLINK, SOCK_RAW, 0));
}

static int unix_socket(void)
{
	return result_of(socket(AF_UNIX, SOCK_DGRAM, 0));
}

/* The helper's own socket, made before: datagrams yes (here to ourselves), connections no. */
static int log_line(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/log", base);
	return result_of(
	    (int)sendto(log_socket, "x", 1, MSG_DONTWAIT, (struct sockaddr *)&a, sizeof(a)));
}

static int connect_stream(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/stream", base);
	return result_of(connect(stream, (struct sockaddr *)&a, sizeof(a)));
}

static int run_program(void)
{
	execl("/bin/true", "true", (char *)NULL);
	return errno;
}

static int make_process(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return result_of((int)pid);
}

static int map_code(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS,
	           -1, 0) == MAP_FAILED
	           ? errno
	           : 0;
}

static int map_memory(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
	               MAP_FAILED
	           ? errno
	           : 0;
}

static int signal_parent(void)
{
	return result_of(kill(getppid(), 0));
}

static int trace_parent(void)
{
	return result_of((int)syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0));
}

static int change_mode(void)
{
	return result_of(fchmodat(store, "file", 0777, 0));
}

static const struct {
	const char *name;
	attempt try;
	bool works;
	bool by_landlock; /* forbidden by Landlock alone */
} tries[] = {
    {"read in etc", read_etc, true, false},
    {"write in etc", write_etc, false, true},
    {"write in store", write_store, true, false},
    {"write below store", write_below_store, true, false},
    {"create in store", create_in_store, false, true},
    {"remove from store", remove_from_store, false, false},
    {"rename in store", rename_in_store, false, false},
    {"list store", list_store, false, false},
    {"change a mode", change_mode, false, false},
    {"read elsewhere", read_elsewhere, false, true},
    {"read /etc/passwd", read_passwd, false, true},
    {"AF_INET", inet_socket, false, false},
    {"AF_INET6", inet6_socket, false, false},
    {"AF_NETLINK", netlink_socket, false, false},
    {"AF_UNIX", unix_socket, false, false},
    {"log over a socket made before", log_line, true, false},
    {"connect a socket made before", connect_stream, false, false},
    {"run a program", run_program, false, false},
    {"make a process", make_process, false, false},
    {"map code", map_code, false, false},
    {"map memory", map_memory, true, false},
    {"signal another process", signal_parent, false, false},
    {"read another process", trace_parent, false, false},
};

static int confined(attempt try, bool cards)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (sandbox_enter(etc, store, cards) != 0)
			_exit(255);
		_exit(try());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status))
		fail_msg("ended by signal %d", WTERMSIG(status));
	return WEXITSTATUS(status);
}

static void every_try(void **context)
{
	(void)context;
	for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
		int r;

		if (tries[i].by_landlock && !has_landlock)
			continue;
		r = confined(tries[i].try, false);
		if (r == 255 || (r == 0) != tries[i].works)
			fail_msg("%s: %s", tries[i].name, r == 0 ? "worked" : strerror(r));
	}
}

/* What a login may only do where it takes a card, and what it may not do there either. */
static void tries_with_cards(void **context)
{
	(void)context;
	assert_int_equal(confined(list_store, false), ENOSYS);
	assert_int_equal(confined(read_link, false), ENOSYS);
	assert_int_equal(confined(list_store, true), 0);
	assert_int_equal(confined(read_link, true), 0);
	if (has_landlock)
		assert_int_equal(confined(follow_link, true), EACCES);
	for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++)
		if (tries[i].works == false && tries[i].try != list_store &&
		    (!tries[i].by_landlock || has_landlock) &&
		    confined(tries[i].try, true) == 0)
			fail_msg("%s: worked", tries[i].name);
}

/* Without the sandbox each of them works, so that the test above can fail. */
static void the_tries_are_real(void **context)
{
	static const attempt plain[] = {write_etc, create_in_store, read_elsewhere, inet_socket,
	    unix_socket, log_line, connect_stream, make_process, map_code, signal_parent,
	    change_mode, list_store, read_link, follow_link};

	(void)context;
	for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
		int status;
		pid_t pid = fork();

		if (pid == 0)
			_exit(plain[i]());
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(WEXITSTATUS(status), 0);
	}
	assert_int_equal(unlinkat(store, "new", 0), 0);
}

static int listening(const char *name, int type)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/%s", base, name);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 8), 0);
	return fd;
}

static int make_files(void **context)
{
	static const char *const names[] = {
	    "etc/file", "store/file", "store/sub/file", "outside"};

	(void)context;
	tempdir_make(base);
	base_fd = open(base, O_RDONLY | O_DIRECTORY);
	if (mkdirat(base_fd, "etc", 0700) != 0 || mkdirat(base_fd, "store", 0700) != 0 ||
	    mkdirat(base_fd, "store/sub", 0700) != 0)
		return -1;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		int fd = openat(base_fd, names[i], O_WRONLY | O_CREAT, 0600);

		if (fd < 0 || write(fd, "old", 3) != 3)
			return -1;
		close(fd);
	}
	if (symlinkat("../outside", base_fd, "store/link") != 0)
		return -1;
	log_socket = listening("log", SOCK_DGRAM);
	(void)listening("stream", SOCK_STREAM);
	stream = socket(AF_UNIX, SOCK_STREAM, 0);
	etc = openat(base_fd, "etc", O_RDONLY | O_DIRECTORY);
	store = openat(base_fd, "store", O_RDONLY | O_DIRECTORY);
	has_landlock =
	    syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) > 0;
	if (!has_landlock)
		print_message("this kernel has no Landlock: its part is not tested\n");
	return 0;
}

static int remove_files(void **context)
{
	(void)context;
	tempdir_remove(base);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_tries_are_real),
	    cmocka_unit_test(every_try),
	    cmocka_unit_test(tries_with_cards),
	};

	return cmocka_run_group_tests_name("sandbox", tests, make_files, remove_files);
}
