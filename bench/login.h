/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One login through PAM, and what it took.
 */
#ifndef SEKISHO_BENCH_LOGIN_H
#define SEKISHO_BENCH_LOGIN_H

#include <unistd.h>

/* Times in microseconds. */
struct sample {
	int result; /* of pam_authenticate */
	int prompts;
	double felt;  /* from the answer to the return of pam_authenticate */
	double whole; /* pam_start and pam_authenticate */
	double cpu;   /* of this process and its children that ended */
};

/* CLOCK_MONOTONIC in microseconds. */
double now(void);

struct rusage;
double cpu_of(const struct rusage *u);

struct typing {
	const char *code;
	useconds_t pause;      /* after the prompt */
	void (*answers)(void); /* called when the answer is given; may be NULL */
};

/* stacks is the directory of the service's file. The person answers one prompt, and hangs up
 * when asked again. */
struct sample login(
    const char *stacks, const char *service, const char *user, const struct typing *t);

#endif
