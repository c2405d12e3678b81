/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json_doc.c: the object, strings of every kind, and what happens when something is lost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "tools/json_doc.h"

/* What is written; to be freed. */
static char *written(const struct json_doc *d, int exit_code, int expected)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(json_doc_write(d, "list", exit_code, out), expected);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void test_whole(void **state)
{
	struct json_doc d = {.on = false};
	struct err e;
	char *text;

	(void)state;
	json_doc_message(&d, "lost, for it is off");
	json_doc_set_text(&d, "user", "lost");
	json_doc_start(&d);
	json_doc_message(&d, "one\ntwo \"three\"");
	json_doc_start(&d); /* given twice */
	json_doc_warning(&d, "w");
	err_set(&e, ERR_DAMAGED, "records/00", "%s", "");
	json_doc_error(&d, &e, "restore it");
	err_set(&e, ERR_USAGE, "--x", "unknown option");
	json_doc_error(&d, &e, "");
	json_doc_put(&d, d.data, "people", json_array());
	json_doc_set_text(&d, "user", "a");
	json_doc_set_text(&d, "token", NULL);
	json_doc_set_time(&d, "now", 1);
	json_doc_set_number(&d, "n", -2);
	json_doc_set_bool(&d, "b", true);
	json_doc_put(&d, d.data, "exit", json_integer(7)); /* a key of the frame stays */
	text = written(&d, 1, 0);
	assert_string_equal(text,
	    "{\"format\": 1, \"command\": \"list\", \"exit\": 1, "
	    "\"messages\": [\"one\\ntwo \\\"three\\\"\"], \"warnings\": [\"w\"], "
	    "\"errors\": [{\"number\": \"S-14\", \"object\": \"records/00\", "
	    "\"why\": \"damaged file\", \"hint\": \"restore it\"}, "
	    "{\"number\": \"S-04\", \"object\": \"--x\", \"why\": \"unknown option\", "
	    "\"hint\": null}], \"people\": [], \"user\": \"a\", \"token\": null, "
	    "\"now\": \"1970-01-01T00:00:01Z\", \"n\": -2, \"b\": true}\n");
	free(text);
	json_doc_clear(&d);
	assert_false(d.on);
}

static void check_text(const char *text, const char *expected)
{
	json_t *value = json_doc_text(text);

	if (expected == NULL)
		assert_true(json_is_null(value));
	else
		assert_string_equal(json_string_value(value), expected);
	json_decref(value);
}

static void test_text(void **state)
{
	(void)state;
	check_text(NULL, NULL);
	check_text("", "");
	check_text("\xe9\x96\xa2\xe6\x89\x80", "\xe9\x96\xa2\xe6\x89\x80");
	check_text("caf\xe9 \xe9\x96\xa2", "caf? ???"); /* Latin-1 within */
	check_text("\xc0\xaf", "??");                   /* overlong */
	check_text("\xed\xa0\x80", "???");              /* a surrogate */
}

static void check_time(int64_t when, const char *expected)
{
	json_t *value = json_doc_time(when);

	if (expected == NULL)
		assert_true(json_is_null(value));
	else
		assert_string_equal(json_string_value(value), expected);
	json_decref(value);
}

static void test_time(void **state)
{
	(void)state;
	setenv("TZ", "Asia/Tokyo", 1);
	check_time(0, NULL);
	check_time(-1, NULL);
	check_time(1795680000, "2026-11-26T08:00:00Z");
	check_time(253402300799, "9999-12-31T23:59:59Z");
	unsetenv("TZ");
}

/* Part of the data missing must not look like the whole. */
static void test_lost(void **state)
{
	struct json_doc d = {.on = false};
	json_error_t error;
	json_t *root;
	char *text;

	(void)state;
	json_doc_start(&d);
	json_doc_put(&d, d.data, "people", NULL); /* as json_array() without memory */
	assert_true(d.failed);
	text = written(&d, 0, -1);
	root = json_loads(text, JSON_REJECT_DUPLICATES, &error);
	assert_non_null(root);
	assert_int_equal(json_integer_value(json_object_get(root, "exit")), 1);
	assert_int_equal(json_array_size(json_object_get(root, "errors")), 1);
	json_decref(root);
	free(text);
	json_doc_clear(&d);
	json_doc_start(&d);
	json_doc_append(&d, d.messages, NULL);
	assert_true(d.failed);
	json_doc_clear(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_whole),
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_time),
	    cmocka_unit_test(test_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
