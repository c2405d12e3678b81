/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho.conf: what is accepted and with which meaning; what is refused, on which line, in
 * which words. The examples of the project are among the accepted files.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/config.h"

#define ANY      "rule \"any\" { require = otp }\n"
#define PATH     "sekisho.conf"
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static struct config config;
static struct err error;

static int parse_bytes(const char *text, size_t len)
{
	/* a copy of exact size: the sanitizer sees a read past the end */
	char *copy = malloc(len + (len == 0));
	int r;

	assert_non_null(copy);
	memcpy(copy, text, len);
	memset(&config, 0x5a, sizeof(config));
	memset(&error, 0, sizeof(error));
	r = config_parse(copy, len, PATH, &config, &error);
	free(copy);
	return r;
}

static void accept(const char *text)
{
	if (parse_bytes(text, strlen(text)) != 0)
		fail_msg("refused: %s: %s\n%s", error.object, error.why, text);
}

static void refuse_bytes(const char *text, size_t len, int line, const char *why)
{
	static struct config untouched;
	char object[64];

	memset(&untouched, 0x5a, sizeof(untouched));
	if (parse_bytes(text, len) == 0)
		fail_msg("accepted: %s", text);
	snprintf(object, sizeof(object), PATH ":%d", line);
	if (strcmp(error.object, object) != 0 || strcmp(error.why, why) != 0)
		fail_msg("%s\n says %s: %s\nwanted %s: %s", text, error.object, error.why,
		    object, why);
	assert_int_equal(error.number, ERR_CONFIG);
	assert_memory_equal(&config, &untouched, sizeof(config));
}

static void test_default(void **state)
{
	(void)state;
	memset(&config, 0x5a, sizeof(config));
	config_default(&config);
	assert_int_equal(config.totp_window, 1);
	assert_int_equal(config.hotp_look_ahead, 10);
	assert_false(config.allow_any_file_system);
	assert_int_equal(config.rule_count, 1);
	assert_int_equal(config.rules[0].require, CONFIG_REQUIRE_OTP);
	assert_false(config.rules[0].no_recovery);
	assert_int_equal(config.rules[0].locality, CONFIG_ANYWHERE);
	for (int i = 0; i < CONFIG_CONDITIONS; i++)
		assert_int_equal(config.rules[0].match[i].count, 0);
}

static void test_without_rules(void **state)
{
	static const char *const texts[] = {
	    "", "\n\n", "# only a comment", "\xef\xbb\xbf", "\r\n"};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		accept(texts[i]);
		assert_int_equal(config.rule_count, 1);
		assert_int_equal(config.totp_window, 1);
		assert_int_equal(config.hotp_look_ahead, 10);
		assert_int_equal(config.rules[0].require, CONFIG_REQUIRE_OTP);
		assert_false(config.rules[0].no_recovery);
		assert_int_equal(config.rules[0].match[CONFIG_MATCH_USER].count, 0);
	}
	accept("totp-window = 3\n");
	assert_int_equal(config.totp_window, 3);
	assert_int_equal(config.rules[0].require, CONFIG_REQUIRE_OTP);
}

static void check_values(enum config_condition condition, const char *first, const char *second)
{
	const struct config_values *v = &config.rules[0].match[condition];

	assert_int_equal(v->count, second == NULL ? 1 : 2);
	assert_string_equal(v->value[0], first);
	if (second != NULL)
		assert_string_equal(v->value[1], second);
}

