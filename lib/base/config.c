/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho.conf: tokens to a struct whose every rule can be reached and whose last rule catches
 * the rest. Opens no file and decides no login.
 * ARCHITECTURE.md says why no library does this.
 */
#include "lib/base/config.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/lexer.h"
#include "lib/base/similar.h"

#define COUNT(a)         (sizeof(a) / sizeof((a)[0]))
#define SETTINGS_MAX     8 /* in one scope */
#define DEVICE_DIRECTORY "/dev/"

_Static_assert(CONFIG_WORD_SIZE == LEXER_WORD_SIZE, "what the lexer passes must fit a rule");

struct parser {
	struct lexer lexer;
	struct config *config;
	struct config_rule *rule; /* the open one */
	struct err *e;
};

struct setting {
	const char *name;
	int (*parse)(struct parser *p, const struct setting *s);
	enum config_condition condition; /* of parse_condition only */
};

/* Where each setting of a scope was first seen; 0: not yet. */
struct seen {
	int line[SETTINGS_MAX];
};

static int parse_totp_window(struct parser *p, const struct setting *s);
static int parse_look_ahead(struct parser *p, const struct setting *s);
static int parse_any_file_system(struct parser *p, const struct setting *s);
static int parse_crl(struct parser *p, const struct setting *s);
static int parse_jpki(struct parser *p, const struct setting *s);
static int parse_identify(struct parser *p, const struct setting *s);
static int parse_last_try(struct parser *p, const struct setting *s);
static int parse_card_wait(struct parser *p, const struct setting *s);
static int parse_condition(struct parser *p, const struct setting *s);
static int parse_from(struct parser *p, const struct setting *s);
static int parse_require(struct parser *p, const struct setting *s);
static int parse_recovery(struct parser *p, const struct setting *s);

#define RULE_WORD "rule"

static const struct setting global_settings[] = {
    {"totp-window", parse_totp_window, 0},
    {"hotp-look-ahead", parse_look_ahead, 0},
    {"allow-any-file-system", parse_any_file_system, 0},
    {"crl", parse_crl, 0},
    {"jpki", parse_jpki, 0},
    {"identify-by-card", parse_identify, 0},
    {"last-try", parse_last_try, 0},
    {"card-wait", parse_card_wait, 0},
};

static const struct setting rule_settings[] = {
    {"match-service", parse_condition, CONFIG_MATCH_SERVICE},
    {"match-user", parse_condition, CONFIG_MATCH_USER},
    {"match-group", parse_condition, CONFIG_MATCH_GROUP},
    {"match-tty", parse_condition, CONFIG_MATCH_TTY},
    {"match-rhost", parse_condition, CONFIG_MATCH_RHOST},
    {"match-from", parse_from, 0},
    {"require", parse_require, 0},
    {"recovery", parse_recovery, 0},
};
_Static_assert(COUNT(global_settings) <= SETTINGS_MAX, "struct seen");
_Static_assert(COUNT(rule_settings) <= SETTINGS_MAX, "struct seen");

/* Words one setting chooses from; the index is the enum's value. */
static const char *const require_words[] = {[CONFIG_REQUIRE_OTP] = "otp",
    [CONFIG_REQUIRE_NONE] = "none",
    [CONFIG_REQUIRE_CARD] = "card",
    [CONFIG_REQUIRE_CARD_OR_OTP] = "card or otp"};
static const char *const crl_words[] = {[CONFIG_CRL_REQUIRE] = "require",
    [CONFIG_CRL_IF_PRESENT] = "if-present",
    [CONFIG_CRL_OFF] = "off"};
static const char *const last_try_words[] = {[false] = "confirm", [true] = "refuse"};
static const char *const from_words[] = {
    [CONFIG_LOCAL - 1] = "local", [CONFIG_REMOTE - 1] = "remote"};
static const char *const switch_words[] = {[false] = "no", [true] = "yes"};

#define FAIL_AT(p, line, ...) lexer_error(&(p)->lexer, (p)->e, (line), __VA_ARGS__)
#define FAIL(p, ...)          FAIL_AT(p, (p)->lexer.token.line, __VA_ARGS__)

