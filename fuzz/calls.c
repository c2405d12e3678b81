/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls that fail on demand. Only in fuzz targets; the program itself is linked without.
 */
#include "fuzz/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <liboath/oath.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

static uint32_t random_state;
static uint8_t fail_chance;
unsigned calls_durable, calls_pending;

void calls_fail(uint32_t seed, uint8_t chance)
{
	random_state = seed | 1;
	fail_chance = chance;
}

void calls_reset(void)
{
	calls_durable = calls_pending = 0;
}

static uint32_t draw(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state >> 8;
}

static bool fails(int error)
{
	if (fail_chance == 0 || draw() % 256 >= fail_chance)
		return false;
	errno = error;
	return true;
}

/* ---- files */

/* The linker's names. */
#define WRAP(type, name, ...)                                                                  \
	type __real_##name(__VA_ARGS__);                                                       \
	type __wrap_##name(__VA_ARGS__);                                                       \
	type __wrap_##name(__VA_ARGS__)

WRAP(ssize_t, pwrite, int fd, const void *data, size_t len, off_t at)
{
	ssize_t n;

	if (fails(ENOSPC))
		return -1;
	if (len > 0 && fails(EIO)) { /* cut, and an error all the same: a torn write */
		(void)!__real_pwrite(fd, data, draw() % len, at);
		return -1;
	}
	n = __real_pwrite(fd, data, len, at);
	if (n > 0)
		calls_pending++;
	return n;
}

WRAP(int, fdatasync, int fd)
{
	int r = fails(EIO) ? -1 : __real_fdatasync(fd);

	if (r == 0) {
		calls_durable += calls_pending;
		calls_pending = 0;
	}
	return r;
}

WRAP(ssize_t, pread, int fd, void *data, size_t len, off_t at)
{
	return fails(EIO) ? -1 : __real_pread(fd, data, len, at);
}

WRAP(ssize_t, read, int fd, void *data, size_t len)
{
	return fails(draw() % 2 == 0 ? EIO : EINTR) ? -1 : __real_read(fd, data, len);
}

WRAP(int, fstat, int fd, struct stat *st)
{
	return fails(EIO) ? -1 : __real_fstat(fd, st);
}

int __real_openat(int dir, const char *path, int flags, ...);
int __wrap_openat(int dir, const char *path, int flags, ...);
int __wrap_openat(int dir, const char *path, int flags, ...)
{
	/* the helper makes no file: there is no mode */
	return fails(draw() % 2 == 0 ? ENOMEM : EMFILE) ? -1 : __real_openat(dir, path, flags);
}

int __real_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...);
int __wrap_fcntl(int fd, int command, ...)
{
	va_list args;
	void *arg;

	va_start(args, command);
	arg = va_arg(args, void *);
	va_end(args);
	return fails(ENOLCK) ? -1 : __real_fcntl(fd, command, arg);
}

WRAP(void *, malloc, size_t size)
{
	return fails(ENOMEM) ? NULL : __real_malloc(size);
}

/* A refusal's tick is nobody's question here, and would be all of the time. */
WRAP(int, clock_nanosleep, clockid_t clock, int flags, const struct timespec *t,
    struct timespec *ret_left)
{
	(void)clock;
	(void)flags;
	(void)t;
	(void)ret_left;
	return 0;
}

WRAP(ssize_t, getrandom, void *out, size_t len, unsigned flags)
{
	return fails(EINTR) ? -1 : __real_getrandom(out, len, flags);
}

/* ---- cryptography: 0 is what these return when something is wrong */

WRAP(int, EVP_CipherFinal_ex, EVP_CIPHER_CTX *c, unsigned char *out, int *len)
{
	/* of an opening, failure means a wrong tag and nothing else */
	return EVP_CIPHER_CTX_is_encrypting(c) && fails(0)
	           ? 0
	           : __real_EVP_CipherFinal_ex(c, out, len);
}

WRAP(int, EVP_CipherUpdate, EVP_CIPHER_CTX *c, unsigned char *out, int *len,
    const unsigned char *in, int n)
{
	return fails(0) ? 0 : __real_EVP_CipherUpdate(c, out, len, in, n);
}

WRAP(int, EVP_CipherInit_ex2, EVP_CIPHER_CTX *c, const EVP_CIPHER *type,
    const unsigned char *key, const unsigned char *iv, int enc, const OSSL_PARAM params[])
{
	return fails(0) ? 0 : __real_EVP_CipherInit_ex2(c, type, key, iv, enc, params);
}

WRAP(int, EVP_CIPHER_CTX_ctrl, EVP_CIPHER_CTX *c, int type, int arg, void *ptr)
{
	return fails(0) ? 0 : __real_EVP_CIPHER_CTX_ctrl(c, type, arg, ptr);
}

WRAP(EVP_CIPHER_CTX *, EVP_CIPHER_CTX_new, void)
{
	return fails(0) ? NULL : __real_EVP_CIPHER_CTX_new();
}

WRAP(int, EVP_MAC_final, EVP_MAC_CTX *c, unsigned char *out, size_t *len, size_t size)
{
	return fails(0) ? 0 : __real_EVP_MAC_final(c, out, len, size);
}

WRAP(int, EVP_KDF_derive, EVP_KDF_CTX *c, unsigned char *key, size_t len,
    const OSSL_PARAM params[])
{
	return fails(0) ? 0 : __real_EVP_KDF_derive(c, key, len, params);
}

/* ---- one-time codes */

uint32_t calls_code(uint64_t counter, uint8_t first_byte, bool hotp)
{
	uint64_t place = (counter % CALLS_CODES + 1000u * first_byte) % CALLS_CODES;

	return (uint32_t)(2 * place + hotp);
}

static void write_code(uint32_t code, unsigned digits, char *out)
{
	out[digits] = '\0';
	for (unsigned i = digits; i > 0; i--, code /= 10)
		out[i - 1] = (char)('0' + code % 10);
}

int __wrap_oath_totp_generate2(const char *secret, size_t len, time_t now, unsigned step,
    time_t start, unsigned digits, int flags, char *out);
int __wrap_oath_totp_generate2(const char *secret, size_t len, time_t now, unsigned step,
    time_t start, unsigned digits, int flags, char *out)
{
	(void)len, (void)start, (void)flags;
	if (fails(0) || now < 0 || step == 0)
		return OATH_CRYPTO_ERROR;
	write_code(calls_code((uint64_t)now / step, (uint8_t)secret[0], false), digits, out);
	return OATH_OK;
}

int __wrap_oath_hotp_generate(const char *secret, size_t len, uint64_t counter, unsigned digits,
    bool checksum, size_t truncation, char *out);
int __wrap_oath_hotp_generate(const char *secret, size_t len, uint64_t counter, unsigned digits,
    bool checksum, size_t truncation, char *out)
{
	(void)len, (void)checksum, (void)truncation;
	if (fails(0))
		return OATH_CRYPTO_ERROR;
	write_code(calls_code(counter, (uint8_t)secret[0], true), digits, out);
	return OATH_OK;
}
