/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Readers over pcscd, each call bounded. Must not know a command, and must not leave a card
 * that it had for itself without a reset.
 */
#include "lib/cards/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/cards/pcsclite.h"
#include "lib/wire/clock.h"

#define AGAIN_MS      50 /* the timer goes on firing: a first shot may come before a wait */
#define RECONNECT_MAX 3  /* resets by other programs between connect and begin */
#define LINES         2  /* the second one for when the first had to be shut */
#define PNP           "\\\\?PnP?\\Notification"
/* Written by each pcscd that starts; its socket may be older, and systemd's. */
#define PCSCD_PID "/run/pcscd/pcscd.pid"

/* A context and its socket. */
struct line {
	SCARDCONTEXT context;
	int fd;
};

static struct pcsc {
	struct card_service service;
	const struct pcsclite *lib;
	bool open, connected, in_transaction;
	struct line lines[LINES];
	unsigned line_count, at; /* those before at are shut */
	char reader[READER_NAME_SIZE];
	SCARDHANDLE card;
	DWORD protocol;
	uint64_t card_deadline; /* monotonic_ms */
	timer_t timer;
	struct sigaction old_action;
} pcsc;

/* What the signal handler shuts. */
static volatile sig_atomic_t wire = -1;
static volatile sig_atomic_t expired;

static void shut(int signal)
{
	int saved = errno;

	(void)signal;
	expired = 1;
	if (wire >= 0)
		(void)shutdown((int)wire, SHUT_RDWR);
	errno = saved;
}

/* ---- the bound ---- */

static void set_timer(unsigned first_ms)
{
	const struct itimerspec t = {
	    .it_value = {.tv_sec = first_ms / 1000, .tv_nsec = first_ms % 1000 * 1000000},
	    .it_interval = {.tv_nsec = first_ms == 0 ? 0 : AGAIN_MS * 1000000},
	};

	(void)timer_settime(pcsc.timer, 0, &t, NULL);
}

static void bound_begin(unsigned ms)
{
	expired = 0;
	set_timer(ms > 0 ? ms : 1);
}

/* Was the call ended by the bound? */
static bool bound_end(void)
{
	set_timer(0);
	return expired != 0;
}

static void bound_clear(void)
{
	(void)timer_delete(pcsc.timer);
	(void)sigaction(SIGVTALRM, &pcsc.old_action, NULL);
}

static int bound_set(void)
{
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGVTALRM};
	struct sigaction action = {.sa_handler = shut}; /* no SA_RESTART: connect() ends, too */
	sigset_t own;

	if (sigaction(SIGVTALRM, &action, &pcsc.old_action) != 0)
		return -1;
	if (timer_create(CLOCK_MONOTONIC, &event, &pcsc.timer) != 0) {
		(void)sigaction(SIGVTALRM, &pcsc.old_action, NULL);
		return -1;
	}
	(void)sigemptyset(&own);
	(void)sigaddset(&own, SIGVTALRM);
	(void)sigprocmask(SIG_UNBLOCK, &own, NULL);
	return 0;
}

/* ---- results ---- */

static enum card_result result(LONG code, bool late, enum card_result when_late)
{
	static const struct {
		LONG code;
		enum card_result result;
	} rows[] = {
	    {SCARD_S_SUCCESS, CARD_OK},
	    {SCARD_E_TIMEOUT, CARD_TIMEOUT},
	    {SCARD_E_NO_SERVICE, CARD_NO_SERVICE},
	    {SCARD_E_SERVICE_STOPPED, CARD_NO_SERVICE},
	    {SCARD_E_INVALID_HANDLE, CARD_NO_SERVICE},
	    {SCARD_F_COMM_ERROR, CARD_NO_SERVICE},
	    {SCARD_W_SECURITY_VIOLATION, CARD_REFUSED},
	    {SCARD_E_NO_SMARTCARD, CARD_NO_CARD},
	    {SCARD_E_NO_READERS_AVAILABLE, CARD_NO_CARD},
	    {SCARD_W_REMOVED_CARD, CARD_GONE},
	    {SCARD_W_RESET_CARD, CARD_GONE}, /* in our own transaction: pulled and put back */
	    {SCARD_E_READER_UNAVAILABLE, CARD_NO_READER},
	    {SCARD_E_UNKNOWN_READER, CARD_NO_READER},
	    {SCARD_E_INVALID_VALUE, CARD_NO_READER}, /* a handle whose reader is gone */
	    {SCARD_E_NOT_TRANSACTED, CARD_GONE},
	    {SCARD_E_COMM_DATA_LOST, CARD_GONE},
	    {SCARD_W_UNPOWERED_CARD, CARD_MUTE},
	    {SCARD_W_UNRESPONSIVE_CARD, CARD_MUTE},
	    {SCARD_W_UNSUPPORTED_CARD, CARD_MUTE},
	    {SCARD_E_PROTO_MISMATCH, CARD_MUTE},
	    {SCARD_E_SHARING_VIOLATION, CARD_BUSY},
	    {SCARD_E_INSUFFICIENT_BUFFER, CARD_MALFORMED},
	};

