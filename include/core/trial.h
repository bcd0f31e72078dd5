/* trial: who may try a host that was deferred
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_TRIAL_H
#define CORE_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/health.h"

/*
 * A host on trial is put first for one owner at a time, and then waits for the result. The trial is
 *
 *   offered      nobody has it; or whoever has it claims less
 *   granted      to a message that the milter has at its end: that mail exists. It waits for the
 *                result as long as `trial` allows.
 *   provisional  to a recipient that the map was queried for, where no milter tells of mail: it may be
 *                a sender's address, or be refused a moment later. It ends after seconds, and a higher
 *                claim takes it over at once.
 *   confirmed    by any result of the host (breaker.h)
 *   withdrawn    the message has left the queue without one, or the time is over
 *
 * A host whose pool has probes is tried by these alone.
 *
 * Limits: where the map alone knows of mail, an address of a routed domain that strangers give as their
 * sender is asked for more than once, as a recipient is: a flood of such mail holds a trial up, for
 * seconds each time.
 *
 * The owner is in health.trial_message: a hash whose two lowest bits are the claim.
 */

struct breaker_policy;

enum trial_claim {
	TRIAL_ASKED = 1,       /* the map was queried once */
	TRIAL_ASKED_AGAIN = 2, /* and for the same recipient once more, as the queue manager does */
	TRIAL_MESSAGE = 3,
};

enum {
	TRIAL_PROVISIONAL_MS = 10000,
	TRIAL_SERIAL_MAX = 9999,
};

/* Never 0. */
uint64_t trial_owner(uint64_t hash, enum trial_claim claim);

/* A message that comes now may try it. */
bool trial_wants_message(const struct health *health, const struct breaker_policy *policy);

/* It waits for the result of what was given it. */
bool trial_has_owner(const struct health *health, const struct breaker_policy *policy);

/*
 * OWNER has it, or may take it. Who has asked once may only if the host has been waiting for
 * TRIAL_PROVISIONAL_MS: most of those that ask once do not bring mail.
 */
bool trial_may_have(const struct health *health, const struct breaker_policy *policy,
	uint64_t owner, int64_t now);

/* Does nothing if OWNER may not have it. */
void trial_grant(
	struct health *health, const struct breaker_policy *policy, uint64_t owner, int64_t now);

/* Whatever it was given does not count any more. */
void trial_end(struct health *health);

/* The message of that hash has left the queue: it is not waited for. */
void trial_withdraw(struct health *health, uint64_t hash);

/* Ends what has waited for too long. */
void trial_tick(struct health *health, const struct breaker_policy *policy, int64_t now);

/*
 * Sendmail: a token that was made for a trial says which (token.h): other tokens of the same host, made
 * before or later, are not to take it. 1 to TRIAL_SERIAL_MAX.
 */
int trial_serial(const struct health *health);

#endif
