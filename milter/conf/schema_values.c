/* schema_values: one value of the configuration, by the type of its key
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/schema_values.h"
#include "conf/conf_address.h"
#include "core/duration.h"
#include "core/printable.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- words */

/* The place of TEXT among "one|two|three", or -1. */
static int find_word(const char *words, const char *text)
{
	size_t length = strlen(text);

	for (int place = 0;; place++) {
		size_t word = strcspn(words, "|");

		if (word == length && memcmp(words, text, length) == 0)
			return place;
		if (words[word] == '\0')
			return -1;
		words += word + 1;
	}
}

/* "one|two|three" as "one, two or three", each within quotes. */
static void list_words(const char *words, const char *quote, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	while (used < size) {
		size_t word = strcspn(words, "|");
		bool is_last = words[word] == '\0';
		const char *next = words + word + 1;

		used += (size_t)snprintf(
			out + used, size - used, "%s%.*s%s", quote, (int)word, words, quote);
		if (is_last || used >= size)
			return;
		used += (size_t)snprintf(
			out + used, size - used, "%s", strchr(next, '|') == NULL ? " or " : ", ");
		words = next;
	}
}

static const char *type_name(enum schema_type type)
{
	switch (type) {
	case SCHEMA_TEXT:
		return "string";
	case SCHEMA_PATH:
		return "absolute path";
	case SCHEMA_MODE:
		return "string in octal";
	case SCHEMA_SOCKET:
		return "socket";
	case SCHEMA_GROUP:
		return "group";
	case SCHEMA_LIST:
		return "list of groups";
	case SCHEMA_TEXTS:
		return "string or list of strings";
	case SCHEMA_VALUES:
		return "string, number, or list of them";
	case SCHEMA_BOOL:
		return "true or false";
	case SCHEMA_PERCENT:
		return "0 to 100";
	default:
		return "";
	}
}

char *schema_values_describe(const struct schema_key *key, char *out, size_t size)
{
	char kind[200];

	if (key->type == SCHEMA_NUMBER)
		snprintf(kind, sizeof(kind), "%d to %d", key->least, key->most);
	else if (key->type == SCHEMA_DURATION)
		snprintf(kind, sizeof(kind), "%d to %d s", key->least, key->most);
	else if (key->type == SCHEMA_MS)
		snprintf(kind, sizeof(kind), "%g to %g s", key->least / 1000.0, key->most / 1000.0);
	else if (key->type == SCHEMA_SIZE)
		snprintf(kind, sizeof(kind), "0 to %" PRId64, SCHEMA_SIZE_MAX);
	else if (key->type == SCHEMA_WORD)
		list_words(key->words, "", kind, sizeof(kind));
	else
		snprintf(kind, sizeof(kind), "%s", type_name(key->type));
	if (key->fallback == NULL)
		snprintf(out, size, "%s", kind);
	else
		snprintf(out, size, "%s, default %s", kind, key->fallback);
	return out;
}

/* ---- values */

static void *place_of(const struct schema_key *key, void *target)
{
	return (char *)target + key->offset;
}

void schema_values_default(const struct schema_key *key, void *target)
{
	void *place = place_of(key, target);
	int number;

	switch (key->type) {
	case SCHEMA_NUMBER:
	case SCHEMA_DURATION:
		number = key->fallback == NULL ? 0 : (int)strtol(key->fallback, NULL, 10);
		memcpy(place, &number, sizeof(number));
		break;
	case SCHEMA_MS:
		*(int *)place = (int)(strtod(key->fallback, NULL) * 1000 + 0.5);
		break;
	case SCHEMA_WORD:
		number = key->fallback == NULL ? -1 : find_word(key->words, key->fallback);
		memcpy(place, &number, sizeof(number));
		break;
	case SCHEMA_BOOL:
		*(int *)place = key->fallback == NULL ? -1 : strcmp(key->fallback, "true") == 0;
		break;
	case SCHEMA_SIZE:
		*(int64_t *)place = -1;
		break;
	case SCHEMA_PERCENT:
		*(int *)place = -1;
		break;
	case SCHEMA_MODE:
		*(unsigned *)place = (unsigned)strtoul(key->fallback, NULL, 8);
		break;
	case SCHEMA_SOCKET:
		conf_address_socket(place, key->fallback);
		break;
	case SCHEMA_TEXT:
	case SCHEMA_PATH:
		*(const char **)place = key->fallback;
		break;
	case SCHEMA_GROUP:
	case SCHEMA_LIST:
	case SCHEMA_TEXTS:
	case SCHEMA_VALUES:
		*(config_setting_t **)place = NULL;
		break;
	}
}

