/* SPDX-License-Identifier: BSD-2-Clause */
/* What is signed: known answers, and no two purposes, hosts, people or sessions with one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>

#include "lib/cards/challenge.h"

static const uint8_t host[16] = {[0 ... 15] = 0x11};
static const uint8_t session[16] = {[0 ... 15] = 0x22};

static struct challenge example(void)
{
	struct challenge c = {.purpose = "login",
	    .person = "alice",
	    .host = {host, sizeof host},
	    .session = {session, sizeof session}};

	for (size_t i = 0; i < sizeof c.random; i++)
		c.random[i] = (uint8_t)i;
	return c;
}

/* Made with another implementation: label, NUL, then each part behind its length in two bytes.
 */
static void known_answers(void **context)
{
	static const uint8_t sha256[] = {0x1b, 0xfb, 0x73, 0x86, 0xf2, 0xc9, 0x11, 0xd3, 0x6c,
	    0xc5, 0x6a, 0x73, 0x02, 0xf1, 0xc8, 0x02, 0x6f, 0x51, 0x4f, 0xd6, 0xc5, 0xc4, 0x52,
	    0xd0, 0xcf, 0x02, 0x53, 0x55, 0xcb, 0xe6, 0xaa, 0xe7};
	static const uint8_t sha384[] = {0x43, 0xb5, 0xa4, 0x81, 0x2c, 0xa3, 0xd5, 0x7f, 0x23,
	    0xa1, 0xca, 0xf9, 0x9f, 0x76, 0x75, 0xe2, 0xbb, 0x61, 0x1d, 0x97, 0xff, 0x8e, 0x69,
	    0xfd, 0xa1, 0xe4, 0xd8, 0x4e, 0x0a, 0x0a, 0x2f, 0x18, 0xce, 0x63, 0xfb, 0x35, 0xd3,
	    0x66, 0xc9, 0x6d, 0x88, 0x95, 0x74, 0x05, 0xe6, 0x14, 0x7a, 0x34};
	static const uint8_t zeros[KEY_DIGEST_MAX];
	const enum key_kind shorter[] = {KEY_RSA2048, KEY_RSA3072, KEY_P256};
	const struct challenge c = example();
	uint8_t digest[KEY_DIGEST_MAX];

	(void)context;
	for (size_t i = 0; i < sizeof shorter / sizeof shorter[0]; i++) {
		memset(digest, 0xff, sizeof digest);
		assert_int_equal(challenge_digest(&c, shorter[i], digest), 0);
		assert_memory_equal(digest, sha256, sizeof sha256);
		assert_memory_equal(
		    digest + sizeof sha256, zeros, sizeof digest - sizeof sha256);
	}
	assert_int_equal(challenge_digest(&c, KEY_P384, digest), 0);
	assert_memory_equal(digest, sha384, sizeof sha384);
	assert_int_equal(challenge_digest(&c, KEY_NONE, digest), -1);
	assert_memory_equal(digest, zeros, sizeof digest);
}

static void every_part_counts(void **context)
{
	struct challenge all[8];
	uint8_t digests[8][KEY_DIGEST_MAX];

	(void)context;
	for (size_t i = 0; i < 8; i++)
		all[i] = example();
	all[1].purpose = "enroll";
	all[2].host.len--;
	all[3].person = "alicf";
	all[4].session.len = 0;
	all[5].random[31] ^= 1;
	/* the same bytes, divided in another way */
	all[6].purpose = "log";
	all[7].purpose = "logi";
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(challenge_digest(&all[i], KEY_P256, digests[i]), 0);
	for (size_t i = 0; i < 8; i++)
		for (size_t j = 0; j < i; j++)
			assert_memory_not_equal(digests[i], digests[j], 32);
	{
		struct challenge a = example(), b = example();

		a.purpose = "x";
		a.host = (struct span){"yz", 2};
		b.purpose = "xy";
		b.host = (struct span){"z", 1};
		assert_int_equal(challenge_digest(&a, KEY_P256, digests[0]), 0);
		assert_int_equal(challenge_digest(&b, KEY_P256, digests[1]), 0);
		assert_memory_not_equal(digests[0], digests[1], 32);
	}
}

static void too_long_a_part_is_refused(void **context)
{
	static const uint8_t data[65536];
	struct challenge c = example();
	uint8_t digest[KEY_DIGEST_MAX];

	(void)context;
	c.session = (struct span){data, 65535};
	assert_int_equal(challenge_digest(&c, KEY_P256, digest), 0);
	c.session.len++;
	assert_int_equal(challenge_digest(&c, KEY_P256, digest), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(known_answers),
	    cmocka_unit_test(every_part_counts),
	    cmocka_unit_test(too_long_a_part_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
