/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The modules that are measured side by side, and in what they differ for a measurement. The
 * stacks behind the service names are made by bench/inside.sh.
 */
#ifndef SEKISHO_BENCH_CONTESTANTS_H
#define SEKISHO_BENCH_CONTESTANTS_H

#include <stdbool.h>

#define CONTESTANTS 5

/* Where a module's people are enrolled: what uses up the same codes. */
enum enrolled {
	ENROLLED_NOWHERE,
	ENROLLED_OATH,
	ENROLLED_GOOGLE,
	ENROLLED_SEKISHO,
	ENROLLED_END
};

struct contestant {
	const char *service, *title;
	enum enrolled enrolled;
	bool orphan;  /* each login leaves a helper to the subreaper */
	bool served;  /* each login is served by the program behind the socket */
	bool grows;   /* reads everybody: fewer rounds when they are many */
	bool refuses; /* valid codes, when several people log in at once: to be counted */
};

extern const struct contestant contestants[CONTESTANTS];

/* Its place in the table; ends the program when there is none. */
unsigned contestant_find(const char *service);
/* How many of the wanted rounds, with that many enrolled, end in bounded time. */
unsigned contestant_rounds(const struct contestant *k, unsigned enrolled, unsigned wanted);

#endif
