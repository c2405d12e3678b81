/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the administrator wrote behind pam_sekisho.so in the PAM stack: the module obeys it, the
 * tool looks whether the module would. Reads nothing else: no environment, no file.
 */
#ifndef SEKISHO_OPTIONS_H
#define SEKISHO_OPTIONS_H

#include "lib/wire/err.h"

#define OPTIONS_CODE_DIGITS_MIN 6
#define OPTIONS_CODE_DIGITS_MAX 8
#define OPTIONS_SOCKET_DIR_SIZE 100 /* with NUL: "/root" must still fit a socket address */

enum language {
	LANGUAGE_AUTO = 0, /* as the calling thread's locale says */
	LANGUAGE_EN = 1,
	LANGUAGE_JA = 2,
};

struct options {
	bool try_first_pass;
	bool use_first_pass;
	bool combined;
	unsigned int code_digits; /* of a code in a combined field */
	enum language language;
	const char *helper;     /* absolute; borrowed from argv, or a constant */
	const char *socket_dir; /* the same */
};

/* Any unknown, repeated, contradicting or malformed option gives -1 and ERR_OPTION: the login
 * is then denied, since nobody can say what the administrator meant. */
MUST_CHECK int options_parse(
    int argc, const char *const *argv, struct options *ret_o, struct err *e);

#endif
