/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Holds FORMAT.md to the code. Its tables are read: rows of one table must follow each other
 * without a gap up to the size the code has; each field must lie where an encoded sample has
 * its value; each "zero" must be refused when it is not; files must have the mode and size
 * named.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/store/cardindex.h"
#include "lib/store/certificates.h"
#include "lib/store/emergency.h"
#include "lib/store/floor.h"
#include "lib/store/person.h"
#include "tests/unit/tempdir.h"

#define ROWS_MAX  192
#define CELLS_MAX 5
#define CELL_SIZE 256

struct row {
	char section[64];
	char cells[CELLS_MAX][CELL_SIZE];
	bool used;
};

static struct row rows[ROWS_MAX];
static size_t row_count;

/* The samples every table is compared with. */
static struct host_key host;
static struct keys keys;
static struct header header;
static struct record record;
static struct state state_sample;
static uint8_t host_file[HOST_KEY_FILE_SIZE], header_copy[HEADER_COPY_SIZE];
static uint8_t record_plain[RECORD_PLAIN_SIZE], record_file[RECORD_FILE_SIZE];
static uint8_t state_plain[STATE_PLAIN_SIZE];
static struct emergency emergency;
static uint8_t clock_plain[SLOTS_PLAIN_SIZE];
static struct certificates certificates;
static uint8_t certificates_plain[CERTIFICATES_PLAIN_SIZE];
static uint8_t *const card = record_plain + 320 + 320 + 120; /* that of the second token */
static uint8_t emergency_file[EMERGENCY_FILE_SIZE];
static uint8_t *const mark = emergency_file + EMERGENCY_PAGE_SIZE;

/* ---- reading the document ---- */

static void read_row(const char *line, const char *section)
{
	struct row *r = &rows[row_count];
	const char *at = line + 1;

	memset(r, 0, sizeof(*r));
	(void)snprintf(r->section, sizeof(r->section), "%s", section);
	for (int cell = 0; cell < CELLS_MAX && *at != '\0' && *at != '\n'; cell++) {
		const char *end = at;
		size_t len;

		while (*end != '\0' && *end != '\n' && (*end != '|' || end[-1] == '\\'))
			end++;
		while (*at == ' ')
			at++;
		len = end > at ? (size_t)(end - at) : 0;
		while (len > 0 && at[len - 1] == ' ')
			len--;
		assert_true(len < CELL_SIZE);
		memcpy(r->cells[cell], at, len);
		if (*end != '|')
			break;
		at = end + 1;
	}
	/* neither a heading nor the line under it */
	if (strncmp(r->cells[0], "---", 3) != 0 && strcmp(r->cells[1], "bytes") != 0 &&
	    strcmp(r->cells[1], "mode") != 0 && strcmp(r->cells[1], "value") != 0 &&
	    strcmp(r->cells[1], "written") != 0) {
		row_count++;
		assert_true(row_count < ROWS_MAX);
	}
}

static void read_document(void)
{
	char line[1024], section[64] = "";
	FILE *f = fopen(SOURCE_DIRECTORY "/FORMAT.md", "r");

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (line[0] == '#') {
			const char *title = line + strspn(line, "# ");

			(void)snprintf(
			    section, sizeof(section), "%.*s", (int)strcspn(title, "\n"), title);
		} else if (line[0] == '|') {
			read_row(line, section);
		}
	}
	(void)fclose(f);
}

static struct row *find_row(const char *section, const char *field, int column)
{
	for (size_t i = 0; i < row_count; i++)
		if (strcmp(rows[i].section, section) == 0 &&
		    strcmp(rows[i].cells[column], field) == 0)
			return &rows[i];
	fail_msg("FORMAT.md, %s: no row \"%s\"", section, field);
	return NULL;
}

static size_t number(const char *cell)
{
	char *end;
	unsigned long v = strtoul(cell, &end, 10);

	if (!isdigit((unsigned char)cell[0]) || *end != '\0')
		fail_msg("FORMAT.md: \"%s\" is no number", cell);
	return v;
}

/* ---- samples ---- */

