/* SPDX-License-Identifier: BSD-2-Clause */
/* PAM files in memory, for the tests of stacks: pairs of name and text. */
#ifndef SEKISHO_TEST_STACK_TEXTS_H
#define SEKISHO_TEST_STACK_TEXTS_H

#include <string.h>

#include "tools/pam_stack.h"

struct stack_text {
	const char *name, *text;
};

static inline int stack_text_load(void *context, const char *name, struct pam_text *ret_t)
{
	for (const struct stack_text *t = context; t->name != NULL; t++) {
		if (name != NULL && strcmp(t->name, name) == 0) {
			*ret_t = (struct pam_text){t->name, t->text, strlen(t->text)};
			return 0;
		}
	}
	return -1;
}

/* The auth lines of "s". */
static inline int stack_texts_read(
    struct stack_text *texts, enum pam_type type, struct pam_stack *ret_s, struct err *e)
{
	const struct pam_source source = {.context = texts, .load = stack_text_load};

	return pam_stack_read(&source, "s", type, ret_s, e);
}

#endif
