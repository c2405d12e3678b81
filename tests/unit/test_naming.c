/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Whom a card in a reader names, and that nobody is named by anything else. The links are in
 * test_cardindex.c, login(1) in tests/system/card_first.sh.
 */
#include <sys/socket.h>

#include "lib/login/naming.h"
#include "tests/unit/alice_card.h"

#define FIRST CRL_NEVER "identify-by-card = yes\n" CARD_RULE

static struct msg hello;
static struct login_account nobody;
static int fds[2];

static struct login_setup setup(void)
{
	return (struct login_setup){.fd = fds[1],
	    .hello = &hello,
	    .account = &nobody,
	    .store = &store,
	    .config_name = "sekisho.conf",
	    .clock = &clk,
	    .audit = &sink,
	    .cards = &readers.service};
}

static void link_card(const char *name, const char *applet, const uint8_t *identity)
{
	char at[NAME_HEX_SIZE], file[NAME_HEX_SIZE], path[512], target[512];

	assert_int_equal(keys_card_name(&keys, applet, identity, at), 0);
	assert_int_equal(keys_file_name(&keys, name, file), 0);
	snprintf(path, sizeof path, "%s/cards", store_path);
	(void)mkdir(path, 0700);
	snprintf(path, sizeof path, "%s/cards/%s", store_path, at);
	snprintf(target, sizeof target, "../records/%s", file);
	(void)unlink(path);
	assert_int_equal(symlink(target, path), 0);
}

/* The card that is a stranger's elsewhere. */
static void enroll_bob(void)
{
	static const uint8_t number[] = {0x34, 0x02, 0x11, 0x23};
	const struct token t =
	    card_token("piv", 40, other_key, KEY_P256, (struct span){number, sizeof number});
	struct person p;
	struct err e = {0};
	bool found;
	int lock = store_lock(&store, &e);

	assert_true(lock >= 0);
	assert_int_equal(person_find(&store, &keys, "bob", &found, &p, &e), 0);
	p.record.tokens[0] = t;
	p.record.token_count = 1;
	memcpy(p.state.counters[0].id, t.id, sizeof t.id);
	if (person_put(&store, &keys, &p, &e) != 0)
		fail_msg("%s: %s", e.object, e.why);
	person_close(&p);
	close(lock);
	link_card("bob", "piv", t.card.identity);
}

static int fresh(void **context)
{
	(void)fresh_cards(context);
	write_config(FIRST);
	memset(&hello, 0, sizeof hello);
	hello.type = MSG_HELLO;
	hello.version = MSG_VERSION;
	hello.hello.flags = MSG_HELLO_NO_USER;
	memcpy(hello.session, "session-session!", sizeof hello.session);
	link_card("alice", "piv", piv_token.card.identity);
	link_card("alice", "jpki", jpki_token.card.identity);
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds);
}

static int done(void **context)
{
	(void)context;
	close(fds[0]);
	close(fds[1]);
	return 0;
}

static void expect_name(const char *name)
{
	struct msg m;

	assert_int_equal(chan_recv(fds[0], hello.session, &m, 1000), CHAN_OK);
	assert_int_equal(m.type, MSG_NAME);
	assert_int_equal(m.version, hello.version);
	assert_string_equal(m.name.user, name);
}

static void names(const char *name)
{
	const struct login_setup s = setup();

	naming_run(&s);
	expect_name(name);
	assert_int_equal(readers.connects, readers.resets);
	assert_int_equal(piv.pins, 0);
}

static void a_card_names_its_owner(void **context)
{
	(void)context;
	names("alice");
	readers_put(&readers, 0, &stranger); /* is nobody's */
	names("alice");
	readers_put(&readers, 1, NULL);
	names("");
	readers_put(&readers, 0, NULL);
	names("");
}

static void my_number_cards_where_they_are_wanted(void **context)
{
	(void)context;
	readers_put(&readers, 1, &jpki);
	names("");
	write_config("jpki = yes\n" FIRST);
	names("alice");
	readers_put(&readers, 0, &piv); /* two of hers */
	names("alice");
}

static void two_people_are_nobody(void **context)
{
	(void)context;
	enroll_bob();
	readers_put(&readers, 0, &stranger);
	names("");
	readers_put(&readers, 1, NULL);
	names("bob");
}

static void where_nobody_is_named(void **context)
{
	struct login_setup s = setup();

	(void)context;
	assert_true(naming_is_wanted(&s));
	write_config(CRL_NEVER CARD_RULE);
	assert_false(naming_is_wanted(&s));
	names("");
	write_config(FIRST "nonsense\n");
	assert_false(naming_is_wanted(&s));
	names("");
	assert_int_equal(readers.connects, 0);
	write_config(FIRST);
	naming_refuse(&s);
	expect_name("");
	s.cards = NULL;
	naming_run(&s);
	expect_name("");
	s = setup();
	s.store = NULL;
	naming_run(&s);
	expect_name("");
	assert_int_equal(readers.connects, 0);
}

/* The keys are not to be had: the card is nobody's, and the login that follows will say why. */
static void without_the_keys(void **context)
{
	char key[512], away[512];

	(void)context;
	snprintf(key, sizeof key, "%s/host.key", etc_path);
	snprintf(away, sizeof away, "%s/away", etc_path);
	assert_int_equal(rename(key, away), 0);
	names("");
	assert_int_equal(rename(away, key), 0);
	names("alice");
}

/* Whoever asked has gone: nothing to be done about it. */
static void nobody_listens(void **context)
{
	const struct login_setup s = setup();

	(void)context;
	close(fds[0]);
	naming_run(&s);
	assert_int_equal(piv.pins, 0);
	fds[0] = dup(fds[1]);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fresh, done)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_card_names_its_owner),
	    TEST(my_number_cards_where_they_are_wanted),
	    TEST(two_people_are_nobody),
	    TEST(where_nobody_is_named),
	    TEST(without_the_keys),
	    TEST(nobody_listens),
	};

	return cmocka_run_group_tests_name(
	    "naming", tests, make_store_and_cards, remove_store_and_cards);
}
