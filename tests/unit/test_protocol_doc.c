/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Holds PROTOCOL.md to the code: reads its tables and compares every size, offset, number and
 * deadline in them with what the codec does and the sources define. Nothing may be missing.
 */
#include <errno.h>
#include <security/pam_modules.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/msg.h"
#include "pam_module/verdict.h"

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

#define CELLS_MAX   6
#define CELL_SIZE   160
#define ROWS_MAX    200
#define HEADER_SIZE 20

struct row {
	char section[64]; /* the heading above */
	char cells[CELLS_MAX][CELL_SIZE];
};

static struct row rows[ROWS_MAX];
static size_t row_count;

/* "| a | b |" into cells, without the spaces around them. */
static void split(const char *line, struct row *r)
{
	size_t cell = 0;

	for (const char *at = line + 1; cell < CELLS_MAX; cell++) {
		const char *end = strchr(at, '|');
		size_t len;

		if (end == NULL)
			return;
		at += strspn(at, " ");
		len = (size_t)(end - at);
		while (len > 0 && at[len - 1] == ' ')
			len--;
		assert_true(len < CELL_SIZE);
		memcpy(r->cells[cell], at, len);
		at = end + 1;
	}
}

static int read_document(void **state)
{
	char line[512];
	char section[64] = "";
	FILE *f = fopen(SOURCE_DIRECTORY "/PROTOCOL.md", "r");

	(void)state;
	if (f == NULL)
		return -1;
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] == '#')
			(void)snprintf(
			    section, sizeof(section), "%s", line + strspn(line, "# "));
		if (line[0] != '|' || strncmp(line, "|---", 4) == 0 || row_count == ROWS_MAX)
			continue;
		memcpy(rows[row_count].section, section, sizeof(section));
		split(line, &rows[row_count++]);
	}
	(void)fclose(f);
	return row_count > 0 && row_count < ROWS_MAX ? 0 : -1;
}

/* The row of a section whose cell in that column is name; the test fails without it. */
static const struct row *row_of(const char *section, size_t column, const char *name)
{
	const struct row *found = NULL;

	for (size_t i = 0; i < row_count; i++) {
		if (strcmp(rows[i].section, section) != 0 ||
		    strcmp(rows[i].cells[column], name) != 0)
			continue;
		if (found != NULL)
			fail_msg("%s: %s: there twice", section, name);
		found = &rows[i];
	}
	if (found == NULL)
		fail_msg("%s: %s: not in PROTOCOL.md", section, name);
	return found;
}

/* Rows of a section, without the line of titles. */
static size_t rows_in(const char *section)
{
	size_t n = 0;

	for (size_t i = 0; i < row_count; i++)
		n += strcmp(rows[i].section, section) == 0;
	assert_true(n > 0);
	return n - 1;
}

static unsigned long number(const char *text)
{
	char *end;
	unsigned long v;

	errno = 0;
	v = strtoul(text, &end, 0);
	if (errno != 0 || end == text || *end != '\0')
		fail_msg("\"%s\" is no number", text);
	return v;
}

struct named {
	const char *section;
	const char *name;
	unsigned long value;
};

#define IN(section, name)                                                                      \
	{                                                                                      \
		section, #name, name                                                           \
	}

