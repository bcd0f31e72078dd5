/* health: what is remembered of a host, its four states and the reasons for them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_HEALTH_H
#define CORE_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

/*
 * One struct health is kept for each host and port, in the state file itself: its members have
 * fixed sizes and change only with the file's version. Times are in ms since 1970; 0: never.
 *
 * An operator drains and enables hosts; evidence from deliveries moves a host between up, deferred
 * and trial. The order of a pool's hosts follows from the states alone (candidates.h).
 */

enum {
	HEALTH_TEXT_MAX = 200,
	HEALTH_EVIDENCE_MAX = 16,
};

enum health_state {
	HEALTH_UP = 0,
	HEALTH_DEFERRED = 1,
	HEALTH_TRIAL = 2,
	HEALTH_DRAINED = 3,
	HEALTH_STATE_COUNT = 4,
};

enum health_reason {
	HEALTH_REASON_NONE = 0,
	HEALTH_REASON_OPERATOR = 1,
	HEALTH_REASON_DRAIN_ENDED = 2,
	HEALTH_REASON_COUNT = 3,
};

/* One failure: when, and of which message (a hash of the queue id). */
struct health_evidence {
	int64_t at;
	uint64_t message;
};

struct health {
	int64_t since; /* of the state */
	int64_t until; /* deferred: the next trial; drained: the end, 0 if it has none */
	int64_t last_success;
	int64_t last_failure;
	int64_t trial_started;
	uint64_t trial_message;
	uint64_t attempts;
	uint64_t delivered;
	uint64_t deferred;
	uint32_t state;	 /* enum health_state */
	uint32_t reason; /* enum health_reason, of the state */
	uint32_t failures;
	uint32_t successes; /* in a row, on trial */
	uint32_t backoff_steps;
	uint32_t evidence_next;
	struct health_evidence evidence[HEALTH_EVIDENCE_MAX];
	char text[HEALTH_TEXT_MAX]; /* the host's reply, or the operator's reason; NUL-terminated */
};

/* A host of which nothing is known yet: up. */
void health_init(struct health *health, int64_t now);

/* False if a value is out of its range: the file it came from is not to be trusted. */
bool health_valid(const struct health *health);

/*
 * The operator takes the host out until a time (0: until enabled), for a reason in TEXT, which is
 * cut to HEALTH_TEXT_MAX - 1 octets. Gives true if the state changed; a second drain only replaces
 * time and reason.
 */
bool health_drain(struct health *health, int64_t until, const char *text, int64_t now);

/* The operator puts the host back: up. Gives true if the state changed. */
bool health_enable(struct health *health, int64_t now);

/* Ends what has run out by NOW: a drain with an end. Gives true if the state changed. */
bool health_expire(struct health *health, int64_t now);

/* The words for log, API and metrics. */
const char *health_state_name(uint32_t state);
const char *health_reason_name(uint32_t reason);

#endif
