/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where Linux-PAM finds its configuration on this machine: a source for pam_stack.h, and the
 * names of the services. Each file is read once.
 */
#ifndef SEKISHO_PAM_FILES_H
#define SEKISHO_PAM_FILES_H

#include "tools/pam_stack.h"

#define PAM_FILES_MAX 1024

struct pam_files {
	const char *root; /* in front of every path; "" in production */
	size_t count;
	struct pam_file {
		char *name; /* as it was asked for */
		char *path; /* NULL: there is none, or it is */
		bool unreadable;
		char *text;
		size_t len;
	} * list;
};

void pam_files_open(struct pam_files *ret_f, const char *root);
void pam_files_close(struct pam_files *f);
struct pam_source pam_files_source(struct pam_files *f);

struct pam_names {
	size_t count;
	char **names;
};

/* Every file that could be a service, in alphabetical order; leftovers of editors and packages
 * are none. With pam.conf alone, the first words of its lines. -1: cannot be listed, or too
 * many. pam_names_clear in any case. */
MUST_CHECK int pam_files_names(struct pam_files *f, struct pam_names *ret_n, struct err *e);
void pam_names_clear(struct pam_names *n);

#endif
