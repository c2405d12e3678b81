/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho check: every PAM service, walked through. Loads no module and asks nobody.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/wire/options.h"
#include "tools/check.h"

/* Ways into a terminal: that one of them asks for no code is no matter of taste. What has no
 * file of its own, or none any more, is "other". */
static bool is_login_service(const char *service)
{
	static const char *const services[] = {"cockpit", "gdm-fingerprint", "gdm-password",
	    "greetd", "kde", "lightdm", "login", "lxdm", PAM_STACK_OTHER, "polkit-1", "remote",
	    "sddm", "sshd", "su", "su-l", "sudo", "sudo-i", "vsftpd", "xdm", "xrdp-sesman"};

	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
		if (strcmp(services[i], service) == 0)
			return true;
	return false;
}

static const char *step_place(const struct pam_step *s, char out[160])
{
	(void)snprintf(out, 160, "%s:%d", s->file, s->line);
	return out;
}

/* ---- one finding of the walk ---- */

static void say_ignored(struct check *c, enum check_severity severity, const char *service,
    const struct pam_step *s, int code)
{
	char place[160];

	check_add(c, severity, ERR_STACK_IGNORED, step_place(s, place), NULL,
	    "%s: %s of pam_sekisho.so does not keep anybody out (%s)", service,
	    pam_code_word(code), s->control);
}

static void say_passed(struct check *c, enum check_severity severity, enum err_number number,
    const char *service, const struct pam_stack *stack, const struct pam_leak *l)
{
	const struct pam_step *s = &stack->steps[l->step];
	int action = s->action[l->code];
	char place[160];

	if (action > 0)
		check_add(c, severity, number, step_place(s, place), NULL,
		    "%s: %s %s jumps over pam_sekisho.so (%s=%d)", service, s->module,
		    pam_code_word(l->code), pam_code_word(l->code), action);
	else
		check_add(c, severity, number, step_place(s, place), NULL,
		    "%s: %s %s ends the stack before pam_sekisho.so (%s)", service, s->module,
		    pam_code_word(l->code), s->control);
}

static void say_way(struct check *c, enum check_severity severity, enum err_number number,
    const char *service, const struct pam_stack *stack, const struct pam_way *way)
{
	struct pam_leak leak;

	if (!pam_walk_leak(stack, way, &leak))
		check_add(c, severity, number, service, NULL,
		    "a way past pam_sekisho.so that cannot be named");
	else if (leak.ignored)
		say_ignored(c, severity, service, &stack->steps[leak.step], leak.code);
	else
		say_passed(c, severity, number, service, stack, &leak);
}

static void say_unsure(struct check *c, const char *service)
{
	check_add(c, CHECK_WARNING, ERR_STACK_UNSURE, service, NULL,
	    "too many ways through its auth lines");
}

/* ---- what is asked of each stack ---- */

/* True when one was found: what follows would only repeat it. */
static bool check_bypass(struct check *c, const char *service, const struct pam_stack *stack)
{
	struct pam_way way;

	switch (pam_walk_search(stack, PAM_QUESTION_BYPASS, &way)) {
	case PAM_FINDING_YES:
		say_way(c, CHECK_DANGER, ERR_STACK_BYPASS, service, stack, &way);
		return true;
	case PAM_FINDING_NO:
		break;
	case PAM_FINDING_UNSURE:
	default:
		say_unsure(c, service);
		return true;
	}
	if (pam_walk_search(stack, PAM_QUESTION_CONDITION, &way) == PAM_FINDING_YES)
		say_way(c, CHECK_NOTE, ERR_STACK_CONDITION, service, stack, &way);
	return false;
}

static bool check_alone(struct check *c, const char *service, const struct pam_stack *stack)
{
	const struct pam_step *s = &stack->steps[pam_stack_find(stack, PAM_ROLE_SEKISHO)];
	struct pam_way way;
	char place[160];

	if (pam_stack_find(stack, PAM_ROLE_FACTOR) < 0) {
		/* sshd may have asked for a key before */
		check_add(c, strcmp(service, "sshd") == 0 ? CHECK_NOTE : CHECK_WARNING,
		    ERR_STACK_ALONE, step_place(s, place),
		    "put the module that checks the password before it",
		    "%s: nothing but the code is asked for", service);
		return true;
	}
	if (pam_walk_search(stack, PAM_QUESTION_ALONE, &way) != PAM_FINDING_YES)
		return false;
	check_add(c, CHECK_DANGER, ERR_STACK_ALONE, step_place(s, place), NULL,
	    "%s: a code lets in without the password (%s)", service, s->control);
	return true;
}

