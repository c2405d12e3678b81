/* SPDX-License-Identifier: BSD-2-Clause */
/* What went over the line: a file of lines, and counts. */
#ifndef CARD_JOURNAL_H
#define CARD_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

struct journal_counts {
	unsigned long apdus, bytes, resets;
};

/* Appends to the file; path NULL: only counts. show_pins: also what is typed. */
void journal_open(const char *path, bool show_pins);

/* "N > HEX" and "N < HEX". PINs appear as ** unless asked for. */
void journal_command(const unsigned char *frame, size_t length);
void journal_answer(const unsigned char *frame, size_t length);

/* "- WORDS" */
__attribute__((format(printf, 1, 2))) void journal_note(const char *format, ...);

void journal_count_reset(void);
struct journal_counts journal_counts(void);
void journal_clear_counts(void);

#endif
