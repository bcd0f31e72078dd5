/* span: a piece of text that has a length and no NUL, read from its beginning
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_SPAN_H
#define CORE_SPAN_H

#include <stdbool.h>
#include <stddef.h>

/*
 * For parsers of foreign text. The octets belong to the caller and may be any, NUL too; marks and
 * prefixes are NUL-terminated, and not empty. What "takes" something moves the beginning past it,
 * or leaves the span as it was and gives false. An empty span need not be anywhere: zeroed, it is
 * one.
 */

struct span {
	const char *at;
	size_t length;
};

struct span span_make(const char *at, size_t length);

/* Moves the beginning; COUNT is at most the length. */
void span_skip(struct span *span, size_t count);

bool span_is(struct span span, const char *text);
bool span_starts(struct span span, const char *prefix);
bool span_ends(struct span span, const char *suffix);

bool span_take(struct span *span, const char *prefix);

/* Takes all up to the first MARK, and the mark; BEFORE is what stood before it. */
bool span_take_until(struct span *span, const char *mark, struct span *before);

/* The place of the first, or the last, MARK; NULL if there is none. */
const char *span_find(struct span span, const char *mark);
const char *span_find_last(struct span span, const char *mark);

/* What is before, and from, AT, a place in the span. */
struct span span_before(struct span span, const char *at);
struct span span_from(struct span span, const char *at);

/* Takes the octets that are no space, no control and none of BUT; one at least. */
bool span_take_word(struct span *span, const char *but);

/* Takes a text in double quotes, in which a backslash takes the next octet along. */
bool span_take_quoted(struct span *span);

/* Takes a line, which the end of the text ends too; LINE is without its LF or CR LF. False: no text. */
bool span_take_line(struct span *span, struct span *line);

/* What is left without the spaces and tabs at both ends. */
struct span span_trim(struct span span);

/* Takes 1 to MOST decimal digits. */
bool span_take_number(struct span *span, int most, int *number);

/* Copies it whole, with a NUL, in ASCII lower case. False, and OUT empty, if SIZE is too small. */
bool span_copy_folded(struct span span, char *out, size_t size);

bool span_is_digit(char octet);

/* ASCII letters in lower case, all else as it is. */
static inline char span_fold(char octet)
{
	return octet >= 'A' && octet <= 'Z' ? (char)(octet | 0x20) : octet;
}

#endif
