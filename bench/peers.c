/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Enrolls with the peers whom tests/proofs/populate enrolls with sekisho: the same names and
 * secrets. And chooses who of them will log in.
 *
 * peers DIRECTORY PASSWD FIRST SIZE
 *
 * Appends people FIRST to SIZE - 1 to DIRECTORY/oath. Those who will log in, each in the middle
 * of an equal part so that the next size, ten times this, has others (pam_oath loses counters
 * in a crowd, and they would have to catch up), get a file DIRECTORY/google/NAME, a line in
 * PASSWD and one in DIRECTORY/people.SIZE; the others need none: a file of its own for each
 * person costs a login nothing, whoever else has one.
 */
#include <err.h>
#include <liboath/oath.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/persons.h"
#include "tests/proofs/people.h"

#define HEX_SIZE (2 * PEOPLE_SECRET_SIZE + 1)

struct person {
	char name[PEOPLE_NAME_SIZE];
	uint8_t secret[PEOPLE_SECRET_SIZE];
	char hex[HEX_SIZE];
};

static FILE *open_file(const char *directory, const char *name, const char *mode)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s", directory, name);
	f = fopen(path, mode);
	if (f == NULL)
		err(1, "%s", path);
	return f;
}

static void close_file(FILE *f)
{
	if (fflush(f) != 0 || fsync(fileno(f)) != 0 || fclose(f) != 0)
		err(1, "cannot write");
}

static void make(uint32_t number, struct person *ret_p)
{
	people_name(number, ret_p->name);
	if (people_secret(number, 0, ret_p->secret) != 0)
		errx(1, "%s: no secret", ret_p->name);
	for (unsigned i = 0; i < PEOPLE_SECRET_SIZE; i++)
		snprintf(ret_p->hex + (size_t)2 * i, 3, "%02x", (unsigned)ret_p->secret[i]);
}

static void write_oath(const char *directory, uint32_t first, uint32_t size)
{
	FILE *f = open_file(directory, "oath", "ae");
	struct person p;

	for (uint32_t n = first; n < size; n++) {
		make(n, &p);
		fprintf(f, "HOTP %s - %s\n", p.name, p.hex);
	}
	close_file(f);
}

static void write_google(const char *directory, const struct person *p)
{
	char path[64], *base32 = NULL;
	FILE *f;

	if (oath_base32_encode((const char *)p->secret, sizeof p->secret, &base32, NULL) !=
	    OATH_OK)
		errx(1, "%s: no base32", p->name);
	snprintf(path, sizeof path, "google/%s", p->name);
	f = open_file(directory, path, "we");
	/* no RATE_LIMIT: its 3 logins in 30 seconds would be all there is to measure */
	fprintf(f, "%s\n\" HOTP_COUNTER 1\n", base32);
	close_file(f);
	free(base32);
}

/* Known already when a smaller size had them. */
static bool known(const char *directory, const struct person *p)
{
	char path[512];

	snprintf(path, sizeof path, "%s/google/%s", directory, p->name);
	return access(path, F_OK) == 0;
}

static void choose(const char *directory, const char *passwd_path, uint32_t size)
{
	uint32_t count = size < PERSONS_MAX ? size : PERSONS_MAX;
	FILE *passwd = fopen(passwd_path, "ae"), *list;
	char name[32];

	if (passwd == NULL)
		err(1, "%s", passwd_path);
	snprintf(name, sizeof name, "people.%u", (unsigned)size);
	list = open_file(directory, name, "we");
	for (uint32_t i = 0; i < count; i++) {
		uint32_t number = (uint32_t)(((uint64_t)2 * i + 1) * size / (2 * count));
		struct person p;

		make(number, &p);
		fprintf(list, "%u %s %s\n", (unsigned)number, p.name, p.hex);
		if (known(directory, &p))
			continue;
		write_google(directory, &p);
		people_passwd(passwd, number, 1);
	}
	close_file(list);
	close_file(passwd);
}

int main(int argc, char **argv)
{
	uint32_t first, size;

	if (argc != 5)
		errx(2, "usage: peers DIRECTORY PASSWD FIRST SIZE");
	first = (uint32_t)strtoul(argv[3], NULL, 10);
	size = (uint32_t)strtoul(argv[4], NULL, 10);
	if (size == 0 || first > size)
		errx(2, "usage: peers DIRECTORY PASSWD FIRST SIZE");
	umask(077);
	write_oath(argv[1], first, size);
	choose(argv[1], argv[2], size);
	return 0;
}
