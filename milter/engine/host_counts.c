/* host_counts: what was counted of a host since the daemon's start
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "engine/host_counts.h"

#include <string.h>

enum {
	DELAY_SETUP = 2, /* of an observation */
	DELAY_TRANSMISSION = 3,
};

#define US(ms) (INT64_C(1000) * (ms))

const struct histogram_bounds host_counts_delivery_bounds = {
	13, {US(5), US(25), US(100), US(250), US(500), US(1000), US(2500), US(5000), US(10000),
		    US(30000), US(60000), US(300000), US(600000)}};
const struct histogram_bounds host_counts_probe_bounds = {
	10, {US(5), US(25), US(100), US(250), US(500), US(1000), US(2500), US(5000), US(10000),
		    US(30000)}};

void host_counts_init(struct host_counts *counts)
{
	memset(counts, 0, sizeof(*counts));
	counts->changes[0] =
		(struct host_counts_change){.to = HEALTH_TRIAL, .reason = HEALTH_REASON_RETRY_DUE};
	counts->changes[1] =
		(struct host_counts_change){.to = HEALTH_UP, .reason = HEALTH_REASON_RECOVERED};
	counts->changes[2] =
		(struct host_counts_change){.to = HEALTH_DRAINED, .reason = HEALTH_REASON_OPERATOR};
	counts->change_count = 3;
}

/* ---- lines of the log */

static enum host_counts_reply reply_of(const struct observation *seen)
{
	int first = seen->code / 100;

	return seen->code == 0 ? HOST_COUNTS_NO_REPLY
	       : first == 4    ? HOST_COUNTS_4XX
	       : first == 5    ? HOST_COUNTS_5XX
			       : HOST_COUNTS_OTHER_REPLY;
}

static void count_failure(struct host_counts *counts, struct host_counts_failure key)
{
	struct host_counts_failure *at = counts->failures;
	struct host_counts_failure *end = at + counts->failure_count;

	for (; at < end; at++)
		if (at->stage == key.stage && at->class == key.class && at->reply == key.reply)
			break;
	if (at == end && counts->failure_count >= HOST_COUNTS_FAILURES - 1) {
		at = &counts->failures[HOST_COUNTS_FAILURES - 1];
		at->stage = at->class = at->reply = HOST_COUNTS_REST;
		counts->failure_count = HOST_COUNTS_FAILURES;
	} else if (at == end) {
		*at = key;
		counts->failure_count++;
	}
	at->count++;
}

static void add_time(struct histogram *histogram, int32_t ms)
{
	if (ms >= 0)
		histogram_add(histogram, &host_counts_delivery_bounds, US(ms));
}

void host_counts_line(struct host_counts *counts, const struct observation *seen,
	enum blame_class class, bool is_first)
{
	/* An address that was only verified. */
	if (seen->outcome == OBSERVATION_SENT && class != BLAME_SUCCESS)
		return;
	counts->deliveries[seen->outcome]++;
	if (class != BLAME_SUCCESS) {
		if (!seen->is_repeat)
			count_failure(counts, (struct host_counts_failure){
						      .stage = (uint8_t)seen->stage,
						      .class = (uint8_t) class,
						      .reply = (uint8_t)reply_of(seen),
					      });
		return;
	}
	if (is_first)
		add_time(&counts->connection_setup, seen->delays[DELAY_SETUP]);
	add_time(&counts->transmission, seen->delays[DELAY_TRANSMISSION]);
}

/* ---- probes */

void host_counts_probe(
	struct host_counts *counts, const struct observation *seen, enum host_counts_probe result)
{
	int64_t ms = 0;

	counts->probes[result]++;
	if (result == HOST_COUNTS_PROBE_NONE)
		return;
	for (int i = DELAY_SETUP; i <= DELAY_TRANSMISSION; i++)
		ms += seen->delays[i] > 0 ? seen->delays[i] : 0;
	histogram_add(&counts->probe, &host_counts_probe_bounds, US(ms));
}

/* ---- changes of state */

void host_counts_change(struct host_counts *counts, uint32_t to, uint32_t reason)
{
	struct host_counts_change *at = counts->changes;
	struct host_counts_change *end = at + counts->change_count;

	for (; at < end; at++)
		if (at->to == to && at->reason == reason)
			break;
	if (at == end && counts->change_count >= HOST_COUNTS_CHANGES - 1) {
		at = &counts->changes[HOST_COUNTS_CHANGES - 1];
		at->to = at->reason = HOST_COUNTS_REST;
		counts->change_count = HOST_COUNTS_CHANGES;
	} else if (at == end) {
		*at = (struct host_counts_change){.to = (uint8_t)to, .reason = (uint8_t)reason};
		counts->change_count++;
	}
	at->count++;
}

/* ---- words */

const char *host_counts_reply_name(uint8_t reply)
{
	static const char *const names[] = {
		[HOST_COUNTS_NO_REPLY] = "none",
		[HOST_COUNTS_4XX] = "4xx",
		[HOST_COUNTS_5XX] = "5xx",
		[HOST_COUNTS_OTHER_REPLY] = "other",
	};

	return reply <= HOST_COUNTS_OTHER_REPLY ? names[reply] : "rest";
}

const char *host_counts_probe_name(enum host_counts_probe result)
{
	static const char *const names[] = {
		[HOST_COUNTS_PROBE_SUCCESS] = "success",
		[HOST_COUNTS_PROBE_FAILURE] = "failure",
		[HOST_COUNTS_PROBE_NONE] = "none",
	};

	return names[result];
}
