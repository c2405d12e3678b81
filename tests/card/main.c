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

struct setup {
	struct card card;
	struct session session;
	const char *log, *control;
	bool log_pins, removed;
	unsigned lifetime;
};

struct option_row {
	const char *name, *argument, *help;
	void (*set)(struct setup *s, const char *argument);
};

static unsigned long number(const char *words, unsigned long largest)
{
	char *end = NULL;
	unsigned long value = strtoul(words, &end, 10);

	if (end == words || *end != '\0' || value > largest)
		errx(2, "%s: no number up to %lu", words, largest);
	return value;
}

static void set_kind(struct setup *s, const char *a)
{
	s->card.options.kind = a;
}

static void set_dir(struct setup *s, const char *a)
{
	s->card.options.directory = a;
}

static void set_ca(struct setup *s, const char *a)
{
	s->card.options.ca_directory = a;
}

static void set_key(struct setup *s, const char *a)
{
	s->card.options.key_type = key_type_find(a);
	if (s->card.options.key_type == NULL)
		errx(2, "%s: no type of key", a);
}

static void set_slots(struct setup *s, const char *a)
{
	s->card.options.slots = (unsigned)number(a, CARD_SLOTS);
}

static void set_pin(struct setup *s, const char *a)
{
	s->card.options.pin = a;
}

/* For tests that look for the PIN in the command lines of all processes. */
static void set_pin_file(struct setup *s, const char *a)
{
	static char pin[PIN_MAX + 2];
	FILE *in = fopen(a, "re");

	if (in == NULL || fgets(pin, sizeof(pin), in) == NULL)
		err(1, "%s", a);
	(void)fclose(in);
	pin[strcspn(pin, "\n")] = '\0';
	s->card.options.pin = pin;
}

static void set_puk(struct setup *s, const char *a)
{
	s->card.options.puk = a;
}

static void set_tries(struct setup *s, const char *a)
{
	s->card.options.tries = (unsigned)number(a, 15);
}

static void set_subject(struct setup *s, const char *a)
{
	s->card.options.certificate.subject = a;
}

static void set_not_before(struct setup *s, const char *a)
{
	s->card.options.certificate.not_before = a;
}

static void set_not_after(struct setup *s, const char *a)
{
	s->card.options.certificate.not_after = a;
}

static void set_key_usage(struct setup *s, const char *a)
{
	s->card.options.certificate.key_usage = a;
}

static void set_ext_key_usage(struct setup *s, const char *a)
{
	s->card.options.certificate.ext_key_usage = a;
}

static void set_padding(struct setup *s, const char *a)
{
	s->card.options.certificate.padding = number(a, 3000);
}

static void set_label(struct setup *s, const char *a)
{
	s->card.options.token_label = a;
}

static void set_gzip(struct setup *s, const char *a)
{
	(void)a;
	s->card.options.gzip = true;
}

static void set_yubikey(struct setup *s, const char *a)
{
	(void)a;
	s->card.options.yubikey = true;
	s->card.options.atr = YUBIKEY_ATR;
}

static void set_atr(struct setup *s, const char *a)
{
	s->card.options.atr = a;
}

static void set_exact_le(struct setup *s, const char *a)
{
	(void)a;
	s->card.options.exact_le = true;
}

static void set_host(struct setup *s, const char *a)
{
	s->session.host = a;
}

static void set_port(struct setup *s, const char *a)
{
	s->session.port = (unsigned)number(a, 65535);
}

static void set_baud(struct setup *s, const char *a)
{
	s->session.baud = number(a, 10000000);
}

static void set_apdu_ms(struct setup *s, const char *a)
{
	s->session.apdu_ms = number(a, 60000);
}

static void set_log(struct setup *s, const char *a)
{
	s->log = a;
}

static void set_log_pins(struct setup *s, const char *a)
{
	(void)a;
	s->log_pins = true;
}

static void set_control(struct setup *s, const char *a)
{
	s->control = a;
}

static void set_removed(struct setup *s, const char *a)
{
	(void)a;
	s->removed = true;
}

static void set_stay(struct setup *s, const char *a)
{
	(void)a;
	s->session.stay = true;
}

static void set_lifetime(struct setup *s, const char *a)
{
	s->lifetime = (unsigned)number(a, 86400);
}

static void set_fault(struct setup *s, const char *a)
{
	if (faults_arm(&s->card.faults, a) != 0)
		errx(2, "%s: no fault", a);
}

