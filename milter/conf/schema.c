/* schema: reads groups of settings by the table of keys
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/schema.h"
#include "conf/schema_values.h"
#include "core/printable.h"
#include "core/similar.h"

#include <stdarg.h>
#include <stdio.h>
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
		schema_values_fault(reader, setting, name_of(setting), "a text, in quotes");
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

/* ---- groups */

void schema_defaults(enum schema_scope scope, void *target)
{
	const struct schema_key *key;

	for (size_t i = 0; (key = schema_keys_at(i)) != NULL; i++)
		if (key->scope == scope)
			schema_values_default(key, target);
}

/* Where people look for a scope. */
static const char *scope_name(enum schema_scope scope)
{
	static const char *const names[] = {
		[SCHEMA_TOP] = "at the top of the file",
		[SCHEMA_HEALTH] = "in health",
		[SCHEMA_PROBE] = "in health.probe",
		[SCHEMA_RATE] = "in health.rate",
		[SCHEMA_CLASSIFY] = "in an element of health.classify",
		[SCHEMA_POOL] = "in a pool",
		[SCHEMA_HOST] = "in an element of hosts",
		[SCHEMA_AUTH] = "in auth",
		[SCHEMA_QUOTA] = "in quota",
		[SCHEMA_TLS] = "in tls",
		[SCHEMA_ROUTE] = "in a route",
		[SCHEMA_RULE] = "in a rule",
		[SCHEMA_WHEN] = "in a rule's when",
	};

	return names[scope];
}

/* A slip of the pen, or a key in the wrong place. */
static void say_unknown(
	struct schema_reader *reader, enum schema_scope scope, const config_setting_t *member)
{
	const char *name = config_setting_name(member);
	const struct schema_key *elsewhere = NULL;
	const struct schema_key *key;
	struct similar similar;

	similar_begin(&similar, name);
	for (size_t i = 0; (key = schema_keys_at(i)) != NULL; i++) {
		if (key->scope == scope)
			similar_try(&similar, key->name);
		else if (elsewhere == NULL && strcmp(key->name, name) == 0)
			elsewhere = key;
	}
	if (elsewhere != NULL)
		schema_fault(reader, member, "unknown key \"%s\" %s: it stands %s", name,
			scope_name(scope), scope_name(elsewhere->scope));
	else if (similar.best != NULL)
		schema_fault(reader, member, "unknown key \"%s\": did you mean \"%s\"?", name,
			similar.best);
	else
		schema_fault(reader, member, "unknown key \"%s\" %s", name, scope_name(scope));
}

void schema_read_over(struct schema_reader *reader, enum schema_scope scope,
	const config_setting_t *setting, void *target)
{
	int count = setting == NULL ? 0 : config_setting_length(setting);

	for (int i = 0; i < count; i++) {
		config_setting_t *member = config_setting_get_elem(setting, (unsigned)i);
		const struct schema_key *key = schema_keys_find(scope, config_setting_name(member));

		if (key == NULL)
			say_unknown(reader, scope, member);
		else
			schema_values_read(reader, key, member, target);
	}
}

void schema_read(struct schema_reader *reader, enum schema_scope scope,
	const config_setting_t *setting, void *target)
{
	schema_defaults(scope, target);
	schema_read_over(reader, scope, setting, target);
}

/* ---- settings as they stand in the file, on one line */

struct quote {
	char text[SCHEMA_QUOTE_MAX + 1];
	size_t length;
	bool is_cut;
};

static void put_octet(struct quote *quote, char octet)
{
	if (quote->length < SCHEMA_QUOTE_MAX)
		quote->text[quote->length++] = octet;
	else
		quote->is_cut = true;
}

static void put(struct quote *quote, const char *text)
{
	for (; *text != '\0' && !quote->is_cut; text++)
		put_octet(quote, *text);
}

static void put_string(struct quote *quote, const char *text)
{
	put_octet(quote, '"');
	for (; *text != '\0' && !quote->is_cut; text++) {
		if (*text == '"' || *text == '\\')
			put_octet(quote, '\\');
		put_octet(quote, *text);
	}
	put_octet(quote, '"');
}

