/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One login and a careful look before and after it. Knows nothing of the module under test.
 */
#include "tests/hosts/host.h"

#include <errno.h>
#include <locale.h>
#include <security/pam_appl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#define SIGNALS     64
#define FDS_MAX     256
#define ACTION_SIZE 160 /* more than the kernel's struct sigaction */
#define HUGE_REPLY  (10U << 20)

static const struct {
	int category;
	const char *name;
} categories[] = {
    {LC_CTYPE, "LC_CTYPE"},
    {LC_NUMERIC, "LC_NUMERIC"},
    {LC_TIME, "LC_TIME"},
    {LC_COLLATE, "LC_COLLATE"},
    {LC_MONETARY, "LC_MONETARY"},
    {LC_MESSAGES, "LC_MESSAGES"},
    {LC_PAPER, "LC_PAPER"},
    {LC_NAME, "LC_NAME"},
    {LC_ADDRESS, "LC_ADDRESS"},
    {LC_TELEPHONE, "LC_TELEPHONE"},
    {LC_MEASUREMENT, "LC_MEASUREMENT"},
    {LC_IDENTIFICATION, "LC_IDENTIFICATION"},
};

#define CATEGORIES (sizeof(categories) / sizeof(categories[0]))

struct process {
	char umask[32];
	char cwd[1024];
	char locale[CATEGORIES][64];
	locale_t thread_locale;
	uint8_t actions[SIGNALS + 1][ACTION_SIZE];
	uint8_t mask[8];
	char fds[FDS_MAX][96]; /* where each leads, "" when closed */
	bool zombie;
};

static void read_umask(char out[32])
{
	char line[256];
	FILE *f = fopen("/proc/self/status", "re");

	out[0] = '\0';
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, "Umask:", 6) == 0)
			(void)snprintf(out, 32, "%.24s", line + 6);
	}
	if (f != NULL)
		(void)fclose(f);
}

static void read_fds(char fds[FDS_MAX][96])
{
	for (int fd = 0; fd < FDS_MAX; fd++) {
		char path[64];
		ssize_t n;

		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		n = readlink(path, fds[fd], sizeof(fds[fd]) - 1);
		fds[fd][n > 0 ? n : 0] = '\0';
		/* The allocator looks this up once, in whatever thread comes first. */
		if (strcmp(fds[fd], "/proc/sys/vm/overcommit_memory") == 0)
			fds[fd][0] = '\0';
	}
}

/* A dead child that nobody has waited for, of whatever exit signal. */
static bool has_zombie(void)
{
	siginfo_t info;

	info.si_pid = 0;
	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0 &&
	       info.si_pid != 0;
}

static void process_read(struct process *p)
{
	memset(p, 0, sizeof(*p));
	read_umask(p->umask);
	if (getcwd(p->cwd, sizeof(p->cwd)) == NULL)
		abort();
	for (size_t i = 0; i < CATEGORIES; i++)
		(void)snprintf(p->locale[i], sizeof(p->locale[i]), "%s",
		    setlocale(categories[i].category, NULL));
	p->thread_locale = uselocale((locale_t)0);
	for (int n = 1; n <= SIGNALS; n++)
		(void)syscall(SYS_rt_sigaction, n, NULL, p->actions[n], sizeof(p->mask));
	(void)syscall(SYS_rt_sigprocmask, SIG_SETMASK, NULL, p->mask, sizeof(p->mask));
	read_fds(p->fds);
	p->zombie = has_zombie();
}

static int differs(const char *what, const char *before, const char *after)
{
	if (strcmp(before, after) == 0)
		return 0;
	printf("changed: %s: [%s] -> [%s]\n", what, before, after);
	return 1;
}