static const struct named numbers[] = {
    IN("Versions", MSG_VERSION),
    IN("Versions", MSG_VERSION_OLDEST),
    IN("Common rules", MSG_MAX),
    IN("Common rules", MSG_SESSION_SIZE),
    IN("Common rules", MSG_CARD_SIZE),
    IN("Common rules", MSG_USER_SIZE),
    IN("Common rules", MSG_SERVICE_SIZE),
    IN("Common rules", MSG_TTY_SIZE),
    IN("Common rules", MSG_RHOST_SIZE),
    IN("Common rules", SECRET_MAX),
    IN("Common rules", MSG_GRANT),
    IN("Messages", MSG_HELLO),
    IN("Messages", MSG_WELCOME),
    IN("Messages", MSG_ASK),
    IN("Messages", MSG_INFO),
    IN("Messages", MSG_ANSWER),
    IN("Messages", MSG_VERDICT),
    IN("Messages", MSG_NAME),
    IN("Flags", MSG_HELLO_COMBINED),
    IN("Flags", MSG_HELLO_NO_PIN),
    IN("Flags", MSG_HELLO_NO_USER),
    IN("Texts", MSG_TEXT_NONE),
    IN("Texts", MSG_TEXT_CODE),
    IN("Texts", MSG_TEXT_RECOVERY_LEFT),
    IN("Texts", MSG_TEXT_EMERGENCY),
    IN("Texts", MSG_TEXT_PIN),
    IN("Texts", MSG_TEXT_PIN_JPKI),
    IN("Texts", MSG_TEXT_PIN_AGAIN),
    IN("Texts", MSG_TEXT_CARD_WAIT),
    IN("Reasons", MSG_REASON_NONE),
    IN("Reasons", MSG_REASON_WRONG),
    IN("Reasons", MSG_REASON_USED),
    IN("Reasons", MSG_REASON_MALFORMED),
    IN("Reasons", MSG_REASON_LOCKED),
    IN("Reasons", MSG_REASON_SUSPENDED),
    IN("Reasons", MSG_REASON_BUSY),
    IN("Reasons", MSG_REASON_CLOCK),
    IN("Reasons", MSG_REASON_UNAVAILABLE),
    IN("Reasons", MSG_REASON_PIN_WRONG),
    IN("Reasons", MSG_REASON_PIN_FORM),
    IN("Reasons", MSG_REASON_PIN_BLOCKED),
    IN("Reasons", MSG_REASON_CARD_ABSENT),
    IN("Reasons", MSG_REASON_CARD_CHANGED),
    IN("Reasons", MSG_REASON_CARD_DATES),
    IN("Reasons", MSG_REASON_CARD_REVOKED),
    IN("Reasons", MSG_REASON_CARD_UNTRUSTED),
    IN("Reasons", MSG_REASON_CARD_SERVICE),
    IN("Reasons", MSG_REASON_CARD_FAILED),
    IN("Reasons", MSG_REASON_PIN_LAST),
    IN("Reasons", MSG_REASON_PIN_DIFFERS),
    IN("Reasons", MSG_REASON_CARD_BUSY),
    IN("Reasons", MSG_REASON_READER_GONE),
    IN("Answers", MSG_ANSWER_INVALID),
    IN("Answers", MSG_ANSWER_TEXT),
    IN("Answers", MSG_ANSWER_MALFORMED),
    IN("Answers", MSG_ANSWER_PASSWORD),
    IN("Verdicts", VERDICT_ERROR),
    IN("Verdicts", VERDICT_GRANTED),
    IN("Verdicts", VERDICT_DENIED),
    IN("Verdicts", VERDICT_LOCKED),
    IN("Verdicts", VERDICT_UNAVAILABLE),
    IN("Verdicts", VERDICT_NOT_ALLOWED),
};

static void test_numbers(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(numbers); i++) {
		const struct row *r = row_of(numbers[i].section, 0, numbers[i].name);

		if (number(r->cells[1]) != numbers[i].value)
			fail_msg("%s is %s in PROTOCOL.md and %lu in the code", numbers[i].name,
			    r->cells[1], numbers[i].value);
	}
}

