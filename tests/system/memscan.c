/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memscan PID HEX...: looks for byte strings in all readable memory of another process. Prints
 * each HEX that is there. Exit 0: none is; 1: some are; 2: could not look.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NEEDLES 32

struct needle {
	const char *hex;
	unsigned char bytes[256];
	size_t len;
	int found;
};

static struct needle needles[NEEDLES];
static int count;

static int parse(const char *hex, struct needle *n)
{
	n->hex = hex;
	for (n->len = 0; hex[0] != '\0' && hex[1] != '\0' && n->len < sizeof n->bytes;
	     hex += 2) {
		unsigned int byte;

		if (sscanf(hex, "%2x", &byte) != 1)
			return -1;
		n->bytes[n->len++] = (unsigned char)byte;
	}
	return n->len >= 4 ? 0 : -1; /* shorter ones are found by chance */
}

static void look(const unsigned char *data, size_t len)
{
	for (int i = 0; i < count; i++)
		if (memmem(data, len, needles[i].bytes, needles[i].len) != NULL)
			needles[i].found = 1;
}

/* A mapping as a whole, so that nothing hides across a boundary of reads. */
static size_t read_mapping(int mem, uint64_t from, uint64_t to)
{
	size_t len = (size_t)(to - from);
	unsigned char *data = malloc(len);
	ssize_t n = data != NULL ? pread(mem, data, len, (off_t)from) : 0;

	if (n > 0)
		look(data, (size_t)n);
	free(data);
	return n > 0 ? (size_t)n : 0;
}

static size_t read_all(const char *pid)
{
	char path[64], line[512];
	size_t total = 0;
	FILE *maps;
	int mem;

	snprintf(path, sizeof path, "/proc/%s/mem", pid);
	mem = open(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof path, "/proc/%s/maps", pid);
	maps = fopen(path, "re");
	if (mem < 0 || maps == NULL)
		return 0;
	while (fgets(line, sizeof line, maps) != NULL) {
		uint64_t from, to;

		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " r", &from, &to) == 2 &&
		    to - from < (uint64_t)1 << 31)
			total += read_mapping(mem, from, to);
	}
	fclose(maps);
	close(mem);
	return total;
}

int main(int argc, char **argv)
{
	int found = 0;

	if (argc < 3 || argc - 2 > NEEDLES)
		return 2;
	for (int i = 2; i < argc; i++)
		if (parse(argv[i], &needles[count++]) != 0)
			return 2;
	if (read_all(argv[1]) < 4096)
		return 2;
	for (int i = 0; i < count; i++) {
		if (needles[i].found)
			printf("%s\n", needles[i].hex);
		found |= needles[i].found;
	}
	return found;
}
