/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz target: the helper's side of many logins in a row, over a real store, while clocks jump,
 * the machine reboots, administrators unlock, cards answer anything, and any call may fail. A
 * model beside it knows what may never happen: a code that works twice or after a later one, a
 * grant that is not durable, a sixth guess without a pause, somebody let in who is not
 * enrolled, a card that opens without the signature of its key, gets what nobody typed as its
 * PIN, or is not given back; a PIN for a card that was not seen to be hers.
 *
 * Input: seed and chance of failing calls, then steps; see run_step.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz/calls.h"
#include "fuzz/inputcard.h"
#include "lib/cards/trust.h"
#include "lib/factors/otp.h"
#include "lib/factors/recovery.h"
#include "lib/login/judge.h"
#include "lib/login/rules.h"
#include "lib/login/login.h"
#include "lib/store/certificates.h"
#include "lib/store/emergency.h"
#include "lib/store/floor.h"
#include "lib/store/lockout.h"
#include "tests/unit/issuer.h"
#include "tests/unit/tempdir.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition)                                                                     \
	do {                                                                                   \
		if (!(condition)) {                                                            \
			(void)fprintf(stderr, "broken: %s\n", #condition);                     \
			abort();                                                               \
		}                                                                              \
	} while (0)

#define BEGIN       ((int64_t)1700000010)
#define UID         4242
#define PERIOD      30
#define STEPS_MAX   24
#define FREE_TRIES  5
#define DELAY_MS    30000
#define DRIFT_MOST  (PERSON_FOLLOWED_S / PERIOD)
#define ALL_SOURCES 5
#define CARD_PIN    123456
#define CARD_END    (BEGIN + 365 * (int64_t)DAY)
#define CARD_RIGHT  0xfc /* of the input: what alice's card would answer */

/* ---- the world: one store, made once, put back before each input */

struct kept { /* a file as it was */
	int dir;
	char name[NAME_HEX_SIZE];
	uint8_t bytes[2 * 4096];
	size_t len;
};

static char path[TEMPDIR_SIZE], store_path[TEMPDIR_SIZE + 8], etc_path[TEMPDIR_SIZE + 8];
static struct store store;
static struct keys keys;
static struct kept kept[8];
static size_t kept_count;
static uint8_t decoy_secret; /* its first byte: all that calls_code looks at */
static char paper[RECORD_RECOVERY_MAX][CODE_SIZE], envelope[CODE_SIZE];
static EVP_PKEY *card_key;
static uint8_t card_certificate[CERTIFICATE_MAX];
static size_t card_certificate_len;
static struct token card_token;

static int64_t wall_now;
static uint64_t boot_now;
static struct clock_source clk;

static int64_t wall(const struct clock_source *c)
{
	(void)c;
	return wall_now;
}

static uint64_t boot(const struct clock_source *c)
{
	(void)c;
	return boot_now;
}

static void no_line(void *context, int priority, const char *line)
{
	(void)context, (void)priority;
	REQUIRE(strpbrk(line, "\n\r") == NULL);
}

static const struct audit_sink sink = {no_line, NULL};

static void keep(int dir, const char *name)
{
	struct kept *k = &kept[kept_count++];
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	REQUIRE(kept_count <= sizeof(kept) / sizeof(kept[0]) && fd >= 0);
	k->dir = dir;
	(void)snprintf(k->name, sizeof(k->name), "%s", name);
	n = read(fd, k->bytes, sizeof(k->bytes));
	REQUIRE(n > 0);
	k->len = (size_t)n;
	(void)close(fd);
}

static void put_back(void)
{
	for (size_t i = 0; i < kept_count; i++) {
		int fd = openat(kept[i].dir, kept[i].name, O_WRONLY | O_CLOEXEC);

		REQUIRE(fd >= 0);
		REQUIRE(pwrite(fd, kept[i].bytes, kept[i].len, 0) == (ssize_t)kept[i].len);
		(void)close(fd);
	}
}

/* ---- the card */

static const uint8_t card_here[] = {0x61, 0x11, 0x4f, 0x06, 0, 0, 0x10, 0, 0x01, 0, 0x79, 0x07,
    0x4f, 0x05, 0xa0, 0, 0, 0x03, 0x08, 0x90, 0};
/* With 16 random bytes, which no input can have. */
static uint8_t card_number[22] = {0x53, 0x12, 0x34, 0x10, [20] = 0x90};

static struct inputcard card;
static struct {
	unsigned verifies;
	unsigned event, known; /* as listed; when the card was last known for alice's */
	bool identified;
	/* of the latest connection */
	bool pin_sent, proved; /* proved: signed by card_key after a PIN */
	uint8_t pin[8];
} talk;

static size_t sign(const uint8_t *command, size_t len, uint8_t *out)
{
	static const uint8_t begin[] = {0x00, 0x87, 0x11, 0x9a, 0x26};
	const size_t digest = 32;
	size_t n;

	REQUIRE(len == 12 + digest && memcmp(command, begin, sizeof(begin)) == 0);
	n = issuer_sign_digest(card_key, command + 11, digest, out + 4, 72);
	out[0] = 0x7c;
	out[1] = (uint8_t)(n + 2);
	out[2] = 0x82;
	out[3] = (uint8_t)n;
	out[n + 4] = 0x90;
	out[n + 5] = 0x00;
	talk.proved = talk.pin_sent;
	return n + 6;
}

static size_t copy_answer(uint8_t *out, const void *answer, size_t len)
{
	memcpy(out, answer, len);
	return len;
}

static size_t answer_right(const uint8_t *command, size_t len, uint8_t *out)
{
	switch (command[1]) {
	case 0xa4:
		if (len > 5 && command[5] == card_here[14])
			return copy_answer(out, card_here, sizeof(card_here));
		break;
	case 0xcb:
		talk.identified = true;
		talk.known = talk.event;
		return copy_answer(out, card_number, sizeof(card_number));
	case 0x20:
		if (len <= 5)
			return copy_answer(out, "\x63\xc3", 2);
		return memcmp(command + 5, "123456\xff\xff", 8) == 0
		           ? copy_answer(out, "\x90", 2)
		           : copy_answer(out, "\x63\xc2", 2);
	case 0x87:
		return sign(command, len, out);
	default:
		break;
	}
	return copy_answer(out, "\x6a\x82", 2);
}

static enum card_result card_transmit(struct card_service *s, const uint8_t *command,
    size_t len, uint8_t *ret_answer, size_t *ret_len)
{
	if (command[1] == 0x20 && len > 5) {
		REQUIRE(len == 5 + sizeof(talk.pin));
		REQUIRE(talk.identified && talk.known == talk.event);
		memcpy(talk.pin, command + 5, sizeof(talk.pin));
		talk.pin_sent = true;
		talk.verifies++;
	}
	if (card.in.left == 0 || *card.in.at != CARD_RIGHT)
		return inputcard_transmit(s, command, len, ret_answer, ret_len);
	REQUIRE(card.in_transaction);
	(void)take_u8(&card.in);
	*ret_len = answer_right(command, len, ret_answer);
	return CARD_OK;
}

static enum card_result card_connect(struct card_service *s, const char *reader)
{
	talk.pin_sent = talk.proved = false;
	return inputcard_connect(s, reader);
}

static enum card_result card_list(struct card_service *s, struct card_reader_list *ret_l)
{
	uint8_t how = take_u8(&card.in);

	(void)inputcard_list(s, ret_l);
	ret_l->readers[0].event = talk.event = how / 16;
	ret_l->readers[0].present = how % 16 != 14;
	ret_l->readers[0].mute = how % 16 == 13;
	ret_l->readers[0].in_use = how % 16 == 12;
	return how % 16 == 15 ? CARD_NO_SERVICE : CARD_OK;
}

static void insert_card(struct cursor in)
{
	inputcard_init(&card, in);
	card.service.list = card_list;
	card.service.connect = card_connect;
	card.service.transmit = card_transmit;
	memset(&talk, 0, sizeof(talk));
}

/* Its key, a certificate, and the issuer among those that are trusted. */
static void make_card(void)
{
	EVP_PKEY *issuer_of_all = issuer_key(KEY_P256);
	struct issue root = {.subject = "root",
	    .key = issuer_of_all,
	    .serial = 1,
	    .not_before = BEGIN - DAY,
	    .not_after = CARD_END,
	    .usage = "critical,keyCertSign,cRLSign",
	    .basic = "critical,CA:TRUE"};
	struct issue leaf = {.subject = "alice",
	    .serial = 2,
	    .not_before = BEGIN - DAY,
	    .not_after = CARD_END,
	    .usage = "critical,digitalSignature",
	    .extended = "clientAuth",
	    .issuer_key = issuer_of_all};
	const struct span content = {card_number + 2, sizeof(card_number) - 4};
	struct public_key public;
	char name[sizeof(etc_path) + 32];
	X509 *x;
	FILE *f;

	REQUIRE(crypto_random(card_number + 4, 16) == 0);
	card_key = leaf.key = issuer_key(KEY_P256);
	leaf.issuer = issuer_issue(&root);
	x = issuer_issue(&leaf);
	card_certificate_len = issuer_der(x, card_certificate, sizeof(card_certificate));
	issuer_public(card_key, &public);
	card_token = (struct token){.id = {3},
	    .kind = TOKEN_CARD,
	    .created = BEGIN,
	    .label = "card",
	    .card = {.applet = "piv",
	        .not_before = leaf.not_before,
	        .not_after = leaf.not_after,
	        .key_kind = KEY_P256}};
	REQUIRE(key_hash(&public, card_token.card.key_hash) == 0);
	REQUIRE(crypto_sha256(&content, 1, card_token.card.identity) == 0);
	REQUIRE(mkdirat(store.etc, TRUST_ANCHORS, 0700) == 0);
	(void)snprintf(name, sizeof(name), "%s/" TRUST_ANCHORS "/root.pem", etc_path);
	f = fopen(name, "we");
	REQUIRE(f != NULL && PEM_write_X509(f, leaf.issuer) == 1 && fclose(f) == 0);
	X509_free(leaf.issuer);
	X509_free(x);
	EVP_PKEY_free(issuer_of_all);
}

/* ---- persons */

static void fill_alice(struct person *p)
{
	struct record *r = &p->record;

	r->uid = UID;
	r->created = r->changed = BEGIN;
	r->token_count = 3;
	r->tokens[0] = (struct token){.id = {1},
	    .kind = TOKEN_TOTP,
	    .algorithm = TOKEN_SHA1,
	    .digits = 6,
	    .period = PERIOD,
	    .secret_len = 20,
	    .secret = {0, 1},
	    .created = BEGIN,
	    .label = "phone"};
	r->tokens[1] = (struct token){.id = {2},
	    .kind = TOKEN_HOTP,
	    .algorithm = TOKEN_SHA1,
	    .digits = 6,
	    .secret_len = 20,
	    .secret = {0, 2},
	    .created = BEGIN,
	    .label = "fob"};
	r->tokens[2] = card_token;
	r->recovery_count = RECORD_RECOVERY_MAX;
	for (unsigned i = 0; i < RECORD_RECOVERY_MAX; i++)
		REQUIRE(code_make(CODE_PERSONAL, paper[i]) == 0 &&
		        recovery_seal(paper[i], &r->recovery[i]) == 0);
	memcpy(p->state.counters[0].id, r->tokens[0].id, TOKEN_ID_SIZE);
	memcpy(p->state.counters[1].id, r->tokens[1].id, TOKEN_ID_SIZE);
	memcpy(p->state.counters[2].id, r->tokens[2].id, TOKEN_ID_SIZE);
}

static void make_person(const char *name, bool suspended)
{
	struct person p;
	bool found;

	REQUIRE(person_find(&store, &keys, name, &found, &p, NULL) == 0 && !found);
	fill_alice(&p);
	p.record.flags = suspended ? RECORD_SUSPENDED : 0;
	REQUIRE(certificates_add(&store, &keys, &p, card_token.id, card_certificate,
	            card_certificate_len, NULL) == 0);
	REQUIRE(person_put(&store, &keys, &p, NULL) == 0);
	keep(store.states, p.file);
	person_close(&p);
}

static void make_decoy_of(const char *name)
{
	struct person p;

	REQUIRE(person_open(&store, &keys, name, &p, NULL) == 0 && p.decoy);
	keep(store.decoys, p.state_name);
	decoy_secret = p.record.tokens[0].secret[0];
	person_close(&p);
}

static void remove_world(void)
{
	tempdir_remove(path);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const uid_t uids[] = {UID};
	struct emergency em;
	struct err e = {0};

	(void)argc, (void)argv;
	tempdir_make(path);
	(void)atexit(remove_world);
	(void)snprintf(store_path, sizeof(store_path), "%s/store", path);
	(void)snprintf(etc_path, sizeof(etc_path), "%s/etc", path);
	if (store_create(store_path, etc_path, true, BEGIN, &e) != 0 ||
	    store_open(&store, store_path, etc_path, true, &e) != 0 ||
	    store_unlock(&store, &keys, &e) != 0) {
		(void)fprintf(stderr, "%s: %s\n", e.object, e.why);
		abort();
	}
	make_card();
	/* the suspended person first: alice's codes are those that stay in `paper` */
	make_person("mallory", true);
	make_person("alice", false);
	make_decoy_of("nobody");
	make_decoy_of("bob");
	REQUIRE(code_make(CODE_EMERGENCY, envelope) == 0);
	REQUIRE(
	    emergency_write(store.dir, store_path, envelope, uids, 1, BEGIN, &em, NULL) == 0);
	keep(store.dir, EMERGENCY_FILE);
	keep(store.dir, "clock");
	return 0;
}

/* ---- the model */

static struct {
	int64_t step;     /* latest one granted; -1 none */
	int64_t accepted; /* when */
	uint64_t hotp;    /* lowest counter not granted */
	unsigned paper;   /* bit i: code i was granted */
	bool envelope;
	bool behind; /* an administrator took the clock back: times mean nothing any more */
	struct {
		unsigned told; /* failures that were told since the last success or unlock */
		unsigned wrong, wrong_pins;
		uint64_t at; /* boot_now of the last one */
	} sources[ALL_SOURCES];
} model;

struct setting { /* a configuration, and what it allows */
	const char *text;
	unsigned window, look_ahead;
	bool recovery, usable, open;
	bool card, no_otp; /* a card opens; a one-time code does not */
};

#define ANYWHERE "allow-any-file-system = yes\ncard-wait = 0\n"
static const struct setting settings[] = {
    {ANYWHERE, 1, 10, true, true, false, false, false},
    {ANYWHERE "totp-window = 0\nhotp-look-ahead = 1\n", 0, 1, true, true, false, false, false},
    {ANYWHERE "totp-window = 10\nhotp-look-ahead = 100\n", 10, 100, true, true, false, false,
        false},
    {ANYWHERE "rule \"r\" { require = \"otp\" recovery = no }\n", 1, 10, false, true, false,
        false, false},
    {ANYWHERE "rule \"r\" { require = \"none\" }\n", 1, 10, true, true, true, false, false},
    {"totp-window = eleven\n", 1, 10, true, false, false, false, false},
    {ANYWHERE "crl = off\nrule \"r\" { require = \"card\" }\n", 1, 10, true, true, false, true,
        true},
    {ANYWHERE "crl = off\nrule \"r\" { require = \"card or otp\" }\n", 1, 10, true, true, false,
        true, false},
    /* there is no list */
    {ANYWHERE "rule \"r\" { require = \"card or otp\" }\n", 1, 10, true, true, false, false,
        false},
};
#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

struct attempt {
	const char *user;
	unsigned source;
	const struct setting *setting;
};

static bool is_locked(unsigned source)
{
	return model.sources[source].told >= FREE_TRIES &&
	       boot_now < model.sources[source].at + DELAY_MS;
}

/* Six digits, as calls_code makes them from a secret that begins with 0. */
static bool read_digits(const struct secret *answer, uint32_t *ret_code)
{
	char digits[9];

	if (otp_normalize(answer, digits) != 6)
		return false;
	*ret_code = (uint32_t)strtoul(digits, NULL, 10);
	return true;
}

static void grant_totp(uint32_t code, const struct attempt *a)
{
	int64_t centre = wall_now / PERIOD;
	int64_t away = (int64_t)(code / 2) - centre % CALLS_CODES;

	away -= away > CALLS_CODES / 2 ? CALLS_CODES : 0;
	away += away < -CALLS_CODES / 2 ? CALLS_CODES : 0;
	REQUIRE(wall_now >= 0);
	REQUIRE(llabs(away) <= (long long)DRIFT_MOST + a->setting->window);
	REQUIRE(centre + away > model.step);
	REQUIRE(model.behind || wall_now >= model.accepted - FLOOR_TOLERANCE_S);
	model.step = centre + away;
	model.accepted = wall_now > model.accepted ? wall_now : model.accepted;
}

static void grant_paper(const struct secret *answer, const struct attempt *a)
{
	char text[CODE_SIZE];
	enum code_kind kind = code_normalize(answer, text);
	unsigned i = 0;

	if (kind == CODE_EMERGENCY) {
		REQUIRE(strcmp(text, envelope) == 0 && !model.envelope);
		model.envelope = true;
		return;
	}
	REQUIRE(kind == CODE_PERSONAL && a->setting->recovery);
	while (i < RECORD_RECOVERY_MAX && strcmp(text, paper[i]) != 0)
		i++;
	REQUIRE(i < RECORD_RECOVERY_MAX && (model.paper >> i & 1) == 0);
	model.paper |= 1u << i;
}

static void check_grant(const struct attempt *a, const struct secret *answer)
{
	char text[CODE_SIZE];
	bool emergency = code_normalize(answer, text) == CODE_EMERGENCY;
	uint32_t code;

	/* the clock floor alone may follow without a sync */
	REQUIRE(calls_durable > 0 && calls_pending <= 1);
	REQUIRE(emergency || strcmp(a->user, "alice") == 0);
	REQUIRE(strcmp(a->user, "nobody") != 0 && strcmp(a->user, "bob") != 0);
	if (emergency) {
		grant_paper(answer, a);
		return; /* it counts for nothing else */
	}
	REQUIRE(a->setting->usable && !is_locked(a->source));
	if (!read_digits(answer, &code)) {
		grant_paper(answer, a);
	} else if (code % 2 == 1) {
		REQUIRE(!a->setting->no_otp && code / 2 >= model.hotp);
		model.hotp = code / 2 + 1;
	} else {
		REQUIRE(!a->setting->no_otp);
		grant_totp(code, a);
	}
	memset(&model.sources[a->source], 0, sizeof(model.sources[0]));
}

static void pad_pin(const struct secret *answer, uint8_t ret_pin[sizeof(talk.pin)])
{
	REQUIRE(answer->len <= sizeof(talk.pin));
	memset(ret_pin, 0xff, sizeof(talk.pin));
	memcpy(ret_pin, answer->data, answer->len);
}

static void check_card_grant(
    const struct attempt *a, const struct secret *answer, const struct msg *verdict)
{
	uint8_t pin[sizeof(talk.pin)];

	REQUIRE(calls_durable > 0 && calls_pending <= 1);
	REQUIRE(a->setting->usable && !is_locked(a->source) && wall_now <= CARD_END);
	pad_pin(answer, pin);
	REQUIRE(talk.proved && memcmp(talk.pin, pin, sizeof(pin)) == 0);
	REQUIRE(memcmp(verdict->verdict.card, card_token.card.identity, MSG_CARD_SIZE) == 0);
	memset(&model.sources[a->source], 0, sizeof(model.sources[0]));
}

static void count_refusal(const struct attempt *a)
{
	REQUIRE(!is_locked(a->source));
	model.sources[a->source].told++;
	model.sources[a->source].at = boot_now;
}

/* An answer that was refused. One that was not looked at, for it is the password again, counts
 * for nothing; decoys and others have their own counts. */
static void check_refusal(const struct attempt *a, const struct msg *answer, unsigned reason)
{
	if (strcmp(a->user, "alice") != 0)
		return;
	if (answer != NULL && answer->answer.kind == MSG_ANSWER_PASSWORD) {
		REQUIRE(reason == MSG_REASON_MALFORMED || reason == MSG_REASON_NONE);
		return;
	}
	switch ((enum msg_reason)reason) {
	case MSG_REASON_WRONG:
	case MSG_REASON_USED:
	case MSG_REASON_MALFORMED:
	case MSG_REASON_CLOCK:
		if (reason == MSG_REASON_WRONG)
			model.sources[a->source].wrong++;
		/* of two factors, each with its own */
		REQUIRE(model.sources[a->source].wrong <=
		        2 * lockout_budget((enum source)a->source));
		count_refusal(a);
		break;
	case MSG_REASON_PIN_WRONG:
	case MSG_REASON_PIN_FORM:
		REQUIRE(a->setting->card);
		if (reason == MSG_REASON_PIN_WRONG)
			model.sources[a->source].wrong_pins++;
		REQUIRE(model.sources[a->source].wrong_pins <=
		        lockout_budget((enum source)a->source));
		count_refusal(a);
		break;
	case MSG_REASON_NONE:
	case MSG_REASON_LOCKED:
	case MSG_REASON_SUSPENDED:
	case MSG_REASON_BUSY:
	case MSG_REASON_UNAVAILABLE:
	case MSG_REASON_PIN_BLOCKED:
	case MSG_REASON_CARD_ABSENT:
	case MSG_REASON_CARD_CHANGED:
	case MSG_REASON_CARD_DATES:
	case MSG_REASON_CARD_REVOKED:
	case MSG_REASON_CARD_UNTRUSTED:
	case MSG_REASON_CARD_SERVICE:
	case MSG_REASON_CARD_FAILED:
	case MSG_REASON_PIN_LAST:
	case MSG_REASON_PIN_DIFFERS:
	case MSG_REASON_CARD_BUSY:
	case MSG_REASON_READER_GONE:
	case MSG_REASON_COUNT:
		break;
	}
}

/* ---- a login */

#define ANSWERS_MAX 4
static struct msg hello, answers[ANSWERS_MAX];

static void digits(struct msg *m, uint32_t code)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%06u", (unsigned)(code % 1000000));

	REQUIRE(secret_set(&m->answer.text, text, (size_t)n) == 0);
}

