/* facts: what the command line, and a message, say for a question to the daemon
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/facts.h"

#include <stdio.h>
#include <string.h>

enum { PARAMETER_NAME_MAX = 32, NUMBER_MAX = 24 };

int facts_add(struct facts *facts, const char *name, const char *value)
{
	if (facts->count == FACTS_MAX)
		return -1;
	facts->list[facts->count].name = name;
	facts->list[facts->count++].value = value;
	return 0;
}

const char *facts_find(const struct facts *facts, const char *name)
{
	for (int i = 0; i < facts->count; i++)
		if (strcmp(facts->list[i].name, name) == 0)
			return facts->list[i].value;
	return NULL;
}

/* Options have "-" where parameters have "_". */
void facts_send(const struct facts *facts, struct client *client)
{
	for (int i = 0; i < facts->count; i++) {
		char name[PARAMETER_NAME_MAX];

		snprintf(name, sizeof(name), "%s", facts->list[i].name);
		for (char *p = strchr(name, '-'); p != NULL; p = strchr(p, '-'))
			*p = '_';
		client_add_query(client, name, facts->list[i].value);
	}
}

/* What a milter would be given of it: up to the first NUL. */
static size_t length_of(struct span header)
{
	const char *end = memchr(header.at, '\0', header.length);

	return end == NULL ? header.length : (size_t)(end - header.at);
}

void facts_send_message(
	const struct facts *facts, const struct message *message, struct client *client)
{
	const char *sender = message_sender(message);
	char size[NUMBER_MAX];
	struct span header;
	size_t at = 0;

	while (message_next(message, &at, &header))
		client_add_octets(client, "header", header.at, length_of(header));
	client_add_query(client, "headers", "all");
	if (facts_find(facts, "sender") == NULL && sender != NULL)
		client_add_query(client, "sender", sender);
	snprintf(size, sizeof(size), "%lld", (long long)message_size(message));
	if (facts_find(facts, "size") == NULL)
		client_add_query(client, "size", size);
}