static int next(struct parser *p)
{
	return lexer_next(&p->lexer, p->e);
}

static int fail_expected(struct parser *p, const char *what)
{
	char found[LEXER_WORD_SIZE + 3];

	lexeme_describe(&p->lexer.token, found, sizeof(found));
	return FAIL(p, "%s expected, not %s", what, found);
}

static int expect(struct parser *p, enum lexeme_kind kind, const char *what)
{
	return p->lexer.token.kind == kind ? next(p) : fail_expected(p, what);
}

static int fail_unknown(struct parser *p, const char *const *words, size_t count)
{
	const char *word = p->lexer.token.text, *near = similar_word(word, words, count);

	if (near == NULL)
		return FAIL(p, "unknown word \"%s\"", word);
	return FAIL(p, "unknown word \"%s\", did you mean \"%s\"?", word, near);
}

static int expect_value(struct parser *p)
{
	enum lexeme_kind kind = p->lexer.token.kind;

	return kind == LEXEME_WORD || kind == LEXEME_STRING ? 0 : fail_expected(p, "a value");
}

/* One of the words; *ret_index says which. */
static int parse_choice(
    struct parser *p, const char *const *words, size_t count, unsigned *ret_index)
{
	if (expect_value(p) != 0)
		return -1;
	for (unsigned i = 0; i < count; i++) {
		if (strcmp(p->lexer.token.text, words[i]) != 0)
			continue;
		*ret_index = i;
		return next(p);
	}
	return fail_unknown(p, words, count);
}

/* No sign, no leading zero (octal to some), nothing after the digits. */
static bool is_number(const char *text)
{
	size_t digits = strspn(text, "0123456789");

	return digits >= 1 && digits <= 3 && text[digits] == '\0' &&
	       (digits == 1 || text[0] != '0');
}

static int parse_number(struct parser *p, const struct setting *s, unsigned least,
    unsigned most, unsigned *ret_number)
{
	const char *text = p->lexer.token.text;
	unsigned long number;

	if (expect_value(p) != 0)
		return -1;
	number = is_number(text) ? strtoul(text, NULL, 10) : ULONG_MAX;
	if (number < least || number > most)
		return FAIL(p, "%s is a number from %u to %u", s->name, least, most);
	*ret_number = (unsigned)number;
	return next(p);
}

static int parse_totp_window(struct parser *p, const struct setting *s)
{
	return parse_number(p, s, 0, CONFIG_TOTP_WINDOW_MAX, &p->config->totp_window);
}

static int parse_look_ahead(struct parser *p, const struct setting *s)
{
	return parse_number(p, s, 1, CONFIG_LOOK_AHEAD_MAX, &p->config->hotp_look_ahead);
}

static int parse_card_wait(struct parser *p, const struct setting *s)
{
	return parse_number(p, s, 0, CONFIG_CARD_WAIT_MAX, &p->config->card_wait_s);
}

static int parse_any_file_system(struct parser *p, const struct setting *s)
{
	unsigned on;

	(void)s;
	if (parse_choice(p, switch_words, COUNT(switch_words), &on) != 0)
		return -1;
	p->config->allow_any_file_system = on != 0;
	return 0;
}

static int parse_crl(struct parser *p, const struct setting *s)
{
	unsigned which;

	(void)s;
	if (parse_choice(p, crl_words, COUNT(crl_words), &which) != 0)
		return -1;
	p->config->crl = (enum config_crl)which;
	return 0;
}

static int parse_jpki(struct parser *p, const struct setting *s)
{
	unsigned on;

	(void)s;
	if (parse_choice(p, switch_words, COUNT(switch_words), &on) != 0)
		return -1;
	p->config->jpki = on != 0;
	return 0;
}

static int parse_identify(struct parser *p, const struct setting *s)
{
	unsigned on;

	(void)s;
	if (parse_choice(p, switch_words, COUNT(switch_words), &on) != 0)
		return -1;
	p->config->identify_by_card = on != 0;
	return 0;
}

static int parse_last_try(struct parser *p, const struct setting *s)
{
	unsigned refuse;

	(void)s;
	if (parse_choice(p, last_try_words, COUNT(last_try_words), &refuse) != 0)
		return -1;
	p->config->refuse_last_try = refuse != 0;
	return 0;
}

