/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where Linux-PAM finds its configuration. Parses nothing but the first words of pam.conf.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* asprintf */
#endif
#include "tools/pam_files.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/names.h"
#include "tools/text_file.h"

static const char *const directories[] = {"/etc/pam.d", "/usr/lib/pam.d"};
#define DIRECTORIES      (sizeof(directories) / sizeof(directories[0]))
#define SINGLE_FILE      "/etc/pam.conf"
#define FILES_CACHED_MAX (4 * PAM_FILES_MAX) /* with what they include */

void pam_files_open(struct pam_files *ret_f, const char *root)
{
	*ret_f = (struct pam_files){.root = root};
}

void pam_files_close(struct pam_files *f)
{
	for (size_t i = 0; i < f->count; i++) {
		free(f->list[i].name);
		free(f->list[i].path);
		free(f->list[i].text);
	}
	free(f->list);
	*f = (struct pam_files){.root = f->root};
}

/* pam.conf counts where there is no directory only. */
static bool has_directory(const struct pam_files *f)
{
	for (size_t i = 0; i < DIRECTORIES; i++) {
		char path[PATH_MAX];
		struct stat st;
		int n = snprintf(path, sizeof(path), "%s%s", f->root, directories[i]);

		if (n > 0 && (size_t)n < sizeof(path) && stat(path, &st) == 0 &&
		    S_ISDIR(st.st_mode))
			return true;
	}
	return false;
}

/* True: it is there, and was read; or it cannot be (.unreadable), and what comes behind it is
 * not what PAM would take. */
static bool try_path(
    const struct pam_files *f, struct pam_file *file, const char *directory, const char *name)
{
	if (asprintf(&file->path, "%s%s%s%s", f->root, directory, *directory ? "/" : "", name) <
	    0) {
		file->path = NULL;
		return false;
	}
	if (text_file_read(file->path, &file->text, &file->len, NULL) == 0)
		return true;
	file->unreadable = errno != ENOENT && errno != ENOTDIR;
	free(file->path);
	file->path = NULL;
	return file->unreadable;
}

static void find_file(const struct pam_files *f, struct pam_file *file, const char *name)
{
	if (name == NULL) {
		if (!has_directory(f))
			(void)try_path(f, file, "", SINGLE_FILE);
		return;
	}
	if (*name == '/') {
		(void)try_path(f, file, "", name);
		return;
	}
	for (size_t i = 0; i < DIRECTORIES; i++)
		if (try_path(f, file, directories[i], name))
			return;
}

static struct pam_file *get_file(struct pam_files *f, const char *name)
{
	const char *key = name != NULL ? name : "";
	struct pam_file *list, file = {0};

	for (size_t i = 0; i < f->count; i++)
		if (strcmp(f->list[i].name, key) == 0)
			return &f->list[i];
	if (f->count == FILES_CACHED_MAX)
		return NULL;
	list = names_grow(f->list, f->count, sizeof(*list));
	if (list == NULL)
		return NULL;
	f->list = list;
	file.name = strdup(key);
	if (file.name == NULL)
		return NULL;
	find_file(f, &file, name);
	f->list[f->count] = file;
	return &f->list[f->count++];
}

static int load(void *context, const char *name, struct pam_text *ret_t)
{
	const struct pam_file *file;

	if (name != NULL && *name == '\0')
		return -1;
	file = get_file(context, name);
	if (file == NULL || file->unreadable)
		return PAM_SOURCE_UNREADABLE;
	if (file->path == NULL)
		return -1;
	*ret_t = (struct pam_text){.path = file->path, .text = file->text, .len = file->len};
	return 0;
}

struct pam_source pam_files_source(struct pam_files *f)
{
	return (struct pam_source){.context = f, .load = load};
}

/* ---- names ---- */

static bool is_leftover(const char *name)
{
	static const char *const ends[] = {"~", ".bak", ".orig", ".old", ".swp", ".dpkg-old",
	    ".dpkg-dist", ".dpkg-new", ".dpkg-tmp", ".ucf-old", ".ucf-dist", ".rpmsave",
	    ".rpmnew", ".rpmorig", ".pacnew", ".pacsave"};
	size_t len = strlen(name);

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t end = strlen(ends[i]);

		if (len > end && strcmp(name + len - end, ends[i]) == 0)
			return true;
	}
	return *name == '.';
}

static int add_name(struct pam_names *n, const char *name, size_t len)
{
	char **list, *copy;

	for (size_t i = 0; i < n->count; i++)
		if (strlen(n->names[i]) == len && strncmp(n->names[i], name, len) == 0)
			return 0;
	list = names_grow(n->names, n->count, sizeof(*list));
	if (list == NULL)
		return -1;
	n->names = list;
	copy = strndup(name, len);
	if (copy == NULL)
		return -1;
	n->names[n->count++] = copy;
	return 0;
}

static int list_directory(const char *path, struct pam_names *n)
{
	DIR *d = opendir(path);
	struct dirent *entry;
	int r = 0;

	if (d == NULL)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -1;
	errno = 0;
	while (r == 0 && n->count < PAM_FILES_MAX && (entry = readdir(d)) != NULL) {
		if (entry->d_type != DT_DIR && !is_leftover(entry->d_name))
			r = add_name(n, entry->d_name, strlen(entry->d_name));
		if (r == 0)
			errno = 0;
	}
	if (errno != 0)
		r = -1;
	closedir(d);
	return r;
}

static int list_single(struct pam_files *f, struct pam_names *n)
{
	struct pam_text t;

	if (load(f, NULL, &t) != 0)
		return 0;
	for (const char *line = t.text; line != NULL;) {
		size_t len;

		line += strspn(line, " \t");
		len = strcspn(line, " \t\n#");
		if (len > 0 && n->count < PAM_FILES_MAX && add_name(n, line, len) != 0)
			return -1;
		line = strchr(line, '\n');
		line = line != NULL ? line + 1 : NULL;
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int pam_files_names(struct pam_files *f, struct pam_names *ret_n, struct err *e)
{
	*ret_n = (struct pam_names){0};
	for (size_t i = 0; i < DIRECTORIES; i++) {
		char path[PATH_MAX];

		(void)snprintf(path, sizeof(path), "%s%s", f->root, directories[i]);
		if (list_directory(path, ret_n) != 0)
			return err_sys(e, ERR_IO, path, "cannot be listed");
	}
	if (ret_n->count == PAM_FILES_MAX)
		return err_set(e, ERR_STACK_UNSURE, directories[0],
		    "%d files or more; not judged", PAM_FILES_MAX);
	if (!has_directory(f) && list_single(f, ret_n) != 0)
		return err_sys(e, ERR_IO, SINGLE_FILE, "cannot be listed");
	if (ret_n->count > 0)
		qsort(ret_n->names, ret_n->count, sizeof(*ret_n->names), compare);
	return 0;
}

void pam_names_clear(struct pam_names *n)
{
	for (size_t i = 0; i < n->count; i++)
		free(n->names[i]);
	free(n->names);
	*n = (struct pam_names){0};
}
