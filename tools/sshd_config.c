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
    {"pubkeyauthentication", SSHD_PUBLIC_KEY, "yes"},
    {"hostbasedauthentication", SSHD_HOST_BASED, "no"},
    {"gssapiauthentication", SSHD_GSSAPI, "no"},
    {"authenticationmethods", SSHD_METHODS, "any"},
};
#define KEYWORDS (sizeof(keywords) / sizeof(keywords[0]))

struct reading {
	const char *root;
	struct sshd_config *config;
	unsigned block; /* that the next line belongs to */
	unsigned depth;
	struct err *e;
};

static int read_file(struct reading *r, const char *path);

/* Keyword and rest of a line, in place; the rest without quotes, blanks at its ends and a
 * comment behind it. False: nothing is on it. */
static bool split_line(char *line, char **ret_word, char **ret_rest)
{
	char *end, *to, *from;
	bool quoted = false;

	line += strspn(line, " \t\r\f");
	if (*line == '\0' || *line == '#')
		return false;
	*ret_word = line;
	end = line + strcspn(line, " \t\r=");
	from = end;
	if (*from != '\0')
		from++;
	from += strspn(from, " \t");
	if (*end != '=' && *from == '=')
		from += 1 + strspn(from + 1, " \t");
	*end = '\0';
	*ret_rest = to = from;
	for (; *from != '\0' && *from != '\r'; from++) {
		if (*from == '"')
			quoted = !quoted;
		else if (*from == '#' && !quoted && (to == *ret_rest || to[-1] == ' '))
			break;
		else
			*to++ = *from == '\t' ? ' ' : *from;
	}
	while (to > *ret_rest && to[-1] == ' ')
		to--;
	*to = '\0';
	return true;
}

static void take_value(
    struct reading *r, const char *path, int line, enum sshd_keyword keyword, const char *text)
{
	struct sshd_value *v = &r->config->blocks[r->block].values[keyword];

	if (v->set)
		return;
	v->set = true;
	(void)snprintf(v->text, sizeof(v->text), "%s", text);
	for (char *c = v->text; *c != '\0'; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
	(void)snprintf(v->place, sizeof(v->place), "%s:%d", path, line);
}

static int begin_block(struct reading *r, const char *path, int line)
{
	struct sshd_config *c = r->config;

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
	unsigned block = r->block;
	int n, result = 0;

	n = snprintf(whole, sizeof(whole), "%s%s%s", r->root,
	    *pattern == '/' ? "" : "/etc/ssh/", pattern);
	if (n < 0 || (size_t)n >= sizeof(whole) || ++r->depth >= DEPTH_MAX)
		return err_set(r->e, ERR_SSHD_UNSURE, pattern, "cannot be followed");
	if (glob(whole, 0, NULL, &found) == 0)
		for (size_t i = 0; i < found.gl_pathc && result == 0; i++) {
			result = read_file(r, found.gl_pathv[i]);
			r->block = block; /* a Match ends with its file */
		}
	globfree(&found);
	r->depth--;
	return result;
}

static int include(struct reading *r, char *patterns)
{
	char *rest = NULL;
	int result = 0;

	for (char *word = strtok_r(patterns, " ", &rest); word != NULL && result == 0;
	     word = strtok_r(NULL, " ", &rest))
		result = include_one(r, word);
	return result;
}

static int take_line(struct reading *r, const char *path, int number, char *line)
{
	char *word, *rest;

	if (!split_line(line, &word, &rest))
		return 0;
	if (strcasecmp(word, "match") == 0)
		return begin_block(r, path, number);
	if (strcasecmp(word, "include") == 0)
		return include(r, rest);
	for (size_t i = 0; i < KEYWORDS; i++)
		if (strcasecmp(word, keywords[i].word) == 0)
			take_value(r, path, number, keywords[i].keyword, rest);
	return 0;
}

static int read_file(struct reading *r, const char *path)
{
	char *text = NULL, *at;
	int number = 0, result = 0;
	size_t len = 0;

	if (text_file_read(path, &text, &len, r->e) != 0)
		return -1;
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
