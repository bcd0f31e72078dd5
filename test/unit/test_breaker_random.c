/* test_breaker_random: whatever happens to a host, it is never stuck and no rule is broken
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/breaker.h"
#include "suite.h"

enum { SECOND = 1000 };

static enum breaker_kind random_kind(unsigned *seed)
{
	static const enum breaker_kind kinds[] = {BREAKER_TICK, BREAKER_TICK, BREAKER_SUCCESS,
		BREAKER_FAILURE, BREAKER_FAILURE, BREAKER_FAILURE_AT_ONCE, BREAKER_ATTEMPT,
		BREAKER_CHOSEN};

	return suite_random(seed) % 300 == 0
		       ? (enum breaker_kind)(BREAKER_DRAIN + suite_random(seed) % 3)
		       : kinds[suite_random(seed) % COUNT(kinds)];
}

static int64_t random_step(unsigned *seed)
{
	switch (suite_random(seed) % 50) {
	case 0:
		return -(int64_t)(suite_random(seed) % 100000) * 100;
	case 1:
		return (int64_t)(suite_random(seed) % 100000) * 100;
	default:
		return (int64_t)(suite_random(seed) % 20000);
	}
}

static struct breaker_policy random_policy(unsigned *seed)
{
	struct breaker_policy policy = {
		.window = 60 * SECOND,
		.backoff = 30 * SECOND,
		.backoff_max = 900 * SECOND,
		.trial = 100 * SECOND,
	};

	policy.failures = 1 + (int)(suite_random(seed) % HEALTH_EVIDENCE_MAX);
	policy.messages = 1 + (int)(suite_random(seed) % 3);
	policy.recover = 1 + (int)(suite_random(seed) % 4);
	policy.jitter = (int)(suite_random(seed) % 101);
	policy.has_probe = suite_random(seed) % 2 == 0;
	return policy;
}

static void check_step(const struct health *before, const struct health *after,
	const struct breaker_policy *policy, const struct breaker_event *event, bool changed,
	int64_t now)
{
	bool is_operator = event->kind >= BREAKER_DRAIN;
	/* A drain ends in a window: the host stays drained. */
	bool goes_over = before->state == HEALTH_DRAINED && after->state == HEALTH_DRAINED &&
			 before->reason != after->reason && event->kind == BREAKER_TICK;

	ck_assert(health_valid(after));
	ck_assert(changed == (goes_over || before->state != after->state));
	changed &= !goes_over;
	ck_assert(!changed || after->since == now);
	if (changed && after->state == HEALTH_UP && before->state != HEALTH_DRAINED)
		ck_assert(is_operator || event->kind == BREAKER_SUCCESS);
	if (changed && after->state == HEALTH_TRIAL) {
		ck_assert(event->kind == BREAKER_TICK || event->kind == BREAKER_ENABLE);
		ck_assert(before->state == HEALTH_DEFERRED || before->state == HEALTH_DRAINED);
		ck_assert_uint_gt(after->failures, 0);
	}
	ck_assert((after->outage.since != 0) ==
		  (after->state == HEALTH_DEFERRED || after->state == HEALTH_TRIAL));
	/* No drain's end makes a host up whose last word was a failure. */
	if (changed && after->state == HEALTH_UP)
		ck_assert_uint_eq(after->failures, 0);
	if (changed && after->state == HEALTH_DEFERRED) {
		int64_t least = policy->backoff - policy->backoff * policy->jitter / 100;

		ck_assert_int_ge(after->until - now, least < 1 ? 1 : least);
		ck_assert_int_le(after->until - now, breaker_longest(policy));
		ck_assert(before->state == HEALTH_UP || before->state == HEALTH_TRIAL);
	}
	if (before->state == HEALTH_DRAINED && changed)
		ck_assert(is_operator || event->kind == BREAKER_TICK);
}

/* Nothing but time and successes, and it is up in the end: never stuck. */
static void check_end(
	struct health *health, const struct breaker_policy *policy, int64_t now, unsigned *seed)
{
	struct breaker_event tick = {.kind = BREAKER_TICK};
	struct breaker_event success = {.kind = BREAKER_SUCCESS, .message = 1, .text = ""};
	int64_t end = now + breaker_longest(policy) + policy->trial + 10 * SECOND;

	if (health->state == HEALTH_DRAINED)
		return;
	while (now < end && health->state != HEALTH_TRIAL && health->state != HEALTH_UP) {
		now += 1 + (int64_t)(suite_random(seed) % 5000);
		breaker_feed(health, policy, &tick, now);
	}
	ck_assert(health->state == HEALTH_TRIAL || health->state == HEALTH_UP);
	for (int i = 0; i < policy->recover; i++) {
		success.at = now;
		breaker_feed(health, policy, &success, now);
	}
	ck_assert_int_eq(health->state, HEALTH_UP);
}

START_TEST(random_histories)
{
	unsigned seed = (unsigned)_i;
	struct breaker_policy policy = random_policy(&seed);
	int64_t now = INT64_C(1700000000000);
	struct health health;
	int changes = 0;

	health_init(&health, now);
	for (int step = 0; step < 3000; step++) {
		struct health before = health;
		struct breaker_event event = {
			.kind = random_kind(&seed),
			.message = 1 + suite_random(&seed) % 5,
			.stage = suite_random(&seed) % 3,
			.is_probe = suite_random(&seed) % 4 == 0,
			.reason = HEALTH_REASON_DATA_4XX,
			.text = "x",
		};
		bool changed;

		now += random_step(&seed);
		event.at = now + (int64_t)(suite_random(&seed) % 4000) - 3000;
		event.until = suite_random(&seed) % 2 == 0 ? 0 : now + 5000;
		changed = breaker_feed(&health, &policy, &event, now);
		check_step(&before, &health, &policy, &event, changed, now);
		changes += changed;
		if (step % 100 == 0) {
			struct health copy = health;

			check_end(&copy, &policy, now, &seed);
		}
	}
	ck_assert_int_gt(changes, 5);
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {{random_histories, 60}};

	return suite_run("breaker_random", tests, COUNT(tests));
}
