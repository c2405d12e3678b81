/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * People whose secrets follow from a number. Uses the store's own encoders, none of its
 * writers: a million of them must not mean two million syncs.
 */
#include "tests/proofs/people.h"

#include <errno.h>
#include <fcntl.h>
#include <liboath/oath.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/crypto.h"
#include "lib/factors/recovery.h"
#include "lib/store/files.h"

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

int people_open(struct people *p, const char *store_path, const char *etc_path, struct err *e)
{
	memset(p, 0, sizeof *p);
	p->now = (int64_t)time(NULL);
	if (store_open(&p->store, store_path, etc_path, true, e) != 0)
		return -1;
	if (store_unlock(&p->store, &p->keys, e) == 0)
		return 0;
	store_close(&p->store);
	return -1;
}

void people_close(struct people *p)
{
	store_close(&p->store);
	keys_clear(&p->keys);
}

void people_name(uint32_t number, char out[PEOPLE_NAME_SIZE])
{
	(void)snprintf(out, PEOPLE_NAME_SIZE, "p%07u", (unsigned)number);
}

uint32_t people_uid(uint32_t number)
{
	return PEOPLE_UID_FIRST + number;
}

void people_passwd(FILE *f, uint32_t first, uint32_t count)
{
	char name[PEOPLE_NAME_SIZE];

	for (uint32_t n = first; n < first + count; n++) {
		people_name(n, name);
		(void)fprintf(f, "%s:x:%u:100::/:/bin/false\n", name, (unsigned)people_uid(n));
	}
}

/* 32 bytes that follow from what, number and item. */
static int bytes_of(const char *what, uint32_t number, unsigned item, uint8_t out[32])
{
	char text[64];
	int len = snprintf(
	    text, sizeof text, "sekisho proofs %s %u %u", what, (unsigned)number, item);
	const struct span part = {.data = text, .len = (size_t)len};

	return crypto_sha256(&part, 1, out);
}

int people_secret(uint32_t number, unsigned token, uint8_t out[PEOPLE_SECRET_SIZE])
{
	uint8_t all[32];

	if (bytes_of("secret", number, token, all) != 0)
		return -1;
	memcpy(out, all, PEOPLE_SECRET_SIZE);
	return 0;
}

int people_code(uint32_t number, unsigned token, uint64_t counter, char out[PEOPLE_DIGITS + 1])
{
	uint8_t secret[PEOPLE_SECRET_SIZE];

	if (people_secret(number, token, secret) != 0)
		return -1;
	return oath_hotp_generate((const char *)secret, sizeof secret, counter, PEOPLE_DIGITS,
	           false, OATH_HOTP_DYNAMIC_TRUNCATION, out) == OATH_OK
	           ? 0
	           : -1;
}

int people_recovery(uint32_t number, unsigned which, char out[CODE_SIZE])
{
	struct secret typed;
	uint8_t all[32];
	char code[CODE_SIZE] = "";

	if (bytes_of("recovery", number, which, all) != 0)
		return -1;
	for (unsigned i = 0; i < CODE_PERSONAL_LEN - 1; i++)
		code[i] = alphabet[all[i] % 32];
	/* the check character is the one that is taken */
	for (unsigned i = 0; i < 32; i++) {
		code[CODE_PERSONAL_LEN - 1] = alphabet[i];
		if (secret_set(&typed, code, CODE_PERSONAL_LEN) == 0 &&
		    code_normalize(&typed, out) == CODE_PERSONAL)
			return 0;
	}
	return -1;
}

static int give_token(struct record *r, struct state *st, uint32_t number, unsigned i,
    const struct kit *kit, int64_t now)
{
	struct token *t = &r->tokens[i];
	uint8_t id[32];

	*t = (struct token){.kind = (uint8_t)kit->kind,
	    .algorithm = TOKEN_SHA1,
	    .digits = PEOPLE_DIGITS,
	    .period = kit->kind == TOKEN_TOTP ? 30 : 0,
	    .secret_len = PEOPLE_SECRET_SIZE,
	    .created = now};
	(void)snprintf(t->label, sizeof t->label, "token-%u", i);
	if (bytes_of("id", number, i, id) != 0 || people_secret(number, i, t->secret) != 0)
		return -1;
	memcpy(t->id, id, sizeof t->id);
	memcpy(st->counters[i].id, id, sizeof st->counters[i].id);
	return 0;
}

static int give_codes(struct record *r, uint32_t number, const struct kit *kit)
{
	char code[CODE_SIZE];

	for (unsigned i = 0; i < kit->recovery; i++)
		if (people_recovery(number, i, code) != 0 ||
		    recovery_seal(code, &r->recovery[i]) != 0)
			return -1;
	r->recovery_count = (uint8_t)kit->recovery;
	return 0;
}

static int invent(
    struct record *r, struct state *st, uint32_t number, const struct kit *kit, int64_t now)
{
	uint8_t incarnation[32];

	memset(r, 0, sizeof *r);
	memset(st, 0, sizeof *st);
	people_name(number, r->name);
	r->uid = people_uid(number);
	r->flags = kit->flags;
	r->not_after = kit->not_after;
	r->created = r->changed = now;
	r->token_count = (uint8_t)kit->tokens;
	if (bytes_of("incarnation", number, 0, incarnation) != 0)
		return -1;
	memcpy(r->incarnation, incarnation, sizeof r->incarnation);
	memcpy(st->incarnation, incarnation, sizeof st->incarnation);
	for (unsigned i = 0; i < kit->tokens; i++)
		if (give_token(r, st, number, i, kit, now) != 0)
			return -1;
	return give_codes(r, number, kit);
}

static int write_file(
    int dirfd, const char *name, const uint8_t *bytes, size_t len, struct err *e)
{
	int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
	ssize_t n;

	if (fd < 0)
		return err_sys(e, ERR_IO, name, "cannot create");
	n = write(fd, bytes, len);
	(void)close(fd);
	return n == (ssize_t)len ? 0 : err_set(e, ERR_IO, name, "cannot write");
}

int people_add(const struct people *p, uint32_t number, const struct kit *kit, struct err *e)
{
	uint8_t box[RECORD_FILE_SIZE], file[STATE_FILE_SIZE];
	char name[NAME_HEX_SIZE];
	struct record r;
	struct state st;

	if (kit->tokens > RECORD_TOKENS_MAX || kit->recovery > RECORD_RECOVERY_MAX ||
	    invent(&r, &st, number, kit, p->now) != 0 ||
	    keys_file_name(&p->keys, r.name, name) != 0)
		return err_set(e, ERR_INTERNAL, "person", "cannot be made");
	if (record_seal(&p->keys, name, 1, &r, box, e) != 0 ||
	    state_new_file(&p->keys, name, &st, file, e) != 0)
		return -1;
	if (write_file(p->store.states, name, file, sizeof file, e) != 0)
		return -1;
	return write_file(p->store.records, name, box, sizeof box, e);
}

int people_sync(const struct people *p)
{
	return syncfs(p->store.dir);
}
