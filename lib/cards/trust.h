/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who may issue certificates, and what they took back: a directory of trust anchors and one of
 * revocation lists, both files of the administrator's. Nothing is ever fetched from anywhere.
 *
 * Every certificate in the first directory is trusted, an intermediate one as well as a root: a
 * chain goes up as far as the directory has issuers and may end there. A card's certificate
 * that is self-signed is trusted when it lies there itself, and until it is taken away. Files
 * are PEM (any number in each) or DER; names do not matter, those that begin with a dot are
 * passed over, and anything else that cannot be used is an error: a terminal that silently
 * trusts less, or checks less, than its administrator believes is worse.
 */
#ifndef SEKISHO_CARDS_TRUST_H
#define SEKISHO_CARDS_TRUST_H

#include "lib/base/config.h"
#include "lib/cards/cert.h"

#define TRUST_ANCHORS    "anchors" /* the two directories, in /etc/sekisho */
#define TRUST_CRLS       "crls"
#define TRUST_FILES_MAX  64           /* in one directory */
#define TRUST_ANCHOR_MAX (256 * 1024) /* bytes of one file */
#define TRUST_CRL_MAX    (8 * 1024 * 1024)

struct trust;

/* NULL: no memory. */
struct trust *trust_new(void);
void trust_free(struct trust *t);
/* PEM or DER; name: for messages. -1 with ERR_CERT or ERR_CRL. */
MUST_CHECK int trust_add_anchors(
    struct trust *t, const void *data, size_t len, const char *name, struct err *e);
MUST_CHECK int trust_add_crls(
    struct trust *t, const void *data, size_t len, const char *name, struct err *e);
/* Every file of a directory (opened by safedir_open; path: its own, for messages), each owned
 * by this process and not writable by others. Needs getdents64 besides what safefile needs. */
MUST_CHECK int trust_load_anchors(struct trust *t, int dirfd, const char *path, struct err *e);
MUST_CHECK int trust_load_crls(struct trust *t, int dirfd, const char *path, struct err *e);

/* Both directories as they are now, the lists unless they are off. One that is not there has no
 * file in it: what that means says the check. etc: /etc/sekisho, opened, etc_path its own path.
 * NULL: *e says which file cannot be used. */
struct trust *trust_open(int etc, const char *etc_path, enum config_crl mode, struct err *e);

/* cert_check, and whether the certificate was issued by an anchor (at whatever distance) and
 * not revoked, as of now. */
MUST_CHECK enum cert_result trust_check(
    const struct trust *t, const struct cert *c, enum config_crl mode, int64_t now);
/* Fills e (NULL is fine) for what trust_check said, and returns -1. */
int trust_err(struct err *e, enum cert_result r, const struct cert *c, const char *object);

#endif
