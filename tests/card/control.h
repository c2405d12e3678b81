/* SPDX-License-Identifier: BSD-2-Clause */
/* What a test tells and asks a running card: a line over a unix socket, a line back. */
#ifndef CARD_CONTROL_H
#define CARD_CONTROL_H

#include <stdbool.h>

struct session;

/* A listening socket on the path, or the end of the program. */
int control_listen(const char *path);

/* One command; false when it was the last one. */
bool control_serve(struct session *s);

/* The other end: sends the words, prints the answer. Exit status: 0 unless it begins "error".
 */
int control_tell(const char *path, char *const *words);

#endif
