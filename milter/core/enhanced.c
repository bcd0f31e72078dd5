/* enhanced: the enhanced status codes of mail systems (RFC 3463), "4.3.1"
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/enhanced.h"

#include <string.h>

/* Takes the code, whatever is after it. */
static bool take(struct span *rest)
{
	struct span after = *rest;
	int number;

	if (after.length == 0 || memchr("245", *after.at, 3) == NULL ||
		!span_take_number(&after, 1, &number) || !span_take(&after, ".") ||
		!span_take_number(&after, 3, &number) || !span_take(&after, ".") ||
		!span_take_number(&after, 3, &number))
		return false;
	*rest = after;
	return true;
}

size_t enhanced_length(struct span text)
{
	struct span rest = text;

	return take(&rest) && (rest.length == 0 || *rest.at == ' ') ? text.length - rest.length : 0;
}

/* Takes the word that is only a tag, and the space after it. */
static bool take_tag(struct span *rest)
{
	struct span tag;

	if (!span_take_until(rest, " ", &tag) || tag.length == 0)
		return false;
	for (size_t i = 0; i < tag.length; i++)
		if (!span_is_digit(tag.at[i]) && (tag.at[i] < 'A' || tag.at[i] > 'z' ||
							 memchr("[\\]^`", tag.at[i], 5) != NULL))
			return false;
	return true;
}

/* "#4.3.0 text", "text (#4.3.0)", "text [#4.3.0]." */
static bool find_marked(struct span text, struct span *found)
{
	const char *at = span_find_last(text, "#");
	struct span rest = text;
	struct span code;

	if (span_take(&rest, "#") && enhanced_length(rest) > 0) {
		*found = span_make(rest.at, enhanced_length(rest));
		return true;
	}
	if (at == NULL)
		return false;
	code = span_from(text, at + 1);
	rest = code;
	if (!take(&rest))
		return false;
	for (size_t i = 0; i < rest.length; i++)
		if (memchr(")].,;: ", rest.at[i], 7) == NULL)
			return false;
	*found = span_before(code, rest.at);
	return true;
}

bool enhanced_find(struct span text, struct span *found)
{
	struct span rest = text;
	size_t length = enhanced_length(rest);

	if (length == 0 && take_tag(&rest))
		length = enhanced_length(rest);
	if (length == 0)
		return find_marked(text, found);
	*found = span_make(rest.at, length);
	return true;
}

bool enhanced_is_beginning(const char *text)
{
	struct span rest = span_make(text, strlen(text));
	int number;

	if (rest.length == 0 || memchr("245", *rest.at, 3) == NULL)
		return false;
	for (int part = 0; part < 3; part++) {
		if (!span_take_number(&rest, part == 0 ? 1 : 3, &number))
			return false;
		if (rest.length == 0)
			return true;
		if (!span_take(&rest, "."))
			return false;
	}
	return false;
}
