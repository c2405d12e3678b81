/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The table of module options. Whether a path is safe is not judged here (pam_module/path.h).
 */
#include "lib/wire/options.h"

#include <limits.h>
#include <string.h>

#define DEFAULT_HELPER     LIBEXECDIR "/sekisho-auth"
#define DEFAULT_SOCKET_DIR "/run/sekisho"

static int set_try_first_pass(struct options *o, const char *value)
{
	(void)value;
	o->try_first_pass = true;
	return 0;
}

static int set_use_first_pass(struct options *o, const char *value)
{
	(void)value;
	o->use_first_pass = true;
	return 0;
}

static int set_combined(struct options *o, const char *value)
{
	(void)value;
	o->combined = true;
	return 0;
}

static int set_code_digits(struct options *o, const char *value)
{
	if (strlen(value) != 1 || value[0] < '0' + OPTIONS_CODE_DIGITS_MIN ||
	    value[0] > '0' + OPTIONS_CODE_DIGITS_MAX)
		return -1;
	o->code_digits = (unsigned int)(value[0] - '0');
	return 0;
}

static int set_language(struct options *o, const char *value)
{
	static const char *const words[] = {
	    [LANGUAGE_AUTO] = "auto", [LANGUAGE_EN] = "en", [LANGUAGE_JA] = "ja"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i], value) == 0) {
			o->language = (enum language)i;
			return 0;
		}
	}
	return -1;
}

/* Written one way only: what the log and path.c show is then what will be used. */
static bool path_is_plain(const char *path, size_t size)
{
	size_t len = strlen(path);

	return path[0] == '/' && len > 1 && len < size && path[len - 1] != '/' &&
	       strstr(path, "//") == NULL && strstr(path, "/./") == NULL &&
	       strstr(path, "/../") == NULL && strcmp(path + len - 2, "/.") != 0 &&
	       (len < 3 || strcmp(path + len - 3, "/..") != 0);
}

static int set_helper(struct options *o, const char *value)
{
	if (!path_is_plain(value, PATH_MAX))
		return -1;
	o->helper = value;
	return 0;
}

static int set_socket_dir(struct options *o, const char *value)
{
	if (!path_is_plain(value, OPTIONS_SOCKET_DIR_SIZE))
		return -1;
	o->socket_dir = value;
	return 0;
}

static const struct option_row {
	const char *name;
	bool takes_value;
	int (*set)(struct options *o, const char *value);
	const char *wants;
} rows[] = {
    {"try_first_pass", false, set_try_first_pass, "takes no value"},
    {"use_first_pass", false, set_use_first_pass, "takes no value"},
    {"combined", false, set_combined, "takes no value"},
    {"code-digits", true, set_code_digits, "must be 6, 7 or 8"},
    {"lang", true, set_language, "must be auto, en or ja"},
    {"helper", true, set_helper, "must be an absolute path without ., .. or //"},
    {"socket-dir", true, set_socket_dir, "must be a short absolute path without ., .. or //"},
};

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

/* ROW_COUNT when there is no such option. */
static size_t row_find(const char *word, size_t name_len)
{
	size_t i = 0;

	while (i < ROW_COUNT &&
	       (strlen(rows[i].name) != name_len || memcmp(rows[i].name, word, name_len) != 0))
		i++;
	return i;
}

static int option_take(struct options *o, const char *word, bool seen[ROW_COUNT], struct err *e)
{
	size_t name_len = strcspn(word, "=");
	const char *value = word[name_len] == '=' ? word + name_len + 1 : NULL;
	size_t i = row_find(word, name_len);

	if (i == ROW_COUNT)
		return err_set(e, ERR_OPTION, word, "unknown module option; logins denied");
	if (seen[i])
		return err_set(e, ERR_OPTION, word, "module option given twice; logins denied");
	seen[i] = true;
	if (rows[i].takes_value != (value != NULL) || rows[i].set(o, value) != 0)
		return err_set(
		    e, ERR_OPTION, word, "module option %s; logins denied", rows[i].wants);
	return 0;
}

int options_parse(int argc, const char *const *argv, struct options *ret_o, struct err *e)
{
	struct options o = {
	    .code_digits = OPTIONS_CODE_DIGITS_MIN,
	    .helper = DEFAULT_HELPER,
	    .socket_dir = DEFAULT_SOCKET_DIR,
	};
	bool seen[ROW_COUNT] = {false};

	for (int i = 0; i < argc; i++) {
		if (option_take(&o, argv[i], seen, e) != 0)
			return -1;
	}
	if (o.try_first_pass && o.use_first_pass)
		return err_set(e, ERR_OPTION, "use_first_pass",
		    "module option contradicts try_first_pass; logins denied");
	*ret_o = o;
	return 0;
}
