/* SPDX-License-Identifier: BSD-2-Clause */
/* PINs with their counters. They answer in status words; padding is the application's business.
 */
#ifndef CARD_PIN_H
#define CARD_PIN_H

#include <stdbool.h>
#include <stddef.h>

#define PIN_MAX 16

struct pin {
	const char *name;
	char value[PIN_MAX + 1];
	unsigned tries, most_tries; /* at most 15 */
	bool verified;
};

/* 9000, 63Cx or 6983. The try is on the disk before the answer. */
unsigned pin_verify(struct pin *p, const unsigned char *given, size_t length);

/* 63Cx or 6983, whether verified or not. */
unsigned pin_status(const struct pin *p);

/* A new value with a full counter. 9000, or 6A80 for a length no PIN has. */
unsigned pin_replace(struct pin *p, const unsigned char *value, size_t length);

/* Counters and values outlive the program in this file; pins_load leaves those it does not
 * name. */
void pins_keep_in(const char *path, struct pin *pins, size_t count);
void pins_load(void);
void pins_save(void);

#endif
