/* mask: addresses of people taken out of foreign text
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/mask.h"

#include <stdbool.h>
#include <string.h>

struct piece {
	const char *start;
	const char *end;
};

/* Of "@" at AT, as it may be written; 0: there is none. */
static size_t at_sign(const char *at)
{
	if (*at == '@')
		return 1;
	return strncmp(at, "%40", 3) == 0 ? 3 : 0;
}

static bool ends_word(char octet)
{
	return octet == '\0' || strchr(" \t\r\n<>()[]\"',;:", octet) != NULL;
}

static bool has_at(struct piece piece)
{
	for (const char *at = piece.start; at < piece.end; at++)
		if (at_sign(at) > 0)
			return true;
	return false;
}

/* The address whose "@" is at AT; nothing before FROM is part of it. */
static struct piece address_around(const char *from, const char *at)
{
	struct piece piece = {at, at + at_sign(at)};

	if (at > from && at[-1] == '"') {
		const char *open = at - 1;

		while (open > from && open[-1] != '"')
			open--;
		piece.start = open > from ? open - 1 : at - 1;
	}
	while (piece.start > from && !ends_word(piece.start[-1]))
		piece.start--;
	if (*piece.end == '[')
		piece.end += strcspn(piece.end, "] ") + (strchr(piece.end, ']') != NULL);
	else
		while (!ends_word(*piece.end))
			piece.end++;
	if (piece.end > at && piece.end[-1] == '.' && piece.end - 1 > at)
		piece.end--;
	return piece;
}

/* What is between "<" at AT and its end; empty: it stays. */
static struct piece bracketed(const char *at)
{
	const char *end = at + 1 + strcspn(at + 1, "<>");
	struct piece inner = {at + 1, end};
	const char *scheme = strstr(at, "://");
	bool is_url = scheme != NULL && scheme < end;

	if (*end != '>' || (is_url && !has_at(inner)))
		inner.end = inner.start;
	return inner;
}

/* The first that begins at FROM or later; START NULL: there is none. */
static struct piece find(const char *from)
{
	for (const char *at = from; *at != '\0'; at++) {
		if (*at == '<') {
			struct piece inner = bracketed(at);

			if (inner.end > inner.start)
				return inner;
		}
		if (at_sign(at) > 0)
			return address_around(from, at);
	}
	return (struct piece){NULL, NULL};
}

struct output {
	char *at;
	size_t room;
};

static void put(struct output *output, const char *text, size_t length)
{
	if (length > output->room)
		length = output->room;
	memcpy(output->at, text, length);
	output->at += length;
	output->room -= length;
}

char *mask_addresses(char *out, size_t size, const char *text)
{
	struct output output = {out, size - 1};
	struct piece piece;

	while ((piece = find(text)).start != NULL) {
		put(&output, text, (size_t)(piece.start - text));
		put(&output, MASK_WORD, sizeof(MASK_WORD) - 1);
		text = piece.end;
	}
	put(&output, text, strlen(text));
	*output.at = '\0';
	return out;
}
