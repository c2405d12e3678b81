/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Plaintext of a record to struct and back. Must not judge who may log in.
 */
#include "lib/store/record.h"

#include <string.h>

#include "lib/store/field.h"
#include "lib/wire/secret.h"

#define RECORD_VERSION 1
#define CARD_ENTRY     200 /* of a token: its part for cards */
#define CARD_RESERVED  (CARD_ENTRY - TOKEN_APPLET_SIZE - 2 * TOKEN_HASH_SIZE - 2 * 8 - 1)
#define TAIL_RESERVED  120

const struct box_type record_box = {.magic = "SKSHOREC", .version = RECORD_VERSION};

/* ---- ranges ---- */

/* The code point at *at, which moves on; 0 for the end, -1 for what is not UTF-8. */
static int32_t next_code_point(const uint8_t **at)
{
	static const struct {
		uint8_t mask, lead;
		int more;
		int32_t least;
	} forms[] = {
	    {0x80, 0x00, 0, 0},
	    {0xe0, 0xc0, 1, 0x80},
	    {0xf0, 0xe0, 2, 0x800},
	    {0xf8, 0xf0, 3, 0x10000},
	};
	const uint8_t *p = *at;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		int32_t c = *p & (uint8_t)~forms[i].mask;

		if ((*p & forms[i].mask) != forms[i].lead)
			continue;
		for (int n = 0; n < forms[i].more; n++) {
			if ((*++p & 0xc0) != 0x80) /* the NUL at the end stops here too */
				return -1;
			c = c << 6 | (*p & 0x3f);
		}
		*at = p + 1;
		return c < forms[i].least ? -1 : c;
	}
	return -1;
}

/* Code points that would make a terminal or a log line show something else than what is there.
 */
static bool code_point_ok(int32_t c)
{
	static const struct {
		int32_t first, last;
	} bad[] = {
	    {0x00, 0x1f},
	    {0x7f, 0x9f},
	    {0xad, 0xad},
	    {0x061c, 0x061c},
	    {0x200b, 0x200f},
	    {0x2028, 0x202e},
	    {0x2060, 0x206f},
	    {0xd800, 0xdfff},
	    {0xfe00, 0xfe0f},
	    {0xfeff, 0xfeff},
	    {0xfff9, 0xffff},
	    {0xe0000, 0xe0fff},
	    {0x110000, INT32_MAX},
	};

	if (c < 0)
		return false;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (c >= bad[i].first && c <= bad[i].last)
			return false;
	return true;
}

bool record_text_ok(const char *text, size_t size)
{
	const uint8_t *at = (const uint8_t *)text;

	if (strnlen(text, size) >= size)
		return false;
	while (*at != '\0')
		if (!code_point_ok(next_code_point(&at)))
			return false;
	return true;
}

/* Account names come from NSS in any encoding; only what breaks a line is refused. */
bool record_name_ok(const char *name)
{
	size_t len = strnlen(name, RECORD_NAME_SIZE);

	if (len == 0 || len >= RECORD_NAME_SIZE)
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f)
			return false;
	return true;
}

static bool card_is_blank(const struct token_card *c)
{
	return c->applet[0] == '\0' && field_is_zero(c->identity, sizeof(c->identity)) &&
	       field_is_zero(c->key_hash, sizeof(c->key_hash)) && c->not_before == 0 &&
	       c->not_after == 0 && c->key_kind == 0;
}

static bool applet_name_ok(const char *name)
{
	size_t len = strnlen(name, TOKEN_APPLET_SIZE);

	return len > 0 && len < TOKEN_APPLET_SIZE &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789") == len;
}

static bool otp_ok(const struct token *t)
{
	bool totp = t->kind == TOKEN_TOTP;

	if (t->algorithm < TOKEN_SHA1 || t->algorithm > (totp ? TOKEN_SHA512 : TOKEN_SHA1))
		return false;
	if (t->digits < 6 || t->digits > 8)
		return false;
	if (totp ? t->period < 15 || t->period > 300 : t->period != 0)
		return false;
	if (t->secret_len < TOKEN_SECRET_MIN || t->secret_len > TOKEN_SECRET_MAX)
		return false;
	return field_is_zero(t->secret + t->secret_len, TOKEN_SECRET_MAX - t->secret_len) &&
	       card_is_blank(&t->card);
}