/* `requisite` in front of the password tells which of the two was wrong. */
static void check_order(struct check *c, const char *service, const struct pam_stack *stack)
{
	int sekisho = pam_stack_find(stack, PAM_ROLE_SEKISHO);
	int factor = pam_stack_find(stack, PAM_ROLE_FACTOR);
	const struct pam_step *s = &stack->steps[sekisho];
	char place[160];

	if (sekisho < factor && s->action[PAM_CODE_AUTH_ERR] == PAM_ACTION_DIE)
		check_add(c, CHECK_WARNING, ERR_STACK_EARLY, step_place(s, place), NULL,
		    "%s: a wrong code ends the dialogue before the password (%s)", service,
		    s->control);
}

static void check_options(struct check *c, const char *service, const struct pam_step *s)
{
	const char *words[PAM_STACK_WORDS_MAX];
	struct options o;
	char place[160];
	struct err e;

	if (s->arguments_cut)
		check_add(c, CHECK_WARNING, ERR_STACK_UNSURE, step_place(s, place), NULL,
		    "%s: more options than are looked at", service);
	else if (options_parse(pam_step_words(s, words), words, &o, &e) != 0)
		check_add(c, CHECK_DANGER, ERR_OPTION, step_place(s, place), NULL, "%s: %s: %s",
		    service, e.object, e.why);
}

static void check_lines(struct check *c, const char *service, const struct pam_stack *stack)
{
	char place[160];

	for (unsigned i = 0; i < stack->count; i++) {
		const struct pam_step *s = &stack->steps[i];

		if (s->why != NULL)
			check_add(c, CHECK_WARNING, ERR_STACK_BROKEN, step_place(s, place),
			    NULL, "%s: %s", service, s->why);
		if (s->kind == PAM_STEP_MODULE && pam_role_of(s) == PAM_ROLE_SEKISHO)
			check_options(c, service, s);
	}
}

static void check_idle(struct check *c, const struct pam_source *source, const char *service,
    struct pam_stack *stack)
{
	static const struct {
		enum pam_type type;
		const char *word;
	} types[] = {
	    {PAM_TYPE_ACCOUNT, "account"},
	    {PAM_TYPE_SESSION, "session"},
	    {PAM_TYPE_PASSWORD, "password"},
	};
	char place[160];

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		int at;

		if (pam_stack_read(source, service, types[i].type, stack, NULL) != 0)
			continue;
		at = pam_stack_find(stack, PAM_ROLE_SEKISHO);
		if (at >= 0)
			check_add(c, CHECK_NOTE, ERR_STACK_IDLE,
			    step_place(&stack->steps[at], place), NULL,
			    "%s: as %s it neither lets in nor keeps out", service,
			    types[i].word);
	}
}

static void note_asking(struct check *c, const char *service)
{
	char **list = names_grow(c->asking.names, c->asking.count, sizeof(*list));

	if (list == NULL)
		return;
	c->asking.names = list;
	list[c->asking.count] = strdup(service);
	c->asking.count += list[c->asking.count] != NULL;
}

static void check_asking(struct check *c, const char *service, const struct pam_stack *stack)
{
	bool found;

	note_asking(c, service);
	check_lines(c, service, stack);
	found = check_bypass(c, service, stack);
	found = check_alone(c, service, stack) || found;
	if (!found)
		check_order(c, service, stack);
}

/* ---- all of them ---- */

