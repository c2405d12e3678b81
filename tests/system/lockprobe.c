/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lockprobe FILE...: tells which files somebody holds a lock of the store on, by asking for it.
 * /proc/locks does not name the owner of such a lock. Exit 0: all are free; 1: some are not;
 * 2: could not look.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* F_OFD_SETLK */
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int held = 0;

	for (int i = 1; i < argc; i++) {
		struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
		int fd = open(argv[i], O_RDWR | O_CLOEXEC | O_NOFOLLOW);

		if (fd < 0) {
			perror(argv[i]);
			return 2;
		}
		if (fcntl(fd, F_OFD_SETLK, &lock) != 0) {
			if (errno != EAGAIN && errno != EACCES) {
				perror(argv[i]);
				return 2;
			}
			printf("%s: locked\n", argv[i]);
			held = 1;
		}
		close(fd);
	}
	return argc > 1 ? held : 2;
}
