/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Is a certificate good on this terminal, now? Must not take a directory that cannot be read
 * for an empty one.
 */
#include "tools/trusted.h"

#include <errno.h>
#include <unistd.h>

#include "lib/base/safefile.h"

/* One that is not there holds nothing: then nobody is trusted, or nothing is revoked where
 * lists are optional. */
static int load(struct trust *t, const char *path, struct err *e,
    int (*load_from)(struct trust *, int, const char *, struct err *))
{
	struct err why;
	int fd = safedir_open(path, 022, &why), r;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0) {
		*e = why;
		return -1;
	}
	r = load_from(t, fd, path, e);
	(void)close(fd);
	return r;
}

struct trust *trusted_load(const struct config *c, struct err *e)
{
	struct trust *t = trust_new();

	if (t == NULL) {
		(void)err_set(e, ERR_INTERNAL, "trust anchors", "out of memory");
		return NULL;
	}
	if (load(t, TRUSTED_ANCHORS, e, trust_load_anchors) == 0 &&
	    (c->crl == CONFIG_CRL_OFF || load(t, TRUSTED_CRLS, e, trust_load_crls) == 0))
		return t;
	trust_free(t);
	return NULL;
}

int trusted_check(const struct trust *t, const struct config *c, const struct cert *cert,
    int64_t now, const char *object, struct err *e)
{
	static const enum crl_mode modes[] = {[CONFIG_CRL_REQUIRE] = CRL_REQUIRE,
	    [CONFIG_CRL_IF_PRESENT] = CRL_IF_PRESENT,
	    [CONFIG_CRL_OFF] = CRL_OFF};
	enum cert_result r = trust_check(t, cert, modes[c->crl], now);

	if (r == CERT_OK)
		return 0;
	if (r == CERT_ISSUER)
		return err_set(
		    e, ERR_CERT_ISSUER, object, "%s: %s", cert_result_why(r), cert->issuer);
	return cert_result_err(e, r, object);
}
