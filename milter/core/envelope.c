/* envelope: what becomes of a message, by the routes of all its recipients
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/envelope.h"

void envelope_init(struct envelope *envelope)
{
	*envelope = (struct envelope){.action = ACTION_NONE};
}

/* Without a map one next hop is all that Postfix can be told: nothing else may leave its route. */
static bool splits(const struct envelope_policy *policy)
{
	return policy->mta == TABLE_POSTFIX &&
	       (policy->mixed == ENVELOPE_MIXED_SPLIT || !policy->has_map);
}

bool envelope_add(struct envelope *envelope, const struct envelope_policy *policy,
	enum action action, uint64_t pool)
{
	/* "dns" and no route at all are the same to the MTA. */
	enum action kind = action == ACTION_DNS ? ACTION_NONE : action;
	bool differs =
		envelope->count > 0 &&
		(kind != envelope->action || (kind == ACTION_POOL && pool != envelope->pool));

	envelope->has_route |= kind != ACTION_NONE;
	if (envelope->is_ruled) {
		envelope->count++;
		return true;
	}
	if (differs && splits(policy))
		return false;
	if (envelope->count++ == 0) {
		envelope->action = kind;
		envelope->pool = pool;
	}
	envelope->is_mixed |= differs;
	envelope->has_pool |= kind == ACTION_POOL;
	envelope->has_discard |= kind == ACTION_DISCARD;
	return true;
}

void envelope_rule(struct envelope *envelope, enum action action, uint64_t pool)
{
	envelope->is_ruled = true;
	envelope->is_mixed = false;
	envelope->action = action == ACTION_DNS ? ACTION_NONE : action;
	envelope->pool = pool;
	envelope->has_pool = action == ACTION_POOL;
	envelope->has_discard = action == ACTION_DISCARD;
}

/* A rule's pool holds for the message alone, which the map knows nothing of: FILTER in any case. */
static enum envelope_end ruled_end(
	const struct envelope *envelope, const struct envelope_policy *policy)
{
	bool is_sendmail = policy->mta == TABLE_SENDMAIL;

	switch (envelope->action) {
	case ACTION_POOL:
		return is_sendmail ? ENVELOPE_TOKENS : ENVELOPE_FILTER;
	case ACTION_DISCARD:
		return ENVELOPE_DISCARD;
	case ACTION_REJECT:
	case ACTION_DEFER:
		return ENVELOPE_REFUSE;
	default:
		/* Postfix cannot be told that a map is not to hold: with one there is no such rule. */
		return is_sendmail && envelope->has_route ? ENVELOPE_DNS : ENVELOPE_LEAVE;
	}
}

enum envelope_end envelope_end(
	const struct envelope *envelope, const struct envelope_policy *policy)
{
	if (envelope->is_ruled)
		return ruled_end(envelope, policy);
	if (!envelope->has_pool && !envelope->has_discard)
		return ENVELOPE_LEAVE;
	if (!envelope->is_mixed && envelope->has_discard)
		return ENVELOPE_DISCARD;
	if (policy->mta == TABLE_SENDMAIL)
		return ENVELOPE_TOKENS;
	return envelope->is_mixed || policy->is_only_map ? ENVELOPE_MAP : ENVELOPE_FILTER;
}

const char *envelope_end_name(enum envelope_end end)
{
	static const char *const names[ENVELOPE_END_COUNT] = {
		[ENVELOPE_LEAVE] = "leave",
		[ENVELOPE_FILTER] = "filter",
		[ENVELOPE_MAP] = "map",
		[ENVELOPE_TOKENS] = "tokens",
		[ENVELOPE_DISCARD] = "discard",
		[ENVELOPE_REFUSE] = "refuse",
		[ENVELOPE_DNS] = "dns",
	};

	return (unsigned)end < ENVELOPE_END_COUNT ? names[end] : "leave";
}
