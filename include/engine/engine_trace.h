/* engine_trace: what was chosen for a message, and what has become of it
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_ENGINE_TRACE_H
#define ENGINE_ENGINE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attempt_record.h"
#include "core/table.h"
#include "engine/engine.h"

/*
 * The attempts of a message (attempt.h) as people read them, copied out: one for each pool that has
 * recipients of it. For the main thread.
 *
 * Limits: of several recipients of one pool it is the last result that says where they are. What is
 * in nobody's log is not known: on Sendmail, that a message was deleted from the queue.
 */

enum engine_trace_place {
	ENGINE_TRACE_QUEUED = 0,  /* the MTA has not begun with it: held, or in its queue */
	ENGINE_TRACE_WAITS = 1,	  /* for `at`, if that is known */
	ENGINE_TRACE_PUT_OFF = 2, /* until the next run of the queue */
	ENGINE_TRACE_SENT = 3,	  /* by `at` */
	ENGINE_TRACE_BOUNCED = 4, /* by `at` */
	ENGINE_TRACE_LEFT = 5,	  /* the queue, without a result that was read */
	ENGINE_TRACE_UNKNOWN = 6, /* the log has told nothing of it for an hour */
	ENGINE_TRACE_PLACE_COUNT = 7,
};

struct engine_trace_host {
	char name[DOMAIN_MAX + 1]; /* "": it has left the configuration, or is not known */
	int port;		   /* 0: not known: it is in none of the lists */
};

struct engine_trace_word {
	struct engine_trace_host host;
	struct attempt_record_entry entry;
	const char *text; /* in ENTRY */
};

struct engine_trace {
	char pool[POOL_KEY_MAX + 1]; /* that takes it; "": no list of ours, or the pool has gone */
	char rule[ATTEMPT_RECORD_RULE_MAX];
	char source[ATTEMPT_RECORD_SOURCE_MAX];
	bool has_list;
	int64_t chosen; /* without a list: when the log spoke of it first */
	int tries;	/* how often the MTA has taken it up */
	enum engine_trace_place place;
	struct engine_trace_host at;
	int64_t since; /* when it came to that place */
	int64_t left;  /* the queue; 0: it has not, as far as is known */
	int dropped;   /* so many words were said before these */
	int word_count;
	struct engine_trace_word words[ATTEMPT_RECORD_ENTRIES]; /* oldest first */
	int host_count;
	struct engine_trace_host hosts[POOL_HOSTS_MAX]; /* in the order of the list */
};

/* The attempt of that index, the newest first: false if the message has no more. */
bool engine_trace_attempt(
	struct engine *engine, const char *queue_id, size_t index, struct engine_trace *trace);

/* All messages are known that were given their list after that time. */
int64_t engine_trace_since(struct engine *engine);

/* "queued", … */
const char *engine_trace_place_name(enum engine_trace_place place);

#endif
