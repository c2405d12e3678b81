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
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/base/safefile.h"
#include "lib/store/emergency.h"
#include "lib/store/field.h"
#include "tools/number.h"

#define CONFIG_NAME "sekisho.conf"
#define CONFIG_PATH ACCESS_ETC "/" CONFIG_NAME

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

enum exit_code access_check_clock(struct ui *ui, const struct clock_source *clock)
{
	return access_check_time(ui, clock->wall(clock));
}

enum exit_code access_check_time(struct ui *ui, int64_t now)
{
	if (field_time_ok(now))
		return EXIT_DONE;
	return ui_refuse(ui, ERR_CLOCK_OFF, "clock", "timedatectl set-time ...; then again",
	    "this terminal's clock is %s; nothing changed",
	    now < 0 ? "before 1970" : "past the year 9999");
}

int access_config(struct config *ret_c, struct err *e)
{
	struct err why;
	int r = -1, dir = safedir_open(ACCESS_ETC, 022, &why);
	uint8_t *text = NULL;
	size_t len = 0;

	if (dir < 0) {
		if (errno == ENOENT)
			config_default(ret_c);
		else
			*e = why;
		return errno == ENOENT ? 0 : -1;
	}
	text = malloc(CONFIG_FILE_MAX);
	if (text == NULL) {
		errno = ENOMEM;
		err_sys(e, ERR_INTERNAL, CONFIG_PATH, "cannot be read");
		goto out;
	}
	if (safefile_read(
	        dir, ACCESS_ETC, CONFIG_NAME, 022, text, 0, CONFIG_FILE_MAX, &len, &why) == 0) {
		r = config_parse((const char *)text, len, CONFIG_PATH, ret_c, e);
	} else if (errno == ENOENT) {
		config_default(ret_c);
		r = 0;
	} else {
		*e = why;
	}
out:
	free(text);
	close(dir);
	return r;
}

void access_settings(struct ui *ui, struct access_settings *ret_s)
{
	struct config *c = malloc(sizeof(*c));
	struct err e;

	*ret_s = (struct access_settings){.totp_window = CONFIG_TOTP_WINDOW_MAX,
	    .hotp_look_ahead = CONFIG_LOOK_AHEAD_MAX,
	    .broken = true};
	if (c == NULL) {
		errno = ENOMEM;
		err_sys(&e, ERR_INTERNAL, CONFIG_PATH, "cannot be read");
		ui_fail(ui, &e, NULL);
		return;
	}
	if (access_config(c, &e) == 0)
		*ret_s = (struct access_settings){.any_file_system = c->allow_any_file_system,
		    .totp_window = c->totp_window,
		    .hotp_look_ahead = c->hotp_look_ahead};
	else
		ui_fail(ui, &e, NULL);
	free(c);
}

static enum exit_code refuse_store(struct ui *ui, const struct access *a, const struct err *e)
{
	/* init is no help there, and the general hint is about people */
	if (e->number == ERR_NO_STORE && a->store.records >= 0 && store_has_people(&a->store))
		return ui_refuse(ui, ERR_DAMAGED, ACCESS_STORE "/header",
		    "restore header from a backup of the store",
		    "missing, but people are enrolled here");
	return ui_fail(ui, e, e->number == ERR_DAMAGED ? "restore it from a backup" : NULL);
}

static void warn_used(struct ui *ui, const struct emergency *em)
{
	const struct passwd *pw = em->spent_uid != (uid_t)-1 ? getpwuid(em->spent_uid) : NULL;
	char when[TIME_SIZE];

	time_write(em->spent_at, TIME_MINUTE, when);
	ui_warn(ui,
	    "the emergency code was used: %s, by %s; sekisho code emergency makes a new one",
	    em->spent_at > 0 ? when : "nobody knows when",
	    pw != NULL ? pw->pw_name : "somebody unknown");
}

void access_warn_emergency(struct ui *ui, int dir)
{
	struct emergency em;
	char why[400];
	struct err e;

	if (emergency_read(dir, ACCESS_STORE, &em, &e) == 0) {
		if (em.spent)
			warn_used(ui, &em);
		wipe(&em, sizeof(em));
	} else if (e.number != ERR_NOT_ENROLLED) {
		err_format(&e, why, sizeof(why));
		ui_warn(ui, "%s; sekisho code emergency makes a new one", why);
	}
}

/* With whatever could be opened. */
static int open_store(struct ui *ui, struct access *a, bool any_file_system, struct err *e)
{
	if (store_open(&a->store, ACCESS_STORE, ACCESS_ETC, any_file_system, e) != 0)
		return -1;
	access_warn_emergency(ui, a->store.dir);
	return store_unlock(&a->store, &a->keys, e);
}

enum exit_code access_open(struct ui *ui, const char *what, struct access *ret_a)
{
	struct access_settings settings;
	enum exit_code code;
	struct err e;

	*ret_a = (struct access){.ui = ui,
	    .store = {.dir = -1, .records = -1, .states = -1, .decoys = -1, .etc = -1}};
	code = access_check_root(ui, what);
	if (code != EXIT_DONE)
		return code;
	access_seal_memory(ui);
	audit_open();
	clock_system(&ret_a->clock);
	access_settings(ui, &settings);
	ret_a->totp_window = settings.totp_window;
	ret_a->hotp_look_ahead = settings.hotp_look_ahead;
	if (open_store(ui, ret_a, settings.any_file_system || settings.broken, &e) != 0)
		return refuse_store(ui, ret_a, &e);
	if (ret_a->keys.header_damaged)
		ui_warn(ui,
		    "%s/header: one of its two copies is damaged; restore it from a "
		    "backup while the other one is good",
		    ACCESS_STORE);
	return EXIT_DONE;
}

