/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each bit of each file of a small store turned, each file cut at each length, and a login
 * tried: it is refused, or goes on from the twin as if nothing had been; a used code stays
 * used, a spent envelope spent, and the envelope opens whatever became of everything else.
 *
 * In a short run one bit of each byte; with SEKISHO_LONG=1 all of them.
 */
#include "tests/unit/alice.h"

#include "lib/login/judge.h"
#include "lib/store/files.h"

#define FILE_MAX (16 * 1024)

static struct login_account account;
static struct msg hello;
static bool all;

/* ---- the files, as they were */

enum place { HEADER, HOST_KEY, LOCK, RECORD, STATE, CLOCK, ENVELOPE, DECOY_REC, DECOY, FILES };

static struct file {
	const char *word;
	int fd;
	size_t len;
	uint8_t bytes[FILE_MAX];
} files[FILES] = {
    [HEADER] = {.word = "header"},
    [HOST_KEY] = {.word = "host.key"},
    [LOCK] = {.word = "lock"},
    [RECORD] = {.word = "record"},
    [STATE] = {.word = "state"},
    [CLOCK] = {.word = "clock"},
    [ENVELOPE] = {.word = "emergency"},
    [DECOY_REC] = {.word = "decoys/record"},
    [DECOY] = {.word = "decoys/NNNN"},
};

static void open_file(enum place at, int dirfd, const char *name)
{
	files[at].fd = openat(dirfd, name, O_RDWR);
	assert_true(files[at].fd >= 0);
}

static void keep(void)
{
	for (unsigned i = 0; i < FILES; i++) {
		ssize_t n = pread(files[i].fd, files[i].bytes, FILE_MAX, 0);

		assert_true(n >= 0 && n < FILE_MAX);
		files[i].len = (size_t)n;
	}
}

static void put_back(enum place at)
{
	const struct file *f = &files[at];

	assert_int_equal(ftruncate(f->fd, (off_t)f->len), 0);
	assert_int_equal(pwrite(f->fd, f->bytes, f->len, 0), f->len);
}

static void put_all_back(void)
{
	/* what a login may write */
	put_back(STATE);
	put_back(CLOCK);
	put_back(ENVELOPE);
	put_back(DECOY);
}

/* ---- a login */

static enum outcome answer(const char *user, const char *text)
{
	const struct login_setup u = {.hello = &hello,
	    .account = &account,
	    .source = SOURCE_CONSOLE,
	    .store = &store,
	    .store_err = NULL,
	    .emergency_dir = store.dir,
	    .emergency_path = store_path,
	    .config_name = "sekisho.conf",
	    .clock = &clk,
	    .audit = &sink,
	    .actor = 1000};
	struct judgement j;
	struct secret s;

	account.known = true;
	account.uid = UID;
	snprintf(account.name, sizeof account.name, "%s", user);
	assert_int_equal(secret_set(&s, text, strlen(text)), 0);
	return judge_answer(&u, &s, &j);
}

static char code[OTP_DIGITS_MAX + 1], envelope[CODE_SIZE];

/* The state a login with the right code leaves. */
static uint8_t granted_state[STATE_PLAIN_SIZE];

static void encode_state(uint8_t out[STATE_PLAIN_SIZE])
{
	struct state s = state_of_alice();

	assert_int_equal(state_encode(&s, out), 0);
}

/* ---- every bit, every length */

typedef void (*claim)(enum place at);

static const char *claimed;
static size_t where;

static void each_bit(enum place at, claim check)
{
	struct file *f = &files[at];

	for (size_t i = 0; i < f->len; i++) {
		for (unsigned bit = 0; bit < 8; bit++) {
			uint8_t turned = f->bytes[i] ^ (uint8_t)(1u << bit);

			if (!all && bit != i % 8)
				continue;
			where = i;
			assert_int_equal(pwrite(f->fd, &turned, 1, (off_t)i), 1);
			check(at);
			put_back(at);
			put_all_back();
		}
	}
}

static void each_length(enum place at, claim check)
{
	struct file *f = &files[at];

	for (size_t len = 0; len < f->len; len += all || len < 80 ? 1 : 13) {
		where = len;
		assert_int_equal(ftruncate(f->fd, (off_t)len), 0);
		check(at);
		put_back(at);
		put_all_back();
	}
}

static void everything(claim check, const char *words)
{
	claimed = words;
	for (unsigned at = 0; at < FILES; at++) {
		each_bit((enum place)at, check);
		each_length((enum place)at, check);
	}
}

__attribute__((noreturn)) static void broken(enum place at, enum outcome o)
{
	fail_msg("%s, byte %zu: %s: %s", files[at].word, where, claimed, outcome_row(o)->word);
	abort();
}