/* Which applets and kinds of keys there are knows lib/cards: one that this program does not
 * know matches no card. */
static bool card_ok(const struct token *t)
{
	const struct token_card *c = &t->card;

	return t->algorithm == 0 && t->digits == 0 && t->period == 0 && t->secret_len == 0 &&
	       field_is_zero(t->secret, sizeof(t->secret)) && applet_name_ok(c->applet) &&
	       !field_is_zero(c->identity, sizeof(c->identity)) &&
	       !field_is_zero(c->key_hash, sizeof(c->key_hash)) && c->key_kind != 0 &&
	       field_time_ok(c->not_before) && field_time_ok(c->not_after) &&
	       c->not_before <= c->not_after;
}

static bool token_ok(const struct token *t)
{
	static bool (*const rules[])(const struct token *) = {
	    [TOKEN_TOTP] = otp_ok,
	    [TOKEN_HOTP] = otp_ok,
	    [TOKEN_CARD] = card_ok,
	};

	if (t->kind >= sizeof(rules) / sizeof(rules[0]) || rules[t->kind] == NULL)
		return false;
	if (field_is_zero(t->id, sizeof(t->id)) || (t->flags & ~TOKEN_SUSPENDED) != 0)
		return false;
	return rules[t->kind](t) && field_time_ok(t->created) && t->label[0] != '\0' &&
	       record_text_ok(t->label, sizeof(t->label));
}

bool record_same_secret(const struct token *a, const struct token *b)
{
	if ((a->kind == TOKEN_CARD) != (b->kind == TOKEN_CARD))
		return false;
	if (a->kind != TOKEN_CARD)
		return bytes_equal(a->secret, b->secret, sizeof(a->secret));
	return bytes_equal(a->card.identity, b->card.identity, TOKEN_HASH_SIZE) ||
	       bytes_equal(a->card.key_hash, b->card.key_hash, TOKEN_HASH_SIZE);
}

static bool tokens_differ(const struct token *a, const struct token *b)
{
	return memcmp(a->id, b->id, sizeof(a->id)) != 0 && strcmp(a->label, b->label) != 0 &&
	       !record_same_secret(a, b);
}

static bool tokens_ok(const struct record *r)
{
	if (r->token_count > RECORD_TOKENS_MAX)
		return false;
	for (unsigned i = 0; i < r->token_count; i++) {
		if (!token_ok(&r->tokens[i]))
			return false;
		for (unsigned j = 0; j < i; j++)
			if (!tokens_differ(&r->tokens[i], &r->tokens[j]))
				return false;
	}
	return true;
}

static bool temporary_ok(const struct temporary_code *t)
{
	return field_time_ok(t->not_before) && field_time_ok(t->not_after) &&
	       t->not_after > 0 && t->not_before <= t->not_after && t->uses > 0 &&
	       record_text_ok(t->reason, sizeof(t->reason));
}

static bool codes_ok(const struct record *r)
{
	if (r->recovery_count > RECORD_RECOVERY_MAX ||
	    r->temporary_count > RECORD_TEMPORARY_MAX)
		return false;
	for (unsigned i = 0; i < r->temporary_count; i++)
		if (!temporary_ok(&r->temporary[i]))
			return false;
	return true;
}

static bool person_ok(const struct record *r)
{
	if (!record_name_ok(r->name) || field_is_zero(r->incarnation, sizeof(r->incarnation)))
		return false;
	if (!field_time_ok(r->created) || !field_time_ok(r->changed) ||
	    !field_time_ok(r->not_before) || !field_time_ok(r->not_after))
		return false;
	if (r->not_after != 0 && r->not_before > r->not_after)
		return false;
	if ((r->flags & ~(uint32_t)(RECORD_TOMBSTONE | RECORD_SUSPENDED)) != 0)
		return false;
	return (r->flags & RECORD_TOMBSTONE) == 0 ||
	       (r->flags == RECORD_TOMBSTONE && r->token_count == 0 && r->recovery_count == 0 &&
	           r->temporary_count == 0);
}

