/* quota: how much a host may be given in a time, and what it has had
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/quota.h"

#include <string.h>

static const int64_t time_max = INT64_C(253402300799999);

static int64_t slot_span(const struct quota_limits *limits)
{
	return limits->per / QUOTA_PARTS;
}

static uint32_t sum_up_to(uint32_t a, uint32_t b)
{
	return a > UINT32_MAX - b ? UINT32_MAX : a + b;
}

bool quota_valid(const struct quota *quota)
{
	return quota->newest >= 0 && quota->newest <= time_max && quota->per >= 0 &&
	       quota->per <= time_max && quota->of_recipients <= 1 && quota->next_key < QUOTA_KEYS;
}

uint32_t quota_limit(const struct quota_limits *limits)
{
	return limits->messages != 0 ? limits->messages : limits->recipients;
}

/* So many slots have begun since the newest one. A clock that was set back: none. */
static int64_t slots_since(
	const struct quota *quota, const struct quota_limits *limits, int64_t now)
{
	return now < quota->newest ? 0 : (now - quota->newest) / slot_span(limits);
}

/* What was counted for another quota than that of LIMITS. */
static bool is_other(const struct quota *quota, const struct quota_limits *limits)
{
	return quota->per != limits->per || quota->of_recipients != (limits->recipients != 0);
}

/* What was counted for another time is taken as of just now: it must not lapse too early. */
static void take_over(struct quota *quota, const struct quota_limits *limits, int64_t now)
{
	struct quota_limits before = {.messages = 1, .per = quota->per};
	bool is_same_unit = quota->of_recipients == (limits->recipients != 0);
	uint32_t used = 0;

	if (quota->newest != 0 && is_same_unit && quota->per >= QUOTA_PARTS) {
		before.recipients = quota->of_recipients;
		used = quota_used(quota, &before, now);
	}
	memset(quota->counts, 0, sizeof(quota->counts));
	quota->counts[0] = used;
	quota->newest = now;
	quota->per = limits->per;
	quota->of_recipients = limits->recipients != 0;
}

/* The newest slot is to be that of NOW. */
static void go_on(struct quota *quota, const struct quota_limits *limits, int64_t now)
{
	int64_t steps;

	if (quota->newest == 0 || is_other(quota, limits)) {
		take_over(quota, limits, now);
		return;
	}
	if (quota->newest > now)
		quota->newest = now;
	steps = slots_since(quota, limits, now);
	if (steps >= QUOTA_SLOTS) {
		memset(quota->counts, 0, sizeof(quota->counts));
		quota->newest = now;
		return;
	}
	memmove(&quota->counts[steps], &quota->counts[0],
		(size_t)(QUOTA_SLOTS - steps) * sizeof(quota->counts[0]));
	memset(quota->counts, 0, (size_t)steps * sizeof(quota->counts[0]));
	quota->newest += steps * slot_span(limits);
}

void quota_tick(struct quota *quota, const struct quota_limits *limits, int64_t now)
{
	if (quota->newest != 0)
		go_on(quota, limits, now);
}

static bool is_known(struct quota *quota, uint64_t key)
{
	for (int i = 0; i < QUOTA_KEYS; i++)
		if (quota->keys[i] == key)
			return true;
	quota->keys[quota->next_key] = key;
	quota->next_key = (quota->next_key + 1) % QUOTA_KEYS;
	return false;
}

void quota_count(struct quota *quota, const struct quota_limits *limits, uint64_t key, int64_t at,
	int64_t now)
{
	int64_t slot = 0;

	go_on(quota, limits, now);
	if (limits->recipients == 0 && is_known(quota, key))
		return;
	if (at < quota->newest)
		slot = (quota->newest - at + slot_span(limits) - 1) / slot_span(limits);
	if (slot < QUOTA_SLOTS)
		quota->counts[slot] = sum_up_to(quota->counts[slot], 1);
}

uint32_t quota_used(const struct quota *quota, const struct quota_limits *limits, int64_t now)
{
	uint32_t used = 0;
	int64_t steps;

	if (quota->newest == 0 || quota->of_recipients != (limits->recipients != 0))
		return 0;
	steps = slots_since(quota, limits, now);
	for (int64_t i = 0; i + steps < QUOTA_SLOTS; i++)
		used = sum_up_to(used, quota->counts[i]);
	return used;
}

int64_t quota_until(const struct quota *quota, const struct quota_limits *limits, int64_t now)
{
	uint32_t limit = quota_limit(limits);
	/* A clock that was set back: as go_on() will have it. */
	int64_t newest = quota->newest > now ? now : quota->newest;
	uint32_t used = 0;

	if (limit == 0 || quota_used(quota, limits, now) < limit)
		return 0;
	/* Of the newest slots that alone use it up, the oldest has to lapse. */
	for (int64_t i = 0; i < QUOTA_SLOTS; i++) {
		used = sum_up_to(used, quota->counts[i]);
		if (used >= limit)
			return newest + (QUOTA_SLOTS - i) * slot_span(limits);
	}
	return 0;
}

bool quota_is_full(
	const struct quota *quota, const struct quota_limits *limits, uint32_t pending, int64_t now)
{
	uint32_t limit = quota_limit(limits);

	return limit != 0 && sum_up_to(quota_used(quota, limits, now), pending) >= limit;
}