static void make_record(void)
{
	struct token *t = &record.tokens[0];
	struct temporary_code *c = &record.temporary[0];

	memcpy(record.name, "alice", 6);
	record.uid = 0x01020304;
	record.flags = RECORD_SUSPENDED;
	memset(record.incarnation, 0x21, sizeof(record.incarnation));
	record.created = 0x1111;
	record.changed = 0x2222;
	record.not_before = 0x3333;
	record.not_after = 0x4444;
	record.token_count = 2;
	record.recovery_count = 1;
	record.temporary_count = 1;
	*t = (struct token){.kind = TOKEN_TOTP,
	    .algorithm = TOKEN_SHA512,
	    .digits = 8,
	    .flags = TOKEN_SUSPENDED,
	    .period = 0x0102,
	    .secret_len = 20,
	    .created = 0x5555,
	    .label = "phone"};
	memset(t->id, 0x31, sizeof(t->id));
	memset(t->secret, 0x32, 20);
	record.tokens[1] = (struct token){.kind = TOKEN_CARD,
	    .label = "card",
	    .card = {
	        .applet = "piv", .not_before = 0x8888, .not_after = 0x9999, .key_kind = 4}};
	memset(record.tokens[1].id, 0x33, TOKEN_ID_SIZE);
	memset(record.tokens[1].card.identity, 0x34, TOKEN_HASH_SIZE);
	memset(record.tokens[1].card.key_hash, 0x35, TOKEN_HASH_SIZE);
	memset(record.recovery[0].salt, 0x41, 16);
	memset(record.recovery[0].hash, 0x42, 32);
	memset(c->code.salt, 0x43, 16);
	memset(c->code.hash, 0x44, 32);
	c->not_before = 0x6666;
	c->not_after = 0x7777;
	c->uses = 0x0304;
	c->issuer = 0x05060708;
	memcpy(c->reason, "because", 8);
}

static void make_certificates(void)
{
	struct certificate *x = &certificates.entries[0];

	memset(certificates.incarnation, 0x21, sizeof(certificates.incarnation));
	certificates.count = 1;
	memset(x->id, 0x33, sizeof(x->id));
	x->len = 0x0102;
	memset(x->der, 0x71, x->len);
}

static void make_state(void)
{
	struct state *s = &state_sample;
	struct bucket *b = &s->buckets[SOURCE_CONSOLE];

	memset(s->incarnation, 0x21, sizeof(s->incarnation));
	s->flags = STATE_FLAGS;
	s->accepted = 0x1111;
	s->last_seen = 0x2222;
	s->recovery_spent = 0x0201;
	for (unsigned i = 0; i < RECORD_TEMPORARY_MAX; i++)
		s->temporary_uses[i] = (uint16_t)(0x0a01 + i);
	memset(s->counters[0].id, 0x31, TOKEN_ID_SIZE);
	s->counters[0].next = 0x0102030405060708;
	s->counters[0].drift = -2;
	for (unsigned i = 0; i < STATE_FACTORS; i++)
		b->failures[i] = (uint16_t)(0x0b01 + i);
	b->streak = 0x0c0d0e0f;
	memset(b->boot_id, 0x51, sizeof(b->boot_id));
	b->until_ms = 0x1112131415161718;
}

/* What floor_set seals is what the document says: looked at through the box alone. */
static int make_clock(void)
{
	const int64_t latest = 0x0000000102030405;
	uint8_t file[SLOTS_FILE_SIZE];
	char top[TEMPDIR_SIZE];
	struct store s = {.path = top, .records = -1, .states = -1, .decoys = -1, .etc = -1};
	uint64_t generation;
	FILE *f;
	char path[TEMPDIR_SIZE + 8];

	tempdir_make(top);
	s.dir = open(top, O_RDONLY | O_DIRECTORY);
	(void)snprintf(path, sizeof(path), "%s/clock", top);
	if (floor_set(&s, &keys, latest, NULL) != 0)
		return -1;
	f = fopen(path, "rb");
	if (f == NULL || fread(file, 1, sizeof(file), f) != sizeof(file))
		return -1;
	(void)fclose(f);
	close(s.dir);
	tempdir_remove(top);
	return box_open(&keys, &floor_box, "clock", "o", file, SLOTS_SLOT_SIZE, &generation,
	    clock_plain, NULL);
}

