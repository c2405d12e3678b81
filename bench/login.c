/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One login through PAM with a person who types one code. Knows nothing of modules and does not
 * judge the result.
 */
#include "bench/login.h"

#include <err.h>
#include <security/pam_appl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

struct dialogue {
	const struct typing *typing;
	int prompts;
	double answered;
};

double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

double cpu_of(const struct rusage *u)
{
	return (double)(u->ru_utime.tv_sec + u->ru_stime.tv_sec) * 1e6 +
	       (double)(u->ru_utime.tv_usec + u->ru_stime.tv_usec);
}

static double cpu_self(void)
{
	struct rusage self, children;

	getrusage(RUSAGE_SELF, &self);
	getrusage(RUSAGE_CHILDREN, &children);
	return cpu_of(&self) + cpu_of(&children);
}

static int converse(
    int n, const struct pam_message **messages, struct pam_response **ret_replies, void *data)
{
	struct dialogue *d = data;
	struct pam_response *replies = calloc((size_t)n, sizeof(*replies));
	bool asked = false;

	if (replies == NULL)
		return PAM_BUF_ERR;
	for (int i = 0; i < n; i++) {
		if (messages[i]->msg_style != PAM_PROMPT_ECHO_OFF &&
		    messages[i]->msg_style != PAM_PROMPT_ECHO_ON)
			continue;
		asked = true;
		if (d->prompts++ == 0)
			replies[i].resp = strdup(d->typing->code);
	}
	if (asked && d->prompts > 1) {
		for (int i = 0; i < n; i++)
			free(replies[i].resp);
		free(replies);
		return PAM_CONV_ERR;
	}
	*ret_replies = replies;
	if (asked) {
		usleep(d->typing->pause);
		if (d->typing->answers != NULL)
			d->typing->answers();
		d->answered = now();
	}
	return PAM_SUCCESS;
}

struct sample login(
    const char *stacks, const char *service, const char *user, const struct typing *t)
{
	struct dialogue d = {.typing = t};
	const struct pam_conv conversation = {converse, &d};
	pam_handle_t *pam = NULL;
	struct sample s = {0};
	double start, cpu = cpu_self();

	start = now();
	if (pam_start_confdir(service, user, &conversation, stacks, &pam) != PAM_SUCCESS)
		errx(1, "%s: pam_start failed", service);
	if (pam_set_item(pam, PAM_TTY, "tty1") != PAM_SUCCESS)
		errx(1, "%s: no terminal", service);
	s.result = pam_authenticate(pam, 0);
	s.whole = now() - start;
	s.felt = now() - (d.prompts == 0 ? start : d.answered);
	pam_end(pam, s.result);
	s.cpu = cpu_self() - cpu;
	s.prompts = d.prompts;
	return s;
}
