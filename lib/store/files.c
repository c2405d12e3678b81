/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names, records as files, directories. Keeps no state, takes no lock.
 */
#include "lib/store/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/safefile.h"
#include "lib/wire/secret.h"

const char *path_below(char out[PATH_SIZE], const char *path, const char *name)
{
	if (snprintf(out, PATH_SIZE, "%s/%s", path, name) < 0)
		out[0] = '\0';
	return out;
}

int err_give(struct err *e, const struct err *why)
{
	if (e != NULL)
		*e = *why;
	return -1;
}

void fd_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		close(*fd);
	*fd = -1;
	errno = saved;
}

bool file_exists(int dirfd, const char *name)
{
	struct stat st;

	return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

bool file_name_ok(const char *name)
{
	return strlen(name) == NAME_HEX_SIZE - 1 &&
	       strspn(name, "0123456789abcdef") == NAME_HEX_SIZE - 1;
}

DIR *dir_list(int dirfd)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (d == NULL)
		fd_close(&fd);
	return d;
}

bool dir_entry_skipped(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	       strncmp(name, ".new-", 5) == 0;
}

int dir_holds_files(int dirfd)
{
	DIR *d = dir_list(dirfd);
	struct dirent *entry;
	int r = 0;

	if (d == NULL)
		return -1;
	errno = 0;
	while (r == 0 && (entry = readdir(d)) != NULL)
		r = !dir_entry_skipped(entry->d_name);
	if (r == 0 && errno != 0)
		r = -1;
	closedir(d);
	return r;
}

int decoy_name(unsigned index, char out[NAME_HEX_SIZE])
{
	int n = snprintf(out, NAME_HEX_SIZE, "%04u", index);

	return n == 4 ? 0 : -1;
}

int record_read(const struct keys *k, int dirfd, const char *path, const char *name,
    struct record *ret_r, uint64_t *ret_generation, struct err *e)
{
	uint8_t box[RECORD_FILE_SIZE], plain[RECORD_PLAIN_SIZE];
	char object[PATH_SIZE];
	size_t len = 0;
	int r = -1;

	path_below(object, path, name);
	if (safefile_read(
	        dirfd, path, name, FILE_FORBIDDEN, box, sizeof(box), sizeof(box), &len, e) != 0)
		return -1;
	if (box_open(k, &record_box, name, object, box, len, ret_generation, plain, e) == 0)
		r = record_decode(plain, sizeof(plain), object, ret_r, e);
	wipe(plain, sizeof(plain));
	errno = 0; /* read is read: not an ENOENT for the caller */
	return r;
}

int record_seal(const struct keys *k, const char *name, uint64_t generation,
    const struct record *record, uint8_t out[RECORD_FILE_SIZE], struct err *e)
{
	uint8_t plain[RECORD_PLAIN_SIZE];
	int r = -1;

	if (record_encode(record, plain) != 0)
		(void)err_set(e, ERR_INTERNAL, name, "a field is out of its range");
	else
		r = box_seal(k, &record_box, generation, name, plain, sizeof(plain), out, e);
	wipe(plain, sizeof(plain));
	return r;
}

int header_fill(const struct header *h, uint8_t out[HEADER_FILE_SIZE])
{
	if (header_encode(h, out) != 0)
		return -1;
	memcpy(out + HEADER_COPY_SIZE, out, HEADER_COPY_SIZE);
	return 0;
}

int host_key_read(int etc, const char *path, struct host_key *ret_host, struct err *e)
{
	uint8_t bytes[HOST_KEY_FILE_SIZE];
	char object[PATH_SIZE];
	size_t len = 0;
	int r = -1;

	if (safefile_read(
	        etc, path, "host.key", FILE_FORBIDDEN, bytes, 0, sizeof(bytes), &len, e) == 0)
		r = host_key_decode(
		    bytes, len, path_below(object, path, "host.key"), ret_host, e);
	else if (errno == ENOENT)
		(void)err_set(e, ERR_HOST_KEY, path_below(object, path, "host.key"),
		    "the file is missing");
	wipe(bytes, sizeof(bytes));
	return r;
}