/* What is said about cards, and what holds where nothing is. */
static void test_cards(void **state)
{
	static const struct {
		const char *text;
		enum config_crl crl;
		bool jpki, refuse, identify;
		unsigned wait;
	} rows[] = {
	    {"", CONFIG_CRL_REQUIRE, false, false, false, 30},
	    {"crl = require\njpki = no\nlast-try = confirm\nidentify-by-card = no\n",
	        CONFIG_CRL_REQUIRE, false, false, false, 30},
	    {"crl = if-present\n", CONFIG_CRL_IF_PRESENT, false, false, false, 30},
	    {"card-wait = 0\n", CONFIG_CRL_REQUIRE, false, false, false, 0},
	    {"card-wait = 300\n", CONFIG_CRL_REQUIRE, false, false, false, 300},
	    {"jpki = yes\ncrl = off\nlast-try = refuse\n", CONFIG_CRL_OFF, true, true, false,
	        30},
	    {"identify-by-card = yes\n", CONFIG_CRL_REQUIRE, false, false, true, 30},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		accept(rows[i].text);
		assert_int_equal(config.crl, rows[i].crl);
		assert_int_equal(config.jpki, rows[i].jpki);
		assert_int_equal(config.refuse_last_try, rows[i].refuse);
		assert_int_equal(config.identify_by_card, rows[i].identify);
		assert_int_equal(config.card_wait_s, rows[i].wait);
	}
	config_default(&config);
	assert_int_equal(config.crl, CONFIG_CRL_REQUIRE);
	assert_false(config.jpki);
	assert_false(config.identify_by_card);
	assert_int_equal(config.card_wait_s, 30);
}

static void test_every_word(void **state)
{
	(void)state;
	accept("totp-window = 10\n"
	       "hotp-look-ahead = 100\n"
	       "allow-any-file-system = yes\n"
	       "rule \"a rule of the books\" {\n"
	       "	match-service = {\"login\", \"sshd\"}\n"
	       "	match-user    = alice\n"
	       "	match-group   = {kaikei}  # comment\n"
	       "	match-tty     = {/dev/tty1, \"pts/0\"}\n"
	       "	match-rhost   = {\"192.0.2.1\", 2001:db8::1}\n"
	       "	match-from    = remote\n"
	       "	require       = \"none\"\n"
	       "}\n" ANY);
	assert_int_equal(config.totp_window, 10);
	assert_int_equal(config.hotp_look_ahead, 100);
	assert_true(config.allow_any_file_system);
	assert_int_equal(config.rule_count, 2);
	assert_string_equal(config.rules[0].name, "a rule of the books");
	assert_int_equal(config.rules[0].line, 4);
	check_values(CONFIG_MATCH_SERVICE, "login", "sshd");
	check_values(CONFIG_MATCH_USER, "alice", NULL);
	check_values(CONFIG_MATCH_GROUP, "kaikei", NULL);
	check_values(CONFIG_MATCH_TTY, "tty1", "pts/0");
	check_values(CONFIG_MATCH_RHOST, "192.0.2.1", "2001:db8::1");
	assert_int_equal(config.rules[0].locality, CONFIG_REMOTE);
	assert_int_equal(config.rules[0].require, CONFIG_REQUIRE_NONE);
	assert_int_equal(config.rules[1].line, 13);
	assert_int_equal(config.rules[1].require, CONFIG_REQUIRE_OTP);
}

/* Recovery codes are the rule's to allow; saying nothing allows them. */
static void test_recovery(void **state)
{
	(void)state;
	accept("rule a { match-user = u require = otp recovery = no }\n"
	       "rule b { match-user = v recovery = \"yes\" require = otp }\n"
	       "rule c { recovery = no require = otp match-user = w }\n" ANY);
	assert_true(config.rules[0].no_recovery);
	assert_false(config.rules[1].no_recovery);
	assert_true(config.rules[2].no_recovery);
	assert_false(config.rules[3].no_recovery);
	accept("hotp-look-ahead = 1");
	assert_int_equal(config.hotp_look_ahead, 1);
}

