/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What --json writes: one object, gathered while a command runs. Knows no command.
 */
#include "tools/json_doc.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void json_doc_start(struct json_doc *d)
{
	if (d->on)
		return;
	*d = (struct json_doc){.on = true,
	    .data = json_object(),
	    .messages = json_array(),
	    .warnings = json_array(),
	    .errors = json_array()};
	d->failed =
	    d->data == NULL || d->messages == NULL || d->warnings == NULL || d->errors == NULL;
}

void json_doc_clear(struct json_doc *d)
{
	json_decref(d->data);
	json_decref(d->messages);
	json_decref(d->warnings);
	json_decref(d->errors);
	*d = (struct json_doc){.on = false};
}

void json_doc_put(
    struct json_doc *d, struct json_t *object, const char *key, struct json_t *value)
{
	if (json_object_set_new(object, key, value) != 0)
		d->failed = true;
}

void json_doc_append(struct json_doc *d, struct json_t *array, struct json_t *value)
{
	if (json_array_append_new(array, value) != 0)
		d->failed = true;
}

/* What is not UTF-8 as a whole keeps its ASCII only. */
static json_t *ascii_of(const char *text)
{
	char *copy = strdup(text);
	json_t *value;

	if (copy == NULL)
		return NULL;
	for (char *c = copy; *c != '\0'; c++) {
		if (((unsigned char)*c & 0x80) != 0)
			*c = '?';
	}
	value = json_string(copy);
	free(copy);
	return value;
}

struct json_t *json_doc_text(const char *text)
{
	json_t *value;

	if (text == NULL)
		return json_null();
	value = json_string(text);
	return value != NULL ? value : ascii_of(text);
}

struct json_t *json_doc_time(int64_t when)
{
	time_t t = (time_t)when;
	char text[64];
	struct tm tm;

	if (when <= 0 || gmtime_r(&t, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return json_null();
	return json_string(text);
}

void json_doc_message(struct json_doc *d, const char *text)
{
	if (d->on)
		json_doc_append(d, d->messages, json_doc_text(text));
}

void json_doc_warning(struct json_doc *d, const char *text)
{
	if (d->on)
		json_doc_append(d, d->warnings, json_doc_text(text));
}

void json_doc_error(struct json_doc *d, const struct err *e, const char *hint)
{
	json_t *error;

	if (!d->on)
		return;
	error = json_object();
	json_doc_put(d, error, "number", json_sprintf("S-%02u", (unsigned)e->number));
	json_doc_put(d, error, "object", json_doc_text(e->object));
	json_doc_put(
	    d, error, "why", json_doc_text(e->why[0] != '\0' ? e->why : err_title(e->number)));
	json_doc_put(d, error, "hint", json_doc_text(hint[0] != '\0' ? hint : NULL));
	json_doc_append(d, d->errors, error);
}

void json_doc_set_text(struct json_doc *d, const char *key, const char *text)
{
	if (d->on)
		json_doc_put(d, d->data, key, json_doc_text(text));
}

void json_doc_set_time(struct json_doc *d, const char *key, int64_t when)
{
	if (d->on)
		json_doc_put(d, d->data, key, json_doc_time(when));
}

void json_doc_set_number(struct json_doc *d, const char *key, int64_t n)
{
	if (d->on)
		json_doc_put(d, d->data, key, json_integer(n));
}

void json_doc_set_bool(struct json_doc *d, const char *key, bool yes)
{
	if (d->on)
		json_doc_put(d, d->data, key, json_boolean(yes));
}

/* The keys everybody has stand first. */
static json_t *assemble(const struct json_doc *d, const char *command, int exit_code)
{
	return json_pack("{s:i, s:s?, s:i, s:O, s:O, s:O}", "format", JSON_DOC_FORMAT,
	    "command", command, "exit", exit_code, "messages", d->messages, "warnings",
	    d->warnings, "errors", d->errors);
}

/* Needs no memory. */
static int write_lost(FILE *out)
{
	(void)fprintf(out,
	    "{\"format\": %d, \"command\": null, \"exit\": 1, \"messages\": [], \"warnings\": "
	    "[], \"errors\": [{\"number\": \"S-%02d\", \"object\": \"--json\", \"why\": \"out "
	    "of memory\", \"hint\": null}]}\n",
	    JSON_DOC_FORMAT, ERR_INTERNAL);
	return -1;
}

int json_doc_write(const struct json_doc *d, const char *command, int exit_code, FILE *out)
{
	json_t *root = d->failed ? NULL : assemble(d, command, exit_code);
	char *text = NULL;
	int r = -1;

	if (root != NULL && json_object_update_missing(root, d->data) == 0)
		text = json_dumps(root, 0);
	if (text == NULL)
		r = write_lost(out);
	else
		r = fprintf(out, "%s\n", text) < 0 ? -1 : 0;
	free(text);
	json_decref(root);
	return r;
}