/* What to answer: codes near the right ones, codes on paper, anything. */
static void choose_text(struct cursor *c, struct msg *m)
{
	uint8_t how = take_u8(c), text[SECRET_MAX];
	int64_t centre = wall_now > 0 ? wall_now / PERIOD : 0;
	size_t n;

	m->answer.kind = MSG_ANSWER_TEXT;
	switch (how % 8) {
	case 0:
	case 1:
		centre += (int8_t)take_u8(c);
		digits(m, calls_code((uint64_t)(centre > 0 ? centre : 0),
		              how / 8 % 4 == 3 ? decoy_secret : 0, false));
		break;
	case 2:
		digits(m, calls_code(model.hotp + take_u8(c), 0, true));
		break;
	case 3:
		digits(m, calls_code(take_u8(c), 0, true));
		break;
	case 4:
		n = take_u8(c) % RECORD_RECOVERY_MAX;
		REQUIRE(secret_set(&m->answer.text, paper[n], CODE_PERSONAL_LEN) == 0);
		break;
	case 5:
		REQUIRE(secret_set(&m->answer.text, envelope, CODE_EMERGENCY_LEN) == 0);
		break;
	case 6:
		digits(m, how / 8 % 4 == 3 ? CARD_PIN : take_u32(c));
		break;
	default:
		n = take_bytes(c, text, sizeof(text));
		REQUIRE(secret_set(&m->answer.text, text, n) == 0);
		if (how / 8 % 4 == 0) {
			m->answer.kind =
			    how / 32 % 2 == 0 ? MSG_ANSWER_MALFORMED : MSG_ANSWER_PASSWORD;
			secret_clear(&m->answer.text);
		}
		break;
	}
}

