/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way through a stack: what the search finds and what it must not find; and on random
 * stacks, what libpam itself returns.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <security/pam_appl.h>

#include "tests/unit/stack_texts.h"
#include "tests/unit/tempdir.h"
#include "tools/pam_files.h"
#include "tools/pam_walk.h"

static struct pam_stack stack;
static struct err e;

#define SEKISHO  "auth required pam_sekisho.so\n"
#define PASSWORD "auth required pam_unix.so\n"

static const struct search_row {
	const char *text;
	enum pam_finding bypass, condition, alone;
	const char *module; /* that leads past; NULL not looked at */
} rows[] = {
#define NO  PAM_FINDING_NO
#define YES PAM_FINDING_YES
    {PASSWORD SEKISHO, NO, NO, NO, NULL},
    {SEKISHO PASSWORD, NO, NO, NO, NULL},
    {"auth requisite pam_unix.so\n" SEKISHO, NO, NO, NO, NULL},
    /* sufficient before it */
    {"auth sufficient pam_unix.so\n" SEKISHO, YES, YES, YES, "pam_unix.so"},
    {"auth sufficient pam_fprintd.so\n" PASSWORD SEKISHO, YES, YES, NO, "pam_fprintd.so"},
    /* behind it */
    {SEKISHO "auth sufficient pam_unix.so\n", NO, NO, YES, NULL},
    {SEKISHO "auth sufficient pam_unix.so\nauth required pam_deny.so\n", NO, NO, NO, NULL},
    /* its refusal does not count; its success is enough */
    {PASSWORD "auth optional pam_sekisho.so\n", YES, YES, NO, "pam_sekisho.so"},
    {PASSWORD "auth sufficient pam_sekisho.so\n", YES, YES, NO, "pam_sekisho.so"},
    {"auth sufficient pam_sekisho.so\n" PASSWORD, YES, YES, YES, "pam_sekisho.so"},
    {PASSWORD "auth [success=ok user_unknown=ignore default=bad] pam_sekisho.so\n", YES, YES,
        NO, NULL},
    {PASSWORD "auth [success=ok auth_err=ignore default=bad] pam_sekisho.so\n", YES, YES, NO,
        "pam_sekisho.so"},
    /* jumps: Debian's common-auth, right and one too far */
    {"auth [success=1 default=ignore] pam_unix.so\nauth requisite pam_deny.so\n" SEKISHO, NO,
        NO, NO, NULL},
    {"auth [success=2 default=ignore] pam_unix.so\nauth requisite pam_deny.so\n" SEKISHO
     "auth required pam_permit.so\n",
        YES, YES, NO, "pam_unix.so"},
    /* beyond the end is a refusal */
    {"auth [success=2 default=ignore] pam_unix.so\nauth requisite pam_deny.so\n" SEKISHO, NO,
        NO, NO, NULL},
    /* the site's own will */
    {"auth sufficient pam_rootok.so\n" PASSWORD SEKISHO, NO, YES, NO, "pam_rootok.so"},
    {PASSWORD "auth [success=1 default=ignore] pam_succeed_if.so user ingroup x\n" SEKISHO, NO,
        YES, NO, "pam_succeed_if.so"},
    /* which does not excuse what follows */
    {"auth requisite pam_succeed_if.so uid >= 1000\nauth sufficient pam_unix.so\n" SEKISHO, YES,
        YES, YES, "pam_unix.so"},
    {"auth [success=1 default=ignore] pam_localuser.so\nauth required pam_deny.so\n"
     "auth sufficient pam_unix.so\n" SEKISHO,
        YES, YES, YES, "pam_unix.so"},
    {"auth sufficient pam_permit.so\n" SEKISHO PASSWORD, YES, YES, NO, "pam_permit.so"},
    {"auth optional pam_deny.so\n" PASSWORD SEKISHO, NO, NO, NO, NULL},
    /* reset forgets */
    {PASSWORD "auth [success=ok default=reset] pam_sekisho.so\nauth required pam_permit.so\n",
        YES, YES, NO, "pam_sekisho.so"},
    /* die elsewhere, broken lines */
    {PASSWORD SEKISHO "auth include nowhere\n", NO, NO, NO, NULL},
    {PASSWORD "auth bogus pam_sekisho.so\n", NO, NO, NO, NULL},
};