static int make_emergency(void)
{
	struct emergency *em = &emergency;

	memset(em->id, 0x61, sizeof(em->id));
	em->created = 0x1111;
	em->uid_count = 3;
	em->uids[0] = 0x01020304;
	em->uids[2] = 0x05060708;
	memset(em->salt, 0x62, sizeof(em->salt));
	memset(em->hash, 0x63, sizeof(em->hash));
	em->spent = true;
	em->spent_at = 0x2222;
	em->spent_uid = 0x01020304;
	return emergency_encode(em, emergency_file);
}

static int prepare(void **unused)
{
	(void)unused;
	read_document();
	make_record();
	make_state();
	make_certificates();
	if (host_key_create(&host, NULL) != 0 || host_key_encode(&host, host_file) != 0 ||
	    keys_create(&host, 0x1111, &keys, &header, NULL) != 0 ||
	    header_encode(&header, header_copy) != 0)
		return -1;
	header.flags = HEADER_SUSPENDED;
	if (keys_header_seal(&keys, &header) != 0 || header_encode(&header, header_copy) != 0 ||
	    make_clock() != 0 || make_emergency() != 0)
		return -1;
	if (certificates_encode(&certificates, certificates_plain) != 0 ||
	    record_encode(&record, record_plain) != 0 ||
	    box_seal(&keys, &record_box, 0x0102030405060708, "n", record_plain,
	        sizeof(record_plain), record_file, NULL) != 0)
		return -1;
	return state_encode(&state_sample, state_plain);
}

/* ---- tables of bytes ---- */

#define U16(v)     (uint8_t)((v) >> 8), (uint8_t)(v)
#define U32(v)     U16((uint32_t)(v) >> 16), U16((uint32_t)(v))
#define U64(v)     U32((uint64_t)(v) >> 32), U32((uint64_t)(v))
#define BYTES(...) (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})

/* What the field's first bytes are in the sample; more are not looked at. */
struct expected {
	const char *section, *field;
	const void *bytes;
	size_t len;
};

static int refused_host_key(const uint8_t *b)
{
	struct host_key k;

	return host_key_decode(b, HOST_KEY_FILE_SIZE, "o", &k, NULL);
}

static int refused_header(const uint8_t *b)
{
	struct header h;

	return header_decode(b, HEADER_COPY_SIZE, "o", &h, NULL);
}

static int refused_box(const uint8_t *b)
{
	uint8_t plain[RECORD_PLAIN_SIZE];
	uint64_t g;

	return box_open(&keys, &record_box, "n", "o", b, RECORD_FILE_SIZE, &g, plain, NULL);
}

static int refused_record(const uint8_t *b)
{
	struct record r;

	return record_decode(b, RECORD_PLAIN_SIZE, "o", &r, NULL);
}

static int refused_card(const uint8_t *b)
{
	assert_ptr_equal(b, card);
	return refused_record(record_plain);
}

static int refused_certificates(const uint8_t *b)
{
	static struct certificates c;

	return certificates_decode(b, CERTIFICATES_PLAIN_SIZE, "o", &c, NULL);
}

static int refused_state(const uint8_t *b)
{
	struct state s;

	return state_decode(b, STATE_PLAIN_SIZE, "o", &s, NULL);
}

/* Sealed and opened as the file is. */
static int refused_clock(const uint8_t *b)
{
	static uint8_t file[SLOTS_FILE_SIZE];
	struct slots_file f;
	int64_t floor;

	if (box_seal(&keys, &floor_box, 1, "clock", b, SLOTS_PLAIN_SIZE, file, NULL) != 0)
		return -1;
	return floor_decode(&keys, file, sizeof(file), "o", &floor, &f, NULL);
}

static int resealed_emergency(void)
{
	struct span page = {emergency_file, 4064}, fields = {mark, 32};
	struct emergency em;

	if (crypto_sha256(&page, 1, emergency_file + 4064) != 0 ||
	    crypto_sha256(&fields, 1, mark + 32) != 0 ||
	    emergency_decode(emergency_file, EMERGENCY_FILE_SIZE, "o", &em, NULL) != 0)
		return -1;
	assert_true(em.spent);
	return em.spent_uid == emergency.spent_uid && em.spent_at == emergency.spent_at ? 0
	                                                                                : -1;
}

/* With the right check, or nothing would be tested but that. */
static int refused_emergency(const uint8_t *b)
{
	assert_ptr_equal(b, emergency_file);
	return resealed_emergency();
}

/* A mark is never refused; one that is not as it should be says less. */
static int refused_mark(const uint8_t *b)
{
	assert_ptr_equal(b, mark);
	return resealed_emergency();
}

