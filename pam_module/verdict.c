/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of verdicts and PAM codes. Decides nothing.
 */
#include "pam_module/verdict.h"

#include <security/pam_modules.h>

/* A row that somebody forgets to fill is 0, and 0 is PAM_SUCCESS: in this form it is an error.
 */
#define ROW(code) ((code) ^ PAM_SYSTEM_ERR)

static const int rows[VERDICT_COUNT] = {
    [VERDICT_ERROR] = ROW(PAM_SYSTEM_ERR),
    [VERDICT_GRANTED] = ROW(PAM_SUCCESS),
    [VERDICT_DENIED] = ROW(PAM_AUTH_ERR),
    [VERDICT_LOCKED] = ROW(PAM_MAXTRIES),
    [VERDICT_UNAVAILABLE] = ROW(PAM_AUTHINFO_UNAVAIL),
    [VERDICT_NOT_ALLOWED] = ROW(PAM_PERM_DENIED),
};

int verdict_pam_code(unsigned int verdict)
{
	return verdict < VERDICT_COUNT ? ROW(rows[verdict]) : PAM_SYSTEM_ERR;
}
