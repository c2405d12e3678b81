/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One process, one login: the order in which the helper's parts run. What the tests replace
 * stands in struct helper_deps; main.c gives the real ones.
 */
#ifndef SEKISHO_HELPER_H
#define SEKISHO_HELPER_H

#include "lib/store/audit.h"
#include "lib/wire/clock.h"

struct helper_deps {
	const char *store_path; /* /var/lib/sekisho */
	const char *etc_path;   /* /etc/sekisho */
	const char *run_path;   /* /run/sekisho: live sessions of the user door */
	void (*clock)(struct clock_source *);
	const struct audit_sink *audit;
};

/* argv: "sekisho-auth" "--door=direct|root|user"; the socket is descriptor 0. Returns an exit
 * status, which means nothing: the verdict is a message. */
int helper_run(const struct helper_deps *deps, int argc, char **argv);

#endif
