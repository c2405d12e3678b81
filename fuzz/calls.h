/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Calls that fail on demand: the linker puts these wrappers in front of what the library calls
 * (--wrap). Also what a file write made durable, and one-time codes that can be read backwards.
 */
#ifndef SEKISHO_FUZZ_CALLS_H
#define SEKISHO_FUZZ_CALLS_H

#include <stdbool.h>
#include <stdint.h>

/* From here on each wrapped call fails with a chance of chance / 256, drawn from seed; a write
 * may also be cut. 0 stops it. */
void calls_fail(uint32_t seed, uint8_t chance);
/* Writes since the last reset that a sync has followed, and writes it has not. */
void calls_reset(void);
extern unsigned calls_durable, calls_pending;

/* Instead of the arithmetic of RFC 4226, which costs much and cannot be read backwards:
 * 2 * ((counter + 1000 * first byte of the secret) mod 500000), plus 1 for HOTP. */
#define CALLS_CODES 500000
uint32_t calls_code(uint64_t counter, uint8_t first_byte, bool hotp);

#endif
