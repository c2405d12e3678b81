/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho.conf: parsing into a checked struct. Decides nothing (store/policy.h does).
 * sekisho.conf(5) describes every word.
 */
#ifndef SEKISHO_CONFIG_H
#define SEKISHO_CONFIG_H

#include "lib/wire/err.h"

#define CONFIG_FILE_MAX            65536 /* bytes */
#define CONFIG_RULES_MAX           64
#define CONFIG_VALUES_MAX          16 /* per condition */
#define CONFIG_TOTP_WINDOW_MAX     10
#define CONFIG_TOTP_WINDOW_DEFAULT 1
#define CONFIG_LOOK_AHEAD_MAX      100
#define CONFIG_CARD_WAIT_MAX       300
#define CONFIG_CARD_WAIT_DEFAULT   30
#define CONFIG_LOOK_AHEAD_DEFAULT  10
#define CONFIG_WORD_SIZE           64 /* rule names and values, with NUL */

enum config_condition {
	CONFIG_MATCH_SERVICE,
	CONFIG_MATCH_USER,
	CONFIG_MATCH_GROUP,
	CONFIG_MATCH_TTY,
	CONFIG_MATCH_RHOST,
	CONFIG_CONDITIONS
};
enum config_locality { CONFIG_ANYWHERE = 0, CONFIG_LOCAL = 1, CONFIG_REMOTE = 2 };
enum config_require {
	CONFIG_REQUIRE_OTP = 0,
	CONFIG_REQUIRE_NONE = 1,
	CONFIG_REQUIRE_CARD = 2, /* codes on paper and the emergency code stand in for it */
	CONFIG_REQUIRE_CARD_OR_OTP = 3,
};
/* How revocation lists of cards' certificates are used. */
enum config_crl {
	/* a current list of every issuer in the chain but the anchor's own */
	CONFIG_CRL_REQUIRE = 0,
	CONFIG_CRL_IF_PRESENT = 1, /* no list: good; a list that is out of date: not */
	CONFIG_CRL_OFF = 2,
};

struct config_values {
	unsigned count;                                  /* 0: the condition is not set */
	char value[CONFIG_VALUES_MAX][CONFIG_WORD_SIZE]; /* a tty without "/dev/" */
};

struct config_rule {
	char name[CONFIG_WORD_SIZE];
	int line; /* where it begins, for messages */
	struct config_values match[CONFIG_CONDITIONS];
	enum config_locality locality; /* match-from = local | remote */
	enum config_require require;
	bool no_recovery; /* recovery = no: recovery and temporary codes do not count here */
};

struct config {
	unsigned totp_window;       /* steps accepted on each side of now, 0..10; default 1 */
	unsigned hotp_look_ahead;   /* counters accepted beyond the next, 1..100; default 10 */
	bool allow_any_file_system; /* default false */
	enum config_crl crl;        /* default require */
	bool jpki;                  /* My Number Cards are accepted; default false */
	bool identify_by_card;      /* where nobody is named, a card may; default false */
	bool refuse_last_try;       /* a card's last try is not used; default false */
	unsigned card_wait_s;       /* for a card that somebody wants to put in; 0..300 */
	unsigned rule_count;        /* at least 1: without rules one that requires otp */
	struct config_rule rules[CONFIG_RULES_MAX]; /* only the first rule_count are written */
};

/* The configuration of a system without sekisho.conf. */
void config_default(struct config *ret_c);
/* text: the whole file, not terminated; path: for messages ("sekisho.conf:14: ...").
 * ERR_CONFIG with the line: unknown, duplicate, over-long or empty words, control characters,
 * bytes that are not UTF-8, a rule no login reaches because an earlier one takes them all, a
 * last rule with conditions, two rules of one name. A file over CONFIG_FILE_MAX: without line.
 */
MUST_CHECK int config_parse(
    const char *text, size_t len, const char *path, struct config *ret_c, struct err *e);
/* The first rule that asks for a group; NULL when none does. */
const struct config_rule *config_group_rule(const struct config *c);
MUST_CHECK bool config_takes_card(const struct config_rule *r);

#endif