/* A number added to the code must come into the document, and the other way round. */
static void test_numbers_are_complete(void **state)
{
	static const struct {
		const char *section;
		size_t count;
	} enums[] = {
	    {"Texts", MSG_TEXT_COUNT},
	    {"Reasons", MSG_REASON_COUNT},
	    {"Answers", MSG_ANSWER_PASSWORD + 1},
	    {"Verdicts", VERDICT_COUNT},
	    {"Messages", MSG_NAME},
	    {"Flags", 3},
	    {"Versions", 2},
	    {"Common rules", 9},
	};
	size_t documented = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(enums); i++) {
		if (rows_in(enums[i].section) != enums[i].count)
			fail_msg("%s: %zu rows, expected %zu", enums[i].section,
			    rows_in(enums[i].section), enums[i].count);
		documented += enums[i].count;
	}
	assert_int_equal(COUNT(numbers), documented);
}

/* One good message of each type in which no two fields have the same bytes. */
static struct msg sample(enum msg_type type, uint8_t version)
{
	struct msg m;

	memset(&m, 0, sizeof(m));
	m.type = type;
	m.version = version;
	memset(m.session, 's', sizeof(m.session));
	switch (type) {
	case MSG_HELLO:
		m.hello.flags = MSG_HELLO_COMBINED;
		m.hello.ruid = 1000;
		(void)snprintf(m.hello.user, sizeof(m.hello.user), "user");
		(void)snprintf(m.hello.service, sizeof(m.hello.service), "service");
		(void)snprintf(m.hello.tty, sizeof(m.hello.tty), "tty");
		(void)snprintf(m.hello.rhost, sizeof(m.hello.rhost), "rhost");
		break;
	case MSG_ASK:
	case MSG_INFO:
		m.ask.seq = 0x01020304;
		m.ask.text = MSG_TEXT_CODE;
		m.ask.reason = MSG_REASON_LOCKED;
		m.ask.seconds = 45;
		m.ask.left = 7;
		break;
	case MSG_ANSWER:
		m.answer.seq = 0x01020304;
		m.answer.kind = MSG_ANSWER_TEXT;
		assert_int_equal(secret_set(&m.answer.text, "text", 4), 0);
		break;
	case MSG_VERDICT:
		m.verdict.grant = MSG_GRANT;
		m.verdict.verdict = VERDICT_GRANTED;
		m.verdict.reason = MSG_REASON_LOCKED;
		m.verdict.seconds = 45;
		m.verdict.left = 7;
		memcpy(m.verdict.card, "card", 4);
		break;
	case MSG_NAME:
		(void)snprintf(m.name.user, sizeof(m.name.user), "user");
		break;
	case MSG_INVALID:
	case MSG_WELCOME:
		break;
	}
	return m;
}

/* What the sample has in each field; text NULL for a number. */
struct content {
	enum msg_type type;
	const char *field;
	unsigned long value;
	const char *text;
};

static const struct content contents[] = {
    {MSG_HELLO, "flags", MSG_HELLO_COMBINED, NULL},
    {MSG_HELLO, "ruid", 1000, NULL},
    {MSG_HELLO, "user", 0, "user"},
    {MSG_HELLO, "service", 0, "service"},
    {MSG_HELLO, "tty", 0, "tty"},
    {MSG_HELLO, "rhost", 0, "rhost"},
    {MSG_ASK, "seq", 0x01020304, NULL},
    {MSG_ASK, "text", MSG_TEXT_CODE, NULL},
    {MSG_ASK, "reason", MSG_REASON_LOCKED, NULL},
    {MSG_ASK, "seconds", 45, NULL},
    {MSG_ASK, "left", 7, NULL},
    {MSG_INFO, "seq", 0x01020304, NULL},
    {MSG_INFO, "text", MSG_TEXT_CODE, NULL},
    {MSG_INFO, "reason", MSG_REASON_LOCKED, NULL},
    {MSG_INFO, "seconds", 45, NULL},
    {MSG_INFO, "left", 7, NULL},
    {MSG_ANSWER, "seq", 0x01020304, NULL},
    {MSG_ANSWER, "kind", MSG_ANSWER_TEXT, NULL},
    {MSG_ANSWER, "text_length", 4, NULL},
    {MSG_ANSWER, "text", 0, "text"},
    {MSG_VERDICT, "grant", MSG_GRANT, NULL},
    {MSG_VERDICT, "verdict", VERDICT_GRANTED, NULL},
    {MSG_VERDICT, "reason", MSG_REASON_LOCKED, NULL},
    {MSG_VERDICT, "seconds", 45, NULL},
    {MSG_VERDICT, "left", 7, NULL},
    {MSG_VERDICT, "card", 0, "card"},
    {MSG_NAME, "user", 0, "user"},
};

