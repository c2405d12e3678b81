/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Measures logins through several PAM modules side by side, each with a fresh valid code, and
 * prints one line of figures per module. bench/run.sh prepares stacks, people and secrets.
 *
 * bench DIRECTORY LOGINS -- SERVER...     all modules in turn, LOGINS times
 * bench DIRECTORY SERVICE -- SERVER...    one login between two marks, for strace
 *
 * DIRECTORY holds pam.d/, oath and google, and lies on a disk. SERVER is a program that serves
 * the socket door until it is ended.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <liboath/oath.h>
#include <security/pam_appl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COUNT(a)   (sizeof(a) / sizeof((a)[0]))
#define WARM_UP    5
#define FILE_LIMIT 65536
#define PAUSE      20000 /* microseconds */
#define SOCKET     "/run/sekisho/root"

/* What each person here has enrolled. */
static const char seed[] = "12345678901234567890";

struct file_copy {
	char path[512];
	size_t len;
	uint8_t *data;
	struct file_copy *next;
};

/* What one login took. felt is of a login whose person took PAUSE to type, whole of one that
 * was answered at once: what the helper does while a person types is no wait for the person,
 * but is work all the same. */
struct sample {
	int result; /* of pam_authenticate */
	int prompts;
	double felt, whole, cpu; /* microseconds; cpu: of the login program */
};

struct contestant {
	const char *title, *service;
	const char *file; /* in DIRECTORY: what a login changes; NULL: none */
	bool prompts, store, orphan, server;
	struct file_copy *before; /* put back before each login */
	struct sample *samples;
	double server_cpu; /* of each login, outside the login program and its orphan */
};

static struct contestant contestants[] = {
    {.title = "pam_permit", .service = "permit"},
    {.title = "pam_oath, 1 user", .service = "oath", .file = "oath", .prompts = true},
    {.title = "pam_google_authenticator, TOTP",
        .service = "google",
        .file = "google",
        .prompts = true},
    {.title = "sekisho, direct door",
        .service = "direct",
        .prompts = true,
        .store = true,
        .orphan = true},
    {.title = "sekisho, socket door",
        .service = "socket",
        .prompts = true,
        .store = true,
        .server = true},
};

static const char *directory;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double cpu_of(const struct rusage *u)
{
	return (double)(u->ru_utime.tv_sec + u->ru_stime.tv_sec) * 1e6 +
	       (double)(u->ru_utime.tv_usec + u->ru_stime.tv_usec);
}

static double cpu_self(void)
{
	struct rusage self, children;

	getrusage(RUSAGE_SELF, &self);
	getrusage(RUSAGE_CHILDREN, &children);
	return cpu_of(&self) + cpu_of(&children);
}

/* ---- files a login changes ---- */

static struct file_copy *found; /* by the tree walk */

static struct file_copy *copy_file(const char *path)
{
	struct file_copy *c = calloc(1, sizeof(*c));
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (c == NULL || fd < 0 || strlen(path) >= sizeof(c->path))
		err(1, "%s", path);
	strcpy(c->path, path);
	c->data = malloc(FILE_LIMIT);
	n = c->data == NULL ? -1 : read(fd, c->data, FILE_LIMIT);
	if (n < 0 || n == FILE_LIMIT)
		err(1, "%s", path);
	c->len = (size_t)n;
	close(fd);
	return c;
}

static void free_copy(struct file_copy *c)
{
	free(c->data);
	free(c);
}

static int visit(const char *path, const struct stat *st, int type, struct FTW *where)
{
	struct file_copy *c;

	(void)where;
	if (type != FTW_F || !S_ISREG(st->st_mode))
		return 0;
	c = copy_file(path);
	c->next = found;
	found = c;
	return 0;
}

static void put_back(const struct file_copy *c)
{
	int fd = open(c->path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || ftruncate(fd, (off_t)c->len) != 0 ||
	    pwrite(fd, c->data, c->len, 0) != (ssize_t)c->len || fsync(fd) != 0)
		err(1, "%s", c->path);
	close(fd);
}

static void put_all_back(const struct contestant *k)
{
	for (const struct file_copy *c = k->before; c != NULL; c = c->next)
		put_back(c);
}

/* Of the copies, those whose file is no longer the same. */
static struct file_copy *keep_changed(struct file_copy *all)
{
	struct file_copy *changed = NULL;

	while (all != NULL) {
		struct file_copy *c = all, *fresh = copy_file(c->path);

		all = c->next;
		if (c->len != fresh->len || memcmp(c->data, fresh->data, c->len) != 0) {
			c->next = changed;
			changed = c;
		} else {
			free_copy(c);
		}
		free_copy(fresh);
	}
	return changed;
}

/* ---- one login ---- */

struct dialogue {
	char code[16];
	useconds_t pause;
	int prompts;
	double answered;
};

