/* conf_named: headers and macros that a condition asks for
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "conf/conf_named.h"
#include "conf/conf_quote.h"
#include "conf/conf_values.h"
#include "core/address.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* One value, taken apart. */
struct part {
	const char *text; /* all of it */
	const char *name;
	const char *value; /* NULL: none is asked for */
	const config_setting_t *setting;
	size_t place;
};

/* By name, those of one name in the order of the file. */
static int compare_parts(const void *a, const void *b)
{
	const struct part *x = a;
	const struct part *y = b;
	int order = strcmp(x->name, y->name);

	return order != 0 ? order : (x->place > y->place) - (x->place < y->place);
}

/* ---- names */

/*
 * The length of a header's name (RFC 5322, 3.6.8), or 0. What people mean as a pattern is none: a
 * name is not looked for by one.
 */
static size_t header_length(const char *text)
{
	size_t length = strcspn(text, ":");

	for (size_t i = 0; i < length; i++)
		if (text[i] < 33 || text[i] > 126 || strchr("*?/", text[i]) != NULL)
			return 0;
	return length;
}

static bool is_macro_octet(char octet)
{
	return (octet >= 'a' && octet <= 'z') || (octet >= 'A' && octet <= 'Z') ||
	       (octet >= '0' && octet <= '9') || octet == '_';
}

/* "{name}" or one letter. */
static size_t macro_length(const char *text)
{
	size_t length = 1;

	if (*text != '{')
		return is_macro_octet(*text) && (text[1] == '\0' || text[1] == ':') ? 1 : 0;
	while (is_macro_octet(text[length]))
		length++;
	if (length == 1 || text[length] != '}')
		return 0;
	length++;
	return text[length] == '\0' || text[length] == ':' ? length : 0;
}

static const char *header_name(struct schema_reader *reader, const char *text, size_t length)
{
	char *name = arena_copy(reader->arena, text, length);

	if (name == NULL)
		reader->no_memory = true;
	else
		address_fold(name, text, length);
	return name;
}

/* MTAs call "{j}" "j". */
static const char *macro_name(struct schema_reader *reader, const char *text, size_t length)
{
	return length == strlen("{j}") ? schema_keep(reader, text + 1, 1)
				       : schema_keep(reader, text, length);
}

static int take_apart(struct schema_reader *reader, enum rules_fact fact, struct part *part)
{
	bool is_header = fact == RULES_HEADER;
	const char *text = schema_text(reader, part->setting);
	size_t length;

	if (text == NULL)
		return -1;
	length = is_header ? header_length(text) : macro_length(text);
	if (length == 0) {
		schema_fault(reader, part->setting,
			is_header ? "header \"%s\" is not \"Name\" or \"Name: value\""
				  : "macro \"%s\" is not \"{name}\", one letter, or one of these "
				    "with \": value\"",
			text);
		return -1;
	}
	part->text = text;
	part->name =
		is_header ? header_name(reader, text, length) : macro_name(reader, text, length);
	part->value = NULL;
	if (text[length] == ':')
		part->value = text + length + 1 + strspn(text + length + 1, " ");
	return part->name == NULL ? -1 : 0;
}

/* ---- tests */

/* One test of COUNT parts that have one name. */
static int join(struct conf_patterns *patterns, enum rules_fact fact, const struct part *parts,
	size_t count, struct conf_named *named)
{
	struct schema_reader *reader = patterns->reader;
	struct pattern *list = arena_take(reader->arena, count, sizeof(*list));
	const char **texts = arena_take(reader->arena, count, sizeof(*texts));
	bool is_any_value = false;
	int result = 0;

	if (list == NULL || texts == NULL) {
		reader->no_memory = true;
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		texts[i] = parts[i].text;
		if (parts[i].value == NULL)
			is_any_value = true;
		else if (conf_pattern_read(
				 patterns, fact, parts[i].setting, parts[i].value, &list[i]) == -1)
			result = -1;
	}
	if (result == -1)
		return -1;
	*named = (struct conf_named){.test = {.fact = fact, .name = parts[0].name}};
	/* Without patterns: that it is there is enough. */
	if (!is_any_value)
		conf_values_set_patterns(&named->test, list, count);
	named->text = conf_quote_texts(reader, rules_fact_name(fact), texts, count);
	return named->text == NULL ? -1 : 0;
}

int conf_named_read(struct conf_patterns *patterns, enum rules_fact fact,
	const config_setting_t *setting, struct conf_named **list, size_t *count)
{
	struct schema_reader *reader = patterns->reader;
	size_t length = conf_values_count(setting);
	struct part *parts = arena_take(reader->arena, length, sizeof(*parts));
	struct conf_named *named = arena_take(reader->arena, length, sizeof(*named));
	int result = 0;

	if (parts == NULL || named == NULL) {
		reader->no_memory = true;
		return -1;
	}
	for (size_t i = 0; i < length; i++) {
		parts[i].setting = conf_values_at(setting, i);
		parts[i].place = i;
		if (take_apart(reader, fact, &parts[i]) == -1)
			result = -1;
	}
	if (result == -1)
		return -1;
	qsort(parts, length, sizeof(*parts), compare_parts);
	*list = named;
	*count = 0;
	for (size_t i = 0, end; i < length; i = end) {
		for (end = i + 1; end < length && strcmp(parts[i].name, parts[end].name) == 0;)
			end++;
		if (join(patterns, fact, &parts[i], end - i, &named[(*count)++]) == -1)
			result = -1;
	}
	return result;
}