/* Spellings that mean the same. */
static void test_layout(void **state)
{
	static const char *const texts[] = {
	    "rule x{match-user={a,b}require=otp}" ANY,
	    "rule\nx\n{\nmatch-user\n=\n{\na\n,\nb\n}\nrequire\n=\notp\n}\n" ANY,
	    "\xef\xbb\xbfrule \"x\" { require = \"otp\" match-user = {\"a\",\"b\"} }\r\n" ANY,
	    "rule x {# {\r\n\tmatch-user = {a,#}\r\nb} require = otp#\r\n}\r\n" ANY,
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		accept(texts[i]);
		assert_int_equal(config.rule_count, 2);
		assert_string_equal(config.rules[0].name, "x");
		check_values(CONFIG_MATCH_USER, "a", "b");
		assert_int_equal(config.rules[0].require, CONFIG_REQUIRE_OTP);
	}
}

/* Nothing inside quotes means anything: no escape, no variable, no comment. */
static void test_strings_are_literal(void **state)
{
	(void)state;
	assert_int_equal(setenv("SEKISHO_TEST_WORD", "expanded", 1), 0);
	accept(
	    "rule \"${SEKISHO_TEST_WORD} #\\x41\" { match-user = {\"DOM\\bob\", \"${HOME}\"}\n"
	    "require = otp }" ANY);
	assert_string_equal(config.rules[0].name, "${SEKISHO_TEST_WORD} #\\x41");
	check_values(CONFIG_MATCH_USER, "DOM\\bob", "${HOME}");
	accept("rule \"\xe7\xb5\x8c\xe7\x90\x86\" { require = otp } # \xf0\x9f\x9a\xa7");
	assert_string_equal(config.rules[0].name, "\xe7\xb5\x8c\xe7\x90\x86");
}

struct refusal {
	const char *text;
	int line;
	const char *why;
};

