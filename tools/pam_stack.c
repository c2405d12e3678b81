/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The modules a PAM service consists of. Reads memory only: its files come from a source.
 *
 * What is described here is what Linux-PAM does, also where its manual is silent: words are
 * compared without case, a comment ends a line also behind a backslash, blank lines do not end
 * a continued one, "@include" (Debian) takes lines of every type.
 */
#include "tools/pam_stack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LINE_MAX_BYTES 4096
#define PIECE_BYTES    1023 /* what Linux-PAM reads at once: the rest is a line of its own */
#define JUMP_MAX       1000

struct reading {
	const struct pam_source *source;
	const char *service;
	enum pam_type wanted;
	struct pam_stack *stack;
	bool overflow;
};

/* Where in which file, and what its lines may be. */
struct place {
	const char *path;
	const char *text, *end;
	int line;                /* of the physical line that is read next */
	bool services;           /* each line begins with its service */
	enum pam_type requested; /* by "auth include" */
	unsigned depth, level;
};

static const char *const code_words[PAM_STACK_CODES] = {"success", "open_err", "symbol_err",
    "service_err", "system_err", "buf_err", "perm_denied", "auth_err", "cred_insufficient",
    "authinfo_unavail", "user_unknown", "maxtries", "new_authtok_reqd", "acct_expired",
    "session_err", "cred_unavail", "cred_expired", "cred_err", "no_module_data", "conv_err",
    "authtok_err", "authtok_recover_err", "authtok_lock_busy", "authtok_disable_aging",
    "try_again", "ignore", "abort", "authtok_expired", "module_unknown", "bad_item",
    "conv_again", "incomplete"};

const char *pam_code_word(int code)
{
	return code >= 0 && code < PAM_STACK_CODES ? code_words[code] : "?";
}

/* ---- lines and words ---- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

static bool is_space(char c)
{
	return is_blank(c) || c == '\r' || c == '\v' || c == '\f';
}

/* One physical line, without its newline. False at the end. */
static bool next_physical(struct place *p, const char **ret_line, size_t *ret_len)
{
	const char *newline;

	if (p->text >= p->end)
		return false;
	newline = memchr(p->text, '\n', (size_t)(p->end - p->text));
	*ret_line = p->text;
	*ret_len = (size_t)((newline != NULL ? newline : p->end) - p->text);
	p->text = newline != NULL ? newline + 1 : p->end;
	p->line++;
	return true;
}

enum line { LINE_BROKEN = 0, LINE_OK, LINE_END };

static const char too_long[] = "longer than PAM reads at once: the rest is a line of its own",
                  carriage[] = "ends as on Windows: PAM takes the end for a part of the word",
                  nul[] = "has a NUL: PAM takes what is before it for the line",
                  unfinished[] = "the file ends in a continued line, or one is too long; PAM "
                                 "refuses everybody";

/* A whole line without comment, continued ones joined; *ret_line is where it begins. Broken:
 * *ret_why. */
static enum line next_line(
    struct place *p, char out[LINE_MAX_BYTES], int *ret_line, const char **ret_why)
{
	size_t used = 0, len;
	const char *text;
	bool open = false;

	while (next_physical(p, &text, &len)) {
		const char *comment;
		bool more = false;

		if (!open)
			*ret_line = p->line;
		*ret_why = too_long;
		if (len >= PIECE_BYTES)
			return LINE_BROKEN;
		while (len > 0 && is_blank(*text))
			text++, len--;
		if (len == 0 || *text == '#')
			continue;
		comment = memchr(text, '#', len);
		*ret_why = carriage;
		if (memchr(text, '\r', comment != NULL ? (size_t)(comment - text) : len) !=
		    NULL)
			return LINE_BROKEN;
		*ret_why = nul;
		if (memchr(text, '\0', comment != NULL ? (size_t)(comment - text) : len) !=
		    NULL)
			return LINE_BROKEN;
		*ret_why = unfinished;
		if (comment != NULL) {
			len = (size_t)(comment - text);
		} else {
			while (len > 0 && is_space(text[len - 1]))
				len--;
			more = len > 0 && text[len - 1] == '\\';
			len -= more;
		}
		if (used + len + 2 > LINE_MAX_BYTES)
			return LINE_BROKEN;
		memcpy(out + used, text, len);
		used += len;
		out[used++] = ' ';
		open = true;
		if (more)
			continue;
		out[used] = '\0';
		return LINE_OK;
	}
	return open ? LINE_BROKEN : LINE_END;
}

/* The next word of a line, in place; "[a b]" is one, without its brackets. NULL: no more. */
static char *next_word(char **rest)
{
	char *word = *rest, *end;

	while (is_blank(*word))
		word++;
	if (*word == '\0')
		return NULL;
	if (*word == '[') {
		char *to = ++word;

		for (end = word; *end != '\0' && *end != ']'; end++) {
			if (*end == '\\' && end[1] == ']')
				end++;
			*to++ = *end;
		}
		*rest = *end != '\0' ? end + 1 : end;
		*to = '\0';
		return word;
	}
	for (end = word; *end != '\0' && !is_blank(*end); end++)
		;
	*rest = *end != '\0' ? end + 1 : end;
	*end = '\0';
	return word;
}

