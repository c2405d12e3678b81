/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A secret somebody brings along: as vendors print it, from a file, stdin or a hidden prompt.
 */
#include "tools/seed.h"

#include <errno.h>
#include <fcntl.h>
#include <liboath/oath.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/text_file.h"

static const char seed_hint[] = "base32 as vendors print it, or hex: and hexadecimal digits";

static bool is_separator(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '-';
}

/* The digits of text without separators and padding, upper case. Returns their number, or -1
 * with *ret_bad the place (from 1) of what is none. */
static ssize_t collect_digits(
    const char *text, size_t len, const char *alphabet, char *out, size_t *ret_bad)
{
	size_t n = 0;
	bool padding = false;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (is_separator(c))
			continue;
		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		padding = padding || c == '=';
		if (c == '=' && n > 0)
			continue;
		if (padding || c == '\0' || strchr(alphabet, c) == NULL) {
			*ret_bad = i + 1;
			return -1;
		}
		out[n++] = c;
	}
	return (ssize_t)n;
}

static unsigned hex_value(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'A' + 10);
}

static int decode_hex(const char *digits, size_t n, struct token *t)
{
	if (n % 2 != 0 || n / 2 > TOKEN_SECRET_MAX)
		return -1;
	for (size_t i = 0; i < n / 2; i++)
		t->secret[i] =
		    (uint8_t)(hex_value(digits[2 * i]) << 4 | hex_value(digits[2 * i + 1]));
	t->secret_len = (uint16_t)(n / 2);
	return 0;
}

static int decode_base32(char *digits, size_t n, struct token *t)
{
	char *bytes = NULL;
	size_t len = 0;
	int r = -1;

	/* these lengths end in the middle of a byte */
	if (n % 8 == 1 || n % 8 == 3 || n % 8 == 6)
		return -1;
	digits[n] = '\0';
	if (oath_base32_decode(digits, n, &bytes, &len) != OATH_OK)
		return -1;
	if (len <= TOKEN_SECRET_MAX) {
		memcpy(t->secret, bytes, len);
		t->secret_len = (uint16_t)len;
		r = 0;
	}
	wipe(bytes, len);
	free(bytes);
	return r;
}

static bool has_prefix(const char *text, size_t len, const char *prefix)
{
	return len >= strlen(prefix) && strncasecmp(text, prefix, strlen(prefix)) == 0;
}

/* Spaces around and a byte order mark in front are no part of it. */
static void trim_seed(const char **text, size_t *len)
{
	if (has_prefix(*text, *len, "\xef\xbb\xbf")) {
		*text += 3;
		*len -= 3;
	}
	while (*len > 0 && is_separator(**text)) {
		*text += 1;
		*len -= 1;
	}
}

int seed_parse(const char *text, size_t len, const char *object, struct token *t, struct err *e)
{
	char digits[SEED_TEXT_MAX + 1];
	size_t bad = 0, skipped = len;
	bool hex;
	ssize_t n;
	int r = -1;

	t->secret_len = 0;
	if (len > SEED_TEXT_MAX)
		return err_set(e, ERR_INPUT, object, "too long for a secret");
	trim_seed(&text, &len);
	hex = has_prefix(text, len, "hex:");
	if (hex) {
		text += 4;
		len -= 4;
	}
	skipped -= len;
	n = collect_digits(text, len,
	    hex ? "0123456789ABCDEF" : "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", digits, &bad);
	if (n < 0) {
		err_set(e, ERR_INPUT, object, "character %zu is not %s", skipped + bad,
		    hex ? "hexadecimal" : "base32");
	} else if ((hex ? decode_hex(digits, (size_t)n, t)
	                : decode_base32(digits, (size_t)n, t)) != 0) {
		err_set(e, ERR_INPUT, object,
		    "%zd digits are no whole %s secret of 10 to 64 bytes", n,
		    hex ? "hexadecimal" : "base32");
	} else if (t->secret_len < SEED_MIN) {
		err_set(e, ERR_INPUT, object,
		    "a secret of %u bytes is too short, 10 to 64 needed", t->secret_len);
	} else {
		r = 0;
	}
	wipe(digits, sizeof(digits));
	if (r != 0) {
		wipe(t->secret, sizeof(t->secret));
		t->secret_len = 0;
	}
	return r;
}

static void warn_readable(struct ui *ui, int fd, const char *path)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077) != 0)
		ui_warn(ui, "%s: others may read this secret (mode %04o)", path,
		    (unsigned)(st.st_mode & 07777));
}

static int read_file(
    struct ui *ui, const char *path, char *buf, size_t size, size_t *ret_len, struct err *e)
{
	int fd = STDIN_FILENO, r = -1;
	bool from_stdin = strcmp(path, "-") == 0;
	const char *object = from_stdin ? "stdin" : path;
	ssize_t n;

	if (!from_stdin)
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return err_sys(e, ERR_INPUT, object, "cannot open");
	warn_readable(ui, fd, object);
	n = text_file_fill(fd, buf, size);
	if (n < 0) {
		err_sys(e, ERR_INPUT, object, "cannot read");
	} else {
		*ret_len = (size_t)n;
		r = 0;
	}
	if (!from_stdin)
		close(fd);
	return r;
}

static enum exit_code read_hidden(struct ui *ui, struct token *t)
{
	enum exit_code code = EXIT_DONE;
	struct secret line = {0};
	struct err e;
	enum ui_reply reply = ui_ask(ui, "Secret (not shown): ", UI_HIDDEN, &line);

	if (reply == UI_REPLY_TOO_LONG)
		code = ui_refuse(ui, ERR_INPUT, "secret", seed_hint, "too long for a secret");
	else if (reply != UI_REPLY_OK)
		code = ui_no_reply(ui, reply, "secret");
	else if (seed_parse((const char *)line.data, line.len, "secret", t, &e) != 0)
		code = ui_fail(ui, &e, seed_hint);
	secret_clear(&line);
	return code;
}

enum exit_code seed_read(struct ui *ui, const char *path, struct token *t)
{
	const char *object = strcmp(path, "-") == 0 ? "stdin" : path;
	char text[SEED_TEXT_MAX + 1];
	enum exit_code code = EXIT_DONE;
	size_t len = 0;
	struct err e;

	if (strcmp(path, "-") == 0 && isatty(STDIN_FILENO))
		return read_hidden(ui, t);
	if (read_file(ui, path, text, sizeof(text), &len, &e) != 0 ||
	    seed_parse(text, len, object, t, &e) != 0)
		code = ui_fail(
		    ui, &e, "base32 as vendors print it, or hex: and hexadecimal digits");
	wipe(text, sizeof(text));
	return code;
}
