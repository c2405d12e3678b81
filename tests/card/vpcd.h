/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The line to a reader of pcscd's vpcd driver: the card connects. Frames are a length of two
 * bytes, most significant first, and as many bytes.
 */
#ifndef CARD_VPCD_H
#define CARD_VPCD_H

#include <sys/types.h>

#include "tests/card/buf.h"

/* Frames of one byte; only VPCD_ATR is answered. */
enum vpcd_control {
	VPCD_OFF = 0,
	VPCD_ON = 1,
	VPCD_RESET = 2,
	VPCD_ATR = 4,
};

/* A connected socket, or -1 with errno. */
int vpcd_connect(const char *host, unsigned long port);

/* 1, or 0 when the reader closed the line or stopped in the middle of a frame. */
int vpcd_receive(int fd, struct buf *ret_frame);

/* 0, or -1 when the line is gone. */
int vpcd_send(int fd, const struct buf *frame);

#endif
