/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Feeds files to a fuzz target without a fuzzing engine: those named on the command line, or
 * all of $srcdir/fuzz/corpus/NAME for a program called fuzz_NAME. Judges nothing itself: the
 * target aborts.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
	/* exactly as large as the input, so that a sanitizer sees a read behind it */
	static uint8_t buffer[INPUT_MAX];
	uint8_t *copy = NULL;
	size_t len;
	int r = -1;
	FILE *f = fopen(path, "rb");

	if (f == NULL)
		goto out;
	len = fread(buffer, 1, sizeof(buffer), f);
	copy = malloc(len > 0 ? len : 1);
	if (ferror(f) != 0 || copy == NULL)
		goto out;
	memcpy(copy, buffer, len);
	(void)LLVMFuzzerTestOneInput(copy, len);
	r = 0;
out:
	if (r != 0)
		(void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
	free(copy);
	if (f != NULL)
		(void)fclose(f);
	return r;
}

/* How many files were run, or -1. */
static int run_directory(const char *directory)
{
	char path[4096];
	struct dirent *entry;
	int count = 0;
	DIR *d = opendir(directory);

	if (d == NULL) {
		(void)fprintf(stderr, "%s: %s\n", directory, strerror(errno));
		return -1;
	}
	while (count >= 0 && (entry = readdir(d)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
		count = run_file(path) == 0 ? count + 1 : -1;
	}
	(void)closedir(d);
	return count;
}

int main(int argc, char **argv)
{
	char directory[2048];
	const char *source = getenv("srcdir");
	const char *name = strrchr(argv[0], '/');
	int i, count = 0;

	name = name != NULL ? name + 1 : argv[0];
	if (strncmp(name, "lt-", 3) == 0)
		name += 3;
	if (strncmp(name, "fuzz_", 5) == 0)
		name += 5;
	for (i = 1; i < argc; i++)
		if (run_file(argv[i]) != 0)
			return EXIT_FAILURE;
	if (argc > 1)
		return EXIT_SUCCESS;
	(void)snprintf(directory, sizeof(directory), "%s/fuzz/corpus/%s",
	    source != NULL ? source : ".", name);
	count = run_directory(directory);
	(void)printf("%s: %d files\n", directory, count);
	return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
