/* health: what is remembered of a host, its five states and the reasons for them
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_HEALTH_H
#define CORE_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

#include "core/outage.h"
#include "core/quota.h"

/*
 * One struct health is kept for each host and port, in the state file itself: its members have
 * fixed sizes and change only with the file's version. Times are in ms since 1970; 0: never.
 *
 * States change in one place, breaker.h. The order of a pool's hosts follows from them alone
 * (candidates.h).
 */

enum {
	HEALTH_TEXT_MAX = 200,
	HEALTH_EVIDENCE_MAX = 16,
	HEALTH_PERCENT_MAX = 1000, /* of a weight */
};

/* The end of the year 9999: what is later is no time. */
#define HEALTH_TIME_MAX INT64_C(253402300799999)

enum health_state {
	HEALTH_UP = 0,
	HEALTH_DEFERRED = 1,
	HEALTH_TRIAL = 2,
	HEALTH_DRAINED = 3,
	HEALTH_SPENT = 4, /* it is well, and has had its quota */
	HEALTH_STATE_COUNT = 5,
};

/*
 * Why a host is in its state, and why an observation was judged as it was (blame.h): one word for
 * log, API and metrics. The numbers are kept in the state file.
 */
enum health_reason {
	HEALTH_REASON_NONE = 0,
	HEALTH_REASON_OPERATOR = 1,
	HEALTH_REASON_DRAIN_ENDED = 2,
	HEALTH_REASON_RETRY_DUE = 3, /* deferred for long enough: on trial */
	HEALTH_REASON_RECOVERED = 4, /* enough successes: up */
	/* The host's fault: */
	HEALTH_REASON_CONNECTION_REFUSED = 5,
	HEALTH_REASON_UNREACHABLE = 6,
	HEALTH_REASON_CONNECT_TIMEOUT = 7,
	HEALTH_REASON_CONVERSATION_TIMEOUT = 8,
	HEALTH_REASON_LOST_CONNECTION = 9,
	HEALTH_REASON_TLS_FAILED = 10,
	HEALTH_REASON_REPLY_421 = 11,
	HEALTH_REASON_GREETING_4XX = 12,
	HEALTH_REASON_EHLO_4XX = 13,
	HEALTH_REASON_MAIL_4XX = 14,
	HEALTH_REASON_DATA_4XX = 15,
	HEALTH_REASON_END_4XX = 16,
	HEALTH_REASON_SYSTEM_4_3 = 17, /* 4.3.x, mail system status (RFC 3463), at any stage */
	/* Not the host's fault: */
	HEALTH_REASON_RECIPIENT_4XX = 18,
	HEALTH_REASON_POLICY_4_7 = 19,
	HEALTH_REASON_REJECTED_5XX = 20,
	HEALTH_REASON_NO_ADDRESS = 21,
	HEALTH_REASON_OUR_SHORTAGE = 22,
	HEALTH_REASON_SUSPENDED = 23,
	HEALTH_REASON_UNCLASSIFIED = 24,
	HEALTH_REASON_CLASSIFIED = 25, /* by health.classify */
	HEALTH_REASON_DELIVERED = 26,
	HEALTH_REASON_PROBED = 27,  /* a probe came through */
	HEALTH_REASON_NO_SMTP = 28, /* the host's fault: a probe heard another protocol */
	/* The host's fault: */
	HEALTH_REASON_GREETING_5XX = 29,
	HEALTH_REASON_SYSTEM_TROUBLE = 30, /* in words: "temporary local problem" */
	HEALTH_REASON_AUTH_FAILED = 31,
	/* Not the host's fault, as far as one line tells: */
	HEALTH_REASON_RCPT_4XX = 32,
	HEALTH_REASON_REPLY_4XX = 33, /* to which command is not said */
	HEALTH_REASON_GREYLISTED = 34,
	HEALTH_REASON_SENDER_4XX = 35, /* the sender, the client or the message */
	HEALTH_REASON_SESSION_LIMIT = 36,
	HEALTH_REASON_NO_NETWORK = 37,
	/* Of several lines (attempt.h): the host's fault. */
	HEALTH_REASON_FAILS_IN_PART = 38, /* too many of its last attempts (lane.h) */
	HEALTH_REASON_PASSED_OVER = 39,	  /* a host after it in the list has the message */
	HEALTH_REASON_MAINTENANCE = 40,	  /* drained by a window of the configuration */
	HEALTH_REASON_QUOTA = 41,	  /* it has had what its quota is */
	HEALTH_REASON_QUOTA_FREE = 42,	  /* there is room in its quota again */
	HEALTH_REASON_QUOTA_REPLY = 43,	  /* it has said that it has had its quota */
	HEALTH_REASON_COUNT = 44,
};