/* ---- controls ---- */

static void set_rest(int action[PAM_STACK_CODES], int rest)
{
	for (size_t i = 0; i < PAM_STACK_CODES; i++)
		if (action[i] == PAM_ACTION_UNSET)
			action[i] = rest;
}

static const char *skip_space(const char *text)
{
	while (is_space(*text))
		text++;
	return text;
}

/* Jumps over a word of the list at the beginning of *text; its index or -1. */
static int take_word(const char **text, const char *const *words, int count)
{
	for (int i = 0; i < count; i++) {
		size_t len = strlen(words[i]);

		if (strncmp(*text, words[i], len) == 0) {
			*text += len;
			return i;
		}
	}
	return -1;
}

static bool take_action(const char **text, int *ret_action)
{
	static const char *const words[] = {"ignore", "ok", "done", "bad", "die", "reset"};
	int n = take_word(text, words, sizeof(words) / sizeof(words[0]));

	if (n >= 0) {
		*ret_action = -n;
		return true;
	}
	for (n = 0; **text >= '0' && **text <= '9'; (*text)++)
		n = n < JUMP_MAX ? 10 * n + (**text - '0') : n;
	*ret_action = n;
	return n > 0;
}

/* "value=action ..." False: Linux-PAM then takes every value for bad. */
static bool parse_pairs(const char *text, int action[PAM_STACK_CODES])
{
	static const char default_word[] = "default";

	for (text = skip_space(text); *text != '\0'; text = skip_space(text)) {
		int code = take_word(&text, code_words, PAM_STACK_CODES), what;

		if (code < 0) {
			if (strncmp(text, default_word, strlen(default_word)) != 0)
				return false;
			text += strlen(default_word);
		}
		text = skip_space(text);
		if (*text != '=')
			return false;
		text = skip_space(text + 1);
		if (!take_action(&text, &what))
			return false;
		if (code >= 0)
			action[code] = what;
		else
			set_rest(action, what);
	}
	return true;
}

/* The words and what they stand for. */
static const struct control {
	const char *word, *pairs;
} controls[] = {
    {"required", "success=ok new_authtok_reqd=ok ignore=ignore default=bad"},
    {"requisite", "success=ok new_authtok_reqd=ok ignore=ignore default=die"},
    {"optional", "success=ok new_authtok_reqd=ok default=ignore"},
    {"sufficient", "success=done new_authtok_reqd=done default=ignore"},
};

static const char *parse_control(const char *word, int action[PAM_STACK_CODES])
{
	const char *pairs = word, *why = NULL;

	for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++)
		if (strcasecmp(controls[i].word, word) == 0)
			pairs = controls[i].pairs;
	if (!parse_pairs(pairs, action)) {
		for (size_t i = 0; i < PAM_STACK_CODES; i++)
			action[i] = PAM_ACTION_BAD;
		why = "a control that PAM does not know; it refuses everybody";
	}
	set_rest(action, PAM_ACTION_BAD);
	return why;
}

/* ---- steps ---- */

static struct pam_step *new_step(struct reading *r, const struct place *p, int line)
{
	struct pam_step *s;

	if (r->stack->count == PAM_STACK_STEPS_MAX) {
		r->overflow = true;
		return NULL;
	}
	s = &r->stack->steps[r->stack->count++];
	*s = (struct pam_step){.file = p->path, .line = line, .level = p->level};
	for (size_t i = 0; i < PAM_STACK_CODES; i++)
		s->action[i] = PAM_ACTION_UNSET;
	return s;
}

static void add_broken(struct reading *r, const struct place *p, int line, const char *why)
{
	struct pam_step *s = new_step(r, p, line);

	if (s == NULL)
		return;
	s->why = why;
	set_rest(s->action, PAM_ACTION_BAD);
}

static void take_arguments(struct pam_step *s, char *rest)
{
	size_t used = 0;
	char *word;

	while ((word = next_word(&rest)) != NULL) {
		size_t len = strlen(word) + 1;

		if (used + len > sizeof(s->arguments) ||
		    s->argument_count == PAM_STACK_WORDS_MAX) {
			s->arguments_cut = true;
			return;
		}
		memcpy(s->arguments + used, word, len);
		used += len;
		s->argument_count++;
	}
}

int pam_step_words(const struct pam_step *s, const char *words[PAM_STACK_WORDS_MAX])
{
	const char *at = s->arguments;

	for (unsigned i = 0; i < s->argument_count; i++) {
		words[i] = at;
		at += strlen(at) + 1;
	}
	return (int)s->argument_count;
}

static void read_file(struct reading *r, const struct pam_text *t, struct place p);

/* False: there is no such file, or it is too deep. */
static bool include(struct reading *r, const struct place *from, const char *name,
    enum pam_type requested, unsigned level)
{
	struct pam_text t;

	if (name == NULL || from->depth + 1 >= PAM_STACK_DEPTH ||
	    r->source->load(r->source->context, name, &t) != 0)
		return false;
	read_file(r, &t,
	    (struct place){.requested = requested, .depth = from->depth + 1, .level = level});
	return true;
}