static const struct option_row rows[] = {
    {"kind", "piv|jpki", "the application [piv]", set_kind},
    {"dir", "DIR", "keys, certificates, guid, PINs: made when missing, else used", set_dir},
    {"ca", "DIR", "of the CA: ca.pem, ca-key.pem [--dir]", set_ca},
    {"key", "TYPE", "rsa2048, p256, p384; rsa1024, rsa3072 to be refused [rsa2048]", set_key},
    {"slots", "N", "PIV: how many of 9A 9C 9D 9E are filled [1]", set_slots},
    {"pin", "PIN", "[123456; jpki 1234]", set_pin},
    {"pin-file", "FILE", "the same, not on the command line", set_pin_file},
    {"puk", "PUK", "jpki: password of the signing key", set_puk},
    {"tries", "N", "left, for this PIN [3]", set_tries},
    {"subject", "DN", "C=..,O=..,CN=.. [CN=Test person]", set_subject},
    {"not-before", "TIME", "days from now or YYYYMMDDHHMMSSZ [-1]", set_not_before},
    {"not-after", "TIME", "the same [+365]", set_not_after},
    {"key-usage", "LIST", "as in openssl.cnf [critical,digitalSignature]", set_key_usage},
    {"ext-key-usage", "LIST", "the same [clientAuth]", set_ext_key_usage},
    {"cert-padding", "N", "bytes of comment in the certificate [0]", set_padding},
    {"label", "TEXT", "JPKI: token label [JPKIAPICCTOKEN]", set_label},
    {"gzip", NULL, "PIV: certificates compressed", set_gzip},
    {"yubikey", NULL, "PIV: a YubiKey's ATR and version", set_yubikey},
    {"atr", "HEX", "another answer to reset", set_atr},
    {"exact-le", NULL, "6Cxx unless Le is exactly what there is", set_exact_le},
    {"host", "ADDRESS", "of pcscd [127.0.0.1]", set_host},
    {"port", "N", "of the reader [35963]", set_port},
    {"baud", "N", "the line takes (bytes + 8) x 11 / baud seconds for an APDU", set_baud},
    {"apdu-ms", "N", "and the card so many milliseconds", set_apdu_ms},
    {"log", "FILE", "every APDU is appended; PINs as **", set_log},
    {"log-pins", NULL, "PINs as they are", set_log_pins},
    {"control", "SOCKET", "for --tell", set_control},
    {"removed", NULL, "outside the reader until told `insert`", set_removed},
    {"stay", NULL, "connect again when the reader closes the line", set_stay},
    {"lifetime", "SECONDS", "at most [600]", set_lifetime},
    {"fault", "FAULT", "KIND[=VALUE][@N|@N+|@ins:XX]; up to 8", set_fault},
};

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

static void read_options(struct setup *s, int argc, char **argv)
{
	struct option known[ROWS + 1] = {0};
	int i = 0;

	for (size_t row = 0; row < ROWS; row++) {
		known[row].name = rows[row].name;
		known[row].has_arg =
		    rows[row].argument == NULL ? no_argument : required_argument;
	}
	while ((i = -1, getopt_long(argc, argv, "", known, &i)) == 0 && i >= 0)
		rows[i].set(s, optarg);
	if (i >= 0 || optind != argc || s->card.options.directory == NULL) {
		help(stderr);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	static struct setup s;

	s.card.options = (struct card_options){
	    .kind = "piv",
	    .key_type = key_type_find("rsa2048"),
	    .slots = 1,
	    .tries = (unsigned)-1,
	    .certificate = {.subject = "CN=Test person",
	        .not_before = "-1",
	        .not_after = "+365",
	        .key_usage = "critical,digitalSignature",
	        .ext_key_usage = "clientAuth"},
	    .token_label = "JPKIAPICCTOKEN",
	};
	s.session = (struct session){
	    .card = &s.card, .host = "127.0.0.1", .port = 35963, .line = -1, .control = -1};
	s.lifetime = 600;
	if (argc > 3 && strcmp(argv[1], "--tell") == 0)
		return control_tell(argv[2], argv + 3);
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		help(stdout);
		return 0;
	}
	read_options(&s, argc, argv);
	/* whatever happens to the test, the card does not stay */
	(void)signal(SIGALRM, SIG_DFL);
	(void)alarm(s.lifetime);
	journal_open(s.log, s.log_pins);
	card_personalize(&s.card);
	card_reset(&s.card);
	/* the socket is the sign that keys and certificates are there */
	if (s.control != NULL)
		s.session.control = control_listen(s.control);
	if (!s.removed && session_insert(&s.session) != 0 && !s.session.stay)
		err(1, "%s port %u", s.session.host, s.session.port);
	session_run(&s.session);
	return 0;
}
