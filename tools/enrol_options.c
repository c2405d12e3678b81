/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho enroll: what the command line asks for. Opens nothing.
 */
#include <string.h>

#include "tools/enrol.h"
#include "tools/label.h"
#include "tools/number.h"
#include "tools/qr.h"

#define COUNTER_MAX 1000000000000

/* getopt values */
enum {
	OPTION_LABEL = COMMAND_OWN,
	OPTION_REPLACE,
	OPTION_SECRET_FILE,
	OPTION_DIGITS,
	OPTION_PERIOD,
	OPTION_ALGORITHM,
	OPTION_COUNTER,
	OPTION_QR,
	OPTION_NO_CONFIRM,
	OPTION_READER,
	OPTION_SHARED
};

static const char *set_digits(struct enrolment *en, const char *value)
{
	uint64_t n;

	if (number_parse(value, 6, 8, &n) != 0)
		return "takes 6, 7 or 8";
	en->token.digits = (uint8_t)n;
	return NULL;
}

static const char *set_period(struct enrolment *en, const char *value)
{
	uint64_t n;

	if (number_parse(value, 15, 300, &n) != 0)
		return "takes 15 to 300 seconds";
	en->token.period = (uint16_t)n;
	return NULL;
}

static const char *set_algorithm(struct enrolment *en, const char *value)
{
	static const char *const words[] = {"sha1", "sha256", "sha512"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(value, words[i]) == 0) {
			en->token.algorithm = (uint8_t)(TOKEN_SHA1 + i);
			return NULL;
		}
	}
	return "takes sha1, sha256 or sha512";
}

static const char *set_counter(struct enrolment *en, const char *value)
{
	if (number_parse(value, 0, COUNTER_MAX, &en->next) != 0)
		return "takes the number of the next code, 0 to 1000000000000";
	return NULL;
}

static const char *set_label(struct enrolment *en, const char *value)
{
	en->label = value;
	return label_problem(value);
}

static const char *set_replace(struct enrolment *en, const char *value)
{
	en->replace = value;
	return NULL;
}

static const char *set_secret_file(struct enrolment *en, const char *value)
{
	en->secret_file = value;
	return NULL;
}

static const char *set_qr(struct enrolment *en, const char *value)
{
	en->qr = value;
	if (strcmp(value, "terminal") == 0 || strcmp(value, "none") == 0 ||
	    qr_path_valid(value))
		return NULL;
	return "takes terminal, none, FILE.png or FILE.svg";
}

static const char *set_no_confirm(struct enrolment *en, const char *value)
{
	(void)value;
	en->no_confirm = true;
	return NULL;
}

static const char *set_reader(struct enrolment *en, const char *value)
{
	en->reader = value;
	return value[0] != '\0' ? NULL : "takes the name of a reader, or a part of it";
}

static const char *set_shared(struct enrolment *en, const char *value)
{
	(void)value;
	en->shared = true;
	return NULL;
}

static const struct option option_table[] = {{"label", required_argument, NULL, OPTION_LABEL},
    {"replace", required_argument, NULL, OPTION_REPLACE},
    {"secret-file", required_argument, NULL, OPTION_SECRET_FILE},
    {"digits", required_argument, NULL, OPTION_DIGITS},
    {"period", required_argument, NULL, OPTION_PERIOD},
    {"algorithm", required_argument, NULL, OPTION_ALGORITHM},
    {"counter", required_argument, NULL, OPTION_COUNTER},
    {"qr", required_argument, NULL, OPTION_QR},
    {"no-confirm", no_argument, NULL, OPTION_NO_CONFIRM},
    {"reader", required_argument, NULL, OPTION_READER},
    {"shared-with-self", no_argument, NULL, OPTION_SHARED}, COMMAND_OPTIONS};

/* In the order of the enum; each returns NULL or what it wanted. */
static const char *(*const setters[])(struct enrolment *, const char *) = {set_label,
    set_replace, set_secret_file, set_digits, set_period, set_algorithm, set_counter, set_qr,
    set_no_confirm, set_reader, set_shared};