static int process_compare(const struct process *a, const struct process *b)
{
	int n = differs("umask", a->umask, b->umask) + differs("cwd", a->cwd, b->cwd);

	for (size_t i = 0; i < CATEGORIES; i++)
		n += differs(categories[i].name, a->locale[i], b->locale[i]);
	for (int i = 1; i <= SIGNALS; i++) {
		if (memcmp(a->actions[i], b->actions[i], ACTION_SIZE) != 0)
			n += printf("changed: action of signal %d\n", i) > 0;
	}
	if (memcmp(a->mask, b->mask, sizeof(a->mask)) != 0)
		n += printf("changed: signal mask\n") > 0;
	if (a->thread_locale != b->thread_locale)
		n += printf("changed: locale of the thread\n") > 0;
	for (int fd = 0; fd < FDS_MAX; fd++) {
		char what[32];

		(void)snprintf(what, sizeof(what), "fd %d", fd);
		n += differs(what, a->fds[fd], b->fds[fd]);
	}
	if (b->zombie && !a->zombie)
		n += printf("left: a zombie\n") > 0;
	return n;
}

/* ---- the conversation */

static char *huge_reply(void)
{
	char *p = malloc(HUGE_REPLY + 1);

	if (p == NULL)
		abort();
	memset(p, '1', HUGE_REPLY);
	p[HUGE_REPLY] = '\0';
	return p;
}

static char *command_reply(const char *command)
{
	char *line = calloc(1, 512);
	FILE *f = popen(command, "re");

	if (line == NULL || f == NULL || fgets(line, 512, f) == NULL)
		abort();
	line[strcspn(line, "\n")] = '\0';
	(void)pclose(f);
	return line;
}

static int answer(const char *reply, char **ret)
{
	char *p = NULL;

	if (strcmp(reply, "@fail") == 0)
		return PAM_CONV_ERR;
	if (strcmp(reply, "@huge") == 0)
		p = huge_reply();
	else if (strcmp(reply, "@empty") == 0)
		p = strdup("");
	else if (reply[0] == '!')
		p = command_reply(reply + 1);
	else if (strcmp(reply, "@null") != 0)
		p = strdup(reply);
	if (strcmp(reply, "@nul") == 0 && p != NULL) {
		free(p);
		p = malloc(12);
		if (p != NULL)
			memcpy(p, "123456\0junk", 12);
	}
	*ret = p;
	return PAM_SUCCESS;
}

static int converse(int n, const struct pam_message **m, struct pam_response **ret, void *data)
{
	struct host *h = data;
	struct pam_response *r = calloc((size_t)n, sizeof(*r));
	int code = PAM_SUCCESS;

	if (r == NULL)
		return PAM_BUF_ERR;
	for (int i = 0; i < n && code == PAM_SUCCESS; i++) {
		bool asks = m[i]->msg_style == PAM_PROMPT_ECHO_OFF ||
		            m[i]->msg_style == PAM_PROMPT_ECHO_ON;
		int turn = h->turn < h->reply_count ? h->turn : h->reply_count - 1;

		if (h->verbose)
			printf("%s%s: [%s]\n",
			    asks                               ? "prompt"
			    : m[i]->msg_style == PAM_ERROR_MSG ? "error"
			                                       : "text",
			    m[i]->msg_style == PAM_PROMPT_ECHO_ON ? " (echo)" : "", m[i]->msg);
		if (!asks)
			continue;
		code = answer(h->replies[turn], &r[i].resp);
		h->turn++;
	}
	if (code != PAM_SUCCESS) {
		free(r);
		r = NULL;
	}
	*ret = r;
	return code;
}

/* ---- the login */

/* What the session will find. */
static void print_environment(pam_handle_t *pamh)
{
	char **list = pam_getenvlist(pamh);

	for (size_t i = 0; list != NULL && list[i] != NULL; i++) {
		printf("environment: [%s]\n", list[i]);
		free(list[i]);
	}
	free(list);
}

static int set_items(pam_handle_t *pamh, const struct host *h)
{
	const struct {
		int item;
		const char *value;
	} items[] = {{PAM_TTY, h->tty}, {PAM_XDISPLAY, h->display}, {PAM_RHOST, h->rhost}};
	int code = PAM_SUCCESS;

	for (size_t i = 0; code == PAM_SUCCESS && i < sizeof(items) / sizeof(items[0]); i++)
		if (items[i].value != NULL)
			code = pam_set_item(pamh, items[i].item, items[i].value);
	return code;
}

