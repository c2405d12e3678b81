/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One loop: the line to the reader, replies that are due later, the control socket. While a
 * slow answer is on its way the card can still be pulled.
 */
#include <errno.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "tests/card/control.h"
#include "tests/card/journal.h"
#include "tests/card/session.h"
#include "tests/card/vpcd.h"

/* For an APDU on a contact line (T=1: header, checksum, what goes before) and per byte. */
#define LINE_OVERHEAD 8
#define ETU_PER_BYTE  11
#define RETRY_MS      100

static unsigned long long now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (unsigned long long)t.tv_sec * 1000000 + (unsigned long long)t.tv_nsec / 1000;
}

static void lose_power(struct session *s)
{
	s->powered = false;
	s->waiting = false;
	card_reset(s->card);
	apdu_reset();
}

int session_insert(struct session *s)
{
	s->wanted = true;
	if (s->line >= 0)
		return 0;
	pins_load(); /* the card may have been in another reader, or a test wrote the file */
	s->line = vpcd_connect(s->host, s->port);
	if (s->line < 0)
		return -1;
	lose_power(s);
	journal_note("inserted");
	return 0;
}

static void disconnect(struct session *s, const char *why)
{
	if (s->line < 0)
		return;
	(void)close(s->line);
	s->line = -1;
	lose_power(s);
	journal_note("%s", why);
}

void session_remove(struct session *s)
{
	s->wanted = false;
	disconnect(s, "removed");
}

static void send_reply(struct session *s)
{
	s->waiting = false;
	if (vpcd_send(s->line, &s->reply.frame) != 0)
		disconnect(s, "the reader went away");
}

static void exchange(struct session *s, const struct buf *frame)
{
	unsigned long long bytes, us = 0;

	apdu_exchange(s->card, frame->data, frame->used, &s->reply);
	if (s->reply.silent) {
		session_remove(s);
		return;
	}
	bytes = frame->used + s->reply.frame.used + LINE_OVERHEAD;
	if (s->baud != 0)
		us = bytes * ETU_PER_BYTE * 1000000 / s->baud;
	us += (s->apdu_ms + s->reply.late_ms) * 1000;
	s->due_us = now_us() + us;
	s->waiting = true;
	if (us == 0)
		send_reply(s);
}

static void control_byte(struct session *s, unsigned char byte)
{
	switch (byte) {
	case VPCD_OFF:
		lose_power(s);
		journal_note("power off");
		break;
	case VPCD_ON:
		lose_power(s);
		s->powered = true;
		journal_note("power on");
		break;
	case VPCD_RESET:
		lose_power(s);
		s->powered = true;
		journal_count_reset();
		journal_note("reset");
		break;
	case VPCD_ATR:
		/* asked for all the time, to see whether the card is there: not in the journal
		 */
		if (vpcd_send(s->line, &s->card->atr) != 0)
			disconnect(s, "the reader went away");
		break;
	default:
		journal_note("unknown control byte %02X", byte);
	}
}

static void frame_arrived(struct session *s)
{
	static struct buf frame;

	if (!vpcd_receive(s->line, &frame))
		disconnect(s, "the reader closed the line");
	else if (frame.used == 1)
		control_byte(s, frame.data[0]);
	else
		exchange(s, &frame);
}

static int patience_ms(const struct session *s)
{
	unsigned long long now;

	if (s->wanted && s->line < 0)
		return RETRY_MS;
	if (!s->waiting)
		return -1;
	now = now_us();
	return s->due_us <= now ? 0 : (int)((s->due_us - now + 999) / 1000);
}

static bool alive(const struct session *s)
{
	return s->line >= 0 || (s->wanted ? s->stay : s->control >= 0);
}

void session_run(struct session *s)
{
	while (alive(s)) {
		struct pollfd p[] = {
		    /* nothing new from the reader is looked at before its answer is out */
		    {.fd = s->line, .events = s->waiting ? POLLRDHUP : POLLIN},
		    {.fd = s->control, .events = POLLIN},
		};

		if (poll(p, 2, patience_ms(s)) < 0 && errno != EINTR)
			return;
		if (p[1].revents != 0 && !control_serve(s))
			return;
		if (s->wanted && s->line < 0)
			(void)session_insert(s);
		else if (p[0].revents != 0 && p[0].fd == s->line && s->waiting)
			disconnect(s, "the reader closed the line");
		else if (p[0].revents != 0 && p[0].fd == s->line && s->line >= 0)
			frame_arrived(s);
		if (s->waiting && s->line >= 0 && now_us() >= s->due_us)
			send_reply(s);
	}
}
