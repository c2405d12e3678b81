/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A PAM module for tests, standing where a password module would: set=TEXT leaves TEXT as
 * PAM_AUTHTOK; show says as a text message what is there.
 */
#include <security/pam_ext.h>
#include <security/pam_modules.h>
#include <string.h>

int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	const void *token = NULL;

	(void)flags;
	if (argc != 1)
		return PAM_SERVICE_ERR;
	if (strncmp(argv[0], "set=", 4) == 0)
		return pam_set_item(pamh, PAM_AUTHTOK, argv[0] + 4);
	if (pam_get_item(pamh, PAM_AUTHTOK, &token) != PAM_SUCCESS)
		return PAM_SERVICE_ERR;
	(void)pam_info(pamh, "authtok=%s", token != NULL ? (const char *)token : "(unset)");
	return PAM_SUCCESS;
}

int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_SUCCESS;
}
