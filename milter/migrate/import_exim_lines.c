/* import_exim_lines: the lines of an Exim configuration, as its options are read from them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "migrate/import_exim_lines.h"
#include "conf/arena.h"
#include "migrate/word.h"

#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_OCTETS = 64 * 1024, MACROS_MAX = 1000 };

/* ---- physical lines */

/* Takes a line that is no comment and not empty; *GOES_ON: the next one belongs to it. */
static bool take_piece(struct import_exim_lines *lines, struct span *piece, bool *goes_on)
{
	while (span_take_line(&lines->rest, piece)) {
		lines->number++;
		*piece = span_trim(*piece);
		if (piece->length == 0 || *piece->at == '#')
			continue;
		*goes_on = span_ends(*piece, "\\");
		piece->length -= *goes_on;
		return true;
	}
	return false;
}

/* With those that continue it; comments between them are passed over. */
static bool take_line(struct import_exim_lines *lines, struct span *line)
{
	struct import_exim_lines ahead;
	struct span piece;
	size_t length;
	char *joined;
	bool goes_on;

	if (!take_piece(lines, line, &goes_on))
		return false;
	lines->place.line = lines->number;
	if (!goes_on)
		return true;
	length = line->length;
	ahead = *lines;
	while (goes_on && take_piece(&ahead, &piece, &goes_on))
		length += piece.length;
	joined = arena_take(lines->plan->arena, length + 1, 1);
	if (joined == NULL) {
		lines->plan->has_no_memory = true;
		return false;
	}
	memcpy(joined, line->at, line->length);
	length = line->length;
	for (goes_on = true; goes_on && take_piece(lines, &piece, &goes_on);) {
		memcpy(joined + length, piece.at, piece.length);
		length += piece.length;
	}
	*line = span_trim(span_make(joined, length));
	return true;
}

/* ---- macros */

static bool is_capital(char octet)
{
	return octet >= 'A' && octet <= 'Z';
}

/* The name at the beginning of TEXT, of a macro by its capital; the length of 0: there is none. */
static struct span name_of(struct span text)
{
	size_t length = 0;

	if (text.length == 0 || !is_capital(*text.at))
		return span_make(text.at, 0);
	while (length < text.length &&
		(is_capital(text.at[length]) || span_is_digit(text.at[length]) ||
			text.at[length] == '_' ||
			(text.at[length] >= 'a' && text.at[length] <= 'z')))
		length++;
	return span_make(text.at, length);
}

/* "NAME = value", "NAME == value"; VALUE is what is after the "=". */
static bool is_definition(struct span line, struct span *name, struct span *value)
{
	*name = name_of(line);
	*value = span_trim(span_from(line, name->at + name->length));
	if (name->length == 0 || !span_take(value, "="))
		return false;
	span_take(value, "=");
	*value = span_trim(*value);
	return true;
}

/* LINE with MACRO's value in the place of its name; its own memory, if there is such a place. */
static struct span replace(
	struct import_exim_lines *lines, struct span line, const struct import_exim_macro *macro)
{
	const char *found = NULL;
	size_t places = 0;
	size_t used = 0;
	char *text;

	for (size_t i = 0; i + macro->name.length <= line.length; i++)
		if (memcmp(line.at + i, macro->name.at, macro->name.length) == 0) {
			found = found == NULL ? line.at + i : found;
			i += macro->name.length - 1;
			places++;
		}
	if (found == NULL)
		return line;
	if (line.length + places * macro->value.length > LINE_MAX_OCTETS) {
		plan_fault(lines->plan, lines->place, "with its macros the line is too long");
		return span_make(line.at, 0);
	}
	text = arena_take(lines->plan->arena, line.length + places * macro->value.length + 1, 1);
	if (text == NULL) {
		lines->plan->has_no_memory = true;
		return span_make(line.at, 0);
	}
	for (size_t i = 0; i < line.length;) {
		bool is_here = i + macro->name.length <= line.length &&
			       memcmp(line.at + i, macro->name.at, macro->name.length) == 0;

		if (is_here && macro->value.length > 0)
			memcpy(text + used, macro->value.at, macro->value.length);
		else if (!is_here)
			text[used] = line.at[i];
		used += is_here ? macro->value.length : 1;
		i += is_here ? macro->name.length : 1;
	}
	return span_make(text, used);
}

