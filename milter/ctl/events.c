/* events: what has changed, once or as it comes
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/events.h"
#include "ctl/answer.h"
#include "ctl/event_command.h"
#include "ctl/show.h"

#include <poll.h>
#include <stdio.h>

enum { FOLLOW_MS = 1000, ID_MAX = 24 };

/* How far somebody who goes on has come. */
struct follower {
	const struct verb_call *call;
	json_int_t since;
	bool is_gone; /* the daemon */
	bool is_late; /* what was before is not for the command */
};

static void print_events(const struct verb_call *call, const json_t *answer)
{
	size_t i;
	json_t *event;

	if (!call->is_json) {
		show_events(answer);
		return;
	}
	json_array_foreach (json_object_get(answer, "events"), i, event)
		answer_print(event, JSON_COMPACT);
}

/* The daemon keeps so many; a command that is slow may miss some. */
static void tell_missed(const struct follower *follower, const json_t *events)
{
	json_int_t first = json_integer_value(json_object_get(json_array_get(events, 0), "id"));

	if (follower->since > 0 && first > follower->since + 1)
		fprintf(stderr,
			"milterctl: %" JSON_INTEGER_FORMAT
			" events came and went while the commands ran\n",
			first - follower->since - 1);
}

static void run_commands(const struct follower *follower, const json_t *answer)
{
	const json_t *events = json_object_get(answer, "events");
	size_t i;
	json_t *event;

	tell_missed(follower, events);
	json_array_foreach ((json_t *)events, i, event)
		event_command_run(follower->call->command, event, EVENT_COMMAND_SECONDS);
}

static int ask(struct follower *follower, json_t **answer)
{
	struct client *client = follower->call->client;
	char id[ID_MAX];
	int result;

	snprintf(id, sizeof(id), "%" JSON_INTEGER_FORMAT, follower->since);
	client_begin(client, "/v1/events");
	client_add_query(client, "since", id);
	result = client_send(client, CLIENT_GET, answer);
	if (result == CLIENT_NO)
		return result;
	if (follower->is_gone != (result == CLIENT_NO_DAEMON))
		fprintf(stderr, "milterctl: the daemon is %s\n",
			follower->is_gone ? "back" : "gone");
	follower->is_gone = result == CLIENT_NO_DAEMON;
	client_be_quiet(client, follower->is_gone);
	return CLIENT_DONE;
}

/* True if there is more to ask for at once: a daemon with a new state file counts from 1 again. */
static bool take(struct follower *follower, const json_t *answer)
{
	json_int_t last = json_integer_value(json_object_get(answer, "last"));

	if (last < follower->since && follower->since > 0) {
		follower->since = 0;
		return true;
	}
	print_events(follower->call, answer);
	if (follower->call->command != NULL && !follower->is_late)
		run_commands(follower, answer);
	follower->is_late = false;
	follower->since = last > 0 ? last : 0;
	return false;
}

/* Asks again and again. A daemon that has gone is waited for. */
static int follow(const struct verb_call *call)
{
	struct follower follower = {.call = call, .is_late = true};

	for (;;) {
		json_t *answer;
		int result = ask(&follower, &answer);
		bool is_at_once = false;

		if (result == CLIENT_DONE && !follower.is_gone)
			is_at_once = take(&follower, answer);
		json_decref(answer);
		if (result != CLIENT_DONE || fflush(stdout) != 0)
			return CLIENT_NO;
		if (!is_at_once)
			poll(NULL, 0, FOLLOW_MS);
	}
}

int events_run(const struct verb_call *call)
{
	if (call->options & VERB_FOLLOW)
		return follow(call);
	if (call->command != NULL) {
		fprintf(stderr, "milterctl: --exec requires --follow\n");
		return verbs_refuse(verbs_find("events"));
	}
	return answer_get(call, "/v1/events", show_events);
}
