/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A name service with one alias: "al" is alice. Directory servers that ignore case, or know a
 * person by more than one name, do the same.
 */
#include <nss.h>
#include <pwd.h>
#include <string.h>

#include <errno.h>
#include <stdio.h>

enum nss_status _nss_sekishotest_getpwnam_r(
    const char *name, struct passwd *result, char *buffer, size_t size, int *errnop);

enum nss_status _nss_sekishotest_getpwnam_r(
    const char *name, struct passwd *result, char *buffer, size_t size, int *errnop)
{
	enum nss_status status = NSS_STATUS_NOTFOUND;
	struct passwd *found = NULL;
	FILE *f;

	if (strcmp(name, "al") != 0)
		return NSS_STATUS_NOTFOUND;
	f = fopen("/etc/passwd", "re");
	if (f == NULL)
		return NSS_STATUS_UNAVAIL;
	while (fgetpwent_r(f, result, buffer, size, &found) == 0) {
		if (strcmp(result->pw_name, "alice") != 0)
			continue;
		status = NSS_STATUS_SUCCESS;
		break;
	}
	*errnop = errno;
	(void)fclose(f);
	return status;
}
