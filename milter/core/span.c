/* span: a piece of text that has a length and no NUL, read from its beginning
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/span.h"
#include "core/address.h"

#include <string.h>

struct span span_make(const char *at, size_t length)
{
	return (struct span){at, length};
}

void span_skip(struct span *span, size_t count)
{
	span->at += count;
	span->length -= count;
}

bool span_is(struct span span, const char *text)
{
	size_t length = strlen(text);

	return span.length == length && memcmp(span.at, text, length) == 0;
}

bool span_starts(struct span span, const char *prefix)
{
	size_t length = strlen(prefix);

	return span.length >= length && memcmp(span.at, prefix, length) == 0;
}

bool span_ends(struct span span, const char *suffix)
{
	size_t length = strlen(suffix);

	return span.length >= length && memcmp(span.at + span.length - length, suffix, length) == 0;
}

bool span_take(struct span *span, const char *prefix)
{
	if (!span_starts(*span, prefix))
		return false;
	span_skip(span, strlen(prefix));
	return true;
}

const char *span_find(struct span span, const char *mark)
{
	size_t length = strlen(mark);

	return span.length < length ? NULL : memmem(span.at, span.length, mark, length);
}

const char *span_find_last(struct span span, const char *mark)
{
	const char *last = NULL;
	const char *next;

	while ((next = span_find(span, mark)) != NULL) {
		last = next;
		span_skip(&span, (size_t)(next + 1 - span.at));
	}
	return last;
}

struct span span_before(struct span span, const char *at)
{
	return span_make(span.at, (size_t)(at - span.at));
}

struct span span_from(struct span span, const char *at)
{
	span_skip(&span, (size_t)(at - span.at));
	return span;
}

bool span_take_until(struct span *span, const char *mark, struct span *before)
{
	const char *at = span_find(*span, mark);

	if (at == NULL)
		return false;
	*before = span_before(*span, at);
	*span = span_from(*span, at + strlen(mark));
	return true;
}

bool span_is_digit(char octet)
{
	return octet >= '0' && octet <= '9';
}

bool span_take_word(struct span *span, const char *but)
{
	size_t length = 0;

	while (length < span->length) {
		unsigned char octet = (unsigned char)span->at[length];

		if (octet <= ' ' || octet == 0x7f || strchr(but, octet) != NULL)
			break;
		length++;
	}
	span_skip(span, length);
	return length > 0;
}

bool span_take_quoted(struct span *span)
{
	if (!span_starts(*span, "\""))
		return false;
	for (size_t i = 1; i < span->length; i++) {
		if (span->at[i] == '\\') {
			i++;
		} else if (span->at[i] == '"') {
			span_skip(span, i + 1);
			return true;
		}
	}
	return false;
}

bool span_take_line(struct span *span, struct span *line)
{
	if (span->length == 0)
		return false;
	if (!span_take_until(span, "\n", line)) {
		*line = *span;
		span_skip(span, span->length);
	}
	if (span_ends(*line, "\r"))
		line->length--;
	return true;
}

static bool is_blank(char octet)
{
	return octet == ' ' || octet == '\t';
}

struct span span_trim(struct span span)
{
	while (span.length > 0 && is_blank(span.at[0]))
		span_skip(&span, 1);
	while (span.length > 0 && is_blank(span.at[span.length - 1]))
		span.length--;
	return span;
}

bool span_take_number(struct span *span, int most, int *number)
{
	size_t digits = 0;
	int value = 0;

	while (digits < span->length && span_is_digit(span->at[digits])) {
		if (digits == (size_t)most)
			return false;
		value = value * 10 + (span->at[digits++] - '0');
	}
	if (digits == 0)
		return false;
	span_skip(span, digits);
	*number = value;
	return true;
}

bool span_copy_folded(struct span span, char *out, size_t size)
{
	out[0] = '\0';
	if (span.length >= size)
		return false;
	address_fold(out, span.at, span.length);
	out[span.length] = '\0';
	return true;
}
