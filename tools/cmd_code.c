/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sekisho code recovery|temporary|emergency: which kind, and which of the options fit it.
 */
#include <string.h>

#include "lib/store/emergency.h"
#include "tools/codes.h"
#include "tools/number.h"

#define VALID_LEAST_S 60
#define VALID_MOST_S  (31 * 86400)
#define USES_MOST     100

enum { OPTION_FILE = COMMAND_OWN, OPTION_VALID, OPTION_USES, OPTION_REASON, OPTION_REMOVE };
#define BIT(option) (1u << ((option)-COMMAND_OWN))

static const struct option option_table[] = {{"file", required_argument, NULL, OPTION_FILE},
    {"valid", required_argument, NULL, OPTION_VALID},
    {"uses", required_argument, NULL, OPTION_USES},
    {"reason", required_argument, NULL, OPTION_REASON},
    {"remove", no_argument, NULL, OPTION_REMOVE}, COMMAND_OPTIONS};

/* Which options go with making a code, and which with --remove: BIT() of each. */
static const struct {
	const char *word;
	unsigned taken, needed, remove;
	int least, most; /* people */
	enum exit_code (*run)(
	    struct ui *ui, const struct command *self, const struct code_request *q);
} kinds[] = {
    {"recovery", BIT(OPTION_FILE), 0, 0, 1, 1, code_recovery},
    {"temporary", BIT(OPTION_FILE) | BIT(OPTION_VALID) | BIT(OPTION_USES) | BIT(OPTION_REASON),
        BIT(OPTION_VALID) | BIT(OPTION_REASON), BIT(OPTION_REMOVE) | BIT(OPTION_REASON), 1, 1,
        code_temporary},
    {"emergency", BIT(OPTION_FILE), 0, BIT(OPTION_REMOVE), 0, EMERGENCY_UIDS_MAX,
        code_emergency},
};

/* NULL, or what it wanted. */
static const char *set_option(struct code_request *q, int option, const char *value)
{
	uint64_t n;

	switch (option) {
	case OPTION_FILE:
		q->file = value;
		return value[0] != '\0' ? NULL : "is empty";
	case OPTION_VALID:
		if (duration_parse(value, VALID_LEAST_S, VALID_MOST_S, &q->valid) == 0)
			return NULL;
		return "takes 30m, 8h, 1d and the like, up to 31d";
	case OPTION_USES:
		if (number_parse(value, 1, USES_MOST, &n) != 0)
			return "takes 1 to 100";
		q->uses = (unsigned)n;
		return NULL;
	case OPTION_REASON:
		q->reason = value;
		return NULL;
	default:
		q->remove = true;
		return NULL;
	}
}

static enum exit_code misused(
    struct ui *ui, const struct command *self, unsigned bits, const char *why)
{
	char name[32];

	snprintf(name, sizeof(name), "--%s", option_table[__builtin_ctz(bits)].name);
	return command_misused(ui, self, name, why);
}

/* False: *ret_code says how it ends. */
static bool take_options(struct ui *ui, const struct command *self, int argc, char **argv,
    struct code_request *q, unsigned *ret_given, enum exit_code *ret_code)
{
	int c;

	*ret_given = 0;
	while ((c = command_option(ui, self, argc, argv, option_table, ret_code)) != -1) {
		const char *problem;

		if (c < COMMAND_OWN)
			return false;
		*ret_given |= BIT(c);
		problem = set_option(q, c, optarg);
		if (problem == NULL)
			continue;
		*ret_code = misused(ui, self, BIT(c), problem);
		return false;
	}
	*ret_code = command_reason(ui, self, q->reason);
	return *ret_code == EXIT_DONE;
}

enum exit_code cmd_code(struct ui *ui, const struct command *self, int argc, char **argv)
{
	struct code_request q = {.uses = 1};
	enum exit_code code;
	unsigned given;
	size_t i;

	if (!take_options(ui, self, argc, argv, &q, &given, &code))
		return code;
	if (argv[optind] == NULL)
		return command_misused(
		    ui, self, "recovery, temporary or emergency", "is missing");
	code = command_operands(ui, self, argc, 1, 1 + EMERGENCY_UIDS_MAX);
	if (code != EXIT_DONE)
		return code;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(argv[optind], kinds[i].word) == 0)
			break;
	}
	if (i == sizeof(kinds) / sizeof(kinds[0]))
		return command_misused(ui, self, argv[optind], "unknown kind of code");
	code = command_operands(ui, self, argc, 1 + kinds[i].least, 1 + kinds[i].most);
	if (code != EXIT_DONE)
		return code;
	if (q.remove && kinds[i].remove == 0)
		return misused(
		    ui, self, BIT(OPTION_REMOVE), "does not go with this kind of code");
	if (q.remove && (given & ~kinds[i].remove) != 0)
		return misused(ui, self, given & ~kinds[i].remove, "does not go with --remove");
	if (!q.remove && (given & ~kinds[i].taken) != 0)
		return misused(
		    ui, self, given & ~kinds[i].taken, "does not go with this kind of code");
	if (!q.remove && (kinds[i].needed & ~given) != 0)
		return misused(ui, self, kinds[i].needed & ~given, "is missing");
	if (ui->json.on && q.file != NULL && strcmp(q.file, "-") == 0)
		return misused(
		    ui, self, BIT(OPTION_FILE), "- is standard output, where --json goes");
	q.names = argv + optind + 1;
	q.name_count = (unsigned)(argc - optind - 1);
	return kinds[i].run(ui, self, &q);
}
