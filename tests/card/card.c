/* SPDX-License-Identifier: BSD-2-Clause */
/* Puts a card together: directory, keys, certificates, PINs, application. Answers no command.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/rand.h>

#include "tests/card/card.h"
#include "tests/card/journal.h"

static const struct applet *const applets[] = {&piv_applet, &jpki_applet};

static const struct applet *applet_find(const char *kind)
{
	for (size_t i = 0; i < sizeof(applets) / sizeof(applets[0]); i++) {
		if (strcmp(applets[i]->kind, kind) == 0)
			return applets[i];
	}
	errx(2, "%s: no kind of card", kind);
}

static void make_directory(const char *path)
{
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		err(1, "%s", path);
}

static const char *file_in(const char *directory, const char *name)
{
	static char path[4096];

	if (snprintf(path, sizeof(path), "%s/%s", directory, name) >= (int)sizeof(path))
		errx(1, "%s: too long", directory);
	return path;
}

static void load_guid(struct card *card)
{
	const char *path = file_in(card->options.directory, "guid");
	FILE *file = fopen(path, "re");
	unsigned char fresh[16];
	char hex[64] = "";

	if (file != NULL) {
		if (fgets(hex, sizeof(hex), file) == NULL)
			hex[0] = '\0';
		hex[strcspn(hex, "\n")] = '\0';
		(void)fclose(file);
		if (buf_put_hex(&card->guid, hex) != 0 || card->guid.used != sizeof(fresh))
			errx(1, "%s: no 32 hexadecimal digits", path);
		return;
	}
	if (RAND_bytes(fresh, sizeof(fresh)) != 1 || (file = fopen(path, "we")) == NULL)
		err(1, "%s", path);
	buf_put(&card->guid, fresh, sizeof(fresh));
	for (size_t i = 0; i < sizeof(fresh); i++)
		(void)fprintf(file, "%02X", fresh[i]);
	(void)fputc('\n', file);
	if (fclose(file) != 0)
		err(1, "%s", path);
}

static void load_slot(struct card *card, struct slot *slot)
{
	const struct card_options *o = &card->options;
	char name[32];
	X509 *certificate;
	int length;

	(void)snprintf(name, sizeof(name), "key-%s.pem", slot->name);
	slot->key = issuer_key(file_in(o->directory, name), o->key_type);
	if (!key_type_fits(o->key_type, slot->key))
		errx(2, "%s/%s: no key of type %s", o->directory, name, o->key_type->word);
	certificate = issuer_certificate(
	    o->directory, slot->name, o->ca_directory, slot->key, &o->certificate);
	length = i2d_X509(certificate, &slot->certificate);
	if (length <= 0)
		errx(1, "certificate %s cannot be encoded", slot->name);
	slot->certificate_length = (size_t)length;
	X509_free(certificate);
}

static void set_pin(struct pin *pin, const char *value, unsigned long tries)
{
	if (value != NULL) {
		if (strlen(value) > PIN_MAX)
			errx(2, "PIN too long");
		(void)snprintf(pin->value, sizeof(pin->value), "%s", value);
	}
	if (tries != CARD_UNSAID)
		pin->tries = (unsigned)tries;
}

static void load_pins(struct card *card)
{
	static char path[4096];
	const struct applet *applet = card->applet;
	const struct card_options *o = &card->options;

	for (size_t i = 0; i < 2; i++) {
		card->pins[i].name = applet->pin_names[i];
		card->pins[i].most_tries = applet->pin_tries[i];
		set_pin(&card->pins[i], applet->pin_values[i], applet->pin_tries[i]);
	}
	(void)snprintf(path, sizeof(path), "%s", file_in(o->directory, "state"));
	pins_keep_in(path, card->pins, 2);
	pins_load();
	set_pin(&card->pins[0], o->pin, o->tries);
	set_pin(&card->pins[1], o->puk, CARD_UNSAID);
	pins_save();
}

void card_personalize(struct card *card)
{
	struct card_options *o = &card->options;

	card->applet = applet_find(o->kind);
	if (o->ca_directory == NULL)
		o->ca_directory = o->directory;
	make_directory(o->directory);
	make_directory(o->ca_directory);
	X509_free(issuer_ca(o->ca_directory));
	card->slot_count =
	    o->slots > card->applet->least_slots ? o->slots : card->applet->least_slots;
	if (card->slot_count > CARD_SLOTS ||
	    card->applet->slot_names[card->slot_count - 1] == NULL)
		errx(2, "%lu slots: a %s card has fewer", o->slots, o->kind);
	for (size_t i = 0; i < card->slot_count; i++) {
		card->slots[i].name = card->applet->slot_names[i];
		card->slots[i].reference = card->applet->slot_references[i];
		load_slot(card, &card->slots[i]);
	}
	if (buf_put_hex(&card->atr, o->atr != NULL ? o->atr : card->applet->atr) != 0 ||
	    card->atr.used < 2 || card->atr.used > 64)
		errx(2, "%s: no ATR", o->atr);
	load_guid(card);
	load_pins(card);
}

void card_reset(struct card *card)
{
	card->selected = false;
	card->pins[0].verified = false;
	card->pins[1].verified = false;
	card->applet->reset();
}

struct slot *card_slot(struct card *card, unsigned reference)
{
	for (size_t i = 0; i < card->slot_count; i++) {
		if (card->slots[i].reference == reference)
			return &card->slots[i];
	}
	return NULL;
}

void card_violation(struct card *card, const char *what, unsigned number)
{
	card->violations++;
	journal_note("violation: %s %04X", what, number);
}

EVP_PKEY *card_key(struct card *card, struct slot *slot)
{
	if (card->fault.kind != FAULT_OTHER_KEY)
		return slot->key;
	if (slot->other == NULL)
		slot->other = key_make(card->options.key_type);
	return slot->other;
}

bool card_pin_verified(const struct card *card, const struct pin *pin)
{
	return pin->verified || card->fault.kind == FAULT_VERIFIED;
}
