/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a row of measured values is told as.
 */
#ifndef SEKISHO_BENCH_FIGURES_H
#define SEKISHO_BENCH_FIGURES_H

#include <stddef.h>

struct figures {
	double mean, median, p99, max;
};

/* Sorts the values; zeros when there are none. */
struct figures figures_of(double *values, size_t count);

#endif