/* One function for both directions: what can be written can be read, and nothing else. */
static bool record_ok(const struct record *r)
{
	return person_ok(r) && tokens_ok(r) && codes_ok(r);
}

/* ---- writing ---- */

static void put_card(struct writer *w, const struct token_card *c)
{
	put_text(w, c->applet, sizeof(c->applet));
	put_bytes(w, c->identity, sizeof(c->identity));
	put_bytes(w, c->key_hash, sizeof(c->key_hash));
	put_u64(w, (uint64_t)c->not_before);
	put_u64(w, (uint64_t)c->not_after);
	put_u8(w, c->key_kind);
	put_zeros(w, CARD_RESERVED);
}

static void put_token(struct writer *w, const struct token *t)
{
	put_bytes(w, t->id, sizeof(t->id));
	put_u8(w, t->kind);
	put_u8(w, t->algorithm);
	put_u8(w, t->digits);
	put_u8(w, t->flags);
	put_u16(w, t->period);
	put_u16(w, t->secret_len);
	put_bytes(w, t->secret, sizeof(t->secret));
	put_u64(w, (uint64_t)t->created);
	put_text(w, t->label, sizeof(t->label));
	put_card(w, &t->card);
}

static void put_code(struct writer *w, const struct stored_code *c)
{
	put_bytes(w, c->salt, sizeof(c->salt));
	put_bytes(w, c->hash, sizeof(c->hash));
}

static void put_temporary(struct writer *w, const struct temporary_code *t)
{
	put_code(w, &t->code);
	put_u64(w, (uint64_t)t->not_before);
	put_u64(w, (uint64_t)t->not_after);
	put_u16(w, t->uses);
	put_zeros(w, 2);
	put_u32(w, t->issuer);
	put_text(w, t->reason, sizeof(t->reason));
}

static void put_person(struct writer *w, const struct record *r)
{
	put_text(w, r->name, sizeof(r->name));
	put_u32(w, r->uid);
	put_u32(w, r->flags);
	put_bytes(w, r->incarnation, sizeof(r->incarnation));
	put_u64(w, (uint64_t)r->created);
	put_u64(w, (uint64_t)r->changed);
	put_u64(w, (uint64_t)r->not_before);
	put_u64(w, (uint64_t)r->not_after);
	put_u8(w, r->token_count);
	put_u8(w, r->recovery_count);
	put_u8(w, r->temporary_count);
	put_zeros(w, 5);
}

/* Entries past their count are written from zeros, so a caller's leftovers go nowhere. */
int record_encode(const struct record *r, uint8_t out[RECORD_PLAIN_SIZE])
{
	static const struct token no_token;
	static const struct stored_code no_code;
	static const struct temporary_code no_temporary;
	struct writer w = writer_over(out, RECORD_PLAIN_SIZE);

	if (!record_ok(r))
		return -1;
	put_person(&w, r);
	for (unsigned i = 0; i < RECORD_TOKENS_MAX; i++)
		put_token(&w, i < r->token_count ? &r->tokens[i] : &no_token);
	for (unsigned i = 0; i < RECORD_RECOVERY_MAX; i++)
		put_code(&w, i < r->recovery_count ? &r->recovery[i] : &no_code);
	for (unsigned i = 0; i < RECORD_TEMPORARY_MAX; i++)
		put_temporary(&w, i < r->temporary_count ? &r->temporary[i] : &no_temporary);
	put_zeros(&w, TAIL_RESERVED);
	return writer_full(&w) ? 0 : -1;
}

/* ---- reading ---- */

static void get_card(struct reader *r, struct token_card *c)
{
	get_text(r, c->applet, sizeof(c->applet));
	get_bytes(r, c->identity, sizeof(c->identity));
	get_bytes(r, c->key_hash, sizeof(c->key_hash));
	c->not_before = (int64_t)get_u64(r);
	c->not_after = (int64_t)get_u64(r);
	c->key_kind = get_u8(r);
	get_zeros(r, CARD_RESERVED);
}

