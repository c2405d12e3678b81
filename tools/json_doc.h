/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What --json writes: one object, gathered while a command runs and written at its end.
 * Nothing secret may be put in: it is neither wiped nor kept from the swap area.
 *
 * A run that lacks memory for it fails at the end, with an object that says so: callers need
 * not check each step.
 */
#ifndef SEKISHO_JSON_DOC_H
#define SEKISHO_JSON_DOC_H

#include <stdio.h>

#include "lib/wire/err.h"

struct json_t; /* of jansson; who puts data in includes <jansson.h> */

#define JSON_DOC_FORMAT 1

/* Zeros: off. */
struct json_doc {
	bool on, failed;
	struct json_t *data; /* of the command */
	struct json_t *messages, *warnings, *errors;
};

void json_doc_start(struct json_doc *d);
void json_doc_clear(struct json_doc *d);
/* Nothing happens in these while it is off. text: bytes that are not UTF-8 become '?'. */
void json_doc_message(struct json_doc *d, const char *text);
void json_doc_warning(struct json_doc *d, const char *text);
/* hint: "" none */
void json_doc_error(struct json_doc *d, const struct err *e, const char *hint);

/* Both take the value, NULL for one there was no memory for, and note when that is lost. */
void json_doc_put(
    struct json_doc *d, struct json_t *object, const char *key, struct json_t *value);
void json_doc_append(struct json_doc *d, struct json_t *array, struct json_t *value);
/* As above, for data from a store: a string that is always UTF-8; NULL gives null. */
struct json_t *json_doc_text(const char *text);
/* RFC 3339 in UTC; 0, no time, gives null. */
struct json_t *json_doc_time(int64_t when);

/* One value among the data of the command. */
void json_doc_set_text(struct json_doc *d, const char *key, const char *text);
void json_doc_set_time(struct json_doc *d, const char *key, int64_t when);
void json_doc_set_number(struct json_doc *d, const char *key, int64_t n);
void json_doc_set_bool(struct json_doc *d, const char *key, bool yes);

/* The whole object and a newline. -1: something was lost (what is written says so), or out
 * could not be written (its error flag tells). command: NULL none. */
MUST_CHECK int json_doc_write(
    const struct json_doc *d, const char *command, int exit_code, FILE *out);

#endif
