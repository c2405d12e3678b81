/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The factor of codes on paper: compares with every hash of the record, marks what was spent in
 * the state. Writes nothing, asks nothing, and knows no code in clear but the one typed.
 */
#include "lib/factors/recovery.h"

#include <string.h>

#include "lib/base/crypto.h"
#include "lib/store/floor.h"

#define CODES (RECORD_RECOVERY_MAX + RECORD_TEMPORARY_MAX)

/* HMAC pads a key with zeros: the salt in a longer key is the salt as the key. */
static int hash_code(const uint8_t salt[16], const char *code, uint8_t out[CODE_HASH_SIZE])
{
	uint8_t key[CODE_SALT_SIZE] = {0};

	memcpy(key, salt, 16);
	return code_hash(key, code, out);
}

int recovery_seal(const char *code, struct stored_code *ret_c)
{
	struct stored_code c;

	if (crypto_random(c.salt, sizeof c.salt) != 0 || hash_code(c.salt, code, c.hash) != 0)
		return -1;
	*ret_c = c;
	return 0;
}

unsigned recovery_left(const struct record *r, const struct state *s)
{
	unsigned left = 0;

	for (unsigned i = 0; i < r->recovery_count; i++)
		if ((s->recovery_spent & 1u << i) == 0)
			left++;
	return left;
}

/* Entry i of the record: recovery codes, then temporary ones. What is past a count is zeros,
 * hashed like the others so that nobody can tell how many there are. */
static const struct stored_code *entry(const struct record *r, unsigned i, bool *ret_exists)
{
	if (i < RECORD_RECOVERY_MAX) {
		*ret_exists = i < r->recovery_count;
		return &r->recovery[i];
	}
	i -= RECORD_RECOVERY_MAX;
	*ret_exists = i < r->temporary_count;
	return &r->temporary[i].code;
}

/* Which entry the code is of; CODES for none. All are computed, whatever matches. */
static int find_code(const struct record *r, const char *code, unsigned *ret_i)
{
	uint8_t hash[CODE_HASH_SIZE];
	unsigned found = CODES;

	for (unsigned i = 0; i < CODES; i++) {
		bool exists = false;
		const struct stored_code *c = entry(r, i, &exists);

		if (hash_code(c->salt, code, hash) != 0)
			return -1;
		if (bytes_equal(hash, c->hash, sizeof hash) && exists)
			found = i;
	}
	wipe(hash, sizeof hash);
	*ret_i = found;
	return 0;
}

static enum factor_result refuse(struct factor_attempt *a, const char *note)
{
	a->note = note;
	return FACTOR_WRONG;
}

static enum factor_result accept_recovery(struct factor_attempt *a, unsigned i)
{
	if ((a->state->recovery_spent & 1u << i) != 0)
		return FACTOR_USED;
	a->state->recovery_spent = (uint16_t)(a->state->recovery_spent | 1u << i);
	a->token = a->method = "recovery";
	a->left = recovery_left(a->record, a->state);
	return FACTOR_ACCEPTED;
}

static enum factor_result accept_temporary(struct factor_attempt *a, unsigned i)
{
	const struct temporary_code *t = &a->record->temporary[i];
	int64_t behind = floor_behind(a->state->accepted, a->now);

	/* Its days are those of a clock that cannot be believed, also when it is behind this
	 * person's own codes alone: set back, it would bring an expired code to life again. */
	if (behind < a->behind)
		behind = a->behind;
	if (behind > 0) {
		a->clock_behind = behind;
		return FACTOR_CLOCK;
	}
	if (a->now < t->not_before)
		return refuse(a, "temporary-early");
	if (a->now >= t->not_after)
		return refuse(a, "temporary-expired");
	if (a->state->temporary_uses[i] >= t->uses)
		return FACTOR_USED;
	a->state->temporary_uses[i]++;
	a->token = a->method = "temporary";
	return FACTOR_ACCEPTED;
}

static enum factor_result judge(struct factor_attempt *a, const char *code)
{
	unsigned i = CODES;

	if (find_code(a->record, code, &i) != 0)
		return FACTOR_ERROR;
	/* Said of wrong ones, too: the rule does not look at them. */
	if (!a->recovery)
		return refuse(a, "recovery-not-allowed");
	if (i >= CODES)
		return FACTOR_WRONG;
	/* Which of them a lost write had spent is not known. */
	if ((a->state->flags & STATE_CODES_HELD) != 0)
		return refuse(a, "codes-held");
	return i < RECORD_RECOVERY_MAX ? accept_recovery(a, i)
	                               : accept_temporary(a, i - RECORD_RECOVERY_MAX);
}

static enum factor_result verify(struct factor_attempt *a)
{
	char code[CODE_SIZE];
	enum factor_result r = FACTOR_MALFORMED;
	unsigned ignored;

	a->note = NULL;
	switch (code_normalize(a->answer, code)) {
	case CODE_PERSONAL:
		r = judge(a, code);
		break;
	case CODE_EMERGENCY:
		/* It opened nothing before it came here, and no record holds one. */
		r = find_code(a->record, code, &ignored) == 0 ? FACTOR_WRONG : FACTOR_ERROR;
		break;
	case CODE_NONE:
	case CODE_TYPO:
	default:
		break;
	}
	wipe(code, sizeof code);
	return r;
}

static bool fits(const struct secret *answer)
{
	char code[CODE_SIZE];
	enum code_kind kind = code_normalize(answer, code);

	wipe(code, sizeof code);
	return kind == CODE_PERSONAL || kind == CODE_EMERGENCY || kind == CODE_TYPO;
}

const struct factor factor_recovery = {
    .name = "recovery",
    .kind = FACTOR_RECOVERY,
    .fits = fits,
    .verify = verify,
};
