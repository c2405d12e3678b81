/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes the seeds of the targets record, certificates, state, header, clock and emergency into
 * DIR/record, DIR/state and so on. Run by hand when a format changes; the seeds are kept with
 * the source.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/fixed_keys.h"
#include "lib/store/certificates.h"
#include "lib/store/emergency.h"
#include "lib/store/floor.h"
#include "lib/store/header.h"

static const char *directory;

static void put(const char *name, const void *data, size_t len)
{
	char path[512];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	f = fopen(path, "wb");
	if (f == NULL || fwrite(data, 1, len, f) != len || fclose(f) != 0) {
		perror(path);
		exit(1);
	}
}

static void must(int r)
{
	if (r != 0) {
		fputs("seed_store: a seed cannot be made\n", stderr);
		exit(1);
	}
}

static void fill_token(struct token *t, unsigned i)
{
	bool totp = i % 2 == 0;

	memset(t->id, (int)i + 1, sizeof(t->id));
	t->kind = totp ? TOKEN_TOTP : TOKEN_HOTP;
	t->algorithm = totp ? (uint8_t)(TOKEN_SHA1 + i / 2 % 3) : TOKEN_SHA1;
	t->digits = (uint8_t)(6 + i % 3);
	t->period = totp ? 30 : 0;
	t->secret_len = (uint16_t)(20 + i);
	memset(t->secret, 0x30 + (int)i, t->secret_len);
	t->created = 1700000000;
	(void)snprintf(t->label, sizeof(t->label), "token %u", i);
}

static void fill_card(struct token *t, unsigned i)
{
	*t = (struct token){.kind = TOKEN_CARD,
	    .created = 1700000000,
	    .card = {.applet = "piv",
	        .not_before = 1600000000,
	        .not_after = 1900000000,
	        .key_kind = 1}};
	memset(t->id, (int)i + 1, sizeof(t->id));
	memset(t->card.identity, 0x60 + (int)i, sizeof(t->card.identity));
	memset(t->card.key_hash, 0x70 + (int)i, sizeof(t->card.key_hash));
	(void)snprintf(t->label, sizeof(t->label), "token %u", i);
}

static void fill_record(struct record *r, unsigned entries)
{
	memset(r, 0, sizeof(*r));
	memcpy(r->name, "alice", 6);
	r->uid = 1000;
	memset(r->incarnation, 7, sizeof(r->incarnation));
	r->created = r->changed = 1700000000;
	r->token_count = (uint8_t)(entries < RECORD_TOKENS_MAX ? entries : RECORD_TOKENS_MAX);
	for (unsigned i = 0; i < r->token_count; i++)
		fill_token(&r->tokens[i], i);
	if (entries < RECORD_TOKENS_MAX)
		return;
	r->recovery_count = RECORD_RECOVERY_MAX;
	memset(r->recovery, 8, sizeof(r->recovery));
	r->temporary_count = RECORD_TEMPORARY_MAX;
	for (unsigned i = 0; i < RECORD_TEMPORARY_MAX; i++) {
		r->temporary[i].not_after = 1800000000;
		r->temporary[i].uses = 1;
		memcpy(r->temporary[i].reason, "phone at home", 14);
	}
}

static void records(const struct keys *k)
{
	static const struct {
		const char *plain, *file;
		unsigned entries;
		bool card;
	} seeds[] = {
	    {"record/empty", "record/empty.box", 0, false},
	    {"record/one", "record/one.box", 1, false},
	    {"record/full", "record/full.box", 8, false},
	    {"record/card", "record/card.box", 2, true},
	};
	uint8_t plain[RECORD_PLAIN_SIZE], box[RECORD_FILE_SIZE];
	struct record r;

	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		fill_record(&r, seeds[i].entries);
		if (i == 0)
			r.flags = RECORD_TOMBSTONE;
		if (seeds[i].card)
			fill_card(&r.tokens[1], 1);
		must(record_encode(&r, plain));
		must(box_seal(k, &record_box, 1, FIXED_NAME, plain, sizeof(plain), box, NULL));
		put(seeds[i].plain, plain, sizeof(plain));
		put(seeds[i].file, box, sizeof(box));
	}
}

/* As fuzz_certificates.c takes them apart: only where the rules look. */
static void certificates(void)
{
	static const struct {
		const char *name;
		unsigned count;
	} seeds[] = {
	    {"certificates/none", 0},
	    {"certificates/two", 2},
	    {"certificates/full", RECORD_TOKENS_MAX},
	};
	uint8_t seed[1 + 32 + RECORD_TOKENS_MAX * 24];

	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		struct writer w = writer_over(seed, sizeof(seed));

		put_u8(&w, 0);
		for (unsigned n = 0; n < 16; n++)
			put_u8(&w, 7);
		put_u8(&w, (uint8_t)seeds[i].count);
		put_zeros(&w, 15);
		for (unsigned n = 0; n < seeds[i].count; n++) {
			for (unsigned k = 0; k < TOKEN_ID_SIZE; k++)
				put_u8(&w, (uint8_t)(n + 1));
			put_u16(&w, n == 0 ? CERTIFICATE_MAX : 8);
			put_zeros(&w, 6);
			put_u64(&w, 0x3006020101020101);
		}
		must(w.bad ? -1 : 0);
		put(seeds[i].name, seed, sizeof(seed) - w.left);
	}
}