	if (late && code != SCARD_S_SUCCESS)
		return when_late;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (rows[i].code == code)
			return rows[i].result;
	return CARD_ERROR;
}

/* ---- lines ---- */

static SCARDCONTEXT context(void)
{
	return pcsc.lines[pcsc.at].context;
}

static void use_line(unsigned at)
{
	pcsc.at = at;
	wire = pcsc.lines[at].fd;
}

/* The end of a call about a card. Late: its line is shut, and pcscd resets the card of a client
 * that leaves in the middle of a transaction. After the last line there is no other. */
static enum card_result card_result(LONG code, enum card_result when_late)
{
	if (!bound_end())
		return result(code, false, when_late);
	pcsc.connected = pcsc.in_transaction = false;
	memcpy(pcsc.service.slow, pcsc.reader, sizeof pcsc.service.slow);
	if (pcsc.at + 1 < pcsc.line_count)
		use_line(pcsc.at + 1);
	return when_late;
}

/* What is left of READER_CARD_MS. */
static unsigned card_rest(void)
{
	uint64_t now = monotonic_ms();

	return now < pcsc.card_deadline ? (unsigned)(pcsc.card_deadline - now) : 0;
}

/* ---- readers ---- */

/* pnp: the state of all of them. */
static void fill_reader(const SCARD_READERSTATE *s, DWORD pnp, struct card_reader *r)
{
	const DWORD state = s->dwEventState;

	r->event = (uint32_t)((pnp & 0xffff0000) | (state >> 16 & 0xffff));
	r->present = (state & SCARD_STATE_PRESENT) != 0;
	r->mute = (state & SCARD_STATE_MUTE) != 0;
	r->in_use = (state & (SCARD_STATE_INUSE | SCARD_STATE_EXCLUSIVE)) != 0;
	r->atr_len = s->cbAtr <= READER_ATR_MAX ? (size_t)s->cbAtr : 0;
	memcpy(r->atr, s->rgbAtr, r->atr_len);
}

/* names: one after the other, an empty one last. */
static void take_names(const char *names, size_t len, struct card_reader_list *l)
{
	const char *end = names + len;

	while (names < end && *names != '\0' && l->count < READER_LIST_MAX) {
		size_t n = strnlen(names, (size_t)(end - names));

		if (n < READER_NAME_SIZE)
			memcpy(l->readers[l->count++].name, names, n);
		names += n + 1;
	}
}

static LONG names_and_states(struct card_reader_list *l)
{
	char names[(READER_LIST_MAX + 1) * READER_NAME_SIZE + 1]; /* all that pcscd may have */
	SCARD_READERSTATE states[READER_LIST_MAX + 1];
	DWORD len = sizeof names;
	LONG r = pcsc.lib->SCardListReaders(context(), NULL, names, &len);

	if (r == SCARD_E_NO_READERS_AVAILABLE)
		return SCARD_S_SUCCESS;
	if (r != SCARD_S_SUCCESS)
		return r;
	take_names(names, len < sizeof names ? len : sizeof names, l);
	memset(states, 0, sizeof states);
	for (unsigned i = 0; i < l->count; i++)
		states[i].szReader = l->readers[i].name;
	states[l->count].szReader = PNP;
	if (l->count == 0)
		return SCARD_S_SUCCESS;
	r = pcsc.lib->SCardGetStatusChange(context(), 0, states, l->count + 1);
	for (unsigned i = 0; r == SCARD_S_SUCCESS && i < l->count; i++)
		fill_reader(&states[i], states[l->count].dwEventState, &l->readers[i]);
	return r;
}

static enum card_result pcsc_list(struct card_service *s, struct card_reader_list *ret_l)
{
	struct card_reader_list l;
	enum card_result r = CARD_ERROR;

