/* health: what is remembered of a host, its four states and the reasons for them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/health.h"

#include <string.h>

static const char *const state_names[HEALTH_STATE_COUNT] = {
	[HEALTH_UP] = "up",
	[HEALTH_DEFERRED] = "deferred",
	[HEALTH_TRIAL] = "trial",
	[HEALTH_DRAINED] = "drained",
};

static const char *const reason_names[HEALTH_REASON_COUNT] = {
	[HEALTH_REASON_NONE] = "none",
	[HEALTH_REASON_OPERATOR] = "operator",
	[HEALTH_REASON_DRAIN_ENDED] = "drain_ended",
};

void health_init(struct health *health, int64_t now)
{
	memset(health, 0, sizeof(*health));
	health->since = now;
}

static bool times_valid(const struct health *health)
{
	return health->since >= 0 && health->until >= 0 && health->last_success >= 0 &&
	       health->last_failure >= 0 && health->trial_started >= 0;
}

bool health_valid(const struct health *health)
{
	if (health->state >= HEALTH_STATE_COUNT || health->reason >= HEALTH_REASON_COUNT)
		return false;
	if (health->evidence_next >= HEALTH_EVIDENCE_MAX || !times_valid(health))
		return false;
	return memchr(health->text, '\0', sizeof(health->text)) != NULL;
}

static void set_text(struct health *health, const char *text)
{
	size_t length = strlen(text);

	if (length > sizeof(health->text) - 1)
		length = sizeof(health->text) - 1;
	memset(health->text, 0, sizeof(health->text));
	memcpy(health->text, text, length);
}

/* The one place where a state changes. */
static bool change(struct health *health, enum health_state state, enum health_reason reason,
	int64_t until, int64_t now)
{
	bool changed = health->state != state;

	health->state = state;
	health->reason = reason;
	health->until = until;
	if (changed)
		health->since = now;
	return changed;
}

bool health_drain(struct health *health, int64_t until, const char *text, int64_t now)
{
	set_text(health, text);
	return change(health, HEALTH_DRAINED, HEALTH_REASON_OPERATOR, until, now);
}

bool health_enable(struct health *health, int64_t now)
{
	set_text(health, "");
	return change(health, HEALTH_UP, HEALTH_REASON_OPERATOR, 0, now);
}

bool health_expire(struct health *health, int64_t now)
{
	if (health->state != HEALTH_DRAINED || health->until == 0 || health->until > now)
		return false;
	set_text(health, "");
	return change(health, HEALTH_UP, HEALTH_REASON_DRAIN_ENDED, 0, now);
}

const char *health_state_name(uint32_t state)
{
	return state < HEALTH_STATE_COUNT ? state_names[state] : "?";
}

const char *health_reason_name(uint32_t reason)
{
	return reason < HEALTH_REASON_COUNT ? reason_names[reason] : "?";
}