static int converse(
    int n, const struct pam_message **messages, struct pam_response **ret_replies, void *data)
{
	struct dialogue *d = data;
	struct pam_response *replies = calloc((size_t)n, sizeof(*replies));

	if (replies == NULL)
		return PAM_BUF_ERR;
	for (int i = 0; i < n; i++) {
		if (messages[i]->msg_style != PAM_PROMPT_ECHO_OFF &&
		    messages[i]->msg_style != PAM_PROMPT_ECHO_ON)
			continue;
		replies[i].resp = strdup(d->code);
		d->prompts++;
	}
	*ret_replies = replies;
	if (d->pause != 0)
		usleep(d->pause);
	d->answered = now();
	return PAM_SUCCESS;
}

static void make_code(char *out, bool valid)
{
	if (oath_totp_generate(seed, sizeof(seed) - 1, time(NULL), 30, 0, 6, out) != OATH_OK)
		errx(1, "no code");
	if (!valid)
		out[0] = out[0] == '0' ? '1' : '0';
}

static struct sample login(const char *service, const char *user, bool valid, useconds_t pause)
{
	char stacks[512];
	struct dialogue d = {.pause = pause};
	const struct pam_conv conversation = {converse, &d};
	pam_handle_t *pam = NULL;
	struct sample s = {0};
	double start, cpu;

	snprintf(stacks, sizeof(stacks), "%s/pam.d", directory);
	make_code(d.code, valid);
	cpu = cpu_self();
	start = now();
	if (pam_start_confdir(service, user, &conversation, stacks, &pam) != PAM_SUCCESS)
		errx(1, "%s: pam_start failed", service);
	s.result = pam_authenticate(pam, 0);
	s.whole = now() - start;
	s.felt = now() - (d.prompts == 0 ? start : d.answered);
	pam_end(pam, s.result);
	s.cpu = cpu_self() - cpu;
	s.prompts = d.prompts;
	return s;
}

/* ---- the program that logs in: not a subreaper, as real ones ---- */

struct order {
	size_t contestant;
	bool valid;
	useconds_t pause;
};

static int runner_socket;

static void run_orders(int fd)
{
	struct order o;

	while (recv(fd, &o, sizeof(o), 0) == (ssize_t)sizeof(o)) {
		struct sample s =
		    login(contestants[o.contestant].service, "alice", o.valid, o.pause);

		if (send(fd, &s, sizeof(s), 0) != (ssize_t)sizeof(s))
			break;
	}
	_exit(0);
}

static pid_t start_runner(void)
{
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
		err(1, "socketpair");
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		close(ends[0]);
		run_orders(ends[1]);
	}
	close(ends[1]);
	runner_socket = ends[0];
	return pid;
}

static pid_t start_server(char **argv)
{
	pid_t pid = fork();

	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		/* it reports each connection; that is not a cost of the login */
		if (freopen("/dev/null", "w", stderr) != NULL)
			execvp(argv[0], argv);
		_exit(127);
	}
	for (int i = 0; i < 500 && access(SOCKET, F_OK) != 0; i++)
		usleep(10000);
	if (access(SOCKET, F_OK) != 0)
		errx(1, "%s: does not run, or made no socket in 5 s", argv[0]);
	return pid;
}

struct stage {
	pid_t runner, server;
};

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

static struct sample order(
    size_t i, bool valid, useconds_t pause, const struct stage *t, double *ret_helper)
{
	struct order o = {i, valid, pause};
	struct sample s;

	if (send(runner_socket, &o, sizeof(o), 0) != (ssize_t)sizeof(o) ||
	    recv(runner_socket, &s, sizeof(s), 0) != (ssize_t)sizeof(s))
		errx(1, "%s: the login program died", contestants[i].title);
	*ret_helper = contestants[i].orphan ? reap_orphan(t) : 0;
	usleep(2000); /* what still ends must not run beside the next login */
	return s;
}

static void must_pass(const struct contestant *k, const struct sample *s)
{
	if (s->result != PAM_SUCCESS || s->prompts != (k->prompts ? 1 : 0))
		errx(1, "%s: valid code: result %d, %d prompts", k->title, s->result,
		    s->prompts);
}

/* A wrong code is refused and a code works once: what is measured is a verification. */
static void prove(size_t i, const struct stage *t)
{
	struct contestant *k = &contestants[i];
	struct sample s;
	double helper;

	if (k->file != NULL) {
		char path[1024];

		snprintf(path, sizeof(path), "%s/%s", directory, k->file);
		k->before = copy_file(path);
	} else if (k->store) {
		found = NULL;
		if (nftw(LOCALSTATEDIR "/lib/sekisho", visit, 8, FTW_PHYS) != 0)
			err(1, "%s", LOCALSTATEDIR "/lib/sekisho");
		k->before = found;
	}
	while (time(NULL) % 30 > 20) /* the second login below needs the same code */
		sleep(1);
	s = order(i, true, 0, t, &helper);
	must_pass(k, &s);
	if (k->store) {
		k->before = keep_changed(k->before);
		if (k->before == NULL)
			errx(1, "%s: a login changed nothing on disk", k->title);
	}
	if (!k->prompts)
		return;
	s = order(i, true, 0, t, &helper);
	if (s.result == PAM_SUCCESS)
		errx(1, "%s: the same code worked twice", k->title);
	put_all_back(k);
	s = order(i, false, 0, t, &helper);
	if (s.result == PAM_SUCCESS)
		errx(1, "%s: a wrong code was accepted", k->title);
}

