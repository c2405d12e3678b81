/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finding libpcsclite's functions. Calls none of them.
 */
#include "lib/cards/pcsclite.h"

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/library.h"

#define SYMBOL(name)                                                                           \
	{                                                                                      \
#name, offsetof(struct pcsclite, name)                                         \
	}

static const struct library_symbol symbols[] = {
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

const struct pcsclite *pcsclite_load(void)
{
	static struct pcsclite l;
	static bool whole;

	if (!whole)
		whole = library_load("libpcsclite.so.1", symbols,
		            sizeof symbols / sizeof symbols[0], &l) == 0;
	return whole ? &l : NULL;
}
