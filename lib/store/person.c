/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One person's two files: in which order they are locked, read and written. Must not decide who
 * may log in.
 */
#include "lib/store/person.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/safefile.h"
#include "lib/store/certificates.h"
#include "lib/store/field.h"
#include "lib/store/files.h"
#include "lib/store/floor.h"
#include "lib/wire/secret.h"

static void person_empty(struct person *p)
{
	wipe(p, sizeof(*p));
	p->state_fd = -1;
	p->file_state.fd = -1;
}

void person_unlock(struct person *p)
{
	fd_close(&p->state_fd);
	p->file_state.fd = -1;
}

void person_close(struct person *p)
{
	if (p == NULL)
		return;
	fd_close(&p->state_fd);
	person_empty(p);
}

/* Where a person's two files are: their own, or those of a decoy. */
struct place {
	int records, states;
	char record_path[PATH_SIZE], state_path[PATH_SIZE];
	const char *record_name, *state_name;
};

static void place_own(struct place *w, const struct store *s, const struct person *p)
{
	w->records = s->records;
	w->states = s->states;
	w->record_name = p->file;
	w->state_name = p->file;
	path_below(w->record_path, s->path, "records");
	path_below(w->state_path, s->path, "states");
}

static void place_decoy(struct place *w, const struct store *s, const struct person *p)
{
	w->records = s->decoys;
	w->states = s->decoys;
	w->record_name = DECOY_RECORD;
	w->state_name = p->state_name;
	path_below(w->record_path, s->path, "decoys");
	path_below(w->state_path, s->path, "decoys");
}