/* Each table: its size, and where its bytes are in which sample. An entry table starts at the
 * place its parent's row names. */
static const struct table {
	const char *section;
	size_t size;
	uint8_t *sample;
	int (*refused)(const uint8_t *);
	const char *parent, *parent_field;
	size_t entries;
} tables[] = {
    {"host.key", HOST_KEY_FILE_SIZE, host_file, refused_host_key, NULL, NULL, 0},
    {"Header", HEADER_COPY_SIZE, header_copy, refused_header, NULL, NULL, 0},
    {"Slot", HEADER_SLOT_SIZE, header_copy, refused_header, "Header", "slots", HEADER_SLOTS},
    {"Host blob", HOST_BLOB_SIZE, NULL, NULL, NULL, NULL, 0},
    {"Box", RECORD_FILE_SIZE, record_file, refused_box, NULL, NULL, 0},
    {"Record", RECORD_PLAIN_SIZE, record_plain, refused_record, NULL, NULL, 0},
    {"Token", 320, record_plain, refused_record, "Record", "tokens", RECORD_TOKENS_MAX},
    {"Recovery code", 48, record_plain, refused_record, "Record", "recovery codes",
        RECORD_RECOVERY_MAX},
    {"Temporary code", 136, record_plain, refused_record, "Record", "temporary codes",
        RECORD_TEMPORARY_MAX},
    {"Card", 200, record_plain + 320 + 320 + 120, refused_card, NULL, NULL, 0},
    {"Certificates", CERTIFICATES_PLAIN_SIZE, certificates_plain, refused_certificates, NULL,
        NULL, 0},
    {"Kept certificate", CERTIFICATES_ENTRY_SIZE, certificates_plain, refused_certificates,
        "Certificates", "entries", RECORD_TOKENS_MAX},
    {"State", STATE_PLAIN_SIZE, state_plain, refused_state, NULL, NULL, 0},
    {"Counter", 32, state_plain, refused_state, "State", "counters", RECORD_TOKENS_MAX},
    {"Bucket", 64, state_plain, refused_state, "State", "buckets", STATE_BUCKETS},
    {"Clock", SLOTS_PLAIN_SIZE, clock_plain, refused_clock, NULL, NULL, 0},
    {"Emergency", EMERGENCY_PAGE_SIZE, emergency_file, refused_emergency, NULL, NULL, 0},
    {"Mark", EMERGENCY_PAGE_SIZE, emergency_file + EMERGENCY_PAGE_SIZE, refused_mark, NULL,
        NULL, 0},
};
#define TABLE_COUNT (sizeof(tables) / sizeof(tables[0]))

static size_t table_start(const struct table *t)
{
	return t->parent == NULL ? 0
	                         : number(find_row(t->parent, t->parent_field, 2)->cells[0]);
}

static void rows_follow_each_other(void **state)
{
	(void)state;
	for (size_t t = 0; t < TABLE_COUNT; t++) {
		size_t at = 0;

		for (size_t i = 0; i < row_count; i++) {
			if (strcmp(rows[i].section, tables[t].section) != 0)
				continue;
			if (number(rows[i].cells[0]) != at)
				fail_msg("FORMAT.md, %s: %s is at %s, not %zu",
				    tables[t].section, rows[i].cells[2], rows[i].cells[0], at);
			at += number(rows[i].cells[1]);
		}
		if (at != tables[t].size)
			fail_msg("FORMAT.md, %s: %zu bytes, the code has %zu",
			    tables[t].section, at, tables[t].size);
		if (tables[t].parent != NULL)
			assert_int_equal(
			    number(find_row(tables[t].parent, tables[t].parent_field, 2)
			               ->cells[1]),
			    tables[t].entries * tables[t].size);
	}
}

static void zeros_are_refused_otherwise(void **state)
{
	unsigned seen = 0;

	(void)state;
	for (size_t t = 0; t < TABLE_COUNT; t++)
		for (size_t i = 0; i < row_count; i++) {
			size_t from, to;

			if (strcmp(rows[i].section, tables[t].section) != 0 ||
			    strcmp(rows[i].cells[2], "zero") != 0)
				continue;
			from = table_start(&tables[t]) + number(rows[i].cells[0]);
			to = from + number(rows[i].cells[1]);
			for (size_t at = from; at < to; at++) {
				assert_int_equal(tables[t].sample[at], 0);
				tables[t].sample[at] = 1;
				if (tables[t].refused(tables[t].sample) == 0)
					fail_msg("%s: byte %zu", tables[t].section, at);
				tables[t].sample[at] = 0;
			}
			assert_int_equal(tables[t].refused(tables[t].sample), 0);
			rows[i].used = true;
			seen++;
		}
	assert_int_equal(seen, 23);
}