/* One failure: when, of which message (a hash of the queue id), and at which stage. */
struct health_evidence {
	int64_t at;
	uint64_t message;
	uint64_t stage;
};

struct health {
	int64_t since; /* of the state */
	/* Deferred: the next trial; drained: the end, 0 if it has none; spent: room in its quota. */
	int64_t until;
	int64_t last_success;
	int64_t last_failure;
	int64_t trial_started;
	uint64_t trial_message; /* that it waits for; 0: it is ready for one */
	uint64_t attempts;	/* deliveries that were tried, by the MTA's log */
	uint64_t delivered;
	uint64_t deferred;
	uint32_t state;		/* enum health_state */
	uint32_t reason;	/* enum health_reason, of the state */
	uint32_t failures;	/* in this run, however long ago */
	uint32_t successes;	/* in a row since it was deferred */
	uint32_t backoff_steps; /* how often the back-off has been doubled */
	uint32_t evidence_count;
	struct health_evidence evidence[HEALTH_EVIDENCE_MAX]; /* oldest first */
	char text[HEALTH_TEXT_MAX]; /* the host's reply, or the operator's reason; NUL-terminated */
	struct outage outage;
	/*
	 * What the operator has set for a while. These members are in what was unused room of the
	 * file, and 0 in one of an older release: then nothing is set.
	 */
	int64_t weight_until;		   /* 0: it has no end */
	int32_t weight_change;		   /* percent of its weight, less 100; 0: as configured */
	char weight_text[HEALTH_TEXT_MAX]; /* the operator's reason; NUL-terminated */
	int64_t drain_at;		   /* when a drain that is planned begins; 0: none is */
	int64_t drain_until;		   /* its end; 0: it has none */
	char drain_text[HEALTH_TEXT_MAX];  /* the operator's reason; NUL-terminated */
	int64_t waived_until; /* the end of a maintenance window that is waived; 0: none is */
	struct quota quota;   /* what its quota has counted */
};

/* A host of which nothing is known yet: up. */
void health_init(struct health *health, int64_t now);

/* False if a value is out of its range: the file it came from is not to be trusted. */
bool health_valid(const struct health *health);

/* Puts TEXT, as much of it as fits, in the place of the one before. */
void health_set_text(struct health *health, const char *text);

/* What BREAKER_WEIGHT says: 100 is as configured, and has neither an end nor a reason. */
void health_set_weight(struct health *health, int percent, int64_t until, const char *text);

/* What BREAKER_PLAN says: a drain from AT on; 0: none, without an end and a reason. */
void health_set_plan(struct health *health, int64_t at, int64_t until, const char *text);

/* Whether a drain that was planned is to begin at NOW; or its end has passed as well. */
bool health_plan_is_due(const struct health *health, int64_t now);
bool health_plan_is_over(const struct health *health, int64_t now);

/* Whether the plans of two hosts have a time in common. */
bool health_plans_meet(const struct health *health, const struct health *other);

/* So many percent of its weight a host has at NOW: 100 unless the operator has set another part. */
int health_percent(const struct health *health, int64_t now);

/* The words for log, API and metrics. */
const char *health_state_name(uint32_t state);
const char *health_reason_name(uint32_t reason);

#endif