	(void)s;
	/* A reader may leave between its name and its state: once more, then. */
	for (unsigned i = 0; i < 3; i++) {
		LONG code;

		memset(&l, 0, sizeof l);
		bound_begin(READER_OPEN_MS);
		code = names_and_states(&l);
		r = result(code, bound_end(), CARD_TIMEOUT);
		if (r != CARD_GONE && r != CARD_NO_READER && r != CARD_TIMEOUT)
			break;
	}
	if (r == CARD_OK)
		*ret_l = l;
	return r;
}

static enum card_result pcsc_change(
    struct card_service *s, const struct card_reader_list *seen, unsigned timeout_ms)
{
	SCARD_READERSTATE states[READER_LIST_MAX + 1];
	const unsigned count = seen->count < READER_LIST_MAX ? seen->count : READER_LIST_MAX;
	enum card_result r;
	LONG code;

	(void)s;
	memset(states, 0, sizeof states);
	for (unsigned i = 0; i < count; i++) {
		const struct card_reader *known = &seen->readers[i];

		states[i].szReader = known->name;
		states[i].dwCurrentState =
		    (DWORD)(known->event & 0xffff) << 16 |
		    (known->present ? SCARD_STATE_PRESENT : SCARD_STATE_EMPTY) |
		    (known->mute ? SCARD_STATE_MUTE : 0);
	}
	states[count].szReader = PNP;
	states[count].dwCurrentState = count > 0 ? seen->readers[0].event & 0xffff0000 : 0;
	bound_begin(timeout_ms + READER_OPEN_MS);
	code = pcsc.lib->SCardGetStatusChange(context(), timeout_ms, states, count + 1);
	r = result(code, bound_end(), CARD_NO_SERVICE);
	/* A reader that left is a change. */
	return r == CARD_GONE || r == CARD_NO_READER ? CARD_OK : r;
}

/* ---- one card ---- */

static void pcsc_reset(struct card_service *s)
{
	(void)s;
	if (!pcsc.connected)
		return;
	bound_begin(READER_RELEASE_MS);
	/* The reset belongs to the end of the transaction: after it somebody else's may have
	 * begun. Only when it cannot be had there, it is asked for with the disconnection. */
	if (!pcsc.in_transaction ||
	    pcsc.lib->SCardEndTransaction(pcsc.card, SCARD_RESET_CARD) == SCARD_S_SUCCESS)
		(void)pcsc.lib->SCardDisconnect(pcsc.card, SCARD_LEAVE_CARD);
	else
		(void)pcsc.lib->SCardDisconnect(pcsc.card, SCARD_RESET_CARD);
	pcsc.connected = pcsc.in_transaction = false;
	(void)card_result(SCARD_S_SUCCESS, CARD_TIMEOUT);
}

static enum card_result pcsc_connect(struct card_service *s, const char *reader)
{
	LONG code;

	pcsc_reset(s);
	(void)snprintf(pcsc.reader, sizeof pcsc.reader, "%s", reader);
	pcsc.card_deadline = monotonic_ms() + READER_CARD_MS;
	if (s->until != 0 && s->until < pcsc.card_deadline)
		pcsc.card_deadline = s->until;
	if (card_rest() == 0)
		return CARD_TIMEOUT; /* nothing was begun, and no line is shut */
	bound_begin(card_rest());
	code = pcsc.lib->SCardConnect(context(), reader, SCARD_SHARE_SHARED,
	    SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &pcsc.card, &pcsc.protocol);
	pcsc.connected = code == SCARD_S_SUCCESS;
	/* pcscd lets nobody connect while somebody has a transaction. */
	return card_result(code, CARD_BUSY);
}

static enum card_result pcsc_begin(struct card_service *s)
{
	LONG code = SCARD_W_RESET_CARD;

	(void)s;
	if (!pcsc.connected || pcsc.in_transaction)
		return CARD_ERROR;
	bound_begin(card_rest());
	for (unsigned i = 0; i < RECONNECT_MAX && code == SCARD_W_RESET_CARD; i++) {
		code = pcsc.lib->SCardBeginTransaction(pcsc.card);
		/* Whoever had the card before us reset it, as we do. */
		if (code == SCARD_W_RESET_CARD &&
		    pcsc.lib->SCardReconnect(pcsc.card, SCARD_SHARE_SHARED,
		        SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, SCARD_LEAVE_CARD,
		        &pcsc.protocol) != SCARD_S_SUCCESS)
			break;
	}
	pcsc.in_transaction = code == SCARD_S_SUCCESS;
	return card_result(code, CARD_BUSY);
}

