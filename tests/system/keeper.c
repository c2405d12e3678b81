/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * keeper SERVICE USER: a login program that forgets what it was told. Reads the code from
 * standard input, logs USER in, wipes its own copies, prints the PAM code and stays until the
 * end of standard input, so that a test can look at what the module left in its memory.
 */
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char code[64];

static int converse(
    int n, const struct pam_message **m, struct pam_response **ret, void *context)
{
	struct pam_response *r = calloc((size_t)n, sizeof *r);

	(void)context;
	for (int i = 0; r != NULL && i < n; i++)
		if (m[i]->msg_style == PAM_PROMPT_ECHO_OFF ||
		    m[i]->msg_style == PAM_PROMPT_ECHO_ON)
			r[i].resp = strdup(code);
	*ret = r;
	return r != NULL ? PAM_SUCCESS : PAM_BUF_ERR;
}

int main(int argc, char **argv)
{
	const struct pam_conv conv = {converse, NULL};
	pam_handle_t *pamh = NULL;
	ssize_t n;
	int r;

	if (argc != 3)
		return 2;
	n = read(0, code, sizeof code - 1);
	if (n <= 1)
		return 2;
	code[n - 1] = '\0'; /* the newline */
	r = pam_start(argv[1], argv[2], &conv, &pamh);
	if (r == PAM_SUCCESS)
		r = pam_set_item(pamh, PAM_TTY, ":0");
	if (r == PAM_SUCCESS)
		r = pam_authenticate(pamh, 0);
	explicit_bzero(code, sizeof code);
	printf("code %d\n", r);
	fflush(stdout);
	while (read(0, code, 1) > 0)
		continue;
	pam_end(pamh, r);
	return r;
}
