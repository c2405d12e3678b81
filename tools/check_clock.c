/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho check: can this terminal's clock be right? Compares it with what the store knows and
 * with the clock of the board.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/store/field.h"
#include "lib/store/files.h"
#include "lib/store/floor.h"
#include "tools/check.h"
#include "tools/number.h"
#include "tools/text_file.h"

/* 2025-11-01: no clock that is right is before these words were written. Not the time of the
 * build, so that builds can be repeated. */
#define WRITTEN    INT64_C(1761955200)
#define RTC        "/sys/class/rtc/rtc0/since_epoch"
#define RTC_AWAY_S 86400

static void check_floor(struct check *c, int64_t now)
{
	char span[SPAN_SIZE];
	int64_t floor, behind;
	struct err e;

	if (floor_read(&c->store, &c->keys, &floor, &e) != 0) {
		check_add_err(
		    c, CHECK_DANGER, &e, "sekisho clock accept, when the clock is right");
		return;
	}
	behind = floor_behind(floor, now);
	if (behind == 0)
		return;
	span_write(behind, span);
	check_add(c, CHECK_DANGER, ERR_CLOCK, "clock",
	    "timedatectl set-time ...; if the clock is right: sekisho clock accept",
	    "%s behind the latest accepted code; TOTP codes are refused", span);
}

/* Logins write states: the newest one was written at a time that has passed. */
static int64_t newest_state(const struct store *s)
{
	DIR *d = dir_list(s->states);
	const struct dirent *entry;
	int64_t newest = 0;
	struct stat st;

	if (d == NULL)
		return 0;
	while ((entry = readdir(d)) != NULL)
		if (!dir_entry_skipped(entry->d_name) &&
		    fstatat(s->states, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    st.st_mtime > newest)
			newest = st.st_mtime;
	closedir(d);
	return newest;
}

static void check_files(struct check *c, int64_t now)
{
	int64_t behind = floor_behind(newest_state(&c->store), now);
	char span[SPAN_SIZE];

	if (behind == 0)
		return;
	span_write(behind, span);
	check_add(c, CHECK_WARNING, ERR_CLOCK_OFF, "clock", NULL,
	    "%s behind the time the newest file of the store was written", span);
}

static void check_rtc(struct check *c, int64_t now)
{
	char path[128], span[SPAN_SIZE], *text = NULL;
	size_t len = 0;
	int64_t rtc, away;

	(void)snprintf(path, sizeof(path), "%s" RTC, c->root);
	if (text_file_read(path, &text, &len, NULL) != 0)
		return; /* not every machine has one */
	rtc = strtoll(text, NULL, 10);
	free(text);
	away = rtc > now ? rtc - now : now - rtc;
	if (rtc < WRITTEN) {
		check_add(c, CHECK_WARNING, ERR_CLOCK_OFF, path,
		    "hwclock --systohc, when the clock is right; then look at its battery",
		    "the clock of the board is in the past; after a power cut TOTP is refused");
	} else if (away > RTC_AWAY_S) {
		span_write(away, span);
		check_add(c, CHECK_WARNING, ERR_CLOCK_OFF, path,
		    "hwclock --systohc, when the clock is right",
		    "the clock of the board is %s away from the system's", span);
	}
}

void check_clock(struct check *c)
{
	int64_t now = c->clock.wall(&c->clock);

	if (!field_time_ok(now) || now < WRITTEN)
		check_add(c, CHECK_DANGER, ERR_CLOCK_OFF, "clock", "timedatectl set-time ...",
		    "before this version of sekisho was written, or past the year 9999");
	if (c->unlocked)
		check_floor(c, now);
	if (c->store_opened)
		check_files(c, now);
	check_rtc(c, now);
}