static const char *const type_names[] = {
    [MSG_INVALID] = "",
    [MSG_HELLO] = "MSG_HELLO",
    [MSG_WELCOME] = "MSG_WELCOME",
    [MSG_ASK] = "MSG_ASK",
    [MSG_INFO] = "MSG_INFO",
    [MSG_ANSWER] = "MSG_ANSWER",
    [MSG_VERDICT] = "MSG_VERDICT",
    [MSG_NAME] = "MSG_NAME",
};

static unsigned long big_endian(const uint8_t *at, size_t size)
{
	unsigned long v = 0;

	for (size_t i = 0; i < size; i++)
		v = v << 8 | at[i];
	return v;
}

/* The field's bytes in data are what the document says stands there. */
static void assert_content(const struct content *c, const uint8_t *data, size_t size)
{
	uint8_t padded[MSG_USER_SIZE] = {0};

	if (c->text == NULL) {
		assert_true(size <= sizeof(unsigned long));
		assert_true(big_endian(data, size) == c->value);
		return;
	}
	assert_true(size <= sizeof(padded));
	memcpy(padded, c->text, strlen(c->text));
	assert_memory_equal(data, padded, size);
}

static void test_offsets(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(contents); i++) {
		const struct content *c = &contents[i];
		const struct row *r = row_of(type_names[c->type], 2, c->field);
		size_t offset = number(r->cells[0]);
		size_t size = number(r->cells[1]);

		for (uint8_t v = MSG_VERSION_OLDEST; v <= MSG_VERSION; v++) {
			const struct msg m = sample(c->type, v);
			uint8_t data[MSG_MAX];
			size_t encoded = msg_encode(&m, data);

			assert_true(encoded > 0);
			if (number(r->cells[3]) > v)
				continue;
			assert_true(offset + size <= encoded);
			assert_content(c, data + offset, size);
		}
	}
}

/* Header and fields of a table follow each other without gaps and add up to the message. */
static size_t documented_size(const char *section, size_t begin, unsigned int version)
{
	size_t end = begin;

	for (size_t i = 0; i < row_count; i++) {
		const struct row *r = &rows[i];

		if (strcmp(r->section, section) != 0 || strcmp(r->cells[0], "offset") == 0 ||
		    number(r->cells[3]) > version)
			continue;
		if (number(r->cells[0]) != end)
			fail_msg("%s: %s: begins at %s, expected %zu", section, r->cells[2],
			    r->cells[0], end);
		end += number(r->cells[1]);
	}
	return end;
}

static void test_sizes(void **state)
{
	(void)state;
	for (uint8_t v = MSG_VERSION_OLDEST; v <= MSG_VERSION; v++) {
		assert_int_equal(documented_size("Header", 0, v), HEADER_SIZE);
		for (unsigned int type = MSG_HELLO; type <= MSG_NAME; type++) {
			const struct row *r = row_of("Messages", 0, type_names[type]);
			const struct msg m = sample((enum msg_type)type, v);
			uint8_t data[MSG_MAX];
			size_t encoded = msg_encode(&m, data);

			assert_int_equal(number(r->cells[2 + v]), encoded);
			assert_int_equal(
			    documented_size(type_names[type], HEADER_SIZE, v), encoded);
		}
	}
}