static enum exit_code misused_option(
    struct ui *ui, const struct command *self, unsigned index, const char *problem)
{
	char name[32];

	snprintf(name, sizeof(name), "--%s", option_table[index].name);
	return command_misused(ui, self, name, problem);
}

static const struct {
	const char *word;
	enum token_kind kind;
} kinds[] = {{"totp", TOKEN_TOTP}, {"hotp", TOKEN_HOTP}, {"card", TOKEN_CARD}};

#define BIT(option) (1u << ((option)-COMMAND_OWN))

/* Options that make no sense with a kind. */
static const struct {
	enum token_kind kind;
	unsigned refused; /* bits */
	const char *why;
} misfits[] = {
    {TOKEN_TOTP, BIT(OPTION_COUNTER), "only a hotp token has one"},
    {TOKEN_TOTP, BIT(OPTION_READER) | BIT(OPTION_SHARED), "only with card"},
    {TOKEN_HOTP, BIT(OPTION_PERIOD) | BIT(OPTION_ALGORITHM),
        "not with hotp, which counts codes and is SHA-1 only"},
    {TOKEN_HOTP, BIT(OPTION_READER) | BIT(OPTION_SHARED), "only with card"},
    {TOKEN_CARD,
        BIT(OPTION_SECRET_FILE) | BIT(OPTION_DIGITS) | BIT(OPTION_PERIOD) |
            BIT(OPTION_ALGORITHM) | BIT(OPTION_COUNTER) | BIT(OPTION_QR),
        "not with card, which makes no codes and keeps its key"},
};

static enum exit_code check_fit(
    struct ui *ui, const struct command *self, const struct enrolment *en)
{
	for (size_t i = 0; i < sizeof(misfits) / sizeof(misfits[0]); i++) {
		unsigned wrong = en->given & misfits[i].refused;

		if (misfits[i].kind == en->token.kind && wrong != 0)
			return misused_option(
			    ui, self, (unsigned)__builtin_ctz(wrong), misfits[i].why);
	}
	return EXIT_DONE;
}

static enum exit_code take_kind(
    struct ui *ui, const struct command *self, struct enrolment *en, const char *word)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(word, kinds[i].word) != 0)
			continue;
		en->token.kind = (uint8_t)kinds[i].kind;
		if (kinds[i].kind == TOKEN_HOTP)
			en->token.period = 0;
		return check_fit(ui, self, en);
	}
	return command_misused(ui, self, word, "unknown kind of token");
}

/* A new secret begins at 0. One that was brought has been used who knows how far. */
static enum exit_code check_counter(struct ui *ui, const struct enrolment *en)
{
	if (en->token.kind != TOKEN_HOTP || !en->no_confirm || en->secret_file == NULL ||
	    (en->given & BIT(OPTION_COUNTER)) != 0)
		return EXIT_DONE;
	return ui_refuse(ui, ERR_USAGE, "--no-confirm",
	    "--counter N, the number of its next code, or let it ask for a code",
	    "where is this token? Codes used before would open again");
}

bool enrol_options(struct ui *ui, const struct command *self, int argc, char **argv,
    struct enrolment *en, enum exit_code *ret_code)
{
	int c;

	while ((c = command_option(ui, self, argc, argv, option_table, ret_code)) != -1) {
		const char *problem;

		if (c < COMMAND_OWN)
			return false;
		en->given |= 1u << (c - COMMAND_OWN);
		problem = setters[c - COMMAND_OWN](en, optarg);
		if (problem == NULL)
			continue;
		*ret_code = misused_option(ui, self, (unsigned)(c - COMMAND_OWN), problem);
		return false;
	}
	*ret_code = command_operands(ui, self, argc, 2, 2);
	if (*ret_code == EXIT_DONE)
		*ret_code = take_kind(ui, self, en, argv[optind + 1]);
	if (*ret_code == EXIT_DONE)
		*ret_code = check_counter(ui, en);
	if (en->qr == NULL)
		en->qr = en->secret_file != NULL ? "none" : "terminal";
	return *ret_code == EXIT_DONE;
}
