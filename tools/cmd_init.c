/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho init: creates store and host key, and says what they protect.
 */
#include "tools/access.h"
#include "tools/command.h"

enum exit_code cmd_init(struct ui *ui, const struct command *self, int argc, char **argv)
{
	static const struct option table[] = {COMMAND_OPTIONS};
	enum exit_code code;
	struct access_settings settings;
	struct clock_source clock;
	struct err e;
	int r;

	if (command_option(ui, self, argc, argv, table, &code) == -2)
		return code;
	code = command_operands(ui, self, argc, 0, 0);
	if (code == EXIT_DONE)
		code = access_check_root(ui, self->name);
	if (code != EXIT_DONE)
		return code;
	access_seal_memory(ui);
	audit_open();
	clock_system(&clock);
	code = access_check_clock(ui, &clock);
	if (code != EXIT_DONE)
		return code;
	access_settings(ui, &settings);
	ui_hold_signals(ui);
	r = store_create(
	    ACCESS_STORE, ACCESS_ETC, settings.any_file_system, clock.wall(&clock), &e);
	access_audit(
	    AUDIT_INIT, r == 0 ? "done" : "failed", NULL, NULL, NULL, r == 0 ? NULL : &e);
	ui_release_signals(ui);
	if (r != 0)
		return ui_fail(ui, &e, NULL);
	json_doc_set_text(&ui->json, "store", ACCESS_STORE);
	json_doc_set_text(&ui->json, "host_key", ACCESS_ETC "/host.key");
	ui_say(ui,
	    "%s: store created\n"
	    "%s/host.key opens it. That protects a copy of %s without %s, and nothing\n"
	    "else: who has the whole disk, or is root here, can read every secret.\n"
	    "Back up host.key and the store in two different places; without host.key no "
	    "record\n"
	    "opens again.\n"
	    "next: sekisho enroll USER totp\n"
	    "      sekisho code emergency, for an envelope",
	    ACCESS_STORE, ACCESS_ETC, ACCESS_STORE, ACCESS_ETC);
	return EXIT_DONE;
}
