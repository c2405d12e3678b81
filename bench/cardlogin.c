/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One login with a PIN, and where it divides what a card is asked. Does not judge the result.
 *
 * cardlogin STACKS SERVICE USER LOG < PIN
 *
 * LOG is that of the simulated card. Prints RESULT|PROMPTS|FELT|WHOLE|BEFORE: times in
 * microseconds, BEFORE the bytes that were in LOG when the answer was given, 0 when none was.
 */
#include <err.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bench/login.h"

static const char *log_path;
static long long before;

static void answers(void)
{
	struct stat st;

	if (stat(log_path, &st) != 0)
		err(1, "%s", log_path);
	before = st.st_size;
}

int main(int argc, char **argv)
{
	char pin[64];
	const struct typing t = {.code = pin, .answers = answers};
	struct sample s;

	if (argc != 5 || fgets(pin, sizeof pin, stdin) == NULL)
		errx(2, "usage: cardlogin STACKS SERVICE USER LOG < PIN");
	pin[strcspn(pin, "\n")] = '\0';
	log_path = argv[4];
	s = login(argv[1], argv[2], argv[3], &t);
	printf("%d|%d|%.0f|%.0f|%lld\n", s.result, s.prompts, s.felt, s.whole, before);
	return 0;
}
