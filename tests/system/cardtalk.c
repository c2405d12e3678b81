/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lib/cards over real pcscd, for tests and for looking at a card: what a login and an
 * enrollment do, without either. Prints WORD=VALUE; exit status 0 only for CARD_OK and CERT_OK.
 *
 * cardtalk list
 * cardtalk wait MILLISECONDS              standard input is the leash
 * cardtalk hold READER [shared]           has the card for itself until standard input ends;
 *                                         shared: is connected, and in no transaction
 * cardtalk look READER
 * cardtalk certificate READER KEYFILE     the card's public key goes into KEYFILE
 * cardtalk trust READER ANCHORS CRLS require|if-present|off
 * cardtalk prove READER PINFILE KEYFILE [pause]    pause: between the visits, for a line
 *
 * READER: part of its name.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/safefile.h"
#include "lib/cards/card.h"
#include "lib/cards/trust.h"
#include "lib/wire/clock.h"

static struct card_service *service;

static const char *result_name(enum card_result r)
{
	static const char *const names[] = {
#define NAME(name, number, why) #name,
	    CARD_RESULT_TABLE(NAME)};

	return names[r];
}

static const char *cert_name(enum cert_result r)
{
	static const char *const names[] = {CERT_RESULT_TABLE(NAME)
#undef NAME
	};

	return names[r];
}

static int tell(enum card_result r, const char *reader)
{
	struct err e = {0};
	char words[400];

	(void)printf("result=%s\n", result_name(r));
	if (r == CARD_OK)
		return 0;
	(void)card_result_err(&e, r, reader);
	err_format(&e, words, sizeof words);
	(void)fprintf(stderr, "%s\n", words);
	return 1;
}

static void tell_hex(const char *word, const uint8_t *data, size_t len)
{
	(void)printf("%s=", word);
	for (size_t i = 0; i < len; i++)
		(void)printf("%02x", data[i]);
	(void)putchar('\n');
}

static int usage(void)
{
	(void)fputs("usage: cardtalk list | wait MS | hold READER [shared] | look READER |\n"
	            "       certificate READER KEYFILE | trust READER ANCHORS CRLS MODE |\n"
	            "       prove READER PINFILE KEYFILE [pause]\n",
	    stderr);
	return 2;
}

/* The reader whose name has this in it, with a card. */
static enum card_result find(const char *part, struct card_reader *ret_r)
{
	static struct card_reader_list l;
	enum card_result r = reader_list_settled(service, -1, &l);

	for (unsigned i = 0; r == CARD_OK && i < l.count; i++)
		if (strstr(l.readers[i].name, part) != NULL) {
			*ret_r = l.readers[i];
			return ret_r->present ? CARD_OK : CARD_NO_CARD;
		}
	return r == CARD_OK ? CARD_NO_CARD : r;
}

static size_t read_small(const char *path, void *out, size_t size)
{
	FILE *f = fopen(path, "rb");
	size_t len = f != NULL ? fread(out, 1, size, f) : 0;

	if (f == NULL || fclose(f) != 0 || len == 0) {
		perror(path);
		exit(2);
	}
	return len;
}

static int cmd_list(char **argv)
{
	static struct card_reader_list l;
	enum card_result r = reader_list_settled(service, -1, &l);

	(void)argv;
	(void)printf(
	    "running-ms=%llu\n", (unsigned long long)(monotonic_ms() - service->since));
	for (unsigned i = 0; r == CARD_OK && i < l.count; i++)
		(void)printf("reader=%s present=%d mute=%d in-use=%d event=%u atr=%zu\n",
		    l.readers[i].name, l.readers[i].present, l.readers[i].mute,
		    l.readers[i].in_use, l.readers[i].event, l.readers[i].atr_len);
	return tell(r, "readers");
}

