/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starts, orders about and ends the processes of a benchmark. Computes no figures.
 */
#include "bench/stage.h"

#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define SOCKET     "/run/sekisho/root"
#define DROP       "/proc/sys/vm/drop_caches"
#define TICK       10000 /* microseconds */
#define TICKS_MAX  500
#define AFTERWARDS 2000 /* microseconds: what still ends must not run beside the next login */

static struct sample carry_out(const char *stacks, const struct order *o)
{
	const struct contestant *k = &contestants[o->contestant];
	char code[CODE_TEXT_SIZE] = "";
	const struct typing t = {.code = code, .pause = o->pause};

	if (k->enrolled != ENROLLED_NOWHERE)
		person_code(o->person, k->enrolled, o->typed, code);
	return login(stacks, k->service, person_name(o->person), &t);
}

static void run_orders(const char *stacks, int fd)
{
	struct order o;

	while (recv(fd, &o, sizeof(o), 0) == (ssize_t)sizeof(o)) {
		struct sample s = carry_out(stacks, &o);

		if (send(fd, &s, sizeof(s), 0) != (ssize_t)sizeof(s))
			break;
	}
	_exit(0);
}

static void start_runner(struct stage *t)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		err(1, "socketpair");
	t->runner = fork();
	if (t->runner < 0)
		err(1, "fork");
	if (t->runner == 0) {
		close(ends[0]);
		run_orders(t->stacks, ends[1]);
	}
	close(ends[1]);
	t->orders = ends[0];
}

static pid_t start_server(char **argv)
{
	pid_t pid;

	(void)unlink(SOCKET);
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		/* it reports each connection; that is not a cost of the login */
		if (freopen("/dev/null", "w", stderr) != NULL)
			execvp(argv[0], argv);
		_exit(127);
	}
	for (int i = 0; i < TICKS_MAX && access(SOCKET, F_OK) != 0; i++)
		usleep(TICK);
	if (access(SOCKET, F_OK) != 0)
		errx(1, "%s: does not run, or made no socket in 5 s", argv[0]);
	return pid;
}

void stage_open(struct stage *t, const char *stacks, char **server_argv, bool with_runner)
{
	*t = (struct stage){.stacks = stacks, .orders = -1};
	if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
		err(1, "prctl");
	if (with_runner)
		start_runner(t);
	t->server = start_server(server_argv);
}

double stage_close(struct stage *t)
{
	struct rusage u;
	int status;

	/* it counts its helpers when it reaps them: their sum is known when it ends */
	kill(t->server, SIGTERM);
	if (wait4(t->server, &status, 0, &u) != t->server)
		err(1, "wait for the server");
	if (t->runner != 0) {
		close(t->orders);
		waitpid(t->runner, NULL, 0);
	}
	return t->served == 0 ? 0 : cpu_of(&u) / t->served;
}

/* A helper that was started directly is an orphan, and this process the one that inherits it.
 */
static double reap_orphan(const struct stage *t)
{
	struct rusage u;
	int status;
	pid_t pid = wait4(-1, &status, __WALL, &u);

	if (pid < 0 || pid == t->runner || pid == t->server)
		errx(1, "a process of the benchmark ended");
	return cpu_of(&u);
}

struct sample stage_login(struct stage *t, const struct order *o)
{
	const struct contestant *k = &contestants[o->contestant];
	struct sample s;

	if (send(t->orders, o, sizeof(*o), 0) != (ssize_t)sizeof(*o) ||
	    recv(t->orders, &s, sizeof(s), 0) != (ssize_t)sizeof(s))
		errx(1, "%s: the login program died", k->title);
	if (k->orphan)
		s.cpu += reap_orphan(t);
	t->served += k->served;
	usleep(AFTERWARDS);
	return s;
}

void stage_reap(const struct stage *t, const pid_t *workers, unsigned count)
{
	unsigned left = count;
	int status;

	while (left > 0) {
		pid_t pid = waitpid(-1, &status, __WALL);

		if (pid < 0 || pid == t->server)
			errx(1, "a process of the benchmark ended");
		for (unsigned i = 0; i < count; i++) {
			if (workers[i] != pid)
				continue;
			if (status != 0)
				exit(1); /* it said why */
			left--;
		}
	}
}

bool caches_drop(void)
{
	int fd = open(DROP, O_WRONLY | O_CLOEXEC);
	bool done;

	if (fd < 0)
		return false;
	sync(); /* what is not written yet cannot be dropped */
	done = write(fd, "3", 1) == 1;
	close(fd);
	return done;
}
