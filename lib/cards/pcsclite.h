/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libpcsclite, loaded when somebody first asks for a card: a login that takes none would pay
 * for it in the loader.
 */
#ifndef SEKISHO_CARDS_PCSCLITE_H
#define SEKISHO_CARDS_PCSCLITE_H

#include <winscard.h>

/* Under the names of the API, PCSC/winscard.h. */
struct pcsclite {
	__typeof__(SCardEstablishContext) *SCardEstablishContext;
	__typeof__(SCardReleaseContext) *SCardReleaseContext;
	__typeof__(SCardListReaders) *SCardListReaders;
	__typeof__(SCardGetStatusChange) *SCardGetStatusChange;
	__typeof__(SCardConnect) *SCardConnect;
	__typeof__(SCardReconnect) *SCardReconnect;
	__typeof__(SCardDisconnect) *SCardDisconnect;
	__typeof__(SCardBeginTransaction) *SCardBeginTransaction;
	__typeof__(SCardEndTransaction) *SCardEndTransaction;
	__typeof__(SCardTransmit) *SCardTransmit;
	const SCARD_IO_REQUEST *t0, *t1; /* SCARD_PCI_T0, SCARD_PCI_T1 */
};

/* The same each time, until the process ends. NULL when it cannot be loaded whole. */
const struct pcsclite *pcsclite_load(void);

#endif
