/* breaker: when a host is deferred, tried again, and trusted again
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/breaker.h"
#include "core/hash.h"
#include "core/trial.h"

#include <string.h>

/* Marks evidence of probes, in its stage. */
static const uint64_t from_probe = UINT64_C(1) << 32;

/* ---- spans of time */

static int64_t smaller(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The back-off that so many doublings give, without jitter. */
static int64_t span_of(const struct breaker_policy *policy, uint32_t steps)
{
	int64_t span = policy->backoff;

	for (; steps > 0 && span < policy->backoff_max; steps--)
		span *= 2;
	return smaller(span, policy->backoff_max);
}

static int64_t with_jitter(const struct breaker_policy *policy, int64_t span, uint64_t draw)
{
	/* From -1000 to 1000. */
	int64_t part = (int64_t)(draw % 2001) - 1000;

	span += span * policy->jitter / 100 * part / 1000;
	return span < 1 ? 1 : span;
}

int64_t breaker_longest(const struct breaker_policy *policy)
{
	return policy->backoff_max + policy->backoff_max * policy->jitter / 100;
}

/* Quiet time takes doublings back, each after as long as the back-off would be with it. */
static void age(struct health *health, const struct breaker_policy *policy, int64_t quiet)
{
	while (health->backoff_steps > 0) {
		int64_t span = span_of(policy, health->backoff_steps);

		if (quiet < span)
			return;
		quiet -= span;
		health->backoff_steps--;
	}
}

/* ---- states */

/* The one place where a state changes. */
static bool change(struct health *health, enum health_state state, enum health_reason reason,
	int64_t until, int64_t now)
{
	bool changed = health->state != state;

	health->state = state;
	health->reason = reason;
	health->until = until;
	if (state == HEALTH_DEFERRED)
		health->outage.reason = reason;
	outage_update(&health->outage, state == HEALTH_DEFERRED || state == HEALTH_TRIAL, now);
	if (!changed)
		return false;
	health->since = now;
	health->trial_message = 0;
	health->trial_started = 0;
	return true;
}

static void forget_run(struct health *health)
{
	health->failures = 0;
	health->evidence_count = 0;
}

/* It has what it takes, and may be out of turn for what it has had. */
static bool is_well(const struct health *health)
{
	return health->state == HEALTH_UP || health->state == HEALTH_SPENT;
}

static bool defer(struct health *health, const struct breaker_policy *policy,
	const struct breaker_event *event, int64_t now)
{
	uint64_t draw;
	int64_t span;

	if (is_well(health))
		age(health, policy, now - health->since);
	span = span_of(policy, health->backoff_steps);
	draw = hash_pair((uint64_t)now, event->message ^ health->attempts);
	/* More doublings than the longest back-off has would only be slow to fall again. */
	if (span < policy->backoff_max)
		health->backoff_steps++;
	health->evidence_count = 0;
	return change(
		health, HEALTH_DEFERRED, event->reason, now + with_jitter(policy, span, draw), now);
}

static bool recover(struct health *health, int64_t now)
{
	forget_run(health);
	health->successes = 0;
	return change(health, HEALTH_UP, HEALTH_REASON_RECOVERED, 0, now);
}

/*
 * The end of a drain, or of a back-off that the operator cuts short. A host whose last word was a
 * failure is not believed to be well because somebody has put it back: one message, or a probe, tries
 * it first.
 */
static bool put_back(struct health *health, enum health_reason reason, int64_t now)
{
	health_set_text(health, "");
	health->successes = 0;
	health->evidence_count = 0;
	if (health->failures > 0)
		return change(health, HEALTH_TRIAL, reason, 0, now);
	return change(health, HEALTH_UP, reason, 0, now);
}

/* ---- evidence */

static void drop_evidence(struct health *health, uint32_t index)
{
	memmove(&health->evidence[index], &health->evidence[index + 1],
		(health->evidence_count - index - 1) * sizeof(health->evidence[0]));
	health->evidence_count--;
}

static void keep_window(struct health *health, const struct breaker_policy *policy, int64_t now)
{
	for (uint32_t i = 0; i < health->evidence_count;) {
		int64_t at = health->evidence[i].at;

		if (at > now || now - at > policy->window)
			drop_evidence(health, i);
		else
			i++;
	}
}

static void drop_probes(struct health *health)
{
	for (uint32_t i = 0; i < health->evidence_count;) {
		if ((health->evidence[i].stage & from_probe) != 0)
			drop_evidence(health, i);
		else
			i++;
	}
}

static bool is_known(const struct health *health, uint64_t message, uint64_t stage)
{
	for (uint32_t i = 0; i < health->evidence_count; i++)
		if (health->evidence[i].message == message && health->evidence[i].stage == stage)
			return true;
	return false;
}

static int count_messages(const struct health *health)
{
	int count = 0;

	for (uint32_t i = 0; i < health->evidence_count; i++) {
		bool is_first = true;

		for (uint32_t k = 0; k < i; k++)
			is_first &= health->evidence[k].message != health->evidence[i].message;
		count += is_first;
	}
	return count;
}

/* Adds a failure to the run; true if there are enough of them. */
static bool is_enough(struct health *health, const struct breaker_policy *policy,
	const struct breaker_event *event, int64_t now)
{
	uint64_t stage = event->stage | (event->is_probe ? from_probe : 0);

	keep_window(health, policy, now);
	if (now - event->at > policy->window || is_known(health, event->message, stage))
		return false;
	if (health->evidence_count == HEALTH_EVIDENCE_MAX)
		drop_evidence(health, 0);
	health->evidence[health->evidence_count++] = (struct health_evidence){
		.at = event->at,
		.message = event->message,
		.stage = stage,
	};
	return (int)health->evidence_count >= policy->failures &&
	       count_messages(health) >= policy->messages;
}

/* Numbers that are for people only. */
static void count(struct health *health, const struct breaker_event *event)
{
	bool is_success = event->kind == BREAKER_SUCCESS;

	if (is_success)
		health->last_success = event->at;
	else if (event->kind != BREAKER_ATTEMPT && event->kind != BREAKER_SPENT)
		health->last_failure = event->at;
	if (event->is_probe || event->is_repeat)
		return;
	health->attempts++;
	health->delivered += is_success;
	health->deferred += !is_success;
}

static bool feed_failure(struct health *health, const struct breaker_policy *policy,
	const struct breaker_event *event, int64_t now)
{
	if (health->failures < UINT32_MAX)
		health->failures++;
	health->successes = 0;
	if (health->state == HEALTH_DRAINED)
		return false;
	/* Why it is spent is of more interest than a failure. */
	if (health->state != HEALTH_SPENT)
		health_set_text(health, event->text);
	switch (health->state) {
	case HEALTH_UP:
	case HEALTH_SPENT:
		if (event->kind == BREAKER_FAILURE && !is_enough(health, policy, event, now))
			return false;
		health_set_text(health, event->text);
		return defer(health, policy, event, now);
	case HEALTH_TRIAL:
		return defer(health, policy, event, now);
	default:
		return false;
	}
}

static bool feed_success(struct health *health, const struct breaker_policy *policy,
	const struct breaker_event *event)
{
	bool is_up = is_well(health);

	/* A probe need not go as deep as a message: it says nothing of what messages have met, and
	 * does not end a back-off early. */
	if (event->is_probe && health->state != HEALTH_TRIAL) {
		drop_probes(health);
		return false;
	}
	if (is_up || health->state == HEALTH_DRAINED) {
		forget_run(health);
		if (health->state == HEALTH_UP)
			health_set_text(health, "");
		return false;
	}
	trial_end(health);
	health->successes++;
	return (int)health->successes >= policy->recover;
}

/* ---- its quota */

static bool be_free(struct health *health, int64_t now)
{
	health_set_text(health, "");
	return change(health, HEALTH_UP, HEALTH_REASON_QUOTA_FREE, 0, now);
}

static bool feed_quota(struct health *health, const struct breaker_event *event, int64_t now)
{
	bool is_spent = event->until > now;

	if (!is_well(health) || (!is_spent && health->state == HEALTH_UP))
		return false;
	/* What the host says holds for as long as it is to. */
	if (health->reason == HEALTH_REASON_QUOTA_REPLY && event->until <= health->until)
		return false;
	if (!is_spent)
		return be_free(health, now);
	health_set_text(health, event->text);
	return change(health, HEALTH_SPENT, HEALTH_REASON_QUOTA, event->until, now);
}

/* The host has answered: it is well, whatever it was before. */
static bool feed_spent(struct health *health, const struct breaker_policy *policy,
	const struct breaker_event *event, int64_t now)
{
	int64_t until = event->at + policy->spent;

	if (health->state == HEALTH_DRAINED || health->state == HEALTH_DEFERRED || until <= now ||
		(health->state == HEALTH_SPENT && until <= health->until))
		return false;
	forget_run(health);
	health_set_text(health, event->text);
	return change(health, HEALTH_SPENT, HEALTH_REASON_QUOTA_REPLY, until, now);
}

/* ---- time */

/* A clock that was set back must not keep anything in the future. */
static void accept_clock(struct health *health, const struct breaker_policy *policy, int64_t now)
{
	int64_t last = now + breaker_longest(policy);

	if (health->since > now)
		health->since = now;
	if (health->trial_started > now)
		health->trial_started = now;
	if (health->outage.since > now)
		health->outage.since = now;
	if (health->state == HEALTH_DEFERRED && health->until > last)
		health->until = last;
	if (health->state == HEALTH_SPENT && health->reason == HEALTH_REASON_QUOTA_REPLY &&
		health->until > now + policy->spent)
		health->until = now + policy->spent;
}

static bool is_in_maintenance(const struct health *health)
{
	return health->state == HEALTH_DRAINED && health->reason == HEALTH_REASON_MAINTENANCE;
}

/* The end of the window that is open, as TICK says, unless it is waived; 0: none is. */
static int64_t window_in_force(struct health *health, int64_t end, int64_t now)
{
	if (end <= now || health->waived_until <= now)
		health->waived_until = 0;
	return end > now && health->waived_until == 0 ? end : 0;
}

/* A window is open until END. True if that is new. */
static bool keep_drained(struct health *health, int64_t end, int64_t now)
{
	if (is_in_maintenance(health)) {
		health->until = end;
		return false;
	}
	health_set_text(health, "");
	change(health, HEALTH_DRAINED, HEALTH_REASON_MAINTENANCE, end, now);
	return true;
}

static bool tick(struct health *health, const struct breaker_policy *policy,
	const struct breaker_event *event, int64_t now)
{
	bool is_over = health->until != 0 && health->until <= now;
	int64_t window = window_in_force(health, event->until, now);

	if (window != 0 &&
		(health->state != HEALTH_DRAINED || is_in_maintenance(health) || is_over))
		return keep_drained(health, window, now);
	if (is_in_maintenance(health))
		return put_back(health, HEALTH_REASON_DRAIN_ENDED, now);
	switch (health->state) {
	case HEALTH_DEFERRED:
		return is_over && change(health, HEALTH_TRIAL, HEALTH_REASON_RETRY_DUE, 0, now);
	case HEALTH_TRIAL:
		/* Its message went another way, or its result was not written down. */
		trial_tick(health, policy, now);
		return false;
	case HEALTH_DRAINED:
		return is_over && put_back(health, HEALTH_REASON_DRAIN_ENDED, now);
	case HEALTH_SPENT:
		return (is_over || (health->reason == HEALTH_REASON_QUOTA && !event->has_quota)) &&
		       be_free(health, now);
	default:
		return false;
	}
}

/* ---- the operator */

static void forget(struct health *health)
{
	forget_run(health);
	health->successes = 0;
	health->backoff_steps = 0;
	health->last_success = 0;
	health->last_failure = 0;
	health->attempts = 0;
	health->delivered = 0;
	health->deferred = 0;
	memset(&health->quota, 0, sizeof(health->quota));
	memset(&health->outage, 0, sizeof(health->outage));
}

/* The later end of two; 0: it has none. */
static bool ends_later(int64_t until, int64_t other)
{
	return other != 0 && (until == 0 || until > other);
}

static bool begin_plan(struct health *health, int64_t now)
{
	const struct health plan = *health;
	bool is_shorter = health->state == HEALTH_DRAINED && !is_in_maintenance(health) &&
			  !ends_later(plan.drain_until, health->until);

	if (!health_plan_is_due(health, now))
		return false;
	health_set_plan(health, 0, 0, "");
	if (health_plan_is_over(&plan, now) || is_shorter)
		return false;
	health_set_text(health, plan.drain_text);
	return change(health, HEALTH_DRAINED, HEALTH_REASON_OPERATOR, plan.drain_until, now);
}

static bool feed_operator(struct health *health, const struct breaker_event *event, int64_t now)
{
	if (event->kind == BREAKER_DRAIN) {
		health_set_text(health, event->text);
		return change(health, HEALTH_DRAINED, HEALTH_REASON_OPERATOR, event->until, now);
	}
	if (event->kind == BREAKER_WEIGHT) {
		health_set_weight(health, event->percent, event->until, event->text);
		return false;
	}
	if (event->kind == BREAKER_PLAN) {
		health_set_plan(health, event->at, event->until, event->text);
		return false;
	}
	if (event->kind == BREAKER_ENABLE) {
		health->waived_until = event->until > now ? event->until : 0;
		/* Nothing to end. */
		if (is_well(health) || health->state == HEALTH_TRIAL)
			return false;
		return put_back(health, HEALTH_REASON_OPERATOR, now);
	}
	forget(health);
	if (health->state == HEALTH_DRAINED)
		return false;
	health_set_text(health, "");
	return change(health, HEALTH_UP, HEALTH_REASON_OPERATOR, 0, now);
}

/* ---- all events */

static bool feed_evidence(struct health *health, const struct breaker_policy *policy,
	const struct breaker_event *event, int64_t now)
{
	count(health, event);
	if (event->at < health->since || now - event->at > policy->window)
		return false;
	if (event->kind == BREAKER_SPENT)
		return feed_spent(health, policy, event, now);
	if (event->kind == BREAKER_ATTEMPT) {
		/* The host answered, but the trial has shown nothing: it takes another message. */
		trial_end(health);
		return false;
	}
	/* Sessions that it had before it fell ill may go on well, and those of then hang when it is up. */
	if (event->began != 0 && event->began < health->since)
		return false;
	if (event->kind != BREAKER_SUCCESS)
		return feed_failure(health, policy, event, now);
	return feed_success(health, policy, event) && recover(health, now);
}

bool breaker_feed(struct health *health, const struct breaker_policy *policy,
	const struct breaker_event *event, int64_t now)
{
	struct breaker_event evidence = *event;

	accept_clock(health, policy, now);
	switch (event->kind) {
	case BREAKER_TICK:
		return tick(health, policy, event, now);
	case BREAKER_PLAN_DUE:
		return begin_plan(health, now);
	case BREAKER_QUOTA:
		return feed_quota(health, event, now);
	case BREAKER_CHOSEN:
		trial_grant(health, policy, event->message, now);
		return false;
	case BREAKER_DRAIN:
	case BREAKER_ENABLE:
	case BREAKER_RESET:
	case BREAKER_WEIGHT:
	case BREAKER_PLAN:
		return feed_operator(health, event, now);
	default:
		/* A line may say any year. */
		evidence.at = event->at < 0 ? 0 : smaller(event->at, now);
		return feed_evidence(health, policy, &evidence, now);
	}
}

int breaker_weight(
	const struct health *health, const struct breaker_policy *policy, int weight, int64_t now)
{
	int64_t whole = (int64_t)weight * BREAKER_WEIGHT_UNIT * health_percent(health, now) / 100;
	int64_t passed = now - health->since;
	int64_t part;

	if (whole == 0 || health->state != HEALTH_UP || health->reason != HEALTH_REASON_RECOVERED ||
		passed < 0 || passed >= policy->slow_start)
		return (int)whole;
	part = whole * passed / policy->slow_start;
	return part < 1 ? 1 : (int)part;
}