void access_close(struct access *a)
{
	keys_clear(&a->keys);
	store_close(&a->store);
}

static enum exit_code refuse_account(struct ui *ui, const char *typed, const struct err *e)
{
	char guess[RECORD_NAME_SIZE + 32];

	account_suggest(typed, guess, sizeof(guess));
	if (guess[0] != '\0')
		ui->user = NULL; /* nothing of a guess is to be replaced */
	return ui_fail(ui, e, guess[0] != '\0' ? guess : NULL);
}

enum exit_code access_account(struct ui *ui, const char *typed, struct account *ret_a)
{
	struct err e;

	if (account_find(typed, ret_a, &e) == 0)
		return EXIT_DONE;
	return e.number == ERR_ACCOUNT ? refuse_account(ui, typed, &e) : ui_fail(ui, &e, NULL);
}

/* Under the store's lock. */
static int find_locked(const struct access *a, const char *name, struct person *ret_p,
    int *ret_lock, bool *ret_found, struct err *e)
{
	int lock = store_lock(&a->store, e), r;

	if (lock < 0)
		return -1;
	r = person_find(&a->store, &a->keys, name, ret_found, ret_p, e);
	if (r == 0 && *ret_found)
		*ret_lock = lock;
	else
		close(lock);
	return r;
}

int access_find(const struct access *a, const char *typed, struct person *ret_p, int *ret_lock,
    struct err *e)
{
	struct account account;
	bool found = false, held = a->ui->held;
	struct err unknown;
	bool known = account_find(typed, &account, &unknown) == 0;
	int r;

	if (!known && !record_name_ok(typed)) {
		*e = unknown;
		return -1;
	}
	ui_hold_signals(a->ui);
	r = find_locked(a, known ? account.name : typed, ret_p, ret_lock, &found, e);
	if (r == 0 && found)
		return 0;
	if (!held)
		ui_release_signals(a->ui);
	if (r == 0 && known)
		return err_set(e, ERR_NOT_ENROLLED, account.name, "not enrolled");
	if (r == 0)
		*e = unknown;
	return -1;
}

int access_read(const struct access *a, const char *name, bool *ret_found, struct person *ret_p,
    struct err *e)
{
	int lock, r;

	ui_hold_signals(a->ui);
	lock = store_lock(&a->store, e);
	r = lock < 0 ? -1 : person_find(&a->store, &a->keys, name, ret_found, ret_p, e);
	if (r == 0)
		person_unlock(ret_p);
	if (lock >= 0)
		close(lock);
	ui_release_signals(a->ui);
	return r;
}

bool access_is_damage(const struct err *e)
{
	return e->number == ERR_DAMAGED || e->number == ERR_FOREIGN;
}

const char *access_record_hint(const struct err *e)
{
	return access_is_damage(e) ? "sekisho list NAME finds whose it is; restore it from a "
	                             "backup, or revoke and enroll"
	                           : NULL;
}

enum exit_code access_refuse_person(struct ui *ui, const char *typed, const struct err *e)
{
	if (e->number == ERR_ACCOUNT)
		return refuse_account(ui, typed, e);
	if (access_is_damage(e))
		return ui_fail(
		    ui, e, "restore it from a backup, or: sekisho revoke USER, then enroll");
	return ui_fail(ui, e, NULL);
}

enum exit_code access_person(struct ui *ui, const struct access *a, const char *typed,
    struct person *ret_p, int *ret_lock)
{
	struct err e;

	if (access_find(a, typed, ret_p, ret_lock, &e) == 0)
		return EXIT_DONE;
	return access_refuse_person(ui, typed, &e);
}

void access_release(struct person *p, int *lock)
{
	person_close(p);
	if (*lock >= 0)
		close(*lock);
	*lock = -1;
}

bool access_distrust_torn(const struct access *a, struct person *p)
{
	if (!p->file_state.torn)
		return false;
	person_distrust(p, a->hotp_look_ahead);
	return true;
}

void access_note_torn(const char *name, struct err *ret_e)
{
	err_set(ret_e, ERR_TORN, name, "an earlier write was interrupted");
}

void access_tell_torn(struct ui *ui, const char *name)
{
	ui_warn(ui, "%s: an earlier write was interrupted; the next codes are refused", name);
}

void access_warn_leftover(struct ui *ui, const char *name, enum err_number why)
{
	if (why != ERR_NONE)
		ui_warn(ui,
		    "%s: certificates of cards that are gone stay until the next change: %s "
		    "[S-%02d]",
		    name, err_title(why), (int)why);
}

void access_warn_suspended(const struct access *a, const char *name, bool suspended)
{
	if (suspended)
		ui_warn(a->ui, "%s is suspended and stays so: sekisho resume %s", name, name);
	if ((a->keys.header_flags & HEADER_SUSPENDED) != 0)
		ui_warn(a->ui, "everybody is suspended still: sekisho resume --all");
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

void access_actor_name(const struct ui *ui, uint32_t uid, char *out, size_t size)
{
	const struct passwd *pw = uid != UINT32_MAX ? getpwuid(uid) : NULL;

	if (pw != NULL)
		ui_clean(ui, pw->pw_name, out, size);
	else if (uid != UINT32_MAX)
		snprintf(out, size, "uid %u", (unsigned)uid);
	else
		snprintf(out, size, "-");
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
