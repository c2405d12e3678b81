/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small PC/SC client for tests: what is in the readers, waiting until a card is in or out,
 * and commands as they stand. It resets nothing but when told: what it finds is what any other
 * program would find.
 *
 * pcsc list                            a line for each reader: present|empty|mute, ATR, name
 * pcsc wait READER present|empty SECONDS
 * pcsc send READER HEX...              prints each answer; READER: part of its name
 * pcsc reset READER
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <winscard.h>

#define NAMES_MAX 2048
#define SLICE_MS  200

static SCARDCONTEXT context;

static LONG establish(void)
{
	return SCardEstablishContext(SCARD_SCOPE_SYSTEM, NULL, NULL, &context);
}

/* The names of all readers, each with its NUL, an empty one behind the last. */
static LONG list_readers(char *names, DWORD size)
{
	LONG r = SCardListReaders(context, NULL, names, &size);

	if (r == SCARD_E_NO_READERS_AVAILABLE) {
		names[0] = '\0';
		r = SCARD_S_SUCCESS;
	}
	return r;
}

/* Into ret_name; false when no reader's name has this in it. */
static int find_reader(const char *part, char *ret_name, size_t size)
{
	char names[NAMES_MAX] = "";

	if (list_readers(names, sizeof(names)) != SCARD_S_SUCCESS)
		return 0;
	for (const char *name = names; *name != '\0'; name += strlen(name) + 1) {
		if (strstr(name, part) != NULL)
			return snprintf(ret_name, size, "%s", name) < (int)size;
	}
	return 0;
}

static void print_hex(const unsigned char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		(void)printf("%02X", bytes[i]);
}

static const char *presence(DWORD state)
{
	if ((state & SCARD_STATE_PRESENT) == 0)
		return "empty";
	return (state & SCARD_STATE_MUTE) != 0 ? "mute" : "present";
}

static DWORD reader_state(const char *name, SCARD_READERSTATE *ret_state)
{
	*ret_state =
	    (SCARD_READERSTATE){.szReader = name, .dwCurrentState = SCARD_STATE_UNAWARE};
	if (SCardGetStatusChange(context, 0, ret_state, 1) != SCARD_S_SUCCESS)
		return SCARD_STATE_UNKNOWN;
	return (DWORD)ret_state->dwEventState;
}

static int run_list(int argc, char **argv)
{
	char names[NAMES_MAX] = "";
	LONG r = establish();

	(void)argc;
	(void)argv;
	if (r == SCARD_S_SUCCESS)
		r = list_readers(names, sizeof(names));
	if (r != SCARD_S_SUCCESS)
		errx(1, "%s", pcsc_stringify_error(r));
	for (const char *name = names; *name != '\0'; name += strlen(name) + 1) {
		SCARD_READERSTATE state;

		(void)printf("%s ", presence(reader_state(name, &state)));
		print_hex(state.rgbAtr, state.cbAtr);
		(void)printf("%s%s\n", state.cbAtr == 0 ? "- " : " ", name);
	}
	return 0;
}

static int run_wait(int argc, char **argv)
{
	time_t end;
	const char *wanted;

	if (argc != 3)
		return 2;
	wanted = argv[1];
	end = time(NULL) + atoi(argv[2]);
	while (time(NULL) <= end) {
		struct timespec slice = {.tv_nsec = SLICE_MS * 1000000L / 10};
		SCARD_READERSTATE state;
		char name[MAX_READERNAME + 1];

		/* pcscd may be starting, the reader may be coming: ask again until the end */
		if ((SCardIsValidContext(context) == SCARD_S_SUCCESS ||
		        establish() == SCARD_S_SUCCESS) &&
		    find_reader(argv[0], name, sizeof(name))) {
			if (strcmp(presence(reader_state(name, &state)), wanted) == 0)
				return 0;
			state.dwCurrentState = state.dwEventState;
			(void)SCardGetStatusChange(context, SLICE_MS, &state, 1);
		}
		(void)nanosleep(&slice, NULL);
	}
	errx(1, "%s: not %s in %s s", argv[0], wanted, argv[2]);
}

static size_t parse_hex(const char *words, unsigned char *bytes, size_t size)
{
	size_t length = 0;

	for (; *words != '\0' && length < size; words += 2) {
		char digits[3] = {words[0], words[1], '\0'};
		char *end = NULL;

		bytes[length++] = (unsigned char)strtoul(digits, &end, 16);
		if (end != digits + 2)
			errx(2, "%s: not hexadecimal", words);
	}
	return length;
}

static void transmit(SCARDHANDLE card, DWORD protocol, const char *words)
{
	static unsigned char answer[MAX_BUFFER_SIZE_EXTENDED];
	unsigned char command[MAX_BUFFER_SIZE];
	DWORD used = sizeof(answer);
	size_t length = parse_hex(words, command, sizeof(command));
	LONG r =
	    SCardTransmit(card, protocol == SCARD_PROTOCOL_T0 ? SCARD_PCI_T0 : SCARD_PCI_T1,
	        command, (DWORD)length, NULL, answer, &used);

	if (r != SCARD_S_SUCCESS)
		errx(1, "%s", pcsc_stringify_error(r));
	print_hex(answer, used);
	(void)putchar('\n');
}

static SCARDHANDLE connect_card(const char *reader, DWORD *ret_protocol)
{
	char name[MAX_READERNAME + 1];
	SCARDHANDLE card = 0;
	LONG r = establish();

	if (r == SCARD_S_SUCCESS && !find_reader(reader, name, sizeof(name)))
		errx(1, "%s: no such reader", reader);
	if (r == SCARD_S_SUCCESS)
		r = SCardConnect(context, name, SCARD_SHARE_SHARED,
		    SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &card, ret_protocol);
	if (r != SCARD_S_SUCCESS)
		errx(1, "%s", pcsc_stringify_error(r));
	return card;
}

static int run_send(int argc, char **argv)
{
	SCARDHANDLE card;
	DWORD protocol = 0;

	if (argc < 2)
		return 2;
	card = connect_card(argv[0], &protocol);
	for (int i = 1; i < argc; i++)
		transmit(card, protocol, argv[i]);
	(void)SCardDisconnect(card, SCARD_LEAVE_CARD);
	(void)SCardReleaseContext(context);
	return 0;
}

static int run_reset(int argc, char **argv)
{
	DWORD protocol = 0;
	LONG r;

	if (argc != 1)
		return 2;
	r = SCardDisconnect(connect_card(argv[0], &protocol), SCARD_RESET_CARD);
	if (r != SCARD_S_SUCCESS)
		errx(1, "%s", pcsc_stringify_error(r));
	(void)SCardReleaseContext(context);
	return 0;
}

static const struct {
	const char *word;
	int (*run)(int argc, char **argv);
} commands[] = {
    {"list", run_list}, {"wait", run_wait}, {"send", run_send}, {"reset", run_reset}};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[1], commands[i].word) == 0)
			return commands[i].run(argc - 2, argv + 2);
	}
	(void)fputs("usage: pcsc list | wait READER present|empty SECONDS | send READER HEX... "
	            "| reset READER\n",
	    stderr);
	return 2;
}