static void test_every_field_is_known(void **state)
{
	size_t documented = 0;

	(void)state;
	for (size_t i = 0; i < row_count; i++)
		documented += strncmp(rows[i].section, "MSG_", 4) == 0 &&
		              strcmp(rows[i].cells[0], "offset") != 0;
	assert_int_equal(documented, COUNT(contents));
}

static void test_header(void **state)
{
	static const struct content header[] = {
	    {MSG_WELCOME, "length", HEADER_SIZE, NULL},
	    {MSG_WELCOME, "version", MSG_VERSION, NULL},
	    {MSG_WELCOME, "type", MSG_WELCOME, NULL},
	    {MSG_WELCOME, "session", 0, "ssssssssssssssss"},
	};
	const struct msg m = sample(MSG_WELCOME, MSG_VERSION);
	uint8_t data[MSG_MAX];

	(void)state;
	assert_int_equal(msg_encode(&m, data), HEADER_SIZE);
	assert_int_equal(rows_in("Header"), COUNT(header));
	for (size_t i = 0; i < COUNT(header); i++) {
		const struct row *r = row_of("Header", 2, header[i].field);

		assert_content(&header[i], data + number(r->cells[0]), number(r->cells[1]));
	}
}

/* The value behind "#define NAME" in a source file, or a failed test. */
static unsigned long defined_in(const char *file, const char *name)
{
	char path[1024];
	char line[512];
	char word[64];
	unsigned long value;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", SOURCE_DIRECTORY, file);
	f = fopen(path, "r");
	if (f == NULL)
		fail_msg("%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "#define %63s %lu", word, &value) == 2 &&
		    strcmp(word, name) == 0) {
			(void)fclose(f);
			return value;
		}
	}
	(void)fclose(f);
	fail_msg("%s: defines no %s", file, name);
	return 0;
}

static void test_deadlines(void **state)
{
	size_t checked = 0;

	(void)state;
	for (size_t i = 0; i < row_count; i++) {
		const struct row *r = &rows[i];

		if (strcmp(r->section, "Limits and deadlines") != 0 ||
		    strcmp(r->cells[0], "name") == 0)
			continue;
		if (defined_in(r->cells[2], r->cells[0]) != number(r->cells[1]))
			fail_msg("%s: %s is not %s", r->cells[2], r->cells[0], r->cells[1]);
		checked++;
	}
	assert_true(checked >= 8);
	/* "the module gives up only after the helper has" */
	assert_true(
	    number(row_of("Limits and deadlines", 0, "START_WATCHDOG_S")->cells[1]) * 1000 <
	    number(row_of("Limits and deadlines", 0, "DIALOGUE_SILENCE_MS")->cells[1]));
}

static void test_pam_codes(void **state)
{
	static const struct named codes[] = {
	    IN("", PAM_SYSTEM_ERR),
	    IN("", PAM_SUCCESS),
	    IN("", PAM_AUTH_ERR),
	    IN("", PAM_MAXTRIES),
	    IN("", PAM_AUTHINFO_UNAVAIL),
	    IN("", PAM_PERM_DENIED),
	};
	size_t checked = 0;

	(void)state;
	for (size_t i = 0; i < row_count; i++) {
		const struct row *r = &rows[i];

		if (strcmp(r->section, "Verdicts") != 0)
			continue;
		for (size_t j = 0; j < COUNT(codes); j++) {
			if (strcmp(r->cells[2], codes[j].name) != 0)
				continue;
			assert_int_equal(verdict_pam_code((unsigned int)number(r->cells[1])),
			    codes[j].value);
			checked++;
		}
	}
	assert_int_equal(checked, VERDICT_COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_numbers_are_complete),
	    cmocka_unit_test(test_header),
	    cmocka_unit_test(test_offsets),
	    cmocka_unit_test(test_sizes),
	    cmocka_unit_test(test_every_field_is_known),
	    cmocka_unit_test(test_deadlines),
	    cmocka_unit_test(test_pam_codes),
	};

	return cmocka_run_group_tests(tests, read_document, NULL);
}
