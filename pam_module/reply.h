/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Makes an ANSWER of what a person typed. Asks nobody and judges no code.
 */
#ifndef SEKISHO_REPLY_H
#define SEKISHO_REPLY_H

#include "lib/wire/msg.h"

/* Fills kind and text of *answer; the rest of it is the caller's.
 * password: what the person is known to have typed before as login password, or NULL. Some
 * programs answer every prompt with it; such a reply is named, not sent. */
void reply_plain(const char *typed, const char *password, struct msg *answer);
/* typed is password and code in one: the last digits bytes become the answer, and typed is cut
 * to the password before them. Not a code at the end: the answer is MALFORMED, and typed is cut
 * all the same, so that what follows in the stack does the same work. */
void reply_combined(char *typed, unsigned int digits, struct msg *answer);
/* 6 to 8 ASCII digits and nothing else. */
MUST_CHECK bool reply_is_code(const char *typed);

#endif
