/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Nearest word by edit distance. Holds no list of its own and formats no message.
 */
#include "lib/base/similar.h"

#include <string.h>

#define LONGEST 64

struct rows {
	size_t before[LONGEST + 1]; /* two letters of a back */
	size_t last[LONGEST + 1];
	size_t now[LONGEST + 1];
};

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t cell(const struct rows *r, const char *a, const char *b, size_t i, size_t j)
{
	size_t best = smaller(r->last[j], r->now[j - 1]) + 1;

	best = smaller(best, r->last[j - 1] + (a[i - 1] != b[j - 1]));
	if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
		best = smaller(best, r->before[j - 2] + 1);
	return best;
}

static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	struct rows r = {0};

	for (size_t j = 0; j <= b_len; j++)
		r.last[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		r.now[0] = i;
		for (size_t j = 1; j <= b_len; j++)
			r.now[j] = cell(&r, a, b, i, j);
		memcpy(r.before, r.last, sizeof(r.before));
		memcpy(r.last, r.now, sizeof(r.last));
	}
	return r.last[b_len];
}

const char *similar_word(const char *word, const char *const *candidates, size_t count)
{
	const char *best = NULL;
	size_t best_distance = LONGEST, len = strlen(word);

	if (len > LONGEST)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t other = strlen(candidates[i]), d;

		if (other > LONGEST)
			continue;
		d = distance(word, len, candidates[i], other);
		if (d < best_distance && d * 3 <= (len > other ? len : other)) {
			best = candidates[i];
			best_distance = d;
		}
	}
	return best;
}