static void test_search(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stack_text texts[] = {{"s", rows[i].text}, {NULL, NULL}};
		struct pam_leak leak;
		struct pam_way way;

		assert_int_equal(stack_texts_read(texts, PAM_TYPE_AUTH, &stack, &e), 0);
		if (pam_walk_search(&stack, PAM_QUESTION_BYPASS, &way) != rows[i].bypass ||
		    pam_walk_search(&stack, PAM_QUESTION_ALONE, &way) != rows[i].alone ||
		    pam_walk_search(&stack, PAM_QUESTION_CONDITION, &way) != rows[i].condition)
			fail_msg("row %zu: bypass %d alone %d condition %d:\n%s", i,
			    (int)pam_walk_search(&stack, PAM_QUESTION_BYPASS, &way),
			    (int)pam_walk_search(&stack, PAM_QUESTION_ALONE, &way),
			    (int)pam_walk_search(&stack, PAM_QUESTION_CONDITION, &way),
			    rows[i].text);
		if (rows[i].module == NULL)
			continue;
		assert_true(pam_walk_leak(&stack, &way, &leak));
		assert_string_equal(stack.steps[leak.step].module, rows[i].module);
		assert_int_equal(leak.ignored, strcmp(rows[i].module, "pam_sekisho.so") == 0);
	}
}

/* A way that was found is one: walked again it ends in success, without pam_sekisho. */
static void test_ways_are_real(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct stack_text texts[] = {{"s", rows[i].text}, {NULL, NULL}};
		int codes[PAM_STACK_STEPS_MAX] = {0};
		struct pam_way way;

		assert_int_equal(stack_texts_read(texts, PAM_TYPE_AUTH, &stack, &e), 0);
		if (pam_walk_search(&stack, PAM_QUESTION_CONDITION, &way) != PAM_FINDING_YES)
			continue;
		for (unsigned n = 0; n < way.count; n++) {
			codes[way.passed[n].step] = way.passed[n].code;
			if (strcmp(stack.steps[way.passed[n].step].module, "pam_sekisho.so") ==
			    0)
				assert_int_not_equal(way.passed[n].code, PAM_CODE_SUCCESS);
		}
		assert_int_equal(pam_walk_fixed(&stack, codes), PAM_CODE_SUCCESS);
	}
}

static void test_substack(void **state)
{
	/* done in a substack ends that one only */
	struct stack_text texts[] = {
	    {"s", "auth substack a\n" SEKISHO},
	    {"a", "auth sufficient pam_unix.so\nauth required pam_deny.so\n"},
	    {NULL, NULL},
	};
	struct pam_way way;

	(void)state;
	assert_int_equal(stack_texts_read(texts, PAM_TYPE_AUTH, &stack, &e), 0);
	assert_int_equal(pam_walk_search(&stack, PAM_QUESTION_CONDITION, &way), PAM_FINDING_NO);
	/* the same included is another matter */
	texts[0].text = "auth include a\n" SEKISHO;
	assert_int_equal(stack_texts_read(texts, PAM_TYPE_AUTH, &stack, &e), 0);
	assert_int_equal(pam_walk_search(&stack, PAM_QUESTION_BYPASS, &way), PAM_FINDING_YES);
}

/* ---- against libpam ---- */

static uint32_t seed = 20251101;

static unsigned random_below(unsigned n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 16) % n;
}

static const char *random_word(const char *const *words, size_t count)
{
	return words[random_below((unsigned)count)];
}
#define PICK(words) random_word(words, sizeof(words) / sizeof(words[0]))

/* Includes by their whole path: older releases of libpam look for others in /etc/pam.d. */
static void write_line(FILE *out, const char *root, unsigned depth)
{
	static const char *const controls[] = {
	    "required", "requisite", "sufficient", "optional", "required"};
	static const char *const codes[] = {
	    "success", "success", "auth_err", "ignore", "user_unknown", "new_authtok_reqd"};
	static const char *const actions[] = {
	    "ok", "done", "bad", "die", "reset", "ignore", "1", "1", "2", "3"};

	if (depth < 3 && random_below(4) == 0) {
		fprintf(out, "auth %s %s/f%u\n", random_below(2) ? "substack" : "include", root,
		    depth + 1);
		return;
	}
	fputs("auth ", out);
	if (random_below(2) == 0) {
		fputs(PICK(controls), out);
	} else {
		fputc('[', out);
		for (unsigned n = 1 + random_below(3); n > 0; n--)
			fprintf(out, "%s=%s ", PICK(codes), PICK(actions));
		fprintf(out, "default=%s]", PICK(actions));
	}
	switch (random_below(4)) {
	case 0:
		fputs(random_below(2) ? " pam_permit.so\n" : " pam_deny.so\n", out);
		break;
	default:
		fprintf(out, " pam_debug.so auth=%s\n", PICK(codes));
		break;
	}
}

