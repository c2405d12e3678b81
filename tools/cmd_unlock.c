/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho unlock: resets every failure counter of a person. Touches no token.
 */
#include <unistd.h>

#include "lib/base/config.h"
#include "lib/store/lockout.h"
#include "tools/access.h"
#include "tools/command.h"

static bool is_clean(const struct bucket *b)
{
	bool clean = b->streak == 0 && b->until_ms == 0;

	for (size_t i = 0; i < STATE_FACTORS; i++)
		clean = clean && b->failures[i] == 0;
	return clean;
}

static enum exit_code unlock_person(struct ui *ui, const struct access *a, struct person *p)
{
	unsigned dirty = 0;
	char name[RECORD_NAME_SIZE];
	struct err e;

	if (person_recover(p, a->clock.wall(&a->clock), CONFIG_TOTP_WINDOW_MAX)) {
		dirty++;
		ui_warn(ui, "codes were refused into the far future: the clock had been ahead");
	}
	dirty += (p->state.flags & STATE_CODES_HELD) != 0;
	p->state.flags &= ~(uint32_t)STATE_CODES_HELD;
	for (size_t i = 0; i < STATE_BUCKETS; i++) {
		dirty += !is_clean(&p->state.buckets[i]);
		lockout_reset(&p->state.buckets[i]);
	}
	if (person_save_state(&a->store, &a->keys, p, &e) != 0) {
		access_audit(AUDIT_UNLOCK, "failed", p->record.name, NULL, NULL, &e);
		return ui_fail(ui, &e, NULL);
	}
	access_audit(AUDIT_UNLOCK, "done", p->record.name, NULL, NULL, NULL);
	ui_clean(ui, p->record.name, name, sizeof(name));
	ui_say(ui, dirty > 0 ? "%s: unlocked" : "%s: there were no failures to forget", name);
	return EXIT_DONE;
}

enum exit_code cmd_unlock(struct ui *ui, const struct command *self, int argc, char **argv)
{
	static const struct option table[] = {COMMAND_OPTIONS};
	enum exit_code code;
	struct person p;
	struct access a;
	int lock = -1;

	if (command_option(ui, self, argc, argv, table, &code) == -2)
		return code;
	code = command_operands(ui, self, argc, 1, 1);
	if (code != EXIT_DONE)
		return code;
	ui->user = argv[optind];
	code = access_open(ui, self->name, &a);
	if (code == EXIT_DONE)
		code = access_person(ui, &a, argv[optind], &p, &lock);
	if (code == EXIT_DONE && lock >= 0) {
		code = unlock_person(ui, &a, &p);
		person_close(&p);
		close(lock);
	}
	access_close(&a);
	return code;
}