static void fields_are_where_the_document_says(void **state)
{
	const uint8_t *blob = header.slots[0].blob;
	const struct expected fields[] = {
	    {"host.key", "magic", "SKSHOKEY", 8},
	    {"host.key", "version", BYTES(0, 1)},
	    {"host.key", "id", host.id, 16},
	    {"host.key", "key", host.key, 32},
	    {"host.key", "hash", host_file + 64, 32},
	    {"Header", "magic", "SKSHOHDR", 8},
	    {"Header", "version", BYTES(0, 1)},
	    {"Header", "slot count", BYTES(0, 1)},
	    {"Header", "flags", BYTES(U32(1))},
	    {"Header", "sequence", BYTES(U64(1))},
	    {"Header", "store id", header.store_id, 16},
	    {"Header", "created", BYTES(U64(0x1111))},
	    {"Header", "slots", BYTES(SLOT_HOST, 0)},
	    {"Header", "mac", header.mac, 32},
	    {"Slot", "type", BYTES(SLOT_HOST)},
	    {"Slot", "blob length", BYTES(U16(HOST_BLOB_SIZE))},
	    {"Slot", "key id", host.id, 16},
	    {"Slot", "created", BYTES(U64(0x1111))},
	    {"Slot", "blob", blob, HEADER_BLOB_MAX},
	    {"Box", "magic", "SKSHOREC", 8},
	    {"Box", "version", BYTES(0, 1)},
	    {"Box", "length", BYTES(U32(RECORD_PLAIN_SIZE))},
	    {"Box", "generation", BYTES(U64(0x0102030405060708))},
	    {"Box", "salt", record_file + 24, 32},
	    {"Box", "ciphertext", record_file + BOX_HEADER_SIZE, RECORD_PLAIN_SIZE},
	    {"Box", "tag", record_file + RECORD_FILE_SIZE - 16, 16},
	    {"Record", "name", "alice\0", 7},
	    {"Record", "uid", BYTES(U32(0x01020304))},
	    {"Record", "flags", BYTES(U32(2))},
	    {"Record", "incarnation", record.incarnation, 16},
	    {"Record", "created", BYTES(U64(0x1111))},
	    {"Record", "changed", BYTES(U64(0x2222))},
	    {"Record", "not before", BYTES(U64(0x3333))},
	    {"Record", "not after", BYTES(U64(0x4444))},
	    {"Record", "token count", BYTES(2)},
	    {"Record", "recovery count", BYTES(1)},
	    {"Record", "temporary count", BYTES(1)},
	    {"Record", "tokens", record.tokens[0].id, 8},
	    {"Record", "recovery codes", record.recovery[0].salt, 16},
	    {"Record", "temporary codes", record.temporary[0].code.salt, 16},
	    {"Token", "id", record.tokens[0].id, 8},
	    {"Token", "kind", BYTES(1)},
	    {"Token", "algorithm", BYTES(3)},
	    {"Token", "digits", BYTES(8)},
	    {"Token", "flags", BYTES(1)},
	    {"Token", "period", BYTES(U16(0x0102))},
	    {"Token", "secret length", BYTES(0, 20)},
	    {"Token", "secret", record.tokens[0].secret, 64},
	    {"Token", "created", BYTES(U64(0x5555))},
	    {"Token", "label", "phone\0", 7},
	    {"Token", "card", BYTES(0, 0, 0, 0)},
	    {"Card", "applet", "piv\0", 5},
	    {"Card", "identity", record.tokens[1].card.identity, 32},
	    {"Card", "key hash", record.tokens[1].card.key_hash, 32},
	    {"Card", "not before", BYTES(U64(0x8888))},
	    {"Card", "not after", BYTES(U64(0x9999))},
	    {"Card", "key kind", BYTES(4)},
	    {"Certificates", "incarnation", certificates.incarnation, 16},
	    {"Certificates", "count", BYTES(1)},
	    {"Certificates", "entries", certificates.entries[0].id, 8},
	    {"Kept certificate", "id", certificates.entries[0].id, 8},
	    {"Kept certificate", "length", BYTES(U16(0x0102))},
	    {"Kept certificate", "certificate", certificates.entries[0].der, 0x0103},
	    {"Recovery code", "salt", record.recovery[0].salt, 16},
	    {"Recovery code", "hash", record.recovery[0].hash, 32},
	    {"Temporary code", "salt", record.temporary[0].code.salt, 16},
	    {"Temporary code", "hash", record.temporary[0].code.hash, 32},
	    {"Temporary code", "not before", BYTES(U64(0x6666))},
	    {"Temporary code", "not after", BYTES(U64(0x7777))},
	    {"Temporary code", "uses", BYTES(U16(0x0304))},
	    {"Temporary code", "issuer", BYTES(U32(0x05060708))},
	    {"Temporary code", "reason", "because\0", 9},
	    {"State", "incarnation", state_sample.incarnation, 16},
	    {"State", "flags", BYTES(U32(3))},
	    {"State", "accepted", BYTES(U64(0x1111))},
	    {"State", "last seen", BYTES(U64(0x2222))},
	    {"State", "recovery spent", BYTES(U16(0x0201))},
	    {"State", "temporary uses",
	        BYTES(U16(0x0a01), U16(0x0a02), U16(0x0a03), U16(0x0a04))},
	    {"State", "counters", state_sample.counters[0].id, 8},
	    {"State", "buckets", BYTES(U16(0x0b01))},
	    {"Counter", "id", state_sample.counters[0].id, 8},
	    {"Counter", "next", BYTES(U64(0x0102030405060708))},
	    {"Counter", "drift", BYTES(0xff, 0xff, 0xff, 0xfe)},
	    {"Bucket", "failures", BYTES(U16(0x0b01), U16(0x0b02), U16(0x0b03), U16(0x0b04))},
	    {"Bucket", "streak", BYTES(U32(0x0c0d0e0f))},
	    {"Bucket", "boot id", state_sample.buckets[0].boot_id, 16},
	    {"Bucket", "until", BYTES(U64(0x1112131415161718))},
	    {"Clock", "latest", BYTES(U64(0x0000000102030405))},
	    {"Emergency", "magic", "SKSHOEMG", 8},
	    {"Emergency", "version", BYTES(0, 1)},
	    {"Emergency", "uid count", BYTES(3)},
	    {"Emergency", "id", emergency.id, 8},
	    {"Emergency", "created", BYTES(U64(0x1111))},
	    {"Emergency", "uids", BYTES(U32(0x01020304), U32(0), U32(0x05060708), U32(0))},
	    {"Emergency", "salt", emergency.salt, 32},
	    {"Emergency", "hash", emergency.hash, 32},
	    {"Emergency", "check", emergency_file + 4064, 32},
	    {"Mark", "magic", "SKSHOSPT", 8},
	    {"Mark", "time", BYTES(U64(0x2222))},
	    {"Mark", "uid", BYTES(U32(0x01020304))},
	    {"Mark", "check", mark + 32, 32},
	    {"Mark", "rest", BYTES(0xff, 0xff, 0xff, 0xff)},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct row *r = find_row(fields[i].section, fields[i].field, 2);
		const struct table *t = tables;
		size_t at;

		while (strcmp(t->section, fields[i].section) != 0)
			t++;
		at = table_start(t) + number(r->cells[0]);
		if (memcmp(t->sample + at, fields[i].bytes, fields[i].len) != 0)
			fail_msg("%s, %s: not at %zu", t->section, fields[i].field, at);
		r->used = true;
	}
}

