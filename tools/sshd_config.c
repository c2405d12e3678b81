/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The few keywords of sshd_config that decide whether a code is asked for. Runs no sshd.
 */
#include "tools/sshd_config.h"

#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "tools/text_file.h"

#define DEPTH_MAX 16 /* of Include, as sshd has it */

static const struct keyword {
	const char *word;
	enum sshd_keyword keyword;
	const char *otherwise; /* sshd's default; NULL for a second name of a keyword */
} keywords[] = {
    {"usepam", SSHD_USE_PAM, "no"},
    {"kbdinteractiveauthentication", SSHD_KEYBOARD, "yes"},
    {"challengeresponseauthentication", SSHD_KEYBOARD, NULL},
    {"passwordauthentication", SSHD_PASSWORD, "yes"},
    {"skeyauthentication", SSHD_KEYBOARD, NULL},
    {"pubkeyauthentication", SSHD_PUBLIC_KEY, "yes"},
    {"dsaauthentication", SSHD_PUBLIC_KEY, NULL},
    {"hostbasedauthentication", SSHD_HOST_BASED, "no"},
    {"gssapiauthentication", SSHD_GSSAPI, "no"},
    {"kerberosauthentication", SSHD_KERBEROS, "no"},
    {"authenticationmethods", SSHD_METHODS, "any"},
};
#define KEYWORDS (sizeof(keywords) / sizeof(keywords[0]))

struct reading {
	const char *root;
	struct sshd_config *config;
	unsigned block; /* that the next line belongs to */
	unsigned base;  /* and that the first line of this file did */
	unsigned depth;
	struct err *e;
};

static int read_file(struct reading *r, const char *path);

static int fail(struct reading *r, const char *path, int line, const char *why)
{
	char place[160];

	(void)snprintf(place, sizeof(place), "%s:%d", path, line);
	return err_set(r->e, ERR_SSHD_UNSURE, place, "%s", why);
}

/* The keyword of a line, in place; *ret_rest is what follows it. NULL: nothing is on it. */
static char *split_keyword(char *line, char **ret_rest)
{
	char *word = line + strspn(line, " \t\r\f"), *end, *rest;

	if (*word == '\0' || *word == '#')
		return NULL;
	end = word + strcspn(word, " \t\r=");
	rest = end;
	if (*rest != '\0')
		rest++;
	rest += strspn(rest, " \t");
	if (*end != '=' && *rest == '=')
		rest += 1 + strspn(rest + 1, " \t");
	*end = '\0';
	*ret_rest = rest;
	return word;
}

/* The next value of a line, in place: within either kind of quotes blanks and # are part of it,
 * a backslash takes a quote, a backslash or, outside of quotes, a blank for itself. NULL: no
 * more, and *ret_bad when a quote is open. */
static char *next_value(char **rest, bool *ret_bad)
{
	char *from = *rest + strspn(*rest, " \t\r"), *word = from, *to = from, quote = '\0';

	if (*from == '\0' || *from == '#')
		return NULL;
	for (; *from != '\0'; from++) {
		if (*from == '\\' && from[1] != '\0' &&
		    (strchr("\"'\\", from[1]) != NULL || (quote == '\0' && from[1] == ' ')))
			*to++ = *++from;
		else if (quote == '\0' && strchr(" \t\r", *from) != NULL)
			break;
		else if (quote == '\0' && (*from == '"' || *from == '\''))
			quote = *from;
		else if (quote != '\0' && *from == quote)
			quote = '\0';
		else
			*to++ = *from;
	}
	*rest = *from != '\0' ? from + 1 : from;
	*to = '\0';
	*ret_bad = quote != '\0';
	return *ret_bad ? NULL : word;
}

/* The first value counts; more than one are kept with a blank between them. */
static int take_values(
    struct reading *r, const char *path, int line, enum sshd_keyword keyword, char *rest)
{
	struct sshd_value *v = &r->config->blocks[r->block].values[keyword];
	size_t used = 0;
	bool bad = false;

