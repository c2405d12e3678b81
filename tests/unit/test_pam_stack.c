/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The lines of PAM files, as Linux-PAM takes them: words, continued lines, includes, controls,
 * and everything that is broken.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/stack_texts.h"
#include "tests/unit/tempdir.h"
#include "tools/pam_files.h"

static struct pam_stack stack;
static struct err e;

static void read_one(const char *text, enum pam_type type)
{
	struct stack_text texts[] = {{"s", text}, {NULL, NULL}};

	assert_int_equal(stack_texts_read(texts, type, &stack, &e), 0);
}

static void test_words(void **state)
{
	const char *words[PAM_STACK_WORDS_MAX];

	(void)state;
	read_one("# a comment\n\n"
	         "AUTH  Required\t/lib/security/pam_x.so a=b [c d\\] e] # not this\n"
	         "account required pam_y.so\n"
	         "-auth [success=2 default = ignore] pam_z.so",
	    PAM_TYPE_AUTH);
	assert_int_equal(stack.count, 2);
	assert_int_equal(stack.steps[0].kind, PAM_STEP_MODULE);
	assert_string_equal(stack.steps[0].module, "pam_x.so");
	assert_string_equal(stack.steps[0].control, "Required");
	assert_int_equal(stack.steps[0].line, 3);
	assert_int_equal(pam_step_words(&stack.steps[0], words), 2);
	assert_string_equal(words[0], "a=b");
	assert_string_equal(words[1], "c d] e");
	assert_int_equal(stack.steps[0].action[PAM_CODE_SUCCESS], PAM_ACTION_OK);
	assert_int_equal(stack.steps[0].action[PAM_CODE_AUTH_ERR], PAM_ACTION_BAD);
	assert_int_equal(stack.steps[0].action[PAM_CODE_IGNORE], PAM_ACTION_IGNORE);
	assert_string_equal(stack.steps[1].module, "pam_z.so");
	assert_int_equal(stack.steps[1].action[PAM_CODE_SUCCESS], 2);
	assert_int_equal(stack.steps[1].action[PAM_CODE_AUTH_ERR], PAM_ACTION_IGNORE);
	assert_int_equal(stack.steps[1].line, 5);
	read_one("account required pam_y.so\n", PAM_TYPE_AUTH);
	assert_int_equal(stack.count, 0);
}

static void test_continued(void **state)
{
	(void)state;
	read_one("auth \\\n\n# between\n  required \\  \n pam_x.so\nauth required pam_y.so",
	    PAM_TYPE_AUTH);
	assert_int_equal(stack.count, 2);
	assert_string_equal(stack.steps[0].module, "pam_x.so");
	assert_int_equal(stack.steps[0].line, 1);
	assert_int_equal(stack.steps[1].line, 6);
	/* a comment ends the line, the backslash in it is of the comment */
	read_one("auth required pam_x.so # \\\nauth required pam_y.so\n", PAM_TYPE_AUTH);
	assert_int_equal(stack.count, 2);
	read_one("auth required pam_x.so \\\n", PAM_TYPE_AUTH);
	assert_int_equal(stack.count, 1);
	assert_int_equal(stack.steps[0].kind, PAM_STEP_BROKEN);
}

/* A service without a file, or without lines of the type, is "other". */
static void test_other(void **state)
{
	struct stack_text texts[] = {
	    {"s", "account required pam_a.so\n"},
	    {"other", "auth required pam_o.so\nsession required pam_p.so\n"},
	    {NULL, NULL},
	};

	(void)state;
	assert_int_equal(stack_texts_read(texts, PAM_TYPE_AUTH, &stack, &e), 0);
	assert_int_equal(stack.count, 1);
	assert_string_equal(stack.steps[0].module, "pam_o.so");
	assert_int_equal(stack_texts_read(texts, PAM_TYPE_ACCOUNT, &stack, &e), 0);
	assert_string_equal(stack.steps[0].module, "pam_a.so");
	assert_int_equal(stack_texts_read(texts, PAM_TYPE_PASSWORD, &stack, &e), 0);
	assert_int_equal(stack.count, 0);
	texts[0].name = "t";
	assert_int_equal(stack_texts_read(texts, PAM_TYPE_AUTH, &stack, &e), 0);
	assert_string_equal(stack.steps[0].module, "pam_o.so");
	texts[1].name = "u";
	assert_int_equal(stack_texts_read(texts, PAM_TYPE_AUTH, &stack, &e), -1);
}

