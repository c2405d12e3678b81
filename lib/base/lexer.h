/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Text of a configuration file to tokens, each with its line. Knows no word's meaning.
 *
 * The text is UTF-8 (a leading byte order mark is skipped), lines end in LF or CR LF, other
 * control characters than tab are refused, comments run from # to the end of the line. A word
 * is made of A-Z a-z 0-9 . _ - / : @ +; anything else stands in "..." on one line, where every
 * character but " is itself: no escapes, no expansion of any kind.
 */
#ifndef SEKISHO_LEXER_H
#define SEKISHO_LEXER_H

#include "lib/wire/err.h"

#define LEXER_WORD_SIZE 64 /* with NUL; a longer word is an error, never cut */

enum lexeme_kind {
	LEXEME_NONE = 0,
	LEXEME_END,
	LEXEME_WORD,
	LEXEME_STRING,
	LEXEME_OPEN,  /* { */
	LEXEME_CLOSE, /* } */
	LEXEME_EQUALS,
	LEXEME_COMMA,
};

struct lexeme {
	enum lexeme_kind kind;
	int line; /* of LEXEME_END: that of the token before */
	char text[LEXER_WORD_SIZE];
};

struct lexer {
	const char *at, *end; /* borrowed */
	const char *path;     /* borrowed, for messages */
	int line;
	struct lexeme token; /* the current one */
};

/* Checks the text as a whole and stands before the first token. ERR_CONFIG. */
MUST_CHECK int lexer_start(
    struct lexer *l, const char *text, size_t len, const char *path, struct err *e);
/* The next token into l->token. ERR_CONFIG. */
MUST_CHECK int lexer_next(struct lexer *l, struct err *e);
/* What the current token looks like, for messages: `"require"`, `"{"`, `end of file`. */
void lexeme_describe(const struct lexeme *t, char *out, size_t size);
/* ERR_CONFIG about a line: object "path:line". Returns -1. */
int lexer_error(const struct lexer *l, struct err *e, int line, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
