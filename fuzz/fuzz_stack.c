/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PAM files: any bytes give stacks within their bounds; a way that the search finds past
 * pam_sekisho is one when it is walked again, and where it finds none no single return value
 * for all modules is one either. The input is files, parted by 0xff: the first is the service,
 * the others are called a, b, c...
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/wire/options.h"
#include "tools/pam_walk.h"

#define FILES_MAX 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct pam_stack stack;

struct files {
	size_t count;
	struct pam_text texts[FILES_MAX];
};

static void check(bool holds)
{
	if (!holds)
		abort();
}

static int load(void *context, const char *name, struct pam_text *ret_t)
{
	const struct files *f = context;
	size_t i;

	if (name == NULL || strlen(name) != 1)
		return -1;
	i = *name == 's' ? 0 : (size_t)(unsigned char)*name - 'a' + 1;
	if (i >= f->count)
		return -1;
	*ret_t = f->texts[i];
	return 0;
}

static void split(const uint8_t *data, size_t size, struct files *ret_f)
{
	const char *at = (const char *)data, *end = at + size;

	for (ret_f->count = 0; ret_f->count < FILES_MAX; ret_f->count++) {
		const char *stop = size > 0 ? memchr(at, 0xff, (size_t)(end - at)) : NULL;

		if (stop == NULL)
			stop = end;
		ret_f->texts[ret_f->count] =
		    (struct pam_text){.path = "f", .text = at, .len = (size_t)(stop - at)};
		if (stop == end) {
			ret_f->count++;
			return;
		}
		at = stop + 1;
	}
}

static void check_steps(void)
{
	const char *words[PAM_STACK_WORDS_MAX];
	struct options o;

	check(stack.count <= PAM_STACK_STEPS_MAX);
	for (unsigned i = 0; i < stack.count; i++) {
		const struct pam_step *s = &stack.steps[i];
		int n = pam_step_words(s, words);

		check(s->level < PAM_STACK_DEPTH && s->line >= 1);
		check(memchr(s->module, '\0', sizeof(s->module)) != NULL);
		check(s->kind != PAM_STEP_BROKEN || s->why != NULL);
		for (int code = 0; code < PAM_STACK_CODES; code++)
			check(s->kind == PAM_STEP_SUBSTACK ||
			      s->action[code] != PAM_ACTION_UNSET);
		for (int w = 0; w < n; w++)
			check(words[w] >= s->arguments &&
			      words[w] < s->arguments + sizeof(s->arguments));
		(void)!options_parse(n, words, &o, NULL);
	}
}

static bool is_sekisho(unsigned i)
{
	return stack.steps[i].kind == PAM_STEP_MODULE &&
	       pam_role_of(&stack.steps[i]) == PAM_ROLE_SEKISHO;
}

static void check_way(const struct pam_way *way)
{
	int codes[PAM_STACK_STEPS_MAX] = {0};
	struct pam_leak leak;

	for (unsigned i = 0; i < way->count; i++) {
		codes[way->passed[i].step] = way->passed[i].code;
		check(!is_sekisho(way->passed[i].step) || way->passed[i].code != 0);
	}
	check(pam_walk_fixed(&stack, codes) == PAM_CODE_SUCCESS);
	if (pam_walk_leak(&stack, way, &leak))
		check(leak.step < stack.count);
}

/* Every module but pam_sekisho says the same. */
static void check_no_way(int code)
{
	int codes[PAM_STACK_STEPS_MAX] = {0};

	for (unsigned i = 0; i < stack.count; i++) {
		enum pam_role role = pam_role_of(&stack.steps[i]);

		codes[i] = role == PAM_ROLE_PERMIT ? PAM_CODE_SUCCESS
		           : role == PAM_ROLE_DENY || role == PAM_ROLE_SEKISHO
		               ? PAM_CODE_AUTH_ERR
		               : code;
	}
	check(pam_walk_fixed(&stack, codes) != PAM_CODE_SUCCESS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct files files;
	const struct pam_source source = {.context = &files, .load = load};
	struct pam_way way;

	split(data, size, &files);
	if (pam_stack_read(&source, "s", PAM_TYPE_AUTH, &stack, NULL) != 0)
		return 0;
	check_steps();
	switch (pam_walk_search(&stack, PAM_QUESTION_CONDITION, &way)) {
	case PAM_FINDING_YES:
		check_way(&way);
		break;
	case PAM_FINDING_NO:
		for (int code = 0; code < PAM_CODE_CONV_AGAIN; code++)
			check_no_way(code);
		break;
	case PAM_FINDING_UNSURE:
	default:
		break;
	}
	return 0;
}
