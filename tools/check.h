/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho check: what its inspections share. Only for cmd_check.c and check_*.c. An inspection
 * looks and adds findings; it prints nothing, changes nothing and runs no program.
 */
#ifndef SEKISHO_CHECK_H
#define SEKISHO_CHECK_H

#include "tools/access.h"
#include "tools/links.h"
#include "tools/names.h"
#include "tools/pam_files.h"
#include "tools/pam_walk.h"
#include "tools/ways.h"

#define CHECK_SHOWN_MAX 20 /* findings of one number; the rest is counted */

enum check_severity {
	CHECK_DANGER = 0,  /* lets somebody in who should not be, or nobody at all */
	CHECK_WARNING = 1, /* will go wrong, or went wrong for somebody */
	CHECK_NOTE = 2,    /* to be known; alone it leaves the exit status 0 */
	CHECK_SEVERITIES
};

struct check_finding {
	enum check_severity severity;
	struct err err;
	char hint[200];
};

struct check {
	const char *root; /* in front of the system's paths: "" but in tests */
	uid_t owner;      /* of programs: 0 but in tests */
	struct clock_source clock;
	struct pam_files pam;
	struct config config;
	bool config_read, store_opened, unlocked;
	struct store store; /* when .store_opened */
	struct keys keys;   /* when .unlocked */
	struct names people;
	size_t cards;            /* that people have: found by check_people, */
	struct ways ways;        /* with what they can answer, */
	struct card_links links; /* and how each card should name its owner */
	bool links_lost;         /* for want of memory */
	/* services whose auth stack has pam_sekisho: found by check_stacks */
	struct pam_names asking;

	size_t count;
	struct check_finding *findings;
	bool incomplete;           /* something could not be looked at, */
	struct err incomplete_err; /* the first one */
};

/* hint NULL: that of the number. */
void check_add(struct check *c, enum check_severity severity, enum err_number number,
    const char *object, const char *hint, const char *format, ...)
    __attribute__((format(printf, 6, 7)));
/* The same for an error that a library gave. */
void check_add_err(
    struct check *c, enum check_severity severity, const struct err *e, const char *hint);
/* Part of the answer is missing. */
void check_fail(struct check *c, const struct err *e);
void check_clear(struct check *c);

/* The inspections, in the order they are made: later ones use what earlier ones found out. */
void check_programs(struct check *c);
void check_config(struct check *c);
void check_store(struct check *c);
void check_clock(struct check *c);
void check_stacks(struct check *c);
void check_sshd(struct check *c);
void check_people(struct check *c);
void check_cards(struct check *c);

/* A part of check_people, check_cards.c. tokens: of ways_look. */
void check_person_cards(
    struct check *c, const struct person *p, const struct ways_token *tokens);

/* Names of people and things in one line, cut when there are many. */
struct check_words {
	char text[120];
	size_t used, count;
};
void check_words_add(struct check_words *w, const char *word);

/* The person's record and state, as logins would find them; held no longer. */
MUST_CHECK int check_read_person(
    struct check *c, const char *name, bool *ret_found, struct person *ret_p, struct err *e);

/* sekisho check USER, check_user.c. */
struct check_question {
	const char *user, *service, *tty, *rhost;
};
MUST_CHECK enum exit_code check_user(struct ui *ui, const struct check_question *q);

#endif
