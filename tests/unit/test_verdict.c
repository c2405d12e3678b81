/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Verdicts and PAM codes, row by row, and every number that is no verdict.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <security/pam_modules.h>

#include "pam_module/verdict.h"

static void test_rows(void **state)
{
	(void)state;
	assert_int_equal(verdict_pam_code(VERDICT_ERROR), PAM_SYSTEM_ERR);
	assert_int_equal(verdict_pam_code(VERDICT_GRANTED), PAM_SUCCESS);
	assert_int_equal(verdict_pam_code(VERDICT_DENIED), PAM_AUTH_ERR);
	assert_int_equal(verdict_pam_code(VERDICT_LOCKED), PAM_MAXTRIES);
	assert_int_equal(verdict_pam_code(VERDICT_UNAVAILABLE), PAM_AUTHINFO_UNAVAIL);
	assert_int_equal(verdict_pam_code(VERDICT_NOT_ALLOWED), PAM_PERM_DENIED);
}

static void test_one_success_no_ignore(void **state)
{
	(void)state;
	for (unsigned int v = 0; v <= UINT16_MAX; v++) {
		int code = verdict_pam_code(v);

		assert_int_equal(code == PAM_SUCCESS, v == VERDICT_GRANTED);
		assert_int_not_equal(code, PAM_IGNORE);
		if (v >= VERDICT_COUNT)
			assert_int_equal(code, PAM_SYSTEM_ERR);
	}
	assert_int_equal(verdict_pam_code(UINT32_MAX), PAM_SYSTEM_ERR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rows),
	    cmocka_unit_test(test_one_success_no_ignore),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
