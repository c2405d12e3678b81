/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Filling and printing struct err. Prints nowhere itself and never changes errno.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE  /* strerrordesc_np: thread-safe, and not translated by the host's locale  \
                      */
#endif
#include "lib/wire/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct err_row {
	enum err_number number;
	const char *title;
	const char *hint;
};

static const struct err_row rows[] = {
#define ERR_ROW(name, number, title, hint) {name, title, hint},
    ERR_TABLE(ERR_ROW)
#undef ERR_ROW
};

/* The first row, ERR_INTERNAL, when number is unknown. */
static const struct err_row *row_of(enum err_number number)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].number == number)
			return &rows[i];
	}
	return &rows[0];
}

/* What a person or a file chose must not move a terminal's cursor or forge a log line. */
static void copy_printable(char *out, size_t size, const char *text)
{
	size_t n = strnlen(text, size - 1);

	for (size_t i = 0; i < n; i++)
		out[i] = text[i] >= ' ' && text[i] <= '~' ? text[i] : '?';
	out[n] = '\0';
}

__attribute__((format(printf, 5, 0))) static void err_fill(struct err *e,
    enum err_number number, const char *object, const char *cause, const char *format,
    va_list arguments)
{
	char why[sizeof(e->why)] = "";
	char whose[sizeof(e->object)];
	size_t used;

	/* Local copies first: the arguments may point into e. */
	if (vsnprintf(why, sizeof(why), format, arguments) < 0)
		why[0] = '\0';
	used = strlen(why);
	if (cause != NULL)
		(void)snprintf(
		    why + used, sizeof(why) - used, "%s%s", used > 0 ? ": " : "", cause);
	copy_printable(whose, sizeof(whose), object != NULL ? object : "");
	memset(e, 0, sizeof(*e));
	e->number = number;
	memcpy(e->object, whose, sizeof(whose));
	copy_printable(e->why, sizeof(e->why), why);
}

int err_set(struct err *e, enum err_number number, const char *object, const char *format, ...)
{
	int saved = errno;
	va_list arguments;

	if (e == NULL)
		return -1;
	va_start(arguments, format);
	err_fill(e, number, object, NULL, format, arguments);
	va_end(arguments);
	errno = saved;
	return -1;
}

int err_sys(struct err *e, enum err_number number, const char *object, const char *format, ...)
{
	int saved = errno;
	const char *cause = strerrordesc_np(saved);
	char unnamed[32];
	va_list arguments;

	if (e == NULL)
		return -1;
	if (cause == NULL) {
		(void)snprintf(unnamed, sizeof(unnamed), "error %d", saved);
		cause = unnamed;
	}
	va_start(arguments, format);
	err_fill(e, number, object, cause, format, arguments);
	va_end(arguments);
	errno = saved;
	return -1;
}

const char *err_title(enum err_number number)
{
	return row_of(number)->title;
}

const char *err_hint(enum err_number number)
{
	return row_of(number)->hint;
}

void err_format(const struct err *e, char *out, size_t size)
{
	const struct err_row *row = row_of(e->number);
	const char *why = e->why[0] != '\0' ? e->why : row->title;

	if (size == 0)
		return;
	(void)snprintf(out, size, "%s%s%s [S-%02u]", e->object,
	    e->object[0] != '\0' ? ": " : "", why, (unsigned int)row->number);
}