static int parse_from(struct parser *p, const struct setting *s)
{
	unsigned which;

	(void)s;
	if (parse_choice(p, from_words, COUNT(from_words), &which) != 0)
		return -1;
	p->rule->locality = (enum config_locality)(which + 1);
	return 0;
}

static int parse_require(struct parser *p, const struct setting *s)
{
	unsigned which;

	(void)s;
	if (parse_choice(p, require_words, COUNT(require_words), &which) != 0)
		return -1;
	p->rule->require = (enum config_require)which;
	return 0;
}

static int parse_recovery(struct parser *p, const struct setting *s)
{
	unsigned on;

	(void)s;
	if (parse_choice(p, switch_words, COUNT(switch_words), &on) != 0)
		return -1;
	p->rule->no_recovery = on == 0;
	return 0;
}

static bool has_value(const struct config_values *v, const char *text)
{
	for (unsigned i = 0; i < v->count; i++)
		if (strcmp(v->value[i], text) == 0)
			return true;
	return false;
}

static int add_value(struct parser *p, const struct setting *s)
{
	struct config_values *v = &p->rule->match[s->condition];
	const char *text = p->lexer.token.text;

	if (expect_value(p) != 0)
		return -1;
	if (strpbrk(text, "*?") != NULL)
		return FAIL(p, "\"%s\" is a pattern; %s takes whole words", text, s->name);
	/* programs say tty1 or /dev/tty1 for the same terminal: one form inside */
	if (s->condition == CONFIG_MATCH_TTY &&
	    strncmp(text, DEVICE_DIRECTORY, strlen(DEVICE_DIRECTORY)) == 0)
		text += strlen(DEVICE_DIRECTORY);
	if (*text == '\0')
		return FAIL(p, "\"%s\" names no terminal", p->lexer.token.text);
	if (has_value(v, text))
		return FAIL(p, "\"%s\" stands twice in %s", text, s->name);
	if (v->count == CONFIG_VALUES_MAX)
		return FAIL(p, "more than %d values in %s", CONFIG_VALUES_MAX, s->name);
	snprintf(v->value[v->count++], CONFIG_WORD_SIZE, "%s", text);
	return next(p);
}

static int parse_condition(struct parser *p, const struct setting *s)
{
	if (p->lexer.token.kind != LEXEME_OPEN)
		return add_value(p, s);
	do {
		if (next(p) != 0 || add_value(p, s) != 0)
			return -1;
	} while (p->lexer.token.kind == LEXEME_COMMA);
	return expect(p, LEXEME_CLOSE, "\",\" or \"}\"");
}

