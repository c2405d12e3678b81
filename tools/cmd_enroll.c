/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho enroll: makes or takes a secret, shows it once, has it proved by a code, stores it; a
 * card has a way of its own (enrol_card.c). While a human types no lock is held; what was true
 * before is checked again.
 */
#include <string.h>

#include "tools/enrol.h"
#include "tools/seed.h"

#define NEW_SECRET_SIZE 20 /* 160 bits, RFC 4226 R6 */

static enum exit_code make_token(struct ui *ui, struct enrolment *en)
{
	struct token *t = &en->token;

	if (crypto_random(t->id, sizeof(t->id)) != 0 ||
	    crypto_random(t->secret, NEW_SECRET_SIZE) != 0)
		return ui_refuse(ui, ERR_INTERNAL, "enroll", NULL, "no random numbers");
	t->secret_len = NEW_SECRET_SIZE;
	if (en->secret_file == NULL)
		return EXIT_DONE;
	wipe(t->secret, sizeof(t->secret));
	return seed_read(ui, en->secret_file, t);
}

/* From a QR file that is there to a token that is: no signal may leave the file alone. */
static enum exit_code show_and_store(
    struct ui *ui, const struct access *a, struct enrolment *en)
{
	enum exit_code code;

	ui_hold_signals(ui);
	code = enrol_show(ui, en);
	if (code == EXIT_DONE && !en->no_confirm)
		code = enrol_confirm(ui, a, en);
	if (code == EXIT_DONE)
		code = enrol_store(ui, a, en);
	if (code != EXIT_DONE && en->qr_saved && outfile_remove(&en->qr_file) != 0)
		ui_warn(ui, "%s: cannot be removed; it holds a secret that is not enrolled",
		    en->qr);
	else if (code == EXIT_DONE && en->qr_saved)
		ui_say(ui, "the QR file holds the secret: delete it when it was scanned");
	ui_release_signals(ui);
	return code;
}

static enum exit_code enroll_secret(struct ui *ui, const struct access *a, struct enrolment *en)
{
	enum exit_code code = enrol_prepare(ui, en);

	if (code == EXIT_DONE)
		code = make_token(ui, en);
	if (code == EXIT_DONE)
		code = enrol_check(ui, a, en);
	if (code == EXIT_DONE)
		code = show_and_store(ui, a, en);
	outfile_close(&en->qr_file);
	return code;
}

enum exit_code cmd_enroll(struct ui *ui, const struct command *self, int argc, char **argv)
{
	struct enrolment en = {.qr_file = {.dir = -1},
	    .token = {.algorithm = TOKEN_SHA1, .digits = 6, .period = 30}};
	enum exit_code code;
	struct access a;

	if (!enrol_options(ui, self, argc, argv, &en, &code))
		return code;
	ui->user = argv[optind];
	code = access_open(ui, self->name, &a);
	if (code == EXIT_DONE)
		code = access_check_clock(ui, &a.clock);
	if (code == EXIT_DONE)
		code = access_account(ui, argv[optind], &en.account);
	if (code == EXIT_DONE)
		code = en.token.kind == TOKEN_CARD ? enrol_card(ui, &a, &en)
		                                   : enroll_secret(ui, &a, &en);
	wipe(&en, sizeof(en));
	access_close(&a);
	return code;
}
