/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of modules. Measures nothing.
 */
#include "bench/contestants.h"

#include <err.h>
#include <string.h>

/* Enrolled people times rounds, for a module that reads everybody at each login: some 20 s on
 * a machine of 2020. */
#define READ_IN_ALL 20000000u
#define ROUNDS_MIN  2u

const struct contestant contestants[CONTESTANTS] = {
    {.service = "permit", .title = "pam_permit"},
    {.service = "oath",
        .title = "pam_oath",
        .enrolled = ENROLLED_OATH,
        .grows = true,
        .refuses = true},
    {.service = "google", .title = "pam_google_authenticator", .enrolled = ENROLLED_GOOGLE},
    {.service = "direct",
        .title = "sekisho, direct door",
        .enrolled = ENROLLED_SEKISHO,
        .orphan = true},
    {.service = "socket",
        .title = "sekisho, socket door",
        .enrolled = ENROLLED_SEKISHO,
        .served = true},
};

unsigned contestant_find(const char *service)
{
	for (unsigned i = 0; i < CONTESTANTS; i++)
		if (strcmp(contestants[i].service, service) == 0)
			return i;
	errx(2, "%s: no such service", service);
}

unsigned contestant_rounds(const struct contestant *k, unsigned enrolled, unsigned wanted)
{
	unsigned most = READ_IN_ALL / enrolled;

	if (!k->grows || wanted <= most)
		return wanted;
	return most > ROUNDS_MIN ? most : ROUNDS_MIN;
}
