/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The codec of the messages: one table of fields, walked in both directions, so that what is
 * refused when decoding cannot be encoded either. No I/O, no meaning, no words.
 */
#include "lib/wire/msg.h"

#include <string.h>

enum field_kind {
	FIELD_NUMBER, /* .size bytes, at most .max; for flags .max is all of them */
	FIELD_BYTES,  /* .size bytes as they are */
	FIELD_TEXT,   /* .size bytes with NUL, zero padded */
	FIELD_SECRET, /* u16 length, SECRET_MAX bytes, zero padded */
};

struct field {
	enum field_kind kind;
	uint8_t since; /* first protocol version that carries it; else it decodes as 0 */
	size_t offset; /* in struct msg */
	size_t size;   /* in struct msg */
	uint32_t max;
};

struct layout {
	const struct field *fields;
	size_t count;
};

#define HEADER_SIZE       (2 + 1 + 1 + MSG_SESSION_SIZE)
#define SECRET_FIELD_SIZE (2 + SECRET_MAX)

#define AT(member)  offsetof(struct msg, member), sizeof(((struct msg *)0)->member)
#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

#define FLAGS_MAX  (MSG_HELLO_COMBINED | MSG_HELLO_NO_PIN | MSG_HELLO_NO_USER)
#define TEXT_MAX   (MSG_TEXT_COUNT - 1)
#define REASON_MAX (MSG_REASON_COUNT - 1)

static const struct field hello_fields[] = {
    {FIELD_NUMBER, 1, AT(hello.flags), FLAGS_MAX},
    {FIELD_NUMBER, 1, AT(hello.ruid), UINT32_MAX},
    {FIELD_TEXT, 1, AT(hello.user), 0},
    {FIELD_TEXT, 1, AT(hello.service), 0},
    {FIELD_TEXT, 1, AT(hello.tty), 0},
    {FIELD_TEXT, 1, AT(hello.rhost), 0},
};
static const struct field ask_fields[] = {
    {FIELD_NUMBER, 1, AT(ask.seq), UINT32_MAX},
    {FIELD_NUMBER, 1, AT(ask.text), TEXT_MAX},
    {FIELD_NUMBER, 1, AT(ask.reason), REASON_MAX},
    {FIELD_NUMBER, 1, AT(ask.seconds), UINT32_MAX},
    {FIELD_NUMBER, 2, AT(ask.left), UINT32_MAX},
};
static const struct field answer_fields[] = {
    {FIELD_NUMBER, 1, AT(answer.seq), UINT32_MAX},
    {FIELD_NUMBER, 1, AT(answer.kind), MSG_ANSWER_PASSWORD},
    {FIELD_SECRET, 1, AT(answer.text), 0},
};
static const struct field verdict_fields[] = {
    {FIELD_NUMBER, 1, AT(verdict.grant), UINT32_MAX},
    {FIELD_NUMBER, 1, AT(verdict.verdict), VERDICT_COUNT - 1},
    {FIELD_NUMBER, 1, AT(verdict.reason), REASON_MAX},
    {FIELD_NUMBER, 1, AT(verdict.seconds), UINT32_MAX},
    {FIELD_NUMBER, 2, AT(verdict.left), UINT32_MAX},
    {FIELD_BYTES, 2, AT(verdict.card), 0},
};
static const struct field name_fields[] = {
    {FIELD_TEXT, 1, AT(name.user), 0},
};

/* ask and info are one struct in the union, so they share a layout. */
static const struct layout layouts[] = {
    [MSG_HELLO] = {hello_fields, COUNT(hello_fields)},
    [MSG_WELCOME] = {NULL, 0},
    [MSG_ASK] = {ask_fields, COUNT(ask_fields)},
    [MSG_INFO] = {ask_fields, COUNT(ask_fields)},
    [MSG_ANSWER] = {answer_fields, COUNT(answer_fields)},
    [MSG_VERDICT] = {verdict_fields, COUNT(verdict_fields)},
    [MSG_NAME] = {name_fields, COUNT(name_fields)},
};

