/* milter_recipients: the recipients of a message, until its end says what becomes of them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "doors/milter_recipients.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM_AT_FIRST = 8 };

void milter_recipients_forget(struct milter_recipients *recipients)
{
	recipients->count = 0;
	recipients->text_used = 0;
}

void milter_recipients_clear(struct milter_recipients *recipients)
{
	free(recipients->list);
	free(recipients->text);
	*recipients = (struct milter_recipients){.list = NULL};
}

static int make_room(struct milter_recipients *recipients)
{
	size_t room = recipients->room == 0 ? ROOM_AT_FIRST : 2 * recipients->room;
	struct milter_recipient *list;

	if (recipients->count < recipients->room)
		return 0;
	list = reallocarray(recipients->list, room, sizeof(*list));
	if (list == NULL)
		return -1;
	recipients->list = list;
	recipients->room = room;
	return 0;
}

static int make_text_room(struct milter_recipients *recipients, size_t length)
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

static size_t put(struct milter_recipients *recipients, const char *text, char end)
{
	size_t at = recipients->text_used;
	size_t length = strlen(text);

	memcpy(recipients->text + at, text, length);
	recipients->text[at + length] = end;
	recipients->text_used += length + 1;
	return at;
}

/* "<user@dom>", NUL, "NOTIFY=NEVER ORCPT=…", NUL. */
static int keep_text(
	struct milter_recipients *recipients, struct milter_recipient *recipient, char **arguments)
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

int milter_recipients_add(struct milter_recipients *recipients, const struct address *address,
	const struct view_route *route, char **arguments)
{
	struct milter_recipient recipient = {
		.hash = address->hash,
		.action = route->action,
		.is_by_hash = route->is_by_hash,
		.pool = route->pool,
	};

	if (make_room(recipients) == -1 || keep_text(recipients, &recipient, arguments) == -1)
		return -1;
	recipients->list[recipients->count++] = recipient;
	return 0;
}

void milter_recipients_set(struct milter_recipients *recipients, const struct view_route *route)
{
	for (size_t i = 0; i < recipients->count; i++) {
		struct milter_recipient *recipient = &recipients->list[i];

		recipient->action = route->action;
		recipient->is_by_hash = route->is_by_hash;
		recipient->pool = route->pool;
	}
}

void milter_recipients_drop(struct milter_recipients *recipients)
{
	if (recipients->count > 0)
		recipients->text_used = recipients->list[--recipients->count].text;
}

const char *milter_recipients_text(
	const struct milter_recipients *recipients, const struct milter_recipient *recipient)
{
	return recipients->text + recipient->text;
}

const char *milter_recipients_arguments(
	const struct milter_recipients *recipients, const struct milter_recipient *recipient)
{
	const char *arguments = recipients->text + recipient->arguments;

	return *arguments == '\0' ? NULL : arguments;
}
