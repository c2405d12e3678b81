/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an eye can still do, and what it cannot: each try in a child of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cardwatch/sandbox.h"

static int in_sandbox(int (*attempt)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(sandbox_enter() != 0 ? 255 : attempt() < 0 ? errno : 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int out[2];
static int try_write(void)
{
	return (int)write(out[1], "x", 1);
}
static int try_open(void)
{
	return open("/dev/null", O_RDONLY);
}
static int try_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM, 0);
}
static int try_fork(void)
{
	return fork();
}
static int try_kill(void)
{
	return kill(getpid(), 0);
}
static int try_run(void)
{
	char *const argv[] = {(char *)(uintptr_t) "true", NULL};

	return execv("/bin/true", argv);
}

static void an_eye_can_tell_and_nothing_else(void **context)
{
	(void)context;
	assert_int_equal(pipe(out), 0);
	assert_int_equal(in_sandbox(try_write), 0);
	assert_int_equal(in_sandbox(try_open), ENOSYS);
	assert_int_equal(in_sandbox(try_socket), ENOSYS);
	assert_int_equal(in_sandbox(try_fork), ENOSYS);
	assert_int_equal(in_sandbox(try_kill), ENOSYS);
	assert_int_equal(in_sandbox(try_run), ENOSYS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(an_eye_can_tell_and_nothing_else)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
