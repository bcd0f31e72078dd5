/* lane: how a host does just now: what waits for it, and since when it is silent or busy
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/lane.h"

#include <assert.h>

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

enum { NO_ATTEMPT = UINT16_MAX };

void lane_init(struct lane *lane, int64_t silence, const struct lane_rate *rate)
{
	*lane = (struct lane){
		.silence = silence, .rate = *rate, .head = NO_ATTEMPT, .tail = NO_ATTEMPT};
}

void lane_inherit(struct lane *lane, const struct lane *before)
{
	struct lane own = *lane;

	*lane = *before;
	lane->silence = own.silence;
	lane->rate = own.rate;
	lane->head = NO_ATTEMPT;
	lane->tail = NO_ATTEMPT;
	lane->waiting = 0;
	lane->pending = 0;
	lane->outcomes = 0;
	lane->outcome_count = 0;
}

void lane_chosen(struct lane *lane, int64_t now)
{
	lane->chosen = now;
	if (lane->silent_since != 0)
		lane->next_try = now + LANE_TRY_MS;
}

bool lane_is_behind(const struct lane *lane, int64_t now)
{
	if (now < lane->busy_until && lane->busy_until - now <= LANE_BUSY_MS)
		return true;
	/* A clock that was set back makes no wait longer. */
	return lane->silent_since != 0 && now < lane->next_try &&
	       lane->next_try - now <= LANE_TRY_MS;
}

void lane_life(struct lane *lane, int64_t at, int64_t began)
{
	lane->last_life = larger(lane->last_life, at);
	if (began == 0)
		return;
	lane->overtaken = larger(lane->overtaken, began);
	/* The longest of late: a shorter one takes an eighth of it back. */
	lane->need = larger(larger(at - began, 1), lane->need - lane->need / 8);
}

void lane_answer(struct lane *lane, uint64_t address, uint64_t failed)
{
	if (address == 0)
		return;
	if (lane->spare == address)
		lane->spare = 0;
	if (failed != 0 && failed != address)
		lane->spare = failed;
}

void lane_success(struct lane *lane, int64_t at, int64_t took)
{
	lane->last_success = larger(lane->last_success, at);
	lane->was_busy = false;
	if (took < 0)
		return;
	lane->usual = lane->usual == 0 ? larger(took, 1)
				       : larger(lane->usual + (took - lane->usual) / 8, 1);
}

bool lane_is_limit(struct lane *lane, const struct blame *blame, int64_t at)
{
	bool is_said = blame->reason == HEALTH_REASON_SESSION_LIMIT;
	bool is_limit = is_said || blame->reason == HEALTH_REASON_REPLY_421 ||
			(blame->reason == HEALTH_REASON_CONNECTION_REFUSED && lane->pending > 1);
	bool is_fresh = lane->last_success != 0 && at - lane->last_success <= LANE_FRESH_MS;

	/* Of one session: the next one is welcome, so it keeps its turn. */
	if (blame->class == BLAME_SESSION)
		return is_fresh;
	/* Sessions that had begun by then meet the same limit. */
	if (is_limit && lane->was_busy && at < lane->busy_until &&
		lane->busy_until - at <= LANE_BUSY_MS)
		return true;
	/* Too many sessions: those before may be under way still. */
	if (is_said && blame->class == BLAME_HOST_AT_ONCE && lane->waiting > 1)
		is_fresh = true;
	/* Old lines say nothing of now. */
	if (!is_limit || lane->was_busy || !is_fresh)
		return false;
	lane->busy_until = at + LANE_BUSY_MS;
	lane->was_busy = true;
	return true;
}

static int count_bits(uint64_t bits)
{
	int count = 0;

	for (; bits != 0; bits &= bits - 1)
		count++;
	return count;
}

bool lane_outcome(struct lane *lane, bool has_failed)
{
	const uint64_t row = (1U << LANE_RATE_FAILURES) - 1;
	uint64_t mask;
	int failures;

	if (lane->rate.percent == 0)
		return false;
	assert(lane->rate.of > 0 && lane->rate.of <= LANE_OUTCOMES_MAX);
	mask = ~UINT64_C(0) >> (LANE_OUTCOMES_MAX - lane->rate.of);
	lane->outcomes = (lane->outcomes << 1 | (has_failed ? 1 : 0)) & mask;
	if (lane->outcome_count < lane->rate.of)
		lane->outcome_count++;
	failures = count_bits(lane->outcomes);
	/* Failures in a row are counted by the breaker, which knows how many the pool allows. */
	return has_failed && failures >= LANE_RATE_FAILURES && (lane->outcomes & row) != row &&
	       failures * 100 > lane->rate.percent * lane->outcome_count;
}

void lane_restart(struct lane *lane)
{
	lane->outcomes = 0;
	lane->outcome_count = 0;
	lane->silent_since = 0;
	lane->next_try = 0;
	lane->busy_until = 0;
	lane->was_busy = false;
}

int64_t lane_patience(const struct lane *lane, int64_t peers_need)
{
	/* What is usual for itself as well, but for a host that is slow anyway. */
	int64_t own = smaller(2 * lane->usual, LANE_USUAL * lane->silence);

	return larger(larger(lane->silence, LANE_USUAL * peers_need), own);
}
