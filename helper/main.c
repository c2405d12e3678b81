/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho-auth with its real surroundings. Everything else is in helper_run().
 */
#include "helper/helper.h"

int main(int argc, char **argv)
{
	static const struct helper_deps deps = {
	    .store_path = LOCALSTATEDIR "/lib/sekisho",
	    .etc_path = SYSCONFDIR "/sekisho",
	    .run_path = "/run/sekisho",
	    .clock = clock_system,
	    .audit = &audit_syslog,
	};

	return helper_run(&deps, argc, argv);
}
