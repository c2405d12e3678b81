/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A host that says what PAM told it: pamcode CONFDIR SERVICE USER CODE answers each question
 * with CODE and prints `pam_authenticate N`. A getppid() before and after the call marks it for
 * strace.
 */
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int converse(
    int count, const struct pam_message **messages, struct pam_response **ret, void *code)
{
	struct pam_response *r = calloc((size_t)count, sizeof *r);

	if (r == NULL)
		return PAM_BUF_ERR;
	for (int i = 0; i < count; i++) {
		int style = messages[i]->msg_style;

		if (style == PAM_PROMPT_ECHO_OFF || style == PAM_PROMPT_ECHO_ON)
			r[i].resp = strdup(code);
	}
	*ret = r;
	return PAM_SUCCESS;
}

int main(int argc, char **argv)
{
	struct pam_conv conversation = {.conv = converse};
	pam_handle_t *pam = NULL;
	int code;

	if (argc != 5)
		return 2;
	conversation.appdata_ptr = argv[4];
	if (pam_start_confdir(argv[2], argv[3], &conversation, argv[1], &pam) != PAM_SUCCESS)
		return 1;
	(void)syscall(SYS_getppid);
	code = pam_authenticate(pam, 0);
	(void)syscall(SYS_getppid);
	printf("pam_authenticate %d\n", code);
	(void)pam_end(pam, code);
	return fflush(stdout) == 0 ? 0 : 1;
}
