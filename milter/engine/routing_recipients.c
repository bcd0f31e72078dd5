/* routing_recipients: the recipients of a message, until its end says what becomes of them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/routing_recipients.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM_AT_FIRST = 8 };

void routing_recipients_forget(struct routing_recipients *recipients)
{
	recipients->count = 0;
	recipients->text_used = 0;
}

void routing_recipients_clear(struct routing_recipients *recipients)
{
	free(recipients->list);
	free(recipients->text);
	*recipients = (struct routing_recipients){.list = NULL};
}

static int make_room(struct routing_recipients *recipients)
{
	size_t room = recipients->room == 0 ? ROOM_AT_FIRST : 2 * recipients->room;
	struct routing_recipient *list;

	if (recipients->count < recipients->room)
		return 0;
	list = reallocarray(recipients->list, room, sizeof(*list));
	if (list == NULL)
		return -1;
	recipients->list = list;
	recipients->room = room;
	return 0;
}

static int make_text_room(struct routing_recipients *recipients, size_t length)
{
	size_t room = 2 * recipients->text_room + length;
	char *text;

	if (recipients->text != NULL && recipients->text_room - recipients->text_used >= length)
		return 0;
	text = realloc(recipients->text, room);
	if (text == NULL)
		return -1;
	recipients->text = text;
	recipients->text_room = room;
	return 0;
}

static size_t put(struct routing_recipients *recipients, const char *text, char end)
{
	size_t at = recipients->text_used;
	size_t length = strlen(text);

	memcpy(recipients->text + at, text, length);
	recipients->text[at + length] = end;
	recipients->text_used += length + 1;
	return at;
}

/* "<user@dom>", NUL, "NOTIFY=NEVER ORCPT=…", NUL. */
static int keep_text(struct routing_recipients *recipients, struct routing_recipient *recipient,
	char **arguments)
{
	size_t length = 1;

	assert(arguments[0] != NULL);
	for (int i = 0; arguments[i] != NULL; i++)
		length += strlen(arguments[i]) + 1;
	if (make_text_room(recipients, length) == -1)
		return -1;
	recipient->text = put(recipients, arguments[0], '\0');
	recipient->arguments = recipients->text_used;
	for (int i = 1; arguments[i] != NULL; i++)
		put(recipients, arguments[i], arguments[i + 1] == NULL ? '\0' : ' ');
	if (arguments[1] == NULL)
		put(recipients, "", '\0');
	return 0;
}

/* Of the many recipients of a message most have the same. */
static int keep_source(struct routing_recipients *recipients, struct routing_recipient *recipient,
	const char *source)
{
	const struct routing_recipient *last =
		recipients->count == 0 ? NULL : &recipients->list[recipients->count - 1];

	if (last != NULL && strcmp(routing_recipients_source(recipients, last), source) == 0) {
		recipient->source = last->source;
		return 0;
	}
	if (make_text_room(recipients, strlen(source) + 1) == -1) {
		recipients->text_used = recipient->text;
		return -1;
	}
	recipient->source = put(recipients, source, '\0');
	return 0;
}

int routing_recipients_add(struct routing_recipients *recipients, const struct address *address,
	const struct view_route *route, char **arguments)
{
	struct routing_recipient recipient = {
		.hash = address->hash,
		.action = route->action,
		.is_by_hash = route->is_by_hash,
		.pool = route->pool,
	};

	if (make_room(recipients) == -1 || keep_text(recipients, &recipient, arguments) == -1 ||
		keep_source(recipients, &recipient, route->source) == -1)
		return -1;
	recipients->list[recipients->count++] = recipient;
	return 0;
}

void routing_recipients_set(struct routing_recipients *recipients, const struct view_route *route)
{
	for (size_t i = 0; i < recipients->count; i++) {
		struct routing_recipient *recipient = &recipients->list[i];

		recipient->action = route->action;
		recipient->is_by_hash = route->is_by_hash;
		recipient->pool = route->pool;
	}
}

void routing_recipients_drop(struct routing_recipients *recipients)
{
	if (recipients->count > 0)
		recipients->text_used = recipients->list[--recipients->count].text;
}

const char *routing_recipients_text(
	const struct routing_recipients *recipients, const struct routing_recipient *recipient)
{
	return recipients->text + recipient->text;
}

const char *routing_recipients_source(
	const struct routing_recipients *recipients, const struct routing_recipient *recipient)
{
	return recipients->text + recipient->source;
}

const char *routing_recipients_arguments(
	const struct routing_recipients *recipients, const struct routing_recipient *recipient)
{
	const char *arguments = recipients->text + recipient->arguments;

	return *arguments == '\0' ? NULL : arguments;
}
