/* SPDX-License-Identifier: BSD-2-Clause */
/* Which fault strikes which APDU, and what it makes of the answer. Applications ask for the few
 * that happen inside them. */
#include <stdlib.h>
#include <string.h>

#include "tests/card/faults.h"

struct kind_row {
	const char *word;
	enum fault_kind kind;
	int base;              /* of the value; 0: it takes none */
	unsigned long value;   /* without one */
	unsigned long largest; /* that makes sense */
};

static const struct kind_row kinds[] = {
    {"pulled", FAULT_PULLED, 0, 0, 0},
    {"sw", FAULT_SW, 16, 0x6F00, 0xFFFF},
    {"slow", FAULT_SLOW, 10, 3000, 600000},
    {"endless-61", FAULT_ENDLESS_61, 10, 256, 256},
    {"endless-6c", FAULT_ENDLESS_6C, 16, 0x10, 0xFF},
    {"truncated", FAULT_TRUNCATED, 0, 0, 0},
    {"oversized", FAULT_OVERSIZED, 10, 2, 8},
    {"other-key", FAULT_OTHER_KEY, 0, 0, 0},
    {"verified", FAULT_VERIFIED, 0, 0, 0},
    {"blocked", FAULT_BLOCKED, 0, 0, 0},
    {"short", FAULT_SHORT, 0, 0, 0},
    {"no-data", FAULT_NO_DATA, 0, 0, 0},
    {"too-long", FAULT_TOO_LONG, 10, 300, BUF_MAX},
    {"garbage", FAULT_GARBAGE, 10, 64, BUF_MAX},
};

static const struct kind_row *row_of(const char *word, size_t length)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strlen(kinds[i].word) == length && memcmp(kinds[i].word, word, length) == 0)
			return &kinds[i];
	}
	return NULL;
}

const char *fault_name(enum fault_kind kind)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (kinds[i].kind == kind)
			return kinds[i].word;
	}
	return "none";
}

static int parse_where(struct fault *fault, const char *words)
{
	char *end = NULL;

	if (strncmp(words, "ins:", 4) == 0) {
		fault->ins = (int)strtoul(words + 4, &end, 16);
		return end == words + 4 || *end != '\0' || fault->ins > 0xFF ? -1 : 0;
	}
	fault->from = strtoul(words, &end, 10);
	if (end == words || fault->from == 0)
		return -1;
	if (strcmp(end, "+") == 0)
		return 0;
	fault->to = fault->from;
	return *end == '\0' ? 0 : -1;
}

int faults_arm(struct faults *f, const char *words)
{
	const struct kind_row *row = row_of(words, strcspn(words, "=@"));
	struct fault fault = {.from = 1, .to = (unsigned long)-1, .ins = -1};

	if (row == NULL || f->count == FAULTS_MAX)
		return -1;
	fault.kind = row->kind;
	fault.value = row->value;
	words += strlen(row->word);
	if (*words == '=') {
		char *end = NULL;

		fault.value = row->base == 0 ? 0 : strtoul(words + 1, &end, row->base);
		if (end == NULL || end == words + 1 || fault.value > row->largest)
			return -1;
		words = end;
	}
	if (*words == '@' ? parse_where(&fault, words + 1) != 0 : *words != '\0')
		return -1;
	f->armed[f->count++] = fault;
	return 0;
}

void faults_disarm(struct faults *f)
{
	*f = (struct faults){0};
}

static bool goes_on(const struct faults *f, unsigned char ins)
{
	switch (f->stuck.kind) {
	case FAULT_ENDLESS_61:
		return ins == 0xC0;
	case FAULT_ENDLESS_6C:
		return ins == f->stuck_ins;
	default:
		return false;
	}
}

struct fault faults_next(struct faults *f, unsigned char ins)
{
	struct fault met = {0};

	/* each counts for itself, also what another one hides */
	for (size_t i = 0; i < f->count; i++) {
		struct fault *a = &f->armed[i];

		a->counted++;
		if (met.kind == FAULT_NONE && a->counted >= a->from && a->counted <= a->to &&
		    (a->ins < 0 || a->ins == ins))
			met = *a;
	}
	if (met.kind == FAULT_NONE && goes_on(f, ins))
		return f->stuck;
	f->stuck = met;
	f->stuck_ins = ins;
	return met;
}

static void put_garbage(struct buf *b, size_t count)
{
	unsigned x = 0x2545F491;

	b->used = 0;
	while (count-- > 0) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		buf_put_byte(b, x & 0xFF);
	}
}

/* The length of the outermost object becomes the largest that fits into so many bytes. */
static void oversize(struct buf *b, size_t bytes)
{
	static struct buf whole;
	size_t tag = b->data[0] == 0x5F ? 3 : 1, old;

	if (b->used <= tag)
		return;
	old = b->data[tag] < 0x80 ? 1 : 1 + (b->data[tag] & 0x7FU);
	if (b->used < tag + old)
		return;
	whole.used = 0;
	buf_put(&whole, b->data, tag);
	if (bytes == 0)
		buf_put_byte(&whole, 0x7F);
	else
		buf_put_byte(&whole, 0x80 | (unsigned)bytes);
	buf_fill(&whole, 0xFF, bytes);
	buf_put(&whole, b->data + tag + old, b->used - tag - old);
	*b = whole;
}

void fault_content(const struct fault *fault, struct answer *a)
{
	switch (fault->kind) {
	case FAULT_SW:
		a->data.used = 0;
		a->sw = (unsigned)fault->value;
		break;
	case FAULT_NO_DATA:
		a->data.used = 0;
		a->sw = 0x9000;
		break;
	case FAULT_TRUNCATED:
		a->data.used /= 2;
		break;
	case FAULT_OVERSIZED:
		oversize(&a->data, fault->value);
		break;
	default:
		break;
	}
}

void fault_line(const struct fault *fault, size_t allowed, struct answer *a)
{
	switch (fault->kind) {
	case FAULT_PULLED:
		a->silent = true;
		break;
	case FAULT_SHORT:
		a->data.used = 0;
		break;
	case FAULT_ENDLESS_61:
		a->data.used = 0;
		buf_fill(&a->data, 0, fault->value < allowed ? fault->value : allowed);
		a->sw = 0x6100;
		break;
	case FAULT_ENDLESS_6C:
		a->data.used = 0;
		a->sw = 0x6C00 | (unsigned)fault->value;
		break;
	case FAULT_TOO_LONG:
		a->data.used = 0;
		buf_fill(&a->data, 0x30, fault->value);
		a->sw = 0x9000;
		break;
	case FAULT_GARBAGE:
		put_garbage(&a->data, fault->value);
		break;
	default:
		break;
	}
}
