/* quota: how much a host may be given in a time, and what it has had
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_QUOTA_H
#define CORE_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A quota is a number of messages or recipients in a time, and that time has no beginning of its own:
 * what was delivered within the last `per` is counted, whenever that is. So it holds for a provider
 * that counts the last 24 hours and for one that counts calendar days, in any zone.
 *
 * Counted is in slots of a 24th part of `per`. What a slot has lapses at once, `per` after the slot
 * has ended: so never too early, and late by one slot at most.
 *
 * Times are in ms since 1970, of the machine's clock. A clock that is set back keeps what was counted,
 * as if it had been just now; one that is set forward makes it older, as time does. Neither counts
 * anything twice.
 *
 * A message is counted once for each transaction: several lines of the log, one for each recipient,
 * have one queue id, one process and one reply.
 *
 * Limits: of transactions whose lines are mixed with those of others, the last QUOTA_KEYS are known.
 */

enum {
	QUOTA_PARTS = 24,
	QUOTA_SLOTS = QUOTA_PARTS + 1, /* the newest one has not ended */
	QUOTA_KEYS = 16,
};

/* A host's, as configured. 0: no such limit. */
struct quota_limits {
	uint32_t messages; /* in `per`; one of the two is 0 */
	uint32_t recipients;
	int64_t per; /* ms, at least QUOTA_PARTS; 0: no quota */
};

/* What was counted. It is part of struct health, in the state file: all octets zero is nothing. */
struct quota {
	int64_t newest;		      /* when the newest slot began; 0: nothing was counted */
	int64_t per;		      /* of the limits that it was counted for */
	uint32_t counts[QUOTA_SLOTS]; /* the newest one first */
	uint32_t of_recipients;	      /* 1: recipients, 0: messages */
	uint64_t keys[QUOTA_KEYS];    /* of transactions; 0: free */
	uint32_t next_key;
	uint32_t spare;
};

_Static_assert(sizeof(struct quota) == 256, "no padding in the state file");

/* False if a value is out of its range. */
bool quota_valid(const struct quota *quota);

/* Of the quota that LIMITS have: so many messages or recipients; 0: there is none. */
uint32_t quota_limit(const struct quota_limits *limits);

/*
 * One recipient was delivered at AT, which may be some time ago, in the transaction of that KEY (not
 * 0). LIMITS must have a quota.
 */
void quota_count(struct quota *quota, const struct quota_limits *limits, uint64_t key, int64_t at,
	int64_t now);

/* To be called every second: the clock or the quota may be another one. LIMITS must have a quota. */
void quota_tick(struct quota *quota, const struct quota_limits *limits, int64_t now);

/* So much of the quota is used at NOW. */
uint32_t quota_used(const struct quota *quota, const struct quota_limits *limits, int64_t now);

/* When less than the quota will be used; 0: that is so now, or there is no quota. */
int64_t quota_until(const struct quota *quota, const struct quota_limits *limits, int64_t now);

/* Whether one more would be too much, where so many attempts have no result yet. */
bool quota_is_full(const struct quota *quota, const struct quota_limits *limits, uint32_t pending,
	int64_t now);

#endif