static const struct refusal refusals[] = {
    /* unknown words, with and without a near one */
    {"\n\nrule x {\n requier = otp }", 4,
        "unknown word \"requier\", did you mean \"require\"?"},
    {"totp_window = 1", 1, "unknown word \"totp_window\", did you mean \"totp-window\"?"},
    {"# a\nRule x { }", 2, "unknown word \"Rule\", did you mean \"rule\"?"},
    {"rule x { match-sevrice = a", 1,
        "unknown word \"match-sevrice\", did you mean \"match-service\"?"},
    {"rule x { require = opt }", 1, "unknown word \"opt\", did you mean \"otp\"?"},
    {"rule x { require = cart }", 1, "unknown word \"cart\", did you mean \"card\"?"},
    {"rule x { require = OTP }", 1, "unknown word \"OTP\""},
    {"rule x { match-from = lokal }", 1, "unknown word \"lokal\", did you mean \"local\"?"},
    {"allow-any-file-system = true", 1, "unknown word \"true\""},
    {"crl = never", 1, "unknown word \"never\""},
    {"jpki = 1", 1, "unknown word \"1\""},
    {"identify-by-card = true", 1, "unknown word \"true\""},
    {"last-try = silent", 1, "unknown word \"silent\""},
    {"hotp-lookahead = 3", 1,
        "unknown word \"hotp-lookahead\", did you mean \"hotp-look-ahead\"?"},
    {"rule x { require = otp recovery = on }", 1, "unknown word \"on\""},
    {"rule x { require = otp recovery = maybe }", 1, "unknown word \"maybe\""},
    {"include = x", 1, "unknown word \"include\""},
    {"include(\"/etc/passwd\")", 1, "unknown word \"include\""},
    /* words in the wrong place */
    {"require = otp", 1, "\"require\" stands only inside a rule"},
    {"recovery = no", 1, "\"recovery\" stands only inside a rule"},
    {"rule x {\nrecovery = yes\nrequire = none }", 2,
        "recovery has no meaning in rule \"x\", which requires none"},
    {"rule x { recovery = no\nrecovery = no", 2, "recovery set again, first on line 1"},
    {"rule x {\n require = otp\ntotp-window = 1 }", 3,
        "\"totp-window\" inside rule \"x\"; is a \"}\" missing?"},
    {"rule x {\n require = otp\nrule y { require = otp }", 3,
        "\"rule\" inside rule \"x\"; is a \"}\" missing?"},
    {"\"totp-window\" = 1", 1, "a word expected, not \"totp-window\""},
    {"rule x { \"require\" = otp }", 1, "a word expected, not \"require\""},
    {"}", 1, "a word expected, not \"}\""},
    {ANY "\n}", 3, "a word expected, not \"}\""},
    /* duplicates */
    {"totp-window = 1\n\ntotp-window = 1", 3, "totp-window set again, first on line 1"},
    {"rule x {\nrequire = otp\nrequire = none\n}", 3, "require set again, first on line 2"},
    {"rule x { match-user = a\nmatch-user = b require = otp }", 2,
        "match-user set again, first on line 1"},
    {"rule x { match-user = a require = otp }\nrule \"x\" { require = otp }", 2,
        "second rule \"x\", first on line 1"},
    {"rule x { match-user = {a, b,\n\"a\"}", 2, "\"a\" stands twice in match-user"},
    {"rule x { match-tty = {tty1, /dev/tty1}", 1, "\"tty1\" stands twice in match-tty"},
    {"rule x { match-user = a match-user += b", 1, "match-user set again, first on line 1"},
    /* numbers */
    {"totp-window = 11", 1, "totp-window is a number from 0 to 10"},
    {"totp-window = -1", 1, "totp-window is a number from 0 to 10"},
    {"totp-window = 01", 1, "totp-window is a number from 0 to 10"},
    {"totp-window = 0x1", 1, "totp-window is a number from 0 to 10"},
    {"totp-window = \"1 \"", 1, "totp-window is a number from 0 to 10"},
    {"totp-window = 4294967297", 1, "totp-window is a number from 0 to 10"},
    {"totp-window = one", 1, "totp-window is a number from 0 to 10"},
    {"totp-window = \"\xe2\x85\xa0\"", 1, "totp-window is a number from 0 to 10"},
    {"totp-window = 00", 1, "totp-window is a number from 0 to 10"},
    {"card-wait = 301", 1, "card-wait is a number from 0 to 300"},
    {"hotp-look-ahead = 0", 1, "hotp-look-ahead is a number from 1 to 100"},
    {"hotp-look-ahead = 101", 1, "hotp-look-ahead is a number from 1 to 100"},
    {"hotp-look-ahead = 010", 1, "hotp-look-ahead is a number from 1 to 100"},
    {"hotp-look-ahead = 1000", 1, "hotp-look-ahead is a number from 1 to 100"},
    {"hotp-look-ahead = 4294967297", 1, "hotp-look-ahead is a number from 1 to 100"},
    {"hotp-look-ahead = 18446744073709551617", 1, "hotp-look-ahead is a number from 1 to 100"},
    {"hotp-look-ahead = 1x", 1, "hotp-look-ahead is a number from 1 to 100"},
    {"totp-window = {1}", 1, "a value expected, not \"{\""},
    /* what is missing */
    {"totp-window", 1, "\"=\" expected, not end of file"},
    {"totp-window\n=\n\n", 2, "a value expected, not end of file"},
    {"totp-window 1", 1, "\"=\" expected, not \"1\""},
    {"rule", 1, "the rule's name expected, not end of file"},
    {"rule {", 1, "the rule's name expected, not \"{\""},
    {"rule x\nrequire = otp", 2, "\"{\" expected, not \"require\""},
    {"rule x {\n\n require = otp\n", 1, "rule \"x\" is not closed: no \"}\" before the end"},
    {"rule x { }", 1, "rule \"x\" has no require"},
    {"\nrule x {\nmatch-user = a\n}" ANY, 2, "rule \"x\" has no require"},
    {"rule x { match-user = {} }", 1, "a value expected, not \"}\""},
    {"rule x { match-user = {a,} }", 1, "a value expected, not \"}\""},
    {"rule x { match-user = {a b} }", 1, "\",\" or \"}\" expected, not \"b\""},
    {"rule x { match-user = a, b }", 1, "a word expected, not \",\""},
    {"rule x { match-user = {a,\n", 1, "a value expected, not end of file"},
    {"rule x { require = {otp} }", 1, "a value expected, not \"{\""},
    {"rule x { match-user = {a, \"\"} }", 1, "empty string"},
    {"rule \"\" {", 1, "empty string"},
    {"rule x { match-tty = /dev/ }", 1, "\"/dev/\" names no terminal"},
    {"\nrule \"x {\n require = otp }", 2, "closing quote missing"},
    {"rule \"x", 1, "closing quote missing"},
    {"rule \"x\n\" { require = otp }", 1, "closing quote missing"},
    /* characters */
    {"totp-window = 1;", 1, "unexpected \";\"; words with other characters stand in quotes"},
    {"rule x { require = ${HOME} }", 1,
        "unexpected \"$\"; words with other characters stand in quotes"},
    {"/* a comment\n of C */", 1, "unknown word \"/\""},
    {"totp-window = '1'", 1, "unexpected \"'\"; words with other characters stand in quotes"},
    {"\n# \x8c\x6f\x97\x9d", 2, "byte 0x8c is not UTF-8; save the file as UTF-8"},
    {"\xc0\x80", 1, "byte 0xc0 is not UTF-8; save the file as UTF-8"},
    {"\xe0\x9f\xbf", 1, "byte 0xe0 is not UTF-8; save the file as UTF-8"},
    {"\xed\xa0\x80", 1, "byte 0xed is not UTF-8; save the file as UTF-8"},
    {"\xf4\x90\x80\x80", 1, "byte 0xf4 is not UTF-8; save the file as UTF-8"},
    {"# \xe7\xb5", 1, "byte 0xe7 is not UTF-8; save the file as UTF-8"},
    {"# \xe7\xb5 ", 1, "byte 0xe7 is not UTF-8; save the file as UTF-8"},
    {"# hidden\rtotp-window = 9\n", 1, "control character 0x0d"},
    {"totp-window = 1\r", 1, "control character 0x0d"},
    {"\n\n# \x1b[2K", 3, "control character 0x1b"},
    {"# \x7f", 1, "control character 0x7f"},
    {"\n\xef\xbb\xbf", 2, "unexpected \"?\"; words with other characters stand in quotes"},
    /* rules no login reaches, and logins no rule takes */
    {ANY "\nrule x { require = none }", 3,
        "rule \"x\" is never reached: \"any\" of line 1 decides first"},
    {ANY "rule x { match-user = a require = none }", 2,
        "rule \"x\" is never reached: \"any\" of line 1 decides first"},
    {"rule x { match-user = {a, b} require = none }\n"
     "rule y { match-user = b match-service = su require = otp }\n" ANY,
        2, "rule \"y\" is never reached: \"x\" of line 1 decides first"},
    {"rule x { match-from = remote require = none }\n"
     "rule y { match-rhost = host require = otp }\n" ANY,
        2, "rule \"y\" is never reached: \"x\" of line 1 decides first"},
    {"rule x { match-from = local match-rhost = host require = none }\n" ANY, 1,
        "rule \"x\" never matches: a local login has no remote host"},
    {"rule x { match-user = a require = otp }", 1,
        "the last rule, \"x\", must have no condition: it takes all other logins"},
    {"rule x { match-from = local require = otp }\nrule y { match-from = remote require = otp "
     "}",
        2, "the last rule, \"y\", must have no condition: it takes all other logins"},
    {"rule x { match-user = \"a*\" require = otp }", 1,
        "\"a*\" is a pattern; match-user takes whole words"},
    {"rule x { match-tty = {\"tty?\"} require = otp }", 1,
        "\"tty?\" is a pattern; match-tty takes whole words"},
};

