/* lane: how a host does just now: what waits for it, and since when it is silent or busy
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_LANE_H
#define CORE_LANE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/blame.h"

/*
 * Beside its health (health.h), which changes by results, a host has a present: the attempts that wait
 * for it, its last sign of life, how long a delivery to it takes. Nothing of it is kept in the state
 * file; it is known again within seconds. It moves a host to the end of its tier, and changes
 * no state.
 *
 * Silent: three attempts have waited for it for longer than is usual, it has given no sign of life
 * for as long, and a peer has got rid of messages that began later. It comes last until it gives a
 * result in its usual time and nothing else waits for too long: every 30 seconds it is given a
 * message to show that, and at once when it has replied, late, to all that waited. All times are
 * those of the log's lines: a log that stands still makes nobody silent.
 *
 * Busy: a host that has just delivered, and now answers 421, is at its limit and not dead: it comes
 * last for a few seconds. So is one that says that there are too many connections while other
 * messages are under way to it. Such answers within these seconds are the same limit; without a
 * success in between, the next one counts as it stands.
 *
 * Failing in part: of its last attempts too many have failed by its own fault, although others have
 * succeeded in between.
 */

enum {
	LANE_SILENT_COUNT = 3,	/* so many attempts have to wait */
	LANE_TRY_MS = 30000,	/* a silent host gets one message in this time */
	LANE_BUSY_MS = 3000,	/* it comes last in its tier for */
	LANE_FRESH_MS = 10000,	/* "has just delivered" */
	LANE_USUAL = 4,		/* so many times what others need is not usual */
	LANE_OUTCOMES_MAX = 64, /* lane_rate.of */
	LANE_RATE_FAILURES = 3, /* fewer failures say nothing of a rate */
};

/* A host that fails in part: more than `percent` of its last `of` attempts. 0: it is not looked at. */
struct lane_rate {
	int percent;
	int of; /* at most LANE_OUTCOMES_MAX */
};

struct lane {
	int64_t silence;       /* as configured, ms; 0: it is never silent */
	struct lane_rate rate; /* as configured */
	uint16_t head, tail;   /* attempts that wait for it, oldest first (attempt.h) */
	uint32_t waiting;      /* so many */
	uint32_t pending;      /* these, and those that the MTA has not begun with */
	int64_t last_life;     /* the last reply of any kind */
	int64_t last_success;  /* the last delivery */
	int64_t overtaken;     /* the latest start among attempts that it gave a result */
	int64_t need;	       /* ms from start to result: the longest of late; 0: not known */
	int64_t usual;	       /* ms a delivery to it takes, smoothed; 0: not known */
	int64_t silent_since;  /* 0: it is not */
	int64_t next_try;      /* a silent host is given a message then */
	int64_t chosen;	       /* the milter last put it first then; 0: never */
	int64_t busy_until;
	uint64_t spare;	   /* hash of an address that is dead, while another one answers; 0: none */
	bool was_busy;	   /* and has delivered nothing since */
	uint64_t outcomes; /* the last attempts, latest in bit 0: 1 failed */
	int outcome_count;
	uint64_t failed_message; /* that was the last to fail; 0: none since a success */
};

void lane_init(struct lane *lane, int64_t silence, const struct lane_rate *rate);

/* Takes over what was known of the same host before a reload; its queue is made anew. */
void lane_inherit(struct lane *lane, const struct lane *before);

/* It comes last in its tier. */
bool lane_is_behind(const struct lane *lane, int64_t now);

/* It was given a message first: a silent host has had its try then. */
void lane_chosen(struct lane *lane, int64_t now);

/* A sign of life; of an attempt that began at BEGAN (0: not known). */
void lane_life(struct lane *lane, int64_t at, int64_t began);

/* ADDRESS of it has answered, where FAILED (0: none) could not be reached just before; both are hashes. */
void lane_answer(struct lane *lane, uint64_t address, uint64_t failed);

/* A delivery that took so long, ms (-1: not known). */
void lane_success(struct lane *lane, int64_t at, int64_t took);

/*
 * Whether a failure at AT is only a limit that the host has reached: then it is busy from now on, and
 * that is all.
 */
bool lane_is_limit(struct lane *lane, const struct blame *blame, int64_t at);

/* One more attempt has succeeded, or failed by the host's own fault. True: it fails in part. */
bool lane_outcome(struct lane *lane, bool has_failed);

/* Forgets outcomes and silence: its health has changed. */
void lane_restart(struct lane *lane);

/* From when on waiting is longer than usual for it, ms; PEERS_NEED: the most that a peer needs. */
int64_t lane_patience(const struct lane *lane, int64_t peers_need);

#endif
