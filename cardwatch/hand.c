/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * loginctl, or the administrator's command in its place. Must not wait for either, and leaves
 * no zombie.
 */
#include "cardwatch/hand.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOGINCTL "/usr/bin/loginctl"

static const char *program_of(const struct settings *s)
{
	return s->command != NULL ? s->command : LOGINCTL;
}

static const char *verb_of(const struct settings *s)
{
	static const char *const verbs[] = {
	    [REMOVAL_LOCK] = "lock-session", [REMOVAL_LOGOUT] = "terminate-session"};

	return s->command != NULL ? settings_removal_word(s->removal) : verbs[s->removal];
}

int hand_begin(struct hand *h, const struct settings *s, uint64_t now, struct err *e)
{
	const char *program = program_of(s);
	char *const argv[] = {(char *)(uintptr_t)program, (char *)(uintptr_t)verb_of(s),
	    (char *)(uintptr_t)s->session, NULL};
	posix_spawnattr_t own_group;
	pid_t pid;
	int r = posix_spawnattr_init(&own_group);

	if (r == 0) {
		r = posix_spawnattr_setflags(&own_group, POSIX_SPAWN_SETPGROUP);
		if (r == 0)
			r = posix_spawn(&pid, program, NULL, &own_group, argv, environ);
		(void)posix_spawnattr_destroy(&own_group);
	}
	if (r != 0) {
		errno = r;
		return err_sys(e, ERR_WATCH_ACTION, program, "not started");
	}
	h->pid = pid;
	h->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	h->deadline = now + HAND_LIMIT_MS;
	return 0;
}

int hand_end(struct hand *h, const struct settings *s, struct err *e)
{
	const char *program = program_of(s);
	siginfo_t info = {0};
	int r = -1;

	if (waitid(P_PID, (id_t)h->pid, &info, WEXITED | WNOHANG) == 0 && info.si_pid == 0) {
		(void)kill(-h->pid, SIGKILL);
		(void)waitid(P_PID, (id_t)h->pid, &info, WEXITED);
		(void)err_set(e, ERR_WATCH_ACTION, program, "no end within %d s; killed",
		    HAND_LIMIT_MS / 1000);
	} else if (info.si_code != CLD_EXITED)
		(void)err_set(
		    e, ERR_WATCH_ACTION, program, "ended by signal %d", info.si_status);
	else if (info.si_status != 0)
		(void)err_set(e, ERR_WATCH_ACTION, program, "exit status %d", info.si_status);
	else
		r = 0;
	if (h->pidfd >= 0)
		(void)close(h->pidfd);
	*h = (struct hand)HAND_IDLE;
	return r;
}
