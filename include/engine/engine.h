/* engine: the one lock, and all that changes while mail flows
 *
 * SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 the nexthop-milter authors
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/address.h"
#include "core/observation.h"
#include "core/table.h"
#include "core/token.h"
#include "engine/event_ring.h"
#include "engine/ruleset.h"
#include "engine/state.h"
#include "engine/view.h"

/*
 * Holds the route table in force, the state file's slots that belong to it, the last events and
 * the counters. Everything that leaves is a copy. Each change of a host's state is one log line
 * and one event, written after the lock was given back.
 *
 * Any thread may call engine_route(), engine_choose(), engine_remember(), engine_needs(),
 * engine_rules(), engine_rule_route() and engine_count(); all other functions belong to the main
 * thread, which alone swaps tables: indexes of pools, hosts and routes stay valid for it between
 * two swaps.
 */

struct engine;

enum engine_counter {
	ENGINE_MESSAGES = 0, /* that came to their end */
	ENGINE_ROUTED = 1,   /* got a next hop */
	ENGINE_UNROUTED = 2, /* left to the MTA: no route, or dns */
	ENGINE_MIXED = 3,    /* had recipients of different routes */
	ENGINE_DISCARDED = 4,
	ENGINE_FAULTS = 5, /* answered by on_error */
	ENGINE_RCPT_REJECTED = 6,
	ENGINE_RCPT_DEFERRED = 7,
	ENGINE_SESSIONS = 8,   /* open now */
	ENGINE_IN_FLIGHT = 9,  /* messages begun and not ended */
	ENGINE_PUT_OFF = 10,   /* recipients answered 451, as all hosts were deferred */
	ENGINE_OBSERVED = 11,  /* observations about hosts of pools */
	ENGINE_STRANGERS = 12, /* observations about other hosts */
	ENGINE_SPLIT = 13,     /* recipients answered 452: another route than the first */
	ENGINE_REFUSED = 14,   /* messages answered 4xx or 5xx at their end, by a rule */
	ENGINE_COUNTER_COUNT = 15,
};

/* A list of all the macros that the MTA is asked for has room in so many octets. */
enum { ENGINE_MACROS_MAX = 4096 };

/* What the table in force needs to know of a message. */
struct engine_needs {
	bool pools;	/* some route leads to a pool, or for Sendmail discards */
	bool headers;	/* Postfix is told by a header: one is added and deleted */
	bool sender;	/* some pool chooses by the sender */
	bool aborts;	/* Sendmail: MAIL has to be answered, else it does not tell of RSET */
	unsigned rules; /* enum rules_needs: what the rules ask for */
};

/* A message that is to have a next hop. */
struct engine_message {
	uint64_t pool; /* view_route.pool */
	uint64_t recipient_hash;
	uint64_t sender_hash;
	const char *queue_id; /* "": unknown */
	bool is_kept;	      /* its list stays with it in the queue: FILTER */
	bool is_whole;	      /* all its recipients have that pool */
	const char *rule;     /* what decided; NULL: a route */
	const char *source;   /* "FILE:LINE" of it; NULL: not known */
};

struct engine_choice {
	char pool[POOL_KEY_MAX + 1]; /* that takes it */
	uint64_t taker;		     /* its key */
	uint64_t host;		     /* key of the first host */
	int64_t at;		     /* when it was made, ms */
	char token[TOKEN_NAME_MAX]; /* Sendmail: "POOL.N" (token.h), POOL is the route's; else "" */
	char nexthop[NEXTHOP_MAX];
};

/* STATE stays the caller's, and must outlive the engine. NULL: out of memory. */
struct engine *engine_new(struct state *state);
void engine_free(struct engine *engine);

/*
 * Puts TABLE in force; rotation and health carry over. When it returns 0 the table before is not
 * used any more; on -1 it stays in force, with the reason in REPORT. TABLE stays the caller's.
 */
int engine_swap(struct engine *engine, const struct table *table, struct state_report *report);

/* The route of an address in its one form, domain in ASCII (idn_fold_address()). */
void engine_route(struct engine *engine, const struct address *recipient, struct view_route *route);

/* The rules in force, held: to be given to ruleset_drop(). NULL: there are none. */
struct ruleset *engine_rules(struct engine *engine);

/*
 * What a rule of RULESET, which need not be in force any more, does with a message. Gives 0, or -1 if
 * its pool has left the configuration since.
 */
int engine_rule_route(struct engine *engine, const struct ruleset *ruleset, size_t rule,
	struct view_route *route);

/*
 * Takes a turn of the message's pool, or of the one that it falls back to. Gives 0, or -1 if the
 * pool has left the configuration since.
 */
int engine_choose(
	struct engine *engine, const struct engine_message *message, struct engine_choice *choice);

/* The choice for that recipient: the map answers by it for a minute. */
void engine_remember(
	struct engine *engine, uint64_t recipient_hash, const struct engine_choice *choice);

struct engine_needs engine_needs(struct engine *engine);

void engine_count(struct engine *engine, enum engine_counter counter, int change);
int64_t engine_counted(struct engine *engine, enum engine_counter counter);

/* To be called every second: ends what has run out. */
void engine_tick(struct engine *engine, int64_t now);

/*
 * Who asks for what comes now, until somebody else does: for the log lines and events of what an
 * operator says. "": nobody. Main thread only.
 */
void engine_asked_by(struct engine *engine, const char *by);

/* The operator's words, for the host of that index. UNTIL 0: until enabled. */
void engine_drain(struct engine *engine, size_t host, int64_t until, const char *text, int64_t now);

/* A drain from AT on, in the place of another that was planned; 0: none. Enabling cancels it as well. */
void engine_plan(struct engine *engine, size_t host, int64_t at, int64_t until, const char *text,
	int64_t now);
void engine_enable(struct engine *engine, size_t host, int64_t now);
void engine_reset(struct engine *engine, size_t host, int64_t now);

/* PERCENT (0..HEALTH_PERCENT_MAX) of its weight; 100 is as configured. UNTIL 0: until set again. */
void engine_weight(struct engine *engine, size_t host, int percent, int64_t until, const char *text,
	int64_t now);

/* An event that is about no host. */
void engine_note(struct engine *engine, enum event_kind kind, const char *text);

size_t engine_pool_count(struct engine *engine);
size_t engine_host_count(struct engine *engine);
size_t engine_route_count(struct engine *engine);
size_t engine_rule_count(struct engine *engine);

/* The host of that name and port (0: any) with an index of FROM or more, or engine_host_count(). */
size_t engine_find_host(struct engine *engine, const char *name, int port, size_t from);

/* The oldest event with an id greater than ID: false if there is none. */
bool engine_event_after(struct engine *engine, uint64_t id, struct event_entry *entry);
uint64_t engine_last_event(struct engine *engine);

#endif
