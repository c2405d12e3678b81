/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The sheet of paper with somebody's codes: its words, and where it goes. Makes no code and
 * stores none.
 */
#include "tools/sheet.h"

#include <errno.h>
#include <string.h>
#include <sys/utsname.h>

#include "tools/number.h"

enum exit_code sheet_prepare(struct ui *ui, const char *file, struct sheet_place *ret_p)
{
	*ret_p = (struct sheet_place){.file = file, .outfile = {.dir = -1}};
	if (file == NULL && !ui_terminal(ui))
		return ui_refuse(ui, ERR_USAGE, "code", "--file FILE, or --file - for stdout",
		    "no terminal to show a code on");
	if (file == NULL || strcmp(file, "-") == 0)
		return EXIT_DONE;
	return outfile_prepare(ui, file, &ret_p->outfile);
}

bool sheet_comes_first(const struct sheet_place *p)
{
	return p->outfile.dir >= 0;
}

void sheet_withdraw(struct ui *ui, const struct sheet_place *p)
{
	if (sheet_comes_first(p) && outfile_remove(&p->outfile) != 0)
		ui_warn(ui, "%s: cannot be removed; what is on it was not stored", p->file);
}

void sheet_name_host(const struct ui *ui, struct sheet *s)
{
	struct utsname host;

	ui_clean(
	    ui, uname(&host) == 0 ? host.nodename : "this terminal", s->host, sizeof(s->host));
}

void sheet_close(struct sheet_place *p)
{
	outfile_close(&p->outfile);
}

int sheet_make_codes(struct sheet *s, enum code_kind kind, unsigned count)
{
	for (unsigned i = 0; i < count && i < RECORD_RECOVERY_MAX; i++) {
		if (code_make(kind, s->codes[i]) != 0) {
			wipe(s->codes, sizeof(s->codes));
			return -1;
		}
	}
	s->count = count;
	return 0;
}

static void write_codes(const struct sheet *s, FILE *out)
{
	char grouped[CODE_GROUPED_SIZE];

	fputc('\n', out);
	for (unsigned i = 0; i < s->count; i++) {
		code_group(s->codes[i], grouped);
		if (s->count > 1)
			fprintf(out, "  %2u  %s\n", i + 1, grouped);
		else
			fprintf(out, "      %s\n", grouped);
	}
	fputc('\n', out);
	wipe(grouped, sizeof(grouped));
}

static void write_recovery(const struct sheet *s, FILE *out)
{
	(void)s;
	fputs(
	    "Each opens one login, once, in place of the one-time code: type it where\n"
	    "that is asked for. Small letters will do, and so will spaces or nothing between\n"
	    "the groups. Strike out what was used. Codes of an earlier sheet no longer work.\n"
	    "Keep the sheet where nobody else finds it, and not with the phone.\n",
	    out);
}

static void write_temporary(const struct sheet *s, FILE *out)
{
	char until[TIME_SIZE];

	time_write(s->until, TIME_MINUTE, until);
	fprintf(out,
	    "Opens %u %s until %s, in place of the one-time code: type it where\n"
	    "that is asked for. Small letters will do, and so will spaces or nothing between\n"
	    "the groups. For this person only.\n"
	    "Issued by %s: %s\n",
	    s->uses, s->uses == 1 ? "login" : "logins", until, s->issuer, s->reason);
}

static void write_emergency(const struct sheet *s, FILE *out)
{
	fprintf(out,
	    "Opens ONE login of: %s\n"
	    "also when everybody is locked or suspended, and when the configuration, the\n"
	    "store, the clock or the host key is broken. The password is asked for as\n"
	    "always; type this code where the one-time code is asked for. Small letters will\n"
	    "do, and so will spaces or nothing between the groups.\n"
	    "Seal it in an envelope and lock that away. After use, and when the envelope\n"
	    "was opened: sekisho code emergency makes a new one; this one ends then.\n"
	    "Its number in the log: %s\n",
	    s->whom, s->number);
}

static const struct {
	const char *title;
	void (*write)(const struct sheet *, FILE *);
} kinds[] = {
    [SHEET_RECOVERY] = {"Recovery codes of", write_recovery},
    [SHEET_TEMPORARY] = {"Temporary code of", write_temporary},
    [SHEET_EMERGENCY] = {"EMERGENCY CODE for", write_emergency},
};

int sheet_write(const void *sheet, FILE *out)
{
	const struct sheet *s = sheet;
	char made[TIME_SIZE];

	if (s->kind < SHEET_RECOVERY || s->kind > SHEET_EMERGENCY) {
		errno = EINVAL;
		return -1;
	}
	time_write(s->made, TIME_MINUTE, made);
	fprintf(out, "%s %s on %s, made %s\n", kinds[s->kind].title, s->whom, s->host, made);
	write_codes(s, out);
	kinds[s->kind].write(s, out);
	return fflush(out) == 0 && !ferror(out) ? 0 : -1;
}

int sheet_print(
    struct ui *ui, const struct sheet_place *p, const struct sheet *s, struct err *e)
{
	if (sheet_comes_first(p))
		return outfile_save(&p->outfile, sheet_write, s, e);
	errno = 0;
	if (sheet_write(s, p->file == NULL ? ui->terminal : stdout) == 0)
		return 0;
	err_sys(e, ERR_IO, p->file == NULL ? "terminal" : "stdout", "cannot be written");
	if (p->file != NULL)
		clearerr(stdout); /* this is said here, once */
	return -1;
}