static void host_blob_opens_by_the_document(void **state)
{
	struct row *salt = find_row("Host blob", "salt", 2);
	struct row *wrapped = find_row("Host blob", "wrapped key", 2);
	struct row *tag = find_row("Host blob", "tag", 2);
	const uint8_t *slot = header_copy + number(find_row("Header", "slots", 2)->cells[0]);
	const uint8_t *blob = slot + number(find_row("Slot", "blob", 2)->cells[0]);
	uint8_t info[51], aad[48], key_nonce[44], master[32];

	(void)state;
	memcpy(info, "sekisho host slot 1", 19);
	memcpy(info + 19, header.store_id, 16);
	memcpy(info + 35, host.id, 16);
	memcpy(aad, slot, 32);
	memcpy(aad + 32, header.store_id, 16);
	assert_int_equal(crypto_hkdf((struct span){host.key, 32},
	                     (struct span){blob + number(salt->cells[0]), 32},
	                     (struct span){info, 51}, key_nonce, 44),
	    0);
	assert_int_equal(crypto_open(key_nonce, key_nonce + 32, (struct span){aad, 48},
	                     (struct span){blob + number(wrapped->cells[0]), 32},
	                     blob + number(tag->cells[0]), master),
	    0);
	assert_memory_equal(master, keys.master, 32);
	salt->used = wrapped->used = tag->used = true;
}

