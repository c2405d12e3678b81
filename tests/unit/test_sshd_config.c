/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sshd_config as sshd takes it: first value, Match, Include; and what check says of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/tempdir.h"
#include "tools/check.h"
#include "tools/sshd_config.h"

static char root[TEMPDIR_SIZE];
static struct sshd_config config;
static struct check check;
static struct err e;

static int set_up(void **state)
{
	static const char *const names[] = {"etc", "etc/pam.d", "etc/ssh", "etc/ssh/d"};

	(void)state;
	tempdir_make(root);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		tempdir_make_directory(root, names[i]);
	tempdir_put(root, "etc/pam.d/sshd",
	    "auth requisite pam_unix.so\nauth required pam_sekisho.so\n");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	tempdir_remove(root);
	return 0;
}

static const char *value(unsigned block, enum sshd_keyword keyword)
{
	static struct sshd_value v;

	v = sshd_config_value(&config, block, keyword);
	return v.text;
}

static void test_values(void **state)
{
	(void)state;
	tempdir_put(root, "etc/ssh/c",
	    "  UsePAM=\"YES\" # x\nUsePAM no\nInclude d/*.conf\n"
	    "PubkeyAuthentication\tno\n"
	    "AuthenticationMethods  publickey,password \"keyboard-interactive\"\n"
	    "Match User x\n PubkeyAuthentication yes\nInclude d/m\n"
	    "PasswordAuthentication no\nMatch all\nKbdInteractiveAuthentication no\n");
	tempdir_put(root, "etc/ssh/d/1.conf",
	    "PasswordAuthentication yes\nMatch Group g\nUsePAM yes\n"
	    "ChallengeResponseAuthentication no\n");
	tempdir_put(
	    root, "etc/ssh/d/2.conf", "passwordauthentication no\nGSSAPIAuthentication yes\n");
	tempdir_put(root, "etc/ssh/d/m", "HostbasedAuthentication yes\n");
	assert_int_equal(sshd_config_read(root, "/etc/ssh/c", &config, &e), 0);
	assert_int_equal(config.count, 3); /* Match all is no block of its own */
	assert_string_equal(value(0, SSHD_USE_PAM), "yes");
	assert_string_equal(value(0, SSHD_PASSWORD), "yes");
	assert_string_equal(value(0, SSHD_GSSAPI), "yes");
	assert_string_equal(value(0, SSHD_PUBLIC_KEY), "no");
	assert_string_equal(value(0, SSHD_KEYBOARD), "no");
	assert_string_equal(value(0, SSHD_HOST_BASED), "no");
	assert_string_equal(value(0, SSHD_METHODS), "publickey,password keyboard-interactive");
	assert_string_equal(value(1, SSHD_KEYBOARD), "no");
	assert_string_equal(value(1, SSHD_PUBLIC_KEY), "no");
	assert_string_equal(value(2, SSHD_PUBLIC_KEY), "yes");
	assert_string_equal(value(2, SSHD_HOST_BASED), "yes");
	assert_string_equal(value(2, SSHD_PASSWORD), "no");
	/* in a file that a Match includes, all are those of the Match */
	tempdir_put(root, "etc/ssh/c", "Match User x\nInclude d/m\nMatch all\nUsePAM yes\n");
	tempdir_put(root, "etc/ssh/d/m",
	    "Match Group g\nUsePAM no\nMatch all\n"
	    "AuthenticationMethods keyboard-interactive\n");
	assert_int_equal(sshd_config_read(root, "/etc/ssh/c", &config, &e), 0);
	assert_string_equal(value(0, SSHD_METHODS), "any");
	assert_string_equal(value(0, SSHD_USE_PAM), "yes");
	assert_string_equal(value(1, SSHD_METHODS), "keyboard-interactive");
	tempdir_put(root, "etc/ssh/c", "Include c\n");
	assert_int_equal(sshd_config_read(root, "/etc/ssh/c", &config, &e), -1);
	assert_int_equal(sshd_config_read(root, "/etc/ssh/none", &config, &e), -1);
}

static const char *methods_of(const char *text)
{
	tempdir_put(root, "etc/ssh/c", text);
	return sshd_config_read(root, "/etc/ssh/c", &config, &e) == 0 ? value(0, SSHD_METHODS)
	                                                              : NULL;
}

