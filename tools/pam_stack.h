/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The modules a PAM service consists of, as Linux-PAM puts them together: files, includes,
 * substacks, controls. Judges nothing (pam_walk.h does) and loads no module.
 */
#ifndef SEKISHO_PAM_STACK_H
#define SEKISHO_PAM_STACK_H

#include "lib/wire/err.h"

#define PAM_STACK_STEPS_MAX 255
#define PAM_STACK_DEPTH     16 /* of includes, as Linux-PAM has it */
#define PAM_STACK_CODES     32 /* return values of modules: 0 is success */
#define PAM_STACK_WORDS_MAX 16
#define PAM_STACK_OTHER     "other" /* the service of those that have no lines of their own */

/* The return values that matter here, by Linux-PAM's numbers. */
enum pam_code {
	PAM_CODE_SUCCESS = 0,
	PAM_CODE_PERM_DENIED = 6,
	PAM_CODE_AUTH_ERR = 7,
	PAM_CODE_AUTHINFO_UNAVAIL = 9,
	PAM_CODE_USER_UNKNOWN = 10,
	PAM_CODE_MAXTRIES = 11,
	PAM_CODE_IGNORE = 25,
	PAM_CODE_CONV_AGAIN = 30,
	PAM_CODE_INCOMPLETE = 31,
};

/* What a return value does; over 0: so many steps are jumped over. */
enum pam_action {
	PAM_ACTION_UNSET = -6,
	PAM_ACTION_RESET = -5,
	PAM_ACTION_DIE = -4,
	PAM_ACTION_BAD = -3,
	PAM_ACTION_DONE = -2,
	PAM_ACTION_OK = -1,
	PAM_ACTION_IGNORE = 0,
};

enum pam_type {
	PAM_TYPE_ANY = 0,
	PAM_TYPE_AUTH,
	PAM_TYPE_ACCOUNT,
	PAM_TYPE_SESSION,
	PAM_TYPE_PASSWORD
};

enum pam_step_kind {
	PAM_STEP_BROKEN = 0, /* a line Linux-PAM cannot follow: fails when it is reached */
	PAM_STEP_MODULE,
	PAM_STEP_SUBSTACK, /* stands before the steps of one, does nothing itself */
};

struct pam_step {
	enum pam_step_kind kind;
	unsigned level; /* of substacks */
	int action[PAM_STACK_CODES];
	const char *why;     /* what is wrong with the line; NULL nothing */
	const char *file;    /* path, borrowed from the source */
	int line;            /* where it begins */
	char module[64];     /* name without directories; a substack: its file */
	char control[64];    /* as written, cut when long; for messages */
	char arguments[512]; /* one after the other, each ended by NUL */
	unsigned argument_count;
	bool arguments_cut; /* there were more */
};

struct pam_stack {
	unsigned count;
	struct pam_step steps[PAM_STACK_STEPS_MAX];
};

struct pam_text {
	const char *path; /* for messages */
	const char *text;
	size_t len;
};

#define PAM_SOURCE_UNREADABLE (-2)

/* Where files come from. What it gives must live as long as the stacks made of it. */
struct pam_source {
	void *context;
	/* A service's file, or that of an absolute path. -1: there is none;
	 * PAM_SOURCE_UNREADABLE: there is one that cannot be read, or is too large. NULL as
	 * name: pam.conf, where the lines of all services are together. */
	int (*load)(void *context, const char *name, struct pam_text *ret_t);
};

/* The lines of one type: the service's, or where it has none those of "other". ret_s->count is
 * 0 when neither has any. -1: there is no such service, or it is too large to be judged. */
MUST_CHECK int pam_stack_read(const struct pam_source *source, const char *service,
    enum pam_type type, struct pam_stack *ret_s, struct err *e);
/* "auth_err" for 7. */
const char *pam_code_word(int code);
/* The arguments of a step as a vector; at most PAM_STACK_WORDS_MAX. */
int pam_step_words(const struct pam_step *s, const char *words[PAM_STACK_WORDS_MAX]);

#endif
