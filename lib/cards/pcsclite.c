/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finding libpcsclite's functions. Calls none of them.
 */
#include "lib/cards/pcsclite.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define LIBRARY "libpcsclite.so.1"

#define SYMBOL(name)                                                                           \
	{                                                                                      \
#name, offsetof(struct pcsclite, name)                                         \
	}

static const struct {
	const char *name;
	size_t at; /* of a pointer in struct pcsclite */
} symbols[] = {
    SYMBOL(SCardEstablishContext),
    SYMBOL(SCardReleaseContext),
    SYMBOL(SCardListReaders),
    SYMBOL(SCardGetStatusChange),
    SYMBOL(SCardConnect),
    SYMBOL(SCardReconnect),
    SYMBOL(SCardDisconnect),
    SYMBOL(SCardBeginTransaction),
    SYMBOL(SCardEndTransaction),
    SYMBOL(SCardTransmit),
    {"g_rgSCardT0Pci", offsetof(struct pcsclite, t0)},
    {"g_rgSCardT1Pci", offsetof(struct pcsclite, t1)},
};

static bool find_all(void *library, struct pcsclite *l)
{
	for (size_t i = 0; i < sizeof symbols / sizeof symbols[0]; i++) {
		void *found = dlsym(library, symbols[i].name);

		if (found == NULL)
			return false;
		memcpy((char *)l + symbols[i].at, &found, sizeof found);
	}
	return true;
}

const struct pcsclite *pcsclite_load(void)
{
	static struct pcsclite l;
	static bool whole;
	void *library;

	if (whole)
		return &l;
	library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	whole = library != NULL && find_all(library, &l);
	return whole ? &l : NULL;
}
