/* SPDX-License-Identifier: BSD-2-Clause */
/* Writes and counts; a PIN that a test did not ask for is never in the file. */
#include <err.h>
#include <stdarg.h>
#include <stdio.h>

#include "tests/card/journal.h"

static FILE *file;
static bool pins_shown;
static struct journal_counts counts;

void journal_open(const char *path, bool show_pins)
{
	pins_shown = show_pins;
	if (path == NULL)
		return;
	file = fopen(path, "ae");
	if (file == NULL)
		err(1, "%s", path);
	(void)setvbuf(file, NULL, _IOLBF, 1 << 15);
}

/* VERIFY, CHANGE REFERENCE DATA, RESET RETRY COUNTER: all behind Lc. */
static bool holds_pin(const unsigned char *frame, size_t length)
{
	return length > 5 && (frame[1] == 0x20 || frame[1] == 0x24 || frame[1] == 0x2C);
}

static void line(char direction, const unsigned char *frame, size_t length, size_t masked_from)
{
	counts.bytes += length;
	if (file == NULL)
		return;
	(void)fprintf(file, "%lu %c ", counts.apdus, direction);
	for (size_t i = 0; i < length; i++) {
		if (i >= masked_from)
			(void)fputs("**", file);
		else
			(void)fprintf(file, "%02X", frame[i]);
	}
	(void)fputc('\n', file);
}

void journal_command(const unsigned char *frame, size_t length)
{
	counts.apdus++;
	line('>', frame, length, !pins_shown && holds_pin(frame, length) ? 5 : length);
}

void journal_answer(const unsigned char *frame, size_t length)
{
	line('<', frame, length, length);
}

void journal_note(const char *format, ...)
{
	va_list arguments;

	if (file == NULL)
		return;
	(void)fputs("- ", file);
	va_start(arguments, format);
	(void)vfprintf(file, format, arguments);
	va_end(arguments);
	(void)fputc('\n', file);
}

void journal_count_reset(void)
{
	counts.resets++;
}

struct journal_counts journal_counts(void)
{
	return counts;
}

void journal_clear_counts(void)
{
	counts = (struct journal_counts){0};
}