static enum card_result pcsc_transmit(struct card_service *s, const uint8_t *command,
    size_t len, uint8_t *ret_answer, size_t *ret_len)
{
	const SCARD_IO_REQUEST *pci =
	    pcsc.protocol == SCARD_PROTOCOL_T0 ? pcsc.lib->t0 : pcsc.lib->t1;
	DWORD got = READER_ANSWER_MAX;
	enum card_result r;
	LONG code;

	(void)s;
	if (!pcsc.in_transaction)
		return CARD_ERROR;
	bound_begin(card_rest());
	code = pcsc.lib->SCardTransmit(pcsc.card, pci, command, len, NULL, ret_answer, &got);
	r = card_result(code, CARD_TIMEOUT);
	if (r != CARD_OK)
		return r;
	/* A card that is pulled while it works: some drivers call it a success of no byte. */
	if (got == 0)
		return CARD_GONE;
	if (got < 2 || got > READER_ANSWER_MAX)
		return CARD_MALFORMED;
	*ret_len = got;
	return CARD_OK;
}

/* ---- the service ---- */

static void lines_close(void)
{
	for (unsigned i = 0; i < pcsc.line_count; i++) {
		wire = pcsc.lines[i].fd;
		bound_begin(READER_RELEASE_MS);
		(void)pcsc.lib->SCardReleaseContext(pcsc.lines[i].context);
		(void)bound_end();
	}
	wire = -1;
	pcsc.line_count = 0;
	bound_clear();
}

static void pcsc_close(struct card_service *s)
{
	if (!pcsc.open)
		return;
	pcsc_reset(s);
	lines_close();
	pcsc.open = false;
}

/* The number the next descriptor gets: libpcsclite's socket, for it opens nothing else. */
static int next_descriptor(void)
{
	int fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);

	if (fd < 0)
		fd = open("/", O_PATH | O_CLOEXEC);
	if (fd >= 0)
		(void)close(fd);
	return fd;
}

static bool is_socket(int fd)
{
	int type = 0;
	socklen_t len = sizeof type;

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &type, &len) == 0 && type == AF_UNIX;
}

static enum card_result line_open(struct line *l)
{
	LONG code;

	l->fd = next_descriptor();
	wire = l->fd;
	bound_begin(READER_OPEN_MS);
	code = pcsc.lib->SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &l->context);
	return result(code, bound_end(), CARD_TIMEOUT);
}

static enum card_result lines_open(void)
{
	while (pcsc.line_count < LINES) {
		struct line *l = &pcsc.lines[pcsc.line_count];
		enum card_result r = line_open(l);

		if (r != CARD_OK)
			return r;
		pcsc.line_count++;
		/* Another libpcsclite than this was written for: nothing would be bounded. */
		if (!is_socket(l->fd))
			return CARD_ERROR;
	}
	use_line(0);
	return CARD_OK;
}

/* By the wall clock, for want of another: one that was set meanwhile makes a wait too long or
 * too short. */
static uint64_t running_since(void)
{
	const uint64_t now = monotonic_ms();
	struct timespec wall;
	struct stat st;
	int64_t age;

	if (stat(PCSCD_PID, &st) != 0 || clock_gettime(CLOCK_REALTIME, &wall) != 0)
		return now;
	age = (wall.tv_sec - st.st_mtim.tv_sec) * (int64_t)1000 +
	      (wall.tv_nsec - st.st_mtim.tv_nsec) / 1000000;
	if (age < 0)
		return now;
	return (uint64_t)age < now ? now - (uint64_t)age : 0;
}

enum card_result reader_pcsc_open(struct card_service **ret_s)
{
	static const struct card_service calls = {
	    .list = pcsc_list,
	    .change = pcsc_change,
	    .connect = pcsc_connect,
	    .begin = pcsc_begin,
	    .transmit = pcsc_transmit,
	    .reset = pcsc_reset,
	    .close = pcsc_close,
	};
	enum card_result r;

	if (pcsc.open)
		return CARD_ERROR;
	pcsc.lib = pcsclite_load();
	if (pcsc.lib == NULL)
		return CARD_NO_LIBRARY;
	if (bound_set() != 0)
		return CARD_ERROR;
	r = lines_open();
	if (r != CARD_OK) {
		lines_close();
		return r;
	}
	pcsc.service = calls;
	pcsc.service.since = running_since();
	pcsc.open = true;
	pcsc.connected = pcsc.in_transaction = false;
	*ret_s = &pcsc.service;
	return CARD_OK;
}