static struct sample measure_one(size_t i, const struct stage *t)
{
	struct contestant *k = &contestants[i];
	struct sample fast, slow;
	double helper[2];

	put_all_back(k);
	fast = order(i, true, 0, t, &helper[0]);
	must_pass(k, &fast);
	put_all_back(k);
	slow = order(i, true, PAUSE, t, &helper[1]);
	must_pass(k, &slow);
	fast.felt = slow.felt;
	fast.cpu = (fast.cpu + helper[0] + slow.cpu + helper[1]) / 2;
	return fast;
}

static void measure(int logins, const struct stage *t)
{
	for (int n = -WARM_UP; n < logins; n++) {
		for (size_t i = 0; i < COUNT(contestants); i++) {
			struct sample s = measure_one(i, t);

			if (n >= 0)
				contestants[i].samples[n] = s;
		}
	}
}

/* ---- figures ---- */

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

struct figures {
	double median, p99, mean;
};

static struct figures figures_of(const struct contestant *k, size_t offset, int n)
{
	double *v = calloc((size_t)n, sizeof(*v));
	struct figures f = {0};

	if (v == NULL)
		err(1, "calloc");
	for (int i = 0; i < n; i++) {
		memcpy(&v[i], (const char *)&k->samples[i] + offset, sizeof(v[i]));
		f.mean += v[i] / n;
	}
	qsort(v, (size_t)n, sizeof(*v), compare);
	f.median = v[n / 2];
	f.p99 = v[(n * 99 + 99) / 100 - 1];
	free(v);
	return f;
}

static void print_figures(const struct contestant *k, int n)
{
	struct figures felt = figures_of(k, offsetof(struct sample, felt), n),
	               whole = figures_of(k, offsetof(struct sample, whole), n),
	               cpu = figures_of(k, offsetof(struct sample, cpu), n);

	printf("%s|%s|", k->service, k->title);
	if (k->prompts)
		printf("%.0f|%.0f|", felt.median, felt.p99);
	else
		printf("-|-|");
	printf("%.0f|%.0f|%.0f\n", whole.median, whole.p99, cpu.mean + k->server_cpu);
}

static void set_up_samples(int logins)
{
	for (size_t i = 0; i < COUNT(contestants); i++) {
		contestants[i].samples = calloc((size_t)logins, sizeof(struct sample));
		if (contestants[i].samples == NULL)
			err(1, "calloc");
	}
}

/* The server counts its helpers when it reaps them: their sum is known when it ends. */
static double server_cpu(pid_t server)
{
	struct rusage u;
	int status;

	kill(server, SIGTERM);
	if (wait4(server, &status, 0, &u) != server)
		err(1, "wait for the server");
	return cpu_of(&u);
}

static void compete(int logins, char **server_argv)
{
	const int served = 2 * (WARM_UP + logins) + 3; /* two in each round, three by prove() */
	struct stage t;
	double cpu;

	if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
		err(1, "prctl");
	set_up_samples(logins);
	t.runner = start_runner();
	t.server = start_server(server_argv);
	for (size_t i = 0; i < COUNT(contestants); i++)
		prove(i, &t);
	measure(logins, &t);
	cpu = server_cpu(t.server);
	for (size_t i = 0; i < COUNT(contestants); i++) {
		if (contestants[i].server)
			contestants[i].server_cpu = cpu / served;
		print_figures(&contestants[i], logins);
	}
	close(runner_socket);
	waitpid(t.runner, NULL, 0);
}

/* ---- one login for strace ---- */

static void mark(const char *text)
{
	/* seen by strace, harmless otherwise */
	if (write(-1, text, strlen(text)) >= 0)
		abort();
}

static void trace(const char *service, char **server_argv)
{
	pid_t server = 0;
	struct sample s;

	if (strcmp(service, "socket") == 0)
		server = start_server(server_argv);
	usleep(200000);
	mark("login begins");
	/* a person of its own, whose codes no other login used */
	s = login(service, strcmp(service, "socket") == 0 ? "carol" : "bob", true, 0);
	usleep(300000); /* the helper ends after the verdict */
	mark("login ends");
	if (server > 0)
		(void)server_cpu(server);
	if (s.result != PAM_SUCCESS)
		errx(1, "%s: result %d", service, s.result);
}

int main(int argc, char **argv)
{
	int logins;

	if (argc < 5 || strcmp(argv[3], "--") != 0)
		errx(2, "usage: bench DIRECTORY LOGINS|SERVICE -- SERVER...");
	if (oath_init() != OATH_OK)
		errx(1, "liboath");
	directory = argv[1];
	logins = atoi(argv[2]);
	if (logins > 0)
		compete(logins, argv + 4);
	else
		trace(argv[2], argv + 4);
	return 0;
}
