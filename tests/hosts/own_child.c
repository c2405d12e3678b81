/* SPDX-License-Identifier: BSD-2-Clause */
/* Has a child of its own that ends while somebody logs in: it must hear of it exactly once, and
 * find its status. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/hosts/host.h"

#define STATUS   42
#define LIFE_MS  3 /* shorter than a login, longer than its beginning */
#define GRACE_MS 10000

static volatile sig_atomic_t announced;

static void count(int number)
{
	(void)number;
	announced++;
}

static pid_t short_lived(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)poll(NULL, 0, LIFE_MS);
		_exit(STATUS);
	}
	return pid;
}

/* The child may also outlive a fast login. */
static void wait_for_announcement(void)
{
	for (int ms = 0; announced == 0 && ms < GRACE_MS; ms++)
		(void)poll(NULL, 0, 1);
}

static int one_round(struct host *h)
{
	int status = 0;
	pid_t pid, waited;

	announced = 0;
	pid = short_lived();
	if (pid < 0 || host_login(h) != 0)
		return -1;
	wait_for_announcement();
	waited = waitpid(pid, &status, 0);
	if (announced == 1 && waited == pid && WIFEXITED(status) &&
	    WEXITSTATUS(status) == STATUS)
		return 0;
	printf("announced %d times, waitpid %s, status %x\n", (int)announced,
	    waited == pid ? "found it" : "found nothing", (unsigned int)status);
	return -1;
}

int main(int argc, char **argv)
{
	struct sigaction action;
	struct host h;
	int good = 0;

	host_start(&h, argc, argv);
	h.child_expected = true;
	memset(&action, 0, sizeof(action));
	action.sa_handler = count;
	(void)sigaction(SIGCHLD, &action, NULL);
	for (int i = 0; i < h.logins; i++)
		good += one_round(&h) == 0;
	return good == h.logins ? 0 : 1;
}