static void test_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++)
		refuse_bytes(refusals[i].text, strlen(refusals[i].text), refusals[i].line,
		    refusals[i].why);
}

/* Rules that look alike but leave each other something. */
static void test_reachable(void **state)
{
	static const char *const texts[] = {
	    "rule x { match-user = a require = otp } rule y { match-user = {a, b} require = "
	    "otp }" ANY,
	    "rule x { match-user = a match-service = su require = otp }"
	    "rule y { match-user = a require = otp }" ANY,
	    "rule x { match-from = local require = otp } rule y { match-from = remote require "
	    "= otp }" ANY,
	    "rule x { match-from = local require = otp } rule y { match-rhost = h require = "
	    "otp }" ANY,
	    "rule x { match-from = remote require = otp } rule y { match-user = a require = "
	    "otp }" ANY,
	    "rule x { match-rhost = h require = otp } rule y { match-from = remote require = "
	    "otp }" ANY,
	};

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		accept(texts[i]);
}

static void test_nul(void **state)
{
	static const char text[] = "\nrule x { require = none }\0 # seen by no C string\n";
	static const char in_string[] = "rule \"x\0y\" { require = otp }";

	(void)state;
	refuse_bytes(text, sizeof(text) - 1, 2, "control character 0x00");
	refuse_bytes(in_string, sizeof(in_string) - 1, 1, "control character 0x00");
}

