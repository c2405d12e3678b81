/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of results, as words. Decides nothing.
 */
#include "lib/cards/result.h"

static const struct {
	enum err_number number;
	const char *why;
} results[CARD_RESULTS] = {
#define CARD_RESULT_ROW(name, number, why) [name] = {number, why},
    CARD_RESULT_TABLE(CARD_RESULT_ROW)
#undef CARD_RESULT_ROW
};

static enum card_result known(enum card_result r)
{
	return (unsigned)r < CARD_RESULTS ? r : CARD_ERROR;
}

const char *card_result_why(enum card_result r)
{
	return results[known(r)].why;
}

int card_result_err(struct err *e, enum card_result r, const char *object)
{
	return err_set(e, results[known(r)].number, object, "%s", card_result_why(r));
}
