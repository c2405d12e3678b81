/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a command gets at the store, and leaves its mark in the audit log.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* syscall */
#endif
#include "tools/access.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/config.h"
#include "lib/base/safefile.h"

#define CONFIG_NAME "sekisho.conf"

/* Without this capability a limit holds, and malloc would fail once it is reached. */
static bool may_lock_all(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {0};

	return syscall(SYS_capget, &header, data) == 0 &&
	       (data[CAP_TO_INDEX(CAP_IPC_LOCK)].effective & CAP_TO_MASK(CAP_IPC_LOCK)) != 0;
}

/* True when that is not known, too. */
static bool has_swap(void)
{
	FILE *swaps = fopen("/proc/swaps", "re");
	unsigned lines = 0;
	int c;

	if (swaps == NULL)
		return true;
	while ((c = fgetc(swaps)) != EOF)
		lines += c == '\n';
	fclose(swaps);
	return lines != 1; /* the heading */
}

void access_seal_memory(struct ui *ui)
{
	const struct rlimit none = {0, 0};

	if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0)
		ui_warn(ui, "core dumps cannot be switched off: %s", strerror(errno));
	if ((!may_lock_all() || mlockall(MCL_CURRENT | MCL_FUTURE) != 0) && has_swap())
		ui_warn(ui, "memory cannot be locked; secrets may reach the swap area");
}

enum exit_code access_check_root(struct ui *ui, const char *what)
{
	if (geteuid() == 0)
		return EXIT_DONE;
	return ui_refuse(ui, ERR_NOT_ROOT, what, NULL, "must run as root");
}

static int read_config(struct config *ret_c, struct err *e)
{
	int r = -1, dir = safedir_open(ACCESS_ETC, 022, e);
	uint8_t *text = NULL;
	size_t len = 0;

	if (dir < 0)
		return -1;
	text = malloc(CONFIG_FILE_MAX);
	if (text == NULL) {
		errno = ENOMEM;
		err_sys(e, ERR_INTERNAL, CONFIG_NAME, "cannot be read");
		goto out;
	}
	if (safefile_read(
	        dir, ACCESS_ETC, CONFIG_NAME, 022, text, 0, CONFIG_FILE_MAX, &len, e) != 0)
		goto out;
	errno = 0;
	r = config_parse((const char *)text, len, ACCESS_ETC "/" CONFIG_NAME, ret_c, e);
out:
	free(text);
	close(dir);
	return r;
}

bool access_any_file_system(struct ui *ui)
{
	struct config *c = malloc(sizeof(*c));
	bool any = false;
	struct err e;

	if (c == NULL) {
		errno = ENOMEM;
		err_sys(&e, ERR_INTERNAL, CONFIG_NAME, "cannot be read");
		ui_fail(ui, &e, NULL);
		return false;
	}
	if (read_config(c, &e) == 0)
		any = c->allow_any_file_system;
	else if (errno != ENOENT)
		ui_fail(ui, &e, NULL);
	free(c);
	return any;
}

enum exit_code access_open(struct ui *ui, const char *what, struct access *ret_a)
{
	enum exit_code code;
	struct err e;

	*ret_a = (struct access){
	    .store = {.dir = -1, .records = -1, .states = -1, .decoys = -1, .etc = -1}};
	code = access_check_root(ui, what);
	if (code != EXIT_DONE)
		return code;
	access_seal_memory(ui);
	audit_open();
	clock_system(&ret_a->clock);
	if (store_open(
	        &ret_a->store, ACCESS_STORE, ACCESS_ETC, access_any_file_system(ui), &e) != 0 ||
	    store_unlock(&ret_a->store, &ret_a->keys, &e) != 0)
		return ui_fail(ui, &e, NULL);
	return EXIT_DONE;
}

void access_close(struct access *a)
{
	keys_clear(&a->keys);
	store_close(&a->store);
}

enum exit_code access_account(struct ui *ui, const char *typed, struct account *ret_a)
{
	char guess[RECORD_NAME_SIZE + 32];
	struct err e;

	if (account_find(typed, ret_a, &e) == 0)
		return EXIT_DONE;
	if (e.number != ERR_ACCOUNT)
		return ui_fail(ui, &e, NULL);
	account_suggest(typed, guess, sizeof(guess));
	return ui_fail(ui, &e, guess[0] != '\0' ? guess : NULL);
}

enum exit_code access_person(struct ui *ui, const struct access *a, const char *typed,
    struct person *ret_p, int *ret_lock)
{
	struct account account;
	bool known, found = false;
	struct err e;
	int lock;

	known = account_find(typed, &account, NULL) == 0;
	if (!known && strlen(typed) >= RECORD_NAME_SIZE)
		return access_account(ui, typed, &account);
	lock = store_lock(&a->store, &e);
	if (lock < 0)
		return ui_fail(ui, &e, NULL);
	if (person_find(&a->store, &a->keys, known ? account.name : typed, &found, ret_p, &e) !=
	    0) {
		close(lock);
		return ui_fail(ui, &e, NULL);
	}
	if (found) {
		access_distrust_torn(a, ret_p);
		*ret_lock = lock;
		return EXIT_DONE;
	}
	close(lock);
	if (!known)
		return access_account(ui, typed, &account);
	return ui_refuse(ui, ERR_NOT_ENROLLED, account.name, NULL, "not enrolled");
}

void access_distrust_torn(const struct access *a, struct person *p)
{
	/* The widest window there is: the configuration may be the thing that is broken. */
	if (p->file_state.torn)
		person_distrust(p, a->clock.wall(&a->clock), CONFIG_TOTP_WINDOW_MAX);
}

static uint32_t parse_uid(const char *text)
{
	char *end = NULL;
	unsigned long n;

	if (text == NULL || *text < '0' || *text > '9')
		return UINT32_MAX;
	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno != 0 || n > UINT32_MAX || (*end != '\0' && *end != '\n'))
		return UINT32_MAX;
	return (uint32_t)n;
}

uint32_t access_actor(void)
{
	uint32_t uid = UINT32_MAX;
	char text[16];
	ssize_t n;
	int fd = open("/proc/self/loginuid", O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		n = read(fd, text, sizeof(text) - 1);
		if (n > 0) {
			text[n] = '\0';
			uid = parse_uid(text);
		}
		close(fd);
	}
	/* Root can set SUDO_UID to anything; root can write any log line, too. */
	return uid != UINT32_MAX ? uid : parse_uid(getenv("SUDO_UID"));
}

void access_audit(enum audit_event event, const char *result, const char *user,
    const char *token, const char *reason, const struct err *e)
{
	struct audit_entry entry = {
	    .event = event,
	    .result = result,
	    .reason = reason,
	    .user = user,
	    .token = token,
	    .actor = access_actor(),
	    .err = e,
	};

	audit_write(&audit_syslog, &entry);
}
