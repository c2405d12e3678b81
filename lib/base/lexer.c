/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Characters to tokens. Reads no file, allocates nothing, decides nothing about words.
 */
#include "lib/base/lexer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int lexer_error(const struct lexer *l, struct err *e, int line, const char *format, ...)
{
	char object[160], why[160];
	va_list ap;

	snprintf(object, sizeof(object), "%.140s:%d", l->path, line);
	va_start(ap, format);
	vsnprintf(why, sizeof(why), format, ap);
	va_end(ap);
	return err_set(e, ERR_CONFIG, object, "%s", why);
}

/* Length of the UTF-8 character at p (RFC 3629: shortest form, no surrogates, at most
 * U+10FFFF), 0 when there is none. */
static size_t utf8_length(const uint8_t *p, size_t left)
{
	static const struct {
		uint8_t first, last, second_min, second_max;
		size_t len;
	} forms[] = {
	    {0x00, 0x7f, 0x00, 0x00, 1},
	    {0xc2, 0xdf, 0x80, 0xbf, 2},
	    {0xe0, 0xe0, 0xa0, 0xbf, 3},
	    {0xe1, 0xec, 0x80, 0xbf, 3},
	    {0xed, 0xed, 0x80, 0x9f, 3},
	    {0xee, 0xef, 0x80, 0xbf, 3},
	    {0xf0, 0xf0, 0x90, 0xbf, 4},
	    {0xf1, 0xf3, 0x80, 0xbf, 4},
	    {0xf4, 0xf4, 0x80, 0x8f, 4},
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (p[0] < forms[i].first || p[0] > forms[i].last)
			continue;
		if (forms[i].len > left)
			return 0;
		if (forms[i].len > 1 &&
		    (p[1] < forms[i].second_min || p[1] > forms[i].second_max))
			return 0;
		for (size_t k = 2; k < forms[i].len; k++)
			if ((p[k] & 0xc0) != 0x80)
				return 0;
		return forms[i].len;
	}
	return 0;
}

static bool is_control(const uint8_t *p, size_t left)
{
	if (*p == '\r')
		return left < 2 || p[1] != '\n';
	return (*p < 0x20 && *p != '\n' && *p != '\t') || *p == 0x7f;
}

/* What an editor may hide is refused before anything is understood: a stray CR makes the rest
 * of its line invisible in a terminal, a NUL ends the file for other readers. */
static int check_text(struct lexer *l, struct err *e)
{
	const uint8_t *p = (const uint8_t *)l->at;
	size_t left = (size_t)(l->end - l->at), n;
	int line = 1;

	for (; left != 0; p += n, left -= n) {
		n = utf8_length(p, left);
		if (n == 0)
			return lexer_error(
			    l, e, line, "byte 0x%02x is not UTF-8; save the file as UTF-8", *p);
		if (is_control(p, left))
			return lexer_error(l, e, line, "control character 0x%02x", *p);
		line += *p == '\n';
	}
	return 0;
}

int lexer_start(struct lexer *l, const char *text, size_t len, const char *path, struct err *e)
{
	static const char mark[] = "\xef\xbb\xbf"; /* Windows editors put it first */

	*l = (struct lexer){.at = text, .end = text + len, .path = path, .line = 1};
	l->token.line = 1;
	if (len >= 3 && memcmp(text, mark, 3) == 0)
		l->at += 3;
	return check_text(l, e);
}

static void skip_blanks(struct lexer *l)
{
	bool comment = false;

	for (; l->at < l->end; l->at++) {
		char c = *l->at;

		if (c == '\n') {
			comment = false;
			l->line++;
		} else if (c == '#') {
			comment = true;
		} else if (!comment && c != ' ' && c != '\t' && c != '\r') {
			return;
		}
	}
}

static bool is_word_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("._-/:@+", c) != NULL);
}

static int take_text(struct lexer *l, enum lexeme_kind kind, size_t len, struct err *e)
{
	if (len >= LEXER_WORD_SIZE)
		return lexer_error(l, e, l->line,
		    "\"%.16s...\" is too long (%zu bytes, at most %d)", l->at, len,
		    LEXER_WORD_SIZE - 1);
	l->token.kind = kind;
	memcpy(l->token.text, l->at, len);
	l->at += len;
	return 0;
}

static int take_word(struct lexer *l, struct err *e)
{
	const char *p = l->at;

	while (p < l->end && is_word_byte(*p))
		p++;
	return take_text(l, LEXEME_WORD, (size_t)(p - l->at), e);
}

static int take_string(struct lexer *l, struct err *e)
{
	const char *p = ++l->at;

	while (p < l->end && *p != '"' && *p != '\n')
		p++;
	if (p == l->end || *p == '\n')
		return lexer_error(l, e, l->line, "closing quote missing");
	if (p == l->at)
		return lexer_error(l, e, l->line, "empty string");
	if (take_text(l, LEXEME_STRING, (size_t)(p - l->at), e) != 0)
		return -1;
	l->at++;
	return 0;
}

static enum lexeme_kind sign_kind(char c)
{
	switch (c) {
	case '{':
		return LEXEME_OPEN;
	case '}':
		return LEXEME_CLOSE;
	case '=':
		return LEXEME_EQUALS;
	case ',':
		return LEXEME_COMMA;
	default:
		return LEXEME_NONE;
	}
}

int lexer_next(struct lexer *l, struct err *e)
{
	int last = l->token.line;

	l->token = (struct lexeme){0};
	skip_blanks(l);
	l->token.line = l->line;
	if (l->at == l->end) {
		l->token.kind = LEXEME_END;
		l->token.line = last;
		return 0;
	}
	if (*l->at == '"')
		return take_string(l, e);
	if (is_word_byte(*l->at))
		return take_word(l, e);
	l->token.kind = sign_kind(*l->at);
	if (l->token.kind == LEXEME_NONE)
		return lexer_error(l, e, l->line,
		    "unexpected \"%c\"; words with other characters stand in quotes", *l->at);
	l->token.text[0] = *l->at++;
	return 0;
}

void lexeme_describe(const struct lexeme *t, char *out, size_t size)
{
	if (t->kind == LEXEME_END)
		snprintf(out, size, "end of file");
	else
		snprintf(out, size, "\"%s\"", t->text);
}
