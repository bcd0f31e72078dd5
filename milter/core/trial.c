/* trial: who may try a host that was deferred
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */

#include "core/trial.h"
#include "core/breaker.h"

static const uint64_t claim_bits = 3;

static enum trial_claim claim_of(uint64_t owner)
{
	return (enum trial_claim)(owner & claim_bits);
}

static bool is_same(uint64_t a, uint64_t b)
{
	return ((a ^ b) & ~claim_bits) == 0;
}

static bool is_open(const struct health *health, const struct breaker_policy *policy)
{
	return health->state == HEALTH_TRIAL && !policy->has_probe;
}

uint64_t trial_owner(uint64_t hash, enum trial_claim claim)
{
	return (hash & ~claim_bits) | (uint64_t)claim;
}

bool trial_wants_message(const struct health *health, const struct breaker_policy *policy)
{
	return is_open(health, policy) && claim_of(health->trial_message) < TRIAL_MESSAGE;
}

bool trial_has_owner(const struct health *health, const struct breaker_policy *policy)
{
	return is_open(health, policy) && health->trial_message != 0;
}

bool trial_may_have(const struct health *health, const struct breaker_policy *policy,
	uint64_t owner, int64_t now)
{
	uint64_t has = health->trial_message;
	int64_t waits_since =
		health->trial_started > health->since ? health->trial_started : health->since;

	if (!is_open(health, policy) || owner == 0)
		return false;
	if (has != 0 && is_same(has, owner))
		return true;
	if (claim_of(owner) <= claim_of(has))
		return false;
	return claim_of(owner) > TRIAL_ASKED || now - waits_since >= TRIAL_PROVISIONAL_MS;
}

void trial_grant(
	struct health *health, const struct breaker_policy *policy, uint64_t owner, int64_t now)
{
	uint64_t has = health->trial_message;

	if (!trial_may_have(health, policy, owner, now) ||
		(has != 0 && claim_of(owner) <= claim_of(has)))
		return;
	health->trial_message = owner;
	health->trial_started = now;
}

void trial_end(struct health *health)
{
	health->trial_message = 0;
}

void trial_withdraw(struct health *health, uint64_t hash)
{
	if (health->trial_message != 0 && claim_of(health->trial_message) == TRIAL_MESSAGE &&
		is_same(health->trial_message, hash))
		trial_end(health);
}

void trial_tick(struct health *health, const struct breaker_policy *policy, int64_t now)
{
	int64_t longest = claim_of(health->trial_message) == TRIAL_MESSAGE ? policy->trial
									   : TRIAL_PROVISIONAL_MS;

	if (health->trial_message != 0 && now - health->trial_started >= longest)
		trial_end(health);
}

int trial_serial(const struct health *health)
{
	return 1 + (int)((uint64_t)health->since / 1000 % TRIAL_SERIAL_MAX);
}