/* Quotes of both kinds and backslashes, as sshd has them; what is not understood is told. */
static void test_quotes(void **state)
{
	char lists[1100] = "AuthenticationMethods", *end = lists + strlen(lists);

	(void)state;
	assert_string_equal(methods_of("AuthenticationMethods 'any'\n"), "any");
	assert_string_equal(methods_of("AuthenticationMethods a\"n\"y # x\n"), "any");
	assert_string_equal(methods_of("AuthenticationMethods=\"a b\" c\n"), "a b c");
	assert_string_equal(methods_of("AuthenticationMethods \\\"a\\ b\n"), "\"a b");
	assert_string_equal(methods_of("AuthenticationMethods \"a#b\" #c\n"), "a#b");
	tempdir_put(root, "etc/ssh/d/x y.conf", "AuthenticationMethods any\n");
	assert_string_equal(methods_of("Include 'd/x y.conf'\n"), "any");
	assert_string_equal(methods_of("Include d/x\\ y.conf\n"), "any");
	assert_string_equal(methods_of("Include \"/etc/ssh/d/x y.*\"\n"), "any");
	assert_null(methods_of("AuthenticationMethods 'any\n"));
	assert_int_equal(e.number, ERR_SSHD_UNSURE);
	assert_null(methods_of("Include \"d/x\n"));
	assert_null(methods_of("\"AuthenticationMethods\" any\n"));
	assert_null(methods_of("Use\"PAM\" no\n"));
	/* a list that is cut would lose its end */
	for (int i = 0; i < 32; i++)
		end += snprintf(end, 40, " publickey,keyboard-interactive");
	assert_non_null(methods_of(lists));
	(void)snprintf(end, 60, " publickey,keyboard-interactive publickey\n");
	assert_null(methods_of(lists));
	assert_int_equal(e.number, ERR_SSHD_UNSURE);
}

/* sshd reads on behind it. */
static void test_nul(void **state)
{
	static const char text[] = "UsePAM yes\n# \0\nMatch User x\nPubkeyAuthentication yes\n";
	char path[TEMPDIR_SIZE + 16];
	FILE *f;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/etc/ssh/c", root);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, sizeof(text) - 1, f), sizeof(text) - 1);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(sshd_config_read(root, "/etc/ssh/c", &config, &e), -1);
	assert_int_equal(e.number, ERR_SSHD_UNSURE);
}

/* The findings as one word each, in their order. */
static void expect(const char *text, const char *numbers)
{
	char found[128] = "";

	tempdir_put(root, "etc/ssh/sshd_config", text);
	memset(&check, 0, sizeof(check));
	check.root = root;
	pam_files_open(&check.pam, root);
	check_stacks(&check);
	for (size_t i = 0; i < check.count; i++)
		assert_int_not_equal(check.findings[i].severity, CHECK_DANGER);
	check.count = 0;
	check_sshd(&check);
	for (size_t i = 0; i < check.count; i++)
		(void)snprintf(found + strlen(found), sizeof(found) - strlen(found), "%s%u",
		    i > 0 ? " " : "", (unsigned)check.findings[i].err.number);
	if (strcmp(found, numbers) != 0)
		fail_msg("%s\nfound %s, wanted %s", text, found, numbers);
	check_clear(&check);
}

#define RIGHT "UsePAM yes\nPasswordAuthentication no\n"

static void test_findings(void **state)
{
	(void)state;
	expect(RIGHT "AuthenticationMethods keyboard-interactive\n", "");
	expect(RIGHT "AuthenticationMethods publickey,keyboard-interactive:pam\n", "");
	expect(RIGHT "AuthenticationMethods publickey keyboard-interactive\n", "72");
	expect(RIGHT "AuthenticationMethods any\n", "72");
	expect(RIGHT, "72");
	expect(RIGHT "PubkeyAuthentication no\n", "");
	expect(RIGHT "PubkeyAuthentication no\nGSSAPIAuthentication yes\n", "72");
	expect(RIGHT "PubkeyAuthentication no\nKbdInteractiveAuthentication no\n", "74");
	expect("UsePAM yes\nPubkeyAuthentication no\n", "73");
	expect("UsePAM no\n", "71");
	expect("", "71");
	expect(RIGHT "AuthenticationMethods keyboard-interactive\nMatch User x\n"
	             "AuthenticationMethods publickey\nMatch User y\nX11Forwarding no\n",
	    "72");
	expect(RIGHT "DSAAuthentication no\n", "");
	expect(RIGHT "PubkeyAuthentication no\nSkeyAuthentication no\n", "74");
	/* a Match that says any, and another that may hold with it */
	expect(RIGHT "PubkeyAuthentication no\nMatch User x\nAuthenticationMethods any\n", "");
	expect(RIGHT "PubkeyAuthentication no\nMatch User x\nAuthenticationMethods any\n"
	             "Match Address y\nPubkeyAuthentication yes\n"
	             "AuthenticationMethods publickey,keyboard-interactive\n",
	    "72");
	/* sshd asks Kerberos itself, whatever PAM would ask */
	expect("UsePAM yes\nPubkeyAuthentication no\nKerberosAuthentication yes\n", "72");
	expect(RIGHT "PubkeyAuthentication no\nKerberosAuthentication yes\n", "");
	tempdir_put(root, "etc/pam.d/sshd",
	    "auth required pam_sekisho.so combined\nauth required "
	    "pam_unix.so use_first_pass\n");
	expect("UsePAM yes\nPubkeyAuthentication no\n", "");
	expect("UsePAM yes\nPubkeyAuthentication no\nKerberosAuthentication yes\n", "72");
	tempdir_put(
	    root, "etc/pam.d/su", "auth requisite pam_unix.so\nauth required pam_sekisho.so\n");
	tempdir_put(root, "etc/pam.d/sshd", "auth required pam_unix.so\n");
	expect("UsePAM no\n", ""); /* it does not ask for a code anyway */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_values, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_quotes, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_nul, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_findings, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