/* NULL when there is no such message. */
static const struct layout *layout_of(unsigned int type, unsigned int version)
{
	if (version < MSG_VERSION_OLDEST || version > MSG_VERSION)
		return NULL;
	if (type == MSG_INVALID || type >= COUNT(layouts))
		return NULL;
	return &layouts[type];
}

static size_t encoded_size(const struct layout *l, unsigned int version)
{
	size_t size = HEADER_SIZE;

	for (size_t i = 0; i < l->count; i++) {
		const struct field *f = &l->fields[i];

		if (f->since <= version)
			size += f->kind == FIELD_SECRET ? SECRET_FIELD_SIZE : f->size;
	}
	return size;
}

static uint32_t load_number(const struct msg *m, const struct field *f)
{
	const uint8_t *at = (const uint8_t *)m + f->offset;
	uint16_t half;
	uint32_t word;

	if (f->size == sizeof(uint8_t))
		return *at;
	if (f->size == sizeof(half)) {
		memcpy(&half, at, sizeof(half));
		return half;
	}
	memcpy(&word, at, sizeof(word));
	return word;
}

static void store_number(struct msg *m, const struct field *f, uint32_t value)
{
	uint8_t *at = (uint8_t *)m + f->offset;
	uint16_t half = (uint16_t)value;

	if (f->size == sizeof(uint8_t))
		*at = (uint8_t)value;
	else if (f->size == sizeof(half))
		memcpy(at, &half, sizeof(half));
	else
		memcpy(at, &value, sizeof(value));
}

static void put_number_field(struct writer *w, const struct field *f, const struct msg *m)
{
	uint32_t value = load_number(m, f);

	if (value > f->max)
		w->bad = true;
	else if (f->size == sizeof(uint8_t))
		put_u8(w, (uint8_t)value);
	else if (f->size == sizeof(uint16_t))
		put_u16(w, (uint16_t)value);
	else
		put_u32(w, value);
}

static void get_number_field(struct reader *r, const struct field *f, struct msg *m)
{
	uint32_t value;

	if (f->size == sizeof(uint8_t))
		value = get_u8(r);
	else if (f->size == sizeof(uint16_t))
		value = get_u16(r);
	else
		value = get_u32(r);
	if (value > f->max)
		r->bad = true;
	store_number(m, f, value);
}

static bool secret_has_nul(const struct secret *s)
{
	return s->len > 0 && memchr(s->data, '\0', s->len) != NULL;
}

static void put_secret_field(struct writer *w, const struct secret *s)
{
	if (s->len > SECRET_MAX || secret_has_nul(s)) {
		w->bad = true;
		return;
	}
	put_u16(w, (uint16_t)s->len);
	put_bytes(w, s->data, s->len);
	put_zeros(w, SECRET_MAX - s->len);
}

static void get_secret_field(struct reader *r, struct secret *s)
{
	size_t len = get_u16(r);

	if (len > SECRET_MAX) {
		r->bad = true;
		return;
	}
	get_bytes(r, s->data, len);
	get_zeros(r, SECRET_MAX - len);
	s->len = len;
	if (secret_has_nul(s))
		r->bad = true;
}

static void put_field(struct writer *w, const struct field *f, const struct msg *m)
{
	const uint8_t *at = (const uint8_t *)m + f->offset;

	switch (f->kind) {
	case FIELD_NUMBER:
		put_number_field(w, f, m);
		return;
	case FIELD_BYTES:
		put_bytes(w, at, f->size);
		return;
	case FIELD_TEXT:
		put_text(w, (const char *)at, f->size);
		return;
	case FIELD_SECRET:
		put_secret_field(w, (const struct secret *)(const void *)at);
		return;
	}
	w->bad = true;
}

static void get_field(struct reader *r, const struct field *f, struct msg *m)
{
	uint8_t *at = (uint8_t *)m + f->offset;

	switch (f->kind) {
	case FIELD_NUMBER:
		get_number_field(r, f, m);
		return;
	case FIELD_BYTES:
		get_bytes(r, at, f->size);
		return;
	case FIELD_TEXT:
		get_text(r, (char *)at, f->size);
		return;
	case FIELD_SECRET:
		get_secret_field(r, (struct secret *)(void *)at);
		return;
	}
	r->bad = true;
}

