/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every word a person sees during a login. The prompt carries all of it: what happened, what is
 * left, what to type; many login programs lose any other text.
 */
#ifndef SEKISHO_WORDS_H
#define SEKISHO_WORDS_H

#include "lib/wire/msg.h"
#include "lib/wire/options.h"

#define WORDS_SIZE 256 /* any text with its NUL */

/* What LANGUAGE_AUTO means for the calling thread: Japanese when its LC_MESSAGES says so and
 * its character set can show it, else English. Reads the locale, never sets it. */
enum language words_language(enum language wanted);
/* The rule behind it. NULL is fine for both. */
enum language words_choose(const char *messages_locale, const char *codeset);

/* The prompt for an ASK: reason, what is left, what to type. size is WORDS_SIZE or more. */
void words_prompt(
    enum language l, bool combined, const struct msg *ask, char *out, size_t size);
/* The text of an INFO; "" when there is nothing to say. */
void words_info(enum language l, const struct msg *info, char *out, size_t size);

#endif