static void put_scalar(struct quote *quote, const config_setting_t *setting)
{
	char number[40] = "";

	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_STRING:
		put_string(quote, config_setting_get_string(setting));
		return;
	case CONFIG_TYPE_INT:
		snprintf(number, sizeof(number), "%d", config_setting_get_int(setting));
		break;
	case CONFIG_TYPE_INT64:
		snprintf(number, sizeof(number), "%lldL", config_setting_get_int64(setting));
		break;
	case CONFIG_TYPE_FLOAT:
		snprintf(number, sizeof(number), "%.10g", config_setting_get_float(setting));
		break;
	case CONFIG_TYPE_BOOL:
		put(quote, config_setting_get_bool(setting) ? "true" : "false");
		return;
	default:
		return;
	}
	put(quote, number);
}

static void put_setting(struct quote *quote, const config_setting_t *setting);

/* The quote's length bounds the depth, too: each one puts a bracket. */
static void put_inside(struct quote *quote, const config_setting_t *setting, const char *brackets,
	const char *part)
{
	int length = config_setting_length(setting);
	bool is_group = config_setting_is_group(setting);

	put_octet(quote, brackets[0]);
	for (int i = 0; i < length && !quote->is_cut; i++) {
		put(quote, i == 0 ? " " : part);
		put_setting(quote, config_setting_get_elem(setting, (unsigned)i));
	}
	if (is_group && length > 0)
		put_octet(quote, ';');
	put_octet(quote, ' ');
	put_octet(quote, brackets[1]);
}

static void put_value(struct quote *quote, const config_setting_t *setting)
{
	if (config_setting_is_group(setting))
		put_inside(quote, setting, "{}", "; ");
	else if (config_setting_is_list(setting))
		put_inside(quote, setting, "()", ", ");
	else if (config_setting_is_array(setting))
		put_inside(quote, setting, "[]", ", ");
	else
		put_scalar(quote, setting);
}

/* An element of a list has no name. */
static void put_setting(struct quote *quote, const config_setting_t *setting)
{
	const char *name = config_setting_name(setting);

	if (name != NULL) {
		put(quote, name);
		put(quote, " = ");
	}
	put_value(quote, setting);
}

static const char *keep_quote(struct schema_reader *reader, struct quote *quote)
{
	static const char dots[] = "…";
	char printable[SCHEMA_QUOTE_MAX + 1];

	if (quote->is_cut) {
		quote->length = SCHEMA_QUOTE_MAX - strlen(dots);
		/* Not within a character of UTF-8. */
		while (((unsigned char)quote->text[quote->length] & 0xc0) == 0x80)
			quote->length--;
		memcpy(quote->text + quote->length, dots, strlen(dots));
		quote->length += strlen(dots);
	}
	quote->text[quote->length] = '\0';
	printable_copy(printable, sizeof(printable), quote->text);
	return schema_keep(reader, printable, strlen(printable));
}

const char *schema_quote(struct schema_reader *reader, const config_setting_t *setting)
{
	struct quote quote = {.length = 0};

	put_setting(&quote, setting);
	return keep_quote(reader, &quote);
}

const char *schema_quote_value(struct schema_reader *reader, const config_setting_t *setting)
{
	struct quote quote = {.length = 0};

	put_value(&quote, setting);
	return keep_quote(reader, &quote);
}

const char *schema_quote_texts(
	struct schema_reader *reader, const char *name, const char *const *texts, size_t count)
{
	struct quote quote = {.length = 0};

	put(&quote, name);
	put(&quote, count == 1 ? " = " : " = [ ");
	for (size_t i = 0; i < count && !quote.is_cut; i++) {
		put(&quote, i == 0 ? "" : ", ");
		put_string(&quote, texts[i]);
	}
	put(&quote, count == 1 ? "" : " ]");
	return keep_quote(reader, &quote);
}