static bool ask_text_ok(const struct msg *m)
{
	return m->ask.text == MSG_TEXT_CODE ||
	       (m->version >= 2 && m->ask.text >= MSG_TEXT_PIN &&
	           m->ask.text <= MSG_TEXT_PIN_AGAIN);
}

static bool info_text_ok(const struct msg *m)
{
	return m->info.text <= (m->version >= 2 ? MSG_TEXT_EMERGENCY : MSG_TEXT_CODE) ||
	       (m->version >= 2 && m->info.text == MSG_TEXT_CARD_WAIT);
}

static bool reason_ok(const struct msg *m, uint16_t reason)
{
	return m->version >= 2 || reason <= MSG_REASON_UNAVAILABLE;
}

/* What no single field can show. */
static bool fields_agree(const struct msg *m)
{
	bool granted;

	switch (m->type) {
	case MSG_ANSWER:
		if (m->answer.kind == MSG_ANSWER_INVALID)
			return false;
		return m->answer.kind == MSG_ANSWER_TEXT || m->answer.text.len == 0;
	case MSG_VERDICT:
		granted = m->verdict.verdict == VERDICT_GRANTED;
		return m->verdict.grant == (granted ? MSG_GRANT : 0) &&
		       (granted || !msg_has_card(m)) && reason_ok(m, m->verdict.reason);
	case MSG_ASK:
		return ask_text_ok(m) && reason_ok(m, m->ask.reason);
	case MSG_INFO:
		return info_text_ok(m) && reason_ok(m, m->info.reason);
	case MSG_HELLO:
		return (m->hello.flags & MSG_HELLO_NO_USER) == 0 || m->hello.user[0] == '\0';
	case MSG_INVALID:
	case MSG_WELCOME:
	case MSG_NAME:
		break;
	}
	return true;
}

size_t msg_encode(const struct msg *m, uint8_t out[MSG_MAX])
{
	const struct layout *l = layout_of(m->type, m->version);
	struct writer w;
	size_t size;

	if (l == NULL || !fields_agree(m))
		return 0;
	size = encoded_size(l, m->version);
	if (size > MSG_MAX)
		return 0;
	w = writer_over(out, size);
	put_u16(&w, (uint16_t)size);
	put_u8(&w, m->version);
	put_u8(&w, (uint8_t)m->type);
	put_bytes(&w, m->session, sizeof(m->session));
	for (size_t i = 0; i < l->count; i++) {
		if (l->fields[i].since <= m->version)
			put_field(&w, &l->fields[i], m);
	}
	if (writer_full(&w))
		return size;
	wipe(out, size);
	return 0;
}

int msg_decode(const void *data, size_t len, struct msg *ret_m)
{
	struct reader r = reader_over(data, len);
	const struct layout *l;
	uint16_t size;
	uint8_t type;

	msg_clear(ret_m);
	size = get_u16(&r);
	ret_m->version = get_u8(&r);
	type = get_u8(&r);
	l = layout_of(type, ret_m->version);
	if (l == NULL || size != len)
		goto bad;
	ret_m->type = (enum msg_type)type;
	get_bytes(&r, ret_m->session, sizeof(ret_m->session));
	for (size_t i = 0; i < l->count; i++) {
		if (l->fields[i].since <= ret_m->version)
			get_field(&r, &l->fields[i], ret_m);
	}
	if (reader_finished(&r) && fields_agree(ret_m))
		return 0;
bad:
	msg_clear(ret_m);
	return -1;
}

bool msg_has_card(const struct msg *m)
{
	for (size_t i = 0; i < sizeof(m->verdict.card); i++)
		if (m->verdict.card[i] != 0)
			return true;
	return false;
}

void msg_clear(struct msg *m)
{
	wipe(m, sizeof(*m));
}