/* The longest word passes whole, one byte more is refused, never cut. */
static void test_word_length(void **state)
{
	char word[CONFIG_WORD_SIZE + 1], text[256];

	(void)state;
	memset(word, 'w', sizeof(word));
	word[CONFIG_WORD_SIZE - 1] = '\0';
	snprintf(text, sizeof(text), "rule \"%s\" { match-user = %s require = otp }" ANY, word,
	    word);
	accept(text);
	assert_string_equal(config.rules[0].name, word);
	check_values(CONFIG_MATCH_USER, word, NULL);

	word[CONFIG_WORD_SIZE - 1] = 'w';
	word[CONFIG_WORD_SIZE] = '\0';
	snprintf(text, sizeof(text), "\nrule \"%s\" {", word);
	refuse_bytes(text, strlen(text), 2,
	    "\"wwwwwwwwwwwwwwww...\" is too long (64 bytes, at most 63)");
	snprintf(text, sizeof(text), "rule x { match-user = {a,\n%s", word);
	refuse_bytes(text, strlen(text), 2,
	    "\"wwwwwwwwwwwwwwww...\" is too long (64 bytes, at most 63)");
	snprintf(text, sizeof(text), "%s = 1", word);
	refuse_bytes(text, strlen(text), 1,
	    "\"wwwwwwwwwwwwwwww...\" is too long (64 bytes, at most 63)");
}

static void append(char *text, const char *format, int i)
{
	size_t used = strlen(text);

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text + used, CONFIG_FILE_MAX - used, format, i);
#pragma GCC diagnostic pop
}

static void test_counts(void **state)
{
	static char text[CONFIG_FILE_MAX + 2];

	(void)state;
	text[0] = '\0';
	for (int i = 1; i < CONFIG_RULES_MAX; i++)
		append(text, "rule r%d { match-user = u require = otp match-tty = t", i),
		    append(text, "%d }\n", i);
	append(text, ANY, 0);
	accept(text);
	assert_int_equal(config.rule_count, CONFIG_RULES_MAX);
	assert_string_equal(config.rules[CONFIG_RULES_MAX - 1].name, "any");
	append(text, "rule over { require = otp }", 0);
	refuse_bytes(text, strlen(text), CONFIG_RULES_MAX + 1, "more than 64 rules");

	strcpy(text, "rule x { require = otp match-user = {u0");
	for (int i = 1; i < CONFIG_VALUES_MAX; i++)
		append(text, ", u%d", i);
	append(text, " } }\n" ANY, 0);
	accept(text);
	assert_int_equal(config.rules[0].match[CONFIG_MATCH_USER].count, CONFIG_VALUES_MAX);
	assert_string_equal(config.rules[0].match[CONFIG_MATCH_USER].value[15], "u15");
	*strchr(text, '}') = '\0';
	append(text, ",\nover } }" ANY, 0);
	refuse_bytes(text, strlen(text), 2, "more than 16 values in match-user");
}