static const char unreadable[] = "what it includes cannot be read; PAM refuses everybody";

static void add_include(struct reading *r, const struct place *p, int line, enum pam_type type,
    bool substack, const char *name)
{
	struct pam_step *s;

	if (substack) {
		s = new_step(r, p, line);
		if (s == NULL)
			return;
		s->kind = PAM_STEP_SUBSTACK;
		(void)snprintf(s->module, sizeof(s->module), "%s", name != NULL ? name : "");
	}
	if (!include(r, p, name, type, p->level + substack))
		add_broken(r, p, line, unreadable);
}

static void add_module(
    struct reading *r, const struct place *p, int line, const char *control, char *rest)
{
	struct pam_step *s = new_step(r, p, line);
	const char *module, *slash;

	if (s == NULL)
		return;
	(void)snprintf(s->control, sizeof(s->control), "%s", control);
	s->why = parse_control(control, s->action);
	module = next_word(&rest);
	if (module == NULL) {
		s->why = "no module is named; PAM refuses everybody";
		return;
	}
	s->kind = PAM_STEP_MODULE;
	slash = strrchr(module, '/');
	(void)snprintf(s->module, sizeof(s->module), "%s", slash != NULL ? slash + 1 : module);
	take_arguments(s, rest);
}

static enum pam_type type_of(const char *word)
{
	static const struct {
		const char *word;
		enum pam_type type;
	} types[] = {
	    {"auth", PAM_TYPE_AUTH},
	    {"account", PAM_TYPE_ACCOUNT},
	    {"session", PAM_TYPE_SESSION},
	    {"password", PAM_TYPE_PASSWORD},
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcasecmp(types[i].word, word) == 0)
			return types[i].type;
	return PAM_TYPE_ANY;
}

static void read_line(struct reading *r, const struct place *p, int line, char *rest)
{
	enum pam_type type = p->requested != PAM_TYPE_ANY ? p->requested : PAM_TYPE_AUTH;
	const char *word = next_word(&rest), *control;
	bool broken;

	if (word == NULL)
		return;
	if (p->services) {
		if (strcasecmp(word, r->service) != 0)
			return;
		word = next_word(&rest);
	}
	if (word != NULL && strcasecmp(word, "@include") == 0) {
		if (!include(r, p, next_word(&rest), p->requested, p->level))
			add_broken(r, p, line, unreadable);
		return;
	}
	if (word != NULL && *word == '-')
		word++;
	broken = word == NULL || type_of(word) == PAM_TYPE_ANY;
	if (!broken)
		type = type_of(word);
	/* what is no type counts as the one that was asked for, and else as auth */
	if ((p->requested != PAM_TYPE_ANY && type != p->requested) || type != r->wanted)
		return;
	control = next_word(&rest);
	if (broken || control == NULL) {
		add_broken(r, p, line,
		    broken ? "begins with no type PAM knows; it refuses everybody"
		           : "no control; PAM refuses everybody");
		return;
	}
	if (strcasecmp(control, "include") == 0 || strcasecmp(control, "substack") == 0)
		add_include(
		    r, p, line, type, strcasecmp(control, "substack") == 0, next_word(&rest));
	else
		add_module(r, p, line, control, rest);
}

static void read_file(struct reading *r, const struct pam_text *t, struct place p)
{
	char text[LINE_MAX_BYTES];
	const char *why = NULL;
	enum line found;
	int line = 0;

	p.path = t->path;
	p.text = t->text;
	p.end = t->text + t->len;
	while (!r->overflow && (found = next_line(&p, text, &line, &why)) != LINE_END) {
		if (found == LINE_BROKEN) {
			add_broken(r, &p, line, why);
			return;
		}
		read_line(r, &p, line, text);
	}
}

/* As the source answers. */
static int read_service(struct reading *r)
{
	struct place p = {.services = false};
	struct pam_text t;
	int found = r->source->load(r->source->context, r->service, &t);

	if (found == -1) {
		found = r->source->load(r->source->context, NULL, &t);
		p.services = true;
	}
	if (found == 0)
		read_file(r, &t, p);
	return found;
}

int pam_stack_read(const struct pam_source *source, const char *service, enum pam_type type,
    struct pam_stack *ret_s, struct err *e)
{
	struct reading r = {
	    .source = source, .service = service, .wanted = type, .stack = ret_s};
	int own, other = -1;

	ret_s->count = 0;
	own = read_service(&r);
	if (own != PAM_SOURCE_UNREADABLE && ret_s->count == 0 && !r.overflow) {
		r.service = PAM_STACK_OTHER;
		other = read_service(&r);
	}
	if (own == PAM_SOURCE_UNREADABLE || other == PAM_SOURCE_UNREADABLE)
		return err_set(
		    e, ERR_IO, service, "cannot be read, or is too large; not judged");
	if (own != 0 && other != 0)
		return err_set(e, ERR_IO, service, "no such PAM service");
	if (r.overflow)
		return err_set(e, ERR_LIMIT, service, "more than %d lines; not judged",
		    PAM_STACK_STEPS_MAX);
	return 0;
}