static void box_opens_by_the_document(void **state)
{
	uint8_t info[30], aad[57], key_nonce[44], plain[RECORD_PLAIN_SIZE];

	(void)state;
	memcpy(info, "sekisho box 1", 13);
	memcpy(info + 13, "SKSHOREC", 8);
	memcpy(info + 21, record_file + 16, 8);
	info[29] = 'n';
	memcpy(aad, record_file, 56);
	aad[56] = 'n';
	assert_int_equal(
	    crypto_hkdf((struct span){keys.master, 32}, (struct span){record_file + 24, 32},
	        (struct span){info, 30}, key_nonce, 44),
	    0);
	assert_int_equal(crypto_open(key_nonce, key_nonce + 32, (struct span){aad, 57},
	                     (struct span){record_file + 56, 4024}, record_file + 4080, plain),
	    0);
	assert_memory_equal(plain, record_plain, sizeof(plain));
}

/* The hash and both checks, computed as the document says. */
static void emergency_is_made_by_the_document(void **state)
{
	static const char code[] = "0123456789ABCDEFGHJK";
	struct span text = {code, 20}, page = {emergency_file, 4064}, fields = {mark, 32};
	uint8_t sum[CRYPTO_HASH_SIZE];
	char top[TEMPDIR_SIZE];
	struct emergency em;
	int dir;

	(void)state;
	assert_int_equal(crypto_sha256(&page, 1, sum), 0);
	assert_memory_equal(sum, emergency_file + 4064, 32);
	assert_int_equal(crypto_sha256(&fields, 1, sum), 0);
	assert_memory_equal(sum, mark + 32, 32);
	for (size_t i = 64; i < EMERGENCY_PAGE_SIZE; i++)
		assert_int_equal(mark[i], 255);
	tempdir_make(top);
	dir = open(top, O_RDONLY | O_DIRECTORY);
	assert_int_equal(emergency_write(dir, top, code, &(uid_t){7}, 1, 1, &em, NULL), 0);
	assert_int_equal(crypto_hmac(em.salt, &text, 1, sum), 0);
	assert_memory_equal(sum, em.hash, 32);
	close(dir);
	tempdir_remove(top);
}

static void no_row_is_unknown(void **state)
{
	(void)state;
	for (size_t t = 0; t < TABLE_COUNT; t++)
		for (size_t i = 0; i < row_count; i++)
			if (strcmp(rows[i].section, tables[t].section) == 0 && !rows[i].used)
				fail_msg("FORMAT.md, %s: %s is not tested", rows[i].section,
				    rows[i].cells[2]);
}

/* ---- files and limits ---- */

static void limits(void **state)
{
	static const struct {
		const char *name;
		size_t value;
	} known[] = {
	    {"tokens of a person", RECORD_TOKENS_MAX},
	    {"recovery codes", RECORD_RECOVERY_MAX},
	    {"temporary codes", RECORD_TEMPORARY_MAX},
	    {"lockout buckets", STATE_BUCKETS},
	    {"header slots", HEADER_SLOTS},
	    {"bytes of a kept certificate", CERTIFICATE_MAX},
	    {"decoys", STORE_DECOYS},
	    {"wait for a lock, milliseconds", STORE_LOCK_WAIT_MS},
	    {"step of the clock, seconds", FLOOR_STEP_S},
	    {"tolerance of the clock, seconds", FLOOR_TOLERANCE_S},
	    {"people an emergency code lets in", EMERGENCY_UIDS_MAX},
	};
	size_t in_document = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		assert_int_equal(
		    number(find_row("Limits", known[i].name, 0)->cells[1]), known[i].value);
	for (size_t i = 0; i < row_count; i++)
		in_document += strcmp(rows[i].section, "Limits") == 0;
	assert_int_equal(in_document, sizeof(known) / sizeof(known[0]));
}