	if (v->set)
		return 0;
	for (char *word; (word = next_value(&rest, &bad)) != NULL;) {
		int n = snprintf(
		    v->text + used, sizeof(v->text) - used, "%s%s", used > 0 ? " " : "", word);

		if (n < 0 || (size_t)n >= sizeof(v->text) - used)
			return fail(r, path, line, "longer than is looked at");
		used += (size_t)n;
	}
	if (bad)
		return fail(r, path, line, "a quote is not closed");
	v->set = true;
	for (char *c = v->text; *c != '\0'; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
	(void)snprintf(v->place, sizeof(v->place), "%s:%d", path, line);
	return 0;
}

static int begin_block(struct reading *r, const char *path, int line, const char *conditions)
{
	struct sshd_config *c = r->config;
	size_t len = strcspn(conditions, " \t\r");

	if (len == 3 && strncasecmp(conditions, "all", len) == 0) {
		r->block = r->base; /* whenever the file is read, for what was not set before */
		return 0;
	}
	if (c->count == SSHD_BLOCKS_MAX)
		return err_set(
		    r->e, ERR_SSHD_UNSURE, path, "more than %d Match lines", SSHD_BLOCKS_MAX);
	r->block = c->count++;
	c->blocks[r->block] = (struct sshd_block){.place = ""};
	(void)snprintf(
	    c->blocks[r->block].place, sizeof(c->blocks[0].place), "%s:%d", path, line);
	return 0;
}

static int include_one(struct reading *r, const char *pattern)
{
	char whole[PATH_MAX];
	glob_t found = {0};
	unsigned block = r->block, base = r->base;
	int n, result = 0;

	n = snprintf(whole, sizeof(whole), "%s%s%s", r->root,
	    *pattern == '/' ? "" : "/etc/ssh/", pattern);
	if (n < 0 || (size_t)n >= sizeof(whole) || ++r->depth >= DEPTH_MAX)
		return err_set(r->e, ERR_SSHD_UNSURE, pattern, "cannot be followed");
	r->base = block;
	if (glob(whole, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc && result == 0; i++) {
			result = read_file(r, found.gl_pathv[i]);
			r->block = block; /* a Match ends with its file */
		}
	globfree(&found);
	r->base = base;
	r->depth--;
	return result;
}

static int include(struct reading *r, const char *path, int line, char *rest)
{
	bool bad = false;
	int result = 0;

	for (char *word; result == 0 && (word = next_value(&rest, &bad)) != NULL;)
		result = include_one(r, word);
	return bad ? fail(r, path, line, "a quote is not closed") : result;
}

static int take_line(struct reading *r, const char *path, int number, char *line)
{
	char *rest, *word = split_keyword(line, &rest);
	int result = 0;

	if (word == NULL)
		return 0;
	if (strpbrk(word, "\"'\\") != NULL)
		return fail(r, path, number, "a keyword in quotes");
	if (strcasecmp(word, "match") == 0)
		return begin_block(r, path, number, rest);
	if (strcasecmp(word, "include") == 0)
		return include(r, path, number, rest);
	for (size_t i = 0; i < KEYWORDS && result == 0; i++)
		if (strcasecmp(word, keywords[i].word) == 0)
			result = take_values(r, path, number, keywords[i].keyword, rest);
	return result;
}

static int read_file(struct reading *r, const char *path)
{
	char *text = NULL, *at;
	int number = 0, result = 0;
	size_t len = 0;

	if (text_file_read(path, &text, &len, r->e) != 0)
		return -1;
	if (memchr(text, '\0', len) != NULL)
		result = err_set(r->e, ERR_SSHD_UNSURE, path, "has a NUL in it");
	for (at = text; at != NULL && result == 0;) {
		char *newline = strchr(at, '\n');

		if (newline != NULL)
			*newline = '\0';
		result = take_line(r, path, ++number, at);
		at = newline != NULL ? newline + 1 : NULL;
	}
	free(text);
	return result;
}

int sshd_config_read(
    const char *root, const char *path, struct sshd_config *ret_c, struct err *e)
{
	struct reading r = {.root = root, .config = ret_c, .e = e};
	char whole[PATH_MAX];

	(void)snprintf(whole, sizeof(whole), "%s%s", root, path);
	ret_c->count = 1;
	ret_c->blocks[0] = (struct sshd_block){.place = ""};
	(void)snprintf(ret_c->blocks[0].place, sizeof(ret_c->blocks[0].place), "%.150s", whole);
	return read_file(&r, whole);
}

struct sshd_value sshd_config_value(
    const struct sshd_config *c, unsigned n, enum sshd_keyword keyword)
{
	struct sshd_value v = {0};

	if (c->blocks[n].values[keyword].set)
		return c->blocks[n].values[keyword];
	if (c->blocks[0].values[keyword].set)
		return c->blocks[0].values[keyword];
	for (size_t i = 0; i < KEYWORDS; i++)
		if (keywords[i].keyword == keyword && keywords[i].otherwise != NULL)
			(void)snprintf(v.text, sizeof(v.text), "%s", keywords[i].otherwise);
	(void)snprintf(v.place, sizeof(v.place), "%s", c->blocks[0].place);
	return v;
}
