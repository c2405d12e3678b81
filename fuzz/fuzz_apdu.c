/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzz target: the two visits of a login to a card that answers with the input: an end in a
 * bounded number of commands, a reset, at most one PIN, and never a proof: nobody signs a
 * challenge without the key.
 */
#include "fuzz/inputcard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void one_command(struct cursor in)
{
	static struct answer a;
	const size_t len = (size_t)take_u16(&in) % (APDU_DATA_MAX + 2);
	static const uint8_t zeros[APDU_DATA_MAX + 2];
	const struct apdu command = {
	    0x00, take_u8(&in), take_u8(&in), 0, {zeros, len}, take_u16(&in) % (APDU_LE + 2)};
	struct card c = {0};
	struct inputcard f;
	enum card_result r;

	inputcard_init(&f, in);
	inputcard_check(card_open(&c, &f.service, INPUTCARD_READER) == CARD_OK);
	r = apdu_send(&c, &command, &a);
	inputcard_check(f.transmits <= APDU_ROUNDS_MAX && a.len <= sizeof a.data);
	inputcard_check(r == CARD_OK || (a.len == 0 && a.sw == 0));
	card_close(&c);
}

static void two_visits(struct cursor in)
{
	/* a point of P-256: nobody has its key here */
	static const char generator[] =
	    "\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06"
	    "\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00\x04"
	    "\x6b\x17\xd1\xf2\xe1\x2c\x42\x47\xf8\xbc\xe6\xe5\x63\xa4"
	    "\x40\xf2\x77\x03\x7d\x81\x2d\xeb\x33\xa0\xf4\xa1\x39\x45"
	    "\xd8\x98\xc2\x96\x4f\xe3\x42\xe2\xfe\x1a\x7f\x9b\x8e\xe7"
	    "\xeb\x4a\x7c\x0f\x9e\x16\x2b\xce\x33\x57\x6b\x31\x5e\xce"
	    "\xcb\xb6\x40\x68\x37\xbf\x51\xf5";
	const struct challenge challenge = {
	    .random = {1, 2, 3}, .purpose = "login", .host = {"host", 4}, .person = "alice"};
	struct card_reader reader = {.name = INPUTCARD_READER, .present = true, .event = 1};
	struct card_sight sight = {0};
	struct card_proof p;
	struct inputcard f;
	struct public_key key;
	struct secret pin;
	enum card_result r;
	uint8_t how;

	how = take_u8(&in);
	reader.event = how % 2;
	inputcard_check(key_parse(generator, sizeof generator - 1, &key) == 0);
	inputcard_init(&f, in);
	if (card_look(&f.service, INPUTCARD_READER, &sight) != CARD_OK) {
		inputcard_check(f.resets == 1 && f.verifies == 0);
		return;
	}
	inputcard_check(f.resets == 1 && f.verifies == 0);
	inputcard_check(secret_set(&pin, "123456", sight.applet == &applet_piv ? 6 : 4) == 0);
	p = (struct card_proof){.reader = &reader,
	    .applet = sight.applet,
	    .identity = sight.identity,
	    .key = &key,
	    .challenge = &challenge,
	    .pin = &pin,
	    .min_tries = how / 2 % 4};
	r = card_prove(&f.service, &p);
	inputcard_check(r != CARD_OK);
	inputcard_check(f.resets == 2 && f.verifies <= 1);
	inputcard_check(p.pin_sent == (f.verifies == 1) || r != CARD_OTHER);
	inputcard_check(f.verifies == 0 || (r != CARD_LAST && p.pin_sent));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cursor in = {data, size};

	if (take_u8(&in) % 2 == 0)
		one_command(in);
	else
		two_visits(in);
	return 0;
}
