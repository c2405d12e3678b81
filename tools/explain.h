/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands behind each number S-NN, for somebody on the telephone at night. The short words
 * are in lib/wire/err.h; nothing here decides anything.
 */
#ifndef SEKISHO_EXPLAIN_H
#define SEKISHO_EXPLAIN_H

#include "lib/wire/err.h"

#define EXPLAIN_CAUSES 5
#define EXPLAIN_STEPS  7

struct explanation {
	enum err_number number;
	const char *means;
	const char *causes[EXPLAIN_CAUSES]; /* ended by NULL, as the steps */
	const char *steps[EXPLAIN_STEPS];
	const char *related; /* commands and pages */
};

extern const struct explanation explanations[];
extern const size_t explanation_count;

#endif
