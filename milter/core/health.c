/* health: what is remembered of a host, its five states and the reasons for them
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
	[HEALTH_SPENT] = "spent",
};

static const char *const reason_names[HEALTH_REASON_COUNT] = {
	[HEALTH_REASON_NONE] = "none",
	[HEALTH_REASON_OPERATOR] = "operator",
	[HEALTH_REASON_DRAIN_ENDED] = "drain_ended",
	[HEALTH_REASON_RETRY_DUE] = "retry_due",
	[HEALTH_REASON_RECOVERED] = "recovered",
	[HEALTH_REASON_CONNECTION_REFUSED] = "connection_refused",
	[HEALTH_REASON_UNREACHABLE] = "unreachable",
	[HEALTH_REASON_CONNECT_TIMEOUT] = "connect_timeout",
	[HEALTH_REASON_CONVERSATION_TIMEOUT] = "conversation_timeout",
	[HEALTH_REASON_LOST_CONNECTION] = "lost_connection",
	[HEALTH_REASON_TLS_FAILED] = "tls_failed",
	[HEALTH_REASON_REPLY_421] = "reply_421",
	[HEALTH_REASON_GREETING_4XX] = "greeting_4xx",
	[HEALTH_REASON_EHLO_4XX] = "ehlo_4xx",
	[HEALTH_REASON_MAIL_4XX] = "mail_4xx",
	[HEALTH_REASON_DATA_4XX] = "data_4xx",
	[HEALTH_REASON_END_4XX] = "end_4xx",
	[HEALTH_REASON_SYSTEM_4_3] = "system_4.3",
	[HEALTH_REASON_RECIPIENT_4XX] = "recipient_4xx",
	[HEALTH_REASON_POLICY_4_7] = "policy_4.7",
	[HEALTH_REASON_REJECTED_5XX] = "rejected_5xx",
	[HEALTH_REASON_NO_ADDRESS] = "no_address",
	[HEALTH_REASON_OUR_SHORTAGE] = "our_shortage",
	[HEALTH_REASON_SUSPENDED] = "suspended",
	[HEALTH_REASON_UNCLASSIFIED] = "unclassified",
	[HEALTH_REASON_CLASSIFIED] = "classified",
	[HEALTH_REASON_DELIVERED] = "delivered",
	[HEALTH_REASON_PROBED] = "probed",
	[HEALTH_REASON_NO_SMTP] = "no_smtp",
	[HEALTH_REASON_GREETING_5XX] = "greeting_5xx",
	[HEALTH_REASON_SYSTEM_TROUBLE] = "system_trouble",
	[HEALTH_REASON_AUTH_FAILED] = "auth_failed",
	[HEALTH_REASON_RCPT_4XX] = "rcpt_4xx",
	[HEALTH_REASON_REPLY_4XX] = "reply_4xx",
	[HEALTH_REASON_GREYLISTED] = "greylisted",
	[HEALTH_REASON_SENDER_4XX] = "sender_4xx",
	[HEALTH_REASON_SESSION_LIMIT] = "session_limit",
	[HEALTH_REASON_NO_NETWORK] = "no_network",
	[HEALTH_REASON_FAILS_IN_PART] = "fails_in_part",
	[HEALTH_REASON_PASSED_OVER] = "passed_over",
	[HEALTH_REASON_MAINTENANCE] = "maintenance",
	[HEALTH_REASON_QUOTA] = "quota",
	[HEALTH_REASON_QUOTA_FREE] = "quota_free",
	[HEALTH_REASON_QUOTA_REPLY] = "quota_reply",
};

void health_init(struct health *health, int64_t now)
{
	memset(health, 0, sizeof(*health));
	health->since = now;
}

static bool time_valid(int64_t time)
{
	return time >= 0 && time <= HEALTH_TIME_MAX;
}

static bool times_valid(const struct health *health)
{
	for (uint32_t i = 0; i < health->evidence_count; i++)
		if (!time_valid(health->evidence[i].at))
			return false;
	return time_valid(health->since) && time_valid(health->until) &&
	       time_valid(health->last_success) && time_valid(health->last_failure) &&
	       time_valid(health->trial_started);
}

static bool weight_valid(const struct health *health)
{
	return time_valid(health->weight_until) && health->weight_change >= -100 &&
	       health->weight_change <= HEALTH_PERCENT_MAX - 100 &&
	       memchr(health->weight_text, '\0', sizeof(health->weight_text)) != NULL;
}

static bool plan_valid(const struct health *health)
{
	return time_valid(health->drain_at) && time_valid(health->drain_until) &&
	       time_valid(health->waived_until) &&
	       memchr(health->drain_text, '\0', sizeof(health->drain_text)) != NULL;
}

bool health_valid(const struct health *health)
{
	if (health->state >= HEALTH_STATE_COUNT || health->reason >= HEALTH_REASON_COUNT)
		return false;
	if (health->evidence_count > HEALTH_EVIDENCE_MAX || !times_valid(health))
		return false;
	return outage_valid(&health->outage) && weight_valid(health) && plan_valid(health) &&
	       quota_valid(&health->quota) &&
	       memchr(health->text, '\0', sizeof(health->text)) != NULL;
}

static void set_text(char to[HEALTH_TEXT_MAX], const char *text)
{
	size_t length = strlen(text);

	if (length > HEALTH_TEXT_MAX - 1)
		length = HEALTH_TEXT_MAX - 1;
	memset(to, 0, HEALTH_TEXT_MAX);
	memcpy(to, text, length);
}

void health_set_text(struct health *health, const char *text)
{
	set_text(health->text, text);
}

void health_set_weight(struct health *health, int percent, int64_t until, const char *text)
{
	bool is_whole = percent == 100;

	health->weight_change = percent - 100;
	health->weight_until = is_whole ? 0 : until;
	set_text(health->weight_text, is_whole ? "" : text);
}

void health_set_plan(struct health *health, int64_t at, int64_t until, const char *text)
{
	health->drain_at = at;
	health->drain_until = at == 0 ? 0 : until;
	set_text(health->drain_text, at == 0 ? "" : text);
}

bool health_plan_is_due(const struct health *health, int64_t now)
{
	return health->drain_at != 0 && health->drain_at <= now;
}

bool health_plan_is_over(const struct health *health, int64_t now)
{
	return health_plan_is_due(health, now) && health->drain_until != 0 &&
	       health->drain_until <= now;
}

static bool begins_before_end(const struct health *health, const struct health *other)
{
	return other->drain_until == 0 || health->drain_at < other->drain_until;
}

bool health_plans_meet(const struct health *health, const struct health *other)
{
	return health->drain_at != 0 && other->drain_at != 0 && begins_before_end(health, other) &&
	       begins_before_end(other, health);
}

int health_percent(const struct health *health, int64_t now)
{
	if (health->weight_until != 0 && health->weight_until <= now)
		return 100;
	return 100 + health->weight_change;
}

const char *health_state_name(uint32_t state)
{
	return state < HEALTH_STATE_COUNT ? state_names[state] : "?";
}

const char *health_reason_name(uint32_t reason)
{
	return reason < HEALTH_REASON_COUNT ? reason_names[reason] : "?";
}
