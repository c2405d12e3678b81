/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of verdicts and PAM codes. Decides nothing.
 */
#include "pam_module/verdict.h"

#include <security/pam_modules.h>

static const int codes[VERDICT_COUNT] = {
    [VERDICT_ERROR] = PAM_SYSTEM_ERR,
    [VERDICT_GRANTED] = PAM_SUCCESS,
    [VERDICT_DENIED] = PAM_AUTH_ERR,
    [VERDICT_LOCKED] = PAM_MAXTRIES,
    [VERDICT_UNAVAILABLE] = PAM_AUTHINFO_UNAVAIL,
    [VERDICT_NOT_ALLOWED] = PAM_PERM_DENIED,
};

int verdict_pam_code(unsigned int verdict)
{
	int code;

	if (verdict >= VERDICT_COUNT)
		return PAM_SYSTEM_ERR;
	code = codes[verdict];
	/* A row that somebody forgets to fill is 0, and 0 is PAM_SUCCESS. */
	if (code == PAM_SUCCESS && verdict != VERDICT_GRANTED)
		return PAM_SYSTEM_ERR;
	return code;
}