static void test_file_size(void **state)
{
	static char text[CONFIG_FILE_MAX + 1];

	(void)state;
	memset(text, '\n', sizeof(text));
	assert_int_equal(parse_bytes(text, CONFIG_FILE_MAX), 0);
	assert_int_equal(parse_bytes(text, sizeof(text)), -1);
	assert_int_equal(error.number, ERR_CONFIG);
	assert_string_equal(error.object, PATH);
	assert_string_equal(error.why, "longer than 65536 bytes");
}

/* A refused file leaves nothing behind for the next; words are optional for the caller. */
static void test_repeated(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(refusals); i++) {
		const char *text = refusals[i].text;

		assert_int_equal(config_parse(text, strlen(text), PATH, &config, NULL), -1);
		accept("totp-window = 2\n" ANY);
		assert_int_equal(config.totp_window, 2);
		assert_int_equal(config.rule_count, 1);
		assert_int_equal(config.rules[0].line, 2);
	}
}

static void test_long_path(void **state)
{
	char path[1024];

	(void)state;
	memset(path, 'p', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(config_parse("\n?", 2, path, &config, &error), -1);
	assert_string_equal(error.object + strlen(error.object) - 3, "p:2");
}

static size_t read_source(const char *name, char *out, size_t size)
{
	char path[4096];
	FILE *f;
	size_t len;

	snprintf(path, sizeof(path), "%s/%s", SOURCES, name);
	f = fopen(path, "re");
	assert_non_null(f);
	len = fread(out, 1, size - 1, f);
	fclose(f);
	assert_true(len > 0 && len < size - 1);
	out[len] = '\0';
	return len;
}

static void test_examples(void **state)
{
	static const char *const names[] = {"examples/sekisho.conf",
	    "examples/piv-workstation/sekisho.conf",
	    "examples/my-number-terminal/sekisho.conf"};
	static char text[CONFIG_FILE_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		read_source(names[i], text, sizeof(text));
		accept(text);
		assert_true(config.rule_count > 1);
	}
}

/* Every display of the manual page that is a whole file is a valid one. */
static void test_manual(void **state)
{
	static const char start[] = ".Bd -literal -offset indent\n";
	static char page[CONFIG_FILE_MAX];
	int files = 0;

	(void)state;
	read_source("man/sekisho.conf.5", page, sizeof(page));
	for (char *p = page; (p = strstr(p, start)) != NULL;) {
		char *end = strstr(p, ".Ed\n");

		assert_non_null(end);
		*end = '\0';
		p += strlen(start);
		if (strncmp(p, "match-", 6) != 0) {
			accept(p);
			files++;
		}
		p = end + 1;
	}
	assert_int_equal(files, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_default),
	    cmocka_unit_test(test_without_rules),
	    cmocka_unit_test(test_every_word),
	    cmocka_unit_test(test_cards),
	    cmocka_unit_test(test_recovery),
	    cmocka_unit_test(test_layout),
	    cmocka_unit_test(test_strings_are_literal),
	    cmocka_unit_test(test_refusals),
	    cmocka_unit_test(test_reachable),
	    cmocka_unit_test(test_nul),
	    cmocka_unit_test(test_word_length),
	    cmocka_unit_test(test_counts),
	    cmocka_unit_test(test_file_size),
	    cmocka_unit_test(test_repeated),
	    cmocka_unit_test(test_long_path),
	    cmocka_unit_test(test_examples),
	    cmocka_unit_test(test_manual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