static void print_user(pam_handle_t *pamh)
{
	const void *user = NULL;

	if (pam_get_item(pamh, PAM_USER, &user) == PAM_SUCCESS)
		printf("user: [%s]\n", user != NULL ? (const char *)user : "");
}

static int login(struct host *h)
{
	const struct pam_conv conv = {converse, h};
	pam_handle_t *pamh = NULL;
	int code = pam_start_confdir(h->service, h->user, &conv, h->confdir, &pamh);

	if (code != PAM_SUCCESS) {
		printf("pam_start: %d\n", code);
		return -1;
	}
	h->turn = 0;
	code = set_items(pamh, h);
	if (code == PAM_SUCCESS)
		code = pam_authenticate(pamh, h->flags);
	if (h->user == NULL)
		print_user(pamh);
	if (h->verbose)
		print_environment(pamh);
	if (code == PAM_SUCCESS && pam_setcred(pamh, PAM_ESTABLISH_CRED) != PAM_SUCCESS)
		code = -1;
	(void)pam_end(pamh, code);
	return code;
}

int host_login(struct host *h)
{
	static struct process before, after; /* large; only the main thread logs in */
	int code, changed;

	process_read(&before);
	code = login(h);
	process_read(&after);
	after.zombie = after.zombie && !h->child_expected;
	changed = process_compare(&before, &after);
	if (code != h->expected)
		printf("PAM said %d instead of %d\n", code, h->expected);
	return code == h->expected && changed == 0 ? 0 : -1;
}

int host_run(struct host *h)
{
	int good = 0;

	for (int i = 0; i < h->logins; i++)
		good += host_login(h) == 0;
	if (h->verbose || good != h->logins)
		printf("%d of %d logins as expected\n", good, h->logins);
	(void)fflush(stdout);
	return good == h->logins ? 0 : 1;
}

static void usage(const char *name)
{
	(void)fprintf(stderr,
	    "usage: %s [-vs] [-n LOGINS] [-e CODE] [-u UID] [-t TTY] [-d DISPLAY] [-r RHOST] "
	    "CONFDIR SERVICE USER REPLY...\n",
	    name);
	exit(2);
}

static void become(uid_t uid)
{
	if (setresgid(uid, uid, uid) != 0 || setresuid(uid, uid, uid) != 0) {
		perror("setresuid");
		exit(HOST_SKIP);
	}
}

void host_start(struct host *h, int argc, char **argv)
{
	int option;

	*h = (struct host){.logins = 1, .expected = PAM_SUCCESS};
	while ((option = getopt(argc, argv, "vsn:e:u:t:d:r:")) != -1) {
		if (option == 'v')
			h->verbose = true;
		else if (option == 's')
			h->flags = PAM_SILENT;
		else if (option == 'n')
			h->logins = atoi(optarg);
		else if (option == 'e')
			h->expected = atoi(optarg);
		else if (option == 'u')
			become((uid_t)atoi(optarg));
		else if (option == 't')
			h->tty = optarg;
		else if (option == 'd')
			h->display = optarg;
		else if (option == 'r')
			h->rhost = optarg;
		else
			usage(argv[0]);
	}
	if (argc - optind < 4)
		usage(argv[0]);
	h->confdir = argv[optind];
	h->service = argv[optind + 1];
	h->user = strcmp(argv[optind + 2], "-") == 0 ? NULL : argv[optind + 2];
	h->replies = (const char *const *)(argv + optind + 3);
	h->reply_count = argc - optind - 3;
	/* Not what the environment says everywhere: a guest that sets the locale shows. */
	(void)setlocale(LC_ALL, "");
	(void)setlocale(LC_NUMERIC, "C");
	(void)setlocale(LC_TIME, "C");
	/* As real login programs: from here on the log's descriptor is the host's own. */
	openlog("sekisho-test-host", LOG_NDELAY, LOG_AUTHPRIV);
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
}