/* Each in the order in which they were defined. *HAS_ANY: one was there. */
static struct span put_in(struct import_exim_lines *lines, struct span text, bool *has_any)
{
	struct span whole = text;

	for (size_t i = 0; i < lines->macros.count; i++)
		whole = replace(lines, whole, lines->macros.items[i]);
	*has_any = whole.at != text.at;
	return span_trim(whole);
}

static struct import_exim_macro *find_macro(const struct import_exim_lines *lines, struct span name)
{
	for (size_t i = 0; i < lines->macros.count; i++) {
		struct import_exim_macro *macro = lines->macros.items[i];

		if (macro->name.length == name.length &&
			memcmp(macro->name.at, name.at, name.length) == 0)
			return macro;
	}
	return NULL;
}

static void define(struct import_exim_lines *lines, struct span name, struct span value)
{
	struct import_exim_macro *macro = find_macro(lines, name);
	bool has_any;

	value = put_in(lines, value, &has_any);
	if (macro != NULL) {
		macro->value = value;
		return;
	}
	if (lines->macros.count == MACROS_MAX) {
		plan_fault(lines->plan, lines->place, "more than %d macros", MACROS_MAX);
		return;
	}
	macro = arena_take(lines->plan->arena, 1, sizeof(*macro));
	if (macro == NULL || !plan_list_add(&lines->macros, macro)) {
		lines->plan->has_no_memory = true;
		return;
	}
	*macro = (struct import_exim_macro){name, value};
}

void import_exim_lines_free(struct import_exim_lines *lines)
{
	free(lines->macros.items);
	lines->macros = (struct plan_list){.count = 0};
}

/* ---- conditions */

static bool is_read(const struct import_exim_lines *lines)
{
	for (int i = 0; i < lines->depth; i++)
		if (!lines->branches[i].is_read)
			return false;
	return true;
}

static void begin_branch(struct import_exim_lines *lines, bool is_true)
{
	if (lines->depth == IMPORT_EXIM_NESTING_MAX)
		plan_fault(lines->plan, lines->place, ".ifdef: more than %d within each other",
			IMPORT_EXIM_NESTING_MAX);
	else
		lines->branches[lines->depth++] = (struct import_exim_branch){is_true, is_true};
}

static void next_branch(struct import_exim_lines *lines, bool is_true)
{
	struct import_exim_branch *branch = &lines->branches[lines->depth - 1];

	branch->is_read = is_true && !branch->was_read;
	branch->was_read |= branch->is_read;
}

/* ".word rest"; a line that begins with a dot is none of the configuration itself. */
static void obey(struct import_exim_lines *lines, struct span line)
{
	struct span rest = line;
	struct span word;
	bool has_any;

	span_take_word(&rest, "");
	word = span_before(line, rest.at);
	put_in(lines, rest, &has_any);
	if (word_is(word, ".ifdef") || word_is(word, ".ifndef"))
		begin_branch(lines, has_any == word_is(word, ".ifdef"));
	else if (lines->depth > 0 && (word_is(word, ".elifdef") || word_is(word, ".elifndef")))
		next_branch(lines, has_any == word_is(word, ".elifdef"));
	else if (lines->depth > 0 && word_is(word, ".else"))
		next_branch(lines, true);
	else if (lines->depth > 0 && word_is(word, ".endif"))
		lines->depth--;
	else if (is_read(lines))
		plan_leave(lines->plan, lines->place, line,
			"what it includes is not read: import what exim -bP config prints");
}

bool import_exim_lines_take(struct import_exim_lines *lines, struct span *line)
{
	struct span name, value;
	bool has_any;

	while (take_line(lines, line)) {
		if (span_starts(*line, "."))
			obey(lines, *line);
		else if (!is_read(lines))
			continue;
		else if (is_definition(*line, &name, &value))
			define(lines, name, value);
		else {
			*line = put_in(lines, *line, &has_any);
			if (line->length > 0)
				return true;
		}
	}
	return false;
}
