/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A file of the system's configuration, whole, as it is found there: of any owner, behind links
 * as well. Never waits for a FIFO or device.
 */
#ifndef SEKISHO_TEXT_FILE_H
#define SEKISHO_TEXT_FILE_H

#include <sys/types.h>

#include "lib/wire/err.h"

#define TEXT_FILE_MAX 65536

/* *ret_text is allocated and ended by a NUL that is not in *ret_len. ERR_IO; ENOENT in errno
 * when there is none, 0 when it is too large or no file. */
MUST_CHECK int text_file_read(
    const char *path, char **ret_text, size_t *ret_len, struct err *e);

/* Reads until size bytes are there or the end; how many, or -1 with errno. */
MUST_CHECK ssize_t text_file_fill(int fd, char *buf, size_t size);

#endif