/* The file name is the HMAC of the name: its first digits choose evenly among 1024. */
static int choose_decoy(struct person *p)
{
	unsigned index = 0;

	for (unsigned i = 0; i < 4; i++) {
		char c = p->file[i];

		index = index * 16 + (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return decoy_name(index % STORE_DECOYS, p->state_name);
}

static int state_open(const struct place *w, struct err *e)
{
	return safefile_open(
	    w->states, w->state_path, w->state_name, O_RDWR, FILE_FORBIDDEN, e);
}

static int lock_and_read(
    const struct keys *k, const struct place *w, struct person *p, struct err *e)
{
	char object[PATH_SIZE];

	if (safefile_lock(p->state_fd, w->state_path, w->state_name, STORE_LOCK_WAIT_MS, e) !=
	    0)
		return -1;
	if (record_read(k, w->records, w->record_path, w->record_name, &p->record,
	        &p->generation, e) != 0) {
		if (errno == ENOENT)
			return err_set(e, ERR_DAMAGED,
			    path_below(object, w->record_path, w->record_name),
			    "missing, but its state is there");
		return -1;
	}
	if (state_load(k, w->state_name, w->state_path, p->state_fd, &p->file_state, &p->state,
	        e) != 0)
		return -1;
	if (memcmp(p->record.incarnation, p->state.incarnation, sizeof(p->incarnation)) != 0)
		return err_set(e, ERR_DAMAGED,
		    path_below(object, w->record_path, w->record_name),
		    "record and state do not belong together");
	memcpy(p->incarnation, p->record.incarnation, sizeof(p->incarnation));
	return 0;
}

static int read_own(const struct keys *k, const struct place *w, const char *pw_name,
    struct person *p, struct err *e)
{
	char object[PATH_SIZE];

	if (lock_and_read(k, w, p, e) != 0)
		return -1;
	if (strcmp(p->record.name, pw_name) != 0)
		return err_set(e, ERR_FOREIGN,
		    path_below(object, w->record_path, w->record_name), "names another person");
	return 0;
}

/* Opens the state of somebody enrolled; *ret_nobody when neither file is there. Looked at
 * twice, for an enrolment may run between the two looks: it makes the state first. */
static int open_own_state(
    const struct place *w, struct person *p, bool *ret_nobody, struct err *e)
{
	char object[PATH_SIZE];
	struct err why;

	for (int look = 0; look < 2; look++) {
		p->state_fd = state_open(w, &why);
		if (p->state_fd >= 0)
			return 0;
		if (errno != ENOENT)
			return err_give(e, &why);
		if (!file_exists(w->records, w->record_name)) {
			*ret_nobody = true;
			return 0;
		}
	}
	return err_set(e, ERR_DAMAGED, path_below(object, w->state_path, w->state_name),
	    "missing, but its record is there");
}

/* A decoy serves many names but counts for the last one only: a name that was never tried must
 * not be found locked. The id of the second counter, which no decoy token has, keeps whose it
 * is. */
static void adopt_decoy(struct person *p)
{
	struct counter *mark = &p->state.counters[1];
	uint8_t id[TOKEN_ID_SIZE];

	memcpy(id, p->file, sizeof(id));
	if (memcmp(mark->id, id, sizeof(id)) == 0)
		return;
	memcpy(mark->id, id, sizeof(id));
	memset(p->state.buckets, 0, sizeof(p->state.buckets));
}

static int open_decoy(
    const struct store *s, const struct keys *k, struct person *p, struct err *e)
{
	struct place w;

	p->decoy = true;
	if (choose_decoy(p) != 0)
		return err_set(e, ERR_INTERNAL, s->path, "cannot choose a decoy");
	place_decoy(&w, s, p);
	p->state_fd = state_open(&w, e);
	if (p->state_fd < 0 || lock_and_read(k, &w, p, e) != 0)
		return -1;
	adopt_decoy(p);
	return 0;
}

static int name_person(const struct keys *k, const char *pw_name, struct person *p)
{
	if (keys_file_name(k, pw_name, p->file) != 0)
		return -1;
	memcpy(p->state_name, p->file, sizeof(p->state_name));
	return 0;
}

int person_open(const struct store *s, const struct keys *k, const char *pw_name,
    struct person *ret_p, struct err *e)
{
	struct place w;
	bool nobody = false;

	person_empty(ret_p);
	if (name_person(k, pw_name, ret_p) != 0) {
		(void)err_set(e, ERR_INTERNAL, s->path, "cannot make a file name");
		goto fail;
	}
	place_own(&w, s, ret_p);
	if (open_own_state(&w, ret_p, &nobody, e) != 0)
		goto fail;
	if (nobody ? open_decoy(s, k, ret_p, e) != 0 : read_own(k, &w, pw_name, ret_p, e) != 0)
		goto fail;
	return 0;
fail:
	person_close(ret_p);
	return -1;
}

int person_save_state(
    const struct store *s, const struct keys *k, struct person *p, struct err *e)
{
	char path[PATH_SIZE];

	if (p->state_fd < 0 ||
	    memcmp(p->state.incarnation, p->incarnation, sizeof(p->incarnation)) != 0)
		return err_set(e, ERR_INTERNAL, s->path, "this state cannot be saved");
	path_below(path, s->path, p->decoy ? "decoys" : "states");
	return state_save(k, p->state_name, path, &p->file_state, &p->state, e);
}

/* The first step that no code accepted by now can have: past the window around our clock and
 * past the one around the token's, whichever is later. */
static uint64_t past_window(
    const struct token *t, const struct counter *c, int64_t now, unsigned totp_window)
{
	uint64_t drift = c->drift > 0 ? (uint64_t)c->drift : 0;

	return (uint64_t)field_time_clamp(now) / t->period + drift + totp_window + 1;
}

static uint64_t skip(uint64_t next, uint64_t count)
{
	return next > UINT64_MAX - count ? UINT64_MAX : next + count;
}

void person_distrust(struct person *p, unsigned hotp_look_ahead)
{
	p->state.flags |= STATE_CODES_HELD | STATE_TOTP_UNSURE;
	for (unsigned i = 0; i < p->record.token_count; i++) {
		const struct token *t = &p->record.tokens[i];
		struct counter *c = state_counter(&p->state, t->id);

		if (t->kind == TOKEN_HOTP && c != NULL)
			c->next = skip(c->next, (uint64_t)hotp_look_ahead + 1);
	}
}

void person_settle_totp(
    const struct record *r, struct state *s, int64_t now, unsigned totp_window)
{
	s->flags &= ~(uint32_t)STATE_TOTP_UNSURE;
	for (unsigned i = 0; i < r->token_count; i++) {
		const struct token *t = &r->tokens[i];
		struct counter *c = state_counter(s, t->id);

		if (t->kind == TOKEN_TOTP && c != NULL &&
		    c->next < past_window(t, c, now, totp_window))
			c->next = past_window(t, c, now, totp_window);
	}
}

bool person_totp_ahead(const struct token *t, const struct counter *c, int64_t now,
    unsigned totp_window, unsigned ahead_s)
{
	return t->kind == TOKEN_TOTP &&
	       c->next > past_window(t, c, now, totp_window) + ahead_s / t->period;
}

bool person_recover(struct person *p, int64_t now, unsigned totp_window, unsigned ahead_s)
{
	bool found = p->state.accepted - field_time_clamp(now) > ahead_s;

	if (found)
		p->state.accepted = field_time_clamp(now);
	for (unsigned i = 0; i < p->record.token_count; i++) {
		const struct token *t = &p->record.tokens[i];
		struct counter *c = state_counter(&p->state, t->id);

		if (c == NULL || !person_totp_ahead(t, c, now, totp_window, ahead_s))
			continue;
		c->next = past_window(t, c, now, totp_window);
		found = true;
	}
	return found;
}

static int person_new(const char *pw_name, struct person *p, struct err *e)
{
	size_t len = strlen(pw_name);

	if (!record_name_ok(pw_name))
		return err_set(e, ERR_INPUT, "user name",
		    "empty, longer than %d bytes, or with control characters",
		    RECORD_NAME_SIZE - 1);
	if (crypto_random(p->incarnation, sizeof(p->incarnation)) != 0)
		return err_set(e, ERR_INTERNAL, "incarnation", "no random numbers");
	memcpy(p->record.name, pw_name, len + 1);
	p->record.uid = RECORD_UID_UNBOUND;
	memcpy(p->record.incarnation, p->incarnation, sizeof(p->incarnation));
	memcpy(p->state.incarnation, p->incarnation, sizeof(p->incarnation));
	return 0;
}

static int find_own(const struct store *s, const struct keys *k, const char *pw_name,
    bool *ret_found, struct person *p, struct err *e)
{
	struct place w;
	bool nobody = false;

	if (name_person(k, pw_name, p) != 0)
		return err_set(e, ERR_INTERNAL, s->path, "cannot make a file name");
	place_own(&w, s, p);
	*ret_found = file_exists(s->records, p->file);
	if (!*ret_found)
		return person_new(pw_name, p, e);
	if (open_own_state(&w, p, &nobody, e) != 0)
		return -1;
	if (nobody) /* the record went away: somebody works without the lock */
		return err_set(e, ERR_BUSY, s->path, "is being changed by something else");
	return read_own(k, &w, pw_name, p, e);
}

int person_find(const struct store *s, const struct keys *k, const char *pw_name,
    bool *ret_found, struct person *ret_p, struct err *e)
{
	bool found = false;

	person_empty(ret_p);
	if (find_own(s, k, pw_name, &found, ret_p, e) != 0) {
		person_close(ret_p);
		return -1;
	}
	*ret_found = found;
	return 0;
}

/* The leftover of an interrupted enrolment: no record refers to it, so nothing in it counts. It
 * is made new in place, for a login may hold it open. */
static int reuse_leftover(const struct place *w, const uint8_t bytes[STATE_FILE_SIZE],
    struct person *p, struct err *e)
{
	char object[PATH_SIZE];

	p->state_fd = state_open(w, e);
	if (p->state_fd < 0 || safefile_lock(p->state_fd, w->state_path, w->state_name,
	                           STORE_LOCK_WAIT_MS, e) != 0)
		return -1;
	if (ftruncate(p->state_fd, STATE_FILE_SIZE) != 0)
		return err_sys(e, ERR_IO, path_below(object, w->state_path, w->state_name),
		    "cannot set its size");
	return safefile_write_at(
	    p->state_fd, w->state_path, w->state_name, bytes, STATE_FILE_SIZE, 0, e);
}

static int make_state(
    const struct keys *k, const struct place *w, struct person *p, struct err *e)
{
	uint8_t bytes[STATE_FILE_SIZE];
	struct err why;
	int r;

	if (state_new_file(k, p->file, &p->state, bytes, e) != 0)
		return -1;
	r = safefile_create(
	    w->states, w->state_path, p->file, bytes, sizeof(bytes), FILE_MODE, &why);
	if (r != 0 && errno != EEXIST)
		return err_give(e, &why);
	if (r != 0) {
		r = reuse_leftover(w, bytes, p, e);
	} else {
		p->state_fd = state_open(w, e);
		r = p->state_fd < 0 ? -1
		                    : safefile_lock(p->state_fd, w->state_path, w->state_name,
		                          STORE_LOCK_WAIT_MS, e);
	}
	if (r != 0) {
		fd_close(&p->state_fd);
		return -1;
	}
	p->file_state = (struct slots_file){.fd = p->state_fd, .generation = 1, .slot = 0};
	return 0;
}

static int check_put(const struct keys *k, const struct person *p, struct err *e)
{
	char file[NAME_HEX_SIZE];

	if (p->decoy || keys_file_name(k, p->record.name, file) != 0 ||
	    strcmp(file, p->file) != 0 || strcmp(file, p->state_name) != 0)
		return err_set(e, ERR_INTERNAL, "record", "not that of this person");
	if (memcmp(p->record.incarnation, p->incarnation, sizeof(p->incarnation)) != 0 ||
	    memcmp(p->state.incarnation, p->incarnation, sizeof(p->incarnation)) != 0)
		return err_set(e, ERR_INTERNAL, "record", "incarnation was changed");
	return 0;
}

/*
 * What needs room on the disk first: the new record, whole and durable under a temporary name.
 * Then the state, then the record's name. An error before the state is written changes nothing.
 * Cut short between state and record:
 * - a new person: a state without a record. A login is denied, the next enrolment starts anew.
 * - a token more: its counter waits for nothing; the old record counts. Logins as before.
 * - a token less (revoke, replace with no place for a second counter): the old record still
 *   lists it, but it has no counter, and a token without a counter is denied. It never works
 *   longer than the command says.
 * - the last token less: the codes on paper of the old record are all spent, too.
 * - the last card less: its certificate is gone already; such a card is denied.
 * - a person made anew: two incarnations, denied, and made anew once more.
 * - failures reset: they are, whatever became of the record.
 * Record first would leave tokens whose spent codes nobody has counted, or, for a new person, a
 * record that the next enrolment takes for the real one.
 */
static int put_files(const struct store *s, const struct keys *k, const struct place *w,
    const uint8_t box[RECORD_FILE_SIZE], struct person *p, struct err *e)
{
	struct safefile_draft draft;
	bool is_new = p->state_fd < 0;
	struct err why;
	int r;

	p->leftover = ERR_NONE;
	if (safefile_prepare(s->records, w->record_path, p->file, box, RECORD_FILE_SIZE,
	        FILE_MODE, &draft, e) != 0)
		return -1;
	if ((is_new ? make_state(k, w, p, e) != 0 : person_save_state(s, k, p, e) != 0) ||
	    (!record_has_card(&p->record) && certificates_remove(s, p, e) != 0)) {
		safefile_discard(&draft);
		return -1;
	}
	r = safefile_commit(&draft, w->record_path, e);
	if (draft.placed)
		p->generation++;
	if (r != 0) {
		if (is_new)
			fd_close(&p->state_fd); /* still new: put it again */
		return -1;
	}
	/* Rewritten where some stay, which needs room: after the record, that is, which is
	 * there whatever becomes of them. */
	if (record_has_card(&p->record) && certificates_prune(s, k, p, &why) != 0)
		p->leftover = why.number;
	return 0;
}

int person_put(const struct store *s, const struct keys *k, struct person *p, struct err *e)
{
	uint8_t box[RECORD_FILE_SIZE];
	struct place w;

	if (check_put(k, p, e) != 0 ||
	    record_seal(k, p->file, p->generation + 1, &p->record, box, e) != 0)
		return -1;
	place_own(&w, s, p);
	return put_files(s, k, &w, box, p, e);
}

int person_tidy(const struct store *s, const struct keys *k, struct person *p, struct err *e)
{
	static const struct counter unused;
	bool changed = false;

	for (unsigned i = 0; i < RECORD_TOKENS_MAX; i++) {
		struct counter *c = &p->state.counters[i];

		if (memcmp(c, &unused, sizeof(*c)) == 0 ||
		    record_find_id(&p->record, c->id) != NULL)
			continue;
		*c = unused;
		changed = true;
	}
	return changed ? person_save_state(s, k, p, e) : 0;
}

void person_remember_used(struct person *p, const struct token *t, int64_t now)
{
	const struct counter *c = state_counter(&p->state, t->id);
	int64_t from = floor_behind(p->state.accepted, now) > 0 ? p->state.accepted : now;
	int64_t used = field_time_clamp(field_time_clamp(from) + PERSON_FOLLOWED_S);

	if (t->kind != TOKEN_TOTP || c == NULL || c->next == 0)
		return;
	if (c->next - 1 < (uint64_t)used / t->period)
		used = (int64_t)(c->next - 1) * t->period;
	if (p->state.accepted < used)
		p->state.accepted = used;
}

void person_bury(struct person *p, int64_t now)
{
	struct record *r = &p->record;

	for (unsigned i = 0; i < r->token_count; i++)
		person_remember_used(p, &r->tokens[i], now);
	r->token_count = r->recovery_count = r->temporary_count = 0;
	wipe(r->tokens, sizeof(r->tokens));
	wipe(r->recovery, sizeof(r->recovery));
	wipe(r->temporary, sizeof(r->temporary));
	r->flags = RECORD_TOMBSTONE;
	/* Spent, not unspent: until the tombstone is written, and with a record that is put
	 * back, this state stands beside codes that may have been used. None of them is left to
	 * be held; a secret may come again, so what a lost write did to TOTP stays unsure. */
	p->state.flags &= ~(uint32_t)STATE_CODES_HELD;
	p->state.recovery_spent = (1u << RECORD_RECOVERY_MAX) - 1;
	memset(p->state.temporary_uses, 0xff, sizeof(p->state.temporary_uses));
	memset(p->state.counters, 0, sizeof(p->state.counters));
}

int person_remake(const struct store *s, const struct keys *k, const char *pw_name, int64_t now,
    struct person *ret_p, struct err *e)
{
	person_empty(ret_p);
	if (name_person(k, pw_name, ret_p) != 0) {
		person_close(ret_p);
		return err_set(e, ERR_INTERNAL, s->path, "cannot make a file name");
	}
	if (person_new(pw_name, ret_p, e) != 0) {
		person_close(ret_p);
		return -1;
	}
	person_bury(ret_p, now);
	ret_p->record.created = ret_p->record.changed = now;
	/* which codes were used is not known any more */
	ret_p->state.accepted = field_time_clamp(field_time_clamp(now) + PERSON_FOLLOWED_S);
	return 0;
}
