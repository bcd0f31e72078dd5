/* setting_list: a list that a setting of Postfix holds: its elements, and one more
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doctor/setting_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_separator(char octet)
{
	return octet == ',' || octet == ' ' || octet == '\t' || octet == '\r' || octet == '\n';
}

/* What belongs together at the beginning of REST: to the brace that closes it, if there is one. */
static size_t length_of(struct span rest)
{
	int depth = 0;
	size_t length = 0;

	for (; length < rest.length; length++) {
		char octet = rest.at[length];

		if (octet == '{')
			depth++;
		else if (octet == '}' && depth > 0)
			depth--;
		else if (depth == 0 && is_separator(octet))
			break;
	}
	return length;
}

bool setting_list_next(struct span *rest, struct span *element)
{
	while (rest->length > 0 && is_separator(*rest->at))
		span_skip(rest, 1);
	if (rest->length == 0)
		return false;
	*element = span_make(rest->at, length_of(*rest));
	span_skip(rest, element->length);
	return true;
}

struct span setting_list_at(const char *value, int index)
{
	struct span rest = span_make(value, strlen(value));
	struct span element;

	while (setting_list_next(&rest, &element))
		if (index-- == 0)
			return element;
	return span_make(value, 0);
}

struct span setting_list_inside(struct span element)
{
	if (element.length >= 2 && element.at[0] == '{' && element.at[element.length - 1] == '}')
		element = span_make(element.at + 1, element.length - 2);
	while (element.length > 0 && is_separator(element.at[0]))
		span_skip(&element, 1);
	while (element.length > 0 && is_separator(element.at[element.length - 1]))
		element.length--;
	return element;
}

bool setting_list_has(const char *value, const char *word)
{
	struct span rest = span_make(value, strlen(value));
	struct span element;

	while (setting_list_next(&rest, &element))
		if (element.length == strlen(word) &&
			strncasecmp(element.at, word, element.length) == 0)
			return true;
	return false;
}

static bool is_empty(const char *value)
{
	return setting_list_at(value, 0).length == 0;
}

static char *join(const char *first, const char *second)
{
	char *joined;

	return asprintf(&joined, "%s, %s", first, second) == -1 ? NULL : joined;
}

char *setting_list_with_first(const char *value, const char *element)
{
	return is_empty(value) ? strdup(element) : join(element, value);
}

char *setting_list_with_last(const char *value, const char *element)
{
	return is_empty(value) ? strdup(element) : join(value, element);
}

char *setting_list_with_instead(const char *value, struct span element, const char *text)
{
	char *changed;

	if (asprintf(&changed, "%.*s%s%s", (int)(element.at - value), value, text,
		    element.at + element.length) == -1)
		return NULL;
	return changed;
}

char *setting_list_compact(const char *value)
{
	char *compact = malloc(strlen(value) + 1);
	char *to = compact;

	if (compact == NULL)
		return NULL;
	for (const char *at = value; *at != '\0'; at++) {
		bool begins_or_ends = to == compact || to[-1] == '{' || to[-1] == ',';

		if (is_separator(*at)) {
			if (!begins_or_ends)
				*to++ = ',';
			continue;
		}
		if (*at == '}' && to > compact && to[-1] == ',')
			to--;
		*to++ = *at;
	}
	if (to > compact && to[-1] == ',')
		to--;
	*to = '\0';
	return compact;
}
