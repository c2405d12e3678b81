/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of people: which account is meant, and which was probably meant.
 * Reads the system's account database; knows no store.
 */
#ifndef SEKISHO_ACCOUNT_H
#define SEKISHO_ACCOUNT_H

#include <sys/types.h>

#include "lib/store/record.h"

struct account {
	char name[RECORD_NAME_SIZE]; /* pw_name: the key of the store, not what was typed */
	uid_t uid;
};

/* ERR_ACCOUNT: the system does not know the name; ERR_IO: it could not be asked. */
MUST_CHECK int account_find(const char *typed, struct account *ret_a, struct err *e);
/* "did you mean NAME?" into out when some account's name is near, else "". */
void account_suggest(const char *typed, char *out, size_t size);

#endif
