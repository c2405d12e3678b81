/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The people who log in, some of all that are enrolled, and which code of theirs comes next.
 * Tokens are counter-based: a person can log in as often as is wanted and nothing on disk has
 * to be put back. What was used is in a file that all processes of a benchmark share, for it
 * outlives each of them. Functions end the program when they fail.
 */
#ifndef SEKISHO_BENCH_PERSONS_H
#define SEKISHO_BENCH_PERSONS_H

#include "bench/contestants.h"

#define PERSONS_MAX      32
#define PERSON_NAME_SIZE 32
#define CODE_TEXT_SIZE   8

/* Which code a person types. */
enum typed { TYPED_NEXT, TYPED_SAME, TYPED_WRONG };

/* Reads DIRECTORY/people.SIZE, which bench/peers wrote. */
void persons_open(const char *directory, const char *size);
unsigned persons_count(void);
const char *person_name(unsigned i);
/* TYPED_NEXT uses the code up; TYPED_SAME is that once more; TYPED_WRONG is none of any window.
 */
void person_code(
    unsigned i, enum enrolled enrolled, enum typed typed, char out[CODE_TEXT_SIZE]);

#endif
