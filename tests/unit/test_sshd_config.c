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
	assert_int_equal(config.count, 4);
	assert_string_equal(value(0, SSHD_USE_PAM), "yes");
	assert_string_equal(value(0, SSHD_PASSWORD), "yes");
	assert_string_equal(value(0, SSHD_GSSAPI), "yes");
	assert_string_equal(value(0, SSHD_PUBLIC_KEY), "no");
	assert_string_equal(value(0, SSHD_KEYBOARD), "yes");
	assert_string_equal(value(0, SSHD_HOST_BASED), "no");
	assert_string_equal(value(0, SSHD_METHODS), "publickey,password keyboard-interactive");
	assert_string_equal(value(1, SSHD_KEYBOARD), "no");
	assert_string_equal(value(1, SSHD_PUBLIC_KEY), "no");
	assert_string_equal(value(2, SSHD_PUBLIC_KEY), "yes");
	assert_string_equal(value(2, SSHD_HOST_BASED), "yes");
	assert_string_equal(value(2, SSHD_PASSWORD), "no");
	assert_string_equal(value(3, SSHD_KEYBOARD), "no");
	tempdir_put(root, "etc/ssh/c", "Include c\n");
	assert_int_equal(sshd_config_read(root, "/etc/ssh/c", &config, &e), -1);
	assert_int_equal(sshd_config_read(root, "/etc/ssh/none", &config, &e), -1);
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
	tempdir_put(root, "etc/pam.d/sshd",
	    "auth required pam_sekisho.so combined\nauth required "
	    "pam_unix.so use_first_pass\n");
	expect("UsePAM yes\nPubkeyAuthentication no\n", "");
	tempdir_put(
	    root, "etc/pam.d/su", "auth requisite pam_unix.so\nauth required pam_sekisho.so\n");
	tempdir_put(root, "etc/pam.d/sshd", "auth required pam_unix.so\n");
	expect("UsePAM no\n", ""); /* it does not ask for a code anyway */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_values, set_up, tear_down),
	    cmocka_unit_test_setup_teardown(test_findings, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
