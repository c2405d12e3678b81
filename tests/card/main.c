/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * testcard: a simulated smart card for tests, on the line of pcscd's vpcd driver. Reads the
 * command line and starts the parts; HACKING.md has an example.
 *
 * testcard --dir DIR [OPTION...]           the card; ends with the line, or after --lifetime
 * testcard --tell SOCKET COMMAND [WORD]    tells a running card something
 */
#include <err.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/card/control.h"
#include "tests/card/journal.h"
#include "tests/card/session.h"

/* OpenSC offers EC keys on PIV cards of this kind alone. */
#define YUBIKEY_ATR "3BFD1300008131FE158073C021C057597562694B657940"

static struct card card = {
    .options = {.kind = "piv",
        .slots = 1,
        .tries = CARD_UNSAID,
        .certificate = {.subject = "CN=Test person",
            .not_before = "-1",
            .not_after = "+365",
            .key_usage = "critical,digitalSignature",
            .ext_key_usage = "clientAuth"},
        .token_label = "JPKIAPICCTOKEN"},
};
static struct session session = {
    .card = &card, .host = "127.0.0.1", .port = 35963, .line = -1, .control = -1};
static const char *key_word = "rsa2048", *log_path, *control_path;
static bool log_pins, removed;
static unsigned long lifetime = 600;

/* One of flag, text, number and set. */
struct option_row {
	const char *name, *argument, *help;
	const char **text;
	bool *flag;
	unsigned long *number, largest;
	void (*set)(const char *argument);
};

/* For tests that look for the PIN in the command lines of all processes. */
static void set_pin_file(const char *path)
{
	static char pin[PIN_MAX + 2];
	FILE *in = fopen(path, "re");

	if (in == NULL || fgets(pin, sizeof(pin), in) == NULL)
		err(1, "%s", path);
	(void)fclose(in);
	pin[strcspn(pin, "\n")] = '\0';
	card.options.pin = pin;
}

static void set_yubikey(const char *unused)
{
	(void)unused;
	card.options.yubikey = true;
	card.options.atr = YUBIKEY_ATR;
}

static void set_fault(const char *words)
{
	if (faults_arm(&card.faults, words) != 0)
		errx(2, "%s: no fault", words);
}