static void fill_state(struct state *s)
{
	memset(s, 0, sizeof(*s));
	memset(s->incarnation, 7, sizeof(s->incarnation));
	s->flags = STATE_FLAGS;
	s->accepted = s->last_seen = 1700000000;
	s->recovery_spent = 5;
	for (unsigned i = 0; i < RECORD_TOKENS_MAX; i++) {
		memset(s->counters[i].id, (int)i + 1, TOKEN_ID_SIZE);
		s->counters[i].next = 56666666;
		s->counters[i].drift = -1;
	}
	for (unsigned i = 0; i < STATE_BUCKETS; i++) {
		s->buckets[i].failures[0] = 3;
		s->buckets[i].streak = 6;
		s->buckets[i].until_ms = 30000;
	}
}

static void states(const struct keys *k)
{
	uint8_t plain[STATE_PLAIN_SIZE], file[STATE_FILE_SIZE];
	struct state s;

	fill_state(&s);
	must(state_encode(&s, plain));
	put("state/plain", plain, sizeof(plain));
	must(state_new_file(k, FIXED_NAME, &s, file, NULL));
	put("state/new", file, sizeof(file));
	must(box_seal(
	    k, &state_box, 2, FIXED_NAME, plain, sizeof(plain), file + STATE_SLOT_SIZE, NULL));
	put("state/both", file, sizeof(file));
	file[STATE_SLOT_SIZE + 2000] ^= 1;
	put("state/torn", file, sizeof(file));
}

static void headers(void)
{
	uint8_t copy[HEADER_COPY_SIZE], host_file[HOST_KEY_FILE_SIZE];
	struct host_key host;
	struct header h;
	struct keys k;

	fixed_host_key(&host);
	must(host_key_encode(&host, host_file));
	put("header/host.key", host_file, sizeof(host_file));
	must(keys_create(&host, 1700000000, &k, &h, NULL));
	must(header_encode(&h, copy));
	put("header/one", copy, sizeof(copy));
	h.slots[1] = (struct slot){.type = SLOT_PASSPHRASE, .created = 5, .blob_len = 3};
	must(header_encode(&h, copy));
	must(keys_header_mac(&k, copy, HEADER_MAC_AT, copy + HEADER_MAC_AT));
	put("header/two", copy, sizeof(copy));
	h.flags = HEADER_SUSPENDED;
	must(keys_header_seal(&k, &h));
	must(header_encode(&h, copy));
	put("header/suspended", copy, sizeof(copy));
}

static void clocks(const struct keys *k)
{
	uint8_t plain[SLOTS_PLAIN_SIZE] = {0}, file[SLOTS_FILE_SIZE] = {0};
	struct writer w = writer_over(plain, sizeof(plain));

	put_u64(&w, 1700000000);
	put("clock/plain", plain, sizeof(plain));
	must(box_seal(k, &floor_box, 1, FLOOR_FILE, plain, sizeof(plain), file, NULL));
	put("clock/new", file, sizeof(file));
	plain[6] = 0xff;
	must(box_seal(
	    k, &floor_box, 2, FLOOR_FILE, plain, sizeof(plain), file + SLOTS_SLOT_SIZE, NULL));
	put("clock/both", file, sizeof(file));
	file[SLOTS_SLOT_SIZE + 2000] ^= 1;
	put("clock/torn", file, sizeof(file));
}

static void emergencies(void)
{
	struct emergency em = {
	    .created = 1700000000, .uid_count = 2, .uids = {0, 1000}, .spent_uid = (uid_t)-1};
	uint8_t file[EMERGENCY_FILE_SIZE];

	memset(em.id, 1, sizeof(em.id));
	memset(em.salt, 2, sizeof(em.salt));
	memset(em.hash, 3, sizeof(em.hash));
	must(emergency_encode(&em, file));
	put("emergency/fresh", file, sizeof(file));
	em.spent = true;
	must(emergency_encode(&em, file));
	put("emergency/unreadable", file, sizeof(file));
	em.spent_at = 1700000001;
	em.spent_uid = 1000;
	must(emergency_encode(&em, file));
	put("emergency/spent", file, sizeof(file));
}

int main(int argc, char **argv)
{
	struct keys k;

	if (argc != 2) {
		fputs("usage: seed_store DIR\n", stderr);
		return 2;
	}
	directory = argv[1];
	fixed_keys(&k);
	records(&k);
	certificates();
	states(&k);
	headers();
	clocks(&k);
	emergencies();
	return 0;
}