/* What PAM reads otherwise than it looks: nothing behind it can be judged. */
static void test_pieces(void **state)
{
	char text[1200];

	(void)state;
	for (size_t len = 1022; len <= 1023; len++) {
		memset(text, '#', len);
		(void)snprintf(text + len, sizeof(text) - len, "\nauth required pam_x.so\n");
		read_one(text, PAM_TYPE_AUTH);
		assert_int_equal(stack.count, 1);
		assert_int_equal(
		    stack.steps[0].kind, len == 1022 ? PAM_STEP_MODULE : PAM_STEP_BROKEN);
	}
	assert_int_equal(stack.steps[0].line, 1);
	read_one("# of Windows\r\nauth required pam_x.so # here, too\r\n", PAM_TYPE_AUTH);
	assert_int_equal(stack.steps[0].kind, PAM_STEP_MODULE);
	read_one("auth required pam_x.so\r\nauth required pam_y.so\n", PAM_TYPE_AUTH);
	assert_int_equal(stack.count, 1);
	assert_int_equal(stack.steps[0].kind, PAM_STEP_BROKEN);
	assert_non_null(strstr(stack.steps[0].why, "Windows"));
}

static void test_controls(void **state)
{
	static const struct {
		const char *control;
		int success, auth_err, ignore;
	} rows[] = {
	    {"required", PAM_ACTION_OK, PAM_ACTION_BAD, PAM_ACTION_IGNORE},
	    {"requisite", PAM_ACTION_OK, PAM_ACTION_DIE, PAM_ACTION_IGNORE},
	    {"sufficient", PAM_ACTION_DONE, PAM_ACTION_IGNORE, PAM_ACTION_IGNORE},
	    {"optional", PAM_ACTION_OK, PAM_ACTION_IGNORE, PAM_ACTION_IGNORE},
	    {"[default=die]", PAM_ACTION_DIE, PAM_ACTION_DIE, PAM_ACTION_DIE},
	    {"[default=die success=ok]", PAM_ACTION_OK, PAM_ACTION_DIE, PAM_ACTION_DIE},
	    {"[success=ok]", PAM_ACTION_OK, PAM_ACTION_BAD, PAM_ACTION_BAD},
	    {"[success=3 auth_err=reset ignore=done]", 3, PAM_ACTION_RESET, PAM_ACTION_DONE},
	    /* broken ones refuse */
	    {"[success=ok default=]", PAM_ACTION_BAD, PAM_ACTION_BAD, PAM_ACTION_BAD},
	    {"[success=0]", PAM_ACTION_BAD, PAM_ACTION_BAD, PAM_ACTION_BAD},
	    {"[sucess=ok]", PAM_ACTION_BAD, PAM_ACTION_BAD, PAM_ACTION_BAD},
	    {"requierd", PAM_ACTION_BAD, PAM_ACTION_BAD, PAM_ACTION_BAD},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[128];

		(void)snprintf(text, sizeof(text), "auth %s pam_x.so", rows[i].control);
		read_one(text, PAM_TYPE_AUTH);
		assert_int_equal(stack.count, 1);
		assert_int_equal(stack.steps[0].action[PAM_CODE_SUCCESS], rows[i].success);
		assert_int_equal(stack.steps[0].action[PAM_CODE_AUTH_ERR], rows[i].auth_err);
		assert_int_equal(stack.steps[0].action[PAM_CODE_IGNORE], rows[i].ignore);
		assert_int_equal(stack.steps[0].why != NULL, i >= 8);
	}
}

static void test_includes(void **state)
{
	struct stack_text texts[] = {
	    {"s", "auth include a\nauth substack b\n@include c\naccount include b\n"},
	    {"a", "auth required pam_a.so\naccount required pam_a.so\n"},
	    {"b", "auth required pam_b.so\nauth include a\naccount required pam_b.so\n"},
	    {"c", "account required pam_c.so\nauth required pam_c.so\n"},
	    {NULL, NULL},
	};
	static const struct {
		const char *module;
		unsigned level;
	} auth[] = {
	    {"pam_a.so", 0}, {"b", 0}, {"pam_b.so", 1}, {"pam_a.so", 1}, {"pam_c.so", 0}};

	(void)state;
	assert_int_equal(stack_texts_read(texts, PAM_TYPE_AUTH, &stack, &e), 0);
	assert_int_equal(stack.count, 5);
	for (unsigned i = 0; i < 5; i++) {
		assert_string_equal(stack.steps[i].module, auth[i].module);
		assert_int_equal(stack.steps[i].level, auth[i].level);
	}
	assert_int_equal(stack.steps[1].kind, PAM_STEP_SUBSTACK);
	assert_string_equal(stack.steps[3].file, "a");
	assert_int_equal(stack_texts_read(texts, PAM_TYPE_ACCOUNT, &stack, &e), 0);
	assert_int_equal(stack.count, 2);
	assert_string_equal(stack.steps[0].module, "pam_c.so");
}

