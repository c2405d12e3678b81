/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linux-PAM's way through a stack of modules, and the search for one that lets in when it
 * should not. Pure: calls no module.
 */
#ifndef SEKISHO_PAM_WALK_H
#define SEKISHO_PAM_WALK_H

#include "lib/wire/options.h"
#include "tools/pam_stack.h"

/* What a module's success means, by its name. */
enum pam_role {
	PAM_ROLE_FACTOR = 0, /* it proves something: passwords, cards; whatever is not known */
	PAM_ROLE_SEKISHO,
	PAM_ROLE_CONDITION, /* the site's own rule: who, from where, when */
	PAM_ROLE_HELPER,    /* proves nothing: environment, delays, counters */
	PAM_ROLE_PERMIT,    /* succeeds always */
	PAM_ROLE_DENY,      /* never */
};

enum pam_role pam_role_of(const struct pam_step *s);
/* The first step of that role, or -1. */
int pam_stack_find(const struct pam_stack *s, enum pam_role role);
/* What stands behind pam_sekisho. False: it does not stand there, or with words that it does
 * not take. The paths in *ret_o are not to be used. */
MUST_CHECK bool pam_stack_options(const struct pam_stack *s, struct options *ret_o);

/* What libpam returns when step i returns codes[i]; a step that is no module: not looked at. */
int pam_walk_fixed(const struct pam_stack *s, const int *codes);

enum pam_question {
	/* success although pam_sekisho did not succeed, and no condition of the site's leads
	 * past it */
	PAM_QUESTION_BYPASS,
	/* the same where one does */
	PAM_QUESTION_CONDITION,
	/* success of pam_sekisho, but of no factor beside it */
	PAM_QUESTION_ALONE,
};

enum pam_finding {
	PAM_FINDING_UNSURE = 0 /* too many ways */,
	PAM_FINDING_NO,
	PAM_FINDING_YES
};

/* One way through: the steps that were reached, and what they returned. */
struct pam_way {
	unsigned count;
	struct {
		unsigned char step, code;
	} passed[PAM_STACK_STEPS_MAX];
};

/* Tries every return value of every module, pam_sekisho's included (which never says ignore).
 * PAM_FINDING_YES: *ret_way is a shortest one. Linux-PAM runs a setcred chain of its own, which
 * decides nothing about who is let in. */
MUST_CHECK enum pam_finding pam_walk_search(
    const struct pam_stack *s, enum pam_question question, struct pam_way *ret_way);

/* Where a way leaves pam_sekisho aside: the step to name. */
struct pam_leak {
	unsigned step;
	int code;
	bool ignored; /* the step is pam_sekisho itself, whose refusal has no effect */
};
/* False when the way does not: then it asked pam_sekisho and got success. */
MUST_CHECK bool pam_walk_leak(
    const struct pam_stack *s, const struct pam_way *way, struct pam_leak *ret_l);

#endif