/* The right code: refused, or accepted with the state it leaves otherwise. */
static void right_code(enum place at)
{
	enum outcome o = answer("alice", code);
	uint8_t now[STATE_PLAIN_SIZE];
	bool needed = at == HOST_KEY || at == RECORD || at == STATE;

	if (o != OUTCOME_ACCEPTED) {
		if (at == ENVELOPE || at == LOCK || at == DECOY || at == DECOY_REC ||
		    outcome_row(o)->verdict == VERDICT_GRANTED)
			broken(at, o);
		return;
	}
	if (needed)
		broken(at, o);
	put_back(at);
	encode_state(now);
	if (memcmp(now, granted_state, sizeof now) != 0)
		broken(at, o);
}

static void refused(enum place at, const char *user, const char *text)
{
	enum outcome o = answer(user, text);

	if (outcome_row(o)->verdict == VERDICT_GRANTED)
		broken(at, o);
}

static void used_code(enum place at)
{
	refused(at, "alice", code);
}

static void somebody_unknown(enum place at)
{
	/* a refused code is looked for in a whole day: some milliseconds */
	if (all || where % 128 == 0)
		refused(at, "nobody", code);
}

static void whole_envelope(enum place at)
{
	enum outcome o = answer("alice", envelope);

	if ((o == OUTCOME_EMERGENCY) != (at != ENVELOPE))
		broken(at, o);
}

static void spent_envelope(enum place at)
{
	if (at == ENVELOPE)
		refused(at, "alice", envelope);
}

/* ---- in order: each begins where the one before ended */

static void a_right_code(void **context)
{
	(void)context;
	assert_int_equal(answer("alice", code), OUTCOME_ACCEPTED);
	encode_state(granted_state);
	put_all_back();
	everything(right_code, "the right code");
}

static void a_whole_envelope(void **context)
{
	(void)context;
	everything(whole_envelope, "the emergency code");
}

static void a_used_code(void **context)
{
	(void)context;
	assert_int_equal(answer("alice", code), OUTCOME_ACCEPTED);
	assert_int_equal(answer("alice", code), OUTCOME_USED);
	keep();
	everything(used_code, "a used code");
}

static void a_name_nobody_has(void **context)
{
	(void)context;
	everything(somebody_unknown, "somebody unknown");
}

static void a_spent_envelope(void **context)
{
	(void)context;
	assert_int_equal(answer("alice", envelope), OUTCOME_EMERGENCY);
	keep();
	everything(spent_envelope, "a spent emergency code");
}

static int make(void **context)
{
	char name[NAME_HEX_SIZE], decoy[NAME_HEX_SIZE];
	struct emergency em;
	struct person p;
	struct err e = {0};
	uid_t uid = UID;

	all = getenv("SEKISHO_LONG") != NULL && strcmp(getenv("SEKISHO_LONG"), "1") == 0;
	if (make_store(context) != 0)
		return -1;
	write_config("");
	enroll_with(NULL);
	code_at(STEP, code);
	/* both slots of each file are in use */
	(void)answer("alice", "?");
	(void)answer("nobody", "?");
	set_floor(NOW - 7200);
	set_floor(NOW - 7200);
	if (code_make(CODE_EMERGENCY, envelope) != 0 ||
	    emergency_write(store.dir, store_path, envelope, &uid, 1, NOW, &em, &e) != 0 ||
	    keys_file_name(&keys, "alice", name) != 0 ||
	    person_open(&store, &keys, "nobody", &p, &e) != 0)
		return -1;
	snprintf(decoy, sizeof decoy, "%s", p.state_name);
	person_close(&p);
	if (fchmodat(store.etc, "host.key", 0600, 0) != 0)
		return -1;
	open_file(HEADER, store.dir, "header");
	open_file(HOST_KEY, store.etc, "host.key");
	open_file(LOCK, store.dir, "lock");
	open_file(RECORD, store.records, name);
	open_file(STATE, store.states, name);
	open_file(CLOCK, store.dir, "clock");
	open_file(ENVELOPE, store.dir, EMERGENCY_FILE);
	open_file(DECOY_REC, store.decoys, DECOY_RECORD);
	open_file(DECOY, store.decoys, decoy);
	keep();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_right_code),
	    cmocka_unit_test(a_whole_envelope),
	    cmocka_unit_test(a_used_code),
	    cmocka_unit_test(a_name_nobody_has),
	    cmocka_unit_test(a_spent_envelope),
	};

	return cmocka_run_group_tests_name("everybit", tests, make, remove_store);
}