static int cmd_wait(char **argv)
{
	static struct card_reader_list l;
	const uint64_t start = monotonic_ms();
	enum card_result r = service->list(service, &l);

	(void)fprintf(stderr, "waiting\n");
	if (r == CARD_OK)
		r = reader_wait(
		    service, &l, STDIN_FILENO, (unsigned)strtoul(argv[0], NULL, 10));
	(void)printf("ms=%llu\n", (unsigned long long)(monotonic_ms() - start));
	return tell(r, "readers");
}

static int cmd_hold(char **argv)
{
	struct card_reader reader = {0};
	struct card c = {0};
	enum card_result r = find(argv[0], &reader);

	if (r == CARD_OK)
		r = argv[1] == NULL ? card_open(&c, service, reader.name)
		                    : service->connect(service, reader.name);
	(void)tell(r, reader.name);
	(void)fflush(stdout);
	while (getchar() != EOF)
		;
	card_close(&c);
	return r != CARD_OK;
}

static void tell_sight(const struct card_sight *s)
{
	(void)printf("applet=%s\ntries=%u\nlook-apdus=%u\nlook-bytes=%zu\n", s->applet->name,
	    s->tries, s->apdus, s->bytes);
	tell_hex("identity", s->identity, sizeof s->identity);
}

/* As a login does it with a card of the person's own. */
static enum card_result look(const char *reader, struct card_sight *ret_sight)
{
	struct card c;
	enum card_result r = card_open(&c, service, reader);

	if (r == CARD_OK)
		r = card_identify(&c, NULL, ret_sight);
	if (r == CARD_OK)
		r = card_count_tries(&c, ret_sight);
	card_close(&c);
	return r;
}

static int cmd_look(char **argv)
{
	struct card_reader reader = {0};
	struct card_sight sight = {0};
	enum card_result r = find(argv[0], &reader);

	if (r == CARD_OK)
		r = look(reader.name, &sight);
	if (r == CARD_OK)
		tell_sight(&sight);
	return tell(r, reader.name);
}

/* As enrollment does it. */
static enum card_result read_certificate(
    const char *part, struct card_reader *reader, struct applet_certificate *ret_c)
{
	struct card_sight sight;
	enum card_result r = find(part, reader);

	return r == CARD_OK ? card_read(service, reader->name, &sight, ret_c) : r;
}

static enum cert_result parse(const struct applet_certificate *raw, struct cert *ret_c)
{
	enum cert_result r = cert_parse_packed(raw->data, raw->len, raw->compressed, ret_c);

	(void)printf("cert=%s\n", cert_name(r));
	if (r == CERT_OK)
		(void)printf("kind=%s\nsubject=%s\nissuer=%s\nnot-after=%lld\nlength=%zu\n",
		    key_properties(ret_c->key.kind)->name, ret_c->subject, ret_c->issuer,
		    (long long)ret_c->not_after, ret_c->len);
	return r;
}

static int cmd_certificate(char **argv)
{
	static struct applet_certificate raw;
	static struct cert c;
	struct card_reader reader = {0};
	enum card_result r = read_certificate(argv[0], &reader, &raw);
	FILE *f;

	if (r != CARD_OK)
		return tell(r, reader.name);
	if (parse(&raw, &c) != CERT_OK)
		return 1;
	f = fopen(argv[1], "wb");
	if (f == NULL || fwrite(c.key.spki, 1, c.key.len, f) != c.key.len || fclose(f) != 0) {
		perror(argv[1]);
		return 2;
	}
	return tell(r, reader.name);
}

static int load(struct trust *t, const char *path, struct err *e,
    int (*load_from)(struct trust *, int, const char *, struct err *))
{
	int fd = safedir_open(path, 0022, e), r = -1;

	if (fd >= 0) {
		r = load_from(t, fd, path, e);
		(void)close(fd);
	}
	return r;
}