/* ---- what was found in the place of something else */

/* " = 7 is a number", to stand after the name of SETTING. */
static void say_found(const config_setting_t *setting, char *out, size_t size)
{
	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_INT:
	case CONFIG_TYPE_INT64:
		snprintf(out, size, " = %lld is a number", config_setting_get_int64(setting));
		break;
	case CONFIG_TYPE_FLOAT:
		snprintf(out, size, " = %.10g is a fraction", config_setting_get_float(setting));
		break;
	case CONFIG_TYPE_BOOL:
		snprintf(out, size, " = %s is neither a string nor a number",
			config_setting_get_bool(setting) ? "true" : "false");
		break;
	case CONFIG_TYPE_STRING:
		snprintf(out, size, " = \"%.60s\" is a string", config_setting_get_string(setting));
		break;
	case CONFIG_TYPE_GROUP:
		snprintf(out, size, " is a group { … }");
		break;
	case CONFIG_TYPE_ARRAY:
		snprintf(out, size, " is a list [ … ]");
		break;
	default:
		snprintf(out, size, " is a list ( … )");
		break;
	}
}

void schema_values_fault(struct schema_reader *reader, const config_setting_t *setting,
	const char *name, const char *wanted)
{
	char found[100];
	char printable[100];

	say_found(setting, found, sizeof(found));
	schema_fault(reader, setting, "%s%s: write %s", name,
		printable_copy(printable, sizeof(printable), found), wanted);
}

/* ---- values */

/* Gives whether it is a whole number. */
static bool get_whole(const config_setting_t *setting, long long *number)
{
	int type = config_setting_type(setting);

	if (type == CONFIG_TYPE_INT)
		*number = config_setting_get_int(setting);
	else if (type == CONFIG_TYPE_INT64)
		*number = config_setting_get_int64(setting);
	return type == CONFIG_TYPE_INT || type == CONFIG_TYPE_INT64;
}

/* A number within quotes is one all the same, but for a type that has to be right. */
static bool is_quoted_number(
	const struct schema_key *key, const config_setting_t *setting, long long *number)
{
	const char *text = config_setting_get_string(setting);
	char *end;

	if (text == NULL || *text < '0' || *text > '9')
		return false;
	*number = strtoll(text, &end, 10);
	return *end == '\0' && *number >= key->least && *number <= key->most;
}

static void read_number(struct schema_reader *reader, const struct schema_key *key,
	const config_setting_t *setting, int *place)
{
	long long number;
	char wanted[100];

	if (!get_whole(setting, &number)) {
		if (is_quoted_number(key, setting, &number))
			snprintf(wanted, sizeof(wanted), "%s = %lld", key->name, number);
		else
			snprintf(wanted, sizeof(wanted), "a whole number of %d to %d", key->least,
				key->most);
		schema_values_fault(reader, setting, key->name, wanted);
	} else if (number < key->least || number > key->most)
		schema_fault(reader, setting, "%s = %lld is not within %d to %d", key->name, number,
			key->least, key->most);
	else
		*place = (int)number;
}

/* Seconds, with a fraction or without; or "500ms", "2s". */
static bool get_ms(const config_setting_t *setting, double *ms)
{
	const char *text = config_setting_get_string(setting);
	long long number;
	char *end;

	if (get_whole(setting, &number)) {
		*ms = (double)number * 1000;
		return true;
	}
	if (config_setting_type(setting) == CONFIG_TYPE_FLOAT) {
		*ms = config_setting_get_float(setting) * 1000;
		return true;
	}
	if (text == NULL || *text < '0' || *text > '9')
		return false;
	*ms = strtod(text, &end);
	if (strcmp(end, "s") == 0)
		*ms *= 1000;
	return strcmp(end, "s") == 0 || strcmp(end, "ms") == 0;
}

