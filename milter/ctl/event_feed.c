/* event_feed: the daemon's events as they come
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/event_feed.h"

#include <stdio.h>

enum { ID_MAX = 24 };

static int ask(struct event_feed *feed, json_t **answer)
{
	struct client *client = feed->client;
	char id[ID_MAX];
	int result;

	snprintf(id, sizeof(id), "%" JSON_INTEGER_FORMAT, feed->since);
	client_begin(client, "/v1/events");
	client_add_query(client, "since", id);
	if (feed->follower != NULL)
		client_add_query(client, "follower", feed->follower);
	result = client_send(client, CLIENT_GET, answer);
	if (result == CLIENT_NO)
		return result;
	if (feed->is_gone != (result == CLIENT_NO_DAEMON))
		fprintf(stderr, "milterctl: the daemon is %s\n", feed->is_gone ? "back" : "gone");
	feed->is_gone = result == CLIENT_NO_DAEMON;
	client_be_quiet(client, feed->is_gone);
	return CLIENT_DONE;
}

static json_int_t number(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

int event_feed_next(struct event_feed *feed, json_t **answer, json_int_t *missed)
{
	int result = ask(feed, answer);
	json_int_t first, last;

	/* A daemon with a new state file counts from 1 again. */
	if (result == CLIENT_DONE && *answer != NULL && number(*answer, "last") < feed->since) {
		feed->since = 0;
		json_decref(*answer);
		result = ask(feed, answer);
	}
	*missed = 0;
	if (result != CLIENT_DONE || *answer == NULL)
		return result;
	first = number(json_array_get(json_object_get(*answer, "events"), 0), "id");
	last = number(*answer, "last");
	if (feed->since > 0 && first > feed->since + 1)
		*missed = first - feed->since - 1;
	feed->since = last > 0 ? last : 0;
	return CLIENT_DONE;
}
