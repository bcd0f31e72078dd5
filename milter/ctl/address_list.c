/* address_list: the addresses in a header of a message
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/address_list.h"

#include <string.h>

/* The entry at hand. */
struct entry {
	char text[ADDRESS_LIST_TEXT_MAX + 1];
	size_t length;
	bool is_bad;   /* too long, or an octet that no address has */
	bool has_gap;  /* white space or a comment after what there is so far */
	bool is_words; /* parted by a gap: a display name, if no address comes of it */
};

static bool is_space(char octet)
{
	return octet == ' ' || octet == '\t' || octet == '\r' || octet == '\n';
}

static void clear(struct entry *entry)
{
	entry->length = 0;
	entry->is_bad = false;
	entry->has_gap = false;
	entry->is_words = false;
}

static void keep(struct entry *entry, char octet)
{
	if ((unsigned char)octet < ' ' || octet == 0x7f || entry->length == ADDRESS_LIST_TEXT_MAX)
		entry->is_bad = true;
	else
		entry->text[entry->length++] = octet;
}

/* ---- what is taken whole; each begins at its first octet, and need not have an end */

/* Comments nest. */
static void skip_comment(struct span *rest)
{
	int depth = 0;

	while (rest->length > 0) {
		char octet = *rest->at;

		span_skip(rest, octet == '\\' && rest->length > 1 ? 2 : 1);
		depth += octet == '(';
		depth -= octet == ')';
		if (depth == 0)
			return;
	}
}

/* What is between quotes, or brackets, with these; of a fold only the white space is part of it. */
static void take_quoted(struct span *rest, struct entry *entry, char end)
{
	bool is_first = true;

	while (rest->length > 0) {
		char octet = *rest->at;
		bool is_pair = octet == '\\' && rest->length > 1;

		if (octet != '\r' && octet != '\n')
			keep(entry, octet);
		if (is_pair)
			keep(entry, rest->at[1]);
		span_skip(rest, is_pair ? 2 : 1);
		if (octet == end && !is_first)
			return;
		is_first = false;
	}
	entry->is_bad = true;
}

/* ---- entries */

static bool is_known(const struct address_list *list, const char *text)
{
	for (int i = 0; i < list->count; i++)
		if (strcmp(list->texts[i], text) == 0)
			return true;
	return false;
}

/*
 * Without angle brackets one word is an address, with or without a domain; an encoded word (RFC
 * 2047) is part of a display name.
 */
static void end_entry(struct address_list *list, struct entry *entry)
{
	entry->text[entry->length] = '\0';
	if (entry->length > 0 && !entry->is_bad && strncmp(entry->text, "=?", 2) != 0 &&
		!(entry->is_words && strchr(entry->text, '@') == NULL) &&
		!is_known(list, entry->text)) {
		if (list->count == ADDRESS_LIST_MAX)
			list->has_more = true;
		else
			memcpy(list->texts[list->count++], entry->text, entry->length + 1);
	}
	clear(entry);
}

/*
 * Words that white space parts are none of one address, but around "@" and dots (RFC 5322, 4.4):
 * then the last one counts, "Jo Doe jo@example.com".
 */
static void part_words(struct entry *entry, char next)
{
	char last = '\0';

	if (entry->length > 0)
		last = entry->text[entry->length - 1];
	if (entry->has_gap && entry->length > 0 && last != '@' && last != '.' && next != '@' &&
		next != '.') {
		clear(entry);
		entry->is_words = true;
	}
	entry->has_gap = false;
}

/* Takes one octet, or what it begins, outside of angle brackets. True: the entry is at its end. */
static bool take_plain(struct span *rest, struct entry *entry)
{
	char octet = *rest->at;

	if (octet == '(' || is_space(octet)) {
		entry->has_gap = true;
		if (octet == '(')
			skip_comment(rest);
		else
			span_skip(rest, 1);
		return false;
	}
	if (octet == ',' || octet == ';' || octet == ':') {
		if (octet == ':') /* what stood before it is a group's name */
			clear(entry);
		span_skip(rest, 1);
		return octet != ':';
	}
	part_words(entry, octet);
	if (octet == '"' || octet == '[') {
		take_quoted(rest, entry, octet == '[' ? ']' : '"');
	} else {
		keep(entry, octet);
		span_skip(rest, 1);
	}
	return false;
}

/* What is in angle brackets, and all after them up to the end of the entry. */
static void take_angle(struct span *rest, struct entry *entry)
{
	struct entry behind;

	clear(entry);
	clear(&behind);
	span_skip(rest, 1);
	while (rest->length > 0 && *rest->at != '>') {
		char octet = *rest->at;

		if (octet == '(') {
			skip_comment(rest);
		} else if (octet == '"' || octet == '[') {
			take_quoted(rest, entry, octet == '[' ? ']' : '"');
		} else {
			if (!is_space(octet))
				keep(entry, octet);
			span_skip(rest, 1);
		}
	}
	if (rest->length == 0) {
		entry->is_bad = true;
		return;
	}
	span_skip(rest, 1);
	while (rest->length > 0 && !take_plain(rest, &behind))
		;
}

void address_list_add(struct address_list *list, struct span value)
{
	struct entry entry;

	clear(&entry);
	while (value.length > 0) {
		bool is_angle = *value.at == '<';

		if (is_angle)
			take_angle(&value, &entry);
		if (is_angle || take_plain(&value, &entry))
			end_entry(list, &entry);
	}
	end_entry(list, &entry);
}
