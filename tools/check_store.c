/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho check: the files of the store, each one opened, decrypted and decoded, but those of
 * people (check_people.c). Repairs nothing.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "lib/base/safefile.h"
#include "lib/store/certificates.h"
#include "lib/store/emergency.h"
#include "lib/store/files.h"
#include "lib/store/floor.h"
#include "lib/wire/secret.h"
#include "tools/check.h"
#include "tools/number.h"

#define SPACE_LEAST  (UINT64_C(16) << 20)
#define INODES_LEAST 256

#define FROM_BACKUP "restore it from a backup of the store"

/* ---- what lies in the directories ---- */

struct expected {
	const char *name;
	mode_t forbidden;
	mode_t type;
};

/* FORMAT.md, "Files" */
static const struct expected etc_files[] = {
    {"host.key", FILE_FORBIDDEN, S_IFREG},
    {"sekisho.conf", ETC_FORBIDDEN, S_IFREG},
    {"anchors", ETC_FORBIDDEN, S_IFDIR},
    {"crls", ETC_FORBIDDEN, S_IFDIR},
    {NULL, 0, 0},
};
static const struct expected store_files[] = {
    {"header", FILE_FORBIDDEN, S_IFREG},
    {"lock", FILE_FORBIDDEN, S_IFREG},
    {FLOOR_FILE, FILE_FORBIDDEN, S_IFREG},
    {EMERGENCY_FILE, FILE_FORBIDDEN, S_IFREG},
    {"records", DIRECTORY_FORBIDDEN, S_IFDIR},
    {"states", DIRECTORY_FORBIDDEN, S_IFDIR},
    {"decoys", DIRECTORY_FORBIDDEN, S_IFDIR},
    {CERTIFICATES_DIRECTORY, DIRECTORY_FORBIDDEN, S_IFDIR},
    {CARDINDEX_DIRECTORY, DIRECTORY_FORBIDDEN, S_IFDIR},
    {NULL, 0, 0},
};

static void check_entry(struct check *c, int dir, const char *path, const char *name,
    const struct expected *expected)
{
	char object[PATH_SIZE];
	struct err e;
	int fd;

	for (; expected->name != NULL && strcmp(expected->name, name) != 0; expected++)
		;
	if (expected->name == NULL) {
		check_add(c, CHECK_WARNING, ERR_STRAY, path_below(object, path, name), NULL,
		    "nothing of sekisho's");
		return;
	}
	fd = expected->type == S_IFDIR
	         ? safedir_open_at(dir, path, name, expected->forbidden, &e)
	         : safefile_open(dir, path, name, O_RDONLY, expected->forbidden, &e);
	if (fd < 0)
		check_add_err(c, CHECK_DANGER, &e, NULL);
	else
		close(fd);
}

static void check_directory(
    struct check *c, int dir, const char *path, const struct expected *expected)
{
	DIR *d = dir_list(dir);
	const struct dirent *entry;
	char object[PATH_SIZE];
	struct err e;

	if (d == NULL) {
		err_sys(&e, ERR_IO, path, "cannot be listed");
		check_fail(c, &e);
		return;
	}
	while ((entry = readdir(d)) != NULL) {
		if (!dir_entry_skipped(entry->d_name))
			check_entry(c, dir, path, entry->d_name, expected);
		else if (entry->d_name[1] == 'n')
			check_add(c, CHECK_NOTE, ERR_STRAY,
			    path_below(object, path, entry->d_name),
			    "it may be removed when no sekisho command runs",
			    "left by a write that was interrupted; it is ignored");
	}
	closedir(d);
}

/* ---- header and what its slots protect ---- */

static void check_slots(struct check *c, const struct header *h)
{
	static const struct {
		const char *name, *what;
	} types[] = {
	    [SLOT_HOST] = {"host",
	        "protects a copy of " ACCESS_STORE " without " ACCESS_ETC ", nothing else"},
	    [SLOT_TPM2] = {"tpm2", "is of a newer version"},
	    [SLOT_PASSPHRASE] = {"passphrase", "is of a newer version"},
	};
	char object[PATH_SIZE];

	for (unsigned i = 0; i < HEADER_SLOTS; i++) {
		unsigned type = h->slots[i].type;

		if (type == SLOT_EMPTY || type >= sizeof(types) / sizeof(types[0]))
			continue;
		(void)snprintf(object, sizeof(object), "key slot %u", i + 1);
		check_add(c, CHECK_NOTE, ERR_KEY_SLOT, object, NULL, "%s: %s", types[type].name,
		    types[type].what);
	}
}