static void check_file(
    const struct row *r, const char *top, const char *file, const char *link_name)
{
	static const char etc[] = "/etc/sekisho", var[] = "/var/lib/sekisho";
	const char *path = r->cells[0];
	bool in_etc = strncmp(path, etc, strlen(etc)) == 0;
	char real[512];
	struct stat st;
	size_t len;

	assert_true(in_etc || strncmp(path, var, strlen(var)) == 0);
	path += in_etc ? strlen(etc) : strlen(var);
	len = strlen(path);
	if (len > 4 && strcmp(path + len - 4, "NAME") == 0)
		len -= 4;
	else if (len > 4 && strcmp(path + len - 4, "CARD") == 0)
		len -= 4, file = link_name;
	else
		file = "";
	(void)snprintf(real, sizeof(real), "%s%s%.*s%s", top, in_etc ? "/etc" : "/var",
	    (int)len, path, file);
	if (lstat(real, &st) != 0)
		fail_msg("FORMAT.md, Files: there is no %s", r->cells[0]);
	assert_int_equal(S_ISLNK(st.st_mode), file == link_name);
	assert_int_equal(st.st_mode & 07777, strtoul(r->cells[1], NULL, 8));
	assert_int_equal(S_ISDIR(st.st_mode), r->cells[2][0] == '-');
	if (!S_ISDIR(st.st_mode))
		assert_int_equal(st.st_size, number(r->cells[2]));
}

static void files(void **state)
{
	char top[TEMPDIR_SIZE], var[TEMPDIR_SIZE + 8], etc[TEMPDIR_SIZE + 8];
	struct store s;
	struct keys k;
	struct person p;
	struct emergency em;
	struct card_link link = {.seen = false};
	struct card_links links = {1, &link};
	struct err e = {0};
	bool found;
	unsigned seen = 0;
	mode_t old = umask(022);

	(void)state;
	tempdir_make(top);
	(void)snprintf(var, sizeof(var), "%s/var", top);
	(void)snprintf(etc, sizeof(etc), "%s/etc", top);
	assert_int_equal(store_create(var, etc, true, 1, &e), 0);
	assert_int_equal(store_open(&s, var, etc, true, &e), 0);
	assert_int_equal(store_unlock(&s, &k, &e), 0);
	assert_int_equal(person_find(&s, &k, "alice", &found, &p, &e), 0);
	p.record.tokens[p.record.token_count++] = record.tokens[1];
	assert_int_equal(
	    certificates_add(&s, &k, &p, record.tokens[1].id, record.tokens[1].id, 1, &e), 0);
	assert_int_equal(person_put(&s, &k, &p, &e), 0);
	memcpy(link.file, p.file, sizeof(link.file));
	assert_int_equal(keys_card_name(&k, record.tokens[1].card.applet,
	                     record.tokens[1].card.identity, link.name),
	    0);
	assert_int_equal(cardindex_update(&s, &links, &e), 0);
	assert_int_equal(
	    emergency_write(s.dir, var, "0123456789ABCDEFGHJK", &(uid_t){0}, 1, 1, &em, &e), 0);
	for (size_t i = 0; i < row_count; i++)
		if (strcmp(rows[i].section, "Files") == 0) {
			check_file(&rows[i], top, p.file, link.name);
			seen++;
		}
	assert_int_equal(seen, 18);
	person_close(&p);
	store_close(&s);
	tempdir_remove(top);
	(void)umask(old);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(rows_follow_each_other),
	    cmocka_unit_test(zeros_are_refused_otherwise),
	    cmocka_unit_test(fields_are_where_the_document_says),
	    cmocka_unit_test(host_blob_opens_by_the_document),
	    cmocka_unit_test(box_opens_by_the_document),
	    cmocka_unit_test(emergency_is_made_by_the_document),
	    cmocka_unit_test(no_row_is_unknown),
	    cmocka_unit_test(limits),
	    cmocka_unit_test(files),
	};

	return cmocka_run_group_tests(tests, prepare, NULL);
}
