/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The few keywords of sshd_config that decide whether a code is asked for, as sshd takes them:
 * the first value counts, a Match block stands over the rest. Judges nothing.
 */
#ifndef SEKISHO_SSHD_CONFIG_H
#define SEKISHO_SSHD_CONFIG_H

#include "lib/wire/err.h"

#define SSHD_BLOCKS_MAX 64

enum sshd_keyword {
	SSHD_USE_PAM,
	SSHD_KEYBOARD,
	SSHD_PASSWORD,
	SSHD_PUBLIC_KEY,
	SSHD_HOST_BASED,
	SSHD_GSSAPI,
	SSHD_KERBEROS,
	SSHD_METHODS,
	SSHD_KEYWORDS
};

struct sshd_value {
	bool set;
	char text[1024]; /* lower case */
	char place[160]; /* file:line */
};

struct sshd_block {
	char place[160]; /* of its Match line; of the first one, the file */
	struct sshd_value values[SSHD_KEYWORDS];
};

struct sshd_config {
	unsigned count; /* at least 1: the first block is what stands outside of Match */
	struct sshd_block blocks[SSHD_BLOCKS_MAX];
};

/* root: in front of every path. -1: cannot be read, or has what is not judged: too much, a NUL,
 * a quote that is open, a keyword in quotes. */
MUST_CHECK int sshd_config_read(
    const char *root, const char *path, struct sshd_config *ret_c, struct err *e);
/* What holds in block n: its own value, else that outside of Match, else sshd's default. */
struct sshd_value sshd_config_value(
    const struct sshd_config *c, unsigned n, enum sshd_keyword keyword);

#endif