static void read_ms(struct schema_reader *reader, const struct schema_key *key,
	const config_setting_t *setting, int *place)
{
	double ms;

	if (!get_ms(setting, &ms))
		schema_values_fault(reader, setting, key->name,
			"seconds, such as 0.5, or a string such as \"500ms\"");
	else if (!(ms >= key->least && ms <= key->most))
		schema_fault(reader, setting, "%s is not within %g to %g seconds", key->name,
			key->least / 1000.0, key->most / 1000.0);
	else
		*place = (int)(ms + 0.5);
}

/* Seconds, or a string with units. */
static void read_duration(struct schema_reader *reader, const struct schema_key *key,
	const config_setting_t *setting, int *place)
{
	const char *text = config_setting_get_string(setting);
	char printable[40];
	int64_t ms;

	if (text == NULL) {
		long long number;

		if (get_whole(setting, &number))
			read_number(reader, key, setting, place);
		else
			schema_values_fault(reader, setting, key->name,
				"seconds, or a duration such as \"90s\"");
		return;
	}
	printable_copy(printable, sizeof(printable), text);
	ms = strcmp(text, "0s") == 0 ? 0 : duration_parse(text);
	if (ms == -1 || (*text != '\0' && strchr("0123456789", text[strlen(text) - 1]) != NULL))
		schema_fault(reader, setting,
			"%s = \"%s\" is not a duration: write seconds as a number, or a string with"
			" a unit, such as \"90s\", \"15m\" or \"2h\"",
			key->name, printable);
	else if (ms / 1000 < key->least || ms / 1000 > key->most)
		schema_fault(reader, setting, "%s = \"%s\" is not within %d to %d seconds",
			key->name, printable, key->least, key->most);
	else
		*place = (int)(ms / 1000);
}

static void read_size(struct schema_reader *reader, const struct schema_key *key,
	const config_setting_t *setting, int64_t *place)
{
	long long number;

	if (!get_whole(setting, &number))
		schema_values_fault(reader, setting, key->name, "a whole number of octets");
	else if (number < 0 || number > SCHEMA_SIZE_MAX)
		schema_fault(reader, setting, "%s = %lld is not within 0 to %" PRId64, key->name,
			number, SCHEMA_SIZE_MAX);
	else
		*place = number;
}

static void read_percent(struct schema_reader *reader, const struct schema_key *key,
	const config_setting_t *setting, int *place)
{
	const int steps = RULES_PERCENT_WHOLE / 100;
	long long whole = 0;
	bool is_float = config_setting_type(setting) == CONFIG_TYPE_FLOAT;
	double number = is_float ? config_setting_get_float(setting) : 0;
	double rest;

	if (!is_float && get_whole(setting, &whole))
		number = (double)whole;
	else if (!is_float)
		number = -1;
	if (!(number >= 0 && number <= 100)) {
		schema_fault(reader, setting, "%s must be a number of 0 to 100", key->name);
		return;
	}
	*place = (int)(number * steps + 0.5);
	/* 0.07 is no binary fraction: what it is off by is no finer step. */
	rest = number * steps - *place;
	if (rest > 1e-6 || rest < -1e-6) {
		*place = -1;
		schema_fault(reader, setting, "%s goes in steps of 0.01", key->name);
	}
}

static void read_bool(struct schema_reader *reader, const struct schema_key *key,
	const config_setting_t *setting, int *place)
{
	if (config_setting_type(setting) == CONFIG_TYPE_BOOL)
		*place = config_setting_get_bool(setting) != 0;
	else
		schema_values_fault(reader, setting, key->name, "true or false, without quotes");
}

static void read_word(struct schema_reader *reader, const struct schema_key *key,
	const config_setting_t *setting, int *place)
{
	const char *text = config_setting_get_string(setting);
	int word = text == NULL ? -1 : find_word(key->words, text);
	char words[200], printable[60];

	if (word != -1) {
		*place = word;
		return;
	}
	list_words(key->words, "\"", words, sizeof(words));
	if (text == NULL)
		schema_values_fault(reader, setting, key->name, words);
	else
		schema_fault(reader, setting, "%s must be %s, not \"%s\"", key->name, words,
			printable_copy(printable, sizeof(printable), text));
}

