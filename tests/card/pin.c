/* SPDX-License-Identifier: BSD-2-Clause */
/* Counts tries and keeps them in a file: pulling the card gives no try back. */
#include <err.h>
#include <stdio.h>
#include <string.h>

#include "tests/card/pin.h"

static const char *state_path;
static struct pin *kept;
static size_t kept_count;

void pins_keep_in(const char *path, struct pin *pins, size_t count)
{
	state_path = path;
	kept = pins;
	kept_count = count;
}

void pins_load(void)
{
	char name[16], value[PIN_MAX + 1];
	unsigned tries, most;
	FILE *in = fopen(state_path, "re");

	if (in == NULL)
		return;
	while (fscanf(in, "%15s %u %u %16s", name, &tries, &most, value) == 4) {
		for (size_t i = 0; i < kept_count; i++) {
			struct pin *p = &kept[i];

			if (strcmp(p->name, name) != 0)
				continue;
			p->tries = tries;
			p->most_tries = most;
			memcpy(p->value, value, sizeof(value));
		}
	}
	(void)fclose(in);
}

void pins_save(void)
{
	char fresh[4096];
	FILE *out;

	(void)snprintf(fresh, sizeof(fresh), "%s.new", state_path);
	out = fopen(fresh, "we");
	if (out == NULL)
		err(1, "%s", fresh);
	for (size_t i = 0; i < kept_count; i++)
		(void)fprintf(out, "%s %u %u %s\n", kept[i].name, kept[i].tries,
		    kept[i].most_tries, kept[i].value);
	if (fclose(out) != 0 || rename(fresh, state_path) != 0)
		err(1, "%s", state_path);
}

unsigned pin_status(const struct pin *p)
{
	return p->tries == 0 ? 0x6983 : 0x63C0 | p->tries;
}

unsigned pin_verify(struct pin *p, const unsigned char *given, size_t length)
{
	p->verified = false;
	if (p->tries == 0)
		return 0x6983;
	if (length == strlen(p->value) && memcmp(given, p->value, length) == 0) {
		p->tries = p->most_tries;
		p->verified = true;
	} else {
		p->tries--;
	}
	pins_save();
	return p->verified ? 0x9000 : 0x63C0 | p->tries;
}

unsigned pin_replace(struct pin *p, const unsigned char *value, size_t length)
{
	if (length < 4 || length > PIN_MAX)
		return 0x6A80;
	for (size_t i = 0; i < length; i++) {
		if (value[i] <= ' ' || value[i] > '~')
			return 0x6A80;
	}
	memcpy(p->value, value, length);
	p->value[length] = '\0';
	p->tries = p->most_tries;
	pins_save();
	return 0x9000;
}
