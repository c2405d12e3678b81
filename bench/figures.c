/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mean, median and the like. Prints nothing.
 */
#include "bench/figures.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

struct figures figures_of(double *values, size_t count)
{
	struct figures f = {0};

	if (count == 0)
		return f;
	qsort(values, count, sizeof(*values), compare);
	for (size_t i = 0; i < count; i++)
		f.mean += values[i] / (double)count;
	f.median = values[count / 2];
	f.p99 = values[(count * 99 + 99) / 100 - 1];
	f.max = values[count - 1];
	return f;
}