static void read_mode(struct schema_reader *reader, const struct schema_key *key,
	const config_setting_t *setting, unsigned *place)
{
	const char *text = config_setting_get_string(setting);
	unsigned long mode = 0;
	char *end = NULL;
	long long number;
	char wanted[100];

	if (text != NULL && *text >= '0' && *text <= '7')
		mode = strtoul(text, &end, 8);
	if (end != NULL && *end == '\0' && mode <= 0777) {
		*place = (unsigned)mode;
		return;
	}
	snprintf(wanted, sizeof(wanted), "\"0000\" to \"0777\", in octal");
	/* Its digits are octal ones: libconfig has read them as decimal ones. */
	if (get_whole(setting, &number) && number >= 0 && number <= 777)
		snprintf(wanted, sizeof(wanted), "%s = \"%04lld\"", key->name, number);
	if (text == NULL)
		schema_values_fault(reader, setting, key->name, wanted);
	else
		schema_fault(reader, setting, "%s must be %s", key->name, wanted);
}

static void read_path(struct schema_reader *reader, const struct schema_key *key,
	const config_setting_t *setting, const char **place)
{
	const char *text = schema_text(reader, setting);

	if (text == NULL)
		return;
	if (*text != '/')
		schema_fault(
			reader, setting, "%s must be an absolute path: \"%s\"", key->name, text);
	else
		*place = text;
}

static void read_socket(struct schema_reader *reader, const struct schema_key *key,
	const config_setting_t *setting, struct conf_socket *place)
{
	const char *text = schema_text(reader, setting);
	struct conf_socket socket;

	if (text == NULL)
		return;
	if (conf_address_socket(&socket, text) == -1)
		schema_fault(reader, setting,
			"%s = \"%s\" is not unix:/PATH (of at most %d octets) or"
			" inet:PORT@ADDRESS",
			key->name, text, CONF_ADDRESS_PATH_MAX);
	else
		*place = socket;
}

static void read_texts(struct schema_reader *reader, const struct schema_key *key,
	config_setting_t *setting, config_setting_t **place)
{
	int type = config_setting_type(setting);
	bool takes_numbers = key->type == SCHEMA_VALUES;
	long long number;

	if (type == CONFIG_TYPE_STRING || (takes_numbers && get_whole(setting, &number)) ||
		((type == CONFIG_TYPE_ARRAY || type == CONFIG_TYPE_LIST) &&
			config_setting_length(setting) > 0))
		*place = setting;
	else
		schema_fault(reader, setting,
			takes_numbers ? "%s must be a string, a number, or a list of them"
				      : "%s must be a string or a list of strings",
			key->name);
}

void schema_values_read(struct schema_reader *reader, const struct schema_key *key,
	config_setting_t *setting, void *target)
{
	void *place = place_of(key, target);
	const char *text;

	switch (key->type) {
	case SCHEMA_NUMBER:
		read_number(reader, key, setting, place);
		break;
	case SCHEMA_DURATION:
		read_duration(reader, key, setting, place);
		break;
	case SCHEMA_MS:
		read_ms(reader, key, setting, place);
		break;
	case SCHEMA_WORD:
		read_word(reader, key, setting, place);
		break;
	case SCHEMA_MODE:
		read_mode(reader, key, setting, place);
		break;
	case SCHEMA_SOCKET:
		read_socket(reader, key, setting, place);
		break;
	case SCHEMA_PATH:
		read_path(reader, key, setting, place);
		break;
	case SCHEMA_TEXT:
		text = schema_text(reader, setting);
		if (text != NULL)
			*(const char **)place = text;
		break;
	case SCHEMA_GROUP:
		if (config_setting_is_group(setting))
			*(config_setting_t **)place = setting;
		else
			schema_fault(reader, setting, "%s must be a group: { … }", key->name);
		break;
	case SCHEMA_LIST:
		if (config_setting_is_list(setting))
			*(config_setting_t **)place = setting;
		else
			schema_fault(reader, setting, "%s must be a list: ( … )", key->name);
		break;
	case SCHEMA_TEXTS:
	case SCHEMA_VALUES:
		read_texts(reader, key, setting, place);
		break;
	case SCHEMA_BOOL:
		read_bool(reader, key, setting, place);
		break;
	case SCHEMA_SIZE:
		read_size(reader, key, setting, place);
		break;
	case SCHEMA_PERCENT:
		read_percent(reader, key, setting, place);
		break;
	}
}
