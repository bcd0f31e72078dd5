/* message: the headers of a message, its size, and whom it is from and for
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { ROOM_FIRST = 4096 };

struct message {
	char *text; /* the headers as they are */
	size_t length;
	size_t room;
	size_t line; /* where the line at hand begins in it */
	bool is_in_body;
	bool is_too_large;
	int64_t size;
	char last; /* octet */
	bool has_sender;
	char sender[ADDRESS_LIST_TEXT_MAX + 1];
};

struct message *message_new(void)
{
	struct message *message = calloc(1, sizeof(*message));

	if (message == NULL) {
		fprintf(stderr, "milterctl: out of memory\n");
		exit(EXIT_FAILURE);
	}
	return message;
}

void message_free(struct message *message)
{
	if (message == NULL)
		return;
	free(message->text);
	free(message);
}

void message_begin(struct message *message)
{
	message->length = 0;
	message->line = 0;
	message->is_in_body = false;
	message->is_too_large = false;
	message->size = 0;
	message->last = '\0';
	message->has_sender = false;
}

/* ---- lines */

static bool is_blank(char octet)
{
	return octet == ' ' || octet == '\t';
}

/* It begins with a name and a colon. White space before the colon is an old habit (RFC 5322, 4.5). */
static bool is_header(struct span line)
{
	size_t i = 0;

	while (i < line.length && line.at[i] > ' ' && line.at[i] < 0x7f && line.at[i] != ':')
		i++;
	if (i == 0)
		return false;
	while (i < line.length && is_blank(line.at[i]))
		i++;
	return i < line.length && line.at[i] == ':';
}

static struct span without_end(struct span line)
{
	if (span_ends(line, "\n"))
		line.length--;
	if (span_ends(line, "\r"))
		line.length--;
	return line;
}

static void set_sender(struct message *message, struct span address)
{
	if (address.length > ADDRESS_LIST_TEXT_MAX ||
		memchr(address.at, '\0', address.length) != NULL)
		return;
	memcpy(message->sender, address.at, address.length);
	message->sender[address.length] = '\0';
	message->has_sender = true;
}

/* "From ADDRESS DATE". MAILER-DAEMON stands for none, and "-" for one that is not known. */
static bool is_from_line(struct message *message, struct span line)
{
	static const char nobody[] = "MAILER-DAEMON";
	bool is_quoted = span_starts(line, ">");
	struct span address;

	while (span_take(&line, ">"))
		;
	if (!span_take(&line, "From "))
		return false;
	line = without_end(line);
	if (!span_take_until(&line, " ", &address))
		address = line;
	if (is_quoted || message->has_sender || address.length == 0 || span_is(address, "-"))
		return true;
	if (address.length == strlen(nobody) &&
		strncasecmp(address.at, nobody, strlen(nobody)) == 0)
		address.length = 0;
	set_sender(message, address);
	return true;
}

/* What editors put in front of a file, to say that it is UTF-8, is no part of the message. */
static void remove_mark(struct message *message)
{
	static const char mark[] = "\xef\xbb\xbf";
	size_t length = sizeof(mark) - 1;

	if (message->length < length || memcmp(message->text, mark, length) != 0)
		return;
	message->length -= length;
	message->size -= (int64_t)length;
	memmove(message->text, message->text + length, message->length);
}

/* The line at hand, of which there is something, is one of the headers, or their end. */
static void end_line(struct message *message)
{
	struct span line;
	bool is_first = message->line == 0;

	if (is_first)
		remove_mark(message);
	line = span_make(message->text + message->line, message->length - message->line);
	if (line.length == 0)
		return;

	if (is_first && is_from_line(message, line)) {
		message->length = 0;
		message->size = 0;
		message->last = '\0';
		return;
	}
	if (!is_header(line) && (is_first || !is_blank(*line.at))) {
		message->length = message->line;
		message->is_in_body = true;
	}
	message->line = message->length;
}

