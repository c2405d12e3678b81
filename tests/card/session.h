/* SPDX-License-Identifier: BSD-2-Clause */
/* The life of the card: in and out of the reader, frame by frame, as slow as the line. */
#ifndef CARD_SESSION_H
#define CARD_SESSION_H

#include "tests/card/apdu.h"
#include "tests/card/card.h"

struct session {
	struct card *card;
	const char *host;
	unsigned long port;
	unsigned long baud; /* 0: no line that takes time */
	unsigned long apdu_ms;
	bool stay;   /* connect again when pcscd closes */
	int line;    /* -1: not in the reader */
	int control; /* listening socket, -1: none */
	bool wanted; /* in the reader, or trying to be */
	bool powered;
	bool waiting; /* a reply that is not due yet */
	struct reply reply;
	unsigned long long due_us;
};

/* 0, or -1 with errno when nobody listens there. Inserting twice is fine. */
int session_insert(struct session *s);
void session_remove(struct session *s);

/* Until the reader closes the line (without stay) or a control command ends it. */
void session_run(struct session *s);

#endif