static void check_header(struct check *c)
{
	uint8_t bytes[HEADER_FILE_SIZE];
	char object[PATH_SIZE];
	struct header h;
	size_t len = 0;

	if (c->keys.header_damaged)
		check_add(c, CHECK_WARNING, ERR_DAMAGED,
		    path_below(object, c->store.path, "header"), FROM_BACKUP,
		    "one of its two copies is damaged; the other one is good");
	if (safefile_read(c->store.dir, c->store.path, "header", FILE_FORBIDDEN, bytes,
	        sizeof(bytes), sizeof(bytes), &len, NULL) != 0)
		return;
	if (header_decode(bytes, HEADER_COPY_SIZE, "header", &h, NULL) == 0 ||
	    header_decode(bytes + HEADER_COPY_SIZE, HEADER_COPY_SIZE, "header", &h, NULL) == 0)
		check_slots(c, &h);
}

/* ---- decoys ---- */

/* Locked, for somebody may be trying a name that nobody has just now. */
static int read_decoy(struct check *c, const char *path, const char *name, struct err *e)
{
	struct slots_file file;
	struct state state;
	int r = -1, fd = safefile_open(c->store.decoys, path, name, O_RDWR, FILE_FORBIDDEN, e);

	if (fd < 0)
		return -1;
	if (safefile_lock(fd, path, name, STORE_LOCK_WAIT_MS, e) == 0)
		r = state_load(&c->keys, name, path, fd, &file, &state, e);
	close(fd);
	errno = 0;
	return r;
}

static void check_decoys(struct check *c)
{
	char path[PATH_SIZE], name[NAME_HEX_SIZE];
	unsigned missing = 0;
	uint64_t generation;
	struct record r;
	struct err e;

	path_below(path, c->store.path, "decoys");
	if (record_read(&c->keys, c->store.decoys, path, DECOY_RECORD, &r, &generation, &e) !=
	    0)
		check_add_err(c, CHECK_DANGER, &e, FROM_BACKUP);
	wipe(&r, sizeof(r));
	for (unsigned i = 0; i < STORE_DECOYS; i++) {
		if (decoy_name(i, name) != 0 || read_decoy(c, path, name, &e) == 0)
			continue;
		if (errno == ENOENT)
			missing++;
		else
			check_add_err(c, CHECK_WARNING, &e, FROM_BACKUP);
	}
	if (missing > 0)
		check_add(c, CHECK_WARNING, ERR_DAMAGED, path, FROM_BACKUP,
		    "%u of %u are missing; some names nobody has answer otherwise than the "
		    "rest",
		    missing, STORE_DECOYS);
}

static void check_decoy_names(struct check *c)
{
	DIR *d = dir_list(c->store.decoys);
	char path[PATH_SIZE], object[PATH_SIZE];
	const struct dirent *entry;

	path_below(path, c->store.path, "decoys");
	if (d == NULL)
		return;
	while ((entry = readdir(d)) != NULL) {
		const char *name = entry->d_name;

		if (dir_entry_skipped(name) || strcmp(name, DECOY_RECORD) == 0 ||
		    (strlen(name) == 4 && strspn(name, "0123456789") == 4 &&
		        strcmp(name, "1023") <= 0))
			continue;
		check_add(c, CHECK_WARNING, ERR_STRAY, path_below(object, path, name), NULL,
		    "nothing of sekisho's");
	}
	closedir(d);
}

/* ---- files of people without a record ---- */

static void check_people_files(
    struct check *c, int fd, const char *directory, const char *without_record)
{
	DIR *d = fd >= 0 ? dir_list(fd) : NULL;
	char path[PATH_SIZE], object[PATH_SIZE];
	const struct dirent *entry;

	path_below(path, c->store.path, directory);
	if (d == NULL)
		return;
	while ((entry = readdir(d)) != NULL) {
		const char *name = entry->d_name;

		if (dir_entry_skipped(name))
			continue;
		path_below(object, path, name);
		if (!file_name_ok(name))
			check_add(
			    c, CHECK_WARNING, ERR_STRAY, object, NULL, "nothing of sekisho's");
		else if (!file_exists(c->store.records, name))
			check_add(
			    c, CHECK_WARNING, ERR_HALF, object, NULL, "%s", without_record);
	}
	closedir(d);
}