static int cmd_trust(char **argv)
{
	static const char *const modes[] = {"require", "if-present", "off"};
	static struct applet_certificate raw;
	static struct cert c;
	struct trust *t = trust_new();
	struct card_reader reader = {0};
	enum card_result r = read_certificate(argv[0], &reader, &raw);
	enum cert_result judged = CERT_ERROR;
	struct err e = {0};
	char words[400];

	if (r != CARD_OK)
		return tell(r, reader.name);
	if (parse(&raw, &c) != CERT_OK || load(t, argv[1], &e, trust_load_anchors) != 0 ||
	    load(t, argv[2], &e, trust_load_crls) != 0)
		goto out;
	for (unsigned i = 0; i < 3; i++)
		if (strcmp(modes[i], argv[3]) == 0)
			judged = trust_check(t, &c, (enum config_crl)i, (int64_t)time(NULL));
	(void)cert_result_err(&e, judged, c.subject);
out:
	trust_free(t);
	(void)printf("trust=%s\n", cert_name(judged));
	err_format(&e, words, sizeof words);
	if (judged != CERT_OK)
		(void)fprintf(stderr, "%s\n", words);
	return judged != CERT_OK;
}

static void read_pin(const char *path, struct secret *ret_pin)
{
	char pin[SECRET_MAX + 1];
	size_t len = read_small(path, pin, sizeof pin);

	if (pin[len - 1] == '\n')
		len--;
	if (secret_set(ret_pin, pin, len) != 0)
		exit(2);
	wipe(pin, sizeof pin);
}

/* What a login does: look, ask, prove. */
static int cmd_prove(char **argv)
{
	struct challenge challenge = {
	    .purpose = "cardtalk", .host = {"host", 4}, .person = "nobody"};
	uint8_t spki[KEY_SPKI_MAX];
	struct card_reader reader = {0};
	struct card_sight sight = {0};
	struct card_proof p = {0};
	struct public_key key;
	struct secret pin;
	enum card_result r;

	read_pin(argv[1], &pin);
	if (key_parse(spki, read_small(argv[2], spki, sizeof spki), &key) != 0 ||
	    crypto_random(challenge.random, sizeof challenge.random) != 0)
		return 2;
	(void)fprintf(stderr, "files read\n");
	r = find(argv[0], &reader);
	if (r == CARD_OK)
		r = look(reader.name, &sight);
	if (r != CARD_OK)
		return tell(r, reader.name);
	tell_sight(&sight);
	(void)fflush(stdout);
	if (argv[3] != NULL && getchar() == EOF)
		return 2;
	p = (struct card_proof){.reader = &reader,
	    .applet = sight.applet,
	    .identity = sight.identity,
	    .key = &key,
	    .challenge = &challenge,
	    .pin = &pin};
	r = card_prove(service, &p);
	secret_clear(&pin);
	(void)printf("apdus=%u\nbytes=%zu\ntries-left=%u\npin-sent=%d\n", p.apdus, p.bytes,
	    p.tries, p.pin_sent);
	return tell(r, reader.name);
}

static const struct {
	const char *name;
	int arguments; /* at least */
	int (*run)(char **argv);
} commands[] = {
    {"list", 0, cmd_list},
    {"wait", 1, cmd_wait},
    {"hold", 1, cmd_hold},
    {"look", 1, cmd_look},
    {"certificate", 2, cmd_certificate},
    {"trust", 4, cmd_trust},
    {"prove", 3, cmd_prove},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof commands[0]; i++) {
		enum card_result r;
		int status;

		if (strcmp(argv[1], commands[i].name) != 0)
			continue;
		if (argc - 2 < commands[i].arguments)
			return usage();
		r = reader_pcsc_open(&service);
		if (r != CARD_OK)
			return tell(r, "pcscd");
		/* Marks for a trace of system calls. */
		(void)fprintf(stderr, "service open\n");
		status = commands[i].run(argv + 2);
		(void)fflush(stdout);
		(void)fprintf(stderr, "service closes\n");
		service->close(service);
		return status;
	}
	return usage();
}
