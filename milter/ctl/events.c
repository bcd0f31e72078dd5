/* events: what has changed, once or as it comes
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/events.h"
#include "ctl/answer.h"
#include "ctl/event_command.h"
#include "ctl/event_feed.h"
#include "ctl/show.h"

#include <poll.h>
#include <stdio.h>

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
static void run_commands(const struct verb_call *call, const json_t *answer, json_int_t missed)
{
	size_t i;
	json_t *event;

	if (missed > 0)
		fprintf(stderr,
			"milterctl: %" JSON_INTEGER_FORMAT
			" events came and went while the commands ran\n",
			missed);
	json_array_foreach (json_object_get(answer, "events"), i, event)
		event_command_run(call->command, event, EVENT_COMMAND_SECONDS);
}

/* What was before it began is not for the command. */
static int follow(const struct verb_call *call)
{
	struct event_feed feed = {.client = call->client};
	bool is_late = true;

	for (;;) {
		json_t *answer;
		json_int_t missed;
		int result = event_feed_next(&feed, &answer, &missed);

		if (result == CLIENT_DONE && answer != NULL) {
			print_events(call, answer);
			if (call->command != NULL && !is_late)
				run_commands(call, answer, missed);
			is_late = false;
		}
		json_decref(answer);
		if (result != CLIENT_DONE || fflush(stdout) != 0)
			return CLIENT_NO;
		poll(NULL, 0, EVENT_FEED_INTERVAL_MS);
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
