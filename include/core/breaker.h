/* breaker: when a host is deferred, tried again, and trusted again
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_BREAKER_H
#define CORE_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/health.h"
#include "core/lane.h"

/*
 * A host is up. Failures make it deferred until a time; then it is on trial; successes make it up,
 * a failure makes it deferred for longer. Drained is the operator's word and overrides all; or a
 * maintenance window's, while it is open.
 *
 * A host that is well is spent while it has had its quota (quota.h). It fails as one that is up does;
 * when it is up again it is spent at once, if its quota still is.
 *
 * breaker_feed() is the one place where a host's state changes. It is a function of the health, the
 * policy, the event and the time, and of nothing else: jitter is a hash of these. A clock that is
 * set forward ends a back-off early; one that is set back never holds a host longer than the
 * longest back-off.
 */

/* Of a pool; times in ms. */
struct breaker_policy {
	int failures;	     /* so many, 1..HEALTH_EVIDENCE_MAX, … */
	int messages;	     /* … of at least so many different messages … */
	int64_t window;	     /* … within this time defer a host */
	int64_t backoff;     /* the first one; doubled each time … */
	int64_t backoff_max; /* … up to this one */
	int jitter;	     /* give or take so many percent of it */
	int recover;	     /* successes that make a host up again */
	int64_t trial;	     /* how long a trial waits for its message's result */
	int64_t slow_start;  /* how long a recovered host's weight grows; 0: it is whole at once */
	int64_t spent;	     /* how long a host is spent that says so */
	int64_t silence;     /* lane.silence */
	struct lane_rate rate;
	bool has_probe; /* a probe makes the trials, not messages */
};

enum breaker_kind {
	BREAKER_TICK = 0, /* time has passed */
	BREAKER_SUCCESS = 1,
	BREAKER_FAILURE = 2,	     /* counts towards `failures` */
	BREAKER_FAILURE_AT_ONCE = 3, /* defers by itself */
	BREAKER_ATTEMPT = 4,	     /* a delivery that says nothing of the host: it is counted */
	BREAKER_CHOSEN = 5,	     /* a host on trial is put first for a message */
	BREAKER_DRAIN = 6,
	BREAKER_ENABLE =
		7, /* end a drain or a back-off: up, or if the last word was a failure trial */
	BREAKER_RESET = 8,  /* forget all that is remembered, but not that it is drained */
	BREAKER_WEIGHT = 9, /* another part of its weight; no state changes */
	BREAKER_PLAN = 10,  /* a drain that begins later, or none; no state changes */
	/* Its time has come. It shortens no drain, and begins none if its end has passed as well. */
	BREAKER_PLAN_DUE = 11,
	BREAKER_QUOTA = 12, /* what its quota says: spent, or not */
	BREAKER_SPENT = 13, /* it says that it has had its quota */
	BREAKER_KIND_COUNT = 14,
};

struct breaker_event {
	enum breaker_kind kind;
	int64_t at;    /* of evidence, ms since 1970: when it was seen; PLAN: the beginning, or 0 */
	int64_t began; /* of evidence: when its session began; 0: not known */
	uint64_t message; /* evidence: which message; CHOSEN: for whom (trial_owner()); never 0 */
	uint64_t stage;	  /* of evidence: one message counts once at each */
	bool is_probe;
	bool is_repeat;		   /* it was counted as an attempt already */
	bool has_quota;		   /* TICK: it has one, of which QUOTA tells */
	enum health_reason reason; /* of evidence */
	/*
	 * DRAIN, WEIGHT, PLAN: its end; 0: it has none. TICK, ENABLE: the end of the maintenance window
	 * that is open; 0: none is. QUOTA: when there is room in it; 0: there is.
	 */
	int64_t until;
	int percent; /* WEIGHT: of the weight, 0..HEALTH_PERCENT_MAX */
	/* Evidence: the reply; DRAIN, WEIGHT, PLAN: the operator's reason; QUOTA: what is spent. */
	const char *text;
};

/*
 * Applies EVENT. Gives true if the state changed, or an operator's drain has ended in a maintenance
 * window. Evidence from before the last change of state, or of a session that began before it, is
 * dropped: it speaks of what was; and so is what is older than `window` when it is read.
 */
bool breaker_feed(struct health *health, const struct breaker_policy *policy,
	const struct breaker_event *event, int64_t now);

/*
 * A weight in 1/BREAKER_WEIGHT_UNITs, so that each percent of a weight is a whole number. The operator
 * may have set another part of it; it grows while a host that has recovered starts slowly. 0: the
 * operator's 0 percent.
 */
enum {
	BREAKER_WEIGHT_UNIT = 100,
	BREAKER_WEIGHT_TIMES = HEALTH_PERCENT_MAX / 100, /* at most so many times the weight */
};
int breaker_weight(
	const struct health *health, const struct breaker_policy *policy, int weight, int64_t now);

/* The longest time that a back-off can take. */
int64_t breaker_longest(const struct breaker_policy *policy);

#endif
