/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file of the system's configuration, whole. Judges neither its owner nor its content.
 */
#include "tools/text_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

ssize_t text_file_fill(int fd, char *out, size_t size)
{
	size_t used = 0;

	while (used < size) {
		ssize_t n = read(fd, out + used, size - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		used += (size_t)n;
	}
	return (ssize_t)used;
}

int text_file_read(const char *path, char **ret_text, size_t *ret_len, struct err *e)
{
	int r = -1, fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	char *text = NULL;
	ssize_t len;

	if (fd < 0)
		return err_sys(e, ERR_IO, path, "cannot be read");
	text = malloc(TEXT_FILE_MAX + 2);
	if (text == NULL || fstat(fd, &st) != 0) {
		err_sys(e, ERR_IO, path, "cannot be read");
		goto out;
	}
	len = S_ISREG(st.st_mode) ? text_file_fill(fd, text, TEXT_FILE_MAX + 1) : 0;
	if (len < 0) {
		err_sys(e, ERR_IO, path, "cannot be read");
		goto out;
	}
	errno = 0;
	if (!S_ISREG(st.st_mode)) {
		err_set(e, ERR_IO, path, "no regular file");
		goto out;
	}
	if (len > TEXT_FILE_MAX) {
		err_set(e, ERR_IO, path, "larger than %d bytes; not judged", TEXT_FILE_MAX);
		goto out;
	}
	text[len] = '\0';
	*ret_text = text;
	*ret_len = (size_t)len;
	text = NULL;
	r = 0;
out:
	free(text);
	close(fd);
	return r;
}
