/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Becomes the user and lets go of everything else. Must not go on as root for anybody but root.
 */
#include "cardwatch/start.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int start_leash(struct err *e)
{
	const pid_t parent = getppid();
	int fd = (int)syscall(SYS_pidfd_open, parent, 0);

	if (fd < 0)
		return err_sys(e, ERR_WATCH, "session", "its login program cannot be watched");
	if (getppid() != parent) {
		(void)close(fd);
		return err_set(e, ERR_WATCH, "session", "its login program has ended");
	}
	return fd;
}

static int become(const struct passwd *pw, struct err *e)
{
	uid_t r, eff, saved;

	if (geteuid() == 0 && (initgroups(pw->pw_name, pw->pw_gid) != 0 ||
	                          setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) != 0 ||
	                          setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) != 0))
		return err_sys(e, ERR_WATCH, pw->pw_name, "cannot become this user");
	if (getresuid(&r, &eff, &saved) != 0 || r != pw->pw_uid || eff != r || saved != r ||
	    (r != 0 && setuid(0) == 0))
		return err_set(e, ERR_WATCH, pw->pw_name, "cannot become this user alone");
	return 0;
}

/* The change of user has closed its memory to the user already. */
static int give_up(struct err *e)
{
	const struct rlimit no_core = {0, 0};
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    syscall(SYS_capset, &header, none) != 0 || setrlimit(RLIMIT_CORE, &no_core) != 0)
		return err_sys(e, ERR_WATCH, "privileges", "cannot be given up");
	return 0;
}

/* What a command needs to find the session; nothing that was inherited. */
static int set_environment(const struct passwd *pw, const char *session, struct err *e)
{
	char runtime[64];

	(void)snprintf(runtime, sizeof runtime, "/run/user/%u", (unsigned)pw->pw_uid);
	if (clearenv() != 0 || setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1) != 0 ||
	    setenv("USER", pw->pw_name, 1) != 0 || setenv("HOME", pw->pw_dir, 1) != 0 ||
	    setenv("XDG_SESSION_ID", session, 1) != 0 ||
	    setenv("XDG_RUNTIME_DIR", runtime, 1) != 0)
		return err_sys(e, ERR_WATCH, "environment", "not set");
	return 0;
}

int start_as_user(const struct settings *s, char ret_user[START_USER_SIZE], struct err *e)
{
	const struct passwd *pw = s->user != NULL ? getpwnam(s->user) : getpwuid(getuid());

	if (pw == NULL || strlen(pw->pw_name) >= START_USER_SIZE)
		return err_set(e, ERR_ACCOUNT, "user", "unknown to the system");
	if (become(pw, e) != 0 || give_up(e) != 0 || set_environment(pw, s->session, e) != 0)
		return -1;
	(void)umask(077);
	if (chdir("/") != 0)
		return err_sys(e, ERR_WATCH, "/", "cannot be entered");
	memcpy(ret_user, pw->pw_name, strlen(pw->pw_name) + 1);
	return 0;
}

static int close_terminal(struct err *e)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd <= 2; fd++)
		if (null < 0 || dup2(null, fd) != fd)
			return err_sys(e, ERR_WATCH, "/dev/null", "not opened");
	if (null > 2)
		(void)close(null);
	return 0;
}

int start_background(struct err *e)
{
	pid_t pid;

	if (close_terminal(e) != 0)
		return -1;
	pid = fork();
	if (pid < 0)
		return err_sys(e, ERR_WATCH, "process", "not made");
	if (pid > 0)
		_exit(0);
	(void)setsid();
	return 0;
}