static const struct setting *setting_find(
    const struct setting *table, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

/* word = value, the word being the current token and in the table. */
static int parse_setting(
    struct parser *p, const struct setting *table, const struct setting *s, struct seen *seen)
{
	int *first = &seen->line[s - table];

	if (*first != 0)
		return FAIL(p, "%s set again, first on line %d", s->name, *first);
	*first = p->lexer.token.line;
	if (next(p) != 0 || expect(p, LEXEME_EQUALS, "\"=\"") != 0)
		return -1;
	return s->parse(p, s);
}

static int fail_rule_word(struct parser *p)
{
	const char *words[COUNT(rule_settings)], *word = p->lexer.token.text;

	if (p->lexer.token.kind == LEXEME_END)
		return FAIL_AT(p, p->rule->line,
		    "rule \"%s\" is not closed: no \"}\" before the end", p->rule->name);
	if (p->lexer.token.kind != LEXEME_WORD)
		return fail_expected(p, "a word");
	if (strcmp(word, RULE_WORD) == 0 ||
	    setting_find(global_settings, COUNT(global_settings), word) != NULL)
		return FAIL(
		    p, "\"%s\" inside rule \"%s\"; is a \"}\" missing?", word, p->rule->name);
	for (size_t i = 0; i < COUNT(words); i++)
		words[i] = rule_settings[i].name;
	return fail_unknown(p, words, COUNT(words));
}

static int fail_global_word(struct parser *p)
{
	const char *words[COUNT(global_settings) + 1], *word = p->lexer.token.text;

	if (p->lexer.token.kind != LEXEME_WORD)
		return fail_expected(p, "a word");
	if (setting_find(rule_settings, COUNT(rule_settings), word) != NULL)
		return FAIL(p, "\"%s\" stands only inside a rule", word);
	for (size_t i = 0; i < COUNT(global_settings); i++)
		words[i] = global_settings[i].name;
	words[COUNT(global_settings)] = RULE_WORD;
	return fail_unknown(p, words, COUNT(words));
}

static bool rule_has_conditions(const struct config_rule *r)
{
	for (size_t i = 0; i < CONFIG_CONDITIONS; i++)
		if (r->match[i].count != 0)
			return true;
	return r->locality != CONFIG_ANYWHERE;
}

/* On which line of the rule the setting stands; 0: nowhere. */
static int rule_setting_line(const struct seen *seen, const char *name)
{
	return seen
	    ->line[setting_find(rule_settings, COUNT(rule_settings), name) - rule_settings];
}

static int check_rule(struct parser *p, const struct seen *seen)
{
	const struct config_rule *r = p->rule;
	int recovery = rule_setting_line(seen, "recovery");

	if (rule_setting_line(seen, "require") == 0)
		return FAIL_AT(p, r->line, "rule \"%s\" has no require", r->name);
	if (recovery != 0 && r->require == CONFIG_REQUIRE_NONE)
		return FAIL_AT(p, recovery,
		    "recovery has no meaning in rule \"%s\", which requires none", r->name);
	if (r->locality == CONFIG_LOCAL && r->match[CONFIG_MATCH_RHOST].count != 0)
		return FAIL_AT(p, r->line,
		    "rule \"%s\" never matches: a local login has no remote host", r->name);
	return 0;
}

static int parse_rule_body(struct parser *p)
{
	struct seen seen = {{0}};

	while (p->lexer.token.kind != LEXEME_CLOSE) {
		const struct setting *s = NULL;

		if (p->lexer.token.kind == LEXEME_WORD)
			s = setting_find(
			    rule_settings, COUNT(rule_settings), p->lexer.token.text);
		if (s == NULL)
			return fail_rule_word(p);
		if (parse_setting(p, rule_settings, s, &seen) != 0)
			return -1;
	}
	if (check_rule(p, &seen) != 0)
		return -1;
	return next(p);
}

static int check_name(struct parser *p, const char *name)
{
	for (unsigned i = 0; i < p->config->rule_count; i++)
		if (strcmp(p->config->rules[i].name, name) == 0)
			return FAIL(p, "second rule \"%s\", first on line %d", name,
			    p->config->rules[i].line);
	if (p->config->rule_count == CONFIG_RULES_MAX)
		return FAIL(p, "more than %d rules", CONFIG_RULES_MAX);
	return 0;
}

static int parse_rule(struct parser *p)
{
	int line = p->lexer.token.line;
	struct config_rule *r;

	if (next(p) != 0)
		return -1;
	if (p->lexer.token.kind != LEXEME_WORD && p->lexer.token.kind != LEXEME_STRING)
		return fail_expected(p, "the rule's name");
	if (check_name(p, p->lexer.token.text) != 0)
		return -1;
	r = p->rule = &p->config->rules[p->config->rule_count];
	*r = (struct config_rule){.line = line};
	snprintf(r->name, sizeof(r->name), "%s", p->lexer.token.text);
	if (next(p) != 0 || expect(p, LEXEME_OPEN, "\"{\"") != 0 || parse_rule_body(p) != 0)
		return -1;
	p->config->rule_count++;
	return 0;
}

static int parse_file(struct parser *p)
{
	struct seen seen = {{0}};

	while (p->lexer.token.kind != LEXEME_END) {
		const char *word = p->lexer.token.text;
		const struct setting *s = NULL;
		int r;

		if (p->lexer.token.kind == LEXEME_WORD)
			s = setting_find(global_settings, COUNT(global_settings), word);
		if (s != NULL)
			r = parse_setting(p, global_settings, s, &seen);
		else if (p->lexer.token.kind == LEXEME_WORD && strcmp(word, RULE_WORD) == 0)
			r = parse_rule(p);
		else
			r = fail_global_word(p);
		if (r != 0)
			return -1;
	}
	return 0;
}

static bool values_cover(const struct config_values *first, const struct config_values *later)
{
	if (first->count == 0)
		return true;
	for (unsigned i = 0; i < later->count; i++)
		if (!has_value(first, later->value[i]))
			return false;
	return later->count != 0;
}

/* Every login the later rule matches, the first has taken already. A remote host implies a
 * remote login. */
static bool rule_covers(const struct config_rule *first, const struct config_rule *later)
{
	bool remote =
	    later->locality == CONFIG_REMOTE || later->match[CONFIG_MATCH_RHOST].count != 0;

	for (size_t i = 0; i < CONFIG_CONDITIONS; i++)
		if (!values_cover(&first->match[i], &later->match[i]))
			return false;
	return first->locality == CONFIG_ANYWHERE || first->locality == later->locality ||
	       (first->locality == CONFIG_REMOTE && remote);
}

static int check_order(struct parser *p)
{
	const struct config *c = p->config;
	const struct config_rule *last = &c->rules[c->rule_count - 1];

	for (unsigned later = 1; later < c->rule_count; later++)
		for (unsigned first = 0; first < later; first++)
			if (rule_covers(&c->rules[first], &c->rules[later]))
				return FAIL_AT(p, c->rules[later].line,
				    "rule \"%s\" is never reached: \"%s\" of line %d decides "
				    "first",
				    c->rules[later].name, c->rules[first].name,
				    c->rules[first].line);
	if (rule_has_conditions(last))
		return FAIL_AT(p, last->line,
		    "the last rule, \"%s\", must have no condition: it takes all other logins",
		    last->name);
	return 0;
}

static void add_default_rule(struct config *c)
{
	c->rules[0] = (struct config_rule){.name = "default", .require = CONFIG_REQUIRE_OTP};
	c->rule_count = 1;
}

static void set_globals(struct config *c)
{
	c->totp_window = CONFIG_TOTP_WINDOW_DEFAULT;
	c->hotp_look_ahead = CONFIG_LOOK_AHEAD_DEFAULT;
	c->allow_any_file_system = false;
	c->crl = CONFIG_CRL_REQUIRE;
	c->jpki = false;
	c->identify_by_card = false;
	c->refuse_last_try = false;
	c->card_wait_s = CONFIG_CARD_WAIT_DEFAULT;
	c->rule_count = 0;
}

void config_default(struct config *ret_c)
{
	set_globals(ret_c);
	add_default_rule(ret_c);
}

static int parse_all(struct parser *p, const char *text, size_t len, const char *path)
{
	set_globals(p->config);
	if (lexer_start(&p->lexer, text, len, path, p->e) != 0 || next(p) != 0 ||
	    parse_file(p) != 0)
		return -1;
	if (p->config->rule_count != 0)
		return check_order(p);
	add_default_rule(p->config);
	return 0;
}

int config_parse(
    const char *text, size_t len, const char *path, struct config *ret_c, struct err *e)
{
	struct parser p = {.e = e};
	int r = -1;

	if (len > CONFIG_FILE_MAX)
		return err_set(e, ERR_CONFIG, path, "longer than %d bytes", CONFIG_FILE_MAX);
	/* not on the stack: a third of a megabyte, of which only the rules in use are touched
	 */
	p.config = malloc(sizeof(*p.config));
	if (p.config == NULL)
		return err_set(e, ERR_INTERNAL, path, "out of memory");
	if (parse_all(&p, text, len, path) != 0)
		goto out;
	memcpy(ret_c, p.config,
	    offsetof(struct config, rules) + p.config->rule_count * sizeof(p.config->rules[0]));
	r = 0;
out:
	free(p.config);
	return r;
}

const struct config_rule *config_group_rule(const struct config *c)
{
	for (unsigned i = 0; i < c->rule_count; i++)
		if (c->rules[i].match[CONFIG_MATCH_GROUP].count > 0)
			return &c->rules[i];
	return NULL;
}

bool config_takes_card(const struct config_rule *r)
{
	return r->require == CONFIG_REQUIRE_CARD || r->require == CONFIG_REQUIRE_CARD_OR_OTP;
}