static void write_files(const char *root)
{
	for (unsigned depth = 0; depth <= 3; depth++) {
		char path[TEMPDIR_SIZE + 32];
		FILE *out;

		(void)snprintf(path, sizeof(path), "%s/f%u", root, depth);
		out = fopen(path, "w");
		assert_non_null(out);
		for (unsigned n = 1 + random_below(5); n > 0; n--)
			write_line(out, root, depth);
		assert_int_equal(fclose(out), 0);
	}
}

/* pam_debug tells its answers: nobody listens. */
static int no_conversation(
    int count, const struct pam_message **messages, struct pam_response **ret, void *context)
{
	(void)messages, (void)context;
	*ret = calloc((size_t)count, sizeof(**ret));
	return *ret != NULL ? PAM_SUCCESS : PAM_BUF_ERR;
}

static int ask_libpam(const char *directory)
{
	const struct pam_conv conversation = {no_conversation, NULL};
	pam_handle_t *pam = NULL;
	int r;

	assert_int_equal(
	    pam_start_confdir("f0", "root", &conversation, directory, &pam), PAM_SUCCESS);
	r = pam_authenticate(pam, 0);
	(void)pam_end(pam, r);
	return r;
}

static int code_of(const struct pam_step *s)
{
	const char *words[PAM_STACK_WORDS_MAX];

	if (pam_role_of(s) == PAM_ROLE_PERMIT)
		return PAM_CODE_SUCCESS;
	if (pam_role_of(s) == PAM_ROLE_DENY || pam_step_words(s, words) != 1)
		return PAM_CODE_AUTH_ERR;
	for (int i = 0; i < PAM_STACK_CODES; i++)
		if (strcmp(words[0] + strlen("auth="), pam_code_word(i)) == 0)
			return i;
	fail_msg("%s", words[0]);
	return -1;
}

static int predict(const char *root)
{
	char service[TEMPDIR_SIZE + 32];
	int codes[PAM_STACK_STEPS_MAX];
	struct pam_files files;
	struct pam_source source;
	int r;

	(void)snprintf(service, sizeof(service), "%s/f0", root);
	pam_files_open(&files, "");
	source = pam_files_source(&files);
	assert_int_equal(pam_stack_read(&source, service, PAM_TYPE_AUTH, &stack, &e), 0);
	for (unsigned i = 0; i < stack.count; i++)
		codes[i] =
		    stack.steps[i].kind == PAM_STEP_MODULE ? code_of(&stack.steps[i]) : -1;
	r = pam_walk_fixed(&stack, codes);
	pam_files_close(&files);
	return r;
}

static void show_files(const char *root)
{
	for (unsigned depth = 0; depth <= 3; depth++) {
		char path[TEMPDIR_SIZE + 32], line[256];
		FILE *in;

		(void)snprintf(path, sizeof(path), "%s/f%u", root, depth);
		in = fopen(path, "r");
		printf("f%u:\n", depth);
		while (in != NULL && fgets(line, sizeof(line), in) != NULL)
			fputs(line, stdout);
		if (in != NULL)
			fclose(in);
	}
}

static void test_libpam_agrees(void **state)
{
	char root[TEMPDIR_SIZE];
	unsigned granted = 0;

	(void)state;
	tempdir_make(root);
	for (unsigned i = 0; i < 600; i++) {
		int real, ours;

		write_files(root);
		real = ask_libpam(root);
		ours = predict(root);
		granted += real == PAM_SUCCESS;
		if (real != ours) {
			show_files(root);
			fail_msg("stack %u: libpam %d, walk %d", i, real, ours);
		}
	}
	tempdir_remove(root);
	/* neither of the two is rare, or little was compared */
	assert_in_range(granted, 60, 540);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_search),
	    cmocka_unit_test(test_ways_are_real),
	    cmocka_unit_test(test_substack),
	    cmocka_unit_test(test_libpam_agrees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
