/* SPDX-License-Identifier: BSD-2-Clause */
/* What a card is: its keys and PINs, what it wrongs, and the application that answers for it.
 */
#ifndef CARD_CARD_H
#define CARD_CARD_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/card/buf.h"
#include "tests/card/faults.h"
#include "tests/card/issuer.h"
#include "tests/card/pin.h"

struct command {
	unsigned char cla, ins, p1, p2;
	const unsigned char *data;
	size_t length;
	bool has_le;
	size_t le; /* 256 for a byte of 00 */
};

struct slot {
	const char *name; /* of its files: key-NAME.pem, cert-NAME.pem */
	unsigned reference;
	EVP_PKEY *key;
	EVP_PKEY *other;            /* of the same type and nobody's, once a fault wants it */
	unsigned char *certificate; /* DER */
	size_t certificate_length;
};

#define CARD_SLOTS  4
#define CARD_UNSAID ((unsigned long)-1)

struct card_options {
	const char *kind;
	const char *directory, *ca_directory;
	const struct key_type *key_type;
	unsigned long slots; /* filled */
	const char *pin, *puk;
	unsigned long tries; /* CARD_UNSAID: the directory's, or the application's */
	struct certificate_profile certificate;
	const char *token_label;
	const char *atr; /* hexadecimal; NULL: the application's */
	bool gzip, yubikey, exact_le;
};

struct applet;

struct card {
	struct card_options options;
	const struct applet *applet;
	struct buf atr;
	struct buf guid; /* 16 bytes, the file guid */
	struct slot slots[CARD_SLOTS];
	size_t slot_count;
	struct pin pins[2]; /* the first one is the person's */
	bool selected;      /* the application */
	struct faults faults;
	struct fault fault; /* what the present APDU meets */
	unsigned long violations;
};

/* Before the application is selected only SELECT is answered; a->sw is 9000 before run. */
struct instruction {
	unsigned char cla, ins;
	void (*run)(struct card *card, const struct command *c, struct answer *a);
};

/*
 * An application: one file, one row in the table of card.c. It sees whole commands, chained
 * ones put together, and answers with all of its data at once; apdu.c cuts them.
 */
struct applet {
	const char *kind;
	const char *atr;
	const char *slot_names[CARD_SLOTS];
	unsigned slot_references[CARD_SLOTS];
	unsigned least_slots;
	const char *pin_names[2];
	const char *pin_values[2]; /* unless options say otherwise */
	unsigned pin_tries[2];
	const struct instruction *instructions; /* the last one has no run */
	void (*reset)(void);                    /* what the application keeps for itself */
};

extern const struct applet piv_applet;
extern const struct applet jpki_applet;

/* Loads or makes what the options want. Ends the program with words when it cannot. */
void card_personalize(struct card *card);

/* Power or reset: nothing is selected, nothing verified. */
void card_reset(struct card *card);

struct slot *card_slot(struct card *card, unsigned reference);

/* What has happened must not: it is counted and written to the log. */
void card_violation(struct card *card, const char *what, unsigned number);

/* The key that signs: the slot's, or nobody's under the fault. */
EVP_PKEY *card_key(struct card *card, struct slot *slot);

/* May this PIN's key be used: verified, or the fault says so. */
bool card_pin_verified(const struct card *card, const struct pin *pin);

#endif