static void check_states(struct check *c)
{
	/* there as soon as somebody has a card; a fault is told with the other directories */
	int fd = safedir_open_at(
	    c->store.dir, c->store.path, CERTIFICATES_DIRECTORY, DIRECTORY_FORBIDDEN, NULL);

	check_people_files(c, c->store.states, "states",
	    "has no record: an enrolment was cut short, or the record is lost");
	check_people_files(c, fd, CERTIFICATES_DIRECTORY,
	    "has no record: nobody's certificates, or the record is lost");
	if (fd >= 0)
		close(fd);
}

/* ---- the rest ---- */

static void check_emergency(struct check *c)
{
	struct emergency em;
	char object[PATH_SIZE], when[TIME_SIZE];
	struct err e;

	path_below(object, c->store.path, EMERGENCY_FILE);
	if (emergency_read(c->store.dir, c->store.path, &em, &e) == 0) {
		time_write(em.spent_at, TIME_MINUTE, when);
		if (em.spent)
			check_add(c, CHECK_WARNING, ERR_EMERGENCY, object, NULL,
			    "the code was used: %s",
			    em.spent_at > 0 ? when : "nobody knows when");
		wipe(&em, sizeof(em));
	} else if (e.number == ERR_NOT_ENROLLED) {
		check_add(c, CHECK_NOTE, ERR_NO_EMERGENCY, object, NULL,
		    "there is none: nothing lets in when the store is broken");
	} else if (e.number != ERR_UNSAFE_FILE) { /* said once, with the other files */
		check_add_err(c, CHECK_WARNING, &e, "sekisho code emergency makes a new one");
	}
}

static void check_disk(struct check *c)
{
	struct statvfs fs;
	struct err e;

	if (safedir_check_file_system(c->store.dir, c->store.path, &e) != 0) {
		bool allowed = c->config_read && c->config.allow_any_file_system;

		check_add_err(c, allowed ? CHECK_WARNING : CHECK_DANGER, &e,
		    allowed ? "allow-any-file-system is for tests: sekisho.conf(5)" : NULL);
	}
	if (fstatvfs(c->store.dir, &fs) != 0) {
		err_sys(&e, ERR_IO, c->store.path, "its free space cannot be told");
		check_fail(c, &e);
		return;
	}
	if ((uint64_t)fs.f_bavail * fs.f_frsize < SPACE_LEAST)
		check_add(c, CHECK_WARNING, ERR_SPACE, c->store.path, NULL,
		    "less than %u MiB are free", (unsigned)(SPACE_LEAST >> 20));
	if (fs.f_files > 0 && fs.f_favail < INODES_LEAST)
		check_add(c, CHECK_WARNING, ERR_SPACE, c->store.path, NULL,
		    "fewer than %u inodes are free", INODES_LEAST);
}

/* Without keys nothing can be opened; the most an administrator can be told then. */
static void check_closed(struct check *c, const struct err *e)
{
	if (e->number == ERR_NO_STORE && store_has_people(&c->store))
		check_add(c, CHECK_DANGER, ERR_DAMAGED, ACCESS_STORE "/header", FROM_BACKUP,
		    "missing, but people are enrolled here");
	else
		check_add_err(
		    c, CHECK_DANGER, e, e->number == ERR_DAMAGED ? FROM_BACKUP : NULL);
}

void check_store(struct check *c)
{
	struct err e;

	if (store_open(&c->store, ACCESS_STORE, ACCESS_ETC, true, &e) != 0) {
		check_add_err(c, CHECK_DANGER, &e, NULL);
		return;
	}
	c->store_opened = true;
	check_directory(c, c->store.etc, c->store.etc_path, etc_files);
	check_directory(c, c->store.dir, c->store.path, store_files);
	check_decoy_names(c);
	check_states(c);
	check_disk(c);
	check_emergency(c);
	if (store_unlock(&c->store, &c->keys, &e) != 0) {
		if (e.number != ERR_UNSAFE_FILE)
			check_closed(c, &e);
		return;
	}
	c->unlocked = true;
	check_header(c);
	check_decoys(c);
}