static void get_token(struct reader *r, struct token *t)
{
	get_bytes(r, t->id, sizeof(t->id));
	t->kind = get_u8(r);
	t->algorithm = get_u8(r);
	t->digits = get_u8(r);
	t->flags = get_u8(r);
	t->period = get_u16(r);
	t->secret_len = get_u16(r);
	get_bytes(r, t->secret, sizeof(t->secret));
	t->created = (int64_t)get_u64(r);
	get_text(r, t->label, sizeof(t->label));
	get_card(r, &t->card);
}

static void get_code(struct reader *r, struct stored_code *c)
{
	get_bytes(r, c->salt, sizeof(c->salt));
	get_bytes(r, c->hash, sizeof(c->hash));
}

static void get_temporary(struct reader *r, struct temporary_code *t)
{
	get_code(r, &t->code);
	t->not_before = (int64_t)get_u64(r);
	t->not_after = (int64_t)get_u64(r);
	t->uses = get_u16(r);
	get_zeros(r, 2);
	t->issuer = get_u32(r);
	get_text(r, t->reason, sizeof(t->reason));
}

static void get_person(struct reader *r, struct record *p)
{
	get_text(r, p->name, sizeof(p->name));
	p->uid = get_u32(r);
	p->flags = get_u32(r);
	get_bytes(r, p->incarnation, sizeof(p->incarnation));
	p->created = (int64_t)get_u64(r);
	p->changed = (int64_t)get_u64(r);
	p->not_before = (int64_t)get_u64(r);
	p->not_after = (int64_t)get_u64(r);
	p->token_count = get_u8(r);
	p->recovery_count = get_u8(r);
	p->temporary_count = get_u8(r);
	get_zeros(r, 5);
}

#define TOKEN_ENTRY     (120 + CARD_ENTRY)
#define CODE_ENTRY      48
#define TEMPORARY_ENTRY 136

/* Unused entries are zeros to the last byte. */
static void get_entries(struct reader *r, struct record *p)
{
	for (unsigned i = 0; i < RECORD_TOKENS_MAX; i++)
		if (i < p->token_count)
			get_token(r, &p->tokens[i]);
		else
			get_zeros(r, TOKEN_ENTRY);
	for (unsigned i = 0; i < RECORD_RECOVERY_MAX; i++)
		if (i < p->recovery_count)
			get_code(r, &p->recovery[i]);
		else
			get_zeros(r, CODE_ENTRY);
	for (unsigned i = 0; i < RECORD_TEMPORARY_MAX; i++)
		if (i < p->temporary_count)
			get_temporary(r, &p->temporary[i]);
		else
			get_zeros(r, TEMPORARY_ENTRY);
	get_zeros(r, TAIL_RESERVED);
}

int record_decode(
    const uint8_t *plain, size_t len, const char *object, struct record *ret_r, struct err *e)
{
	struct reader r = reader_over(plain, len);

	memset(ret_r, 0, sizeof(*ret_r));
	get_person(&r, ret_r);
	get_entries(&r, ret_r);
	if (reader_finished(&r) && record_ok(ret_r))
		return 0;
	(void)err_set(e, ERR_DAMAGED, object, "a field is out of its range");
	wipe(ret_r, sizeof(*ret_r));
	return -1;
}

struct token *record_find_label(struct record *r, const char *label)
{
	for (unsigned i = 0; i < r->token_count && i < RECORD_TOKENS_MAX; i++)
		if (strcmp(r->tokens[i].label, label) == 0)
			return &r->tokens[i];
	return NULL;
}

const struct token *record_find_id(const struct record *r, const uint8_t id[TOKEN_ID_SIZE])
{
	for (unsigned i = 0; i < r->token_count && i < RECORD_TOKENS_MAX; i++)
		if (memcmp(r->tokens[i].id, id, TOKEN_ID_SIZE) == 0)
			return &r->tokens[i];
	return NULL;
}

bool record_has_card(const struct record *r)
{
	for (unsigned i = 0; i < r->token_count && i < RECORD_TOKENS_MAX; i++)
		if (r->tokens[i].kind == TOKEN_CARD)
			return true;
	return false;
}
