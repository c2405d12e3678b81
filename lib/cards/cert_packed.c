/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Unpacking a certificate that a card keeps compressed, the only use of zlib. Must not believe
 * a length in it.
 */
#include <string.h>
#include <zlib.h>

#include "lib/cards/cert.h"

static bool looks_compressed(const uint8_t *data, size_t len)
{
	return len > 2 && data[0] == 0x1f && data[1] == 0x8b;
}

/* One gzip (or zlib) stream, all of the bytes, into der. */
static enum cert_result inflate_whole(
    const uint8_t *data, size_t len, uint8_t der[CERT_MAX], size_t *ret_len)
{
	/* zlib only reads what next_in points to, and says so under a macro it does not set */
	z_stream z = {.avail_in = (uInt)len, .next_out = der, .avail_out = CERT_MAX};
	int r;

	memcpy(&z.next_in, &data, sizeof data);
	if (inflateInit2(&z, 15 + 32) != Z_OK) /* the largest window; gzip or zlib */
		return CERT_ERROR;
	r = inflate(&z, Z_FINISH);
	*ret_len = CERT_MAX - z.avail_out;
	(void)inflateEnd(&z);
	if (r == Z_STREAM_END)
		return z.avail_in == 0 ? CERT_OK : CERT_MALFORMED;
	return r == Z_BUF_ERROR && z.avail_out == 0 ? CERT_TOO_LONG : CERT_MALFORMED;
}

enum cert_result cert_parse_packed(
    const void *data, size_t len, bool compressed, struct cert *ret_c)
{
	uint8_t der[CERT_MAX];
	enum cert_result r;
	size_t der_len = 0;

	if (len == 0 || len > CERT_MAX || (!compressed && !looks_compressed(data, len)))
		return cert_parse(data, len, ret_c);
	memset(ret_c, 0, sizeof *ret_c);
	r = inflate_whole(data, len, der, &der_len);
	return r == CERT_OK ? cert_parse(der, der_len, ret_c) : r;
}
