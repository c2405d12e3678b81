/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Card readers as the rest of the program sees them: a table of functions, so that a test puts
 * its own readers there. reader_pcsc.c is the one behind it in production, over pcscd. Knows no
 * command that a card understands (apdu.h).
 *
 * One service has at most one card open. Every function comes back in bounded time, whatever
 * pcscd, a reader or a card does.
 */
#ifndef SEKISHO_CARDS_READER_H
#define SEKISHO_CARDS_READER_H

#include "lib/cards/result.h"

#define READER_NAME_SIZE  128 /* with the NUL */
#define READER_LIST_MAX   15  /* pcscd has 16 places; one is for the news of readers */
#define READER_ATR_MAX    33
#define READER_ANSWER_MAX 258 /* 256 bytes and the status */

/* The half of an event that counts cards. */
#define READER_EVENT_CARDS 0xffffu

#define READER_OPEN_MS    2000  /* for pcscd to take a client */
#define READER_SETTLE_MS  1500  /* a pcscd that was just started finds its readers within it */
#define READER_CARD_MS    10000 /* from connect to close, all commands together */
#define READER_RELEASE_MS 2000  /* for the reset at the end, over and above */
#define READER_SLICE_MS   200   /* how late a wait notices that the caller's peer left */

struct card_reader {
	char name[READER_NAME_SIZE];
	/* Changes with every insertion and removal, so that a card that was swapped while
	 * nobody looked is noticed: in the upper half what pcscd counts of readers, in the
	 * lower of cards in this one. pcscd before 2.3 does not count readers, and begins at 0
	 * with one that comes, be there a card in it or not: 0 proves nothing. */
	uint32_t event;
	bool present;
	bool mute;   /* present and without an answer to reset */
	bool in_use; /* by another program, which may hold the card */
	uint8_t atr[READER_ATR_MAX];
	size_t atr_len;
};

struct card_reader_list {
	unsigned count;
	struct card_reader readers[READER_LIST_MAX]; /* more are not seen */
};

struct card_service {
	/* monotonic_ms: a card that is connected is held until then, and no longer; 0: for
	 * READER_CARD_MS. */
	uint64_t until;
	/* monotonic_ms: since then at the latest pcscd runs, and looks for readers. */
	uint64_t since;
	/* Whose card did not come in time, the last time. */
	char slow[READER_NAME_SIZE];
	/* Readers and their state now; CARD_OK also when there are none. */
	enum card_result (*list)(struct card_service *, struct card_reader_list *ret_l);
	/* CARD_OK as soon as a reader comes or goes, or a card in one of those in seen;
	 * CARD_TIMEOUT. May come early. */
	enum card_result (*change)(
	    struct card_service *, const struct card_reader_list *seen, unsigned timeout_ms);
	/* Shared with other programs; starts READER_CARD_MS. */
	enum card_result (*connect)(struct card_service *, const char *reader);
	/* From here to reset nobody else reaches the card. CARD_BUSY: not in time, which ends
	 * the connection, and the service the second time (CARD_NO_SERVICE from then on). */
	enum card_result (*begin)(struct card_service *);
	/* One command, one answer with its status bytes. ret_answer has READER_ANSWER_MAX
	 * bytes; *ret_len is 2 or more on CARD_OK. CARD_TIMEOUT is as CARD_BUSY of begin. */
	enum card_result (*transmit)(struct card_service *, const uint8_t *command, size_t len,
	    uint8_t *ret_answer, size_t *ret_len);
	/* Ends transaction and connection, and resets the card: no PIN stays verified. A
	 * connection that never got its transaction leaves the card as it is: whoever holds it
	 * is in the middle of something. Safe at any time. */
	void (*reset)(struct card_service *);
	/* Everything above, and the service itself. */
	void (*close)(struct card_service *);
};

/* How long pcscd may yet find readers that were there before it; 0: it has found them. */
unsigned reader_unsettled(const struct card_service *s);
/* The readers once that is over, whatever is in them. leash: a descriptor whose end of file or
 * data ends the wait (CARD_LEFT), -1 for none. */
MUST_CHECK enum card_result reader_list_settled(
    struct card_service *s, int leash, struct card_reader_list *ret_l);
/* Until something changes against seen (CARD_OK), timeout_ms pass (CARD_TIMEOUT) or the leash
 * ends it (CARD_LEFT). */
MUST_CHECK enum card_result reader_wait(struct card_service *s,
    const struct card_reader_list *seen, int leash, unsigned timeout_ms);
/* NULL when there is no reader of that name. */
const struct card_reader *reader_find(const struct card_reader_list *l, const char *name);

/* The service over pcscd. CARD_NO_LIBRARY: no libpcsclite, which is loaded here and stays;
 * CARD_NO_SERVICE: pcscd does not run; CARD_REFUSED: polkit.
 *
 * One at a time in a process that has one thread; a second open gives CARD_ERROR. libpcsclite
 * waits without bound for a program that holds the card and for a pcscd that hangs; so a timer
 * shuts its socket, which ends whatever it waits for. For that, SIGVTALRM and one POSIX timer
 * are the service's own while it is open. A second socket is opened with the first: one card
 * that is held, or hangs, does not take the others along. Two of them do.
 *
 * Between open and close no file is opened and no socket made. System calls: poll, read,
 * sendto, fcntl, newfstatat, timer_settime, shutdown, rt_sigreturn, futex, clock_gettime,
 * gettimeofday, clock_nanosleep, brk, mmap, munmap; close and timer_delete, rt_sigaction
 * (which may fail) in close. A test traces them. It reads the environment variables
 * PCSCLITE_CSOCK_NAME, PCSCLITE_DEBUG, PCSCLITE_NO_BLOCKING and LIBPCSCLITE_DELEGATE: clear the
 * environment first. */
MUST_CHECK enum card_result reader_pcsc_open(struct card_service **ret_s);

#endif
