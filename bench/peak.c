/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a command and tells the peak resident memory of each of its processes.
 *
 * peak FILE COMMAND [ARGUMENT...]     FILE gets a line "NAME KIB" for each that ended
 *
 * A process is stopped at its end, while its memory is still there to be asked (VmHWM).
 * ru_maxrss will not do: a helper started by clone with CLONE_VM carries its host's over.
 */
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define OPTIONS                                                                                \
	(PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | \
	    PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL)

static void tell(FILE *out, pid_t pid)
{
	char path[64], line[256], name[64] = "?";
	unsigned long kib = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	f = fopen(path, "re");
	if (f == NULL)
		err(1, "%s", path);
	while (fgets(line, sizeof(line), f) != NULL) {
		(void)sscanf(line, "Name: %63s", name);
		(void)sscanf(line, "VmHWM: %lu", &kib);
	}
	fclose(f);
	fprintf(out, "%s %lu\n", name, kib);
}

/* What a stopped process goes on with: the signal it was stopped by, if it was one. */
static int signal_of(int status)
{
	int event = status >> 16;

	return event == 0 && WSTOPSIG(status) != SIGTRAP ? WSTOPSIG(status) : 0;
}

static int follow(FILE *out, pid_t first)
{
	int status, result = 1;
	pid_t pid;

	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		if (WIFEXITED(status) || WIFSIGNALED(status)) {
			if (pid == first)
				result = status == 0 ? 0 : 1;
			continue;
		}
		if (status >> 16 == PTRACE_EVENT_EXIT)
			tell(out, pid);
		/* ESRCH: killed meanwhile */
		if (ptrace(PTRACE_CONT, pid, 0, signal_of(status)) != 0 && errno != ESRCH)
			err(1, "ptrace");
	}
	return result;
}

int main(int argc, char **argv)
{
	FILE *out;
	pid_t pid;
	int go[2], status;
	char byte = 0;

	if (argc < 3)
		errx(2, "usage: peak FILE COMMAND [ARGUMENT...]");
	out = fopen(argv[1], "we");
	if (out == NULL || pipe(go) != 0)
		err(1, "%s", argv[1]);
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		if (read(go[0], &byte, 1) == 1)
			execvp(argv[2], argv + 2);
		_exit(127);
	}
	if (ptrace(PTRACE_SEIZE, pid, 0, OPTIONS) != 0 || write(go[1], &byte, 1) != 1)
		err(1, "%s: cannot be traced", argv[2]);
	close(go[0]);
	close(go[1]);
	status = follow(out, pid);
	return fclose(out) == 0 ? status : 1;
}
