/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Names of tokens: what is allowed, what kind they are, and the name of a token nobody named.
 * Pure.
 */
#include "tools/label.h"

#include <stdio.h>
#include <string.h>

const char *label_kind(const struct token *t)
{
	static const char *const words[] = {
	    [TOKEN_TOTP] = "totp", [TOKEN_HOTP] = "hotp", [TOKEN_CARD] = "card"};

	return t->kind >= TOKEN_TOTP && t->kind <= TOKEN_CARD ? words[t->kind] : "unknown";
}

const char *label_problem(const char *label)
{
	size_t len = strlen(label);

	if (len == 0)
		return "a label cannot be empty";
	if (len >= RECORD_LABEL_SIZE)
		return "a label has at most 31 bytes";
	if (label[0] == '-' || label[0] == ' ' || label[len - 1] == ' ')
		return "a label cannot begin with '-' or begin or end with a space";
	if (!record_text_ok(label, RECORD_LABEL_SIZE))
		return "a label is UTF-8 without characters that are not seen";
	return NULL;
}

void label_default(const char *stem, struct record *r, char out[RECORD_LABEL_SIZE])
{
	snprintf(out, RECORD_LABEL_SIZE, "%s", stem);
	for (unsigned n = 2; record_find_label(r, out) != NULL; n++)
		snprintf(out, RECORD_LABEL_SIZE, "%.20s-%u", stem, n);
}
