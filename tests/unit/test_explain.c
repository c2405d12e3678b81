/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explain_texts.c: every number has its text, in the order of the table, complete and plain.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tools/explain.h"

static const enum err_number numbers[] = {
#define ERR_ROW(name, number, title, hint) name,
    ERR_TABLE(ERR_ROW)
#undef ERR_ROW
};
#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

static void test_each_number(void **state)
{
	(void)state;
	for (size_t i = 0; i < NUMBERS && i < explanation_count; i++) {
		if (explanations[i].number != numbers[i])
			fail_msg(
			    "explain_texts.c lacks S-%02u, or has it elsewhere", numbers[i]);
	}
	assert_int_equal(explanation_count, NUMBERS);
}

static void check_text(unsigned number, const char *text)
{
	if (text == NULL || text[0] == '\0' || text[0] == ' ' || text[strlen(text) - 1] == ' ')
		fail_msg("S-%02u: a text is missing or ends in a space", number);
	for (const char *c = text; *c != '\0'; c++) {
		if (*c < ' ' || *c > '~')
			fail_msg("S-%02u: not plain text", number);
	}
}

static void check_list(unsigned number, const char *const *texts, size_t size, size_t least)
{
	size_t n = 0;

	while (n < size && texts[n] != NULL)
		check_text(number, texts[n++]);
	if (n < least || n == size)
		fail_msg("S-%02u: %zu entries, or not ended by NULL", number, n);
}

static void test_complete(void **state)
{
	(void)state;
	for (size_t i = 0; i < explanation_count; i++) {
		const struct explanation *x = &explanations[i];

		check_text(x->number, x->means);
		check_text(x->number, x->related);
		check_list(x->number, x->causes, EXPLAIN_CAUSES, 1);
		check_list(x->number, x->steps, EXPLAIN_STEPS, 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_number),
	    cmocka_unit_test(test_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
