/* schema: reads groups of settings by the table of keys
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/schema.h"
#include "conf/conf_socket.h"
#include "core/printable.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 1000 };

/* ---- faults and texts */

const char *schema_keep(struct schema_reader *reader, const char *text, size_t length)
{
	const char *copy = arena_copy(reader->arena, text, length);

	reader->no_memory |= copy == NULL;
	return copy;
}

const char *schema_path(struct schema_reader *reader, const char *file)
{
	const char *slash = strrchr(reader->path, '/');
	size_t folder = slash == NULL ? 0 : (size_t)(slash + 1 - reader->path);
	char *path;

	if (file == NULL || strcmp(file, reader->path) == 0)
		return reader->path;
	if (*file == '/')
		folder = 0;
	path = arena_take(reader->arena, 1, folder + strlen(file) + 1);
	if (path == NULL) {
		reader->no_memory = true;
		return reader->path;
	}
	memcpy(path, reader->path, folder);
	strcpy(path + folder, file);
	return path;
}

const char *schema_file(struct schema_reader *reader, const config_setting_t *setting)
{
	const char *file = config_setting_source_file(setting);

	if (file != reader->last_file || reader->last_copy == NULL) {
		reader->last_copy = schema_path(reader, file);
		reader->last_file = file;
	}
	return reader->last_copy;
}

void schema_fault(
	struct schema_reader *reader, const config_setting_t *setting, const char *format, ...)
{
	char text[2 * TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	fault_add(reader->faults, schema_file(reader, setting),
		(int)config_setting_source_line(setting), "%s", text);
}

/* Its own name; an element of a list goes by the list's. */
static const char *name_of(const config_setting_t *setting)
{
	const config_setting_t *parent = config_setting_parent(setting);
	const char *name = config_setting_name(setting);

	if (name == NULL && parent != NULL)
		name = config_setting_name(parent);
	return name == NULL ? "this" : name;
}

const char *schema_text(struct schema_reader *reader, const config_setting_t *setting)
{
	const char *text = config_setting_get_string(setting);
	char printable[TEXT_MAX + 1];

	if (text == NULL) {
		schema_fault(reader, setting, "%s must be a string", name_of(setting));
		return NULL;
	}
	if (strlen(text) > TEXT_MAX) {
		schema_fault(
			reader, setting, "%s is longer than %d octets", name_of(setting), TEXT_MAX);
		return NULL;
	}
	if (strcmp(printable_copy(printable, sizeof(printable), text), text) != 0) {
		schema_fault(reader, setting,
			"%s has control characters or is not in UTF-8: \"%s\"", name_of(setting),
			printable);
		return NULL;
	}
	return schema_keep(reader, text, strlen(text));
}

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

char *schema_describe(const struct schema_key *key, char *out, size_t size)
{
	char kind[200];

	if (key->type == SCHEMA_NUMBER)
		snprintf(kind, sizeof(kind), "%d to %d", key->least, key->most);
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

static void set_default(const struct schema_key *key, void *target)
{
	void *place = place_of(key, target);
	int number;

	switch (key->type) {
	case SCHEMA_NUMBER:
		number = key->fallback == NULL ? 0 : (int)strtol(key->fallback, NULL, 10);
		memcpy(place, &number, sizeof(number));
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
		conf_socket_parse(place, key->fallback);
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

void schema_defaults(enum schema_scope scope, void *target)
{
	const struct schema_key *key;

	for (size_t i = 0; (key = schema_keys_at(i)) != NULL; i++)
		if (key->scope == scope)
			set_default(key, target);
}

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

static void read_number(struct schema_reader *reader, const struct schema_key *key,
	const config_setting_t *setting, int *place)
{
	long long number;

	if (!get_whole(setting, &number))
		schema_fault(reader, setting, "%s must be a whole number of %d to %d", key->name,
			key->least, key->most);
	else if (number < key->least || number > key->most)
		schema_fault(reader, setting, "%s = %lld is not within %d to %d", key->name, number,
			key->least, key->most);
	else
		*place = (int)number;
}

static void read_size(struct schema_reader *reader, const struct schema_key *key,
	const config_setting_t *setting, int64_t *place)
{
	long long number;

	if (!get_whole(setting, &number))
		schema_fault(reader, setting, "%s must be a whole number of octets", key->name);
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
		schema_fault(reader, setting, "%s must be true or false", key->name);
}

static void read_word(struct schema_reader *reader, const struct schema_key *key,
	const config_setting_t *setting, int *place)
{
	const char *text = config_setting_get_string(setting);
	int word = text == NULL ? -1 : find_word(key->words, text);
	char words[200];

	if (word != -1) {
		*place = word;
		return;
	}
	list_words(key->words, "\"", words, sizeof(words));
	schema_fault(reader, setting, "%s must be %s", key->name, words);
}

static void read_mode(struct schema_reader *reader, const struct schema_key *key,
	const config_setting_t *setting, unsigned *place)
{
	const char *text = config_setting_get_string(setting);
	unsigned long mode = 0;
	char *end = NULL;

	if (text != NULL && *text >= '0' && *text <= '7')
		mode = strtoul(text, &end, 8);
	if (end == NULL || *end != '\0' || mode > 0777)
		schema_fault(
			reader, setting, "%s must be a string of 0000 to 0777 in octal", key->name);
	else
		*place = (unsigned)mode;
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
	if (conf_socket_parse(&socket, text) == -1)
		schema_fault(reader, setting,
			"%s = \"%s\" is not unix:/PATH (of at most %d octets) or"
			" inet:PORT@ADDRESS",
			key->name, text, CONF_SOCKET_PATH_MAX);
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

static void read_value(struct schema_reader *reader, const struct schema_key *key,
	config_setting_t *setting, void *place)
{
	const char *text;

	switch (key->type) {
	case SCHEMA_NUMBER:
		read_number(reader, key, setting, place);
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

void schema_read_over(struct schema_reader *reader, enum schema_scope scope,
	const config_setting_t *setting, void *target)
{
	int count = setting == NULL ? 0 : config_setting_length(setting);

	for (int i = 0; i < count; i++) {
		config_setting_t *member = config_setting_get_elem(setting, (unsigned)i);
		const struct schema_key *key = schema_keys_find(scope, config_setting_name(member));

		if (key == NULL)
			schema_fault(
				reader, member, "unknown key \"%s\"", config_setting_name(member));
		else
			read_value(reader, key, member, place_of(key, target));
	}
}

void schema_read(struct schema_reader *reader, enum schema_scope scope,
	const config_setting_t *setting, void *target)
{
	schema_defaults(scope, target);
	schema_read_over(reader, scope, setting, target);
}