/* Whole answers, perhaps with one byte changed, or any bytes. Returns how many are whole. */
static unsigned send_answers(struct cursor *c, int fd)
{
	unsigned count = take_u8(c) % (ANSWERS_MAX + 1), whole = 0;
	bool broken = false;

	for (unsigned i = 0; i < count; i++) {
		uint8_t bytes[MSG_MAX], how = take_u8(c);
		struct msg *m = &answers[i];
		size_t len;

		memset(m, 0, sizeof(*m));
		m->type = MSG_ANSWER;
		m->version = hello.version;
		memcpy(m->session, hello.session, sizeof(m->session));
		m->answer.seq = how % 16 == 15 ? take_u8(c) : i + 1;
		choose_text(c, m);
		len = msg_encode(m, bytes);
		if (how % 16 == 14 && len > 0)
			bytes[take_u8(c) % len] ^= 1;
		if (how % 16 == 13)
			len = take_bytes(c, bytes, sizeof(bytes));
		broken = broken || msg_decode(bytes, len, m) != 0;
		whole += !broken;
		if (len == 0)
			break;
		REQUIRE(send(fd, bytes, len, MSG_DONTWAIT) == (ssize_t)len);
	}
	return whole;
}

static void write_setting(const struct setting *s)
{
	int fd =
	    openat(store.etc, "sekisho.conf", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	REQUIRE(fd >= 0);
	REQUIRE(write(fd, s->text, strlen(s->text)) == (ssize_t)strlen(s->text));
	(void)close(fd);
}

/* Only alice has a card, and only who sits here and can answer is asked for its PIN. */
static void check_pin_question(const struct attempt *a, const struct msg *m)
{
	REQUIRE(m->ask.text == MSG_TEXT_PIN || m->ask.text == MSG_TEXT_PIN_AGAIN);
	REQUIRE(m->ask.left <= 15);
	REQUIRE(a->setting->card && strcmp(a->user, "alice") == 0 && talk.identified);
	REQUIRE(m->version >= MSG_CARDS_SINCE);
	REQUIRE((hello.hello.flags & MSG_HELLO_COMBINED) == 0);
}

/* What the helper said: a question, a refusal in the next question or in the verdict. */
static void check_talk(const struct attempt *a, int fd, unsigned whole, enum verdict returned)
{
	unsigned asked = 0, pins = 0;
	const struct msg *last;          /* the answer before the message */
	bool ended = false, pin = false; /* pin: it was for that */
	struct msg m;

	while (chan_recv(fd, hello.session, &m, 0) == CHAN_OK) {
		REQUIRE(!ended && m.version == hello.version);
		last = asked > 0 && asked <= whole ? &answers[asked - 1] : NULL;
		if (m.type == MSG_INFO) {
			REQUIRE(m.version > 1);
			continue;
		}
		if (m.type == MSG_ASK) {
			REQUIRE(m.ask.seq == asked + 1);
			REQUIRE(++asked <= LOGIN_ASKS_MAX);
			if (asked > 1)
				check_refusal(a, last, m.ask.reason);
			pin = m.ask.text != MSG_TEXT_CODE;
			pins += pin;
			if (pin)
				check_pin_question(a, &m);
			continue;
		}
		REQUIRE(m.type == MSG_VERDICT && m.verdict.verdict == returned);
		ended = true;
		if (m.verdict.verdict != VERDICT_GRANTED) {
			check_refusal(a, last, m.verdict.reason);
			continue;
		}
		REQUIRE(m.verdict.grant == MSG_GRANT);
		if (a->setting->open && asked == 0)
			continue; /* require = none */
		REQUIRE(asked > 0 && asked <= whole);
		if (pin) {
			check_card_grant(a, &answers[asked - 1].answer.text, &m);
		} else {
			REQUIRE(!msg_has_card(&m));
			check_grant(a, &answers[asked - 1].answer.text);
		}
	}
	REQUIRE(talk.verifies <= pins && !card.connected);
	REQUIRE(ended || returned == VERDICT_ERROR);
	msg_clear(&m);
}

static void log_in(struct cursor *c)
{
	static const char *const users[] = {
	    "alice", "alice", "alice", "alice", "bob", "nobody", "mallory", "alice"};
	uint8_t who = take_u8(c), how = take_u8(c);
	struct attempt a = {.user = users[who % 8],
	    .source = who / 8 % ALL_SOURCES,
	    .setting = &settings[how % 16 < SETTINGS ? how % 16 : 0]};
	static struct login_account account;
	struct err no_store = {.number = ERR_NO_STORE, .object = "x", .why = "y"};
	struct login_setup setup;
	uint8_t chance = take_u8(c);
	enum verdict returned;
	uint32_t seed;
	unsigned whole;
	int fds[2];

	memset(&account, 0, sizeof(account));
	account.known = strcmp(a.user, "nobody") != 0;
	account.uid = strcmp(a.user, "bob") == 0 ? UID + 1 : UID;
	(void)snprintf(account.name, sizeof(account.name), "%s", a.user);
	memset(&hello, 0, sizeof(hello));
	hello.type = MSG_HELLO;
	hello.version = how / 16 % 4 == 0 ? 1 : 2;
	hello.hello.flags = how / 64 == 0 ? MSG_HELLO_COMBINED : 0;
	memcpy(hello.session, "one session only", MSG_SESSION_SIZE);
	setup = (struct login_setup){.fd = -1,
	    .hello = &hello,
	    .account = &account,
	    .source = (enum source)a.source,
	    .store = how / 16 == 15 ? NULL : &store,
	    .store_err = &no_store,
	    .emergency_dir = store.dir,
	    .emergency_path = store_path,
	    .config_name = "sekisho.conf",
	    .clock = &clk,
	    .audit = &sink};
	write_setting(a.setting);
	REQUIRE(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0);
	whole = send_answers(c, fds[0]);
	REQUIRE(shutdown(fds[0], SHUT_WR) == 0);
	setup.fd = fds[1];
	setup.cards_wanted = rules_take_card(&setup);
	seed = take_u32(c);
	insert_card(*c);
	if (setup.cards_wanted && take_u8(&card.in) % 8 != 7)
		setup.cards = &card.service;
	setup.cards_result = CARD_NO_SERVICE;
	calls_reset();
	calls_fail(seed, chance < 128 ? 0 : chance % 16);
	returned = login_run(&setup);
	calls_fail(0, 0);
	*c = card.in;
	check_talk(&a, fds[0], whole, returned);
	(void)close(fds[0]);
	(void)close(fds[1]);
}

/* ---- what happens between logins */

static void unlock(bool recover)
{
	struct person p;
	bool found;

	if (person_find(&store, &keys, "alice", &found, &p, NULL) != 0)
		return;
	if (p.file_state.torn)
		person_distrust(&p, 100);
	if (recover && person_recover(&p, wall_now, 10, 86400)) {
		model.behind = true;
		model.step = -1; /* codes used under the other clock may come again */
	}
	for (unsigned i = 0; i < STATE_BUCKETS; i++)
		lockout_reset(&p.state.buckets[i]);
	p.state.flags &= ~(uint32_t)STATE_CODES_HELD;
	if (person_save_state(&store, &keys, &p, NULL) == 0)
		memset(model.sources, 0, sizeof(model.sources));
	person_close(&p);
}

static void set_clock(struct cursor *c)
{
	static const int64_t places[] = {
	    0, -1, 86400, BEGIN, BEGIN - 3600, 4070908800 /* 2099 */, INT64_MAX, 253402300799};
	uint8_t how = take_u8(c);

	if (how % 4 == 0)
		wall_now = places[how / 4 % 8];
	else if (wall_now < 253402300799)
		wall_now += (int64_t)(int16_t)take_u16(c) * (how % 4 == 1 ? 1 : PERIOD);
}

static void run_step(struct cursor *c)
{
	switch (take_u8(c) % 8) {
	case 0:
		set_clock(c);
		break;
	case 1:
		boot_now += (uint64_t)take_u16(c) * 1000;
		wall_now += wall_now < 253402300799 ? 30 : 0;
		break;
	case 2: /* a reboot: the delays begin anew */
		clk.boot_id[0]++;
		boot_now = (uint64_t)take_u8(c) * 1000;
		for (unsigned i = 0; i < ALL_SOURCES; i++)
			model.sources[i].at = 0;
		break;
	case 3:
		unlock(take_u8(c) % 4 == 0);
		break;
	default:
		log_in(c);
		break;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor c = {data, size};

	put_back();
	wall_now = BEGIN;
	boot_now = 1000000;
	clk = (struct clock_source){.wall = wall, .boot_ms = boot, .boot_id = "b"};
	memset(&model, 0, sizeof(model));
	model.step = -1;
	for (unsigned i = 0; i < STEPS_MAX && c.left > 0; i++)
		run_step(&c);
	return 0;
}
