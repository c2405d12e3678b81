/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runs a fuzz target without a fuzzer, so that `make check` covers the corpus with any
 * compiler: each file as it is, each of its bytes damaged, and each of its beginnings.
 * Usage: run_NAME [FILE | DIRECTORY]...; without one, $srcdir/fuzz/corpus/NAME.
 */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define INPUT_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);

static size_t files;
static size_t inputs;

/* On a heap copy of the exact size, so that a sanitizer sees one byte too many. */
static void run_input(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);

	if (copy == NULL)
		err(1, "malloc");
	memcpy(copy, data, size);
	(void)LLVMFuzzerTestOneInput(copy, size);
	free(copy);
	inputs++;
}

static void run_variants(uint8_t *data, size_t size)
{
	run_input(data, size);
	for (size_t i = 0; i < size; i++) {
		uint8_t kept = data[i];

		data[i] = (uint8_t)(kept ^ 1u << i % 8);
		run_input(data, size);
		data[i] = (uint8_t)(kept ^ 0xff);
		run_input(data, size);
		data[i] = kept;
		run_input(data, i);
	}
}

static void run_file(const char *path)
{
	uint8_t *data = malloc(INPUT_MAX);
	FILE *f = fopen(path, "rb");
	size_t size;

	if (data == NULL || f == NULL)
		err(1, "%s", path);
	size = fread(data, 1, INPUT_MAX, f);
	if (ferror(f))
		errx(1, "%s: read error", path);
	(void)fclose(f);
	/* Said before, so that an abort names its file. */
	(void)fprintf(stderr, "%s\n", path);
	run_variants(data, size);
	free(data);
	files++;
}

static void run_path(const char *path)
{
	struct stat st;
	struct dirent *entry;
	DIR *directory;

	if (stat(path, &st) != 0)
		err(1, "%s", path);
	if (!S_ISDIR(st.st_mode)) {
		run_file(path);
		return;
	}
	directory = opendir(path);
	if (directory == NULL)
		err(1, "%s", path);
	while ((entry = readdir(directory)) != NULL) {
		char inner[PATH_MAX];

		if (entry->d_name[0] == '.')
			continue;
		if (snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name) >= PATH_MAX)
			errx(1, "%s: name too long", path);
		run_path(inner);
	}
	(void)closedir(directory);
}

static void run_corpus_of(const char *program)
{
	const char *srcdir = getenv("srcdir");
	const char *name = strstr(program, "run_");
	char path[PATH_MAX];

	if (name == NULL)
		errx(2, "usage: run_NAME [FILE | DIRECTORY]...");
	(void)snprintf(path, sizeof(path), "%s/fuzz/corpus/%s", srcdir != NULL ? srcdir : ".",
	    name + strlen("run_"));
	run_path(path);
}

int main(int argc, char **argv)
{
	const char *slash = strrchr(argv[0], '/');

	if (LLVMFuzzerInitialize != NULL)
		(void)LLVMFuzzerInitialize(&argc, &argv);
	if (argc < 2)
		run_corpus_of(slash != NULL ? slash + 1 : argv[0]);
	for (int i = 1; i < argc; i++)
		run_path(argv[i]);
	(void)printf("%zu files, %zu inputs\n", files, inputs);
	/* A run over nothing proves nothing. */
	return files > 0 ? 0 : 1;
}
