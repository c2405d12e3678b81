/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a card can do wrong, and when. A fault is written
 *
 *     KIND[=VALUE][@WHERE]
 *
 * WHERE is an APDU number counted from 1 since the fault was armed (5), from one on (5+), or an
 * instruction byte (ins:87). Without it the fault strikes always. The kinds are the table in
 * faults.c. The command itself is carried out: a fault changes what is answered.
 */
#ifndef CARD_FAULTS_H
#define CARD_FAULTS_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/card/buf.h"

enum fault_kind {
	FAULT_NONE,
	FAULT_PULLED,     /* no answer: the card is gone */
	FAULT_SW,         /* this status word alone */
	FAULT_SLOW,       /* the right answer, milliseconds later */
	FAULT_ENDLESS_61, /* always more to fetch; value: bytes with each answer */
	FAULT_ENDLESS_6C, /* never the right Le */
	FAULT_TRUNCATED,  /* half of the data, status 9000 */
	FAULT_OVERSIZED,  /* outermost length says more than is there; value: bytes of length */
	FAULT_OTHER_KEY,  /* a signature, by a key that is not the certificate's */
	FAULT_VERIFIED,   /* the PIN counts as verified already */
	FAULT_BLOCKED,    /* the PIN counts as blocked */
	FAULT_SHORT,      /* an answer of one byte: no status word */
	FAULT_NO_DATA,    /* 9000 without data */
	FAULT_TOO_LONG,   /* more than Le allows; value: bytes of data */
	FAULT_GARBAGE,    /* bytes without sense, status included; value: how many */
};

#define FAULTS_MAX 8

struct fault {
	enum fault_kind kind;
	unsigned long value;
	unsigned long from, to; /* APDU numbers */
	int ins;                /* -1: any */
	unsigned long counted;  /* APDUs since it was armed */
};

struct faults {
	struct fault armed[FAULTS_MAX];
	size_t count;
	struct fault stuck; /* an endless one goes on answering */
	unsigned char stuck_ins;
};

struct answer {
	struct buf data;
	unsigned sw;
	bool silent; /* nothing is answered at all */
};

/* Arms one more. 0, or -1 when the words are no fault or too many are armed. */
int faults_arm(struct faults *f, const char *words);
void faults_disarm(struct faults *f);

/* Counts one APDU and returns the fault it meets, by value; FAULT_NONE for none. */
struct fault faults_next(struct faults *f, unsigned char ins);

/* Changes what the application answered, before it is cut into pieces. */
void fault_content(const struct fault *fault, struct answer *a);

/* Changes one answer on its way to the line; allowed: the bytes of data that Le lets through.
 */
void fault_line(const struct fault *fault, size_t allowed, struct answer *a);

const char *fault_name(enum fault_kind kind);

#endif
