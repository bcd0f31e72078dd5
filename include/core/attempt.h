/* attempt: deliveries under way, and what the hosts have said in each
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef CORE_ATTEMPT_H
#define CORE_ATTEMPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attempt_record.h"
#include "core/blame.h"
#include "core/lane.h"
#include "core/observation.h"
#include "core/queue_id.h"
#include "core/table.h"

/*
 * An attempt is one try of the MTA to deliver one message to one pool: opened when its list of hosts
 * is chosen, fed by the lines of the MTA's log, closed by the result for its recipients. smtp(8) walks
 * the list in order, so what a host is given says that each host before it has not taken it.
 *
 * Judged is the attempt, not the line:
 *   - A host that refuses what a later one takes has failed; what all refuse is the message's
 *     (BLAME_COMPARED).
 *   - "connect to …" has no queue id. It belongs to the message that the same process names next, and
 *     counts only if no other address of that name has answered by then; and an address of which that
 *     is known no longer counts, should the lines about the others be lost.
 *   - Where the log is mute about the hosts before (Sendmail), delivery by a later host is a
 *     comparison that they have lost.
 *
 * Messages go by the hash of their queue id, hosts by their index in the roster. A message that was
 * given no list (local mail, a daemon just started) gets an attempt without one at its first line.
 *
 * Of fixed size, 16 MB in all: less than 2 kB for an attempt, half of it the record for people
 * (attempt_record.h). A new attempt evicts the oldest one that is closed, or if there is none the
 * oldest one of all: lines about that are then judged without what was said before.
 *
 * Limits: several deliveries of one message to one pool at a time (Postfix: more recipients than
 * smtp_destination_recipient_limit) are distinguished by their processes, and share one list; so a
 * refusal may be forgotten, but is never counted twice. Of one message more than ATTEMPT_WORDS
 * refusals before a delivery are not remembered.
 */

enum {
	ATTEMPT_COUNT = 8192,
	ATTEMPT_BUCKETS = 8192,	 /* a power of two */
	ATTEMPT_PROCESSES = 512, /* a power of two */
	ATTEMPT_WORDS = 3,
	ATTEMPT_TEXT_MAX = 120,
	ATTEMPT_VERDICTS = POOL_HOSTS_MAX + 2 * ATTEMPT_WORDS + 2,
	ATTEMPT_NONE = UINT16_MAX, /* no attempt */
};

/* Not a host of a pool. */
#define ATTEMPT_STRANGER UINT32_MAX

/* What a host has said, or how it has failed. */
struct attempt_word {
	uint32_t host;
	enum blame_class class;
	enum health_reason reason;
	enum observation_stage stage;
	int64_t at;
	int64_t began;	  /* its turn in that attempt; 0: not known */
	uint64_t address; /* hash of the one that was tried; 0: not given */
	char text[ATTEMPT_TEXT_MAX];
};

struct attempt {
	uint64_t message;   /* 0: free */
	uint64_t number;    /* how many came before it */
	uint64_t pool;	    /* table_pool_key() of the pool that takes it; 0: it has no list */
	uint64_t recipient; /* hash of the one that it was chosen for */
	int64_t opened;	    /* when the list was chosen */
	int64_t began;	    /* it waits for hosts[place] since then; 0: it does not wait */
	int64_t turn;	/* of hosts[place], or of one after it, came then or later; 0: not known */
	int64_t size;	/* of the message; 0: not known */
	uint64_t tried; /* bits of the list's places that the log has spoken of */
	uint32_t pid;	/* that delivers it; 0: not known */
	uint32_t hosts[POOL_HOSTS_MAX];
	uint8_t count;
	uint8_t place; /* of the host that it is at */
	uint8_t word_count;
	bool is_open;
	bool is_whole;	 /* all recipients of the message have this pool */
	bool is_kept;	 /* its list stays with the message in the queue: FILTER */
	bool is_begun;	 /* the queue manager has taken it up, once at least */
	bool is_placed;	 /* it is known whether it went to a host of its list (attempt_place.h) */
	bool is_counted; /* among lane.pending of hosts[place] */
	struct attempt_word words[ATTEMPT_WORDS];
	char queue_id[QUEUE_ID_MAX + 1]; /* "": none that may become an argument */
	struct attempt_record record;
	uint16_t next;	       /* of the same bucket */
	uint16_t older, newer; /* by age, all that are in use */
	uint16_t ahead, after; /* of those that wait for the same host */
};