/* Files that others include, common-auth and the like, are no services. */
static bool is_included(const struct pam_files *f, const char *name)
{
	size_t len = strlen(name);

	if (is_login_service(name))
		return false;
	for (size_t i = 0; i < f->count; i++) {
		const char *at = f->list[i].text;

		while (at != NULL && (at = strstr(at, name)) != NULL) {
			const char *end = at + len;
			bool word = at > f->list[i].text && (at[-1] == ' ' || at[-1] == '\t') &&
			            strchr(" \t\r\n#", *end) != NULL;
			const char *line = at;

			while (line > f->list[i].text && line[-1] != '\n')
				line--;
			if (word && memchr(line, '#', (size_t)(at - line)) == NULL &&
			    (memmem(line, (size_t)(at - line), "include", 7) != NULL ||
			        memmem(line, (size_t)(at - line), "substack", 8) != NULL))
				return true;
			at = end;
		}
	}
	return false;
}

struct survey {
	struct check_words silent; /* services that do not ask */
	struct pam_stack *stack;
};

static void check_service(
    struct check *c, const struct pam_source *source, const char *service, struct survey *s)
{
	struct err e;

	if (pam_stack_read(source, service, PAM_TYPE_AUTH, s->stack, &e) != 0) {
		check_add(c, CHECK_WARNING, ERR_STACK_UNSURE, service, NULL, "%s", e.why);
		return;
	}
	if (pam_stack_find(s->stack, PAM_ROLE_SEKISHO) >= 0)
		check_asking(c, service, s->stack);
	else if (is_login_service(service))
		check_lines(c, service, s->stack); /* perhaps it would ask, but for a slip */
	check_idle(c, source, service, s->stack);
}

static bool lets_in(const struct pam_stack *stack)
{
	struct pam_way way;

	return pam_walk_search(stack, PAM_QUESTION_BYPASS, &way) != PAM_FINDING_NO ||
	       pam_walk_search(stack, PAM_QUESTION_CONDITION, &way) != PAM_FINDING_NO;
}

/* When at least one service asks, those that do not are told. Of those that are no way into a
 * terminal many let everybody pass, and mean it. */
static void check_silent(
    struct check *c, const struct pam_source *source, const char *service, struct survey *s)
{
	bool asks_for_something;

	if (pam_stack_read(source, service, PAM_TYPE_AUTH, s->stack, NULL) != 0 ||
	    s->stack->count == 0 || pam_stack_find(s->stack, PAM_ROLE_SEKISHO) >= 0)
		return;
	asks_for_something = pam_stack_find(s->stack, PAM_ROLE_FACTOR) >= 0;
	if (!is_login_service(service) && asks_for_something)
		check_words_add(&s->silent, service);
	else if (is_login_service(service) && lets_in(s->stack))
		check_add(c, asks_for_something ? CHECK_WARNING : CHECK_DANGER, ERR_STACK_NONE,
		    service, NULL, "%s",
		    asks_for_something
		        ? "its auth lines have no pam_sekisho.so: it lets in without a code"
		        : "its auth lines ask for nothing at all: it lets in everybody");
}

static void check_all(struct check *c, const struct pam_names *names, struct survey *s)
{
	const struct pam_source source = pam_files_source(&c->pam);

	for (size_t i = 0; i < names->count; i++)
		check_service(c, &source, names->names[i], s);
	if (c->asking.count == 0) {
		check_add(c, CHECK_WARNING, ERR_STACK_NONE, "PAM", NULL,
		    "no service has pam_sekisho.so: nobody is asked for a code");
		return;
	}
	for (size_t i = 0; i < names->count; i++)
		if (!is_included(&c->pam, names->names[i]))
			check_silent(c, &source, names->names[i], s);
	if (s->silent.count > 0)
		check_add(c, CHECK_NOTE, ERR_STACK_NONE, s->silent.text, NULL,
		    "%zu more %s no code", s->silent.count,
		    s->silent.count == 1 ? "service asks for" : "services ask for");
}

void check_stacks(struct check *c)
{
	struct survey s = {0};
	struct pam_names names;
	struct err e;

	s.stack = malloc(sizeof(*s.stack));
	if (s.stack == NULL) {
		err_set(&e, ERR_INTERNAL, "check", "out of memory");
		check_fail(c, &e);
		return;
	}
	if (pam_files_names(&c->pam, &names, &e) == 0)
		check_all(c, &names, &s);
	else
		check_fail(c, &e);
	pam_names_clear(&names);
	free(s.stack);
}
