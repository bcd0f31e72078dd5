/* waiting: the attempts that wait for a host, and whether it is silent
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/waiting.h"

enum {
	LOOK_MAX = 32, /* so many of a queue are looked at */
	RATE = 64,     /* octets a ms: a message takes its size, and this is slow */
};

static struct lane *lane_of(struct attempt_lanes lanes, uint32_t host)
{
	return host < lanes.count ? &lanes.list[host] : NULL;
}

static struct lane *lane_at(struct attempt_lanes lanes, const struct attempt *attempt)
{
	return attempt->count == 0 ? NULL : lane_of(lanes, attempt->hosts[attempt->place]);
}

void waiting_begin(
	struct attempts *attempts, struct attempt_lanes lanes, uint16_t index, int64_t at)
{
	struct attempt *attempt = &attempts->list[index];
	struct lane *lane = lane_at(lanes, attempt);

	if (lane == NULL || attempt->began != 0)
		return;
	attempt->began = at;
	attempt->turn = at;
	attempt->ahead = lane->tail;
	attempt->after = ATTEMPT_NONE;
	if (lane->tail == ATTEMPT_NONE)
		lane->head = index;
	else
		attempts->list[lane->tail].after = index;
	lane->tail = index;
	lane->waiting++;
}

void waiting_end(struct attempts *attempts, struct attempt_lanes lanes, uint16_t index)
{
	struct attempt *attempt = &attempts->list[index];
	struct lane *lane = lane_at(lanes, attempt);

	if (lane == NULL || attempt->began == 0)
		return;
	if (attempt->ahead == ATTEMPT_NONE)
		lane->head = attempt->after;
	else
		attempts->list[attempt->ahead].after = attempt->after;
	if (attempt->after == ATTEMPT_NONE)
		lane->tail = attempt->ahead;
	else
		attempts->list[attempt->after].ahead = attempt->ahead;
	attempt->began = 0;
	lane->waiting--;
}

void waiting_count(struct attempts *attempts, struct attempt_lanes lanes, uint16_t index)
{
	struct attempt *attempt = &attempts->list[index];
	struct lane *lane = lane_at(lanes, attempt);

	if (lane == NULL || attempt->is_counted)
		return;
	attempt->is_counted = true;
	lane->pending++;
}

void waiting_uncount(struct attempts *attempts, struct attempt_lanes lanes, uint16_t index)
{
	struct attempt *attempt = &attempts->list[index];
	struct lane *lane = lane_at(lanes, attempt);

	waiting_end(attempts, lanes, index);
	if (lane == NULL || !attempt->is_counted)
		return;
	attempt->is_counted = false;
	lane->pending--;
}

/* ---- silence */

/* When the third attempt began that has waited for longer than it may; 0: there are not so many. */
static int64_t third_overdue(
	const struct attempts *attempts, const struct lane *lane, int64_t patience)
{
	int left = LANE_SILENT_COUNT;
	uint16_t index = lane->head;

	for (int i = 0; index != ATTEMPT_NONE && i < LOOK_MAX; i++) {
		const struct attempt *attempt = &attempts->list[index];

		if (attempts->clock - attempt->began - attempt->size / RATE > patience &&
			--left == 0)
			return attempt->began;
		index = attempt->after;
	}
	return 0;
}

/* The peer has just given a result. */
static void judge(const struct attempts *attempts, struct attempt_lanes lanes, uint32_t host,
	const struct lane *peer)
{
	struct lane *lane = lane_of(lanes, host);
	int64_t patience, began;

	if (lane == NULL || lane == peer || lane->silence == 0 || lane->silent_since != 0)
		return;
	patience = lane_patience(lane, peer->need);
	/* A result a moment ago is a sign of life, although others still wait. */
	if (attempts->clock - lane->last_life <= patience)
		return;
	began = third_overdue(attempts, lane, patience);
	if (began == 0 || peer->overtaken <= began)
		return;
	lane->silent_since = attempts->clock;
	lane->next_try = attempts->clock + LANE_TRY_MS;
}

/*
 * A reply in its usual time ends it, once nothing else has waited for too long. One that was late says
 * that it lives, not that it does as usual: when nothing else waits, a message that begins now is to
 * show that. If that itself was late, the host is slow.
 */
static void end_silence(const struct attempts *attempts, struct lane *lane,
	const struct attempt *attempt, const struct waiting_result *result)
{
	int64_t patience = lane_patience(lane, 0);
	int64_t took = result->at - attempt->began - attempt->size / RATE;
	bool is_try = lane->next_try != 0 && attempt->began >= lane->next_try - LANE_TRY_MS;

	/* Of what has waited in the MTA's queue, after others, the delivery itself counts. */
	if (result->took >= 0 && result->took < took)
		took = result->took;
	if (took <= patience && third_overdue(attempts, lane, patience) == 0)
		lane->silent_since = 0;
	else if (lane->waiting < LANE_SILENT_COUNT && !is_try)
		lane->next_try = 0;
}

void waiting_reply(struct attempts *attempts, struct attempt_lanes lanes, uint16_t index,
	const struct waiting_result *result)
{
	struct attempt *attempt = &attempts->list[index];
	struct lane *lane = lane_of(lanes, result->host);
	bool is_its = lane != NULL && lane_at(lanes, attempt) == lane && attempt->began != 0;

	if (lane == NULL)
		return;
	lane_life(lane, result->at, is_its ? attempt->began : 0);
	while (is_its && lane->head != index)
		waiting_end(attempts, lanes, lane->head);
	if (lane->silent_since != 0 && is_its)
		end_silence(attempts, lane, attempt, result);
	for (int i = 0; is_its && i < attempt->count; i++)
		judge(attempts, lanes, attempt->hosts[i], lane);
}
