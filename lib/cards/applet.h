/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The contract of an application on a card, and the table of those that are known. Each is one
 * file and one row; HACKING.md, "A new kind of card".
 *
 * An applet sends commands to a card that card_open made its own. It asks nobody, decides no
 * login and believes no length a card tells. select comes first; after it the functions may be
 * called in any order.
 */
#ifndef SEKISHO_CARDS_APPLET_H
#define SEKISHO_CARDS_APPLET_H

#include "lib/cards/apdu.h"
#include "lib/cards/key.h"

#define APPLET_CERT_MAX      4096 /* as it lies on the card, perhaps compressed */
#define APPLET_IDENTITY_SIZE CRYPTO_HASH_SIZE
#define APPLET_TRIES_UNKNOWN 255u

struct applet_certificate {
	size_t len;
	bool compressed; /* as the card says; cert.h looks for itself, too */
	uint8_t data[APPLET_CERT_MAX];
};

struct applet_signature {
	size_t len;
	uint8_t data[KEY_SIGNATURE_MAX];
};

struct applet {
	/* Kept in records: never changes. */
	const char *name;
	/* May its certificate be kept? Where the law forbids it (JPKI) it is read at each
	 * login. */
	bool kept;
	/* CARD_NO_APPLET: another kind of card. Ends what a PIN opened on cards that do so. */
	enum card_result (*select)(struct card *);
	/* A hash of what tells this card from others and can be read without a PIN. It guards
	 * against mistakes (a PIN for the wrong card), never against counterfeits: what can be
	 * read can be copied. */
	enum card_result (*identify)(struct card *, uint8_t ret_identity[APPLET_IDENTITY_SIZE]);
	/* How many PINs may be wrong yet. Some cards do not tell, and those whose PIN is
	 * already verified: APPLET_TRIES_UNKNOWN. Costs no try. CARD_PIN_BLOCKED: none. */
	enum card_result (*tries)(struct card *, unsigned *ret_left);
	/* Has it the form of a PIN of this card? What has not is never sent. */
	bool (*pin_fits)(const struct secret *pin);
	/* CARD_OK, CARD_PIN_WRONG, CARD_PIN_BLOCKED; CARD_PIN_FORM without a command to the
	 * card. *ret_left in any case, APPLET_TRIES_UNKNOWN where the card does not tell. */
	enum card_result (*verify)(struct card *, const struct secret *pin, unsigned *ret_left);
	/* The authentication key over a digest (of the length of its kind). What comes back is
	 * for key_verify to judge. CARD_KEY: no such kind of key here. */
	enum card_result (*sign)(struct card *, enum key_kind kind, const uint8_t *digest,
	    struct applet_signature *ret_s);
	/* That of the authentication key. */
	enum card_result (*certificate)(struct card *, struct applet_certificate *ret_c);
};

extern const struct applet applet_piv;
extern const struct applet applet_jpki;

/* By the name in a record; NULL for one that is not known. */
const struct applet *applet_named(const char *name);
/* The first one that the card has, but for one that is never selected (NULL: none is such); it
 * is selected then. CARD_NO_APPLET: none. */
MUST_CHECK enum card_result applet_find(
    struct card *c, const struct applet *never, const struct applet **ret_a);

/* For applets: the DigestInfo of SHA-256 (RFC 8017, 9.2) before the hash. */
#define APPLET_DIGEST_INFO_SIZE 19
extern const uint8_t applet_digest_info[APPLET_DIGEST_INFO_SIZE];
/* VERIFY's status. */
enum card_result applet_verify_result(uint16_t sw, unsigned *ret_left);
/* The status of VERIFY without a PIN. */
enum card_result applet_tries_result(uint16_t sw, unsigned *ret_left);
/* SELECT's, with 9000 left to the applet. */
enum card_result applet_select_result(uint16_t sw);
/* Are there min to max bytes, all of them ASCII digits? */
bool applet_digits(const struct secret *pin, size_t min, size_t max);

#endif
