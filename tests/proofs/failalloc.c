/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * LD_PRELOAD: allocation number $FAILALLOC of a program finds no memory (0: none does). Counts
 * in $FAILALLOC_FILE, two numbers: allocations so far, and 1 when one was refused. The file is
 * mapped, because the helper closes what it inherits.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *p, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

struct tally {
	_Atomic uint64_t count, refused;
};
static struct tally own, *tally = &own;
static uint64_t refuse_at;

__attribute__((constructor)) static void start(void)
{
	const char *at = getenv("FAILALLOC"), *file = getenv("FAILALLOC_FILE");
	int fd = file != NULL ? open(file, O_RDWR | O_CLOEXEC) : -1;
	void *p = fd >= 0 ? mmap(NULL, sizeof *tally, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
	                  : MAP_FAILED;

	if (p != MAP_FAILED)
		tally = p;
	if (fd >= 0)
		(void)close(fd);
	tally->count = 0;
	refuse_at = at != NULL ? strtoull(at, NULL, 10) : 0;
}

static int refused(void)
{
	if (++tally->count != refuse_at)
		return 0;
	tally->refused = 1;
	errno = ENOMEM;
	return 1;
}

void *malloc(size_t size)
{
	return refused() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
	return refused() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *p, size_t size)
{
	return refused() ? NULL : __libc_realloc(p, size);
}

int posix_memalign(void **ret_p, size_t alignment, size_t size)
{
	if (refused())
		return ENOMEM;
	*ret_p = __libc_memalign(alignment, size);
	return *ret_p != NULL ? 0 : ENOMEM;
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return refused() ? NULL : __libc_memalign(alignment, size);
}
