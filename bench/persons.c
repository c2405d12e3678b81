/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * People and their codes, from what bench/peers wrote. Knows no PAM and no store.
 */
#include "bench/persons.h"

#include <err.h>
#include <fcntl.h>
#include <liboath/oath.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET_SIZE 20
#define DIGITS      6
#define WINDOW_MAX  200 /* more than any stack here looks ahead */
#define NUMBERS     (1u << 24)
#define USED_SIZE   ((size_t)NUMBERS * ENROLLED_END * sizeof(uint32_t))

static struct {
	unsigned number;
	char name[PERSON_NAME_SIZE];
	char secret[SECRET_SIZE];
} persons[PERSONS_MAX];
static unsigned count;

/* How many codes of a person were handed out; the file is sparse. */
static uint32_t (*used)[ENROLLED_END];

static void read_people(const char *path)
{
	char hex[2 * SECRET_SIZE + 1];
	FILE *f = fopen(path, "re");
	unsigned number;
	size_t len;

	if (f == NULL)
		err(1, "%s", path);
	while (count < PERSONS_MAX &&
	       fscanf(f, "%u %31s %40s", &number, persons[count].name, hex) == 3) {
		len = SECRET_SIZE;
		if (number >= NUMBERS ||
		    oath_hex2bin(hex, persons[count].secret, &len) != OATH_OK ||
		    len != SECRET_SIZE)
			errx(1, "%s: not as bench/peers writes it", path);
		persons[count++].number = number;
	}
	if (count == 0)
		errx(1, "%s: nobody in it", path);
	fclose(f);
}

static void map_used(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0 || ftruncate(fd, (off_t)USED_SIZE) != 0)
		err(1, "%s", path);
	used = mmap(NULL, USED_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (used == MAP_FAILED)
		err(1, "%s", path);
	close(fd);
}

void persons_open(const char *directory, const char *size)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/people.%s", directory, size);
	read_people(path);
	snprintf(path, sizeof(path), "%s/used", directory);
	map_used(path);
}

unsigned persons_count(void)
{
	return count;
}

const char *person_name(unsigned i)
{
	return persons[i].name;
}

static void generate(unsigned i, uint32_t counter, char out[CODE_TEXT_SIZE])
{
	if (oath_hotp_generate(persons[i].secret, SECRET_SIZE, counter, DIGITS, false,
	        OATH_HOTP_DYNAMIC_TRUNCATION, out) != OATH_OK)
		errx(1, "no code");
}

/* Six digits that are not a code before, in or soon after the window. */
static void invent(unsigned i, uint32_t counter, char out[CODE_TEXT_SIZE])
{
	char code[CODE_TEXT_SIZE];
	uint32_t from = counter > WINDOW_MAX ? counter - WINDOW_MAX : 0;

	for (unsigned guess = 123456;; guess++) {
		bool taken = false;

		snprintf(out, CODE_TEXT_SIZE, "%06u", guess % 1000000);
		for (uint32_t n = from; n < counter + WINDOW_MAX; n++) {
			generate(i, n, code);
			taken = taken || strcmp(code, out) == 0;
		}
		if (!taken)
			return;
	}
}

void person_code(unsigned i, enum enrolled enrolled, enum typed typed, char out[CODE_TEXT_SIZE])
{
	uint32_t *n = &used[persons[i].number][enrolled];
	/* pam_google_authenticator takes counter 0 for a time-based token */
	uint32_t first = enrolled == ENROLLED_GOOGLE ? 1 : 0;
	/* and moves its counter at each refusal */
	uint32_t skipped = enrolled == ENROLLED_GOOGLE ? 1 : 0;

	switch (typed) {
	case TYPED_NEXT:
		generate(i, first + (*n)++, out);
		return;
	case TYPED_SAME:
		if (*n == 0)
			errx(1, "%s used no code yet", persons[i].name);
		generate(i, first + *n - 1, out);
		*n += skipped;
		return;
	case TYPED_WRONG:
		invent(i, first + *n, out);
		*n += skipped;
		return;
	}
	errx(1, "no such kind of code");
}
