/* flush_follow: has the MTA try again what waits for the pools whose hosts are back
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "ctl/flush_follow.h"
#include "core/printable.h"
#include "ctl/answer.h"
#include "ctl/event_feed.h"
#include "ctl/fields.h"
#include "ctl/flush.h"
#include "engine/clock.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

enum {
	/* From a recovery to the flush: hosts come back together, and several MTAs notice it. */
	DELAY_LEAST_MS = 1000,
	DELAY_MOST_MS = 5000,
};

struct flush_follow {
	const struct verb_call *call;
	struct event_feed feed;
	json_t *due;	/* by pool: when it is to be flushed, clock_steady() */
	json_t *back;	/* hosts whose pools are to be found; [{"host": …, "port": …}] */
	bool is_any;	/* events were missed: any host may be one of them */
	bool has_begun; /* what was before is not of interest */
};

/* ---- which pools */

static bool is_recovery(const json_t *event)
{
	const char *to = fields_text(event, "to");
	const char *from = fields_text(event, "from");

	return to != NULL && from != NULL && strcmp(to, "up") == 0 && strcmp(from, "up") != 0;
}

static void take_events(struct flush_follow *follow, const json_t *answer)
{
	size_t i;
	json_t *event;

	json_array_foreach (json_object_get(answer, "events"), i, event)
		if (is_recovery(event))
			json_array_append(follow->back, event);
}

static bool is_back(const struct flush_follow *follow, const json_t *host)
{
	size_t i;
	json_t *back;

	json_array_foreach (follow->back, i, back)
		if (json_equal(json_object_get(back, "host"), json_object_get(host, "host")) &&
			json_equal(json_object_get(back, "port"), json_object_get(host, "port")))
			return true;
	return false;
}

static bool has_recovered(const struct flush_follow *follow, const json_t *pool)
{
	const char *does = fields_text(pool, "on_recovery");
	size_t i;
	json_t *host;

	if (does == NULL || strcmp(does, "flush") != 0)
		return false;
	json_array_foreach (json_object_get(pool, "hosts"), i, host)
		if (follow->is_any || is_back(follow, host))
			return true;
	return false;
}

static int64_t delay(void)
{
	unsigned int chance = 0;

	if (getrandom(&chance, sizeof(chance), 0) != (ssize_t)sizeof(chance))
		chance = 0;
	return DELAY_LEAST_MS + chance % (DELAY_MOST_MS - DELAY_LEAST_MS + 1);
}

/* One that is due already stays so. */
static void make_due(struct flush_follow *follow, const char *pool, int64_t at)
{
	if (pool != NULL && json_object_get(follow->due, pool) == NULL)
		json_object_set_new(follow->due, pool, json_integer((json_int_t)at));
}

/* The pools as they are now: a daemon that has gone meanwhile is asked once more later. */
static void find_pools(struct flush_follow *follow)
{
	int64_t at = clock_steady() + delay();
	json_t *answer;
	size_t i;
	json_t *pool;

	if (!follow->is_any && json_array_size(follow->back) == 0)
		return;
	client_begin(follow->call->client, "/v1/pools");
	if (client_send(follow->call->client, CLIENT_GET, &answer) == CLIENT_DONE) {
		json_array_foreach (json_object_get(answer, "pools"), i, pool)
			if (has_recovered(follow, pool))
				make_due(follow, fields_text(pool, "pool"), at);
		json_array_clear(follow->back);
		follow->is_any = false;
	}
	json_decref(answer);
}

/* ---- the flush */

static void report(
	const struct verb_call *call, const char *pool, const struct flush_outcome *outcome)
{
	char name[FLUSH_TEXT_MAX];

	if (call->is_json) {
		json_t *answer = json_pack("{s:s, s:I, s:I, s:I, s:s?, s:s?}", "pool", pool,
			"waiting", (json_int_t)outcome->waiting, "tried",
			(json_int_t)outcome->tried, "failed", (json_int_t)outcome->failed, "error",
			outcome->error[0] == '\0' ? NULL : outcome->error, "stopped",
			outcome->why[0] == '\0' ? NULL : outcome->why);

		answer_print(answer, JSON_COMPACT);
		json_decref(answer);
		return;
	}
	printf("pool %s: %zu of %zu tried again, %zu failed",
		printable_copy(name, sizeof(name), pool), outcome->tried - outcome->failed,
		outcome->waiting, outcome->failed);
	if (outcome->error[0] != '\0')
		printf(": %s", outcome->error);
	if (outcome->why[0] != '\0')
		printf("; stopped: %s", outcome->why);
	printf("\n");
}

/* The pool that has been due for longest; NULL: none is. */
static const char *find_due(const struct flush_follow *follow)
{
	json_int_t soonest = (json_int_t)clock_steady();
	const char *name, *found = NULL;
	json_t *at;

	json_object_foreach(follow->due, name, at)
	{
		if (json_integer_value(at) > soonest)
			continue;
		soonest = json_integer_value(at);
		found = name;
	}
	return found;
}

static void flush_one(struct flush_follow *follow)
{
	struct flush_outcome outcome;
	const char *due = find_due(follow);
	char *pool = due == NULL ? NULL : strdup(due);

	if (pool == NULL)
		return;
	json_object_del(follow->due, pool);
	/* Without a daemon it is as due as before. */
	if (flush_pool(follow->call, pool, &outcome) == CLIENT_NO_DAEMON)
		make_due(follow, pool, clock_steady() + delay());
	if (outcome.has_begun)
		report(follow->call, pool, &outcome);
	free(pool);
}

/* ---- run */

static int follow_events(struct flush_follow *follow)
{
	for (;;) {
		json_t *answer;
		json_int_t missed;
		int result = event_feed_next(&follow->feed, &answer, &missed);

		if (result == CLIENT_DONE && answer != NULL) {
			follow->is_any |= missed > 0;
			if (follow->has_begun)
				take_events(follow, answer);
			else if (!follow->call->is_json)
				printf("following: flushes pools with on_recovery = \"flush\"\n");
			follow->has_begun = true;
			find_pools(follow);
			flush_one(follow);
		}
		json_decref(answer);
		if (result != CLIENT_DONE || fflush(stdout) != 0)
			return CLIENT_NO;
		poll(NULL, 0, EVENT_FEED_INTERVAL_MS);
	}
}

int flush_follow_run(const struct verb_call *call)
{
	struct flush_follow follow = {
		.call = call,
		.feed = {.client = call->client, .follower = FLUSH_FOLLOWER},
		.due = json_object(),
		.back = json_array(),
	};
	int result = follow_events(&follow);

	json_decref(follow.due);
	json_decref(follow.back);
	return result;
}