/* clang-format off */
static const struct option_row rows[] = {
    {"kind", "piv|jpki", "the application [piv]", .text = &card.options.kind},
    {"dir", "DIR", "keys, certificates, guid, PINs: made when missing, else used",
	.text = &card.options.directory},
    {"ca", "DIR", "of the CA: ca.pem, ca-key.pem [--dir]", .text = &card.options.ca_directory},
    {"key", "TYPE", "rsa2048, p256, p384; rsa1024, rsa3072 to be refused [rsa2048]",
	.text = &key_word},
    {"slots", "N", "PIV: how many of 9A 9C 9D 9E are filled [1]",
	.number = &card.options.slots, .largest = CARD_SLOTS},
    {"pin", "PIN", "[123456; jpki 1234]", .text = &card.options.pin},
    {"pin-file", "FILE", "the same, not on the command line", .set = set_pin_file},
    {"puk", "PUK", "[12345678]; jpki: password of the signing key", .text = &card.options.puk},
    {"tries", "N", "left, for this PIN [3]", .number = &card.options.tries, .largest = 15},
    {"subject", "DN", "C=..,O=..,CN=.. [CN=Test person]",
	.text = &card.options.certificate.subject},
    {"not-before", "TIME", "days from now or YYYYMMDDHHMMSSZ [-1]",
	.text = &card.options.certificate.not_before},
    {"not-after", "TIME", "the same [+365]", .text = &card.options.certificate.not_after},
    {"key-usage", "LIST", "as in openssl.cnf [critical,digitalSignature]",
	.text = &card.options.certificate.key_usage},
    {"ext-key-usage", "LIST", "the same [clientAuth]",
	.text = &card.options.certificate.ext_key_usage},
    {"cert-padding", "N", "bytes of comment in the certificate [0]",
	.number = &card.options.certificate.padding, .largest = 3000},
    {"label", "TEXT", "JPKI: token label [JPKIAPICCTOKEN]", .text = &card.options.token_label},
    {"gzip", NULL, "PIV: certificates compressed", .flag = &card.options.gzip},
    {"yubikey", NULL, "PIV: a YubiKey's ATR and version", .set = set_yubikey},
    {"atr", "HEX", "another answer to reset; longer than 33 bytes: none that pcscd takes", .text = &card.options.atr},
    {"exact-le", NULL, "6Cxx unless Le is exactly what there is", .flag = &card.options.exact_le},
    {"host", "ADDRESS", "of pcscd [127.0.0.1]", .text = &session.host},
    {"port", "N", "of the reader [35963]", .number = &session.port, .largest = 65535},
    {"baud", "N", "the line takes (bytes + 8) x 11 / baud seconds for an APDU",
	.number = &session.baud, .largest = 10000000},
    {"apdu-ms", "N", "and the card so many milliseconds",
	.number = &session.apdu_ms, .largest = 60000},
    {"log", "FILE", "every APDU is appended; PINs as **", .text = &log_path},
    {"log-pins", NULL, "PINs as they are", .flag = &log_pins},
    {"control", "SOCKET", "for --tell", .text = &control_path},
    {"removed", NULL, "outside the reader until told `insert`", .flag = &removed},
    {"stay", NULL, "connect again when the reader closes the line", .flag = &session.stay},
    {"lifetime", "SECONDS", "at most [600]", .number = &lifetime, .largest = 86400},
    {"fault", "FAULT", "KIND[=VALUE][@N|@N+|@ins:XX]; up to 8", .set = set_fault},
};
/* clang-format on */

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void help(FILE *out)
{
	(void)fputs("usage: testcard --dir DIR [OPTION...]\n"
	            "       testcard --tell SOCKET insert|remove|counts|clear|state|quit\n"
	            "       testcard --tell SOCKET fault FAULT|none; tries N; note TEXT\n",
	    out);
	for (size_t i = 0; i < ROWS; i++)
		(void)fprintf(out, "  --%-13s %-9s %s\n", rows[i].name,
		    rows[i].argument == NULL ? "" : rows[i].argument, rows[i].help);
}

static unsigned long number(const char *words, unsigned long largest)
{
	char *end = NULL;
	unsigned long value = strtoul(words, &end, 10);

	if (end == words || *end != '\0' || value > largest)
		errx(2, "%s: no number up to %lu", words, largest);
	return value;
}

static void option_take(const struct option_row *row, const char *argument)
{
	if (row->set != NULL)
		row->set(argument);
	else if (row->text != NULL)
		*row->text = argument;
	else if (row->number != NULL)
		*row->number = number(argument, row->largest);
	else
		*row->flag = true;
}

static void read_options(int argc, char **argv)
{
	struct option known[ROWS + 1] = {0};
	int i = -1, found;

	for (size_t row = 0; row < ROWS; row++) {
		known[row].name = rows[row].name;
		known[row].has_arg =
		    rows[row].argument == NULL ? no_argument : required_argument;
	}
	while ((found = getopt_long(argc, argv, "", known, &i)) == 0)
		option_take(&rows[i], optarg);
	if (found != -1 || optind != argc || card.options.directory == NULL) {
		help(stderr);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	if (argc > 3 && strcmp(argv[1], "--tell") == 0)
		return control_tell(argv[2], argv + 3);
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		help(stdout);
		return 0;
	}
	read_options(argc, argv);
	card.options.key_type = key_type_find(key_word);
	if (card.options.key_type == NULL)
		errx(2, "%s: no type of key", key_word);
	/* whatever happens to the test, the card does not stay */
	(void)signal(SIGALRM, SIG_DFL);
	(void)alarm((unsigned)lifetime);
	journal_open(log_path, log_pins);
	card_personalize(&card);
	card_reset(&card);
	/* the socket is the sign that keys and certificates are there */
	if (control_path != NULL)
		session.control = control_listen(control_path);
	if (!removed && session_insert(&session) != 0 && !session.stay)
		err(1, "%s port %lu", session.host, session.port);
	session_run(&session);
	return 0;
}