/* What the process said before it named a message. */
struct attempt_process {
	uint32_t pid;
	uint8_t word_count;
	struct attempt_word words[ATTEMPT_WORDS];
};

_Static_assert(sizeof(struct attempt) < 2048, "the memory that the header tells of");

struct attempts {
	int64_t clock;	    /* the time of the log: of its latest line */
	int64_t since;	    /* all that were opened later are here */
	uint64_t taken;	    /* so many there have been */
	uint64_t forgotten; /* of them, those that made room while their message was put off */
	uint16_t buckets[ATTEMPT_BUCKETS];
	uint16_t oldest, newest;
	uint16_t free;	/* linked by `next` */
	uint16_t sweep; /* where attempt_tick() goes on */
	struct attempt list[ATTEMPT_COUNT];
	struct attempt_process processes[ATTEMPT_PROCESSES];
};

/* All calls need the lanes of all hosts of the roster. */
struct attempt_lanes {
	struct lane *list;
	size_t count;
};

/* A list that was chosen for a message. */
struct attempt_list {
	uint64_t message;     /* never 0 */
	const char *queue_id; /* of the message; NULL: not known */
	uint64_t pool;
	int64_t at;
	uint64_t recipient; /* hash of the one that it was chosen for */
	bool is_whole;
	bool is_kept;
	bool is_mute; /* no line tells when the MTA begins with it: it waits from now on (Sendmail) */
	uint8_t count;
	uint32_t hosts[POOL_HOSTS_MAX];
	const char *rule;   /* that decided; NULL: a route */
	const char *source; /* "FILE:LINE" of it; NULL: not known */
};

/* One line of the log, judged by itself. */
struct attempt_line {
	const struct observation *seen;
	uint64_t message; /* 0: it names none */
	uint32_t host;	  /* or ATTEMPT_STRANGER */
	struct blame blame;
	bool is_inferring; /* the log is mute about the hosts before: Sendmail */
};

/* What counts for a host's health. */
struct attempt_verdict {
	struct attempt_word word; /* .class is the verdict */
	uint64_t message;
	int64_t began;	/* of the session, or earlier: when its host's turn came */
	bool is_repeat; /* the attempt was counted already */
};

struct attempt_verdicts {
	int count;
	struct attempt_verdict list[ATTEMPT_VERDICTS];
};

void attempt_init(struct attempts *attempts);

/* A message that has an attempt for that pool already begins it anew. */
void attempt_open(
	struct attempts *attempts, struct attempt_lanes lanes, const struct attempt_list *list);

/* The newest attempt of the message, and with AFTER the one before that; or NULL. */
const struct attempt *attempt_find(
	const struct attempts *attempts, uint64_t message, const struct attempt *after);

/* The queue manager has taken it up; SIZE 0: not known. A list that stays with its message begins anew. */
void attempt_activate(struct attempts *attempts, struct attempt_lanes lanes, uint64_t message,
	int64_t size, int64_t at);

/*
 * Learns from a line. What follows from it and from those before is appended to VERDICTS, whose count
 * the caller has set.
 */
void attempt_feed(struct attempts *attempts, struct attempt_lanes lanes,
	const struct attempt_line *line, struct attempt_verdicts *verdicts);

/* The message has left the queue. */
void attempt_left(
	struct attempts *attempts, struct attempt_lanes lanes, uint64_t message, int64_t at);

/* To be called every second: what processes said that name no message any more; ends old attempts. */
void attempt_tick(struct attempts *attempts, struct attempt_lanes lanes, int64_t now,
	struct attempt_verdicts *verdicts);

/*
 * After a reload: the host of index I is now MAP[I], or ATTEMPT_STRANGER. LANES are the new ones; their
 * queues are made anew.
 */
void attempt_rename(struct attempts *attempts, struct attempt_lanes lanes, const uint32_t *map,
	size_t map_count);

#endif