/* As much as there may be. */
static void keep(struct message *message, const char *octets, size_t length)
{
	size_t left = MESSAGE_HEADERS_MAX - message->length;
	size_t some = length < left ? length : left;

	if (some > message->room - message->length) {
		size_t room = message->room == 0 ? ROOM_FIRST : message->room;
		char *text;

		while (some > room - message->length)
			room *= 2;
		text = realloc(message->text, room);
		if (text == NULL) {
			fprintf(stderr, "milterctl: out of memory\n");
			exit(EXIT_FAILURE);
		}
		message->text = text;
		message->room = room;
	}
	memcpy(message->text + message->length, octets, some);
	message->length += some;
	if (some == length)
		return;
	if (message->length == message->line) { /* of the line at hand there is nothing to see */
		message->is_too_large = *octets != '\r' && *octets != '\n';
	} else {
		end_line(message);
		message->is_too_large = !message->is_in_body;
	}
	message->is_in_body = true;
}

/* ---- octets */

static void count(struct message *message, const char *octets, size_t length)
{
	const char *end = octets + length;
	const char *at = octets;

	message->size += (int64_t)length;
	while (at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		message->size += (at == octets ? message->last : at[-1]) != '\r';
		at++;
	}
	message->last = end[-1];
}

void message_add(struct message *message, const char *octets, size_t length)
{
	while (length > 0) {
		const char *end = message->is_in_body ? NULL : memchr(octets, '\n', length);
		size_t some = end == NULL ? length : (size_t)(end - octets) + 1;

		count(message, octets, some);
		if (!message->is_in_body)
			keep(message, octets, some);
		if (end != NULL && !message->is_in_body)
			end_line(message);
		octets += some;
		length -= some;
	}
}

/* ---- headers */

bool message_next(const struct message *message, size_t *at, struct span *header)
{
	struct span rest;
	const char *end;

	if (*at == message->length)
		return false;
	rest = span_make(message->text + *at, message->length - *at);
	end = rest.at;
	do {
		end = memchr(end, '\n', rest.length - (size_t)(end - rest.at));
		end = end == NULL ? rest.at + rest.length : end + 1;
	} while (end < rest.at + rest.length && is_blank(*end));
	*header = without_end(span_before(rest, end));
	*at += (size_t)(end - rest.at);
	return true;
}

/* Takes the name and the colon. */
static bool take_name(struct span *header, const char *name)
{
	struct span rest = *header;
	size_t length = strlen(name);

	if (rest.length < length || strncasecmp(rest.at, name, length) != 0)
		return false;
	span_skip(&rest, length);
	while (span_take(&rest, " ") || span_take(&rest, "\t"))
		;
	if (!span_take(&rest, ":"))
		return false;
	*header = rest;
	return true;
}

/* The next one of that name. */
static bool find(const struct message *message, size_t *at, const char *name, struct span *value)
{
	while (message_next(message, at, value))
		if (take_name(value, name))
			return true;
	return false;
}

/* "<>" is an address here, of nobody. */
static void read_return_path(struct message *message)
{
	struct address_list *list;
	struct span value, before;
	size_t at = 0;

	if (!find(message, &at, "Return-Path", &value))
		return;
	list = calloc(1, sizeof(*list));
	if (list == NULL)
		return;
	address_list_add(list, value);
	if (list->count > 0)
		set_sender(message, span_make(list->texts[0], strlen(list->texts[0])));
	else if (span_take_until(&value, "<>", &before))
		set_sender(message, span_make("", 0));
	free(list);
}

void message_end(struct message *message)
{
	if (!message->is_in_body && message->length > message->line)
		end_line(message);
	if (message->size > 0 && message->last != '\n')
		message->size += 2;
	message->is_in_body = true;
	read_return_path(message);
}

bool message_is_too_large(const struct message *message)
{
	return message->is_too_large;
}

int64_t message_size(const struct message *message)
{
	return message->size;
}

const char *message_sender(const struct message *message)
{
	return message->has_sender ? message->sender : NULL;
}

void message_recipients(const struct message *message, struct address_list *list)
{
	static const char *const envelope[] = {"X-Original-To", "Delivered-To", "Envelope-To"};
	static const char *const header[] = {"To", "Cc"};
	int before = list->count;
	struct span value;

	for (size_t i = 0; i < sizeof(envelope) / sizeof(envelope[0]); i++) {
		size_t at = 0;

		if (list->count == before && find(message, &at, envelope[i], &value))
			address_list_add(list, value);
	}
	if (list->count > before)
		return;
	for (size_t i = 0; i < sizeof(header) / sizeof(header[0]); i++)
		for (size_t at = 0; find(message, &at, header[i], &value);)
			address_list_add(list, value);
}
