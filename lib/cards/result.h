/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a step with a card ended: one word for the program, one number and reason for people.
 * What a certificate is worth is another question (cert.h, trust.h).
 */
#ifndef SEKISHO_CARDS_RESULT_H
#define SEKISHO_CARDS_RESULT_H

#include "lib/wire/err.h"

/* Name, number in the table of lib/wire/err.h, why. */
#define CARD_RESULT_TABLE(X)                                                                   \
	X(CARD_ERROR, ERR_INTERNAL, "internal error")                                          \
	X(CARD_OK, ERR_NONE, "")                                                               \
	X(CARD_NO_SERVICE, ERR_CARD_SERVICE, "pcscd does not run or went away")                \
	X(CARD_NO_LIBRARY, ERR_CARD_SERVICE, "libpcsclite.so.1 cannot be loaded")              \
	X(CARD_REFUSED, ERR_CARD_SERVICE, "pcscd refuses this program (polkit)")               \
	X(CARD_TIMEOUT, ERR_CARD_SERVICE, "no answer in time")                                 \
	X(CARD_NO_CARD, ERR_CARD_ABSENT, "no card in the reader")                              \
	X(CARD_GONE, ERR_CARD_ABSENT, "card left, or went silent")                             \
	X(CARD_NO_READER, ERR_CARD_ABSENT, "reader left")                                      \
	X(CARD_MUTE, ERR_CARD_ANSWER, "card does not answer; is it the right way round?")      \
	X(CARD_BUSY, ERR_CARD_BUSY, "another program holds the card")                          \
	X(CARD_LEFT, ERR_CONVERSATION, "login program went away")                              \
	X(CARD_NO_APPLET, ERR_CARD_UNKNOWN, "no known application on the card")                \
	X(CARD_NO_OBJECT, ERR_CARD_KEY, "no certificate or key for logging in on the card")    \
	X(CARD_MALFORMED, ERR_CARD_ANSWER, "card gave an answer without sense")                \
	X(CARD_STATUS, ERR_CARD_ANSWER, "card refused the command")                            \
	X(CARD_KEY, ERR_CARD_KEY, "kind of key this card cannot use")                          \
	X(CARD_OTHER, ERR_CARD_FOREIGN, "another card than the one that was found before")     \
	X(CARD_FORGED, ERR_CARD_SIGNATURE, "signature is not by the enrolled key")             \
	X(CARD_LAST, ERR_WRONG_PIN, "fewer tries are left than were told; PIN not sent")       \
	X(CARD_PIN_FORM, ERR_INPUT, "not a PIN by its form; nothing was sent to the card")     \
	X(CARD_PIN_WRONG, ERR_WRONG_PIN, "wrong PIN")                                          \
	X(CARD_PIN_BLOCKED, ERR_PIN_BLOCKED, "PIN is blocked")

enum card_result {
#define CARD_RESULT_ENUM(name, number, why) name,
	CARD_RESULT_TABLE(CARD_RESULT_ENUM)
#undef CARD_RESULT_ENUM
	    CARD_RESULTS /* how many; no result */
};

/* Static text; a value outside the table gives that of CARD_ERROR. */
const char *card_result_why(enum card_result r);
/* Fills e (NULL is fine) and returns -1; object: the reader, or what the card is known by. */
int card_result_err(struct err *e, enum card_result r, const char *object);

#endif