static void test_broken(void **state)
{
	struct stack_text texts[] = {{"s", "auth include s\n"}, {NULL, NULL}};
	static char many[PAM_STACK_STEPS_MAX * 32];

	(void)state;
	/* what no login reaches an end of */
	assert_int_equal(stack_texts_read(texts, PAM_TYPE_AUTH, &stack, &e), 0);
	assert_int_equal(stack.count, 1);
	assert_int_equal(stack.steps[0].kind, PAM_STEP_BROKEN);
	read_one("auth include nowhere\n@include nowhere\nauth\nauth required\nfoo x y\n",
	    PAM_TYPE_AUTH);
	assert_int_equal(stack.count, 5);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(stack.steps[i].kind, PAM_STEP_BROKEN);
		assert_non_null(stack.steps[i].why);
		assert_int_equal(stack.steps[i].line, i + 1);
	}
	for (int i = 0; i <= PAM_STACK_STEPS_MAX; i++)
		(void)strcat(many, "auth required pam_x.so\n");
	texts[0].text = many;
	assert_int_equal(stack_texts_read(texts, PAM_TYPE_AUTH, &stack, &e), -1);
	texts[0].name = "t";
	assert_int_equal(stack_texts_read(texts, PAM_TYPE_AUTH, &stack, &e), -1);
}

static void test_files(void **state)
{
	static char large[70000];
	char root[TEMPDIR_SIZE];
	struct pam_files files;
	struct pam_source source;
	struct pam_names names;

	(void)state;
	tempdir_make(root);
	tempdir_make_directory(root, "etc");
	tempdir_put(root, "etc/pam.conf",
	    "su auth required pam_1.so\nLOGIN auth required pam_2.so\n"
	    "# x\nsu account required pam_3.so\n");
	pam_files_open(&files, root);
	source = pam_files_source(&files);
	assert_int_equal(pam_stack_read(&source, "su", PAM_TYPE_AUTH, &stack, &e), 0);
	assert_int_equal(stack.count, 1);
	assert_string_equal(stack.steps[0].module, "pam_1.so");
	assert_int_equal(pam_stack_read(&source, "login", PAM_TYPE_AUTH, &stack, &e), 0);
	assert_int_equal(stack.count, 1);
	assert_int_equal(pam_files_names(&files, &names, &e), 0);
	assert_int_equal(names.count, 2);
	assert_string_equal(names.names[1], "su");
	pam_names_clear(&names);
	pam_files_close(&files);

	/* with a directory, pam.conf is not read */
	tempdir_make_directory(root, "etc/pam.d");
	tempdir_make_directory(root, "usr");
	tempdir_make_directory(root, "usr/lib");
	tempdir_make_directory(root, "usr/lib/pam.d");
	tempdir_put(root, "etc/pam.d/b", "auth required pam_etc.so");
	tempdir_put(root, "etc/pam.d/b~", "auth required pam_old.so");
	tempdir_put(root, "usr/lib/pam.d/b", "auth required pam_usr.so");
	tempdir_put(root, "usr/lib/pam.d/a", "auth include b");
	pam_files_open(&files, root);
	source = pam_files_source(&files);
	assert_int_equal(pam_stack_read(&source, "su", PAM_TYPE_AUTH, &stack, &e), -1);
	assert_int_equal(pam_stack_read(&source, "a", PAM_TYPE_AUTH, &stack, &e), 0);
	assert_int_equal(stack.count, 1);
	assert_string_equal(stack.steps[0].module, "pam_etc.so");
	assert_int_equal(pam_files_names(&files, &names, &e), 0);
	assert_int_equal(names.count, 2);
	assert_string_equal(names.names[0], "a");
	assert_string_equal(names.names[1], "b");
	pam_names_clear(&names);
	pam_files_close(&files);

	/* one that is not read is there all the same: no other is taken for it */
	memset(large, '#', sizeof(large) - 1);
	tempdir_put(root, "etc/pam.d/a", large);
	tempdir_put(root, "etc/pam.d/other", "auth required pam_o.so");
	pam_files_open(&files, root);
	assert_int_equal(pam_stack_read(&source, "a", PAM_TYPE_AUTH, &stack, &e), -1);
	assert_non_null(strstr(e.why, "not judged"));
	assert_int_equal(pam_stack_read(&source, "su", PAM_TYPE_AUTH, &stack, &e), 0);
	assert_string_equal(stack.steps[0].module, "pam_o.so");
	for (int i = 0; i < PAM_FILES_MAX; i++) {
		char name[40];

		(void)snprintf(name, sizeof(name), "etc/pam.d/n%d", i);
		tempdir_put(root, name, "");
	}
	assert_int_equal(pam_files_names(&files, &names, &e), -1);
	assert_int_equal(e.number, ERR_STACK_UNSURE);
	pam_names_clear(&names);
	pam_files_close(&files);
	tempdir_remove(root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_words),
	    cmocka_unit_test(test_continued),
	    cmocka_unit_test(test_other),
	    cmocka_unit_test(test_pieces),
	    cmocka_unit_test(test_controls),
	    cmocka_unit_test(test_includes),
	    cmocka_unit_test(test_broken),
	    cmocka_unit_test(test_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
